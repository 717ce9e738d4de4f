"""What a record is, and how it is encrypted: a key per record, wrapped by the master key (AES-256-GCM)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.errors import VaultError

__all__ = ["Kind", "Record", "RecordCipher", "Sealed", "Value", "open_box", "seal_box"]

Value = None | bool | int | str | bytes | list[Any] | dict[str, Any]
Record = Mapping[str, Value]

_BYTES = "@bytes"
_NONCE = 12


class Kind(StrEnum):
    """What a record is about. The kind is the only thing about a record that can be read without the key."""

    STUDY = "study"
    STUDY_SECRET = "study-secret"  # noqa: S105 - the name of a kind
    STUDY_KEY = "study-key"
    ENCRYPTION_SEED = "encryption-seed"
    OPERATOR_KEY = "operator-key"
    PATIENT_KEY = "patient-key"
    PERSON_KEY = "person-key"
    CONSENT = "consent"
    PAPER = "paper"
    EVIDENCE = "evidence"
    BATCH = "batch"
    FORM = "form"
    REQUEST = "request"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Sealed:
    """One row as it stands in the file: the record's key under the master key, the record under its key."""

    wrapped_key: bytes
    ciphertext: bytes


def seal_box(key: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """Nonce (12 random bytes), ciphertext and tag of AES-256-GCM in one string."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated)


def open_box(key: bytes, box: bytes, associated: bytes) -> bytes:
    """The plaintext of `seal_box`; cryptography's InvalidTag when it is not that."""
    if len(box) < _NONCE + 16:
        raise InvalidTag
    return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], associated)


class RecordCipher:
    """Seals and opens records, bound to vault, kind and id: no row fits in another's place."""

    def __init__(self, vault: bytes, master: bytes, lookup_key: bytes) -> None:
        self._vault = vault
        self._master = master
        self._lookup_key = lookup_key

    def __repr__(self) -> str:
        return "RecordCipher(...)"

    def lookup(self, kind: Kind, identifier: str) -> bytes:
        """The 32 bytes that stand in the file instead of the id."""
        message = kind.encode() + b"\0" + identifier.encode()
        return hmac.digest(self._lookup_key, message, hashlib.sha256)

    def seal(self, kind: Kind, identifier: str, record: Record) -> Sealed:
        """Encrypt under a fresh key. TypeError for a value that a record can't hold."""
        key = os.urandom(32)
        bound = self._bound(kind, self.lookup(kind, identifier))
        plaintext = json.dumps([identifier, _plain(record)], separators=(",", ":")).encode()
        return Sealed(
            seal_box(self._master, key, b"PixelPact/v1/vault/key" + bound),
            seal_box(key, plaintext, b"PixelPact/v1/vault/record" + bound),
        )

    def open(self, kind: str, lookup: bytes, sealed: Sealed) -> tuple[str, dict[str, Any]]:
        """Id and record. VaultError when the row is damaged or was moved here from elsewhere."""
        bound = self._bound(kind, lookup)
        try:
            key = open_box(self._master, sealed.wrapped_key, b"PixelPact/v1/vault/key" + bound)
            plaintext = open_box(key, sealed.ciphertext, b"PixelPact/v1/vault/record" + bound)
        except InvalidTag:
            raise _damaged(kind) from None
        identifier, record = json.loads(plaintext, object_hook=_unplain)
        return identifier, record

    def rewrap(self, kind: str, lookup: bytes, wrapped_key: bytes, master: bytes) -> bytes:
        """The record's key under another master key; the record itself is not touched."""
        associated = b"PixelPact/v1/vault/key" + self._bound(kind, lookup)
        try:
            return seal_box(master, open_box(self._master, wrapped_key, associated), associated)
        except InvalidTag:
            raise _damaged(kind) from None

    def under(self, master: bytes) -> RecordCipher:
        """The same vault's cipher after its master key was changed."""
        return RecordCipher(self._vault, master, self._lookup_key)

    def wrapped_lookup_key(self) -> bytes:
        """The lookup key under the master key, for the vault's header."""
        return seal_box(self._master, self._lookup_key, b"PixelPact/v1/vault/lookup" + self._vault)

    @classmethod
    def from_header(cls, vault: bytes, master: bytes, wrapped_lookup_key: bytes) -> RecordCipher:
        """Read back `wrapped_lookup_key`; InvalidTag when it is not this vault's."""
        key = open_box(master, wrapped_lookup_key, b"PixelPact/v1/vault/lookup" + vault)
        return cls(vault, master, key)

    def _bound(self, kind: str, lookup: bytes) -> bytes:
        return self._vault + lookup + kind.encode()


def _damaged(kind: str) -> VaultError:
    return VaultError(
        f"A record of kind '{kind}' in the vault can't be read",
        why="its bytes were changed after it was written",
        remedy="Restore the vault from a backup",
    )


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value) or _BYTES in value:
            raise TypeError("a record's keys are strings other than '@bytes'")
        return {str(key): _plain(item) for key, item in value.items()}
    raise TypeError(f"a record can't hold a {type(value).__name__}")


def _unplain(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[_BYTES]) if _BYTES in value else value
