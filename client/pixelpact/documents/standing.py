"""How a consent stands on the chain."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.chain import Chain, CommitmentKind, ConsentStanding, Scope
from pixelpact.models import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    Directive,
    Evidence,
    PaperDirective,
    SignedDirective,
)

__all__ = ["Standing", "standing_of", "strangers"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent as the newest block has it.

    Attributes:
        word: ``unrecorded``, ``in force``, ``not yet``, ``expired``, ``withdrawn``, ``past`` (withdrawn
            together with all others) or ``void`` (a guardian who may not, or paper that does not count).
        recorded_at, revoked_at: seconds, 0 for never.
    """

    word: str
    recorded_at: int
    revoked_at: int


def standing_of(
    chain: Chain, consent: SignedDirective | PaperDirective, evidence: Evidence | None = None
) -> Standing:
    """How a consent stands; what an institution or a study may lack besides is `policy explain`'s to say.

    ``evidence`` shows a consent that stands in a batch.

    Raises:
        ChainError: the chain can't be asked.
    """
    directive, now = consent.directive, chain.now()
    scope = Scope(directive.custodian, (), directive.study, directive.grantee)
    kept = chain.consents.standing(directive.subject, consent.number, scope, evidence)
    return Standing(_word(directive, kept, now), kept.recorded_at, kept.revoked_at)


def _word(directive: Directive, kept: ConsentStanding, now: int) -> str:
    recorded = kept.kind is not CommitmentKind.NONE
    for word, holds in (
        ("withdrawn", kept.revoked_at > 0),
        ("past", directive.generation < kept.generation),
        ("past", recorded and kept.recorded_at < kept.generation_since),
        ("expired", now >= directive.expiry),
        ("void", kept.flaw > 0),
        ("unrecorded", not recorded),
        ("not yet", now < max(directive.not_before, kept.stands_from)),
    ):
        if holds:
            return word
    return "in force"


def strangers(chain: Chain, directive: Directive) -> list[int]:
    """The numbers that a directive names and no institution of the network has: it permits nothing with them.

    Raises:
        ChainError: the chain can't be asked.
    """
    anybody = (ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO)
    named = [each for each in (directive.custodian, directive.grantee) if each not in anybody]
    admitted = chain.institutions.count()
    return [each for each in dict.fromkeys(named) if not 1 <= each <= admitted]
