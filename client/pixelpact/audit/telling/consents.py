"""What patients want, told."""

from __future__ import annotations

from collections.abc import Mapping

from pixelpact.audit import words
from pixelpact.audit.step import Step
from pixelpact.audit.telling.told import Teller, Told
from pixelpact.chain import (
    AllRevoked,
    BatchAnchored,
    CommitmentKind,
    DirectiveRecorded,
    DirectiveRevoked,
    Event,
    GuardianAppointed,
    GuardianDismissed,
    KeyReplaced,
    PaperEnded,
    PaperRecorded,
    RecoveryNamed,
    RecoveryStarted,
    RecoveryStopped,
    RefusalSet,
    RefusalTaken,
    RevocationTaken,
    TakenRefusalLifted,
)
from pixelpact.models import ZERO32

__all__ = ["TELLERS"]


def _recorded(step: Step, event: DirectiveRecorded) -> Told:
    consent = words.short(event.directive)
    if event.kind == CommitmentKind.PAPER:
        text = f"gave consent {consent} on paper, as {step.name(event.authority)} says"
    elif event.kind == CommitmentKind.GUARDIAN:
        text = f"gave consent {consent} by the guardian of appointment {event.authority}"
    else:
        text = f"gave consent {consent}"
    return _patient(event.subject), "consent recorded", text


def _paper_recorded(step: Step, event: PaperRecorded) -> Told:
    text = (
        f"attests by two operators, {words.short(event.first)} and {words.short(event.second)}, that patient "
        f"{words.short(event.subject)} gave consent {words.short(event.directive)} on paper"
    )
    return step.name(event.custodian), "paper attested", text


def _revoked(_step: Step, event: DirectiveRevoked) -> Told:
    text = f"withdrew consent {words.short(event.directive)}{_by_guardian(event.appointment)}"
    return _patient(event.subject), "consent withdrawn", text


def _revocation_taken(step: Step, event: RevocationTaken) -> Told:
    text = f"took that withdrawal of patient {words.short(event.subject)} {_means(event.means)}"
    return step.name(event.custodian), "withdrawal taken", text


def _all_revoked(_step: Step, event: AllRevoked) -> Told:
    text = f"withdrew every consent given before (generation {event.generation})"
    return _patient(event.subject), "all consents withdrawn", text + _by_guardian(event.appointment)


def _refusal_set(step: Step, event: RefusalSet) -> Told:
    scope = "everybody"
    if event.custodian:
        scope = f"all that {step.name(event.custodian)} holds"
    elif event.study != ZERO32:
        scope = f"study {words.short(event.study)}"
    elif event.grantee:
        scope = step.name(event.grantee)
    if event.purposes == 0:
        return _patient(event.subject), "refusal lifted", f"lifted the refusal for {scope}"
    text = f"refuses for {scope}{_by_guardian(event.appointment)}: {_purposes(event.purposes)}"
    return _patient(event.subject), "refusal set", text


def _refusal_taken(step: Step, event: RefusalTaken) -> Told:
    text = (
        f"took {_means(event.means)} what patient {words.short(event.subject)} refuses for "
        f"{_taken_scope(event.study)}: {_purposes(event.purposes)}"
    )
    return step.name(event.custodian), "refusal taken", text


def _refusal_lifted(step: Step, event: TakenRefusalLifted) -> Told:
    text = (
        f"attests by two operators, {words.short(event.first)} and {words.short(event.second)}, that patient "
        f"{words.short(event.subject)} lifted on paper what was taken for {_taken_scope(event.study)}"
    )
    return step.name(event.custodian), "taken refusal lifted", text


def _paper_ended(_step: Step, event: PaperEnded) -> Told:
    text = "signed with a key: nothing on paper, and no guardian that a hospital attested, counts any more"
    return _patient(event.subject), "paper ended", text


def _anchored(step: Step, event: BatchAnchored) -> Told:
    text = f"anchored the batch of consents {words.short(event.root)}"
    return step.name(event.poster), "batch anchored", text


def _appointed(step: Step, event: GuardianAppointed) -> Told:
    where = f" for what {step.name(event.custodian)} holds" if event.custodian else ""
    who = "has" if any(event.form) else "appointed"
    text = f"{who} the guardian {words.short(event.guardian)}{where}, until {words.moment(event.until)}"
    if any(event.form):
        text += f", as {words.short(event.first)} and {words.short(event.second)} attest"
    return _patient(event.subject), "guardian appointed", f"{text} (appointment {event.number})"


def _dismissed(_step: Step, event: GuardianDismissed) -> Told:
    text = f"has the guardian {words.short(event.guardian)} no more (appointment {event.number})"
    return _patient(event.subject), "guardian dismissed", text


def _recovery_named(_step: Step, event: RecoveryNamed) -> Told:
    if not any(event.account):
        return _patient(event.subject), "recovery named", "names nobody any more for a recovery"
    return _patient(event.subject), "recovery named", f"names {words.short(event.account)} for a recovery"


def _recovery_started(_step: Step, event: RecoveryStarted) -> Told:
    text = (
        f"gets another key, {words.short(event.candidate)}, from {words.moment(event.ready_at)} on, unless "
        f"the present one stops it{_by_guardian(event.appointment)} (attempt {event.attempt})"
    )
    return _patient(event.subject), "recovery started", text


def _recovery_stopped(_step: Step, event: RecoveryStopped) -> Told:
    return _patient(event.subject), "recovery stopped", f"stopped recovery {event.attempt}"


def _key_replaced(_step: Step, event: KeyReplaced) -> Told:
    text = (
        f"signs with the key {words.short(event.to)} from now on; every consent given before counts no more "
        f"(generation {event.generation})"
    )
    return _patient(event.subject), "key replaced", text


def _patient(subject: bytes) -> str:
    return f"patient {words.short(subject)}"


def _by_guardian(appointment: int) -> str:
    return f", by the guardian of appointment {appointment}" if appointment else ""


def _means(means: int) -> str:
    return {1: "on paper", 2: "by phone"}.get(means, "in no known way")


def _taken_scope(study: bytes) -> str:
    return f"study {words.short(study)}" if study != ZERO32 else "all that it holds"


def _purposes(purposes: int) -> str:
    return words.series(words.purpose(bit) for bit in range(64) if purposes >> bit & 1)


TELLERS: Mapping[type[Event], Teller] = {
    DirectiveRecorded: _recorded,
    PaperRecorded: _paper_recorded,
    DirectiveRevoked: _revoked,
    RevocationTaken: _revocation_taken,
    AllRevoked: _all_revoked,
    RefusalSet: _refusal_set,
    RefusalTaken: _refusal_taken,
    TakenRefusalLifted: _refusal_lifted,
    PaperEnded: _paper_ended,
    BatchAnchored: _anchored,
    GuardianAppointed: _appointed,
    GuardianDismissed: _dismissed,
    RecoveryNamed: _recovery_named,
    RecoveryStarted: _recovery_started,
    RecoveryStopped: _recovery_stopped,
    KeyReplaced: _key_replaced,
}
