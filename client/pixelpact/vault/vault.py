"""The vault itself: records in, records out, and the journal kept among them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pixelpact.errors import VaultError
from pixelpact.vault.backup import require_place, restore, write
from pixelpact.vault.database import Database
from pixelpact.vault.journal import Entry, Pending
from pixelpact.vault.master import Master
from pixelpact.vault.place import Lock, make_folder, require_private
from pixelpact.vault.records import Kind, Record, RecordCipher, Sealed
from pixelpact.vault.unlock import Header, Unlock

__all__ = ["Vault", "study_key_id"]

_FILE = "vault.db"
_LOCK = "vault.lock"


def study_key_id(study: bytes, epoch: int) -> str:
    """The id of the STUDY_KEY record of one epoch of a study (its 32-byte id)."""
    return f"{study.hex()}/{epoch}"


class Vault:
    """An open vault. One process has it open at a time; its threads may share it. Close it, or use ``with``.

    Every method raises VaultError when the vault is damaged and OutputError when it can't be written.
    """

    def __init__(self, folder: Path, lock: Lock, database: Database, unlock: Unlock) -> None:
        self.folder = folder
        self._lock = lock
        self._database = database
        self._active: set[str] = set()
        self._master = Master.opened(database, unlock)

    @property
    def _cipher(self) -> RecordCipher:
        return self._master.cipher

    def __repr__(self) -> str:
        return f"Vault({str(self.folder)!r})"

    @classmethod
    def create(cls, folder: Path, unlock: Unlock) -> Vault:
        """Make a vault in a folder (made too, 0700) and open it.

        Raises:
            VaultError: there is a vault already, it is in use, or others may look into the folder.
            OutputError: the folder can't be written.
        """
        folder = Path(folder)
        lock = _locked_new(folder)
        try:
            identity, master, lookup_key = os.urandom(16), os.urandom(32), os.urandom(32)
            header, _ = Header.wrap(identity, unlock, master)
            cipher = RecordCipher(identity, master, lookup_key)
            Database.create(folder / _FILE, header, identity, cipher.wrapped_lookup_key())
        except BaseException:
            lock.release()
            raise
        return cls._opened(folder, lock, unlock)

    @classmethod
    def open(cls, folder: Path, unlock: Unlock) -> Vault:
        """Open a vault.

        Raises:
            VaultError: no vault, not a vault, in use, a newer format, damaged, permissions too open, or a
                password or key file that is not this vault's.
        """
        folder = Path(folder)
        if not os.path.lexists(folder / _FILE):
            raise VaultError(
                f"There is no vault in {folder}",
                remedy="Check the path, or create the vault first",
            )
        require_private(folder, os.lstat(folder), stat.S_IFDIR, "vault's folder")
        return cls._opened(folder, Lock(folder / _LOCK), unlock)

    @classmethod
    def _opened(cls, folder: Path, lock: Lock, unlock: Unlock) -> Vault:
        try:
            database = Database(folder / _FILE)
            try:
                return cls(folder, lock, database, unlock)
            except BaseException:
                database.close()
                raise
        except BaseException:
            lock.release()
            raise

    @classmethod
    def restore(cls, backup: Path, folder: Path, unlock: Unlock) -> Vault:
        """Make a vault of a backup in a folder (made too, 0700) and open it.

        The backup is verified first: it opens with this unlock, and so does every record in it. Its journal
        is as old as itself; docs/vault.md says why going on with it does nothing twice.

        Raises:
            VaultError: there is a vault already, or others may look into the folder; the backup is damaged,
                or does not open with this.
            InputError: the backup can't be read, or is no file.
            OutputError: the folder can't be written.
        """
        folder = Path(folder)
        lock = _locked_new(folder)
        try:
            restore(Path(backup).absolute(), folder / _FILE, unlock)
        except BaseException:
            lock.release()
            raise
        return cls._opened(folder, lock, unlock)

    def close(self) -> None:
        """Close the file and let the next process in."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Records

    def put(self, kind: Kind, identifier: str, record: Record) -> None:
        """Write a record, or replace it. Durable when it returns (or when the enclosing transaction ends)."""
        with self.transaction():
            sealed = self._cipher.seal(kind, identifier, record)
            self._database.change(
                "INSERT INTO record VALUES (?, ?, ?, ?) ON CONFLICT (lookup) DO UPDATE SET "
                "wrapped_key = excluded.wrapped_key, ciphertext = excluded.ciphertext",
                (
                    self._cipher.lookup(kind, identifier),
                    kind.value,
                    sealed.wrapped_key,
                    sealed.ciphertext,
                ),
            )

    def find(self, kind: Kind, identifier: str) -> dict[str, Any] | None:
        """The record, or None when there is none."""
        lookup = self._cipher.lookup(kind, identifier)
        with self._database.turn:
            rows = self._database.rows(
                "SELECT wrapped_key, ciphertext FROM record WHERE lookup = ?", (lookup,)
            )
            return self._cipher.open(kind, lookup, Sealed(*rows[0]))[1] if rows else None

    def get(self, kind: Kind, identifier: str) -> dict[str, Any]:
        """The record. VaultError when there is none: a key that was never here, or was destroyed."""
        record = self.find(kind, identifier)
        if record is None:
            raise VaultError(
                f"The vault has no such {kind.replace('-', ' ')}",
                why="it was never put into this vault, or it was destroyed",
                remedy="Use the vault that holds it",
            )
        return record

    def records(self, kind: Kind) -> dict[str, dict[str, Any]]:
        """All records of a kind by their ids, in the order of the ids."""
        query = "SELECT lookup, wrapped_key, ciphertext FROM record WHERE kind = ?"
        with self._database.turn:
            rows = self._database.rows(query, (kind.value,))
            return dict(sorted(self._cipher.open(kind, lookup, Sealed(*sealed)) for lookup, *sealed in rows))

    def ids(self, kind: Kind) -> list[str]:
        """The ids of all records of a kind, in order."""
        return list(self.records(kind))

    def delete(self, kind: Kind, identifier: str) -> None:
        """Remove a record with its key, and all traces of both from the vault's files. None is fine."""
        with self.transaction():
            lookup = self._cipher.lookup(kind, identifier)
            if self._database.change("DELETE FROM record WHERE lookup = ?", (lookup,)):
                self._database.vacuum_later()

    def erase(self, *targets: tuple[Kind, str]) -> None:
        """Destroy records for good: they go, and what stays is wrapped anew under a new master key.

        A copy of the destroyed rows that survived somewhere (a freed disk block, a file system's snapshot) is
        then under a master key that no longer stands anywhere. A whole copy of the vault, header included,
        still opens with its password: docs/vault.md says what this proves and what it doesn't.

        Raises:
            RuntimeError: inside `transaction`, which could still take it back.
        """
        with self._database.turn:
            if self._database.busy:
                raise RuntimeError("erase is a transaction of its own")
            with self._database.transaction():
                for kind, identifier in targets:
                    self.delete(kind, identifier)
                master = self._master.renewed(self._database)
            self._master = master
            self._database.settle()

    def rotate_master(self, new_unlock: Unlock | None = None) -> None:
        """Draw a new master key, wrap every record's key under it, and change what opens the vault if asked.

        All or nothing: killed at any moment, the vault opens with the old unlock or with the new one, and is
        whole. Backups keep the master key and the unlock of their time.

        Args:
            new_unlock: what opens the vault from now on; None keeps what does.

        Raises:
            VaultError: the new unlock can't be used; nothing was changed.
            RuntimeError: inside `transaction`, which could still take it back.
        """
        with self._database.turn:
            if self._database.busy:
                raise RuntimeError("rotate_master is a transaction of its own")
            with self._database.transaction():
                master = self._master.renewed(self._database, new_unlock)
            self._master = master
            self._database.settle()

    @staticmethod
    def require_place(path: Path) -> None:
        """Judge where a backup is to be written, before a vault is opened for it.

        Raises:
            OutputError: something is there already, or its folder is not there.
        """
        require_place(Path(path).absolute())

    def backup(self, path: Path) -> None:
        """Write a copy of all that is durable to a new file: 0600, whole or not there, opened and checked.

        It opens with what opens the vault now, by `restore`; what is deleted or erased later stays in it.

        Args:
            path: the file. Nothing may be there.

        Raises:
            VaultError: what was written could not be read back, record by record.
            OutputError: something is there already, or the place can't be written.
            RuntimeError: inside `transaction`.
        """
        write(self._database, self._master, Path(path))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Writes inside become durable together when it ends; none of them when an exception ends it."""
        with self._database.transaction():
            yield
        self._database.settle()

    # The journal

    @contextmanager
    def journal(self, operation: str, key: str) -> Iterator[Entry]:
        """Begin a piece of work, or go on with the one that was interrupted.

        Leaving the block normally deletes the entry; an exception keeps it for the next run.

        Raises:
            VaultError: this very work is going on in another thread.
        """
        identifier = f"{operation}\0{key}"
        with self._database.turn:
            if identifier in self._active:
                raise VaultError(
                    f"'{operation}' is under way on the same thing already",
                    why="another thread of this process does it",
                    remedy="Wait until it has ended, and look at what came of it",
                )
            self._active.add(identifier)
        try:
            found = self.find(Kind.JOURNAL, identifier) or {"step": None, "state": {}}

            def write(record: Record | None) -> None:
                if record is None:
                    self.delete(Kind.JOURNAL, identifier)
                else:
                    self.put(Kind.JOURNAL, identifier, record)

            entry = Entry(operation, key, found, write)
            yield entry
            if entry.step is not None:
                entry.finish()
        finally:
            self._active.discard(identifier)

    def pending(self) -> list[Pending]:
        """What was begun and not finished."""
        entries = self.records(Kind.JOURNAL).values()
        return [Pending(entry["operation"], entry["key"], entry["step"]) for entry in entries]

    # Against the chain

    def require_epoch(self, study: bytes, epoch: int, manifest_digest: bytes) -> dict[str, Any]:
        """The STUDY_KEY record for what the chain names now; fails closed when the vault is behind the chain.

        Raises:
            VaultError: the chain is ahead of this vault (an old copy of it), or names another sealed object.
        """
        record = self.find(Kind.STUDY_KEY, study_key_id(study, epoch))
        if record is not None and record.get("manifest_digest") == manifest_digest:
            return record
        prefix = f"{study.hex()}/"
        names = [name for name in self.ids(Kind.STUDY_KEY) if name.startswith(prefix)]
        known = [int(name.removeprefix(prefix)) for name in names]
        if record is not None or not known:
            why = f"the chain names an object of epoch {epoch} for this study that this vault did not make"
        elif max(known) < epoch:
            why = f"the chain is at epoch {epoch} of this study and the vault knows epoch {max(known)}"
        else:
            why = f"the chain is at epoch {epoch} of this study and the vault's key for it was destroyed"
        raise VaultError(
            "This vault does not fit the chain",
            why=why,
            remedy="Don't go on with it: use the newest vault, or the newest backup of it",
        )


def _locked_new(folder: Path) -> Lock:
    """Make the folder of a vault that is not there yet, and lock it."""
    make_folder(folder)
    require_private(folder, os.lstat(folder), stat.S_IFDIR, "vault's folder")
    lock = Lock(folder / _LOCK)
    if os.path.lexists(folder / _FILE):
        lock.release()
        raise VaultError(
            f"There is a vault in {folder} already",
            remedy="Open it; or move it away first and keep it, since its keys may be the only copy",
        )
    return lock
