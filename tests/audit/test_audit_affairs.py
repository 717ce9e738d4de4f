"""Whatever is forged in a consortium's affairs, the audit says so, and says nothing else."""

from __future__ import annotations

import pytest
from audit_affairs import Affairs, tell
from audit_affairs_forged import FORGERIES

from pixelpact.audit import Auditor


@pytest.fixture(scope="module")
def affairs() -> Affairs:
    return tell()


def test_the_honest_trail_has_nothing_wrong(affairs: Affairs) -> None:
    report = Auditor(affairs.trail).report()
    assert report.findings == ()
    assert report.owed == ()


@pytest.mark.parametrize("name", FORGERIES)
def test_each_forgery_is_found_and_nothing_else(affairs: Affairs, name: str) -> None:
    forge, expected = FORGERIES[name]
    findings = Auditor(forge(affairs)).findings()
    assert {finding.code for finding in findings} == expected, [each.sentence for each in findings]
    for finding in findings:
        assert finding.at is not None
        assert finding.sentence.endswith(".")
        assert finding.subjects


#: What can't be placed: the state is the one without it.
LEFT_OUT = [
    "a proposal made twice",
    "a vote for what was carried out",
    "a proposal carried out twice",
    "a guardian dismissed twice",
    "a guardian appointed out of number",
    "another guardian dismissed than was appointed",
    "the first signature a second time",
    "a project registered twice",
    "a project approved after it was withdrawn",
    "a project withdrawn twice",
    "an emergency twice",
    "a review twice",
    "a review of a request",
    "a batch anchored twice",
    "a handover by who does not hold it",
]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_cannot_be_placed_leaves_the_state_as_it_was(affairs: Affairs, name: str) -> None:
    forge, _ = FORGERIES[name]
    assert Auditor(forge(affairs)).state() == Auditor(affairs.trail).state()
