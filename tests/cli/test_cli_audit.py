"""``audit report`` of a saved trail: what it prints, what it writes, and what it does not write over."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from audit_affairs import tell
from audit_affairs_forged import FORGERIES, without

from pixelpact.chain import EmergencyReviewed


@pytest.fixture(scope="module")
def trails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an honest trail, and with one in which nobody reviewed the emergency."""
    folder, affairs = tmp_path_factory.mktemp("trails"), tell()
    affairs.trail.save(folder / "honest.json")
    without(EmergencyReviewed)(affairs).save(folder / "unreviewed.json")
    FORGERIES["a majority of strangers"][0](affairs).save(folder / "forged.json")
    return folder


def report(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pixelpact", "audit", "report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_tells_the_trail_then_the_parts_then_what_was_found(trails: Path) -> None:
    told = report("--trail", trails / "honest.json")
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    parts = ["Emergencies by institution", "Consents and refusals", "Votes", "Stops of all sharing"]
    places = [lines.index(each) for each in parts]
    assert places == sorted(places)
    assert lines[-1] == "Nothing was found wrong."
    assert "Not reviewed: none of 1 opened; of these overdue: none." in told.stdout
    (stop,) = [line for line in lines if "to share nothing for 60 seconds" in line and line.startswith("8 ")]
    assert "institution 1, institution 2 and institution 3" in stop


def test_nothing_is_cut_in_a_narrow_terminal(trails: Path) -> None:
    command = [sys.executable, "-m", "pixelpact", "audit", "report", "--trail", str(trails / "honest.json")]
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    with subprocess.Popen(command, stdout=terminal, stdin=subprocess.DEVNULL) as running:
        os.close(terminal)
        told = b""
        # A terminal whose other end is closed can't be read any more.
        with contextlib.suppress(OSError):
            while part := os.read(master, 65_536):
                told += part
    os.close(master)
    assert running.returncode == 0
    assert b"Stops of all sharing" in told
    assert "\u2026".encode() not in told


def test_quiet_tells_only_what_was_found(trails: Path) -> None:
    told = report("--trail", trails / "unreviewed.json", "--quiet")
    assert told.returncode == 10
    summary, finding = told.stdout.splitlines()
    assert summary.startswith("113 events up to block")
    assert finding.startswith("note: Nobody reviewed emergency 0x")


def test_a_page_is_written_beside_what_is_printed(trails: Path, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    told = report("--trail", trails / "forged.json", "--page", page, "--json")
    assert told.returncode == 10
    value = json.loads(told.stdout)
    assert value["sections"]["votes"]["rows"][-1]["votes"] == 1
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert all(finding["sentence"] in text for finding in value["findings"])


@pytest.mark.parametrize("option", ["--page", "--save"])
def test_no_file_is_written_over(trails: Path, tmp_path: Path, option: str) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    told = report("--trail", trails / "honest.json", option, taken)
    assert (told.returncode, told.stdout, taken.read_text()) == (3, "", "mine")
    assert f"There is {taken} already" in told.stderr


def test_page_and_trail_are_two_files(trails: Path, tmp_path: Path) -> None:
    one = tmp_path / "one"
    told = report("--trail", trails / "honest.json", "--page", one, "--save", one)
    assert (told.returncode, told.stdout, one.exists()) == (3, "", False)
    assert "one file" in told.stderr
