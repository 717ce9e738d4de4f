"""The ConsentRegistry's events: what the patient wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.state import Commitment, RefusalScope
from pixelpact.audit.step import Step
from pixelpact.chain import AllRevoked, DirectiveRecorded, DirectiveRevoked, RefusalSet
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


def _all_revoked(step: Step, event: AllRevoked) -> None:
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


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    DirectiveRecorded: _recorded,
    DirectiveRevoked: _revoked,
    AllRevoked: _all_revoked,
    RefusalSet: _refused,
}
