"""The AccessLedger's releases, each decided again, and what the requester said of what arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.facts import asked_by, facts_at
from pixelpact.audit.findings import Code
from pixelpact.audit.institutions import expect_active
from pixelpact.audit.requests import engine_doubt, expect_person
from pixelpact.audit.state import Release, Request, Study
from pixelpact.audit.step import Step
from pixelpact.chain import AccessConfirmed, AccessDisputed, AccessReleased
from pixelpact.models import ZERO32
from pixelpact.policy import ConsentKind, FailureClass, Reason, ReleaseFacts, decide_release

__all__ = ["HANDLERS"]

#: What a release against the decision is called, by the reason; everything else is against policy.
_CODES: Mapping[Reason, Code] = {
    Reason.REFUSED_BY_PATIENT: Code.RELEASE_AFTER_WITHDRAWAL,
    Reason.DIRECTIVE_REVOKED: Code.RELEASE_AFTER_WITHDRAWAL,
    Reason.GENERATION_PAST: Code.RELEASE_AFTER_WITHDRAWAL,
    Reason.EPOCH_PAST: Code.RELEASE_EPOCH,
    Reason.KEY_VERSION_PAST: Code.RELEASE_KEY_VERSION,
    Reason.REQUEST_EXPIRED: Code.RELEASE_LATE,
    Reason.SHARING_STOPPED: Code.RELEASE_DURING_STOP,
    Reason.GUARDIAN_ENDED: Code.RELEASE_GUARDIAN,
    Reason.PAPER_ENDED: Code.RELEASE_PAPER,
    Reason.PAPER_TOO_NEW: Code.RELEASE_PAPER,
    Reason.PROJECT_UNKNOWN: Code.RELEASE_PROJECT,
    Reason.PROJECT_NOT_APPROVED: Code.RELEASE_PROJECT,
    Reason.PROJECT_WITHDRAWN: Code.RELEASE_PROJECT,
    Reason.PROJECT_EXPIRED: Code.RELEASE_PROJECT,
    Reason.PROJECT_BOARD_DEPENDENT: Code.RELEASE_PROJECT,
    Reason.PROJECT_NOT_PARTNER: Code.RELEASE_PROJECT,
}
#: What depends on who gave the consent.
_OF_KIND: Mapping[tuple[ConsentKind, Reason], Code] = {
    (ConsentKind.GUARDIAN, Reason.AUTHORITY_EXCEEDED): Code.RELEASE_GUARDIAN,
    (ConsentKind.PAPER, Reason.AUTHORITY_EXCEEDED): Code.RELEASE_PAPER,
    (ConsentKind.PAPER, Reason.DIRECTIVE_MALFORMED): Code.RELEASE_PAPER,
    (ConsentKind.PAPER, Reason.EXPIRED): Code.RELEASE_PAPER,
}


def _released(step: Step, event: AccessReleased) -> None:
    _check_envelope(step, event)
    expect_person(step, event.person, event.request)
    request = step.state.requests.get(event.request)
    if request is None:
        step.find(
            Code.RELEASE_WITHOUT_REQUEST,
            f"A key of study {words.short(event.study)} was released to {step.name(event.requester)} for "
            f"request {words.short(event.request)}, which was never made.",
            event.study,
            event.request,
            event.requester,
        )
        return
    study = step.state.studies.get(request.query.study)
    _check_names(step, event, request, study)
    _check_request(step, event, request)
    _decide_again(step, event, request)
    request.served.add(event.epoch)
    request.last_served = event.epoch
    if study is not None:
        study.releases.append(Release(request, event.requester, step.at))


def _check_envelope(step: Step, event: AccessReleased) -> None:
    if event.envelope_digest == ZERO32:
        step.find(
            Code.ENVELOPE_MISSING,
            f"A release for request {words.short(event.request)} names no envelope.",
            event.request,
        )
        return
    envelopes = step.state.envelopes
    first = envelopes.get(event.envelope_digest)
    if first is None:
        envelopes[event.envelope_digest] = event.request
    else:
        step.find(
            Code.ENVELOPE_REPEATED,
            f"The envelope {words.short(event.envelope_digest)} was released for request "
            f"{words.short(event.request)} after it had been for {words.short(first)}; each envelope is made "
            "for one release, so the custodian has to say what left.",
            event.request,
            event.envelope_digest,
        )


def _check_names(step: Step, event: AccessReleased, request: Request, study: Study | None) -> None:
    """The release names what the request does, and the study's custodian and manifest."""
    number = words.short(event.request)
    if event.study != request.query.study:
        step.find(
            Code.RELEASE_STUDY,
            f"Request {number} asked for study {words.short(request.query.study)}, but the release is of "
            f"{words.short(event.study)}.",
            event.request,
            event.study,
        )
    if event.requester != request.requester:
        step.find(
            Code.RELEASE_REQUESTER,
            f"Request {number} was made by {step.name(request.requester)}, but the key was released to "
            f"{step.name(event.requester)}.",
            event.request,
            event.requester,
        )
    if event.directive_hash != request.directive_hash:
        step.find(
            Code.RELEASE_DIRECTIVE,
            f"Request {number} cited consent {words.short(request.directive_hash)}, but the release cites "
            f"{words.short(event.directive_hash)}.",
            event.request,
            event.directive_hash,
        )
    if study is None:
        return
    if event.custodian != study.custodian:
        step.find(
            Code.RELEASE_CUSTODIAN,
            f"{words.capital(step.name(event.custodian))} released a study that {step.name(study.custodian)} "
            "holds.",
            event.request,
            event.custodian,
        )
    if event.manifest_digest != study.manifest_digest:
        step.find(
            Code.RELEASE_MANIFEST,
            f"The release for request {number} names manifest {words.short(event.manifest_digest)}; the "
            f"study's is {words.short(study.manifest_digest)}.",
            event.request,
            event.manifest_digest,
        )


def _check_request(step: Step, event: AccessReleased, request: Request) -> None:
    """The request was permitted, not refused since, and not served in this epoch."""
    number = words.short(event.request)
    if request.reason != Reason.PERMITTED:
        step.find(
            Code.RELEASE_OF_DENIED,
            f"Request {number} was denied with reason {words.reason(request.reason)}, and served all the "
            "same.",
            event.request,
            event.requester,
        )
    if request.refused is not None:
        step.find(
            Code.RELEASE_AFTER_REFUSAL,
            f"Request {number} was served, though its custodian had refused it in block "
            f"{request.refused.block}.",
            event.request,
        )
    if event.epoch in request.served:
        step.find(
            Code.RELEASE_REPEATED,
            f"Request {number} was served in epoch {event.epoch} a second time.",
            event.request,
        )


def _decide_again(step: Step, event: AccessReleased, request: Request) -> None:
    # What shows the directive may be other evidence than the request's.
    asked = replace(asked_by(request), evidence=event.evidence)
    facts = facts_at(step.state, step.network, asked, time=step.at.time)
    release = ReleaseFacts(
        epoch=event.epoch,
        key_version=event.key_version,
        requested_at=request.at.time,
        served=bool(request.served),
        is_emergency=request.emergency,
    )
    decision = decide_release(facts, release, request.query, request.directive)
    if doubt := engine_doubt(step, event.engine_version):
        step.find(
            Code.ENGINE_UNKNOWN,
            f"The release for request {words.short(event.request)} was decided by version "
            f"{event.engine_version} of the consortium's rules, which {doubt}.",
            event.request,
        )
        if decision.check.part == "engine":
            return
    if not decision.permitted:
        step.find(
            _code(facts.commitment.kind, decision.reason),
            f"The key of study {words.short(request.query.study)} was released to "
            f"{step.name(event.requester)} in epoch {event.epoch} with key version {event.key_version}; "
            f"taken again, the decision is {words.reason(decision.reason)}: {decision.sentence}",
            event.request,
            request.query.study,
            event.requester,
        )


def _code(kind: ConsentKind, reason: Reason) -> Code:
    """What a release against the decision is called."""
    return _OF_KIND.get((kind, reason)) or _CODES.get(reason, Code.RELEASE_AGAINST_POLICY)


def _confirmed(step: Step, event: AccessConfirmed) -> None:
    request = _served(step, event, Code.CONFIRM_WITHOUT_RELEASE, "confirmed")
    if request is None:
        return
    if request.last_confirmed == event.epoch:
        step.find(
            Code.CONFIRM_REPEATED,
            f"Request {words.short(event.request)} was confirmed in epoch {event.epoch} a second time.",
            event.request,
        )
    request.last_confirmed = event.epoch


def _disputed(step: Step, event: AccessDisputed) -> None:
    known = event.failure in _FAILURES
    if not known:
        step.find(
            Code.DISPUTE_FAILURE,
            f"Request {words.short(event.request)} was disputed for failure {event.failure}, which is no "
            "class of the vocabulary.",
            event.request,
        )
    request = _served(step, event, Code.DISPUTE_WITHOUT_RELEASE, "disputed")
    if request is None:
        return
    if request.last_disputed == event.epoch:
        step.find(
            Code.DISPUTE_REPEATED,
            f"Request {words.short(event.request)} was disputed in epoch {event.epoch} a second time.",
            event.request,
        )
    request.last_disputed = event.epoch
    why = FailureClass(event.failure).label if known else f"failure {event.failure}"
    step.find(
        Code.DISPUTED,
        f"{words.capital(step.name(event.requester))} says that what it was released in epoch {event.epoch} "
        f"is not what was registered: {why}. The custodian has to look into it.",
        event.request,
        event.study,
        event.requester,
    )


def _served(step: Step, event: AccessConfirmed | AccessDisputed, missing: Code, done: str) -> Request | None:
    """The request of a confirmation or dispute; None, with a finding, if it was not served in that epoch."""
    number = words.short(event.request)
    expect_active(step, event.requester)
    expect_person(step, event.person, event.request)
    request = step.state.requests.get(event.request)
    if request is None or event.epoch == 0 or request.last_served != event.epoch:
        step.find(
            missing,
            f"Request {number} was {done} in epoch {event.epoch}, in which its last release was not.",
            event.request,
        )
        return None
    if (event.study, event.requester) != (request.query.study, request.requester):
        step.find(
            Code.PARTY_DIFFERS,
            f"Request {number} was {done} under another study or by another institution than it was made "
            "with.",
            event.request,
            event.requester,
        )
    return request


_FAILURES = frozenset(FailureClass)

HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    AccessReleased: _released,
    AccessConfirmed: _confirmed,
    AccessDisputed: _disputed,
}
