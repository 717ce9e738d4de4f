"""Files of a localnet: written whole or not at all, and for nobody else to read."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixelpact.durable import write_over
from pixelpact.errors import InputError, OutputError

__all__ = ["held_alone", "locked", "make_private", "read_json", "write_json", "write_private"]


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may look into, if it isn't there.

    Raises:
        OutputError: it can't be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_private(path: Path, text: str) -> None:
    """Write or replace a file that only its owner may read; a crash leaves the old one or the new one.

    Raises:
        OutputError: it can't be written.
    """
    try:
        write_over(path, text.encode())
    except OSError as error:
        raise _unwritable(path, error) from error


def write_json(path: Path, value: Any) -> None:
    """``write_private`` of a JSON value, for people to read too."""
    write_private(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The JSON value in a file.

    Raises:
        InputError: no such file, or no JSON in it.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"The localnet's file {path} can't be read",
            why=str(error),
            remedy="Restore it, or begin a new localnet in another folder",
        ) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one ``up`` or ``down`` at a time; another one waits until this one has ended.

    Raises:
        OutputError: the lock can't be written.
    """
    try:
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_alone(path: Path) -> Iterator[bool]:
    """Hold a file, made if it is absent, until the block ends; whether nobody else held it.

    Raises:
        OutputError: it can't be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} can't be written",
        why=error.strerror or str(error),
        remedy="Choose a folder that can be written, with room on its disk",
    )
