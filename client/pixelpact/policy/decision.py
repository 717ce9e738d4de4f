"""The reference decision: what the contracts must answer, written from docs/policy.md alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pixelpact.models import AccessQuery, Directive
from pixelpact.policy._generated import Check, Purpose, Reason
from pixelpact.policy.case import Case, Reasons
from pixelpact.policy.checks import CHECKS, EMERGENCY_CHECKS
from pixelpact.policy.facts import Facts, ReleaseFacts
from pixelpact.policy.vocabulary import EMERGENCY_LIFETIME, REQUEST_LIFETIME


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided, and by which check."""

    reason: Reason

    @property
    def permitted(self) -> bool:
        """Whether the answer is yes."""
        return self.reason == Reason.PERMITTED

    @property
    def check(self) -> Check:
        """The check that decided; PERMIT when all of them passed."""
        return self.reason.check

    @property
    def sentence(self) -> str:
        """The decision for people."""
        return self.reason.sentence


_ORDER: Final = tuple(CHECKS.values())
_EMERGENCY_ORDER: Final = tuple(EMERGENCY_CHECKS.values())
_DECISIONS: Final = {reason: Decision(reason) for reason in Reason}
_PERMIT: Final = _DECISIONS[Reason.PERMITTED]


def decide(facts: Facts, query: AccessQuery, directive: Directive | None) -> Decision:
    """Whether a request would be permitted, and if not, the first check that says no.

    Args:
        facts: what the chain shows at the block of the decision.
        query: what is asked.
        directive: the consent that is cited, if any; one with the zero address as its subject is none.
    """
    case = Case.of(facts, query, directive)
    for check in _ORDER:
        if reasons := check(case):
            return _DECISIONS[reasons[0]]
    return _PERMIT


def emergency_query(study: bytes, categories: int) -> AccessQuery:
    """What is asked in an emergency: the purpose BTG, no project, no obligation.

    Args:
        study: the study to open.
        categories: the kinds of images in it, a set of bits.
    """
    return AccessQuery(study, int(Purpose.BTG), categories)


def decide_emergency(facts: Facts, categories: int) -> Decision:
    """Whether a study would be opened in an emergency: no consent is asked for, a refusal still counts.

    Args:
        facts: what the chain shows at the block of the decision; what it says of a consent is not looked at.
        categories: the kinds of images that are asked for, a set of bits.
    """
    # Which study is asked for stands in the facts; the query's own field is looked at for a consent only.
    case = Case(facts, emergency_query(bytes(32), categories), None)
    for check in _EMERGENCY_ORDER:
        if reasons := check(case):
            return _DECISIONS[reasons[0]]
    return _PERMIT


def decide_release(
    facts: Facts, release: ReleaseFacts, query: AccessQuery, directive: Directive | None
) -> Decision:
    """Whether a key may be released for a request: the decision taken again, then what a release names.

    Args:
        facts: what the chain shows at the block of the release.
        release: what the release names, and what the ledger says of the request.
        query: as in the request.
        directive: as in the request; none in an emergency.
    """
    if release.is_emergency:
        decision = decide_emergency(facts, query.categories)
    else:
        decision = decide(facts, query, directive)
    if not decision.permitted:
        return decision
    reasons = release_reasons(facts, release)
    return _DECISIONS[reasons[0]] if reasons else _PERMIT


def release_reasons(facts: Facts, release: ReleaseFacts) -> Reasons:
    """Every reason against what a release names, the deciding one first."""
    reasons: list[Reason] = []
    if release.epoch != facts.study.epoch:
        reasons.append(Reason.EPOCH_PAST)
    version = facts.requester.key_version
    if version == 0 or release.key_version != version:
        reasons.append(Reason.KEY_VERSION_PAST)
    elif release.key_digest != release.published_digest:
        reasons.append(Reason.KEY_DIFFERS)
    lifetime = EMERGENCY_LIFETIME if release.is_emergency else REQUEST_LIFETIME
    if not release.served and facts.time >= release.requested_at + lifetime:
        reasons.append(Reason.REQUEST_EXPIRED)
    return tuple(reasons)
