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
