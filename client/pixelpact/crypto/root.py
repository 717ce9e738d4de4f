"""The root of a sealed study and its leaves (docs/sealed-study.md, Root; Leaf)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pixelpact.crypto import dagcbor
from pixelpact.crypto.blocks import (
    LEAF_LINKS,
    MAX_CHUNKS,
    MAX_INDEX_BLOCKS,
    MAX_LEAF_BYTES,
    MAX_ROOT_BYTES,
    SUITE,
    VERSION,
    Get,
    bad_schema,
    beyond_limits,
    fetch,
    parse_link,
    within,
)
from pixelpact.crypto.keys import SALT_SIZE
from pixelpact.errors import ChainMismatchError, HeaderError
from pixelpact.models import DAG_CBOR, RAW, Cid

__all__ = ["Root", "decode_leaf", "encode_leaf", "fetch_root", "list_cids"]

_KEYS = {"v", "ctx", "mac", "data", "salt", "index", "suite", "chunks"}


@dataclass(frozen=True, slots=True)
class Root:
    """The root, checked for everything but its context and MAC.

    Attributes:
        ctx: digest of the context, 32 bytes.
        salt: of the attempt, 32 bytes.
        data: links to leaves.
        index: links to index blocks.
        chunks: the number of data blocks.
        mac: 32 bytes, empty until ``authenticated``.
    """

    ctx: bytes
    salt: bytes
    data: tuple[Cid, ...]
    index: tuple[Cid, ...]
    chunks: int
    mac: bytes = b""

    def encode(self) -> bytes:
        """The block."""
        return self._fields().encode(self.mac)

    def authenticated(self, header_key: bytes) -> Root:
        """The same root with its MAC under this key."""
        return replace(self, mac=self._tag(header_key))

    def verify(self, header_key: bytes) -> None:
        """Check the MAC, the commitment to the key; HeaderError if it is another key's."""
        if not hmac.compare_digest(self._tag(header_key), self.mac):
            raise HeaderError(
                "The sealed study was not made under this study key",
                why="the root's authentication code differs",
                remedy="Ask the custodian for a key of the current epoch",
            )

    def links(self, leaf: int) -> int:
        """How many links this leaf must have."""
        return min(LEAF_LINKS, self.chunks - leaf * LEAF_LINKS)

    def _tag(self, header_key: bytes) -> bytes:
        message = b"PixelPact/v1/header\x00" + self._fields().encode(None)
        return hmac.digest(header_key, message, "sha256")

    def _fields(self) -> _Fields:
        data, index = (list(map(bytes, links)) for links in (self.data, self.index))
        return _Fields(self.ctx, data, self.salt, index, self.chunks)

    @classmethod
    def decode(cls, block: bytes) -> Root:
        """Read a root block: docs/sealed-study.md, Opening, step 1.

        Raises:
            EncodingError, SchemaError, LimitError, BlockError: as there.
        """
        if len(block) > MAX_ROOT_BYTES:
            raise beyond_limits(f"its root has {len(block):,} bytes")
        fields, mac = _Fields.decode(block)
        if fields.encode(mac) != block:
            raise dagcbor.not_canonical("root", "encoded again it differs")
        if (len(fields.ctx), len(mac), len(fields.salt)) != (32, 32, SALT_SIZE):
            raise bad_schema("root", "a byte string has another length than 32")
        within("chunks in the root", fields.chunks, MAX_CHUNKS)
        within("links to index blocks in the root", len(fields.index), MAX_INDEX_BLOCKS)
        leaves = tuple(parse_link(link, DAG_CBOR) for link in fields.data)
        index = tuple(parse_link(link, RAW) for link in fields.index)
        if len(leaves) != -(-fields.chunks // LEAF_LINKS):
            raise beyond_limits(f"its root has {len(leaves)} leaves for {fields.chunks} chunks")
        return cls(fields.ctx, fields.salt, leaves, index, fields.chunks, mac)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What a root says beside its MAC, links as bytes, lengths not looked at."""

    ctx: bytes
    data: Sequence[bytes]
    salt: bytes
    index: Sequence[bytes]
    chunks: int

    @classmethod
    def decode(cls, block: bytes) -> tuple[_Fields, bytes]:
        """The fields and the MAC, their kinds checked."""
        value = dagcbor.decode(block, "root")
        if not isinstance(value, dict) or set(value) != _KEYS:
            raise bad_schema("root", "its keys are not those of version 1")
        if any(type(value[key]) is not int for key in ("v", "suite", "chunks")):
            raise bad_schema("root", "a number is of another kind")
        if (value["v"], value["suite"]) != (VERSION, SUITE):
            raise bad_schema("root", f"version {value['v']}, suite {value['suite']} are not known here")
        if any(type(value[key]) is not bytes for key in ("ctx", "mac", "salt")):
            raise bad_schema("root", "a byte string is of another kind")
        if not _is_links(value["data"]) or not _is_links(value["index"]):
            raise bad_schema("root", "its links are of another kind")
        fields = cls(value["ctx"], value["data"], value["salt"], value["index"], value["chunks"])
        return fields, value["mac"]

    def encode(self, mac: bytes | None) -> bytes:
        """The root with this MAC; with None what the MAC covers."""
        return b"".join(
            (
                dagcbor.map_head(len(_KEYS) if mac is not None else len(_KEYS) - 1),
                b"\x61v\x01\x63ctx",
                dagcbor.byte_string(self.ctx),
                b"\x63mac" + dagcbor.byte_string(mac) if mac is not None else b"",
                b"\x64data",
                dagcbor.array_head(len(self.data)),
                *map(dagcbor.link, self.data),
                b"\x64salt",
                dagcbor.byte_string(self.salt),
                b"\x65index",
                dagcbor.array_head(len(self.index)),
                *map(dagcbor.link, self.index),
                b"\x65suite\x01\x66chunks",
                dagcbor.integer(self.chunks),
            )
        )


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
        raise beyond_limits(f"a leaf has {len(block):,} bytes")
    value = dagcbor.decode(block, "leaf")
    if not _is_links(value):
        raise bad_schema("leaf", "it is not an array of links")
    if dagcbor.array_head(len(value)) + b"".join(map(dagcbor.link, value)) != block:
        raise dagcbor.not_canonical("leaf", "encoded again it differs")
    digests = [parse_link(link, RAW).digest for link in value]
    if len(digests) != links:
        raise beyond_limits(f"a leaf has {len(digests)} links where {links} belong")
    return digests


def fetch_root(get: Get, manifest_digest: bytes) -> Root:
    """The root that the chain names.

    Raises:
        ChainMismatchError: the store answered with another block.
        EncodingError, SchemaError, LimitError, BlockError: as in Root.decode.
    """
    block = get(Cid(DAG_CBOR, manifest_digest))
    if hashlib.sha256(block).digest() != manifest_digest:
        raise ChainMismatchError(
            "The root is not the one that the chain names",
            why="its digest differs",
            remedy="Fetch it from another node, or ask the custodian to store the study again",
        )
    return Root.decode(block)


def list_cids(manifest_digest: bytes, get: Get) -> Iterator[Cid]:
    """Every CID of a sealed study, without any key: root, each leaf and its blocks, index blocks.

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


def _is_links(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is bytes for item in value)
