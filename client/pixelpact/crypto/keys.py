"""Secrets, names and derived keys of a sealed study (docs/sealed-study.md, Secrets and names; Keys)."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Never, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_hash.auto import keccak

from pixelpact.models import StudyContext

__all__ = [
    "ChunkKeys",
    "StudyKey",
    "StudySecret",
    "content_commitment",
    "context_digest",
    "derive_keys",
    "local_id",
    "study_id",
]

SALT_SIZE = 32


class _Secret:
    """32 secret bytes that don't show in a message, a log or a pickle; ``bytes(secret)`` gives them."""

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: bytes) -> None:
        if len(value) != 32:
            raise ValueError(f"a {type(self).__name__} has 32 bytes, not {len(value)}")
        self._value = bytes(value)

    @classmethod
    def generate(cls) -> Self:
        """A new one from the operating system's generator."""
        return cls(os.urandom(32))

    def __bytes__(self) -> bytes:
        return self._value

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and hmac.compare_digest(self._value, bytes(other))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __reduce__(self) -> Never:
        raise TypeError(f"a {type(self).__name__} is not pickled: store it in the vault")


class StudyKey(_Secret):
    """K: what one epoch's ciphertext of a study is encrypted and authenticated under."""

    __slots__ = ()


class StudySecret(_Secret):
    """r: what a study's id and content commitment are keyed with, for as long as the study lives."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, repr=False)
class ChunkKeys:
    """The three keys derived for one attempt at sealing."""

    header: bytes
    data: bytes
    index: bytes

    def __repr__(self) -> str:
        return "ChunkKeys(hidden)"


def local_id(secret: StudySecret, custodian: int, study_uid: str) -> bytes:
    """The study's name at its custodian, 32 bytes that only holders of the study's secret can recompute.

    Args:
        secret: the study's secret.
        custodian: the institution's number, 32 bits.
        study_uid: the StudyInstanceUID (0020,000D), ASCII.
    """
    message = b"PixelPact/v1/study" + custodian.to_bytes(4, "big") + study_uid.encode("ascii")
    return hmac.digest(bytes(secret), message, "sha256")


def study_id(custodian: int, local: bytes) -> bytes:
    """The study's id on the chain: keccak256(abi.encode(uint32 custodian, bytes32 local)), 32 bytes."""
    if len(local) != 32:
        raise ValueError(f"a local id has 32 bytes, not {len(local)}")
    custodian.to_bytes(4, "big")  # abi.encode pads to 32 bytes; the number itself must fit 32 bits
    return keccak(custodian.to_bytes(32, "big") + local)


def content_commitment(secret: StudySecret, index_digest: bytes) -> bytes:
    """What a rotation may not change: the study's secret over the SHA-256 of its index, 32 bytes."""
    return hmac.digest(bytes(secret), b"PixelPact/v1/content" + index_digest, "sha256")


def context_digest(context: StudyContext) -> bytes:
    """ctx: the chain, registry, study and epoch that a sealed study's keys are bound to, 32 bytes."""
    parts = (
        b"PixelPact/v1/context",
        fixed(context.genesis, 32),
        context.chain_id.to_bytes(32, "big"),
        fixed(context.registry, 20),
        fixed(context.study_id, 32),
        context.epoch.to_bytes(4, "big"),
    )
    return hashlib.sha256(b"".join(parts)).digest()


def derive_keys(key: StudyKey, salt: bytes, ctx: bytes) -> ChunkKeys:
    """The keys of one attempt (RFC 5869): its salt, the study key, and the context."""
    fixed(salt, SALT_SIZE)  # HKDF pads with zeros: a shorter salt would be another one's twin

    def expand(name: bytes) -> bytes:
        info = b"PixelPact/v1/" + name + b"\x00" + ctx
        return HKDF(SHA256(), length=32, salt=salt, info=info).derive(bytes(key))

    return ChunkKeys(header=expand(b"header"), data=expand(b"data"), index=expand(b"index"))


def fixed(value: bytes, size: int) -> bytes:
    """The value, if it has this many bytes: what is hashed must not be ambiguous."""
    if len(value) != size:
        raise ValueError(f"expected {size} bytes, not {len(value)}")
    return value
