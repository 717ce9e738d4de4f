"""What opens a vault, and the header in which the master key lies wrapped under it.

A password goes through Argon2id (RFC 9106, its second recommended setting: 3 passes, 4 lanes, 64 MiB), the 32
random bytes of a key file or of the system's keyring (system_keyring.py) through HKDF-SHA256 (RFC 5869). Each
gives the key that wraps the random master key.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pixelpact.durable import clear_beside
from pixelpact.errors import InputError, VaultError
from pixelpact.vault.place import require_private, written_new
from pixelpact.vault.records import open_box, seal_box

__all__ = ["Header", "KeyFile", "Password", "Unlock"]

_ARGON2ID = {"iterations": 3, "lanes": 4, "memory_kib": 65536}
#: A header that asks for more than this is damaged or hostile: the memory is not even tried for.
_LIMITS = {"iterations": 64, "lanes": 64, "memory_kib": 4 * 1024 * 1024}
_KEY_FILE = b"pixelpact vault key 1 "
_LABEL = b"PixelPact/v1/vault/master"


class Unlock(Protocol):
    """Something that gives the key under which the master key is wrapped."""

    @property
    def method(self) -> str:
        """The name that stands in the header, and what a person calls it."""
        ...

    def prepare(self) -> dict[str, Any]:
        """Fresh parameters for a new header."""
        ...

    def key(self, parameters: dict[str, Any]) -> bytes:
        """The 32-byte wrapping key for these parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """A person's password, taken as Unicode NFC: the same letters typed on another keyboard are the same.

    Raises:
        InputError: an empty password.
    """

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secret:
            raise InputError("The vault's password is empty", remedy="Give a password")

    @property
    def method(self) -> str:
        """As the header and a person call it."""
        return "password"

    def prepare(self) -> dict[str, Any]:
        """The work to do per guess, and a salt."""
        return {**_ARGON2ID, "salt": os.urandom(16).hex()}

    def key(self, parameters: dict[str, Any]) -> bytes:
        """Argon2id over the password."""
        if any(not 1 <= parameters[name] <= limit for name, limit in _LIMITS.items()):
            raise _damaged_header()
        derivation = Argon2id(
            salt=bytes.fromhex(parameters["salt"]),
            length=32,
            iterations=parameters["iterations"],
            lanes=parameters["lanes"],
            memory_cost=parameters["memory_kib"],
        )
        return derivation.derive(unicodedata.normalize("NFC", self.secret).encode())


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file of 0600 with 32 random bytes, for an agent that starts with nobody there.

    `Vault.create` makes the file when there is none. Keep it away from the vault: together they open.
    """

    path: Path

    @property
    def method(self) -> str:
        """As the header and a person call it."""
        return "key file"

    def prepare(self) -> dict[str, Any]:
        """A salt; and the file, when there is none."""
        path = Path(self.path)
        with suppress(FileNotFoundError):
            if path.is_file() and not path.stat().st_size:
                # Whoever began it was cut off before a byte of it was written.
                path.unlink()
        if path.exists():
            # A run that was cut off between the file's two names left the other one.
            with suppress(OSError):
                clear_beside(path)
        else:
            written_new(path, _KEY_FILE + os.urandom(32).hex().encode() + b"\n")
        return {"salt": os.urandom(16).hex()}

    def key(self, parameters: dict[str, Any]) -> bytes:
        """HKDF over the file's 32 bytes."""
        derivation = HKDF(SHA256(), 32, bytes.fromhex(parameters["salt"]), b"PixelPact/v1/vault/key-file")
        return derivation.derive(self._read())

    def _read(self) -> bytes:
        try:
            with Path(self.path).open("rb") as file:
                require_private(self.path, os.fstat(file.fileno()), stat.S_IFREG, "key file")
                content = file.read(len(_KEY_FILE) + 66)
        except OSError as error:
            raise VaultError(
                f"The vault's key file {self.path} can't be read",
                why=error.strerror or str(error),
                remedy="Check the path, or bring the key file back from where it is kept safe",
            ) from None
        found = re.fullmatch(_KEY_FILE + rb"([0-9a-f]{64})\n", content)
        if found is None:
            raise VaultError(
                f"{self.path} is not a vault's key file",
                why="it does not hold what PixelPact writes into one",
                remedy="Give the file that the vault was made with",
            )
        return bytes.fromhex(found[1].decode("ascii"))


@dataclass(frozen=True, slots=True)
class Header:
    """How the master key is wrapped. The digest tells a damaged header from a wrong password."""

    parameters: str
    wrapped_master: bytes
    digest: bytes

    @classmethod
    def wrap(cls, vault: bytes, unlock: Unlock, master: bytes) -> tuple[Header, bytes]:
        """A header with fresh parameters, and the wrapping key it was made with."""
        fresh = {"method": unlock.method, **unlock.prepare()}
        parameters = json.dumps(fresh, sort_keys=True, separators=(",", ":"))
        key = unlock.key(fresh)
        return cls.wrap_again(vault, parameters, key, master), key

    @classmethod
    def wrap_again(cls, vault: bytes, parameters: str, key: bytes, master: bytes) -> Header:
        """A header for another master key under the wrapping key that is already known."""
        wrapped = seal_box(key, master, _LABEL + vault + parameters.encode())
        return cls(parameters, wrapped, _digest(vault, parameters, wrapped))

    def open(self, vault: bytes, unlock: Unlock) -> tuple[bytes, bytes]:
        """Master key and wrapping key.

        Raises:
            VaultError: a damaged header, another method, a wrong password or key file.
        """
        if _digest(vault, self.parameters, self.wrapped_master) != self.digest:
            raise _damaged_header()
        try:
            parameters = json.loads(self.parameters)
            method = parameters["method"]
            key = unlock.key(parameters) if method == unlock.method else b""
        except (KeyError, TypeError, ValueError):
            raise _damaged_header() from None
        if method != unlock.method:
            raise VaultError(
                f"This vault opens with a {method}, not with a {unlock.method}",
                remedy=f"Give the {method} it was made with",
            )
        try:
            return open_box(key, self.wrapped_master, _LABEL + vault + self.parameters.encode()), key
        except InvalidTag:
            raise VaultError(
                f"The vault does not open with this {unlock.method}",
                why="it is not the one the vault was made with",
                remedy="Try again; nothing was changed",
            ) from None


def _digest(vault: bytes, parameters: str, wrapped: bytes) -> bytes:
    return hashlib.sha256(vault + hashlib.sha256(parameters.encode()).digest() + wrapped).digest()


def _damaged_header() -> VaultError:
    return VaultError(
        "The vault's header is damaged",
        why="its bytes are not those that were written",
        remedy="Restore the vault from a backup",
    )
