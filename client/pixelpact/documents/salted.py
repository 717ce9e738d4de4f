"""Salted digests of what stays off the chain: forms, notes, reasons, reports."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from pixelpact.errors import InputError
from pixelpact.vault import Kind, Vault

__all__ = ["keep_salt", "matches_salted", "new_salt", "require_salted", "salted_digest"]

_LABEL = b"PixelPact/v2/form\n"
_SALT = 32


def new_salt() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(_SALT)


def salted_digest(salt: bytes, content: bytes) -> bytes:
    """What the chain gets in place of a form: SHA-256 over a label, the salt (32 bytes) and the form."""
    return hashlib.sha256(_LABEL + salt + content).digest()


def matches_salted(digest: bytes, salt: bytes, content: bytes) -> bool:
    """Whether the digest is of this content under this salt."""
    return hmac.compare_digest(salted_digest(salt, content), digest)


def require_salted(digest: bytes, salt: bytes, content: bytes, what: str) -> None:
    """Check that a digest is of this content.

    Raises:
        InputError: it is of something else; ``what`` names what it should be of.
    """
    if not matches_salted(digest, salt, content):
        raise InputError(
            f"This is not {what}",
            why="its digest is another one",
            remedy="Give the file as it was given when the draft was made, bit for bit",
        )


def keep_salt(vault: Vault, digest: bytes, salt: bytes, what: str) -> None:
    """Keep a digest's salt and what it is of; without the salt nobody can show what the digest is of."""
    vault.put(Kind.FORM, digest.hex(), {"salt": salt, "what": what})
