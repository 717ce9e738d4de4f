"""What patients want, as it stands: consents by how they were given, guardians, lost keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelpact.audit import words
from pixelpact.audit.matters import Guardian, Recovery, RecoveryState, Subject
from pixelpact.audit.sections.section import Row, Section, View, count, when
from pixelpact.audit.state import Commitment
from pixelpact.policy import ConsentKind, GuardianPower, Reason

__all__ = ["consents", "guardians", "recoveries"]

_KINDS = {
    ConsentKind.SIGNED: "signed by the patient",
    ConsentKind.GUARDIAN: "given by a guardian",
    ConsentKind.PAPER: "on paper, before two people",
}
_BATCH = "in a batch, as far as used"
_SIGNED_REFUSAL = "refusal, signed"
_TAKEN_REFUSAL = "refusal, taken on paper or by phone"


def consents(view: View) -> Section:
    """Consents and refusals by how they were given, and how many of each count."""
    given, withdrawn, ended = Counter[str](), Counter[str](), Counter[str]()
    for how, fate in (*_recorded(view), *_in_batches(view), *_refusals(view)):
        given[how] += 1
        withdrawn[how] += fate == "withdrawn"
        ended[how] += fate == "ended"
    hows = (*_KINDS.values(), _BATCH, _SIGNED_REFUSAL, _TAKEN_REFUSAL)
    rows = tuple(
        (how, given[how], withdrawn[how], ended[how], given[how] - withdrawn[how] - ended[how])
        for how in hows
    )
    batches, standing = len(view.state.batches), sum(int(row[4]) for row in rows[:4])
    early = sum(each.recorded is None for each in view.state.commitments.values() if each.revoked)
    sentence = (
        f"{standing} of {sum(int(row[1]) for row in rows[:4])} consents stand. When one ends by its "
        "own term, the chain does not know before it is used. "
        f"{words.capital(count(batches, 'batch', 'batches'))} anchored; the consents in a batch are counted "
        "when they are used."
    )
    if early:
        sentence += (
            f" {words.capital(count(early, 'consent'))} withdrawn that never stood on the chain alone."
        )
    return Section(
        "consents",
        "Consents and refusals",
        sentence,
        ("How", "Given", "Withdrawn", "Ended", "Standing"),
        rows,
        {"standing": standing, "batches": batches, "withdrawn_unrecorded": early},
    )


def _recorded(view: View) -> Iterator[tuple[str, str]]:
    for (subject, _), each in view.state.commitments.items():
        kind = next((known for known in _KINDS if known == each.kind), None)
        if each.recorded is not None and kind is not None:
            yield _KINDS[kind], _fate(view, subject, each)


def _fate(view: View, subject: bytes, consent: Commitment) -> str:
    """What became of a consent that was recorded: withdrawn, ended, or empty while it counts."""
    if consent.revoked is not None:
        return "withdrawn"
    patient = view.state.subjects.get(subject) or Subject(subject)
    over = consent.generation < view.state.generation(subject)
    if consent.kind == ConsentKind.PAPER:
        over = over or patient.signs is not None
    elif consent.kind == ConsentKind.GUARDIAN:
        guardian = patient.guardians.get(consent.authority)
        over = over or guardian is None or _standing(view, patient, guardian) != _ACTS
    return "ended" if over else ""


def _in_batches(view: View) -> Iterator[tuple[str, str]]:
    """Each consent that a request showed by a batch and got a permit by, once."""
    seen = set()
    for request in view.state.requests.values():
        directive = request.directive
        if request.evidence is None or directive is None or request.reason != Reason.PERMITTED:
            continue
        key = (directive.subject, request.directive_hash)
        commitment = view.state.commitments.get(key, Commitment())
        if key in seen or commitment.recorded is not None:
            continue
        seen.add(key)
        over = directive.generation < view.state.generation(directive.subject)
        yield _BATCH, "withdrawn" if commitment.revoked else "ended" if over else ""


def _refusals(view: View) -> Iterator[tuple[str, str]]:
    for scope in view.state.scopes.values():
        yield _SIGNED_REFUSAL, "" if scope.purposes else "withdrawn"
    for scope in view.state.taken.values():
        yield _TAKEN_REFUSAL, "" if scope.purposes else "withdrawn"


_ACTS = "acts"


def guardians(view: View) -> Section:
    """Every appointment of a guardian."""
    rows: list[Row] = []
    acting = 0
    for address, patient in view.state.subjects.items():
        for number, each in patient.guardians.items():
            stands = _standing(view, patient, each)
            acting += stands == _ACTS
            by = f"two people of {view.name(each.custodian)}" if each.attested else "the patient"
            where = view.name(each.custodian) or "all hospitals"
            until = words.moment(each.until)
            rows.append(
                (
                    address,
                    number,
                    each.guardian,
                    by,
                    _powers(each.powers),
                    where,
                    until,
                    stands,
                )
            )
    sentence = (
        f"{words.capital(count(acting, 'guardian acts', 'guardians act'))} now, of {len(rows)} appointed."
        if rows
        else "No guardian was appointed."
    )
    return Section(
        "guardians",
        "Guardians",
        sentence,
        ("Patient", "Number", "Guardian", "Appointed by", "May", "For", "Until", "Stands"),
        tuple(rows),
        {"appointed": len(rows), "acting": acting},
    )


def _standing(view: View, patient: Subject, guardian: Guardian) -> str:
    if guardian.ended is not None:
        return f"ended {when(guardian.ended)}"
    if view.time >= guardian.until:
        return "over"
    if guardian.attested and patient.signs is not None:
        return f"ended {when(patient.signs)}: the patient signs"
    return _ACTS


def _powers(powers: int) -> str:
    may = ["withdraw", "refuse"]
    may += ["allow"] if powers & GuardianPower.GRANT else []
    may += ["recover the key with a hospital"] if powers & GuardianPower.RECOVER else []
    return words.series(may)


def recoveries(view: View) -> Section:
    """Every attempt to give a patient another key."""
    found = [
        (address, attempt, each)
        for address, patient in view.state.subjects.items()
        for attempt, each in patient.recoveries.items()
    ]
    states = Counter(each.state for _, _, each in found)
    sentence = (
        f"{words.capital(count(states[RecoveryState.UNDER_WAY], 'recovery', 'recoveries'))} under way, "
        f"{states[RecoveryState.FINISHED]} finished, {states[RecoveryState.STOPPED]} stopped by the present "
        "key."
        if found
        else "No key was recovered, and nobody tried to."
    )
    return Section(
        "recoveries",
        "Lost keys",
        sentence,
        ("Patient", "Attempt", "New key", "Begun by", "Begun", "Not before", "What became of it"),
        tuple((address, attempt, *_recovery(each)) for address, attempt, each in found),
        {state.name.lower(): states[state] for state in RecoveryState},
    )


def _recovery(each: Recovery) -> Row:
    by = (
        f"the guardian of appointment {each.appointment}, with a hospital"
        if each.appointment
        else "the account named"
    )
    became = f"{each.state.value} {when(each.ended)}".strip()
    return each.candidate, by, when(each.at), words.moment(each.ready_at), became
