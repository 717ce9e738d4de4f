"""Blocks, chunks and the root that links them (docs/sealed-study.md, Blocks; Root; Leaf)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pixelpact.errors import BlockError, ChainMismatchError, HeaderError, LimitError, SchemaError
from pixelpact.models import DAG_CBOR, RAW, Cid

from . import dagcbor
from .keys import SALT_SIZE

__all__ = ["Get", "Root", "decode_leaf", "encode_leaf", "fetch", "fetch_root", "list_cids", "nonce"]

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

_KEYS = {"v", "ctx", "mac", "data", "salt", "index", "suite", "chunks"}
_AGAIN = "fetch it from another node, or ask the custodian to store the study again"

#: Where blocks come from. It raises (StoreError, BlockError) for a block it does not have; what it returns is
#: checked.
Get = Callable[[Cid], bytes]


def chunk_count(length: int) -> int:
    """How many chunks a stream of so many bytes fills."""
    return -(-length // CHUNK)


def nonce(number: int, *, last: bool) -> bytes:
    """The nonce of a stream's chunk: its number in 88 bits and whether it is the last, 12 bytes."""
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


@dataclass(frozen=True, slots=True)
class Root:
    """The root of a sealed study, checked for everything but its context and MAC.

    Attributes:
        ctx, mac, salt: 32 bytes each.
        data: links to leaves; index: links to index blocks; chunks: the number of data blocks.
    """

    ctx: bytes
    salt: bytes
    data: tuple[Cid, ...]
    index: tuple[Cid, ...]
    chunks: int
    mac: bytes = b""

    def encode(self) -> bytes:
        """The block."""
        return self._encode(b"\x63mac" + dagcbor.byte_string(self.mac), keys=8)

    def authenticated(self, header_key: bytes) -> Root:
        """The same root with its MAC under this key."""
        return replace(self, mac=self._tag(header_key))

    def verify(self, header_key: bytes) -> None:
        """Check the MAC, the commitment to the key; HeaderError if it is another key's."""
        if not hmac.compare_digest(self._tag(header_key), self.mac):
            raise HeaderError(
                "the sealed study was not made under this study key",
                why="the root's authentication code differs",
                remedy="ask the custodian for a key of the current epoch",
            )

    def links(self, leaf: int) -> int:
        """How many links this leaf must have."""
        return min(LEAF_LINKS, self.chunks - leaf * LEAF_LINKS)

    def _tag(self, header_key: bytes) -> bytes:
        message = b"PixelPact/v1/header\x00" + self._encode(b"", keys=7)
        return hmac.digest(header_key, message, "sha256")

    def _encode(self, mac: bytes, *, keys: int) -> bytes:
        return _encode_root(
            self.ctx,
            mac,
            [bytes(cid) for cid in self.data],
            self.salt,
            [bytes(cid) for cid in self.index],
            self.chunks,
            keys=keys,
        )

    @classmethod
    def decode(cls, block: bytes) -> Root:
        """Read a root block: docs/sealed-study.md, Opening, step 1.

        Raises:
            EncodingError, SchemaError, LimitError, BlockError: as there.
        """
        if len(block) > MAX_ROOT_BYTES:
            raise LimitError("the sealed study's root is too large", why=f"it has {len(block):,} bytes")
        value = dagcbor.decode(block, "root")
        if not isinstance(value, dict) or set(value) != _KEYS:
            raise bad_schema("root", "its keys are not those of version 1")
        if any(type(value[key]) is not int for key in ("v", "suite", "chunks")):
            raise bad_schema("root", "a number is of another kind")
        if (value["v"], value["suite"]) != (VERSION, SUITE):
            raise bad_schema("root", f"version {value['v']}, suite {value['suite']} are not known here")
        ctx, mac, salt, data, index = (value[key] for key in ("ctx", "mac", "salt", "data", "index"))
        if (
            any(type(field) is not bytes for field in (ctx, mac, salt))
            or not _links(data)
            or not _links(index)
        ):
            raise bad_schema("root", "a value is of another kind")
        chunks = value["chunks"]
        tag = b"\x63mac" + dagcbor.byte_string(mac)
        if _encode_root(ctx, tag, data, salt, index, chunks, keys=8) != block:
            raise dagcbor.not_canonical("root", "encoded again it differs")
        if (len(ctx), len(mac), len(salt)) != (32, 32, SALT_SIZE):
            raise bad_schema("root", "a byte string has another length than 32")
        within("chunks in the root", chunks, MAX_CHUNKS)
        within("links to leaves in the root", len(data), MAX_LEAVES)
        within("links to index blocks in the root", len(index), MAX_INDEX_BLOCKS)
        leaves = tuple(_cid(link, DAG_CBOR) for link in data)
        root = cls(
            ctx=ctx,
            mac=mac,
            salt=salt,
            data=leaves,
            index=tuple(_cid(link, RAW) for link in index),
            chunks=chunks,
        )
        if len(leaves) != -(-chunks // LEAF_LINKS):
            raise LimitError(
                "the sealed study's root contradicts itself", why=f"{len(leaves)} leaves, {chunks} chunks"
            )
        return root


def encode_leaf(digests: Sequence[bytes]) -> bytes:
    """A leaf of links to the data blocks with these SHA-256 digests."""
    head = dagcbor.link(bytes(Cid(RAW, bytes(32))))[:-32]
    return dagcbor.array_head(len(digests)) + b"".join([head + digest for digest in digests])


def decode_leaf(block: bytes, links: int) -> list[bytes]:
    """The digests of the blocks that a leaf of so many links names: docs/sealed-study.md, Opening, step 8.

    Raises:
        EncodingError, SchemaError, LimitError, BlockError: as there.
    """
    if len(block) > MAX_LEAF_BYTES:
        raise LimitError("a leaf of the sealed study is too large", why=f"it has {len(block):,} bytes")
    value = dagcbor.decode(block, "leaf")
    if not _links(value):
        raise bad_schema("leaf", "it is not an array of links")
    if dagcbor.array_head(len(value)) + b"".join(map(dagcbor.link, value)) != block:
        raise dagcbor.not_canonical("leaf", "encoded again it differs")
    within("links in a leaf", len(value), LEAF_LINKS)
    digests = [_cid(link, RAW).digest for link in value]
    if len(digests) != links:
        raise LimitError(
            "a leaf of the sealed study has another size", why=f"{len(digests)} links, {links} belong there"
        )
    return digests


def fetch(get: Get, cid: Cid) -> bytes:
    """A block, checked against its CID and, for a raw one, its size.

    Raises:
        BlockError: it is not the block of that CID.
    """
    block = get(cid)
    if cid.codec == RAW and len(block) != BLOCK:
        raise BlockError(
            "a block of the sealed study has another size", why=f"{cid}: {len(block):,} bytes", remedy=_AGAIN
        )
    if hashlib.sha256(block).digest() != cid.digest:
        raise BlockError(
            "a block of the sealed study is damaged", why=f"its bytes are not those of {cid}", remedy=_AGAIN
        )
    return block


def fetch_root(get: Get, manifest_digest: bytes) -> Root:
    """The root that the chain names.

    Raises:
        ChainMismatchError: the store answered with another block.
        EncodingError, SchemaError, LimitError, BlockError: as in Root.decode.
    """
    block = get(Cid(DAG_CBOR, manifest_digest))
    if hashlib.sha256(block).digest() != manifest_digest:
        raise ChainMismatchError(
            "the root is not the one that the chain names", why="its digest differs", remedy=_AGAIN
        )
    return Root.decode(block)


def list_cids(manifest_digest: bytes, get: Get) -> Iterator[Cid]:
    """Every CID of a sealed study, without any key: the root, each leaf and its blocks, the index blocks.

    Collect them all before deleting any: the root is what names the rest.

    Args:
        manifest_digest: SHA-256 of the root block, 32 bytes.
        get: where root and leaves come from.

    Raises:
        BlockError, EncodingError, SchemaError, LimitError, ChainMismatchError: root or leaf are not as they
            should be.
    """
    root = fetch_root(get, manifest_digest)
    yield Cid(DAG_CBOR, manifest_digest)
    for position, leaf in enumerate(root.data):
        yield leaf
        yield from (Cid(RAW, digest) for digest in decode_leaf(fetch(get, leaf), root.links(position)))
    yield from root.index


def within(what: str, value: int, most: int) -> None:
    """LimitError unless the value is 1 to most."""
    if not 1 <= value <= most:
        raise LimitError(
            f"the number of {what} is outside the format's limits", why=f"{value:,}, not 1 to {most:,}"
        )


def bad_schema(what: str, why: str) -> SchemaError:
    """The error for what is well encoded and not of this format."""
    return SchemaError(
        f"the sealed study's {what} is not of this format",
        why=why,
        remedy="it may need a newer PixelPact; otherwise ask the custodian to seal the study again",
    )


def _links(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is bytes for item in value)


def _cid(link: bytes, codec: int) -> Cid:
    try:
        cid = Cid.from_bytes(link)
    except ValueError:
        cid = None
    if cid is None or cid.codec != codec:
        raise BlockError("a link of the sealed study names no block of this format", why=f"CID {link.hex()}")
    return cid


def _encode_root(
    ctx: bytes,
    mac: bytes,
    data: Sequence[bytes],
    salt: bytes,
    index: Sequence[bytes],
    chunks: int,
    *,
    keys: int,
) -> bytes:
    """A root from its parts; ``mac`` is the encoded key and value, or nothing for what the MAC covers."""
    return b"".join(
        (
            dagcbor.map_head(keys),
            b"\x61v\x01\x63ctx",
            dagcbor.byte_string(ctx),
            mac,
            b"\x64data",
            dagcbor.array_head(len(data)),
            *map(dagcbor.link, data),
            b"\x64salt",
            dagcbor.byte_string(salt),
            b"\x65index",
            dagcbor.array_head(len(index)),
            *map(dagcbor.link, index),
            b"\x65suite\x01\x66chunks",
            dagcbor.integer(chunks),
        )
    )
