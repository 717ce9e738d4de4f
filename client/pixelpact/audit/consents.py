"""The ConsentRegistry's events: what the patient wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.guardians import HANDLERS as OF_GUARDIANS
from pixelpact.audit.guardians import expect_guardian, is_custodian
from pixelpact.audit.institutions import acts_for, expect_active, flaw_of_two
from pixelpact.audit.matters import Due
from pixelpact.audit.state import Commitment, RefusalScope
from pixelpact.audit.step import Step
from pixelpact.chain import (
    AllRevoked,
    BatchAnchored,
    DirectiveRecorded,
    DirectiveRevoked,
    KeyReplaced,
    Means,
    PaperRecorded,
    RefusalSet,
    RefusalTaken,
    RevocationTaken,
    TakenRefusalLifted,
)
from pixelpact.models import ZERO32
from pixelpact.policy import ConsentKind, GuardianPower, OperatorPermission

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
        _check_kind(step, event)
        commitment.recorded = step.at
        commitment.kind, commitment.authority = event.kind, event.authority
        commitment.generation = step.state.generation(event.subject)


def _check_kind(step: Step, event: DirectiveRecorded) -> None:
    """Whoever gave it for the patient might."""
    number, kind = words.short(event.directive), event.kind
    if kind == ConsentKind.GUARDIAN and event.authority:
        done = f"allowed consent {number}"
        expect_guardian(step, event.subject, event.authority, GuardianPower.GRANT, done)
    elif kind == ConsentKind.PAPER:
        expect_active(step, event.authority)
        subject = step.state.subjects.get(event.subject)
        if subject is not None and subject.signs is not None:
            step.find(
                Code.PAPER_AFTER_SIGNATURE,
                f"Consent {number} was recorded on paper, though patient {words.short(event.subject)} signs "
                f"with a key since block {subject.signs.block}.",
                event.directive,
                event.subject,
            )
        sentence = f"Consent {number} was recorded on paper without the word of two people."
        step.state.due = Due(step.at, PaperRecorded.__name__, sentence, Code.PAPER_ATTESTATION, number)
    elif kind != ConsentKind.SIGNED or event.authority:
        step.find(
            Code.CONSENT_KIND,
            f"Consent {number} was recorded as of kind {kind}, given by {event.authority}: neither signed, "
            "nor by a guardian, nor on paper.",
            event.directive,
        )


def _paper_recorded(step: Step, event: PaperRecorded) -> None:
    commitment = step.state.commitments.get((event.subject, event.directive), Commitment())
    beside = commitment.recorded is not None and step.at.beside(commitment.recorded)
    if not beside or (commitment.kind, commitment.authority) != (ConsentKind.PAPER, event.custodian):
        why = "it was not recorded beside as one on paper"
    elif not is_custodian(step, event.custodian):
        why = f"{step.name(event.custodian)} is no custodian"
    elif event.form == ZERO32:
        why = "it names no form"
    else:
        why = flaw_of_two(step, event.custodian, event.first, event.second, OperatorPermission.CONSENTS)
    if why:
        step.find(
            Code.PAPER_ATTESTATION,
            f"The consent on paper {words.short(event.directive)} is not attested as it must be: {why}.",
            event.directive,
            event.custodian,
        )


def _revoked(step: Step, event: DirectiveRevoked) -> None:
    done = f"withdrew consent {words.short(event.directive)}"
    expect_guardian(step, event.subject, event.appointment, 0, done)
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


def _revocation_taken(step: Step, event: RevocationTaken) -> None:
    commitment = step.state.commitments.get((event.subject, event.directive), Commitment())
    if commitment.revoked is None or not step.at.beside(commitment.revoked):
        step.find(
            Code.TAKEN,
            f"{words.capital(step.name(event.custodian))} is said to have taken the withdrawal of consent "
            f"{words.short(event.directive)}, which was not withdrawn beside.",
            event.directive,
            event.custodian,
        )
    _check_taken(step, event)


def _check_taken(step: Step, event: RevocationTaken | RefusalTaken) -> None:
    """One person of an institution took it, on paper or by phone."""
    expect_active(step, event.custodian)
    who = step.name(event.custodian)
    if not acts_for(step, event.by, event.custodian, OperatorPermission.CONSENTS):
        why = f"{words.short(event.by)} may not do this for {who}"
    elif event.means not in _MEANS or event.form == ZERO32:
        why = "it was neither on paper nor by phone, or there is no note of it"
    else:
        return
    step.find(
        Code.TAKEN,
        f"{words.capital(who)} took from patient {words.short(event.subject)} what it could not take so: "
        f"{why}.",
        event.subject,
        event.custodian,
    )


def _all_revoked(step: Step, event: AllRevoked) -> None:
    expect_guardian(step, event.subject, event.appointment, 0, "withdrew every consent")
    _next_generation(step, event)


def _key_replaced(step: Step, event: KeyReplaced) -> None:
    OF_GUARDIANS[KeyReplaced](step, event)
    _next_generation(step, event)


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
    expect_guardian(step, event.subject, event.appointment, 0, "refused something")
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
    if event.appointment and (scope.purposes & ~event.purposes or event.sequence != scope.sequence + 1):
        step.find(
            Code.GUARDIAN_POWERS,
            f"A guardian of patient {words.short(event.subject)} (appointment {event.appointment}) lifted "
            "what the patient refuses, or used sequences up; a guardian may only refuse more, in the next "
            "one.",
            event.subject,
        )
    scope.replace(event.purposes, event.sequence, step.at)


def _refusal_taken(step: Step, event: RefusalTaken) -> None:
    _check_taken(step, event)
    scope = _taken(step, event)
    _check_holds(step, event)
    if (
        event.sequence != scope.sequence + 1
        or scope.purposes & ~event.purposes
        or scope.purposes == event.purposes
    ):
        _find_taken(step, event, "it adds nothing, takes something away, or is out of sequence")
    scope.replace(event.purposes, event.sequence, step.at)


def _refusal_lifted(step: Step, event: TakenRefusalLifted) -> None:
    expect_active(step, event.custodian)
    scope = _taken(step, event)
    _check_holds(step, event)
    if event.sequence != scope.sequence + 1 or not scope.purposes:
        _find_taken(step, event, "nothing was taken, or it is out of sequence")
    elif event.form == ZERO32:
        _find_taken(step, event, "there is no form")
    elif why := flaw_of_two(step, event.custodian, event.first, event.second, OperatorPermission.CONSENTS):
        _find_taken(step, event, why)
    scope.replace(0, event.sequence, step.at)


def _check_holds(step: Step, event: RefusalTaken | TakenRefusalLifted) -> None:
    study = step.state.studies.get(event.study)
    is_theirs = study is not None and (study.custodian, study.subject) == (event.custodian, event.subject)
    if event.study != ZERO32 and not is_theirs:
        _find_taken(step, event, f"it does not hold study {words.short(event.study)} of this patient")


def _find_taken(step: Step, event: RefusalTaken | TakenRefusalLifted, why: str) -> None:
    done = "took" if isinstance(event, RefusalTaken) else "lifted"
    step.find(
        Code.TAKEN,
        f"{words.capital(step.name(event.custodian))} {done} a refusal of patient "
        f"{words.short(event.subject)} as it could not: {why}.",
        event.subject,
        event.custodian,
    )


def _taken(step: Step, event: RefusalTaken | TakenRefusalLifted) -> RefusalScope:
    """The scope that a hospital spoke of: one study, whoever holds it, or all that it holds itself."""
    custodian = 0 if event.study != ZERO32 else event.custodian
    return step.state.taken.setdefault((event.subject, custodian, event.study), RefusalScope())


def _anchored(step: Step, event: BatchAnchored) -> None:
    expect_active(step, event.poster)
    first = step.state.batches.get((event.poster, event.root))
    if first is not None:
        why = f"it was in block {first.block} before"
    elif not is_custodian(step, event.poster):
        why = f"{step.name(event.poster)} is no custodian"
    elif event.root == ZERO32:
        why = "it has no root"
    else:
        why = ""
    if why:
        step.find(
            Code.BATCH,
            f"The batch {words.short(event.root)} could not be anchored: {why}.",
            event.root,
            event.poster,
        )
    step.state.batches.setdefault((event.poster, event.root), step.at)


_MEANS = frozenset(Means)

HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    **OF_GUARDIANS,
    DirectiveRecorded: _recorded,
    PaperRecorded: _paper_recorded,
    DirectiveRevoked: _revoked,
    RevocationTaken: _revocation_taken,
    AllRevoked: _all_revoked,
    RefusalSet: _refused,
    RefusalTaken: _refusal_taken,
    TakenRefusalLifted: _refusal_lifted,
    BatchAnchored: _anchored,
    KeyReplaced: _key_replaced,
}
