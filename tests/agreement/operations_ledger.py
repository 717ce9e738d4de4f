"""The AccessLedger: what each function asks for, and what it reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from operations_model import NO_DIGEST, NOBODY, Model, Refused, require

from pixelpact.models import AccessQuery, Directive
from pixelpact.policy import (
    Facts,
    FailureClass,
    OperatorPermission,
    Reason,
    ReleaseFacts,
    Role,
    decide,
    decide_emergency,
    decide_release,
    emergency_query,
)
from pixelpact.policy.state import Request, RequestStatus, ShownConsent

PREFIX = "AccessLedger_"


class Cited(NamedTuple):
    """A directive that is cited: its body as the model and the chain have it, its hash, what shows it."""

    directive: Directive
    body: tuple[Any, ...]
    number: bytes
    evidence: tuple[Any, ...]
    shown: ShownConsent | None


class Release(NamedTuple):
    """What is released, and to whom."""

    requester: int
    epoch: int
    key_version: int
    key_digest: bytes
    envelope: bytes
    person: bytes


class Emergency(NamedTuple):
    """What two people ask for."""

    study: bytes
    categories: int
    justification: bytes
    second: bytes
    person: bytes
    second_person: bytes
    until: int


def facts(model: Model, requester: int, query: AccessQuery, cited: Cited, broken: set[bytes]) -> Facts:
    """The facts of a decision now, with what is known of the engine in force."""
    found = model.state.facts(model.time, requester, query, cited.number, cited.shown)
    if model.state.institutions.engine in broken:
        found = replace(found, engine_answers=False)
    return found


def _engine_version(model: Model) -> int:
    return model.state.institutions.engine_version or 1


def _person(*persons: bytes) -> None:
    require(NO_DIGEST not in persons, PREFIX + "PersonMissing")


def request(
    model: Model,
    by: bytes,
    nonce: int,
    query: AccessQuery,
    cited: Cited,
    person: bytes,
    number: bytes,
    broken: set[bytes],
) -> Reason:
    requester = model.operator("AccessLedger", by, OperatorPermission.REQUESTS)
    _person(person)
    require(number not in model.state.ledger.requests, PREFIX + "AlreadyRequested")
    known = facts(model, requester, query, cited, broken)
    reason = decide(known, query, cited.directive).reason
    fields = (number, query.study, requester, int(reason), nonce, _query(query), cited.number)
    model.emit("AccessRequested", *fields, cited.body, cited.evidence, person, _engine_version(model))
    return reason


def _query(query: AccessQuery) -> tuple[Any, ...]:
    return query.study, query.purpose, query.categories, query.project, query.obligations


def _permitted(model: Model, number: bytes) -> Request:
    found = model.state.ledger.requests.get(number)
    if found is None or found.status != RequestStatus.PERMITTED:
        raise Refused(PREFIX + "NotPermitted")
    return found


def release(
    model: Model,
    by: bytes,
    query: AccessQuery,
    cited: Cited,
    named: Release,
    number: bytes,
    broken: set[bytes],
) -> Reason:
    """Report a release; a denial is refused with AccessLedger_Denied, and its reason is returned."""
    institution = model.operator("AccessLedger", by, OperatorPermission.RELEASES)
    study = model.state.studies.facts(query.study)
    require(institution == study.custodian, PREFIX + "NotCustodian")
    _person(named.person)
    require(named.envelope != NO_DIGEST, PREFIX + "EnvelopeMissing")
    asked = _permitted(model, number)
    known = facts(model, named.requester, query, cited, broken)
    what = ReleaseFacts(
        named.epoch,
        named.key_version,
        asked.requested_at,
        served=asked.served_epoch != 0,
        key_digest=named.key_digest,
        published_digest=model.state.institutions.key_digest(named.requester, named.key_version),
        is_emergency=asked.is_emergency,
    )
    reason = decide_release(known, what, query, cited.directive).reason
    if reason != Reason.PERMITTED:
        return reason
    require(asked.served_epoch != named.epoch, PREFIX + "AlreadyReleased")
    manifest = model.state.studies.known[query.study].manifest_digest
    fields = (number, query.study, named.requester, institution, named.epoch, manifest, named.key_version)
    shown = named.envelope, cited.number, cited.evidence
    model.emit("AccessReleased", *fields, *shown, named.person, _engine_version(model))
    return reason


def _served(model: Model, number: bytes, epoch: int) -> Request:
    found = model.state.ledger.requests.get(number)
    if found is None or not epoch or found.served_epoch != epoch:
        raise Refused(PREFIX + "NotReleased")
    return found


def requesting(model: Model, by: bytes) -> int:
    """The caller's institution, if it is active and the caller may confirm and dispute for it."""
    return model.active_operator("AccessLedger", by, OperatorPermission.REQUESTS)


def confirm(model: Model, by: bytes, study: bytes, epoch: int, person: bytes, number: bytes) -> None:
    requester = requesting(model, by)
    _person(person)
    found = _served(model, number, epoch)
    require(found.confirmed_epoch != epoch, PREFIX + "AlreadyConfirmed")
    model.emit("AccessConfirmed", number, study, requester, epoch, person)


def dispute(
    model: Model, by: bytes, study: bytes, epoch: int, failure: int, person: bytes, number: bytes
) -> None:
    requester = requesting(model, by)
    _person(person)
    require(0 < failure <= len(FailureClass), PREFIX + "FailureUnknown")
    found = _served(model, number, epoch)
    require(found.disputed_epoch != epoch, PREFIX + "AlreadyDisputed")
    model.emit("AccessDisputed", number, study, requester, epoch, failure, person)


def refuse(
    model: Model, by: bytes, study: bytes, requester: int, reason: int, person: bytes, number: bytes
) -> None:
    institution = model.active_operator("AccessLedger", by, OperatorPermission.RELEASES)
    require(model.state.studies.facts(study).custodian == institution, PREFIX + "NotCustodian")
    _person(person)
    require(400 <= reason <= 499, PREFIX + "ReasonOutOfRange")
    _permitted(model, number)
    model.emit("AccessRefused", number, study, requester, institution, reason, person)


def emergency(model: Model, by: bytes, nonce: int, asked: Emergency, number: bytes, signer: bytes) -> Reason:
    requester = model.operator("AccessLedger", by, OperatorPermission.EMERGENCIES)
    require(asked.justification != NO_DIGEST, PREFIX + "JustificationMissing")
    _person(asked.person, asked.second_person)
    is_other = asked.second != by and asked.second_person != asked.person
    require(is_other, PREFIX + "SecondIsFirst")
    institution, permissions = model.state.institutions.acting_for(asked.second)
    of_same = institution == requester and permissions & OperatorPermission.EMERGENCIES
    require(of_same, PREFIX + "SecondNotOperator")
    require(model.time < asked.until <= model.time + 3_600, PREFIX + "UntilOutOfRange")
    require(number not in model.state.ledger.requests, PREFIX + "AlreadyRequested")
    require(signer == asked.second != NOBODY, PREFIX + "SignatureInvalid")
    known = model.state.facts(model.time, requester, emergency_query(asked.study, asked.categories))
    reason = decide_emergency(known, asked.categories).reason
    review_by = 0 if reason else model.time + model.terms.review_term
    model.emit(
        "EmergencyRequested",
        number,
        known.study.subject,
        requester,
        asked.study,
        known.study.custodian,
        int(reason),
        nonce,
        asked.categories,
        asked.justification,
        by,
        asked.second,
        asked.person,
        asked.second_person,
        asked.until,
        review_by,
    )
    return reason


def review(model: Model, by: bytes, number: bytes, verdict: int, report: bytes, person: bytes) -> None:
    found = model.state.ledger.requests.get(number)
    permitted = found is not None and found.is_emergency and found.status != RequestStatus.DENIED
    require(permitted, PREFIX + "NotEmergency")
    assert found is not None
    require(not found.is_reviewed, PREFIX + "AlreadyReviewed")
    institution, permissions = model.state.institutions.acting_for(by)
    as_custodian = institution == found.custodian and permissions & OperatorPermission.RELEASES
    as_board = model.has_role(institution, Role.ETHICS_BOARD) and permissions & OperatorPermission.PROJECTS
    independent = institution != found.requester
    require((as_custodian or as_board) and independent, PREFIX + "NotReviewer")
    require(model.is_active(institution), PREFIX + "NotActive")
    require(verdict, PREFIX + "VerdictMissing")
    require(report != NO_DIGEST, PREFIX + "ReportMissing")
    _person(person)
    late = model.time >= found.requested_at + model.terms.review_term
    model.emit("EmergencyReviewed", number, institution, found.requester, verdict, report, late, person)
