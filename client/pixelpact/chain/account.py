"""An Ethereum account: what signs transactions and, for a patient, consents."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from eth_account import Account as EthAccount
from eth_account.messages import SignableMessage
from eth_account.signers.local import LocalAccount

from pixelpact.errors import InputError

__all__ = ["Account"]


class Account:
    """A secp256k1 key. Neither ``repr`` nor ``str`` shows the key.

    Args:
        key: 32 bytes, a number from 1 to the order of the curve less 1.

    Raises:
        InputError: bytes that are no such key.
    """

    __slots__ = ("_local",)

    _local: LocalAccount

    def __init__(self, key: bytes) -> None:
        try:
            # The library would take other lengths and types; a key is its 32 bytes.
            self._local = EthAccount.from_key(key if len(key) == 32 else b"")
        except Exception:  # noqa: BLE001  (whatever it is, it may carry the key: nothing of it is passed on)
            raise InputError(
                "This is not an account's key",
                why="a key has 32 bytes and lies within the curve's order",
                remedy="Make a new one or restore it from a backup",
            ) from None

    @classmethod
    def generate(cls) -> Account:
        """A new account from the system's randomness."""
        return cls(bytes(EthAccount.create().key))

    @classmethod
    def load(cls, path: Path) -> Account:
        """The account whose key stands in a file of 0600: 64 hexadecimal digits.

        Raises:
            InputError: no such file, one that others may read, or no key in it.
        """
        try:
            with path.open("rb") as stream:
                mode, content = os.fstat(stream.fileno()).st_mode, stream.read(100)
        except OSError as error:
            raise InputError(
                f"The account's key {path} can't be read",
                why=error.strerror or str(error),
                remedy="Give the file that holds the operator's key",
            ) from error
        if mode & 0o077:
            raise InputError(
                f"The account's key {path} may be read by others",
                why=f"its permissions are {stat.S_IMODE(mode):03o}",
                remedy=f"Run: chmod 600 '{path}', and find out who could read it",
            )
        found = re.fullmatch(rb"(?:0x)?([0-9a-fA-F]{64})\s*", content)
        return cls(bytes.fromhex(found[1].decode("ascii")) if found else b"")

    @property
    def address(self) -> bytes:
        """The account's address, 20 bytes."""
        return bytes.fromhex(self._local.address[2:])

    def reveal_key(self) -> bytes:
        """The 32 bytes of the key, for a vault to keep."""
        return bytes(self._local.key)

    def sign_message(self, message: SignableMessage) -> bytes:
        """Sign EIP-191 or EIP-712 data: 65 bytes r, s, v, with low s and v 27 or 28 (EIP-2)."""
        return bytes(self._local.sign_message(message).signature)

    def sign_transaction(self, fields: dict[str, Any]) -> bytes:
        """The raw bytes of a signed transaction (EIP-2718) with these fields."""
        return bytes(self._local.sign_transaction(fields).raw_transaction)

    def __repr__(self) -> str:
        return f"Account({self._local.address})"

    def __reduce__(self) -> Any:
        raise TypeError("an account is not pickled: its key would leave the vault")
