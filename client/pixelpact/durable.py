"""Files and folders that are whole or not there, for their owner alone, and still there after a power cut.

What is being written has a hidden name of its own beside its place, ``.NAME.RANDOM.part`` for a file, and is
locked while its process lives. What a killed process left is nobody's, and goes with the next write.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["clear_beside", "folder_beside", "sync_folder", "write_new", "write_over"]

_PART = ".part"


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, 0600.

    Raises:
        FileExistsError: something of this name is there, a moment ago or by now.
        OSError: it can't be written; nothing is left of it.
    """
    with _written_beside(path, data) as beside:
        # Unlike a rename, a link is never made over something else.
        path.hardlink_to(beside)
    sync_folder(path.parent)


def write_over(path: Path, data: bytes) -> None:
    """Write a file, 0600, or put it in the place of the one that is there.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    with _written_beside(path, data) as beside:
        beside.replace(path)
    sync_folder(path.parent)


@contextmanager
def folder_beside(path: Path, suffix: str) -> Iterator[Path]:
    """A new folder beside a place, 0700: the block renames it, or it is gone when the block ends.

    Args:
        path: the place.
        suffix: ends its name, which begins with the place's; what killed processes left of such names goes.

    Raises:
        OSError: it can't be made, or what was left can't be removed.
    """
    clear_beside(path, suffix)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent))
    descriptor = os.open(beside, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        os.close(descriptor)


def clear_beside(path: Path, suffix: str = _PART) -> None:
    """Remove what killed processes left of their writing to a place; what a living one writes stays.

    Args:
        path: the place, a file's unless ``suffix`` is what ``folder_beside`` was given.
        suffix: as there.

    Raises:
        OSError: it can't be looked for or removed.
    """
    kind = stat.S_IFREG if suffix == _PART else stat.S_IFDIR
    # As tempfile makes them.
    name = re.compile(re.escape(f".{path.name}.") + "[a-z0-9_]{8}" + re.escape(suffix))
    for found in path.parent.iterdir():
        if name.fullmatch(found.name) and _is_left(found, kind):
            shutil.rmtree(found) if kind == stat.S_IFDIR else found.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_left(path: Path, kind: int) -> bool:
    """Whether it is this user's, of this kind, and held by no process."""
    try:
        status = path.lstat()
        if stat.S_IFMT(status.st_mode) != kind or status.st_uid != os.geteuid():
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    # Where a file system knows no locks, nothing is locked, and nothing is taken for left.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


@contextmanager
def _written_beside(path: Path, data: bytes) -> Iterator[Path]:
    clear_beside(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_PART, dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            _lock(descriptor)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
            yield beside
    finally:
        beside.unlink(missing_ok=True)
