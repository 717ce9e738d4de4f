"""Content identifiers: the only kind of CID that a sealed study has."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

__all__ = ["DAG_CBOR", "RAW", "Cid"]

RAW = 0x55
DAG_CBOR = 0x71


@dataclass(frozen=True, slots=True, order=True)
class Cid:
    """A CIDv1 with SHA-256: the only kind the sealed study has.

    Attributes:
        codec: ``RAW`` or ``DAG_CBOR``.
        digest: the 32-byte SHA-256 of the block.
    """

    codec: int
    digest: bytes

    def __post_init__(self) -> None:
        if self.codec not in (RAW, DAG_CBOR):
            raise ValueError(f"codec {self.codec:#x} is neither raw nor dag-cbor")
        if len(self.digest) != 32:
            raise ValueError(f"a SHA-256 digest has 32 bytes, not {len(self.digest)}")

    @classmethod
    def of(cls, codec: int, data: bytes | bytearray | memoryview) -> Cid:
        """The CID of a block's bytes."""
        return cls(codec, hashlib.sha256(data).digest())

    @classmethod
    def from_bytes(cls, data: bytes) -> Cid:
        """Read the 36 binary bytes; ValueError for any other version, hash or codec."""
        if len(data) != 36 or data[0] != 1 or data[2:4] != b"\x12\x20":
            raise ValueError("not a binary CIDv1 with SHA-256")
        return cls(data[1], data[4:])

    @classmethod
    def parse(cls, text: str) -> Cid:
        """Read the base32 text (``b...``); ValueError for anything but its one canonical spelling."""
        if len(text) != 59 or text[0] != "b":
            raise ValueError("not a base32 CIDv1 with SHA-256")
        cid = cls.from_bytes(base64.b32decode(text[1:].upper() + "======"))
        if str(cid) != text:
            raise ValueError("not the canonical spelling of this CID")
        return cid

    def __bytes__(self) -> bytes:
        return bytes((1, self.codec, 0x12, 0x20)) + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(bytes(self)).decode("ascii").rstrip("=").lower()
