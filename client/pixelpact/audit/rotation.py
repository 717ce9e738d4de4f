"""When a study must be sealed anew: a key left to someone who may not have it any more (docs/audit.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code, Finding, Position
from pixelpact.audit.state import Release, State, Study
from pixelpact.policy import covers

__all__ = ["Cause", "Owed", "disposal_findings", "owed_by", "owed_rotations"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a key that left should not be held any more.

    Attributes:
        requester: the institution that holds it.
        since: where the withdrawal, refusal or suspension stands, or the release if that came later.
        why: what happened, a clause.
    """

    requester: int
    since: Position
    why: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A rotation that the custodian owes.

    Attributes:
        study: the study's number, 32 bytes.
        custodian: the institution that owes it.
        epoch: the epoch whose key left.
        causes: why, one for each release concerned, in the order of the releases.
    """

    study: bytes
    custodian: int
    epoch: int
    causes: tuple[Cause, ...]

    @property
    def since(self) -> Position:
        """From where on it is owed: the earliest of the causes."""
        return min(cause.since for cause in self.causes)

    def to_json(self) -> dict[str, Any]:
        """The debt as JSON-like values."""
        return {
            "study": "0x" + self.study.hex(),
            "custodian": self.custodian,
            "epoch": self.epoch,
            "since_block": self.since.block,
            "since_time": self.since.time,
            "requesters": sorted({cause.requester for cause in self.causes}),
            "why": [cause.why for cause in self.causes],
        }


def owed_by(state: State, number: bytes, study: Study) -> Owed | None:
    """What is owed for one study in this state; None when nothing is. An erased study owes nothing."""
    if study.erased is not None:
        return None
    causes = tuple(cause for release in study.releases if (cause := _cause(state, number, study, release)))
    return Owed(number, study.custodian, study.epoch, causes) if causes else None


def owed_rotations(state: State, names: Mapping[int, str]) -> Iterator[tuple[Owed, Finding]]:
    """Every rotation owed in this state, with the finding that says so."""
    for number, study in state.studies.items():
        owed = owed_by(state, number, study)
        if owed is None:
            continue
        since, who = owed.since, words.institution(owed.custodian, names)
        reasons = dict.fromkeys(
            f"{words.institution(cause.requester, names)}: {cause.why}" for cause in owed.causes
        )
        yield (
            owed,
            Finding(
                Code.ROTATION_OWED,
                f"{words.capital(who)} owes study {words.short(number)} a new key since block {since.block} "
                f"({words.moment(since.time)}): in epoch {owed.epoch} a key left to {words.series(reasons)}.",
                (words.short(number), who),
                since,
            ),
        )


def disposal_findings(state: State, names: Mapping[int, str]) -> Iterator[Finding]:
    """Every study of which past ciphertext was not attested to be gone."""
    for number, study in state.studies.items():
        missing = [epoch for epoch in study.ended if epoch not in study.disposed]
        if not missing:
            continue
        who = words.institution(study.custodian, names)
        epochs = f"epoch {missing[0]}" if len(missing) == 1 else f"{len(missing)} epochs from {missing[0]} on"
        yield Finding(
            Code.DISPOSAL_NOT_ATTESTED,
            f"{words.capital(who)} has not attested that the old blocks of study {words.short(number)}, "
            f"{epochs}, are gone from its nodes.",
            (words.short(number), who),
            study.ended[missing[0]],
        )


def _cause(state: State, number: bytes, study: Study, release: Release) -> Cause | None:
    """The earliest thing that stands against a key that left; mere expiry is none."""
    causes = list(_standing_against(state, number, study, release))
    if not causes:
        return None
    at, why = min(causes)
    return Cause(release.requester, max(at, release.at), why)


def _standing_against(
    state: State, number: bytes, study: Study, release: Release
) -> Iterator[tuple[Position, str]]:
    request = release.request
    commitment = state.commitments.get((study.subject, request.directive_hash))
    if commitment is not None and commitment.revoked is not None:
        yield commitment.revoked, "the patient withdrew the consent"
    generations = state.generations.get(study.subject, ())
    if request.directive is not None and request.directive.generation < len(generations):
        yield generations[request.directive.generation], "the patient withdrew all consents"
    for scope in state.refusals_of(study, number, release.requester):
        if covers(scope.purposes, request.query.purpose):
            against = (at for bit, at in scope.since.items() if covers(1 << bit, request.query.purpose))
            yield min(against), "the patient refuses the purpose"
    holder = state.institutions.get(release.requester)
    if holder is not None and holder.suspended is not None:
        yield holder.suspended, "the institution was suspended"
