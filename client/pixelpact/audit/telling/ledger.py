"""What is asked, decided and released, told."""

from __future__ import annotations

from collections.abc import Mapping

from pixelpact.audit import words
from pixelpact.audit.step import Step
from pixelpact.audit.telling.told import Teller, Told
from pixelpact.chain import (
    AccessConfirmed,
    AccessDisputed,
    AccessRefused,
    AccessReleased,
    AccessRequested,
    CommitmentKind,
    EmergencyRequested,
    EmergencyReviewed,
    Event,
)
from pixelpact.models import ZERO32
from pixelpact.policy import FailureClass, Reason, sentence_of

__all__ = ["TELLERS"]


def _requested(step: Step, event: AccessRequested) -> Told:
    what, answer = _answer(event.reason)
    return (
        step.name(event.requester),
        f"asked, {what}",
        f"asked for study {words.short(event.study)}, purpose {words.purpose(event.query.purpose)}: {answer}",
    )


def _released(step: Step, event: AccessReleased) -> Told:
    text = (
        f"released the key of study {words.short(event.study)}, epoch {event.epoch}, to "
        f"{step.name(event.requester)}, {_basis(step, event)}"
    )
    return step.name(event.custodian), "key released", text


def _basis(step: Step, event: AccessReleased) -> str:
    """By which consent, and how it was given."""
    if event.directive_hash == ZERO32:
        return "without a consent"
    study = step.state.studies.get(event.study)
    found = step.state.commitments.get((study.subject, event.directive_hash)) if study else None
    consent = f"by consent {words.short(event.directive_hash)}"
    if found is not None and found.kind == CommitmentKind.PAPER:
        return f"{consent}, which {step.name(found.authority)} recorded on paper"
    if found is not None and found.kind == CommitmentKind.GUARDIAN:
        return f"{consent}, which the guardian of appointment {found.authority} gave"
    if event.evidence is not None and (found is None or found.kind == CommitmentKind.NONE):
        batch = f"the batch {words.short(event.evidence.root)} of {step.name(event.evidence.poster)}"
        return f"{consent}, which {batch} shows"
    return consent


def _confirmed(step: Step, event: AccessConfirmed) -> Told:
    text = f"opened study {words.short(event.study)}, epoch {event.epoch}, and found what was registered"
    return step.name(event.requester), "confirmed", text


def _disputed(step: Step, event: AccessDisputed) -> Told:
    known = event.failure in _FAILURES
    why = FailureClass(event.failure).label if known else f"failure {event.failure}"
    study = words.short(event.study)
    text = f"did not find what was registered in study {study}, epoch {event.epoch}: {why}"
    return step.name(event.requester), "disputed", text


def _refused(step: Step, event: AccessRefused) -> Told:
    why = sentence_of(event.reason)
    text = f"refused request {words.short(event.request)} of {step.name(event.requester)}. {why}"
    return step.name(event.custodian), "refused", text.removesuffix(".")


def _emergency(step: Step, event: EmergencyRequested) -> Told:
    what, answer = _answer(event.reason)
    text = (
        f"opened study {words.short(event.study)} of patient {words.short(event.subject)} in an emergency, "
        f"by {words.short(event.first)} and {words.short(event.second)}, to be reviewed "
        f"by {words.moment(event.review_by)}: {answer}"
    )
    return step.name(event.requester), f"emergency, {what}", text


def _reviewed(step: Step, event: EmergencyReviewed) -> Told:
    found = {1: "justified", 2: "not justified"}.get(event.verdict, "of no known verdict")
    late = ", after its time" if event.late else ""
    whose = step.name(event.requester)
    text = f"found the emergency {words.short(event.request)} of {whose} {found}{late}"
    return step.name(event.reviewer), "emergency reviewed", text


def _answer(reason: int) -> tuple[str, str]:
    if reason == Reason.PERMITTED:
        return "permitted", "permitted"
    return "denied", f"denied. {sentence_of(reason)}".removesuffix(".")


_FAILURES = frozenset(FailureClass)


TELLERS: Mapping[type[Event], Teller] = {
    AccessRequested: _requested,
    AccessReleased: _released,
    AccessConfirmed: _confirmed,
    AccessDisputed: _disputed,
    AccessRefused: _refused,
    EmergencyRequested: _emergency,
    EmergencyReviewed: _reviewed,
}
