"""Files that are there whole or not at all, for their owner alone, and still there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["clear_beside", "sync_folder", "write_new", "write_over"]


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, 0600.

    Raises:
        FileExistsError: something of this name is there, a moment ago or by now.
        OSError: it can't be written; nothing is left of it.
    """
    beside = _beside(path)
    try:
        _written(beside, data)
        # Unlike a rename, a link is never made over something else.
        path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_over(path: Path, data: bytes) -> None:
    """Write a file, 0600, or put it in the place of the one that is there.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    beside = _beside(path)
    try:
        _written(beside, data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def clear_beside(path: Path) -> None:
    """Remove what a write of this file left that was cut off after the file itself was there.

    Raises:
        OSError: it can't be removed.
    """
    _beside(path).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _written(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
