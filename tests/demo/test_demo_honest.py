"""The demo says 'ok' only when it is: with a part of PixelPact broken it must say that it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_told import Silent

from pixelpact.crypto.root import Root
from pixelpact.custodian import rotating
from pixelpact.demo import Outcome, run_demo
from pixelpact.requester import FetchedStudy
from pixelpact.storage import FolderStore


def tell(folder: Path, output: Path) -> Outcome:
    return run_demo(dicom=folder, output=output, audience=Silent())


def test_with_nothing_broken_all_is_ok(one_image: Path, tmp_path: Path) -> None:
    told = tell(one_image, tmp_path / "made up" / ".." / "out")
    assert told.ok
    assert told.report == str(tmp_path / "out" / "report.html")
    assert not (tmp_path / "made up").exists()


def _collects_nothing(_: FolderStore) -> tuple[()]:
    return ()


def _serves_nobody(*_: object) -> tuple[tuple[()], tuple[()], tuple[()]]:
    return (), (), ()


def _verifies_nothing(*_: object, **__: object) -> None:
    pass


_BROKEN = {
    "old blocks stay": (FolderStore, "collect", _collects_nothing, "rotate"),
    "nobody is served again": (rotating, "_serve_again", _serves_nobody, "rotate"),
    "the header's MAC is not checked": (Root, "verify", _verifies_nothing, "old-envelope"),
    "instances are not read": (FetchedStudy, "verify", _verifies_nothing, "fault-bit"),
}


@pytest.mark.parametrize("what", _BROKEN)
def test_what_is_broken_shows(
    what: str, one_image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, instead, step = _BROKEN[what]
    monkeypatch.setattr(owner, name, instead)
    outcome = tell(one_image, tmp_path / "out")
    assert not outcome.ok
    assert [each.name for each in outcome.steps if not each.ok] == [step]
    assert outcome.to_json()["ok"] is False
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Not as it should be" in page
