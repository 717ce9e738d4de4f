"""Whether evidence shows a consent, as the contract judges it (docs/contracts.md, Batches)."""

from __future__ import annotations

from pixelpact.audit.state import State
from pixelpact.chain import Network, batches, eip712
from pixelpact.errors import InputError
from pixelpact.models import Directive, Evidence

__all__ = ["is_shown"]


def is_shown(
    state: State, network: Network, subject: bytes, directive: Directive | None, evidence: Evidence
) -> bool:
    """Whether the batch holds this directive of this subject, and whoever the evidence names signed it."""
    if directive is None:
        return False
    known = state.subject(subject)
    guardian = known.guardians.get(evidence.appointment)
    signer = known.key if evidence.appointment == 0 else guardian.guardian if guardian else bytes(20)
    number = eip712.struct_hash(directive)
    leaf = batches.leaf_of(network, evidence.poster, subject, number)
    try:
        batches.check_path(evidence.root, leaf, evidence.path)
        eip712.verify(network, directive, evidence.signature, signer)
    except InputError:
        return False
    return True
