"""What happens to research projects, told."""

from __future__ import annotations

from collections.abc import Mapping

from pixelpact.audit import words
from pixelpact.audit.step import Step
from pixelpact.audit.telling.told import Teller, Told
from pixelpact.chain import (
    Event,
    ProjectApproved,
    ProjectRegistered,
    ProjectWithdrawn,
)

__all__ = ["TELLERS"]


def _registered(step: Step, event: ProjectRegistered) -> Told:
    partners = [step.name(partner) for partner in event.body.partners]
    text = f"registered the research project {words.short(event.project)}"
    return (
        step.name(event.lead),
        "project registered",
        text + (f" with {words.series(partners)}" if partners else ""),
    )


def _approved(step: Step, event: ProjectApproved) -> Told:
    text = f"approved the project {words.short(event.project)} until {words.moment(event.until)}"
    return step.name(event.board), "project approved", text


def _withdrawn(step: Step, event: ProjectWithdrawn) -> Told:
    return (
        step.name(event.institution),
        "project withdrawn",
        f"withdrew the project {words.short(event.project)}",
    )


TELLERS: Mapping[type[Event], Teller] = {
    ProjectRegistered: _registered,
    ProjectApproved: _approved,
    ProjectWithdrawn: _withdrawn,
}
