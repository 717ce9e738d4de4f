"""The report in parts, for people of hospitals and of the law: what there is, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping

from pixelpact.audit.sections import consents, consortium, custody, emergencies, research
from pixelpact.audit.sections.section import Section, View
from pixelpact.audit.state import State

__all__ = ["Section", "sections_of"]

_PARTS = (
    emergencies.emergencies,
    emergencies.reviews,
    consents.consents,
    consents.guardians,
    consents.recoveries,
    research.projects,
    custody.handovers,
    consortium.votes,
    consortium.engines,
    consortium.stops,
)


def sections_of(state: State, *, time: int, names: Mapping[int, str]) -> tuple[Section, ...]:
    """Every part of the report, that of emergencies first.

    Args:
        state: at the end.
        time: of that, seconds.
        names: the institutions' names, as far as they are known.
    """
    view = View(state, time, names)
    return tuple(part(view) for part in _PARTS)
