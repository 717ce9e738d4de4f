"""What the ProjectRegistry reports."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.models import Project

from .event import Event

__all__ = ["ProjectApproved", "ProjectRegistered", "ProjectWithdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRegistered(Event):
    """A research project was registered."""

    project: bytes
    lead: int
    body: Project


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectApproved(Event):
    """An ethics board put a project in force until a time (seconds)."""

    project: bytes
    board: int
    until: int
    signer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectWithdrawn(Event):
    """A project was withdrawn, for good."""

    project: bytes
    institution: int
