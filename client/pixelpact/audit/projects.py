"""The ProjectRegistry's events: what data is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit.institutions import expect_active
from pixelpact.audit.state import Research
from pixelpact.audit.step import Step
from pixelpact.chain import ProjectApproved, ProjectRegistered, ProjectWithdrawn

__all__ = ["HANDLERS"]


def _registered(step: Step, event: ProjectRegistered) -> None:
    expect_active(step, event.lead)
    step.state.projects.setdefault(event.project, Research(event.body))


def _approved(step: Step, event: ProjectApproved) -> None:
    expect_active(step, event.board)
    project = step.state.projects.get(event.project)
    if project is not None:
        project.board, project.until = event.board, event.until


def _withdrawn(step: Step, event: ProjectWithdrawn) -> None:
    expect_active(step, event.institution)
    project = step.state.projects.get(event.project)
    if project is not None:
        project.withdrawn = True


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    ProjectRegistered: _registered,
    ProjectApproved: _approved,
    ProjectWithdrawn: _withdrawn,
}
