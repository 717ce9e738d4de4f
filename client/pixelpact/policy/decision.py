"""The reference decision: what the contracts must answer, written from docs/policy.md alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelpact.policy._generated import Check, Reason
from pixelpact.policy.checks import CHECKS, Case
from pixelpact.policy.vocabulary import REQUEST_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pixelpact.models import AccessQuery, Directive
    from pixelpact.policy.facts import Facts, ReleaseFacts


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


def decide(facts: Facts, query: AccessQuery, directive: Directive | None) -> Decision:
    """Whether a request would be permitted, and if not, the first check that says no.

    Args:
        facts: what the chain shows at the block of the decision.
        query: what is asked.
        directive: the consent that is cited, if any; one with the zero address as its subject is none.
    """
    case = Case.of(facts, query, directive)
    return Decision(next((reason for check in CHECKS.values() for reason in check(case)), Reason.PERMITTED))


def decide_release(
    facts: Facts, release: ReleaseFacts, query: AccessQuery, directive: Directive | None
) -> Decision:
    """Whether a key may be released for a request: the decision taken again, then what a release names.

    Args:
        facts: what the chain shows at the block of the release.
        release: what the release names, and what the ledger says of the request.
        query: as in the request.
        directive: as in the request.
    """
    decision = decide(facts, query, directive)
    if not decision.permitted:
        return decision
    return Decision(next(release_reasons(facts, release), Reason.PERMITTED))


def release_reasons(facts: Facts, release: ReleaseFacts) -> Iterator[Reason]:
    """Every reason against what a release names, the deciding one first."""
    if release.epoch != facts.study.epoch:
        yield Reason.EPOCH_PAST
    if facts.requester.key_version == 0 or release.key_version != facts.requester.key_version:
        yield Reason.KEY_VERSION_PAST
    if not release.served and facts.time >= release.requested_at + REQUEST_LIFETIME:
        yield Reason.REQUEST_EXPIRED
