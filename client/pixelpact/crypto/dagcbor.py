"""Canonical dag-cbor: the typed pieces that the sealed study's three structures are written with.

Writing is ours because the libraries for it guess a value's kind (a byte string shaped like a CID becomes a
link); reading is libipld's, which takes longer heads than needed, so readers encode again and compare
(docs/sealed-study.md, dag-cbor). Tests hold both against libipld and dag-cbor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libipld

from pixelpact.errors import EncodingError

__all__ = ["array_head", "byte_string", "decode", "integer", "link", "map_head", "text", "text_map"]

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_LINK_TAG = b"\xd8\x2a"


def _head(major: int, value: int) -> bytes:
    """The shortest head of a major type (RFC 8949 section 3) with this argument, below 2^64."""
    if value < 24:
        return bytes((major << 5 | value,))
    if value < 0x100:
        return bytes((major << 5 | 24, value))
    size, additional = (2, 25) if value < 0x1_0000 else (4, 26) if value < 0x1_0000_0000 else (8, 27)
    return bytes((major << 5 | additional,)) + value.to_bytes(size, "big")


def integer(value: int) -> bytes:
    """An integer from -2^64 to 2^64 - 1."""
    return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def byte_string(value: bytes) -> bytes:
    """A byte string."""
    return _head(_BYTES, len(value)) + value


def text(value: str) -> bytes:
    """A text string, in UTF-8; UnicodeEncodeError for a lone surrogate."""
    encoded = value.encode()
    return _head(_TEXT, len(encoded)) + encoded


def array_head(count: int) -> bytes:
    """The head of an array; its items follow."""
    return _head(_ARRAY, count)


def map_head(count: int) -> bytes:
    """The head of a map; its keys and values follow, keys by length and then bytewise."""
    return _head(_MAP, count)


def link(cid: bytes) -> bytes:
    """A link (tag 42) to a binary CID."""
    return _LINK_TAG + byte_string(b"\x00" + cid)


def text_map(entries: Mapping[str, str | int]) -> bytes:
    """A map from text to text and integers, its keys put in their order."""
    keys = sorted(entries, key=lambda key: (len(key.encode()), key.encode()))
    parts = [map_head(len(keys))]
    for key in keys:
        value = entries[key]
        parts += (text(key), text(value) if isinstance(value, str) else integer(value))
    return b"".join(parts)


def decode(data: bytes, what: str) -> Any:
    """Decode one dag-cbor value; byte strings and links both arrive as ``bytes``: encode again and compare.

    Args:
        data: the whole block.
        what: what it should be, for the message ("root", "leaf", "index").

    Raises:
        EncodingError: not dag-cbor, or more than one value.
    """
    try:
        return libipld.decode_dag_cbor(data)
    except (ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise not_canonical(what, "it does not decode as dag-cbor") from error


def not_canonical(what: str, why: str) -> EncodingError:
    """The error for bytes that are not the one encoding of what they should say."""
    return EncodingError(
        f"The sealed study's {what} is not in its canonical encoding",
        why=why,
        remedy="Ask the custodian to seal the study again",
    )
