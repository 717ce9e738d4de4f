"""docs/tutorial.md is run as it is written, every command in order, in one shell and an empty folder.

What the page shows of a command's output is what comes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixelpact.dicom import samples
from pixelpact.localnet import Localnet

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "tutorial.md").read_text("utf-8")
_ELIDED = "…"
#: Printed before the output of each command.
_NEXT = "\x1e"


def _steps() -> list[tuple[str, str]]:
    """The page's commands, and what is shown of the output of each."""
    blocks = re.findall(r"```console\n(.*?)```", _PAGE, re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts if part)]


def _plain(text: str) -> str:
    """Without empty lines, and without the width of columns."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "".join(f"{line}\n" for line in lines if line)


def shows(shown: str, output: str) -> bool:
    """Whether this is the output, where an ellipsis is any text in a line, and alone in one any lines."""
    pattern = ""
    for line in _plain(shown).splitlines():
        if line == _ELIDED:
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += r"[^\n]+".join(map(re.escape, line.split(_ELIDED))) + r"\n"
    return re.fullmatch(pattern, _plain(output)) is not None


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    if (tmp_path / "net" / "localnet.json").exists():
        Localnet.stop(tmp_path / "net")


def test_every_block_begins_with_a_command() -> None:
    blocks = re.findall(r"```console\n(.*?)```", _PAGE, re.DOTALL)
    assert all(block.startswith("$ ") for block in blocks)


def test_what_is_shown_is_compared() -> None:
    assert shows("a  b\n", "a b\n")
    assert shows("…\nlast …\n", "first\nsecond\n\nlast 12\n")
    for shown, output in (
        ("", "a\n"),
        ("a\n", ""),
        ("a\n", "a\nb\n"),
        ("a … c\n", "a c\n"),
        ("…\nb\n", "b\na\n"),
    ):
        assert not shows(shown, output)


def test_the_tutorial_runs_as_it_is_written(folder: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        # No sentence is broken by a terminal's width.
        "COLUMNS": "1000",
    }
    environment.pop("PIXELPACT_PASSWORD", None)
    steps = _steps()
    script = "".join(f"printf '{_NEXT}'\n{command}\n" for command, _ in steps)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    outputs = done.stdout.split(_NEXT)[1:]
    told = list(zip([command for command, _ in steps], outputs, strict=False))
    assert done.returncode == 0, told[-1]
    assert len(outputs) == len(steps)
    for (command, shown), output in zip(steps, outputs, strict=True):
        assert shows(shown, output), f"$ {command}\n{output}\nis not what the page shows:\n{shown}"
    originals = sorted(path.read_bytes() for path in samples()[0].files)
    assert sorted(path.read_bytes() for path in (folder / "received").rglob("*.dcm")) == originals
    assert not (folder / "again").exists()
    assert (folder / "second.svg").read_text("utf-8").startswith("<?xml")
    trail = json.loads((folder / "trail.json").read_text("utf-8"))
    assert [each["event"] for each in trail["events"]][-1] == "DisposalAttested"


def test_the_page_shows_the_exit_codes_that_it_explains() -> None:
    assert re.findall(r"^exit code (\d+)$", _PAGE, re.MULTILINE) == ["7", "3", "7"]
    assert re.findall(r"^Exit code (\d+)", _PAGE, re.MULTILINE) == ["7", "3", "7"]
