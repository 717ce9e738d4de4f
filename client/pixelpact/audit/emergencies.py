"""The AccessLedger's emergencies, each decided again, and their reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.facts import asked_by, facts_at
from pixelpact.audit.findings import Code, Finding
from pixelpact.audit.institutions import expect_active, flaw_of_two
from pixelpact.audit.matters import Review
from pixelpact.audit.requests import expect_person, request_id
from pixelpact.audit.state import Request, State
from pixelpact.audit.step import Step
from pixelpact.chain import EmergencyRequested, EmergencyReviewed, Verdict
from pixelpact.models import ZERO32
from pixelpact.policy import OperatorPermission, Reason, Role, decide_emergency, emergency_query

__all__ = ["HANDLERS", "review_findings"]

#: How long what the second person signs may be good, seconds (docs/contracts.md, Emergencies).
_LONGEST_SIGNATURE = 3_600


def _requested(step: Step, event: EmergencyRequested) -> None:
    expect_person(step, event.person, event.request)
    expect_person(step, event.second_person, event.request)
    request = Request(
        requester=event.requester,
        query=emergency_query(event.study, event.categories),
        directive=None,
        directive_hash=ZERO32,
        reason=event.reason,
        at=step.at,
        emergency=True,
        custodian=event.custodian,
        review_by=_review_by(step, event),
    )
    _check_people(step, event)
    _check_body(step, event)
    _check_until(step, event)
    facts = facts_at(step.state, step.network, asked_by(request), time=step.at.time)
    decision = decide_emergency(facts, event.categories)
    if decision.reason != event.reason:
        step.find(
            Code.DECISION_DIFFERS,
            f"Emergency {words.short(event.request)} was answered {words.reason(event.reason)}; taken again, "
            f"the decision is {words.reason(decision.reason)}: {decision.sentence}",
            event.request,
            event.study,
            event.requester,
        )
    if event.request in step.state.requests:
        step.find(
            Code.REQUEST_REPEATED,
            f"Emergency {words.short(event.request)} was recorded a second time; the first, in block "
            f"{step.state.requests[event.request].at.block}, was answered for good.",
            event.request,
        )
        return
    step.state.requests[event.request] = request


def _review_by(step: Step, event: EmergencyRequested) -> int:
    """When a review is late, by the terms that the consortium was founded on; 0 when none is owed."""
    if event.reason != Reason.PERMITTED:
        expected = 0
    else:
        terms = step.state.terms
        expected = step.at.time + terms.review_term if terms else event.review_by
    if event.review_by != expected:
        should = f"by {words.moment(expected)}" if expected else "never, since it was denied"
        step.find(
            Code.EMERGENCY_DEADLINE,
            f"Emergency {words.short(event.request)} is said to be reviewed by "
            f"{words.moment(event.review_by)}; it is owed {should}.",
            event.request,
            event.requester,
        )
    return expected


def _check_people(step: Step, event: EmergencyRequested) -> None:
    why = flaw_of_two(step, event.requester, event.first, event.second, OperatorPermission.EMERGENCIES)
    if event.person == event.second_person and event.person != ZERO32:
        why = why or "one person stands behind both accounts"
    if why:
        step.find(
            Code.EMERGENCY_PEOPLE,
            f"Emergency {words.short(event.request)} was not opened by two people who may: {why}.",
            event.request,
            event.requester,
        )


def _check_until(step: Step, event: EmergencyRequested) -> None:
    """What the second person signed was good then, and not for longer than it may be."""
    if not step.at.time < event.until <= step.at.time + _LONGEST_SIGNATURE:
        step.find(
            Code.EMERGENCY_UNTIL,
            f"Emergency {words.short(event.request)} was opened by what the second person signed until "
            f"{words.moment(event.until)}: it was over then, or good for more than an hour.",
            event.request,
            event.requester,
        )


def _check_body(step: Step, event: EmergencyRequested) -> None:
    """It names the study's patient and custodian, gives a reason, and has the number that follows."""
    study = step.state.studies.get(event.study)
    parties = (study.subject, study.custodian) if study is not None else (bytes(20), 0)
    if (event.subject, event.custodian) != parties or event.justification == ZERO32:
        step.find(
            Code.EMERGENCY_MALFORMED,
            f"Emergency {words.short(event.request)} names another patient or custodian than the study's, or "
            "no justification.",
            event.request,
            event.study,
        )
    query = emergency_query(event.study, event.categories)
    if event.request != request_id(step, event.requester, event.nonce, query, ZERO32):
        step.find(
            Code.REQUEST_ID,
            f"Emergency {words.short(event.request)} does not have the number that follows from who asked "
            "for what.",
            event.request,
        )


def _reviewed(step: Step, event: EmergencyReviewed) -> None:
    expect_active(step, event.reviewer)
    expect_person(step, event.person, event.request)
    number = words.short(event.request)
    request = step.state.requests.get(event.request)
    if request is None or not request.emergency or request.reason != Reason.PERMITTED:
        step.find(
            Code.REVIEW_WITHOUT_EMERGENCY,
            f"Emergency {number} was reviewed, though there is none of this number that was permitted.",
            event.request,
            event.reviewer,
        )
        return
    if request.review is not None:
        step.find(
            Code.REVIEW_REPEATED,
            f"Emergency {number} was reviewed a second time; the first, in block {request.review.at.block}, "
            "stands.",
            event.request,
            event.reviewer,
        )
        return
    _check_reviewer(step, event, request)
    late = step.at.time >= request.review_by
    if event.late != late:
        step.find(
            Code.REVIEW_TIME,
            f"The review of emergency {number} is said to be {'late' if event.late else 'in time'}; it was "
            f"owed by {words.moment(request.review_by)}.",
            event.request,
        )
    request.review = Review(step.at, event.reviewer, event.verdict, late)
    _tell_outcome(step, event, late=late)


def _check_reviewer(step: Step, event: EmergencyReviewed, request: Request) -> None:
    number, institution = words.short(event.request), step.state.institutions.get(event.reviewer)
    is_board = institution is not None and bool(institution.roles & Role.ETHICS_BOARD)
    if event.reviewer == request.requester or not (is_board or event.reviewer == request.custodian):
        step.find(
            Code.REVIEW_NOT_ENTITLED,
            f"Emergency {number} was reviewed by {step.name(event.reviewer)}, which is neither the custodian "
            "that was asked nor an ethics board, or opened it itself.",
            event.request,
            event.reviewer,
        )
    unknown = event.verdict not in (Verdict.JUSTIFIED, Verdict.UNJUSTIFIED)
    if unknown or event.report == ZERO32 or event.requester != request.requester:
        step.find(
            Code.REVIEW_MALFORMED,
            f"The review of emergency {number} has no verdict, no report, or names another requester.",
            event.request,
            event.reviewer,
        )


def _tell_outcome(step: Step, event: EmergencyReviewed, *, late: bool) -> None:
    number, whose = words.short(event.request), step.name(event.requester)
    if late:
        step.find(
            Code.REVIEW_LATE,
            f"Emergency {number} of {whose} was reviewed by {step.name(event.reviewer)} after its time.",
            event.request,
            event.reviewer,
        )
    if event.verdict == Verdict.UNJUSTIFIED:
        step.find(
            Code.EMERGENCY_UNJUSTIFIED,
            f"Emergency {number} of {whose} was found not justified by {step.name(event.reviewer)}.",
            event.request,
            event.requester,
        )


def review_findings(state: State, time: int, names: Mapping[int, str]) -> Iterator[Finding]:
    """Every emergency that nobody reviewed: those whose time is over first.

    Args:
        state: at the end.
        time: of that, seconds.
        names: the institutions' names, as far as they are known.
    """
    waiting = [
        (number, request)
        for number, request in state.requests.items()
        if request.review_by and request.review is None
    ]
    for number, request in sorted(waiting, key=lambda each: each[1].review_by):
        overdue = time >= request.review_by
        who = words.institution(request.requester, names)
        when = words.moment(request.review_by)
        yield Finding(
            Code.EMERGENCY_OVERDUE if overdue else Code.EMERGENCY_UNREVIEWED,
            f"Nobody reviewed emergency {words.short(number)} of {who}: "
            + (f"its time was over at {when}" if overdue else f"it is to be by {when}")
            + f". {words.capital(words.institution(request.custodian, names))} or an ethics board may.",
            (words.short(number), who),
            request.at,
        )


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    EmergencyRequested: _requested,
    EmergencyReviewed: _reviewed,
}
