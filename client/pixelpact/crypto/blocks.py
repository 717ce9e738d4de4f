"""Blocks, chunks and what the format's structures share (docs/sealed-study.md, Blocks; Limits)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from pixelpact.errors import BlockError, LimitError, SchemaError
from pixelpact.models import RAW, Cid

__all__ = [
    "Get",
    "bad_schema",
    "beyond_limits",
    "check_block",
    "chunk_count",
    "fetch",
    "nonce",
    "parse_link",
    "within",
]

BLOCK = 1 << 20
TAG = 16
CHUNK = BLOCK - TAG
LEAF_LINKS = 8192
MAX_LEAVES = 512
MAX_CHUNKS = MAX_LEAVES * LEAF_LINKS
MAX_INDEX_BLOCKS = 1024
MAX_ROOT_BYTES = 1 << 16
MAX_LEAF_BYTES = 3 + 41 * LEAF_LINKS
VERSION = SUITE = 1

_AGAIN = "Fetch it from another node, or ask the custodian to store the study again"

#: Where blocks come from. It raises (StoreError, BlockError) for a block it does not have; what it returns is
#: checked.
Get = Callable[[Cid], bytes]


def chunk_count(length: int) -> int:
    """How many chunks a stream of so many bytes fills."""
    return -(-length // CHUNK)


def nonce(number: int, *, last: bool) -> bytes:
    """The nonce of a stream's chunk: its number in 88 bits and whether it is the last, 12 bytes."""
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def fetch(get: Get, cid: Cid) -> bytes:
    """A block, checked.

    Raises:
        BlockError: it is not the block of that CID.
    """
    block = get(cid)
    check_block(cid, block)
    return block


def check_block(cid: Cid, block: bytes) -> None:
    """BlockError unless these are the bytes of that CID and, for a raw block, as many as the format says."""
    if cid.codec == RAW and len(block) != BLOCK:
        why = f"{cid}: {len(block):,} bytes"
        raise BlockError("A block of the sealed study has another size", why=why, remedy=_AGAIN)
    if hashlib.sha256(block).digest() != cid.digest:
        why = f"its bytes are not those of {cid}"
        raise BlockError("A block of the sealed study is damaged", why=why, remedy=_AGAIN)


def parse_link(link: bytes, codec: int) -> Cid:
    """A link's CID; BlockError for one that names no block of this format in this place."""
    try:
        cid = Cid.from_bytes(link)
    except ValueError:
        cid = None
    if cid is None or cid.codec != codec:
        raise BlockError(
            "A link of the sealed study names no block of this format",
            why=f"its CID is {link.hex()}",
            remedy="Ask the custodian to seal the study again",
        )
    return cid


def within(what: str, value: int, most: int) -> None:
    """LimitError unless the value is 1 to most."""
    if not 1 <= value <= most:
        raise beyond_limits(f"{value:,} {what}, where 1 to {most:,} are allowed")


def beyond_limits(why: str) -> LimitError:
    """The error for a count or length outside the limits."""
    return LimitError(
        "The sealed study is outside the format's limits",
        why=why,
        remedy="Ask the custodian to seal it again",
    )


def bad_schema(what: str, why: str) -> SchemaError:
    """The error for what is well encoded and not of this format."""
    return SchemaError(
        f"The sealed study's {what} is not of this format",
        why=why,
        remedy="It may need a newer PixelPact; otherwise ask the custodian to seal the study again",
    )
