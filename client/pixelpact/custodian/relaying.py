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
    PaperEnded,
    RecoveryNamed,
    RecoveryStarted,
    RecoveryStopped,
    RefusalSet,
)
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
from pixelpact.profile import Profile

__all__ = ["relay"]


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
    message = _message(profile.chain, signed)
    with profile.vault.journal(message.operation, message.key) as entry:
        if entry.step is None and (there := _found(profile, message)) is not None:
            profile.wait_until_final(there)
            _keep(profile, signed)
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
        _keep(profile, signed)


def _found(profile: Profile, message: _Message) -> Event | None:
    """The event of a message, up to the newest block; None while there is none."""
    for event in message.search(last=profile.chain.head().number):
        if all(getattr(event, name) == value for name, value in message.rest.items()):
            return event
    return None


def _keep(profile: Profile, signed: Signed) -> None:
    """Keep a consent: the chain has only its number, and an invitation cites all of it."""
    if isinstance(signed, SignedDirective):
        keep_consent(profile.vault, signed, profile.chain.network)


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
                    remedy="Begin it as the patient's hospital",
                )
            return _Message(
                "start-recovery",
                f"{subject.hex()}/{attempt}",
                consents.start_recovery(subject, candidate, attempt, signature),
                partial(chain.find, RecoveryStarted, subject=subject),
                {"candidate": candidate, "attempt": attempt},
            )
        case SignedRecoveryStop(_, attempt):
            return _Message(
                "stop-recovery",
                f"{subject.hex()}/{attempt}",
                consents.stop_recovery(subject, attempt, signature),
                partial(chain.find, RecoveryStopped, subject=subject),
                {"attempt": attempt},
            )
