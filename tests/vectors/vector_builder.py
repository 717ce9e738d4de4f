"""Builds sealed studies and envelopes for the vector kit, step by step, so that any step can be done wrong.

Written from docs/sealed-study.md with the standard library and pycryptodome; shares no code with the package.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from Crypto.Hash import keccak
from vector_kit import Block, Vector, text_of

BLOCK, CHUNK, LEAF = 1 << 20, (1 << 20) - 16, 8192
RAW, DAG_CBOR = 0x55, 0x71


# dag-cbor, with the means to write it wrongly


@dataclass(frozen=True)
class Link:
    """A link; ``cid`` may be any bytes."""

    cid: bytes


@dataclass(frozen=True)
class Verbatim:
    """Bytes to stand where a value's encoding would."""

    data: bytes


@dataclass(frozen=True)
class Pairs:
    """A map whose keys keep this order, twice the same if so written."""

    items: Sequence[tuple[str, Any]]


def head(major: int, value: int, size: int | None = None) -> bytes:
    """A CBOR head, in a longer form than needed if ``size`` (bytes of the argument) says so."""
    sizes = {1: 24, 2: 25, 4: 26, 8: 27}
    if size is None:
        if value < 24:
            return bytes((major << 5 | value,))
        size = next(bytes_ for bytes_ in sizes if value < 256**bytes_)
    return bytes((major << 5 | sizes[size],)) + value.to_bytes(size, "big")


def cbor(value: Any) -> bytes:
    """Canonical dag-cbor of plain values and of the three above."""
    match value:
        case Verbatim(data):
            encoded = data
        case Link(cid):
            encoded = b"\xd8\x2a" + head(2, len(cid) + 1) + b"\x00" + cid
        case Pairs(items):
            encoded = head(5, len(items)) + b"".join(cbor(key) + cbor(item) for key, item in items)
        case int():
            encoded = head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            encoded = head(2, len(value)) + value
        case str():
            encoded = head(3, len(value.encode())) + value.encode()
        case list() | tuple():
            encoded = head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            ordered = sorted(value.items(), key=lambda item: (len(item[0].encode()), item[0].encode()))
            encoded = cbor(Pairs(ordered))
        case _:
            raise TypeError(value)
    return encoded


# Keys and names


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def expand_key(prk: bytes, info: bytes) -> bytes:
    """HKDF-Expand to 32 bytes: its first block."""
    return mac(prk, info, b"\x01")


def u32(value: int) -> bytes:
    """Four bytes."""
    return value.to_bytes(4, "big")


def u256(value: int) -> bytes:
    """Thirty-two bytes."""
    return value.to_bytes(32, "big")


def study_id(custodian: int, secret: bytes, uid: str) -> bytes:
    """The study's id on the chain."""
    local = mac(secret, b"PixelPact/v1/study", u32(custodian), uid.encode())
    return keccak.new(digest_bits=256, data=u256(custodian) + local).digest()


def nonce(number: int, last: int) -> bytes:
    """A chunk's nonce."""
    return number.to_bytes(11, "big") + bytes((last,))


def named(text: str) -> bytes:
    """32 bytes for a made-up hash, key or id."""
    return hashlib.sha256(b"pixelpact vector " + text.encode()).digest()


@dataclass
class Made:
    """One made-up instance: noise of a seed.

    Attributes:
        sop: SOP instance UID.
        set: its place in the sets.
        length: bytes.
        attributes: for the index.
    """

    sop: str
    set: int
    length: int
    attributes: dict[str, Any] = field(default_factory=dict)

    def noise(self, start: int, stop: int) -> str:
        """The recipe of a part of its bytes."""
        return f"noise:{self.sop.encode().hex()}:{start}:{stop}"

    def digest(self) -> bytes:
        """SHA-256 of its bytes."""
        return hashlib.sha256(hashlib.shake_256(self.sop.encode()).digest(self.length)).digest()


CT, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.22"
UID = "1.2.826.0.1.3680043.10.9999.7"


class Study:
    """A sealed study under construction: set what should be otherwise, then call the next step.

    The steps: ``index``, ``cut``, ``leaves``, ``root``; ``vector`` does what is left.
    """

    def __init__(self, instances: Sequence[Made] | None = None, *, name: str = "a", epoch: int = 1) -> None:
        self.key, self.secret = named(f"study key {name} {epoch}"), named(f"study secret {name}")
        self.salt = named(f"salt {name} {epoch}")
        self.genesis, self.chain_id = named("genesis"), 20_260_701
        self.registry, self.custodian, self.epoch, self.uid = named("registry")[:20], 7, epoch, UID
        self.sets: list[Any] = [
            [f"{UID}.1", CT, {"Modality": "CT", "SeriesNumber": 2, "SeriesDescription": "Thorax 1.0"}],
            [f"{UID}.2", SR, {"Modality": "SR", "SeriesNumber": 601}],
        ]
        self.instances = list(
            instances
            or (
                Made(f"{UID}.1.1", 0, 700_000, {"InstanceNumber": 1, "Rows": 512, "Columns": 512}),
                Made(f"{UID}.1.2", 0, 900_000, {"InstanceNumber": 2, "Rows": 512, "Columns": 512}),
                Made(f"{UID}.2.1", 1, 1_234, {"InstanceNumber": 1}),
            )
        )
        if instances:
            self.sets = self.sets[: 1 + max(made.set for made in instances)]
        self.study_id = study_id(self.custodian, self.secret, self.uid)
        self.rows: list[Any] | None = None
        self.length: Any = None
        self.index_value: Any = None
        self.index_bytes: bytes | None = None
        self.data: list[Block] | None = None
        self.index_blocks: list[Block] | None = None
        self.leaf_blocks: list[Block] | None = None
        self.chunks: Any = None
        self.root_value: dict[str, Any] | None = None
        self.root_block: Block | None = None
        self.commitment: bytes | None = None
        self.manifest: bytes | None = None
        self.others: list[Block] = []
        self.told: dict[str, str] = {}

    def ctx(self) -> bytes:
        """The context's digest."""
        parts = (self.genesis, u256(self.chain_id), self.registry, self.study_id, u32(self.epoch))
        return hashlib.sha256(b"PixelPact/v1/context" + b"".join(parts)).digest()

    def derived(self, name: str) -> bytes:
        """The header, data or index key."""
        return expand_key(mac(self.salt, self.key), b"PixelPact/v1/" + name.encode() + b"\x00" + self.ctx())

    def index(self) -> Study:
        """Fill what is not yet set of the index."""
        if self.rows is None:
            self.rows = [[m.sop, m.set, m.length, m.digest(), m.attributes] for m in self.instances]
        if self.length is None:
            self.length = sum(made.length for made in self.instances)
        if self.index_value is None:
            self.index_value = {
                "v": 1,
                "len": self.length,
                "inst": self.rows,
                "sets": self.sets,
                "study": self.uid,
            }
        if self.index_bytes is None:
            self.index_bytes = cbor(self.index_value)
        return self

    def cut(self) -> Study:
        """Cut and encrypt both streams."""
        self.index()
        assert self.index_bytes is not None
        if self.data is None:
            self.data = self.encrypted("data", self.padded(self.instances))
        if self.index_blocks is None:
            stream = len(self.index_bytes).to_bytes(8, "big") + self.index_bytes
            self.index_blocks = self.encrypted("index", split(stream))
        return self

    def padded(self, instances: Sequence[Made]) -> list[list[str]]:
        """The recipes of the data stream's chunks."""
        chunks: list[list[str]] = [[]]
        room = CHUNK
        for made in instances:
            at = 0
            while at < made.length:
                if not room:
                    chunks.append([])
                    room = CHUNK
                size = min(room, made.length - at)
                chunks[-1].append(made.noise(at, at + size))
                at, room = at + size, room - size
        if room:
            chunks[-1].append(f"zeros:{room}")
        return chunks

    def encrypted(self, stream: str, chunks: Sequence[list[str]]) -> list[Block]:
        """Blocks of a stream."""
        key, last = self.derived(stream), len(chunks) - 1
        return [Block(c, (key, nonce(number, int(number == last)))) for number, c in enumerate(chunks)]

    def leaves(self) -> Study:
        """Link the data blocks."""
        self.cut()
        assert self.data is not None
        if self.leaf_blocks is None:
            self.leaf_blocks = [self.leaf([Link(block.cid()) for block in self.data])]
        return self

    @staticmethod
    def leaf(links: Any) -> Block:
        """A leaf of these links."""
        return literal(cbor(links))

    def root(self) -> Study:
        """Make the root and its MAC."""
        self.leaves()
        assert self.data is not None
        assert self.index_blocks is not None
        assert self.leaf_blocks is not None
        if self.chunks is None:
            self.chunks = len(self.data)
        if self.root_value is None:
            self.root_value = self.signed(
                {
                    "v": 1,
                    "ctx": self.ctx(),
                    "data": [Link(leaf.cid()) for leaf in self.leaf_blocks],
                    "salt": self.salt,
                    "index": [Link(block.cid()) for block in self.index_blocks],
                    "suite": 1,
                    "chunks": self.chunks,
                }
            )
        if self.root_block is None:
            self.root_block = literal(cbor(self.root_value))
        return self

    def signed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Root fields with their MAC."""
        message = cbor({key: value for key, value in fields.items() if key != "mac"})
        return {**fields, "mac": mac(self.derived("header"), b"PixelPact/v1/header\x00", message)}

    def changed(self, **fields: Any) -> Study:
        """The same with root fields set and the MAC made again."""
        self.root()
        assert self.root_value is not None
        self.root_value = self.signed({**self.root_value, **fields})
        self.root_block = None
        return self

    def rewritten(self, value: Any) -> Study:
        """The same with a root that is written so: bytes, or what ``cbor`` takes."""
        self.root()
        self.root_block = literal(value if isinstance(value, bytes) else cbor(value))
        return self

    def committed(self) -> bytes:
        """The content commitment."""
        self.index()
        assert self.index_bytes is not None
        return mac(self.secret, b"PixelPact/v1/content", hashlib.sha256(self.index_bytes).digest())

    def vector(self, name: str, expect: str, released: Sequence[Made], comment: str) -> Vector:
        """The scenario; what the reader is told is the study's own unless ``told`` says otherwise."""
        self.root()
        assert self.root_block is not None
        digest = hashlib.sha256(
            b"".join(hashlib.shake_256(made.sop.encode()).digest(made.length) for made in released)
        )
        blocks = [self.root_block, *(self.leaf_blocks or ()), *(self.index_blocks or ()), *(self.data or ())]
        header = {
            "scenario": name,
            "kind": "study",
            "expect": expect,
            "released": str(sum(made.length for made in released)),
            "released-sha256": digest.hexdigest(),
            "comment": comment,
            "genesis": self.genesis.hex(),
            "chain-id": str(self.chain_id),
            "registry": self.registry.hex(),
            "study-id": self.study_id.hex(),
            "epoch": str(self.epoch),
            "custodian": str(self.custodian),
            "key": self.key.hex(),
            "secret": self.secret.hex(),
            "manifest-digest": (self.manifest or self.root_block.cid()[4:]).hex(),
            "content-commitment": (self.commitment or self.committed()).hex(),
        }
        return Vector({**header, **self.told}, unique([*blocks, *self.others]))


def one(length: int, **attributes: Any) -> list[Made]:
    """A single instance of so many bytes."""
    return [Made(f"{UID}.1.1", 0, length, attributes)]


def literal(data: bytes) -> Block:
    """A dag-cbor block of these bytes."""
    return Block(recipe(data), codec=DAG_CBOR)


def recipe(data: bytes) -> list[str]:
    """Segments for these bytes, long runs of one byte or of one link (41 bytes) written short."""
    segments, at = [], 0
    for run in re.finditer(rb"(.)\1{63,}|(.{41})\2{7,}", data, re.DOTALL):
        unit = run[1] or run[2]
        segments += [f"hex:{data[at : run.start()].hex()}", f"repeat:{len(run[0]) // len(unit)}:{unit.hex()}"]
        at = run.end()
    segments.append(f"hex:{data[at:].hex()}")
    return [segment for segment in segments if segment != "hex:"]


def split(stream: bytes) -> list[list[str]]:
    """The recipes of the index stream's chunks."""
    chunks = []
    for start in range(0, len(stream), CHUNK):
        part = stream[start : start + CHUNK]
        padding = [f"zeros:{CHUNK - len(part)}"] if len(part) < CHUNK else []
        chunks.append(recipe(part) + padding)
    return chunks


def unique(blocks: Sequence[Block]) -> list[Block]:
    """Each address once."""
    found = {block.address or text_of(block.cid()): block for block in blocks}
    return list(found.values())
