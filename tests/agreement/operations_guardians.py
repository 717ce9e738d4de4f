"""The ConsentRegistry, guardians and recovery: what each function asks for, and what it reports."""

from __future__ import annotations

from typing import NamedTuple

from operations_consents import PREFIX, acts, custodian, held, live, operator, own_key, second_of, signed
from operations_model import NO_DIGEST, NOBODY, Model, Refused, require

from pixelpact.policy import GuardianPower

LONGEST_APPOINTMENT = 568_080_000
ALL_POWERS = sum(GuardianPower)


class Appointment(NamedTuple):
    """An appointment as it is signed."""

    subject: bytes
    guardian: bytes
    powers: int
    custodian: int
    until: int
    number: int


def _usable(model: Model, appointment: Appointment) -> None:
    key = model.state.consents.key_of(appointment.subject)
    own = (NOBODY, appointment.subject, key)
    require(appointment.guardian not in own, PREFIX + "GuardianUnusable")
    require(not appointment.powers & ~ALL_POWERS, PREFIX + "PowersUnusable")
    in_range = model.time < appointment.until <= model.time + LONGEST_APPOINTMENT
    require(in_range, PREFIX + "UntilOutOfRange")
    count = len(model.state.consents.subject(appointment.subject).guardians)
    require(appointment.number == count + 1, PREFIX + "AppointmentDiffers")


def _appointed(model: Model, one: Appointment, form: bytes, first: bytes, second: bytes) -> None:
    where = one.subject, one.guardian, one.number, one.powers, one.custodian, one.until
    model.emit("GuardianAppointed", *where, form, first, second)


def appoint(model: Model, appointment: Appointment, signer: bytes) -> None:
    _usable(model, appointment)
    signed(acts(model, appointment.subject, 0), signer)
    own_key(model, appointment.subject)
    _appointed(model, appointment, NO_DIGEST, NOBODY, NOBODY)


def appoint_attested(
    model: Model, by: bytes, appointment: Appointment, form: bytes, second: bytes, signer: bytes
) -> None:
    institution = custodian(model, by)
    require(appointment.custodian == institution, PREFIX + "NotCustodian")
    require(form != NO_DIGEST, PREFIX + "DigestMissing")
    has_own_key = model.state.consents.subject(appointment.subject).has_own_key
    require(not has_own_key, PREFIX + "PaperEnded")
    require(not appointment.powers & GuardianPower.RECOVER, PREFIX + "PowersUnusable")
    _usable(model, appointment)
    second_of(model, by, institution, second)
    signed(second, signer)
    _appointed(model, appointment, form, by, second)


def dismiss(model: Model, subject: bytes, number: int, signer: bytes) -> None:
    found = model.state.consents.subject(subject).guardian(number)
    if found is None or found.ended:
        raise Refused(PREFIX + "GuardianEnded")
    key = model.state.consents.key_of(subject)
    require(signer in (key, found.account), PREFIX + "SignatureInvalid")
    if signer == key:
        own_key(model, subject)
    model.emit("GuardianDismissed", subject, found.account, number)


def name_recovery(model: Model, subject: bytes, account: bytes, sequence: int, signer: bytes) -> None:
    stored = model.state.consents.subject(subject).recovery.sequence
    require(sequence > stored, PREFIX + "SequencePast")
    signed(acts(model, subject, 0), signer)
    own_key(model, subject)
    model.emit("RecoveryNamed", subject, account, sequence)


def _may_start(model: Model, subject: bytes, candidate: bytes, attempt: int) -> None:
    recovery = model.state.consents.subject(subject).recovery
    require(recovery.candidate == NOBODY, PREFIX + "RecoveryPending")
    require(attempt == recovery.attempt + 1, PREFIX + "AttemptDiffers")
    unusable = (NOBODY, model.state.consents.key_of(subject))
    require(candidate not in unusable, PREFIX + "CandidateUnusable")


def _started(model: Model, subject: bytes, candidate: bytes, attempt: int, appointment: int) -> None:
    ready_at = model.time + model.terms.key_recovery_delay
    model.emit("RecoveryStarted", subject, candidate, attempt, ready_at, appointment)


def start_recovery(model: Model, subject: bytes, candidate: bytes, attempt: int, signer: bytes) -> None:
    _may_start(model, subject, candidate, attempt)
    signed(model.state.consents.subject(subject).recovery.named, signer)
    _started(model, subject, candidate, attempt, 0)


def start_recovery_by_guardian(
    model: Model,
    by: bytes,
    subject: bytes,
    candidate: bytes,
    attempt: int,
    appointment: int,
    study: bytes,
    signer: bytes,
) -> None:
    institution = operator(model, by)
    held(model, institution, study, subject)
    guardian = live(model, subject, appointment)
    require(guardian.powers & GuardianPower.RECOVER, PREFIX + "PowerMissing")
    require(guardian.custodian in (0, institution), PREFIX + "AppointmentElsewhere")
    _may_start(model, subject, candidate, attempt)
    signed(guardian.account, signer)
    _started(model, subject, candidate, attempt, appointment)


def stop_recovery(model: Model, subject: bytes, attempt: int, signer: bytes) -> None:
    recovery = model.state.consents.subject(subject).recovery
    require(recovery.candidate != NOBODY, PREFIX + "RecoveryMissing")
    require(attempt == recovery.attempt, PREFIX + "AttemptDiffers")
    signed(acts(model, subject, 0), signer)
    own_key(model, subject)
    model.emit("RecoveryStopped", subject, attempt)


def finish_recovery(model: Model, subject: bytes) -> None:
    recovery = model.state.consents.subject(subject).recovery
    require(recovery.candidate != NOBODY, PREFIX + "RecoveryMissing")
    require(model.time >= recovery.ready_at, PREFIX + "RecoveryTooEarly")
    before = model.state.consents.key_of(subject)
    generation = model.state.consents.subject(subject).generation + 1
    own_key(model, subject)
    model.emit("KeyReplaced", subject, before, recovery.candidate, generation)
