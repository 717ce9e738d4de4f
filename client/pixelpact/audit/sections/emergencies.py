"""What was opened in emergencies, and who looked at it since: what nobody reviewed first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelpact.audit import words
from pixelpact.audit.sections.section import Row, Section, View, when
from pixelpact.audit.state import Request
from pixelpact.chain import Verdict
from pixelpact.policy import Reason

__all__ = ["emergencies", "reviews"]

_VERDICTS = {Verdict.JUSTIFIED: "justified", Verdict.UNJUSTIFIED: "not justified"}


def emergencies(view: View) -> Section:
    """How many each institution opened, and how many of these nobody reviewed."""
    by: dict[int, Counter[str]] = {}
    for _, request in _all(view):
        by.setdefault(request.requester, Counter()).update(_marks(view, request))
    total = sum(by.values(), Counter())
    pressing = sorted(by.items(), key=lambda each: (-each[1]["overdue"], -each[1]["unreviewed"], each[0]))
    sentence = (
        f"Not reviewed: {total['unreviewed'] or 'none'} of {total['opened']} opened; of these overdue: "
        f"{total['overdue'] or 'none'}. Reviewed late: {total['late'] or 'none'}. Found not justified: "
        f"{total['unjustified'] or 'none'}."
        if by
        else "No record was opened in an emergency."
    )
    return Section(
        "emergencies",
        "Emergencies by institution",
        sentence,
        ("Institution", "Not reviewed", "Overdue", "Opened", "Reviewed late", "Not justified", "Denied"),
        tuple((view.name(number), *(marks[mark] for mark in _MARKS)) for number, marks in pressing),
        {mark: total[mark] for mark in _MARKS},
    )


_MARKS = ("unreviewed", "overdue", "opened", "late", "unjustified", "denied")


def _all(view: View) -> Iterator[tuple[bytes, Request]]:
    return ((number, each) for number, each in view.state.requests.items() if each.emergency)


def _marks(view: View, request: Request) -> Iterator[str]:
    """What a request counts for."""
    if request.reason != Reason.PERMITTED:
        yield "denied"
        return
    yield "opened"
    if request.review is None:
        yield "unreviewed"
        if view.time >= request.review_by:
            yield "overdue"
        return
    if request.review.late:
        yield "late"
    if request.review.verdict == Verdict.UNJUSTIFIED:
        yield "unjustified"


def reviews(view: View) -> Section:
    """Every record that was opened: overdue first, then what waits, then what was reviewed."""
    opened = [(number, each) for number, each in _all(view) if each.reason == Reason.PERMITTED]
    opened.sort(key=lambda each: _rank(view, each[1]))
    reviewed = sum(each.review is not None for _, each in opened)
    sentence = (
        f"Reviewed: {reviewed} of {len(opened)}, by the hospital that holds the images or by an ethics board."
        if opened
        else "There is nothing to review."
    )
    return Section(
        "reviews",
        "Emergencies one by one",
        sentence,
        ("Emergency", "Opened by", "Study", "Opened", "Review owed by", "Review"),
        tuple(_row(view, number, each) for number, each in opened),
        {"opened": len(opened), "reviewed": reviewed},
    )


def _rank(view: View, request: Request) -> tuple[int, int]:
    if request.review is None:
        return (0 if view.time >= request.review_by else 1), request.review_by
    return (2 if request.review.late else 3), request.at.time


def _row(view: View, number: bytes, request: Request) -> Row:
    review = request.review
    if review is None:
        told = "overdue" if view.time >= request.review_by else "waits"
    else:
        found = next(
            (word for verdict, word in _VERDICTS.items() if verdict == review.verdict), "no known verdict"
        )
        told = f"{found}, by {view.name(review.reviewer)}, {when(review.at)}{', late' if review.late else ''}"
    return (
        number,
        view.name(request.requester),
        request.query.study,
        when(request.at),
        words.moment(request.review_by),
        told,
    )
