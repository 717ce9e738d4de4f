"""The trail for people: one entry for each event, who did what, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Position
from pixelpact.audit.rotation import owed_by
from pixelpact.audit.step import Step
from pixelpact.chain import (
    AccessConfirmed,
    AccessDisputed,
    AccessRefused,
    AccessReleased,
    AccessRequested,
    AllRevoked,
    DirectiveRecorded,
    DirectiveRevoked,
    DisposalAttested,
    Event,
    InstitutionAdmitted,
    InstitutionSuspended,
    KeyPublished,
    OperatorSet,
    RefusalSet,
    StudyErased,
    StudyRegistered,
    StudyReinstated,
    StudyRotated,
    StudyWithdrawn,
)
from pixelpact.models import ZERO32
from pixelpact.policy import FailureClass, Reason, Role, sentence_of

__all__ = ["TrailEntry", "tell"]


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One event for people.

    Attributes:
        at: where it stands.
        who: an institution, or a patient by the ends of the address.
        what: what was done, in a few words.
        sentence: the whole of it.
    """

    at: Position
    who: str
    what: str
    sentence: str

    @property
    def time(self) -> str:
        """When, in UTC (RFC 3339)."""
        return words.moment(self.at.time)

    def to_json(self) -> dict[str, Any]:
        """The entry as JSON-like values."""
        return {
            "block": self.at.block,
            "index": self.at.log_index,
            "time": self.time,
            "tx": "0x" + self.at.tx.hex(),
            "who": self.who,
            "what": self.what,
            "sentence": self.sentence,
        }


def tell(step: Step, event: Event) -> TrailEntry:
    """An event as an entry, told from the state before it."""
    who, what, rest = _TELLERS[type(event)](step, event)
    return TrailEntry(step.at, who, what, f"{words.capital(who)} {rest}.")


_Told = tuple[str, str, str]


def _admitted(step: Step, event: InstitutionAdmitted) -> _Told:
    roles = words.series([role.label for role in Role if role & event.roles] or ["has no role"])
    # Only letters are shown as such: a forged trail could hold what a terminal obeys.
    country = event.country.decode("ascii") if event.country.isalpha() else "0x" + event.country.hex()
    return step.name(event.institution), "joined", f"joined the consortium from {country}; it {roles}"


def _operator_set(step: Step, event: OperatorSet) -> _Told:
    account = words.short(event.account)
    if event.permissions == 0:
        return step.name(event.institution), "operator removed", f"is no more acted for by {account}"
    return (
        step.name(event.institution),
        "operator set",
        f"gave the account {account} the permissions {event.permissions:#05b}",
    )


def _key_published(step: Step, event: KeyPublished) -> _Told:
    return (
        step.name(event.institution),
        "key published",
        f"published version {event.version} of its encryption key",
    )


def _suspended(step: Step, event: InstitutionSuspended) -> _Told:
    return step.name(event.institution), "suspended", "was suspended by its own admin"


def _registered(step: Step, event: StudyRegistered) -> _Told:
    return (
        step.name(event.custodian),
        "study registered",
        f"registered study {words.short(event.study)} of patient {words.short(event.subject)}",
    )


def _rotated(step: Step, event: StudyRotated) -> _Told:
    text = f"sealed study {words.short(event.study)} anew: epoch {event.epoch}, another key, other ciphertext"
    study = step.state.studies.get(event.study)
    owed = owed_by(step.state, event.study, study) if study is not None else None
    if owed is not None:
        text += f", as it owed since block {owed.since.block}"
    return step.name(event.custodian), "study sealed anew", text


def _withdrawn(step: Step, event: StudyWithdrawn) -> _Told:
    return (
        step.name(event.custodian),
        "study withdrawn",
        f"withdrew study {words.short(event.study)} from sharing",
    )


def _reinstated(step: Step, event: StudyReinstated) -> _Told:
    return step.name(event.custodian), "study reinstated", f"shares study {words.short(event.study)} again"


def _erased(step: Step, event: StudyErased) -> _Told:
    certificate = words.short(event.certificate)
    text = f"erased study {words.short(event.study)} for good, under certificate {certificate}"
    return step.name(event.custodian), "study erased", text


def _disposed(step: Step, event: DisposalAttested) -> _Told:
    text = (
        f"attested that {event.blocks} blocks of epoch {event.epoch} of study {words.short(event.study)} are "
        f"gone from {event.nodes} of its nodes"
    )
    return step.name(event.custodian), "disposal attested", text


def _recorded(_step: Step, event: DirectiveRecorded) -> _Told:
    return _patient(event.subject), "consent recorded", f"gave consent {words.short(event.directive)}"


def _revoked(_step: Step, event: DirectiveRevoked) -> _Told:
    return _patient(event.subject), "consent withdrawn", f"withdrew consent {words.short(event.directive)}"


def _all_revoked(_step: Step, event: AllRevoked) -> _Told:
    return (
        _patient(event.subject),
        "all consents withdrawn",
        f"withdrew every consent given before (generation {event.generation})",
    )


def _refusal_set(step: Step, event: RefusalSet) -> _Told:
    scope = "everybody"
    if event.custodian:
        scope = f"all that {step.name(event.custodian)} holds"
    elif event.study != ZERO32:
        scope = f"study {words.short(event.study)}"
    elif event.grantee:
        scope = step.name(event.grantee)
    if event.purposes == 0:
        return _patient(event.subject), "refusal lifted", f"lifted the refusal for {scope}"
    purposes = words.series(words.purpose(bit) for bit in range(64) if event.purposes >> bit & 1)
    return _patient(event.subject), "refusal set", f"refuses for {scope}: {purposes}"


def _requested(step: Step, event: AccessRequested) -> _Told:
    what = "permitted" if event.reason == Reason.PERMITTED else "denied"
    answer = "permitted"
    if event.reason != Reason.PERMITTED:
        answer = f"denied. {sentence_of(event.reason)}".removesuffix(".")
    return (
        step.name(event.requester),
        f"asked, {what}",
        f"asked for study {words.short(event.study)}, purpose {words.purpose(event.query.purpose)}: {answer}",
    )


def _released(step: Step, event: AccessReleased) -> _Told:
    text = f"released the key of study {words.short(event.study)}, epoch {event.epoch}, to "
    return step.name(event.custodian), "key released", text + step.name(event.requester)


def _confirmed(step: Step, event: AccessConfirmed) -> _Told:
    text = f"opened study {words.short(event.study)}, epoch {event.epoch}, and found what was registered"
    return step.name(event.requester), "confirmed", text


def _disputed(step: Step, event: AccessDisputed) -> _Told:
    known = event.failure in _FAILURES
    why = FailureClass(event.failure).label if known else f"failure {event.failure}"
    text = f"did not find what was registered in study {words.short(event.study)}, epoch {event.epoch}: {why}"
    return step.name(event.requester), "disputed", text


def _refused(step: Step, event: AccessRefused) -> _Told:
    why = sentence_of(event.reason)
    text = f"refused request {words.short(event.request)} of {step.name(event.requester)}. {why}"
    return step.name(event.custodian), "refused", text.removesuffix(".")


def _patient(subject: bytes) -> str:
    return f"patient {words.short(subject)}"


_FAILURES = frozenset(FailureClass)

_TELLERS: Mapping[type, Callable[[Step, Any], _Told]] = {
    InstitutionAdmitted: _admitted,
    OperatorSet: _operator_set,
    KeyPublished: _key_published,
    InstitutionSuspended: _suspended,
    StudyRegistered: _registered,
    StudyRotated: _rotated,
    StudyWithdrawn: _withdrawn,
    StudyReinstated: _reinstated,
    StudyErased: _erased,
    DisposalAttested: _disposed,
    DirectiveRecorded: _recorded,
    DirectiveRevoked: _revoked,
    AllRevoked: _all_revoked,
    RefusalSet: _refusal_set,
    AccessRequested: _requested,
    AccessReleased: _released,
    AccessConfirmed: _confirmed,
    AccessDisputed: _disputed,
    AccessRefused: _refused,
}
