"""What the ProjectRegistry keeps, as its events leave it (docs/contracts.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixelpact.policy.facts import InstitutionFacts, ProjectFacts, ProjectStatus

__all__ = ["Project", "Projects"]

_UNKNOWN = ProjectFacts()


@dataclass(slots=True)
class Project:
    """One research project.

    Attributes:
        lead: the institution that leads it.
        members: the lead and its partners.
        traits: a set of Trait.
        country: where the data is used, two bytes; zeros when it says nothing.
        codes: the diseases and kinds of research that it is for, 32 bytes each.
        status: whether it is in force.
        board, until: who approved it, and when that ends; zeros before.
    """

    lead: int
    members: frozenset[int]
    traits: int
    country: bytes
    codes: frozenset[bytes]
    status: ProjectStatus = ProjectStatus.REGISTERED
    board: int = 0
    until: int = 0


class Projects:
    """All of them, by their numbers (32 bytes)."""

    def __init__(self) -> None:
        self.known: dict[bytes, Project] = {}

    @property
    def handlers(self) -> Mapping[str, Callable[[Any, int], None]]:
        """What each event changes, by its name; called with the event and its block's time."""
        return {
            "ProjectRegistered": self._registered,
            "ProjectApproved": self._approved,
            "ProjectWithdrawn": self._withdrawn,
        }

    def facts(
        self, number: bytes, requester: int, institution: Callable[[int], InstitutionFacts]
    ) -> ProjectFacts:
        """What a decision needs to know of a project.

        Args:
            number: the project that is cited; it may be unknown.
            requester: who asks.
            institution: where to look its board up.
        """
        project = self.known.get(number)
        if project is None:
            return _UNKNOWN
        return ProjectFacts(
            project.status,
            project.lead,
            institution(project.board),
            project.until,
            project.traits,
            project.country,
            requester in project.members,
            project.codes,
        )

    def _registered(self, event: Any, _time: int) -> None:
        body = event.body
        self.known[event.project] = Project(
            body.lead,
            frozenset((body.lead, *body.partners)),
            body.traits,
            body.country,
            frozenset(body.codes),
        )

    def _approved(self, event: Any, _time: int) -> None:
        project = self.known[event.project]
        project.status = ProjectStatus.APPROVED
        project.board, project.until = event.board, event.until

    def _withdrawn(self, event: Any, _time: int) -> None:
        self.known[event.project].status = ProjectStatus.WITHDRAWN
