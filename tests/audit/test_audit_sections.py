"""The parts of the report say what there is, and how it stands; the page shows them to people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from audit_affairs import Affairs, tell
from audit_affairs_forged import FORGERIES, Forge, both, offered, propose, vote, without
from audit_story import append
from chain_matters import DAY, A, B, C, D

from pixelpact.audit import Auditor, AuditReport, Section, page_of
from pixelpact.audit.sections import sections_of
from pixelpact.chain import EmergencyReviewed, InstitutionSuspended, OperatorSet, SharingStopped, Trail
from pixelpact.models import Action, Motion

NAMES = {A: "Hospital <Nordwald>", B: "Clinic Seeblick", C: "Ethics board Au"}


@pytest.fixture(scope="module")
def affairs() -> Affairs:
    return tell()


@pytest.fixture(scope="module")
def report(affairs: Affairs) -> AuditReport:
    return Auditor(affairs.trail, names=NAMES).report()


def sections(trail: Trail) -> Mapping[str, Section]:
    return {each.name: each for each in Auditor(trail, names=NAMES).report().sections}


def after(affairs: Affairs, *forges: Forge) -> Mapping[str, Section]:
    return sections(both(*forges)(affairs))


def later(seconds: int) -> Forge:
    """Time goes on, with an event that changes nothing here."""
    return lambda affairs: append(
        affairs.trail, OperatorSet, later=seconds, institution=A, account=b"\x66" * 20, permissions=1
    )


def test_each_matter_has_its_part_and_emergencies_come_first(report: AuditReport) -> None:
    assert [each.name for each in report.sections] == [
        "emergencies",
        "reviews",
        "consents",
        "guardians",
        "recoveries",
        "projects",
        "handovers",
        "votes",
        "engines",
        "stops",
    ]
    for each in report.sections:
        assert all(len(row) == len(each.columns) for row in each.rows)
        assert each.sentence.endswith(".")


def test_consents_are_counted_by_how_they_were_given(affairs: Affairs) -> None:
    found = sections(affairs.trail)["consents"]
    assert [row[1:] for row in found.rows] == [
        (1, 0, 0, 1),  # signed
        (2, 0, 1, 1),  # by guardians, one dismissed
        (2, 1, 0, 1),  # on paper, one withdrawal taken
        (1, 0, 0, 1),  # in a batch
        (0, 0, 0, 0),  # signed refusals
        (2, 1, 0, 1),  # taken ones, one lifted
    ]
    assert found.counts == {"standing": 4, "batches": 1, "withdrawn_unrecorded": 0}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        # All that the patient signed, gave by a guardian or in a batch ends; paper is another patient's.
        (
            "a release by a batch whose generation ended",
            [(1, 0, 1, 0), (2, 0, 2, 0), (2, 1, 0, 1), (1, 0, 1, 0)],
        ),
        (
            "a release by paper after the patient signed",
            [(1, 0, 0, 1), (2, 0, 1, 1), (2, 1, 1, 0), (1, 0, 0, 1)],
        ),
        (
            "a release by what a guardian allowed who was dismissed",
            [(1, 0, 0, 1), (2, 0, 2, 0), (2, 1, 0, 1), (1, 0, 0, 1)],
        ),
    ],
)
def test_what_ended_does_not_stand(affairs: Affairs, name: str, rows: list[tuple[int, ...]]) -> None:
    forge, _ = FORGERIES[name]
    assert [row[1:] for row in after(affairs, forge)["consents"].rows[:4]] == rows


def test_what_nobody_reviewed_is_counted_and_comes_first(affairs: Affairs) -> None:
    assert sections(affairs.trail)["emergencies"].rows == (
        ("Clinic Seeblick (institution 2)", 0, 0, 1, 0, 0, 0),
    )
    waiting = after(affairs, without(EmergencyReviewed))
    assert waiting["emergencies"].rows[0][1:4] == (1, 0, 1)
    assert waiting["reviews"].rows[0][-1] == "waits"
    overdue = after(affairs, without(EmergencyReviewed), later(8 * DAY))
    assert overdue["emergencies"].rows[0][1:4] == (1, 1, 1)
    assert overdue["emergencies"].counts["overdue"] == 1
    assert overdue["reviews"].rows[0][-1] == "overdue"
    assert "Not reviewed: 1 of 1 opened; of these overdue: 1." in overdue["emergencies"].sentence


def test_a_review_is_told_with_its_verdict_and_whether_it_was_late(affairs: Affairs) -> None:
    (row,) = sections(affairs.trail)["reviews"].rows
    assert str(row[-1]).startswith("justified, by Hospital <Nordwald> (institution 1), 2027-")
    late = after(affairs, FORGERIES["a late review"][0])
    assert str(late["reviews"].rows[0][-1]).endswith(", late")
    assert late["emergencies"].counts["late"] == 1
    unjustified = after(affairs, FORGERIES["an emergency that was not justified"][0])
    assert unjustified["emergencies"].counts["unjustified"] == 1
    assert str(unjustified["reviews"].rows[0][-1]).startswith("not justified, by")
    denied = after(affairs, FORGERIES["a review of a denied emergency"][0])
    assert denied["emergencies"].rows[0][1:] == (0, 0, 0, 0, 0, 1)
    assert denied["reviews"].rows == ()


def test_an_overdue_emergency_stands_before_one_that_waits(affairs: Affairs) -> None:
    trail = both(without(EmergencyReviewed), later(8 * DAY))(affairs)
    state = Auditor(trail).state()
    (first,) = [each for each in state.requests.values() if each.emergency]
    waiting = replace(first, requester=A, review_by=first.review_by + 100 * DAY)
    reordered = {b"\x01" * 32: waiting, b"\x02" * 32: first}
    state.requests.clear()
    state.requests.update(reordered)
    found = {each.name: each for each in sections_of(state, time=first.review_by, names=NAMES)}
    assert [row[0] for row in found["reviews"].rows] == [b"\x02" * 32, b"\x01" * 32]
    assert [row[0] for row in found["emergencies"].rows] == [
        "Clinic Seeblick (institution 2)",
        "Hospital <Nordwald> (institution 1)",
    ]


def test_guardians_stand_as_long_as_they_act(affairs: Affairs) -> None:
    rows = {row[0]: row for row in sections(affairs.trail)["guardians"].rows}
    assert str(rows[affairs.minor][-1]).startswith("ended 2027-")
    assert rows[affairs.patient][3:6] == (
        "the patient",
        "withdraw, refuse, allow and recover the key with a hospital",
        "all hospitals",
    )
    assert rows[affairs.old][3] == "two people of Hospital <Nordwald> (institution 1)"
    assert [rows[each][-1] for each in (affairs.patient, affairs.old)] == ["acts", "acts"]
    signed = after(affairs, FORGERIES["a release by paper after the patient signed"][0])["guardians"]
    assert str(signed.rows[-1][-1]).endswith(": the patient signs")
    over = after(affairs, later(4_000 * DAY))["guardians"]
    assert [row[-1] for row in over.rows[1:]] == ["over", "over"]


def test_recoveries_say_what_became_of_them(affairs: Affairs) -> None:
    found = sections(affairs.trail)["recoveries"]
    assert [str(row[-1]).rpartition(" ")[0] for row in found.rows] == [
        "stopped by the present key",
        "finished",
    ]
    assert found.counts == {"under_way": 0, "stopped": 1, "finished": 1}


def test_projects_stand_with_their_board_and_term(affairs: Affairs) -> None:
    rows = {row[0]: row for row in sections(affairs.trail)["projects"].rows}
    assert rows[affairs.project][3] == "Ethics board Au (institution 3)"
    assert rows[affairs.project][5:] == ("in force", 2, 1)
    assert rows[affairs.unapproved][3:] == ("", "", "not approved", 0, 0)
    assert str(rows[affairs.withdrawn][5]).startswith("withdrawn 2027-")
    over = {row[0]: row[5] for row in after(affairs, later(101 * DAY))["projects"].rows}
    assert over[affairs.project] == "over"

    def board_suspended(affairs: Affairs) -> Trail:
        return append(affairs.trail, InstitutionSuspended, institution=C, by=affairs.life.cast.c.address)

    suspended = {row[0]: row[5] for row in after(affairs, board_suspended)["projects"].rows}
    assert suspended[affairs.project] == "suspended: its board takes no part"


def test_votes_are_told_with_their_tally(affairs: Affairs) -> None:
    rows = sections(affairs.trail)["votes"].rows
    assert [row[4:6] for row in rows] == [(3, 3)] * 4 + [(1, 3), (3, 3), (3, 4), (3, 4)]
    assert str(rows[4][-1]).startswith("vetoed 2027-")
    assert all(str(row[-1]).startswith("carried out 2027-") for row in (*rows[:4], *rows[5:]))
    assert str(rows[7][1]) == "to share nothing for 60 seconds"
    assert "Clinic Seeblick" in str(rows[7][6])
    stop = propose(Motion(Action.STOP, duration=60))
    assert after(affairs, stop)["votes"].rows[-1][4:6] == (1, 4)
    assert after(affairs, stop)["votes"].rows[-1][-1] == "open"
    assert after(affairs, stop, later(31 * DAY))["votes"].rows[-1][-1] == "over, without two thirds"
    passed = FORGERIES["a proposal that passes twice"][0]
    assert str(after(affairs, passed)["votes"].rows[-1][-1]).startswith("passed; it may be carried out from")
    assert after(affairs, passed, later(31 * DAY))["votes"].rows[-1][-1] == "passed, and never carried out"
    assert after(affairs, stop, vote(B), vote(D))["votes"].rows[-1][4:6] == (3, 4)


def test_engines_say_whether_their_rules_are_known(affairs: Affairs) -> None:
    found = sections(affairs.trail)["engines"]
    assert [(row[0], row[-1]) for row in found.rows] == [(1, "yes"), (2, "yes")]
    assert found.sentence == "Requests are decided by version 2 of the rules."
    other = after(affairs, FORGERIES["other code than the one voted for"][0])["engines"]
    assert other.rows[-1][-1] == "no"
    assert "1 engine voted for that PixelPact does not ship" in other.sentence


def test_stops_say_how_they_ended(affairs: Affairs) -> None:
    found = sections(affairs.trail)["stops"]
    assert found.rows[0][2:] == (8, "in force")
    assert found.counts == {"stops": 1, "stopped_now": 1}
    over = after(affairs, later(61))["stops"]
    assert (over.rows[0][-1], over.counts["stopped_now"]) == ("ended by itself", 0)

    def until(seconds: int) -> Forge:
        return lambda affairs: append(
            affairs.trail, SharingStopped, until=affairs.trail.events[-1].timestamp + 1 + seconds
        )

    lifted = after(affairs, until(0))["stops"]
    assert (len(lifted.rows), str(lifted.rows[0][-1])[:7]) == (1, "lifted ")
    replaced = after(affairs, until(60))["stops"]
    assert [str(row[-1])[:8] for row in replaced.rows] == ["replaced", "in force"]
    assert replaced.rows[1][2] == "none"


def test_handovers_say_what_became_of_the_offer(affairs: Affairs) -> None:
    found = sections(affairs.trail)["handovers"]
    assert [(row[0], str(row[-1]).partition(" 2027")[0]) for row in found.rows] == [
        (affairs.moved, "taken over"),
        (affairs.offered, "waits for an answer"),
    ]
    back = after(affairs, FORGERIES["a handover by an offer that was taken back"][0])["handovers"]
    assert str(back.rows[1][-1]).startswith("taken back 2027-")
    again = after(affairs, offered(lambda a: a.offered, A, C))["handovers"]
    assert [str(row[-1]).partition(" 2027")[0] for row in again.rows[1:]] == [
        "taken back",
        "waits for an answer",
    ]


def test_where_nothing_happened_the_parts_say_so(affairs: Affairs) -> None:
    found = sections(replace(affairs.trail, events=affairs.trail.events[:5]))
    assert {name for name, each in found.items() if each.rows} == {"consents", "engines"}
    assert found["guardians"].sentence == "No guardian was appointed."
    assert found["emergencies"].sentence == "No record was opened in an emergency."


def test_json_has_whole_ids_under_the_headings(affairs: Affairs, report: AuditReport) -> None:
    told = report.to_json()
    assert json.loads(json.dumps(told)) == told
    assert told["time"].startswith("2027-")
    (first, *_) = told["sections"]["projects"]["rows"]
    assert first["project"] == "0x" + affairs.project.hex()
    assert first["ethics_board"] == "Ethics board Au (institution 3)"
    assert told["sections"]["emergencies"]["counts"]["unreviewed"] == 0


class _Read(HTMLParser):
    """What a page has: its tags, and its text by the tag that it stands in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.headings: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name in ("src", "href") or name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in ("h2", "h3"):
            self.headings.append(data)


def test_the_page_has_findings_parts_and_trail_and_loads_nothing(report: AuditReport) -> None:
    page = page_of(report)
    read = _Read(page)
    assert not {"script", "img", "link", "nordwald"} & set(read.tags)
    assert "Hospital &lt;Nordwald&gt;" in page
    assert "Nothing was found wrong." in page
    for each in report.sections:
        assert each.title in read.headings
    assert page.count("<tr>") == sum(len(each.rows) + bool(each.rows) for each in report.sections) + 1 + len(
        report.trail
    )
    assert 'class="verdict good"' in page


def test_the_page_shows_the_gravest_first(affairs: Affairs) -> None:
    trail = both(FORGERIES["a majority of strangers"][0], without(EmergencyReviewed))(affairs)
    page = page_of(Auditor(trail, names=NAMES).report())
    assert 'class="verdict violation"' in page
    impossible, known = page.index("What the contracts make impossible"), page.index("What is to be known")
    assert impossible < page.index("vote-not-entitled") < known < page.index("emergency-unreviewed")
    overdue = both(without(EmergencyReviewed), later(8 * DAY))(affairs)
    assert 'class="verdict warning"' in page_of(Auditor(overdue, names=NAMES).report())
