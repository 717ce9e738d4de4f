"""What a hospital is told of its studies."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from cli_hospital import Hospital, profile_of

from pixelpact.cli.app import run
from pixelpact.dicom import samples


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("forced", ["", "1"])
def test_what_is_piped_is_whole_and_each_thing_has_one_word(
    hospital: Hospital,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    forced: str,
) -> None:
    path, patient = tmp_path / "hospital", "0x" + hospital.address.hex()
    profile_of(hospital, 2, path)
    scans = tmp_path / "scans"
    scans.mkdir()
    shutil.copy(samples()[0].files[0], scans)
    # Whoever wants colours in a pipe does not want less in it.
    monkeypatch.setenv("FORCE_COLOR" if forced else "COLUMNS", "1" if forced else "40")
    assert run(["study", "seal", str(scans), "--patient", patient, "--profile", str(path)]) == 0
    told = re.sub("\x1b[^m]*m", "", capsys.readouterr().out)
    assert "Sealed: 1 instance, " in told
    number = told.split()[-1]
    assert len(number) == 66

    assert run(["study", "list", "--profile", str(path)]) == 0
    table = re.sub("\x1b[^m]*m", "", capsys.readouterr().out)
    assert len(table.splitlines()) == 2
    assert number in table
    assert "\N{HORIZONTAL ELLIPSIS}" not in table

    assert run(["study", "list", "--profile", str(path), "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)["studies"]
    assert (listed["study"], listed["status"]) == (number, "not registered")
    assert listed["status"] in table

    monkeypatch.setattr(sys, "stdout", _Terminal())
    monkeypatch.setenv("COLUMNS", "100")
    assert run(["study", "list", "--profile", str(path)]) == 0
    shown = sys.stdout.getvalue()
    assert number[:18] in shown
    assert number not in shown
