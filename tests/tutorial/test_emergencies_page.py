"""docs/emergencies.md is run as it is written, on a chain in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_embedded import open_desk

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "emergencies.md").read_text("utf-8")


def test_the_commands_run_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net").mkdir()
    with open_desk(tmp_path, wallets=("patient",)) as desk:
        monkeypatch.chdir(tmp_path)
        desk.ok("hospital-b", "keys", "publish")
        desk.second("second", institution=2)
        (tmp_path / "why.txt").write_text("Unconscious after a fall.")
        (tmp_path / "report.txt").write_text("Both were on duty.")
        told = desk.run_page(_PAGE, study=desk.study)
        assert "To be reviewed" in told
        assert "The reason that was given: Unconscious after a fall." in told
        assert "Reviewed, and final: justified." in told
        assert list((tmp_path / "images").rglob("*.dcm"))
        assert desk.ok("hospital-a", "access", "list")["unreviewed"] == []
