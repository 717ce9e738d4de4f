"""The ConsentRegistry's events about who acts for a patient: guardians, recovery, and the end of paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.institutions import expect_active, flaw_of_two
from pixelpact.audit.matters import Guardian, Recovery, RecoveryState
from pixelpact.audit.state import ZERO_ADDRESS
from pixelpact.audit.step import Step
from pixelpact.chain import (
    GuardianAppointed,
    GuardianDismissed,
    KeyReplaced,
    PaperEnded,
    RecoveryNamed,
    RecoveryStarted,
    RecoveryStopped,
)
from pixelpact.models import ZERO32
from pixelpact.policy import MAX_APPOINTMENT, GuardianPower, OperatorPermission, Role

__all__ = ["HANDLERS", "expect_guardian", "is_custodian", "why_not_live"]

_ALL_POWERS = sum(GuardianPower)


def is_custodian(step: Step, number: int) -> bool:
    """Whether an institution holds the custodian role."""
    institution = step.state.institutions.get(number)
    return institution is not None and bool(institution.roles & Role.CUSTODIAN)


def why_not_live(step: Step, subject: bytes, number: int) -> str:
    """Why the guardian of an appointment does not act for a patient now; empty when it does."""
    patient = step.state.subjects.get(subject)
    guardian = patient.guardians.get(number) if patient else None
    if patient is None or guardian is None:
        return "there is no such appointment"
    if guardian.ended is not None:
        return f"it was ended in block {guardian.ended.block}"
    if step.at.time >= guardian.until:
        return f"it ended at {words.moment(guardian.until)}"
    if guardian.attested and patient.signs is not None:
        return f"a hospital attested it, and the patient signs since block {patient.signs.block}"
    return ""


def expect_guardian(step: Step, subject: bytes, number: int, power: int, done: str) -> None:
    """Find fault with what a guardian did after the end of the appointment, or beyond its powers."""
    if number == 0:
        return
    whose = f"of patient {words.short(subject)} (appointment {number})"
    if why := why_not_live(step, subject, number):
        step.find(Code.GUARDIAN_ENDED, f"A guardian {whose} {done}, though {why}.", subject)
        return
    powers = step.state.subject(subject).guardians[number].powers
    if powers & power != power:
        step.find(
            Code.GUARDIAN_POWERS, f"A guardian {whose} {done}, which the appointment does not allow.", subject
        )


def _appointed(step: Step, event: GuardianAppointed) -> None:
    subject = step.state.subject(event.subject)
    attested = event.form != ZERO32
    expected = len(subject.guardians) + 1
    if event.number != expected:
        step.find(
            Code.GUARDIAN_APPOINTMENT,
            f"Appointment {event.number} of patient {words.short(event.subject)} came where only number "
            f"{expected} could.",
            event.subject,
        )
        return
    if why := _unusable(step, event, subject.key) or (_badly_attested(step, event) if attested else ""):
        step.find(
            Code.GUARDIAN_APPOINTMENT,
            f"Patient {words.short(event.subject)} got a guardian (appointment {event.number}) who could not "
            f"be appointed: {why}.",
            event.subject,
            event.guardian,
        )
    if attested and subject.signs is not None:
        step.find(
            Code.PAPER_AFTER_SIGNATURE,
            f"A hospital attested a guardian of patient {words.short(event.subject)}, who signs with a key "
            f"since block {subject.signs.block}.",
            event.subject,
            event.custodian,
        )
    subject.guardians[event.number] = Guardian(
        event.guardian, event.powers, event.custodian, event.until, attested=attested
    )


def _unusable(step: Step, event: GuardianAppointed, key: bytes) -> str:
    if event.guardian in (ZERO_ADDRESS, event.subject, key):
        return "the guardian is nobody, or the patient"
    if event.powers & ~_ALL_POWERS:
        return "the vocabulary does not have the powers"
    if not step.at.time < event.until <= step.at.time + MAX_APPOINTMENT:
        return "it ends at once, or after more than 18 years"
    return ""


def _badly_attested(step: Step, event: GuardianAppointed) -> str:
    expect_active(step, event.custodian)
    if not is_custodian(step, event.custodian):
        return f"{step.name(event.custodian)}, for whose studies it is, is no custodian"
    if event.powers & GuardianPower.RECOVER:
        return "a hospital can't give the power to recover a key"
    return flaw_of_two(step, event.custodian, event.first, event.second, OperatorPermission.CONSENTS)


def _dismissed(step: Step, event: GuardianDismissed) -> None:
    patient = step.state.subjects.get(event.subject)
    guardian = patient.guardians.get(event.number) if patient else None
    if guardian is None or guardian.ended is not None or guardian.guardian != event.guardian:
        step.find(
            Code.GUARDIAN_DISMISSAL,
            f"Appointment {event.number} of patient {words.short(event.subject)} was ended, though there is "
            "none with this guardian, or it was before.",
            event.subject,
            event.guardian,
        )
        return
    guardian.ended = step.at


def _paper_ended(step: Step, event: PaperEnded) -> None:
    subject = step.state.subject(event.subject)
    if subject.signs is not None:
        step.find(
            Code.PAPER_ENDED_REPEATED,
            f"Patient {words.short(event.subject)} is said to sign with a key for the first time, as in "
            f"block {subject.signs.block} before.",
            event.subject,
        )
        return
    subject.signs = step.at


def _named(step: Step, event: RecoveryNamed) -> None:
    subject = step.state.subject(event.subject)
    if event.sequence <= subject.named_sequence:
        step.find(
            Code.RECOVERY_START,
            f"Patient {words.short(event.subject)} named an account for a recovery with sequence "
            f"{event.sequence} after one with {subject.named_sequence}: an old message was taken for a new "
            "one.",
            event.subject,
        )
        return
    subject.named, subject.named_sequence = event.account, event.sequence


def _started(step: Step, event: RecoveryStarted) -> None:
    subject = step.state.subject(event.subject)
    number, done = words.short(event.subject), "began a recovery of the key"
    if event.appointment:
        expect_guardian(step, event.subject, event.appointment, GuardianPower.RECOVER, done)
    if why := _wrong_start(event, subject.named, subject.recovery, subject.key, len(subject.recoveries) + 1):
        step.find(
            Code.RECOVERY_START, f"A recovery for patient {number} could not begin: {why}.", event.subject
        )
        return
    terms = step.state.terms
    if terms and event.ready_at != step.at.time + terms.key_recovery_delay:
        step.find(
            Code.RECOVERY_DELAY,
            f"The recovery for patient {number} is said to be ready at {words.moment(event.ready_at)}, which "
            f"is not {words.duration(terms.key_recovery_delay)} after it began.",
            event.subject,
        )
    # What counts is the delay that the consortium was founded on, whatever the event says.
    ready = step.at.time + terms.key_recovery_delay if terms else event.ready_at
    subject.recoveries[event.attempt] = Recovery(event.candidate, ready, event.appointment, step.at)


def _wrong_start(
    event: RecoveryStarted, named: bytes, under_way: Recovery | None, key: bytes, expected: int
) -> str:
    if under_way is not None:
        return f"one is under way since block {under_way.at.block}"
    if event.attempt != expected:
        return f"it is attempt {event.attempt}, where only {expected} could be"
    if event.candidate in (ZERO_ADDRESS, key):
        return "the new key is nobody's, or the present one"
    if event.appointment == 0 and named == ZERO_ADDRESS:
        return "the patient names nobody who might begin it"
    return ""


def _stopped(step: Step, event: RecoveryStopped) -> None:
    patient = step.state.subjects.get(event.subject)
    recovery = patient.recovery if patient else None
    if patient is None or recovery is None or event.attempt != len(patient.recoveries):
        step.find(
            Code.RECOVERY_STOP,
            f"Recovery {event.attempt} for patient {words.short(event.subject)} was stopped, though it was "
            "not under way.",
            event.subject,
        )
        return
    recovery.state, recovery.ended = RecoveryState.STOPPED, step.at


def _key_replaced(step: Step, event: KeyReplaced) -> None:
    subject, number = step.state.subject(event.subject), words.short(event.subject)
    recovery = subject.recovery
    if recovery is None:
        last = next(reversed(subject.recoveries.values()), None)
        why = "none had begun"
        if last is not None and last.ended is not None:
            why = f"the last one was {last.state.value} in block {last.ended.block}"
        step.find(
            Code.RECOVERY_NOT_UNDER_WAY,
            f"A recovery for patient {number} was finished, though {why}.",
            event.subject,
            event.to,
        )
    else:
        if step.at.time < recovery.ready_at:
            step.find(
                Code.RECOVERY_EARLY,
                f"The recovery for patient {number} was finished at {words.moment(step.at.time)}, before its "
                f"delay was over at {words.moment(recovery.ready_at)}: the present key had no time left to "
                "stop it.",
                event.subject,
                event.to,
            )
        if (event.from_, event.to) != (subject.key, recovery.candidate):
            step.find(
                Code.RECOVERY_KEY,
                f"The recovery for patient {number} replaced another key than the present one, or by another "
                f"than the one announced, {words.short(recovery.candidate)}.",
                event.subject,
                event.to,
            )
        recovery.state, recovery.ended = RecoveryState.FINISHED, step.at
    subject.key = event.to
    subject.signs = subject.signs or step.at


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    GuardianAppointed: _appointed,
    GuardianDismissed: _dismissed,
    PaperEnded: _paper_ended,
    RecoveryNamed: _named,
    RecoveryStarted: _started,
    RecoveryStopped: _stopped,
    KeyReplaced: _key_replaced,
}
