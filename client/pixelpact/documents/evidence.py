"""What shows a consent that stands in a batch, checked as a decision checks it."""

from __future__ import annotations

from pixelpact.chain import Chain, batches, eip712
from pixelpact.errors import InputError
from pixelpact.models import Directive, Evidence

__all__ = ["require_evidence"]


def require_evidence(chain: Chain, directive: Directive | None, evidence: Evidence | None) -> None:
    """Check that a consent's leaf leads to a root that was anchored, and that whoever it says signed it.

    Asked with less, the request would be denied, for good and for all to read. Whether the consent still
    stands, and whether a guardian may give it, is the decision's to say.

    Raises:
        InputError: evidence of no consent, or of another one.
        ChainError: the chain can't be asked.
    """
    if evidence is None:
        return
    if directive is None:
        raise InputError(
            "Evidence shows a consent, and none is cited",
            why="they belong together",
            remedy="Cite the consent as well",
        )
    network, subject = chain.network, directive.subject
    number = eip712.struct_hash(directive)
    batches.check_path(
        evidence.root, batches.leaf_of(network, evidence.poster, subject, number), evidence.path
    )
    if not chain.consents.anchored_at(evidence.poster, evidence.root, at="final"):
        raise InputError(
            "The batch of this consent is not on the chain",
            why=f"institution {evidence.poster} anchored no such root up to a final block",
            remedy="Ask the hospital that made the batch to anchor it, or try again in a moment",
        )
    if evidence.appointment:
        signer = chain.consents.appointment(subject, evidence.appointment, at="final").guardian
    else:
        signer = chain.consents.key_of(subject, at="final")
    eip712.verify(network, directive, evidence.signature, signer)
