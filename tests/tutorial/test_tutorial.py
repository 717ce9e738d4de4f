"""docs/tutorial.md is run as it is written: every command, in order, in one shell and an empty folder."""

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
_COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", _PAGE, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    if (tmp_path / "net" / "localnet.json").exists():
        Localnet.stop(tmp_path / "net")


def test_every_line_of_a_block_is_a_command() -> None:
    blocks = re.findall(r"```console\n(.*?)```", _PAGE, re.DOTALL)
    assert all(line.startswith("$ ") for block in blocks for line in block.splitlines())


def test_the_tutorial_runs_as_it_is_written(folder: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    environment.pop("PIXELPACT_PASSWORD", None)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-x", "-c", "\n".join(_COMMANDS)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = done.stdout
    # What the page says will happen: asked in vain, received, out of reach again, explained as denied.
    assert re.findall(r"^exit code (\d+)$", told, re.MULTILINE) == ["7", "3", "7"]
    assert "Nothing was found wrong." in told
    assert "Confirmed, and final" in told
    originals = sorted(path.read_bytes() for path in samples()[0].files)
    assert sorted(path.read_bytes() for path in (folder / "received").rglob("*.dcm")) == originals
    assert not (folder / "again").exists()
    assert (folder / "second.svg").read_text("utf-8").startswith("<?xml")
    trail = json.loads((folder / "trail.json").read_text("utf-8"))
    assert [each["event"] for each in trail["events"]][-1] == "DisposalAttested"
