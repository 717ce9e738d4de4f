"""Research projects, with the board that put each in force, and until when."""

from __future__ import annotations

from collections import Counter

from pixelpact.audit import words
from pixelpact.audit.matters import Research
from pixelpact.audit.sections.section import Section, View, count, when
from pixelpact.policy import Reason, Role

__all__ = ["projects"]

_IN_FORCE = "in force"


def projects(view: View) -> Section:
    """Every research project, how it stands, and what was asked under it."""
    asked, served = Counter[bytes](), Counter[bytes]()
    for request in view.state.requests.values():
        asked[request.query.project] += request.reason == Reason.PERMITTED
        served[request.query.project] += bool(request.served)
    found = view.state.projects
    in_force = sum(_standing(view, each) == _IN_FORCE for each in found.values())
    sentence = (
        f"{words.capital(count(in_force, 'project is', 'projects are'))} in force, of {len(found)} "
        "registered."
        if found
        else "No research project was registered."
    )
    return Section(
        "projects",
        "Research projects",
        sentence,
        ("Project", "Lead", "Partners", "Ethics board", "Approved until", "Stands", "Permitted", "Released"),
        tuple(
            (
                number,
                view.name(each.body.lead),
                view.list_of(each.body.partners),
                view.name(each.board),
                words.moment(each.until) if each.board else "",
                _standing(view, each),
                asked[number],
                served[number],
            )
            for number, each in found.items()
        ),
        {"registered": len(found), "in_force": in_force},
    )


def _standing(view: View, project: Research) -> str:
    if project.withdrawn is not None:
        return f"withdrawn {when(project.withdrawn)}"
    if not project.board:
        return "not approved"
    if view.time >= project.until:
        return "over"
    board = view.state.institutions.get(project.board)
    acts = board is not None and board.suspended is None and bool(board.roles & Role.ETHICS_BOARD)
    return _IN_FORCE if acts else "suspended: its board takes no part"
