"""The StudyRegistry's handovers: by both sides, an offer and its acceptance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.guardians import is_custodian
from pixelpact.audit.institutions import expect_active
from pixelpact.audit.matters import Handover
from pixelpact.audit.state import Study
from pixelpact.audit.step import Step
from pixelpact.audit.studies import expect_not_erased, known_study
from pixelpact.chain import CustodyOffered, CustodyTransferred

__all__ = ["HANDLERS"]

_MAX_HANDOVERS = 4


def _offered(step: Step, event: CustodyOffered) -> None:
    study = known_study(step, event)
    if study is None or not expect_not_erased(step, event.study, study):
        return
    if why := _flaw_of_offer(step, event, study):
        step.find(
            Code.CUSTODY_OFFER,
            f"Study {words.short(event.study)} could not be offered: {why}.",
            event.study,
            event.to,
        )
    if study.offer is not None:
        study.offer.ended = step.at
    study.offer = Handover(event.study, event.custodian, event.to, step.at) if event.to else None
    if study.offer is not None:
        step.state.handovers.append(study.offer)


def _flaw_of_offer(step: Step, event: CustodyOffered, study: Study) -> str:
    if event.to == event.custodian:
        return "its custodian offered it to itself"
    if event.to and event.to not in step.state.institutions:
        return f"there is no {step.name(event.to)}"
    return "it was handed over four times" if len(study.formers) >= _MAX_HANDOVERS else ""


def _transferred(step: Step, event: CustodyTransferred) -> None:
    study = step.state.studies.get(event.study)
    number = words.short(event.study)
    if study is None or study.custodian != event.from_:
        step.find(
            Code.STUDY_CUSTODIAN,
            f"Study {number} was handed over by {step.name(event.from_)}, which does not hold it.",
            event.study,
            event.from_,
        )
        return
    expect_active(step, event.to)
    if not expect_not_erased(step, event.study, study):
        return
    if study.offer is None or study.offer.to != event.to:
        offered = f"only to {step.name(study.offer.to)}" if study.offer else "to nobody"
        step.find(
            Code.CUSTODY_NOT_OFFERED,
            f"{words.capital(step.name(event.to))} took study {number} over from {step.name(event.from_)}, "
            f"which had offered it {offered}.",
            event.study,
            event.to,
        )
    else:
        study.offer.ended, study.offer.taken_over = step.at, True
    if not is_custodian(step, event.to):
        step.find(
            Code.STUDY_CUSTODIAN,
            f"Study {number} was taken over by {step.name(event.to)}, which does not hold the custodian "
            "role.",
            event.study,
            event.to,
        )
    study.formers = (study.custodian, *study.formers)
    study.custodian, study.offer = event.to, None


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    CustodyOffered: _offered,
    CustodyTransferred: _transferred,
}
