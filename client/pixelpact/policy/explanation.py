"""All checks of one decision in order, every obstacle, and what would take each away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pixelpact.policy._generated import Check, Reason
from pixelpact.policy.case import Case, Reasons
from pixelpact.policy.checks import CHECKS, EMERGENCY_CHECKS
from pixelpact.policy.decision import Decision, decide, decide_emergency, decide_release, release_reasons
from pixelpact.policy.facts import CommitmentFacts, StudyStatus
from pixelpact.policy.remedies import remedy
from pixelpact.policy.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pixelpact.models import AccessQuery, Directive
    from pixelpact.policy.facts import Facts, ReleaseFacts

_NOBODY: dict[int, str] = {}

#: Checks that have nothing to look at before the study is known.
_OF_THE_STUDY = frozenset(
    {
        Check.CUSTODIAN,
        Check.REFUSALS,
        Check.DIRECTIVE,
        Check.GRANTEE,
        Check.CATEGORIES,
        Check.MODIFIERS,
        Check.RELEASE,
    }
)
#: Checks that have nothing, or not all, to look at without a directive.
_OF_THE_DIRECTIVE = frozenset(
    {
        Check.TIME,
        Check.SCOPE,
        Check.GRANTEE,
        Check.CATEGORIES,
        Check.PURPOSE,
        Check.VOCABULARY,
        Check.PERMISSION,
        Check.MODIFIERS,
        Check.OBLIGATIONS,
    }
)


class Outcome(StrEnum):
    """What became of a check. After the one that decided, the others say what they would have said."""

    PASSED = "passed"
    DENIED = "denied"
    WOULD_PASS = "would pass"  # noqa: S105  not a password
    WOULD_DENY = "would deny"
    CANNOT_TELL = "can't tell yet"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against a request.

    Attributes:
        reason: the reason.
        remedy: what would take it away, a sentence.
    """

    reason: Reason
    remedy: str

    @property
    def sentence(self) -> str:
        """The reason for people."""
        return self.reason.sentence


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a decision.

    Attributes:
        check: the check; ``check.question`` says what must hold.
        outcome: what became of it.
        obstacles: every reason it finds, the deciding one first; empty when it passes or can't tell.
    """

    check: Check
    outcome: Outcome
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with all that led to it.

    Attributes:
        decision: the decision, the same that `decide` or `decide_release` gives.
        checks: every check in order.
    """

    decision: Decision
    checks: tuple[CheckResult, ...]

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Everything that stands against the request, the deciding one first; none when it is permitted."""
        return tuple(obstacle for result in self.checks for obstacle in result.obstacles)


def explain(
    facts: Facts,
    query: AccessQuery,
    directive: Directive | None,
    release: ReleaseFacts | None = None,
    names: Mapping[int, str] = _NOBODY,
) -> Explanation:
    """Why a request, or a release, is decided as it is, and what would have to change.

    The checks after the one that decided are taken as if it had passed; where the directive does not stand,
    as if it were recorded now.

    Args:
        facts: what the chain shows at the block of the decision.
        query: what is asked.
        directive: the consent that is cited, if any.
        release: what a release names; without it the request alone is explained. Of an emergency, the
            emergency is explained.
        names: the institutions' names by their numbers, as far as they are known.
    """
    if release is not None and release.is_emergency:
        directive = None
    if release is None:
        decision = decide(facts, query, directive)
    else:
        decision = decide_release(facts, release, query, directive)
    case = Case.of(facts, query, directive)
    checks = EMERGENCY_CHECKS if release is not None and release.is_emergency else CHECKS
    return _explanation(decision, Situation(case, release, names), _findings(case, checks, release))


def explain_emergency(facts: Facts, query: AccessQuery, names: Mapping[int, str] = _NOBODY) -> Explanation:
    """Why a study would be opened in an emergency or not, and what would have to change.

    Args:
        facts: what the chain shows at the block of the decision.
        query: what is asked, as `emergency_query` makes it.
        names: the institutions' names by their numbers, as far as they are known.
    """
    case = Case(facts, query, None)
    decision = decide_emergency(facts, query.categories)
    return _explanation(decision, Situation(case, None, names), _findings(case, EMERGENCY_CHECKS, None))


def _explanation(
    decision: Decision, situation: Situation, findings: list[tuple[Check, Reasons]]
) -> Explanation:
    results: list[CheckResult] = []
    looks_at_directive = any(check == Check.DIRECTIVE for check, _ in findings)
    for check, reasons in findings:
        obstacles = tuple(Obstacle(reason, remedy(reason, situation)) for reason in dict.fromkeys(reasons))
        lacks = looks_at_directive and situation.case.directive is None and check in _OF_THE_DIRECTIVE
        if not obstacles and (lacks or _is_hidden(situation.case, check)):
            outcome = Outcome.CANNOT_TELL
        elif any(result.obstacles for result in results):
            outcome = Outcome.WOULD_DENY if obstacles else Outcome.WOULD_PASS
        else:
            outcome = Outcome.DENIED if obstacles else Outcome.PASSED
        results.append(CheckResult(check, outcome, obstacles))
    return Explanation(decision, tuple(results))


def _findings(
    case: Case, checks: Mapping[Check, Callable[[Case], Reasons]], release: ReleaseFacts | None
) -> list[tuple[Check, Reasons]]:
    found: list[tuple[Check, Reasons]] = []
    stands = case
    for check, look in checks.items():
        reasons = () if _is_hidden(case, check) else look(stands)
        if check == Check.DIRECTIVE and reasons:
            now = CommitmentFacts(recorded_at=case.facts.time)
            stands = case._replace(facts=replace(case.facts, commitment=now))
        found.append((check, reasons))
    if release is not None:
        hidden = _is_hidden(case, Check.RELEASE)
        found.append((Check.RELEASE, () if hidden else release_reasons(case.facts, release)))
    return found


def _is_hidden(case: Case, check: Check) -> bool:
    """Whether a check waits for the study to be known; that nothing was cited is plain at once."""
    if case.facts.study.status != StudyStatus.UNKNOWN:
        return False
    return check in _OF_THE_STUDY and not (check == Check.DIRECTIVE and case.directive is None)
