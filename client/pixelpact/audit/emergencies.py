"""The AccessLedger's emergencies, each decided again, and their reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.facts import asked_by, facts_at
from pixelpact.audit.findings import Code
from pixelpact.audit.institutions import expect_active
from pixelpact.audit.requests import expect_person
from pixelpact.audit.state import Request
from pixelpact.audit.step import Step
from pixelpact.chain import EmergencyRequested, EmergencyReviewed
from pixelpact.models import ZERO32
from pixelpact.policy import decide_emergency, emergency_query

__all__ = ["HANDLERS"]

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
    )
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


def _reviewed(step: Step, event: EmergencyReviewed) -> None:
    expect_active(step, event.reviewer)
    expect_person(step, event.person, event.request)
    request = step.state.requests.get(event.request)
    if request is not None and request.emergency:
        request.reviewed = step.at


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    EmergencyRequested: _requested,
    EmergencyReviewed: _reviewed,
}
