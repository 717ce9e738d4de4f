"""What a block is to every store: its size, its CID, the blocks it links to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import libipld

from pixelpact.errors import BlockError, EncodingError, LimitError
from pixelpact.models import DAG_CBOR, Cid

__all__ = ["BLOCK_LIMIT", "check_block", "identify", "links", "reachable"]

#: The largest block in bytes: what Kubo takes and gives to its peers (2 MiB).
BLOCK_LIMIT = 2 * 1024 * 1024

# A link in dag-cbor is tag 42, then the head of a byte string. libipld also takes numbers written longer than
# needed, so this looks for the last two bytes that a tag 42 can have.
_TAG = re.compile(rb"[\xd8\x00]\x2a(?=([\x40-\x57]|\x58.|\x59..|\x5a.{4}|\x5b.{8}))", re.DOTALL)
_LONGEST_CID = 128


def identify(data: bytes | bytearray | memoryview, codec: int) -> Cid:
    """The CID of a block about to be stored.

    Raises:
        LimitError: more than ``BLOCK_LIMIT`` bytes.
    """
    size = memoryview(data).nbytes
    if size > BLOCK_LIMIT:
        raise LimitError(
            f"A block of {size:,} bytes was not stored",
            why=f"a block has at most {BLOCK_LIMIT:,} bytes",
            remedy="Split the content into smaller blocks",
        )
    return Cid.of(codec, data)


def check_block(cid: Cid, data: bytes) -> bytes:
    """Return ``data`` if it is the block of ``cid``.

    Raises:
        BlockError: it is not.
    """
    if Cid.of(cid.codec, data) != cid:
        raise BlockError(
            f"The block {cid} is damaged",
            why="its bytes do not hash to its CID",
            remedy="Restore the block from another copy, or seal the study again",
        )
    return data


def missing(cid: Cid) -> BlockError:
    """The error of a block that is not there."""
    return BlockError(
        f"The block {cid} is missing",
        why="the store does not have it",
        remedy="Restore the block from another copy, or seal the study again",
    )


def links(cid: Cid, data: bytes) -> tuple[Cid, ...]:
    """The CIDs that a block links to; none for a raw block.

    libipld gives links as plain bytes, like any byte string. A byte string counts as a link where the block
    also holds it in the one encoding a link has, so a salt that looks like a CID is not taken for one.

    Raises:
        EncodingError: not dag-cbor, or a link to something other than a raw or dag-cbor block by its SHA-256.
    """
    if cid.codec != DAG_CBOR:
        return ()
    try:
        content = libipld.decode_dag_cbor(data)
    except (ValueError, RecursionError) as error:
        raise EncodingError(
            f"The block {cid} can't be followed", why=f"it is not dag-cbor ({error})"
        ) from None
    tagged = _tagged(data)
    return tuple(_as_ours(cid, value) for value in _byte_strings(content) if value in tagged)


def _tagged(data: bytes) -> set[bytes]:
    # Whatever stands behind something that looks like a link's tag: all links, and now and then a stray.
    values = set()
    for match in _TAG.finditer(data):
        head = match[1]
        length = head[0] - 0x40 if len(head) == 1 else int.from_bytes(head[1:])
        start = match.end() + len(head)
        value = data[start : start + min(length, _LONGEST_CID)]
        values.add(value[1:])
    return values


def _byte_strings(content: Any) -> Iterator[bytes]:
    # A stack, not recursion: how deep a block nests is up to whoever made it.
    stack = [content]
    while stack:
        value = stack.pop()
        if isinstance(value, bytes):
            yield value
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _as_ours(cid: Cid, value: bytes) -> Cid:
    try:
        return Cid.from_bytes(value)
    except ValueError:
        raise EncodingError(
            f"The block {cid} can't be followed",
            why="it links to something other than a raw or dag-cbor block by its SHA-256",
        ) from None


def reachable(root: Cid, get: Callable[[Cid], bytes]) -> set[Cid]:
    """``root`` and every CID it leads to. Reads the blocks with links by ``get``; raw ones are only named.

    Raises:
        BlockError, EncodingError: a block with links is missing, damaged or unreadable.
    """
    seen = {root}
    ahead = [root]
    while ahead:
        cid = ahead.pop()
        if cid.codec != DAG_CBOR:
            continue
        for link in links(cid, get(cid)):
            if link not in seen:
                seen.add(link)
                ahead.append(link)
    return seen
