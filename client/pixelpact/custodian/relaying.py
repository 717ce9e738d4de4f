"""Bringing to the chain what a patient or a guardian signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from pixelpact.chain import (
    AllRevoked,
    Call,
    Chain,
    DirectiveRecorded,
    DirectiveRevoked,
    Event,
    GuardianAppointed,
    GuardianDismissed,
    KeyReplaced,
    PaperEnded,
    RecoveryNamed,
    RecoveryStarted,
    RecoveryStopped,
    RefusalSet,
)
from pixelpact.custodian.sharing import own_study
from pixelpact.documents import Signed, keep_consent
from pixelpact.errors import ContractError, InputError
from pixelpact.models import (
    SignedAppointment,
    SignedDirective,
    SignedDismissal,
    SignedEndOfPaper,
    SignedRecovery,
    SignedRecoveryName,
    SignedRecoveryStop,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
)
from pixelpact.profile import Profile, require_bytes

__all__ = ["finish_recovery", "relay", "start_recovery"]


@dataclass(frozen=True, slots=True)
class _Message:
    """What bringing a message needs: names for the journal, the call, and how the event it causes is found.

    ``search`` looks by the event's indexed fields, ``rest`` are the others that tell it.
    """

    operation: str
    key: str
    call: Call
    search: Callable[..., Iterator[Event]]
    rest: Mapping[str, object] = field(default_factory=dict)


def relay(profile: Profile, signed: Signed) -> None:
    """See ``Custodian.relay``."""
    _carry(profile, _message(profile.chain, signed))
    if isinstance(signed, SignedDirective):
        # The chain has only its number, and an invitation cites all of it.
        keep_consent(profile.vault, signed, profile.chain.network)


def start_recovery(profile: Profile, signed: SignedRecovery, study: bytes) -> None:
    """See ``Custodian.start_recovery``."""
    subject = signed.subject
    if not signed.appointment:
        raise InputError(
            "This recovery was not begun by a guardian",
            why="the account that the patient named signed it, and nobody has to vouch for it",
            remedy="Bring it to the chain as any other document: pixelpact consent record",
        )
    if own_study(profile, study).subject != subject:
        raise InputError(
            f"The study {study.hex()[:8]} is not one of this patient's",
            why="a hospital vouches for its own patients, with a study of theirs",
            remedy="Give a study of the patient, or leave it to a hospital that has one",
        )
    call = profile.chain.consents.start_recovery_by_guardian(
        subject, signed.candidate, signed.attempt, signed.appointment, study, signed.signature
    )
    _carry(profile, _start(profile.chain, signed, call))


def finish_recovery(profile: Profile, subject: bytes) -> None:
    """See ``Custodian.finish_recovery``."""
    require_bytes(subject, 20, "a patient's address")
    chain = profile.chain
    found = chain.consents.recovery(subject)
    started = [
        each
        for each in chain.find(RecoveryStarted, subject=subject, last=chain.head().number)
        if each.attempt == found.attempt
    ]
    stopped = [
        each
        for each in chain.find(RecoveryStopped, subject=subject, last=chain.head().number)
        if each.attempt == found.attempt
    ]
    if not started or stopped:
        raise InputError(
            f"No recovery of the patient 0x{subject.hex()} is under way",
            why="the present key stopped it" if stopped else "none was begun",
            remedy="Begin one, or check the patient's address",
        )
    message = _Message(
        "finish-recovery",
        f"{subject.hex()}/{found.attempt}",
        chain.consents.finish_recovery(subject),
        # From where it began on: an earlier recovery may have been to the same key.
        partial(chain.find, KeyReplaced, subject=subject, first=started[-1].block),
    )
    _carry(profile, message)


def _carry(profile: Profile, message: _Message) -> None:
    """Bring a message to the chain once, whoever was first; final when it returns."""
    with profile.vault.journal(message.operation, message.key) as entry:
        if entry.step is None and (there := _found(profile, message)) is not None:
            profile.wait_until_final(there)
            return
        try:
            profile.carry_out(entry, "sent", lambda: message.call)
        except ContractError:
            # Another relay may have been first: then it is there, and nothing is left to do.
            there = _found(profile, message)
            if there is None:
                if entry.step is not None:
                    entry.finish()
                raise
            profile.wait_until_final(there)


def _found(profile: Profile, message: _Message) -> Event | None:
    """The event of a message, up to the newest block; None while there is none."""
    for event in message.search(last=profile.chain.head().number):
        if all(getattr(event, name) == value for name, value in message.rest.items()):
            return event
    return None


def _message(chain: Chain, signed: Signed) -> _Message:
    match signed:
        case SignedDirective() | SignedRevocation() | SignedRevocationOfAll() | SignedRefusal():
            return _of_consent(chain, signed)
        case SignedAppointment() | SignedDismissal():
            return _of_guardian(chain, signed)
        case SignedEndOfPaper(subject, signature):
            call = chain.consents.end_paper(subject, signature)
            return _Message(
                "end-paper", subject.hex(), call, partial(chain.find, PaperEnded, subject=subject)
            )
        case _:
            return _of_recovery(chain, signed)


def _of_consent(
    chain: Chain, signed: SignedDirective | SignedRevocation | SignedRevocationOfAll | SignedRefusal
) -> _Message:
    consents, appointment, signature = chain.consents, signed.appointment, signed.signature
    match signed:
        case SignedDirective(directive, number):
            subject = directive.subject
            return _Message(
                "record",
                number.hex(),
                consents.record(subject, number, appointment, signature),
                partial(chain.find, DirectiveRecorded, subject=subject, directive=number),
            )
        case SignedRevocation(subject, number):
            return _Message(
                "revoke",
                number.hex(),
                consents.revoke(subject, number, appointment, signature),
                partial(chain.find, DirectiveRevoked, subject=subject, directive=number),
            )
        case SignedRevocationOfAll(subject, generation):
            return _Message(
                "revoke-all",
                f"{subject.hex()}/{generation}",
                consents.revoke_all(subject, generation, appointment, signature),
                partial(chain.find, AllRevoked, subject=subject),
                {"generation": generation},
            )
        case SignedRefusal(refusal):
            return _Message(
                "refuse-purposes",
                f"{refusal.subject.hex()}/{refusal.sequence}",
                consents.refuse(refusal, appointment, signature),
                partial(
                    chain.find,
                    RefusalSet,
                    subject=refusal.subject,
                    custodian=refusal.custodian,
                    study=refusal.study,
                ),
                {name: getattr(refusal, name) for name in ("grantee", "purposes", "sequence")},
            )


def _of_guardian(chain: Chain, signed: SignedAppointment | SignedDismissal) -> _Message:
    if isinstance(signed, SignedAppointment):
        made = signed.appointment
        return _Message(
            "appoint",
            f"{made.subject.hex()}/{made.number}",
            chain.consents.appoint(made, signed.signature),
            partial(chain.find, GuardianAppointed, subject=made.subject, guardian=made.guardian),
            {name: getattr(made, name) for name in ("number", "powers", "custodian", "until")},
        )
    return _Message(
        "dismiss",
        f"{signed.subject.hex()}/{signed.number}",
        chain.consents.dismiss(signed.subject, signed.number, signed.signature),
        partial(chain.find, GuardianDismissed, subject=signed.subject),
        {"number": signed.number},
    )


def _of_recovery(chain: Chain, signed: SignedRecoveryName | SignedRecovery | SignedRecoveryStop) -> _Message:
    consents, subject, signature = chain.consents, signed.subject, signed.signature
    match signed:
        case SignedRecoveryName(_, account, sequence):
            return _Message(
                "name-recovery",
                f"{subject.hex()}/{sequence}",
                consents.name_recovery(subject, account, sequence, signature),
                partial(chain.find, RecoveryNamed, subject=subject),
                {"account": account, "sequence": sequence},
            )
        case SignedRecovery(_, candidate, attempt):
            if signed.appointment:
                raise InputError(
                    "A guardian's recovery is not sent alone",
                    why="the hospital that knows the patient vouches for it, with a study of theirs",
                    remedy="Hand it to such a hospital: pixelpact recovery vouch",
                )
            return _start(chain, signed, consents.start_recovery(subject, candidate, attempt, signature))
        case SignedRecoveryStop(_, attempt):
            return _Message(
                "stop-recovery",
                f"{subject.hex()}/{attempt}",
                consents.stop_recovery(subject, attempt, signature),
                partial(chain.find, RecoveryStopped, subject=subject),
                {"attempt": attempt},
            )


def _start(chain: Chain, signed: SignedRecovery, call: Call) -> _Message:
    return _Message(
        "start-recovery",
        f"{signed.subject.hex()}/{signed.attempt}/{signed.candidate.hex()}",
        call,
        partial(chain.find, RecoveryStarted, subject=signed.subject),
        {name: getattr(signed, name) for name in ("candidate", "attempt", "appointment")},
    )
