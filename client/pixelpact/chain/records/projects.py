"""What the ProjectRegistry keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .structs import Struct, fields_of

__all__ = ["ProjectStanding", "ProjectStatus", "project_standing_of"]


class ProjectStatus(IntEnum):
    """How far a project is (``ProjectRegistry.Status``). APPROVED ends with the approval's time."""

    UNKNOWN = 0
    REGISTERED = 1
    APPROVED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class ProjectStanding:
    """What one decision needs of the ProjectRegistry; status UNKNOWN and zeros when there is no such project.

    Attributes:
        status: how far it is.
        lead: the institution that leads it.
        board: the ethics board that approved it; 0 before.
        until: until when it is approved, seconds; 0 before.
        traits: what it does, a bit each.
        country: where the data is used, 2 bytes; zeros for no one country.
        participates: whether the institution that was asked about is its lead or a partner.
    """

    status: ProjectStatus
    lead: int
    board: int
    until: int
    traits: int
    country: bytes
    participates: bool


def project_standing_of(struct: Struct) -> ProjectStanding:
    """Read ``ProjectRegistry.Standing``."""
    return ProjectStanding(**fields_of(struct) | {"status": ProjectStatus(struct["status"])})
