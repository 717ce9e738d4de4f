"""A vault's unlock in the system's keyring: Secret Service, KWallet, Keychain, Credential Locker.

By the package ``keyring``, which finds the system's own; an extra, loaded when it is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pixelpact.errors import InputError, VaultError

__all__ = ["Keyring"]

_SERVICE = "pixelpact"
_INSTEAD = "Unlock the keyring, or use a password or a key file instead"


@dataclass(frozen=True, slots=True)
class Keyring:
    """32 random bytes that the system's keyring keeps for this user, under the service 'pixelpact'.

    `Vault.create` and `Vault.rotate_master` put them there when there are none. Whoever is logged in as this
    user opens the vault; a backup of it opens only where the keyring has the same secret.

    Args:
        name: what the secret is called there, such as 'hospital'.

    Raises:
        InputError: no name.
    """

    name: str

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("The secret in the keyring has no name", remedy="Give one, such as 'hospital'")

    @property
    def method(self) -> str:
        """As the header and a person call it."""
        return "keyring"

    def prepare(self) -> dict[str, Any]:
        """A salt; and the secret, when there is none."""
        if self._found() is None:
            with _asked() as keyring:
                keyring.set_password(_SERVICE, self.name, os.urandom(32).hex())
            # Some keep nothing and say so to nobody: a vault under a lost secret would be lost too.
            if self._found() is None:
                raise VaultError(
                    "The system's keyring does not keep what is put into it",
                    why="the secret is not there when it is asked for again",
                    remedy=_INSTEAD,
                )
        return {"salt": os.urandom(16).hex()}

    def key(self, parameters: dict[str, Any]) -> bytes:
        """HKDF over the 32 bytes."""
        derivation = HKDF(SHA256(), 32, bytes.fromhex(parameters["salt"]), b"PixelPact/v1/vault/keyring")
        secret = self._found()
        if secret is None:
            raise VaultError(
                f"The system's keyring has no secret '{self.name}' for PixelPact",
                why="it was never kept for this user on this computer, or it was removed",
                remedy="Check the name, or bring the keyring back; nothing else opens this vault",
            )
        return derivation.derive(secret)

    def _found(self) -> bytes | None:
        with _asked() as keyring:
            found = keyring.get_password(_SERVICE, self.name)
        if found is None:
            return None
        if not re.fullmatch(r"[0-9a-f]{64}", found):
            raise VaultError(
                f"The secret '{self.name}' in the system's keyring is not PixelPact's",
                why="it does not hold what PixelPact puts there",
                remedy="Give the name that the vault was made with",
            )
        return bytes.fromhex(found)


@contextmanager
def _asked() -> Iterator[ModuleType]:
    try:
        import keyring  # noqa: PLC0415 - an extra
        import keyring.errors  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise InputError(
            "The system's keyring can't be used",
            why="the package keyring is not installed",
            remedy="Install it (pip install 'pixelpact[keyring]'), or use a password or a key file",
        ) from None
    try:
        yield keyring
    except keyring.errors.NoKeyringError:
        raise VaultError(
            "There is no keyring on this system",
            why="no program that keeps secrets for this user was found",
            remedy="Use a password or a key file; a desktop session has a keyring of its own",
        ) from None
    except keyring.errors.KeyringError as error:
        raise VaultError(
            "The system's keyring does not answer",
            why=str(error).strip().rstrip(".") or "it is locked, or its program is not running",
            remedy=_INSTEAD,
        ) from None
