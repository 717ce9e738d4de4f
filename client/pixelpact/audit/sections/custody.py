"""Studies that one hospital handed over to another."""

from __future__ import annotations

from pixelpact.audit import words
from pixelpact.audit.matters import Handover
from pixelpact.audit.sections.section import Section, View, count, when

__all__ = ["handovers"]


def handovers(view: View) -> Section:
    """Every offer of a study to another hospital, and whether it was accepted."""
    found = view.state.handovers
    done = sum(each.taken_over for each in found)
    waiting = sum(each.ended is None for each in found)
    sentence = (
        f"{words.capital(count(waiting, 'offer waits', 'offers wait'))}; "
        f"{count(done, 'study was', 'studies were')} taken over."
        if found
        else "No study was handed over."
    )
    return Section(
        "handovers",
        "Studies handed over",
        sentence,
        ("Study", "From", "To", "Offered", "What became of it"),
        tuple(
            (each.study, view.name(each.from_), view.name(each.to), when(each.offered), _became(each))
            for each in found
        ),
        {"offered": len(found), "waiting": waiting, "taken_over": done},
    )


def _became(each: Handover) -> str:
    if each.ended is None:
        return "waits for an answer"
    return f"{'taken over' if each.taken_over else 'taken back'} {when(each.ended)}"
