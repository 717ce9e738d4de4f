"""Thousands of signed consents under one root, each provable and revocable alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pixelpact.chain import Batch, BatchAnchored, Chain, batches
from pixelpact.documents import (
    find_evidence,
    keep_batch,
    keep_consent,
    kept_batches,
    require_evidence,
    standing_of,
)
from pixelpact.errors import ContractError, InputError
from pixelpact.models import BatchedConsent, Evidence, SignedDirective
from pixelpact.policy import GuardianPower, check_directive
from pixelpact.profile import Profile
from pixelpact.vault import Entry

__all__ = ["AnchoredBatch", "KeptBatch", "anchor", "kept", "prove"]

#: How a consent may stand that is put into a batch: any other would permit nothing by it.
_STANDS = ("unrecorded", "in force", "not yet")


@dataclass(frozen=True, slots=True)
class AnchoredBatch:
    """A batch on the chain.

    Attributes:
        root: what was anchored, 32 bytes.
        anchored_at: seconds; from then on its consents count.
        evidence: what shows each consent, by its number.
    """

    root: bytes
    anchored_at: int
    evidence: Mapping[bytes, Evidence]


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch of this vault: its root, its consents' numbers, and when it was anchored; 0: not (yet)."""

    root: bytes
    consents: tuple[bytes, ...]
    anchored_at: int


def anchor(profile: Profile, consents: Sequence[SignedDirective], names: Sequence[str]) -> AnchoredBatch:
    """See ``Custodian.anchor``."""
    chain, poster = profile.chain, profile.institution
    called = list(names) or [f"0x{each.number.hex()[:16]}" for each in consents]
    _require_once(consents, called)
    leaves = {
        each.number: batches.leaf_of(chain.network, poster, each.directive.subject, each.number)
        for each in consents
    }
    batch = Batch.of(leaves.values())
    shown = [
        (each.number, Evidence(poster, batch.root, batch.path(leaf), each.appointment, each.signature))
        for each, leaf in zip(consents, leaves.values(), strict=True)
    ]
    with profile.vault.journal("anchor", batch.root.hex()) as entry:
        if entry.step is None and not chain.consents.anchored_at(poster, batch.root, at="final"):
            _require_good(chain, consents, called)
            # Before it is anchored: what shows a consent can't be found again from the root.
            with profile.vault.transaction():
                for each in consents:
                    keep_consent(profile.vault, each, chain.network)
                keep_batch(profile.vault, batch.root, shown)
                entry.advance("kept")
        if entry.step is not None:
            _send(profile, entry, batch.root)
        else:
            keep_batch(profile.vault, batch.root, shown)
    return AnchoredBatch(batch.root, chain.consents.anchored_at(poster, batch.root, at="final"), dict(shown))


def kept(profile: Profile) -> list[KeptBatch]:
    """See ``Custodian.batches``."""
    consents, poster = profile.chain.consents, profile.institution
    found = [
        KeptBatch(root, numbers, consents.anchored_at(poster, root))
        for root, numbers in kept_batches(profile.vault).items()
    ]
    return sorted(found, key=lambda each: (each.anchored_at, each.root))


def prove(profile: Profile, consent: SignedDirective) -> BatchedConsent:
    """See ``Custodian.prove``."""
    evidence = find_evidence(profile.vault, consent.number)
    if evidence is None:
        raise InputError(
            f"The consent 0x{consent.number.hex()[:16]} stands in no batch of this vault",
            why="it was recorded by itself, or nobody has anchored it yet",
            remedy="Anchor it with others (`pixelpact batch anchor`), or record it",
        )
    require_evidence(profile.chain, consent.directive, evidence)
    return BatchedConsent(consent.directive, evidence)


def _send(profile: Profile, entry: Entry, root: bytes) -> None:
    try:
        profile.carry_out(entry, "sent", lambda: profile.chain.consents.anchor(root))
    except ContractError:
        chain = profile.chain
        events = chain.find(BatchAnchored, last=chain.head().number, poster=profile.institution, root=root)
        there = next(iter(events), None)
        if there is None:
            raise
        profile.wait_until_final(there)


def _require_once(consents: Sequence[SignedDirective], called: Sequence[str]) -> None:
    first: dict[bytes, str] = {}
    for each, name in zip(consents, called, strict=True):
        if each.number in first:
            raise _bad(name, f"it is the same consent as {first[each.number]}", "Give each consent once")
        first[each.number] = name
    if not consents:
        raise InputError(
            "There is no consent to anchor", remedy="Give the documents that the patients signed"
        )


def _require_good(chain: Chain, consents: Sequence[SignedDirective], called: Sequence[str]) -> None:
    """Check each as a decision would: nothing is anchored while one of them would permit nothing."""
    keys: dict[bytes, bytes] = {}
    for each, name in zip(consents, called, strict=True):
        try:
            check_directive(each.directive)
        except InputError as error:
            raise _bad(name, error.why, error.remedy) from error
        if each.appointment:
            _require_guardian(chain, each, name)
        else:
            subject = each.directive.subject
            key = keys.get(subject) or keys.setdefault(subject, chain.consents.key_of(subject))
            if key != each.signer:
                raise _bad(
                    name,
                    f"it is signed by 0x{each.signer.hex()}, and the patient's key is 0x{key.hex()}",
                    "Have the patient sign it",
                )
        stands = standing_of(chain, each).word
        if stands not in _STANDS:
            raise _bad(name, f"it is {stands}", "Leave it out; the patient can sign a new one")


def _require_guardian(chain: Chain, consent: SignedDirective, name: str) -> None:
    directive = consent.directive
    found = chain.consents.appointment(directive.subject, consent.appointment)
    if found.guardian != consent.signer:
        raise _bad(
            name,
            f"appointment {consent.appointment} of this patient is not that of 0x{consent.signer.hex()}",
            "Have the guardian sign it under the right appointment",
        )
    if found.ended or found.until <= chain.now() or not found.powers & GuardianPower.GRANT:
        raise _bad(name, "its guardian may not allow anything now", "Leave it out, or ask the patient")
    if found.custodian not in (0, directive.custodian):
        raise _bad(
            name,
            f"its guardian acts for the images of institution {found.custodian} only",
            "Leave it out, or ask the patient",
        )


def _bad(name: str, why: str, remedy: str) -> InputError:
    return InputError(f"{name} can't stand in a batch; nothing was anchored", why=why, remedy=remedy)
