"""The master key in use: what an unlock opened, and how everything comes under another one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag

from pixelpact.errors import VaultError
from pixelpact.vault.database import Database
from pixelpact.vault.records import RecordCipher, Sealed
from pixelpact.vault.unlock import Header, Unlock

__all__ = ["Master"]


@dataclass(frozen=True, slots=True)
class Master:
    """An opened header.

    Attributes:
        vault: the vault's id, 16 bytes.
        parameters: of the unlock, as they stand in the header.
        wrapping_key: what the unlock gave for them.
        cipher: seals and opens records under the master key.
    """

    vault: bytes
    parameters: str
    wrapping_key: bytes = field(repr=False)
    cipher: RecordCipher

    @classmethod
    def opened(cls, database: Database, unlock: Unlock) -> Master:
        """Read the header of a file and open it.

        Raises:
            VaultError: a damaged header, or not this file's unlock.
        """
        rows = database.rows(
            "SELECT vault, parameters, wrapped_master, digest, wrapped_lookup_key FROM header"
        )
        if len(rows) != 1:
            raise _damaged(database.path)
        vault, parameters, wrapped_master, digest, wrapped_lookup_key = rows[0]
        master, wrapping_key = Header(parameters, wrapped_master, digest).open(vault, unlock)
        try:
            cipher = RecordCipher.from_header(vault, master, wrapped_lookup_key)
        except InvalidTag:
            raise _damaged(database.path) from None
        return cls(vault, parameters, wrapping_key, cipher)

    def check(self, database: Database) -> None:
        """Open every record of a file. VaultError for one that does not open."""
        for kind, lookup, *sealed in database.rows(
            "SELECT kind, lookup, wrapped_key, ciphertext FROM record"
        ):
            self.cipher.open(kind, lookup, Sealed(*sealed))

    def renewed(self, database: Database, unlock: Unlock | None = None) -> Master:
        """Draw a new master key and wrap everything under it, in the transaction that is open.

        Args:
            database: this master key's.
            unlock: what the new one is wrapped under; None keeps the one there is.

        Raises:
            VaultError: a record's key can't be read; or the new unlock can't be used.
        """
        secret = os.urandom(32)
        if unlock is None:
            header = Header.wrap_again(self.vault, self.parameters, self.wrapping_key, secret)
            wrapping_key = self.wrapping_key
        else:
            header, wrapping_key = Header.wrap(self.vault, unlock, secret)
        for lookup, kind, wrapped_key in database.rows("SELECT lookup, kind, wrapped_key FROM record"):
            database.change(
                "UPDATE record SET wrapped_key = ? WHERE lookup = ?",
                (self.cipher.rewrap(kind, lookup, wrapped_key, secret), lookup),
            )
        cipher = self.cipher.under(secret)
        database.change(
            "UPDATE header SET parameters = ?, wrapped_master = ?, digest = ?, wrapped_lookup_key = ?",
            (header.parameters, header.wrapped_master, header.digest, cipher.wrapped_lookup_key()),
        )
        # What was wrapped under the old one may lie in pages as a copy.
        database.vacuum_later()
        return Master(self.vault, header.parameters, wrapping_key, cipher)


def _damaged(path: Path) -> VaultError:
    return VaultError(
        f"The vault {path.parent} is damaged",
        why="its header is not what was written",
        remedy="Restore the vault from a backup",
    )
