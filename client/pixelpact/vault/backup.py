"""Copies of a vault that are whole or not there: written beside their place, verified, then named."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from pixelpact.durable import sync_folder
from pixelpact.errors import InputError, OutputError, VaultError
from pixelpact.vault.database import Database
from pixelpact.vault.master import Master
from pixelpact.vault.place import written_new
from pixelpact.vault.unlock import Unlock

__all__ = ["require_place", "restore", "write"]

_ALL = ("SELECT * FROM header", "SELECT * FROM record ORDER BY lookup")


def require_place(path: Path) -> None:
    """See ``Vault.require_place``."""
    if os.path.lexists(path):
        raise _there_already(path)
    if not path.parent.is_dir():
        raise OutputError(
            f"{path} can't be written",
            why="its folder is not there",
            remedy="Make the folder first, or give another one",
        )


def write(database: Database, master: Master, path: Path) -> None:
    """Write a backup of an open file: see ``Vault.backup``."""
    path = path.absolute()
    require_place(path)
    with database.turn, _beside(path, f".{path.name}.unfinished") as beside:
        # What a full disk kept from being done after the last change is done first: the copy would do it.
        database.settle()
        database.copy_to(beside, f"The backup {path}")
        with closing(Database(beside, f"The backup {path}")) as copy:
            if any(copy.rows(query) != database.rows(query) for query in _ALL):
                raise VaultError(
                    f"The backup {path} is not what the vault holds",
                    why="other rows came back than were written; nothing was kept of it",
                    remedy="Check the disk, and run the command again",
                )
            master.check(copy)
        with _told(path):
            try:
                # Unlike a renaming, a second name is given only where there is none yet.
                path.hardlink_to(beside)
            except FileExistsError:
                raise _there_already(path) from None
            sync_folder(path.parent)


def restore(backup: Path, place: Path, unlock: Unlock) -> None:
    """Make a backup the file of a vault in an empty, locked folder: see ``Vault.restore``."""
    _require_whole(backup)
    with _beside(place, place.name + ".new") as beside:
        written_new(beside, b"")
        # Bytes, not rows: what is verified is what was kept.
        with _opened(backup) as source, _told(place), beside.open("r+b") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        with closing(Database(beside, f"The backup {backup}")) as copy:
            Master.opened(copy, unlock).check(copy)
        with _told(place):
            beside.rename(place)
            sync_folder(place.parent)


@contextmanager
def _beside(path: Path, name: str) -> Iterator[Path]:
    """A name beside a path; nothing is left of it, nor of what a run before left there."""
    beside = path.with_name(name)
    leftovers = (beside, beside.with_name(beside.name + "-journal"))

    def clear() -> None:
        with _told(path):
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)

    clear()
    try:
        yield beside
    finally:
        clear()


def _require_whole(backup: Path) -> None:
    try:
        plain = stat.S_ISREG(backup.stat().st_mode)
        journal = backup.with_name(backup.name + "-journal")
        torn = os.path.lexists(journal) and journal.lstat().st_size > 0
    except OSError as error:
        raise _unreadable(backup, error) from None
    if not plain:
        raise InputError(
            f"{backup} is no backup of a vault",
            why="a backup is one file",
            remedy="Give the file that was written as the backup",
        )
    if torn:
        raise VaultError(
            f"{backup} is no whole backup",
            why="a journal lies beside it: it was copied while something wrote to it",
            remedy="Give a file that was written as a backup",
        )


def _opened(backup: Path) -> BinaryIO:
    try:
        return backup.open("rb")
    except OSError as error:
        raise _unreadable(backup, error) from None


def _unreadable(backup: Path, error: OSError) -> InputError:
    return InputError(
        f"The backup {backup} can't be read",
        why=error.strerror or str(error),
        remedy="Check the path, and that this user may read it",
    )


def _there_already(path: Path) -> OutputError:
    return OutputError(
        f"There is something at {path} already",
        why="a backup is not written over anything: it may be the only one",
        remedy="Give a name that is not taken",
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} can't be written",
            why=error.strerror or str(error),
            remedy="Give a place that this user may write to and that has room",
        ) from error
