"""What happens to studies, told."""

from __future__ import annotations

from collections.abc import Mapping

from pixelpact.audit import words
from pixelpact.audit.rotation import owed_by
from pixelpact.audit.step import Step
from pixelpact.audit.telling.told import Teller, Told
from pixelpact.chain import (
    CustodyOffered,
    CustodyTransferred,
    DisposalAttested,
    Event,
    StudyErased,
    StudyRegistered,
    StudyReinstated,
    StudyRotated,
    StudyWithdrawn,
)

__all__ = ["TELLERS"]


def _registered(step: Step, event: StudyRegistered) -> Told:
    return (
        step.name(event.custodian),
        "study registered",
        f"registered study {words.short(event.study)} of patient {words.short(event.subject)}",
    )


def _rotated(step: Step, event: StudyRotated) -> Told:
    text = f"sealed study {words.short(event.study)} anew: epoch {event.epoch}, another key, other ciphertext"
    study = step.state.studies.get(event.study)
    owed = owed_by(step.state, event.study, study) if study is not None else None
    if owed is not None:
        text += f", as it owed since block {owed.since.block}"
    return step.name(event.custodian), "study sealed anew", text


def _withdrawn(step: Step, event: StudyWithdrawn) -> Told:
    return (
        step.name(event.custodian),
        "study withdrawn",
        f"withdrew study {words.short(event.study)} from sharing",
    )


def _reinstated(step: Step, event: StudyReinstated) -> Told:
    return step.name(event.custodian), "study reinstated", f"shares study {words.short(event.study)} again"


def _erased(step: Step, event: StudyErased) -> Told:
    certificate = words.short(event.certificate)
    text = f"erased study {words.short(event.study)} for good, under certificate {certificate}"
    return step.name(event.custodian), "study erased", text


def _disposed(step: Step, event: DisposalAttested) -> Told:
    text = (
        f"attested that {event.blocks} blocks of epoch {event.epoch} of study {words.short(event.study)} are "
        f"gone from {event.nodes} of its nodes"
    )
    return step.name(event.custodian), "disposal attested", text


def _offered(step: Step, event: CustodyOffered) -> Told:
    study = words.short(event.study)
    if event.to == 0:
        return step.name(event.custodian), "offer taken back", f"keeps study {study} after all"
    return step.name(event.custodian), "study offered", f"offered study {study} to {step.name(event.to)}"


def _transferred(step: Step, event: CustodyTransferred) -> Told:
    text = f"took over study {words.short(event.study)} from {step.name(event.from_)}"
    return step.name(event.to), "study taken over", text


TELLERS: Mapping[type[Event], Teller] = {
    StudyRegistered: _registered,
    StudyRotated: _rotated,
    StudyWithdrawn: _withdrawn,
    StudyReinstated: _reinstated,
    StudyErased: _erased,
    DisposalAttested: _disposed,
    CustodyOffered: _offered,
    CustodyTransferred: _transferred,
}
