"""What is written beside its place: by one process, cut off, cleared by the next, and nobody else's."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pixelpact.durable import clear_beside, folder_beside, write_new, write_over

_LEFT = ".a.0a1b2c3d"


@pytest.mark.parametrize("write", ["write_new", "write_over"])
def test_what_a_killed_write_left_goes_with_the_next(tmp_path: Path, write: str) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from pixelpact import durable\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"durable.{write}(Path(sys.argv[1]), b'one')"
    )
    path = tmp_path / "a"
    ended = subprocess.run([sys.executable, "-c", program, path], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".a.")

    (write_new if write == "write_new" else write_over)(path, b"two")

    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("suffix", [".pixelpact-fetch", ".pixelpact-create", ".pixelpact-init"])
def test_a_folder_that_a_killed_run_left_goes_with_the_next(tmp_path: Path, suffix: str) -> None:
    left = tmp_path / f"{_LEFT}{suffix}" / "series"
    left.mkdir(parents=True)
    (left / "image.dcm").write_bytes(b"an image")
    with folder_beside(tmp_path / "a", suffix) as beside:
        assert list(tmp_path.iterdir()) == [beside]


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    part, folder = tmp_path / f"{_LEFT}.part", tmp_path / f"{_LEFT}.pixelpact-try"
    part.touch()
    folder.mkdir()
    held = [os.open(path, os.O_RDONLY) for path in (part, folder)]
    try:
        for descriptor in held:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        write_new(tmp_path / "a", b"mine")
        clear_beside(tmp_path / "a", ".pixelpact-try")
        assert part.exists()
        assert folder.exists()
    finally:
        for descriptor in held:
            os.close(descriptor)
    clear_beside(tmp_path / "a")
    clear_beside(tmp_path / "a", ".pixelpact-try")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_two_at_once_write_beside_each_other(tmp_path: Path) -> None:
    with folder_beside(tmp_path / "a", ".pixelpact-try") as one:
        with folder_beside(tmp_path / "a", ".pixelpact-try") as other:
            assert one != other
            assert one.stat().st_mode & 0o777 == 0o700
        assert one.is_dir()
        assert not other.exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".part", ".pixelpact-try"])
def test_what_looks_like_it_and_is_none_stays(tmp_path: Path, suffix: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis.txt").write_text("mine")
    place = tmp_path / "place"
    place.mkdir()
    (place / ".a.part").write_text("mine")
    (place / f".a.pixelpact-try{suffix}").mkdir()
    (place / f"{_LEFT}{suffix}").symlink_to(elsewhere)
    wrong = place / f".a.1a2b3c4d{suffix}"
    if suffix == ".part":
        wrong.mkdir()
    else:
        wrong.write_text("mine")
    (place / f".b.1a2b3c4d{suffix}").mkdir()
    before = set(place.iterdir())

    clear_beside(place / "a", suffix)

    assert set(place.iterdir()) == before
    assert (elsewhere / "thesis.txt").exists()
