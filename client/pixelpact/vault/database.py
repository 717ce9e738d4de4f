"""The vault's one file: SQLite, holding ciphertext and keyed digests only, durable before a write returns.

Three things keep what was deleted from lingering in the file or beside it. ``secure_delete`` zeroes freed
space, but SQLite also leaves copies of rows behind when it moves them between pages: VACUUM writes the pages
anew. And the rollback journal holds pages as they were: it is kept (``journal_mode=PERSIST``) so that it can
be overwritten in place after every commit, instead of being freed with its bytes intact.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixelpact.durable import sync_folder
from pixelpact.errors import OutputError, VaultError
from pixelpact.vault.place import require_private, scrub, sync_file, written_new
from pixelpact.vault.unlock import Header

__all__ = ["FORMAT", "Database"]

#: PRAGMA application_id: 'PxPv', so that another program's database is not taken for a vault.
_APPLICATION = 0x50785076
#: PRAGMA user_version: the version of the format.
FORMAT = 1

_SCHEMA = """
CREATE TABLE header (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  vault BLOB NOT NULL, parameters TEXT NOT NULL, wrapped_master BLOB NOT NULL, digest BLOB NOT NULL,
  wrapped_lookup_key BLOB NOT NULL, vacuum_due INTEGER NOT NULL
);
CREATE TABLE record (
  lookup BLOB PRIMARY KEY, kind TEXT NOT NULL, wrapped_key BLOB NOT NULL, ciphertext BLOB NOT NULL
);
CREATE INDEX record_kind ON record (kind);
"""


class Database:
    """The open file. Used by one process (the vault's lock) and any of its threads, one at a time.

    Raises, whatever is called:
        VaultError: not a vault, a newer format, or damaged.
        OutputError: full disk or a place that can't be written.
    """

    def __init__(self, path: Path, called: str = "") -> None:
        #: Where the file is, and what a person calls it.
        self.path = path
        self._called = called or f"The vault {path.parent}"
        #: Held over whatever must not be mixed with another thread's reading or writing.
        self.turn = threading.RLock()
        self._depth = 0
        self._vacuum_due = False
        require_private(path, os.lstat(path), stat.S_IFREG, "vault's file")
        with _translated(self._called):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def create(cls, path: Path, header: Header, vault: bytes, wrapped_lookup_key: bytes) -> None:
        """Write a whole new file beside its place and rename it there: no half-made vault is ever seen."""
        beside = path.with_name(path.name + ".new")
        for leftover in (beside, beside.with_name(beside.name + "-journal")):
            leftover.unlink(missing_ok=True)
        written_new(beside, b"")
        with _translated(f"The vault {path.parent}"):
            connection = sqlite3.connect(beside, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                marks = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {FORMAT};"
                connection.executescript(f"BEGIN; {marks} {_SCHEMA}")
                connection.execute(
                    "INSERT INTO header VALUES (1, ?, ?, ?, ?, ?, 0)",
                    (vault, header.parameters, header.wrapped_master, header.digest, wrapped_lookup_key),
                )
                connection.execute("COMMIT")
            finally:
                connection.close()
            beside.rename(path)
            sync_folder(path.parent)

    def _prepare(self) -> None:
        with _translated(self._called):
            application = self._value("PRAGMA application_id")
            version = self._value("PRAGMA user_version")
        if application != _APPLICATION:
            raise VaultError(
                f"{self._called} is not a vault",
                why="it is another program's database",
                remedy="Give a folder that was made as a vault, or the backup of one",
            )
        if version != FORMAT:
            raise VaultError(
                f"{self._called} has format {version}, and this PixelPact reads format {FORMAT}",
                why="a newer PixelPact wrote it",
                remedy="Install the newer PixelPact",
            )
        with _translated(self._called):
            for setting in (
                "synchronous = FULL",
                "secure_delete = ON",
                "journal_mode = PERSIST",
                "temp_store = MEMORY",
                "trusted_schema = OFF",
            ):
                self._connection.execute(f"PRAGMA {setting}")
            if self._value("PRAGMA quick_check(1)") != "ok":
                raise sqlite3.DatabaseError("quick_check")
            # What a killed process left undone: SQLite rolled its journal back above, the rest is here.
            self._vacuum_due = bool(self._value("SELECT vacuum_due FROM header"))
        self.settle()

    def close(self) -> None:
        """Close the file; what was written is durable already."""
        with self.turn:
            self._connection.close()

    @property
    def busy(self) -> bool:
        """Whether a transaction is open."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside becomes durable together when the outermost one ends, or not at all."""
        with self.turn:
            if self._depth == 0:
                self._run("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._run("COMMIT")
            except BaseException:
                if self._depth == 1 and self._connection.in_transaction:
                    self._run("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def settle(self) -> None:
        """After a transaction: leave nothing of what was deleted, in the file or in the journal beside it."""
        with self.turn, _translated(self._called):
            if self.busy:
                return
            if self._vacuum_due:
                self._connection.execute("VACUUM")
                self._connection.execute("UPDATE header SET vacuum_due = 0")
                self._vacuum_due = False
            scrub(self.path.with_name(self.path.name + "-journal"))

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.turn, _translated(self._called):
            return self._connection.execute(query, values).fetchall()

    def change(self, statement: str, values: Sequence[object]) -> int:
        """Carry out one statement in the open transaction; the number of rows it changed."""
        return self._run(statement, values).rowcount

    def copy_to(self, path: Path, called: str) -> None:
        """Write what is durable to a new file, 0600 and synced; pages that hold nothing are left out.

        Raises:
            RuntimeError: inside a transaction, whose writes are not durable yet.
        """
        with self.turn:
            if self.busy:
                raise RuntimeError("a backup holds what is durable, not a transaction that may be undone")
            written_new(path, b"")
            with _translated(called):
                self._connection.execute("VACUUM INTO ?", (str(path.absolute()),))
                sync_file(path)

    def vacuum_later(self) -> None:
        """Note, in the open transaction, that the file is to be rewritten, if need be by the next process."""
        self._run("UPDATE header SET vacuum_due = 1")
        self._vacuum_due = True

    def _run(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        with _translated(self._called):
            return self._connection.execute(statement, values)

    def _value(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None


@contextmanager
def _translated(called: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{called} can't be written",
            why=error.strerror or str(error),
            remedy="Make room or give a place this user may write to, and run the command again",
        ) from error
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise VaultError(
                f"{called} is in use",
                why="another program has its file open",
                remedy="Stop it, and run the command again",
            ) from error
        if name.startswith(
            ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PERM")
        ):
            raise OutputError(
                f"{called} can't be written",
                why=str(error),
                remedy="Make room or give a place this user may write to, and run the command again",
            ) from error
        raise VaultError(
            f"{called} is damaged, or is not a vault",
            why="its file is not what was written",
            remedy="Check the path, or restore the vault from another backup",
        ) from error
