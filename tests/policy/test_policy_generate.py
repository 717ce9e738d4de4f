"""Everything that follows from the tables is what scripts/generate makes of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = ("contracts/Vocabulary.sol", "client/pixelpact/policy/_generated.py", "docs/policy.md")
TABLES = "client/pixelpact/policy/data"


def generate(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "generate"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("scripts/_generate", TABLES):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scripts/generate", "client/pixelpact/errors.py", *OUTPUTS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert generate(tmp_path).stdout == "wrote docs/errors.md\n"
    return tmp_path


def test_what_is_committed_is_fresh() -> None:
    done = generate(ROOT, "--check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_stale_file_is_named_and_mended(copy: Path, name: str) -> None:
    good = (copy / name).read_text("utf-8")
    (copy / name).write_text(good.replace("STUDY_UNKNOWN", "STUDY_LOST"), "utf-8")
    done = generate(copy, "--check")
    assert done.returncode == 1
    assert done.stderr == f"{name} is not what {TABLES} says: run scripts/generate.\n"
    assert generate(copy).stdout == f"wrote {name}\n"
    assert (copy / name).read_text("utf-8") == good


@pytest.mark.parametrize(
    ("table", "old", "new", "complaint"),
    [
        ("purposes", "1,CLINTRL,TREAT", "1,CLINTRL,COC", "CLINTRL stands before its parent"),
        ("purposes", "1,CLINTRL,TREAT", "1,CLINTRL,CLINTRL", "CLINTRL stands before its parent"),
        ("purposes", "1,CLINTRL", "2,CLINTRL", "index must ascend"),
        ("categories", "16,OTHER", "17,OTHER", "bit must count up from 0"),
        ("categories", "16,OTHER", "64,OTHER", "below 64"),
        ("reasons", "302,REQUEST", "301,REQUEST", "number must ascend"),
    ],
)
def test_a_table_that_can_not_be_is_refused(
    copy: Path, table: str, old: str, new: str, complaint: str
) -> None:
    path = copy / TABLES / f"{table}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    done = generate(copy)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Nothing was generated: {table}.csv")
    assert complaint in done.stderr
    assert generate(copy, "--check").returncode == 1


def test_bad_usage_says_how(copy: Path) -> None:
    done = generate(copy, "--chek")
    assert done.returncode == 2
    assert "scripts/generate --check" in done.stderr
