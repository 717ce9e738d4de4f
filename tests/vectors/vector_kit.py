"""The files of the vector kit: how a scenario is written down and read (tests/vectors/README.md).

Shared by the generator and by both readers; it knows recipes for bytes, nothing of the sealed study.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from Crypto.Cipher import AES

MAGIC = "pixelpact-vector: 1"
FOLDER = Path(__file__).parent / "sealed-study"


@dataclass
class Block:
    """Bytes by recipe, and the address they are stored under if it is not their own.

    Attributes:
        content: segments, see ``expand``.
        encrypt: key and nonce of AES-256-GCM over the content, tag behind; or none.
        changes: made to the bytes: ``("xor", offset, hex)``, ``("keep", count)``, ``("append", hex)``.
        codec: of the block's own CID.
        address: another CID to store it under, in text.
    """

    content: list[str]
    encrypt: tuple[bytes, bytes] | None = None
    changes: list[tuple[str, ...]] = field(default_factory=list)
    codec: int = 0x55
    address: str = ""
    _data: bytes | None = None

    def data(self) -> bytes:
        """The bytes."""
        if self._data is None:
            data = b"".join(map(expand, self.content))
            if self.encrypt:
                key, nonce = self.encrypt
                ciphertext, tag = AES.new(key, AES.MODE_GCM, nonce=nonce).encrypt_and_digest(data)
                data = ciphertext + tag
            for change in self.changes:
                data = apply(data, change)
            self._data = data
        return self._data

    def cid(self) -> bytes:
        """The binary CID of the bytes."""
        return bytes((1, self.codec, 0x12, 0x20)) + hashlib.sha256(self.data()).digest()


def expand(segment: str) -> bytes:
    """The bytes of one segment of a recipe."""
    kind, _, rest = segment.partition(":")
    parts = rest.split(":")
    if kind == "hex":
        return bytes.fromhex(rest)
    if kind == "base64":
        return base64.b64decode(rest, validate=True)
    if kind == "zeros":
        return bytes(int(rest))
    if kind == "repeat":
        return bytes.fromhex(parts[1]) * int(parts[0])
    if kind == "noise":
        seed, start, stop = parts
        return hashlib.shake_256(bytes.fromhex(seed)).digest(int(stop))[int(start) :]
    raise ValueError(f"no recipe has a segment {kind!r}")


def apply(data: bytes, change: tuple[str, ...]) -> bytes:
    """The bytes after a change."""
    if change[0] == "xor":
        offset, mask = int(change[1]), bytes.fromhex(change[2])
        mixed = bytes(a ^ b for a, b in zip(data[offset : offset + len(mask)], mask, strict=True))
        return data[:offset] + mixed + data[offset + len(mask) :]
    if change[0] == "keep":
        return data[: int(change[1])]
    if change[0] == "append":
        return data + bytes.fromhex(change[1])
    raise ValueError(f"no recipe has a change {change[0]!r}")


def text_of(cid: bytes) -> str:
    """A CID in base32 (CIDv1)."""
    return "b" + base64.b32encode(cid).decode("ascii").rstrip("=").lower()


@dataclass
class Vector:
    """One scenario: header lines by name, and blocks."""

    header: dict[str, str]
    blocks: list[Block]

    def __getitem__(self, name: str) -> str:
        return self.header[name]

    def bytes_of(self, name: str) -> bytes:
        """A header line in hexadecimal."""
        return bytes.fromhex(self.header[name])

    def number(self, name: str) -> int:
        """A header line in decimal."""
        return int(self.header[name])

    def store(self) -> dict[bytes, bytes]:
        """The blocks by binary CID."""
        return {
            _binary(block.address) if block.address else block.cid(): block.data() for block in self.blocks
        }


def write(vector: Vector) -> str:
    """The file's text."""
    lines = [MAGIC, *(f"{name}: {value}" for name, value in vector.header.items())]
    for block in vector.blocks:
        lines += ["", f"block: {block.address or text_of(block.cid())}"]
        lines += [f"content: {segment}" for segment in block.content]
        if block.encrypt:
            lines.append(f"encrypt: {block.encrypt[0].hex()} {block.encrypt[1].hex()}")
        lines += ["change: " + " ".join(change) for change in block.changes]
        lines.append(f"sha256: {hashlib.sha256(block.data()).hexdigest()}")
    return "\n".join(lines) + "\n"


def read(path: Path) -> Vector:
    """A file, its blocks rebuilt and checked against the digests it names."""
    head, *parts = path.read_text(encoding="utf-8").removesuffix("\n").split("\n\n")
    first, *lines = head.split("\n")
    if first != MAGIC:
        raise ValueError(f"{path.name} is no vector of this kit")
    header = dict(line.split(": ", 1) for line in lines)
    if len(header) != len(lines):
        raise ValueError(f"{path.name} has a header line twice")
    return Vector(header, [_block(part) for part in parts])


def _block(part: str) -> Block:
    block, digest = Block([]), ""
    for line in part.split("\n"):
        name, value = line.split(": ", 1)
        if name == "block":
            block.address = value
        elif name == "content":
            block.content.append(value)
        elif name == "encrypt":
            key, nonce = value.split(" ")
            block.encrypt = bytes.fromhex(key), bytes.fromhex(nonce)
        elif name == "change":
            block.changes.append(tuple(value.split(" ")))
        elif name == "sha256":
            digest = value
        else:
            raise ValueError(f"no block has a line {name!r}")
    if hashlib.sha256(block.data()).hexdigest() != digest:
        raise ValueError(f"the recipe of {block.address} gives other bytes than it says")
    return block


def _binary(text: str) -> bytes:
    return base64.b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8))
