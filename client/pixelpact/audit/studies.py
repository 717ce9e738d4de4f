"""The StudyRegistry's events: what may be shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.institutions import expect_active
from pixelpact.audit.state import ZERO_ADDRESS, Study
from pixelpact.audit.step import Step
from pixelpact.chain import (
    DisposalAttested,
    StudyErased,
    StudyRegistered,
    StudyReinstated,
    StudyRotated,
    StudyWithdrawn,
)
from pixelpact.models import ZERO32
from pixelpact.policy import Role

__all__ = ["HANDLERS", "expect_not_erased", "known_study"]


class _OfAStudy(Protocol):
    """What every event of a registered study has."""

    @property
    def study(self) -> bytes: ...
    @property
    def custodian(self) -> int: ...


def _registered(step: Step, event: StudyRegistered) -> None:
    state = step.state
    expect_active(step, event.custodian)
    if event.study in state.studies:
        step.find(
            Code.STUDY_REPEATED,
            f"Study {words.short(event.study)} was registered a second time.",
            event.study,
            event.custodian,
        )
        return
    custodian = state.institutions.get(event.custodian)
    if custodian is not None and not custodian.roles & Role.CUSTODIAN:
        step.find(
            Code.STUDY_CUSTODIAN,
            f"Study {words.short(event.study)} was registered by {step.name(event.custodian)}, which does "
            "not hold the custodian role.",
            event.study,
            event.custodian,
        )
    if (
        event.subject == ZERO_ADDRESS
        or event.categories == 0
        or ZERO32 in (event.study, event.manifest_digest, event.content_commitment)
    ):
        step.find(
            Code.STUDY_MALFORMED,
            f"Study {words.short(event.study)} was registered without a patient, a kind of images, a "
            "manifest or a content commitment.",
            event.study,
        )
    state.studies[event.study] = Study(
        subject=event.subject,
        custodian=event.custodian,
        categories=event.categories,
        manifest_digest=event.manifest_digest,
        manifests={event.manifest_digest: 1},
    )


def known_study(step: Step, event: _OfAStudy) -> Study | None:
    """The study of what only its custodian can do; None, with a finding, if there is none."""
    study = step.state.studies.get(event.study)
    if study is None:
        step.find(
            Code.STUDY_UNKNOWN,
            f"Study {words.short(event.study)} was never registered, yet this is about it.",
            event.study,
        )
        return None
    expect_active(step, event.custodian)
    if event.custodian != study.custodian:
        step.find(
            Code.STUDY_CUSTODIAN,
            f"This names {step.name(event.custodian)} as the custodian of study {words.short(event.study)}, "
            f"which {step.name(study.custodian)} holds.",
            event.study,
            event.custodian,
        )
    return study


def _rotated(step: Step, event: StudyRotated) -> None:
    study = known_study(step, event)
    if study is None or not expect_not_erased(step, event.study, study):
        return
    if event.epoch != study.epoch + 1:
        step.find(
            Code.STUDY_EPOCH,
            f"Study {words.short(event.study)} went from epoch {study.epoch} to {event.epoch}; only "
            f"{study.epoch + 1} could follow.",
            event.study,
        )
        return
    if event.previous_manifest_digest != study.manifest_digest or event.manifest_digest in (
        ZERO32,
        study.manifest_digest,
    ):
        step.find(
            Code.STUDY_MANIFEST,
            f"The rotation of study {words.short(event.study)} to epoch {event.epoch} names another manifest "
            "before it than the registered one, or none or the same after it.",
            event.study,
            event.manifest_digest,
        )
    elif event.manifest_digest in study.manifests:
        earlier = study.manifests[event.manifest_digest]
        step.find(
            Code.ROTATION_BACK,
            f"Study {words.short(event.study)} was said to be sealed anew for epoch {event.epoch}, but with "
            f"the manifest of epoch {earlier}: whoever got that epoch's key can open it again. "
            f"{words.capital(step.name(event.custodian))} has to seal it anew.",
            event.study,
            event.custodian,
        )
    study.manifests.setdefault(event.manifest_digest, event.epoch)
    study.epoch = event.epoch
    study.manifest_digest = event.manifest_digest
    study.ended[event.epoch - 1] = step.at
    study.releases = []


def _withdrawn(step: Step, event: StudyWithdrawn) -> None:
    study = known_study(step, event)
    if study is None or not expect_not_erased(step, event.study, study):
        return
    if study.withdrawn:
        step.find(
            Code.STUDY_STATUS,
            f"Study {words.short(event.study)} was withdrawn, which it was already.",
            event.study,
        )
    study.withdrawn = True


def _reinstated(step: Step, event: StudyReinstated) -> None:
    study = known_study(step, event)
    if study is None or not expect_not_erased(step, event.study, study):
        return
    if not study.withdrawn:
        step.find(
            Code.STUDY_STATUS,
            f"Study {words.short(event.study)} was reinstated, though it was not withdrawn.",
            event.study,
        )
    study.withdrawn = False


def _erased(step: Step, event: StudyErased) -> None:
    study = known_study(step, event)
    if study is None or not expect_not_erased(step, event.study, study):
        return
    if event.certificate == ZERO32:
        step.find(
            Code.STUDY_MALFORMED,
            f"Study {words.short(event.study)} was erased without a certificate.",
            event.study,
        )
    study.erased = step.at
    study.ended[study.epoch] = step.at


def expect_not_erased(step: Step, number: bytes, study: Study) -> bool:
    """Erased is absorbing: what comes after is found, and left out of the state."""
    if study.erased is not None:
        step.find(
            Code.STUDY_STATUS,
            f"Study {words.short(number)} was erased in block {study.erased.block}; nothing can change that.",
            number,
        )
    return study.erased is None


def _disposed(step: Step, event: DisposalAttested) -> None:
    study = known_study(step, event)
    if study is None:
        return
    if event.epoch not in study.ended:
        step.find(
            Code.DISPOSAL_EPOCH,
            f"Disposal of epoch {event.epoch} of study {words.short(event.study)} was attested, though that "
            f"epoch is not over (the present one is {study.epoch}).",
            event.study,
        )
        return
    if event.blocks == 0 or event.nodes == 0 or event.report == ZERO32:
        step.find(
            Code.DISPOSAL_EMPTY,
            f"Disposal of epoch {event.epoch} of study {words.short(event.study)} was attested of no block, "
            "at no node or without a report.",
            event.study,
        )
    study.disposed.add(event.epoch)


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    StudyRegistered: _registered,
    StudyRotated: _rotated,
    StudyWithdrawn: _withdrawn,
    StudyReinstated: _reinstated,
    StudyErased: _erased,
    DisposalAttested: _disposed,
}
