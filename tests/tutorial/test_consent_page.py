"""docs/consent.md is run as it is written: its commands and its Python, on a chain in this process."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cli_embedded import open_desk

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "consent.md").read_text("utf-8")
_LINES = [
    line for block in re.findall(r"```console\n(.*?)```", _PAGE, re.DOTALL) for line in block.splitlines()
]


def test_every_line_of_a_block_is_a_command() -> None:
    assert all(re.match(r"\$ (\w+=\$\()?pixelpact ", line) for line in _LINES)


def test_the_commands_run_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net").mkdir()
    with open_desk(tmp_path, wallets=("patient",)) as desk:
        monkeypatch.chdir(tmp_path)
        desk.second("second")
        (tmp_path / "batch").mkdir()
        (tmp_path / "scan.pdf").write_bytes(b"%PDF a form")
        (tmp_path / "note.txt").write_text("Called on Monday.")
        given = {"study": desk.study, "patient": desk.address("patient")}
        told = ""
        for line in (each.removeprefix("$ ") for each in _LINES):
            kept = re.fullmatch(r"(\w+)=\$\((.*)\)", line)
            command = kept[2] if kept else line
            words = shlex.split(re.sub(r"\$(\w+)", lambda found: given[found[1]], command))
            if words[1:3] == ["recovery", "finish"]:
                desk.wait()
            said = desk.run(None, *words[1:])
            assert said.code == 0, f"{line}\n{said.err}"
            told += said.out
            if kept:
                given[kept[1]] = said.out.strip()
        assert "Hand it to institution 1 or 2" in told
        assert "withdrawn" in told
        assert "on paper" in told
        assert "2 consents under the root" in told
        # What the page says at its end: one consent stands, the new wallet's.
        stands = [each["stands"] for each in desk.ok("new-wallet", "consent", "list")["consents"]]
        assert stands == ["in force"]


def test_the_python_runs_as_it_is_written(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)
    assert len(blocks) >= 2
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "becomes your guardian" in done.stdout
