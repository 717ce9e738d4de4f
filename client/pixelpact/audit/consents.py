"""The ConsentRegistry's events: what the patient wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.state import Commitment, Guardian, RefusalScope
from pixelpact.audit.step import Step
from pixelpact.chain import (
    AllRevoked,
    BatchAnchored,
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

__all__ = ["HANDLERS"]


def _recorded(step: Step, event: DirectiveRecorded) -> None:
    commitment = step.state.commitments.setdefault((event.subject, event.directive), Commitment())
    if commitment.revoked is not None:
        step.find(
            Code.DIRECTIVE_AFTER_REVOCATION,
            f"Consent {words.short(event.directive)} was recorded, though its patient had withdrawn it in "
            f"block {commitment.revoked.block}.",
            event.directive,
            event.subject,
        )
    elif commitment.recorded is not None:
        step.find(
            Code.DIRECTIVE_REPEATED,
            f"Consent {words.short(event.directive)} was recorded a second time; the first was in block "
            f"{commitment.recorded.block}.",
            event.directive,
            event.subject,
        )
    else:
        commitment.recorded = step.at
        commitment.kind, commitment.authority = event.kind, event.authority
        commitment.generation = step.state.generation(event.subject)


def _revoked(step: Step, event: DirectiveRevoked) -> None:
    commitment = step.state.commitments.setdefault((event.subject, event.directive), Commitment())
    if commitment.revoked is not None:
        step.find(
            Code.REVOCATION_REPEATED,
            f"Consent {words.short(event.directive)} was withdrawn a second time; the first was in block "
            f"{commitment.revoked.block}.",
            event.directive,
            event.subject,
        )
    else:
        commitment.revoked = step.at


def _next_generation(step: Step, event: AllRevoked | KeyReplaced) -> None:
    generations = step.state.generations.setdefault(event.subject, [])
    if event.generation != len(generations) + 1:
        step.find(
            Code.GENERATION_SEQUENCE,
            f"Patient {words.short(event.subject)} began generation {event.generation}; only "
            f"{len(generations) + 1} could follow.",
            event.subject,
        )
        return
    generations.append(step.at)


def _refused(step: Step, event: RefusalSet) -> None:
    if (event.custodian != 0) + (event.study != ZERO32) + (event.grantee != 0) > 1:
        step.find(
            Code.REFUSAL_SCOPE,
            f"A refusal of patient {words.short(event.subject)} names more than one of custodian, study and "
            "requester.",
            event.subject,
        )
        return
    key = (event.subject, event.custodian, event.study, event.grantee)
    scope = step.state.scopes.setdefault(key, RefusalScope())
    if event.sequence <= scope.sequence:
        step.find(
            Code.REFUSAL_SEQUENCE,
            f"A refusal of patient {words.short(event.subject)} with sequence {event.sequence} came after "
            f"one with {scope.sequence}: an old message was taken for a new one.",
            event.subject,
        )
        return
    scope.replace(event.purposes, event.sequence, step.at)


def _paper_ended(step: Step, event: PaperEnded) -> None:
    step.state.subject(event.subject).signs = True


def _refusal_taken(step: Step, event: RefusalTaken) -> None:
    _taken(step, event).replace(event.purposes, event.sequence, step.at)


def _refusal_lifted(step: Step, event: TakenRefusalLifted) -> None:
    _taken(step, event).replace(0, event.sequence, step.at)


def _taken(step: Step, event: RefusalTaken | TakenRefusalLifted) -> RefusalScope:
    """The scope that a hospital spoke of: one study, whoever holds it, or all that it holds itself."""
    custodian = 0 if event.study != ZERO32 else event.custodian
    return step.state.taken.setdefault((event.subject, custodian, event.study), RefusalScope())


def _anchored(step: Step, event: BatchAnchored) -> None:
    step.state.batches.setdefault((event.poster, event.root), step.at)


def _appointed(step: Step, event: GuardianAppointed) -> None:
    step.state.subject(event.subject).guardians[event.number] = Guardian(
        event.guardian, event.powers, event.custodian, event.until, attested=event.form != ZERO32
    )


def _dismissed(step: Step, event: GuardianDismissed) -> None:
    guardian = step.state.subject(event.subject).guardians.get(event.number)
    if guardian is not None:
        guardian.ended = True


def _key_replaced(step: Step, event: KeyReplaced) -> None:
    step.state.subject(event.subject).key = event.to
    step.state.subject(event.subject).signs = True
    _next_generation(step, event)


def _nothing_kept(_step: Step, _event: Event) -> None:
    """What changes nothing that a decision is made from."""


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    DirectiveRecorded: _recorded,
    DirectiveRevoked: _revoked,
    AllRevoked: _next_generation,
    RefusalSet: _refused,
    PaperEnded: _paper_ended,
    RefusalTaken: _refusal_taken,
    TakenRefusalLifted: _refusal_lifted,
    BatchAnchored: _anchored,
    GuardianAppointed: _appointed,
    GuardianDismissed: _dismissed,
    KeyReplaced: _key_replaced,
    PaperRecorded: _nothing_kept,
    RevocationTaken: _nothing_kept,
    RecoveryNamed: _nothing_kept,
    RecoveryStarted: _nothing_kept,
    RecoveryStopped: _nothing_kept,
}
