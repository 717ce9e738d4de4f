"""The key envelope: study key and secret for one requester, bound to its context.

docs/sealed-study.md, Key envelope.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Never

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from pixelpact.crypto.keys import StudyKey, StudySecret, fixed
from pixelpact.errors import ChainMismatchError, InputError, UnwrapError
from pixelpact.models import EnvelopeContext, HandoverContext

__all__ = [
    "ENVELOPE_SIZE",
    "EncryptionKeyPair",
    "open_handover",
    "seal_handover",
    "unwrap",
    "validate_public_key",
    "wrap",
]

KEM_ID, KDF_ID, AEAD_ID = 0x647A, 0x0001, 0x0002
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

ENVELOPE_SIZE = 1200
PUBLIC_KEY_SIZE = 1216
SEED_SIZE = 32
_MLKEM_PUBLIC_SIZE = 1184
_MLKEM_SEED_SIZE = 64


class EncryptionKeyPair:
    """A requester's key pair (X-Wing): a 32-byte seed, and the public key that the registry holds.

    Attributes:
        public_key: 1,216 bytes.
    """

    __slots__ = ("_private", "_seed", "public_key")

    def __init__(self, seed: bytes) -> None:
        """The key pair of a seed of 32 bytes; ValueError for another length."""
        self._seed = fixed(bytes(seed), SEED_SIZE)
        expanded = hashlib.shake_256(self._seed).digest(_MLKEM_SEED_SIZE + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:])
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public_key = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> EncryptionKeyPair:
        """A new one from the operating system's generator."""
        return cls(os.urandom(SEED_SIZE))

    def __bytes__(self) -> bytes:
        """The seed: what the vault stores."""
        return self._seed

    def __repr__(self) -> str:
        return "EncryptionKeyPair(hidden)"

    def __reduce__(self) -> Never:
        raise TypeError("an EncryptionKeyPair is not pickled: store it in the vault")


def validate_public_key(public_key: bytes) -> None:
    """Check a public key before it is registered.

    Raises:
        InputError: another length, coefficients outside the modulus (FIPS 203 section 7.2), a half of zeros,
            or an X25519 half that gives no shared secret (RFC 7748 section 6.1).
    """
    _public(public_key)


def wrap(public_key: bytes, key: StudyKey, secret: StudySecret, context: EnvelopeContext) -> bytes:
    """Wrap the study key and secret for one requester.

    Args:
        public_key: the requester's, of the context's key version.
        key: of the context's epoch.
        secret: the study's.
        context: what the envelope is bound to.

    Returns:
        1,200 bytes; their SHA-256 is the envelope digest of the release.

    Raises:
        InputError: the public key is not valid.
    """
    recipient = _public(public_key)
    return _SUITE.encrypt(bytes(key) + bytes(secret), recipient, info=_info(public_key, context))


def unwrap(
    key_pair: EncryptionKeyPair, envelope: bytes, context: EnvelopeContext, released: bytes
) -> tuple[StudyKey, StudySecret]:
    """Open an envelope.

    Args:
        key_pair: the requester's, of the context's key version.
        envelope: as fetched.
        context: as the requester knows it: its own request and network, the rest from the ledger's release.
        released: the envelope digest that the ledger's final release carries, 32 bytes.

    Raises:
        ChainMismatchError: the ledger released another envelope.
        UnwrapError: it does not open with this key in this context.
    """
    if not hmac.compare_digest(hashlib.sha256(envelope).digest(), released):
        raise ChainMismatchError(
            "The key envelope is not the one that was released",
            why="its digest differs from the ledger's",
            remedy="Fetch it from the custodian again",
        )
    return _opened(key_pair, envelope, _info(key_pair.public_key, context))


def seal_handover(public_key: bytes, key: StudyKey, secret: StudySecret, context: HandoverContext) -> bytes:
    """Seal a study's key and secret to the institution that becomes its custodian. As ``wrap``.

    Raises:
        InputError: the public key is not valid.
    """
    recipient = _public(public_key)
    return _SUITE.encrypt(bytes(key) + bytes(secret), recipient, info=_handover_info(public_key, context))


def open_handover(
    key_pair: EncryptionKeyPair, envelope: bytes, context: HandoverContext
) -> tuple[StudyKey, StudySecret]:
    """Open what ``seal_handover`` made, in the context as the new custodian has it from the chain.

    Raises:
        UnwrapError: it does not open with this key in this context.
    """
    return _opened(key_pair, envelope, _handover_info(key_pair.public_key, context))


def _opened(key_pair: EncryptionKeyPair, envelope: bytes, info: bytes) -> tuple[StudyKey, StudySecret]:
    if len(envelope) != ENVELOPE_SIZE:
        raise _unwrap_error(f"it has {len(envelope):,} bytes instead of {ENVELOPE_SIZE:,}")
    try:
        opened = _SUITE.decrypt(envelope, key_pair._private, info=info)  # noqa: SLF001
    except (InvalidTag, ValueError) as error:
        raise _unwrap_error("another key pair, request, study, epoch or network") from error
    return StudyKey(opened[:32]), StudySecret(opened[32:])


def _unwrap_error(why: str) -> UnwrapError:
    return UnwrapError(
        "The key envelope does not open",
        why=why,
        remedy="Check that your key pair is the registered one, then ask for the release again",
    )


def _public(public_key: bytes) -> MLKEM768X25519PublicKey:
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise _bad_key(f"it has {len(public_key):,} bytes instead of {PUBLIC_KEY_SIZE:,}")
    mlkem, x25519 = public_key[:_MLKEM_PUBLIC_SIZE], public_key[_MLKEM_PUBLIC_SIZE:]
    if not any(mlkem) or not any(x25519):
        raise _bad_key("one of its halves is all zeros")
    try:
        half = X25519PublicKey.from_public_bytes(x25519)
        X25519PrivateKey.generate().exchange(half)
        return MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(mlkem), half)
    except ValueError as error:
        raise _bad_key("it is no valid pair of ML-KEM-768 and X25519 keys") from error


def _bad_key(why: str) -> InputError:
    return InputError(
        "The public encryption key can't be used",
        why=why,
        remedy="Publish the public key of a key pair that PixelPact made",
    )


def _info(public_key: bytes, context: EnvelopeContext) -> bytes:
    """What the envelope is bound to, 255 bytes of fixed width."""
    parts = (
        b"PixelPact/v1/envelope",
        fixed(context.genesis, 32),
        context.chain_id.to_bytes(32, "big"),
        fixed(context.ledger, 20),
        fixed(context.request_id, 32),
        fixed(context.study_id, 32),
        context.epoch.to_bytes(4, "big"),
        fixed(context.manifest_digest, 32),
        context.custodian.to_bytes(4, "big"),
        context.requester.to_bytes(4, "big"),
        context.key_version.to_bytes(4, "big"),
        hashlib.sha256(public_key).digest(),
        KEM_ID.to_bytes(2, "big"),
        KDF_ID.to_bytes(2, "big"),
        AEAD_ID.to_bytes(2, "big"),
    )
    return b"".join(parts)


def _handover_info(public_key: bytes, context: HandoverContext) -> bytes:
    """What a handover is bound to; its label keeps it apart from every envelope."""
    parts = (
        b"PixelPact/v2/handover",
        fixed(context.genesis, 32),
        context.chain_id.to_bytes(32, "big"),
        fixed(context.registry, 20),
        fixed(context.study, 32),
        context.epoch.to_bytes(4, "big"),
        fixed(context.manifest_digest, 32),
        context.custodian.to_bytes(4, "big"),
        context.to.to_bytes(4, "big"),
        context.key_version.to_bytes(4, "big"),
        hashlib.sha256(public_key).digest(),
        KEM_ID.to_bytes(2, "big"),
        KDF_ID.to_bytes(2, "big"),
        AEAD_ID.to_bytes(2, "big"),
    )
    return b"".join(parts)
