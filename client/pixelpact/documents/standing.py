"""How a consent stands on the chain."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.chain import Chain
from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO, Directive, SignedDirective

__all__ = ["Standing", "standing_of", "strangers"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent as the newest block has it.

    Attributes:
        word: ``unrecorded``, ``in force``, ``not yet``, ``expired``, ``withdrawn`` or ``past`` (withdrawn
            together with all others).
        recorded_at, revoked_at: seconds, 0 for never.
    """

    word: str
    recorded_at: int
    revoked_at: int


def standing_of(chain: Chain, consent: SignedDirective) -> Standing:
    """How a consent stands; what an institution or a study may lack besides is `policy explain`'s to say.

    Raises:
        ChainError: the chain can't be asked.
    """
    directive, now = consent.directive, chain.now()
    kept = chain.consents.commitment(directive.subject, consent.number)
    if kept.revoked_at:
        word = "withdrawn"
    elif directive.generation < chain.consents.generation(directive.subject):
        word = "past"
    elif now >= directive.expiry:
        word = "expired"
    elif not kept.recorded_at:
        word = "unrecorded"
    else:
        word = "in force" if now >= directive.not_before else "not yet"
    return Standing(word, kept.recorded_at, kept.revoked_at)


def strangers(chain: Chain, directive: Directive) -> list[int]:
    """The numbers that a directive names and no institution of the network has: it permits nothing with them.

    Raises:
        ChainError: the chain can't be asked.
    """
    anybody = (ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO)
    named = [each for each in (directive.custodian, directive.grantee) if each not in anybody]
    admitted = chain.institutions.count()
    return [each for each in dict.fromkeys(named) if not 1 <= each <= admitted]
