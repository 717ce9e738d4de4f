"""A second reader of sealed studies and key envelopes, written from docs/sealed-study.md.

It shares no code with the package: dag-cbor instead of libipld and our encoder, HKDF and HPKE from hmac,
AES-GCM and keccak of pycryptodome. It is simple and holds everything in memory.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import dag_cbor
from Crypto.Cipher import AES
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from multiformats import CID

BLOCK, CHUNK, LEAF = 1_048_576, 1_048_560, 8192
SERIES = {
    **dict.fromkeys(("Modality", "SeriesDescription", "BodyPartExamined", "Laterality"), str),
    **dict.fromkeys(("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"), str),
    "SeriesNumber": int,
}
INSTANCE = {
    **dict.fromkeys(("TransferSyntaxUID", "ImageType"), str),
    **dict.fromkeys(("InstanceNumber", "NumberOfFrames", "Rows", "Columns", "BitsAllocated"), int),
}


class Refused(Exception):  # noqa: N818 - a verdict, not a fault
    """A check failed; the only argument is its failure class."""


def refuse(failure: str) -> NoReturn:
    """Give up."""
    raise Refused(failure)


def require(condition: object, failure: str) -> None:
    """Give up unless the condition holds."""
    if not condition:
        refuse(failure)


@dataclass(frozen=True)
class Asked:
    """What a reader of a study holds."""

    genesis: bytes
    chain_id: int
    registry: bytes
    study_id: bytes
    epoch: int
    custodian: int
    key: bytes
    secret: bytes
    manifest: bytes
    commitment: bytes


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, b"".join(parts), "sha256").digest()


def big(value: int, size: int) -> bytes:
    """Big-endian."""
    return value.to_bytes(size, "big")


def decoded(data: bytes) -> Any:
    """Step a, and c as far as dag-cbor, which takes no longer head than needed, sees to it."""
    try:
        return dag_cbor.decode(data)
    except (dag_cbor.decoding.CBORDecodingError, ValueError, KeyError, RecursionError):
        refuse("encoding")


def shaped(value: object, kind: type) -> Any:
    """A value of this kind exactly."""
    require(type(value) is kind, "schema")
    return value


def pointers(value: object) -> list[object]:
    """An array for links: of links and, for step c to refuse, byte strings."""
    require(isinstance(value, list) and all(type(item) in (CID, bytes) for item in value), "schema")
    assert isinstance(value, list)
    return value


def target(link: CID, codec: str) -> bytes:
    """The SHA-256 of a link to a block of this codec."""
    raw = link.digest
    require(link.version == 1 and link.codec.name == codec, "block")
    require(link.hashfun.name == "sha2-256" and len(raw) == 34, "block")
    return raw[2:]


class Study:
    """A sealed study: ``root``, then ``instances``."""

    def __init__(self, store: Mapping[bytes, bytes], asked: Asked) -> None:
        self.store = store
        self.asked = asked

    def block(self, codec: int, digest: bytes) -> bytes:
        """A block that is there and is its CID's."""
        data = self.store.get(bytes((1, codec, 0x12, 0x20)) + digest)
        require(data is not None, "block")
        assert data is not None
        if codec == 0x55:
            require(len(data) == BLOCK, "block")
        require(hashlib.sha256(data).digest() == digest, "block")
        return data

    def root(self) -> None:
        """Steps 1 to 7."""
        data = self.store.get(b"\x01\x71\x12\x20" + self.asked.manifest)
        require(data is not None, "block")
        assert data is not None
        require(hashlib.sha256(data).digest() == self.asked.manifest, "chain")
        require(len(data) <= 65_536, "limit")
        root = decoded(data)
        self.check_root(root)
        a = self.asked
        where = a.genesis + big(a.chain_id, 32) + a.registry + a.study_id + big(a.epoch, 4)
        ctx = hashlib.sha256(b"PixelPact/v1/context" + where).digest()
        require(root["ctx"] == ctx, "chain")
        prk = mac(root["salt"], a.key)
        keys = {
            x: mac(prk, b"PixelPact/v1/", x.encode(), b"\x00", ctx, b"\x01")
            for x in ("header", "data", "index")
        }
        covered = dag_cbor.encode({key: value for key, value in root.items() if key != "mac"})
        require(mac(keys["header"], b"PixelPact/v1/header\x00", covered) == root["mac"], "header")
        self.data_key, self.chunks = keys["data"], root["chunks"]
        self.leaves = [target(link, "dag-cbor") for link in root["data"]]
        index = self.index_stream([target(link, "raw") for link in root["index"]], keys["index"])
        commitment = mac(a.secret, b"PixelPact/v1/content", hashlib.sha256(index).digest())
        require(commitment == a.commitment, "content")
        self.index = decoded(index)
        self.check_index()
        local = mac(a.secret, b"PixelPact/v1/study", big(a.custodian, 4), self.index["study"].encode())
        found = keccak.new(digest_bits=256, data=big(a.custodian, 32) + local).digest()
        require(found == a.study_id, "identity")

    def check_root(self, root: Any) -> None:
        """Decoding b to d of the root."""
        keys = {"v", "ctx", "mac", "data", "salt", "index", "suite", "chunks"}
        require(isinstance(root, dict) and set(root) == keys, "schema")
        for key in ("v", "suite", "chunks"):
            shaped(root[key], int)
        require(root["v"] == 1 and root["suite"] == 1, "schema")
        for key in ("ctx", "mac", "salt"):
            require(type(root[key]) in (bytes, CID), "schema")
        links = [*pointers(root["data"]), *pointers(root["index"])]
        require(all(type(root[key]) is bytes for key in ("ctx", "mac", "salt")), "encoding")
        require(all(type(link) is CID for link in links), "encoding")
        require(all(len(root[key]) == 32 for key in ("ctx", "mac", "salt")), "schema")
        require(1 <= root["chunks"] <= 2**22, "limit")
        require(1 <= len(root["data"]) <= 512 and 1 <= len(root["index"]) <= 1024, "limit")
        for link in root["data"]:
            target(link, "dag-cbor")
        for link in root["index"]:
            target(link, "raw")
        require(len(root["data"]) == (root["chunks"] + LEAF - 1) // LEAF, "limit")

    def index_stream(self, digests: list[bytes], key: bytes) -> bytes:
        """Step 4."""
        stream = b"".join(
            self.decrypted(self.block(0x55, digest), key, number, last=number == len(digests) - 1)
            for number, digest in enumerate(digests)
        )
        end = 8 + int.from_bytes(stream[:8], "big")
        require((end + CHUNK - 1) // CHUNK == len(digests), "index")
        require(not stream[end:].strip(b"\x00"), "payload")
        return stream[8:end]

    def decrypted(self, block: bytes, key: bytes, number: int, *, last: bool) -> bytes:
        """A chunk."""
        cipher = AES.new(key, AES.MODE_GCM, nonce=big(number, 11) + bytes((last,)))
        try:
            return cipher.decrypt_and_verify(block[:-16], block[-16:])
        except ValueError:
            refuse("payload")

    def check_index(self) -> None:
        """Decoding b to d of the index, and its rules."""
        index = self.index
        require(isinstance(index, dict) and set(index) == {"v", "len", "inst", "sets", "study"}, "schema")
        require(shaped(index["v"], int) == 1, "schema")
        shaped(index["len"], int)
        uid(index["study"])
        sets, instances = shaped(index["sets"], list), shaped(index["inst"], list)
        linked = False
        for row in sets:
            require(len(shaped(row, list)) == 3, "schema")
            uid(row[0])
            uid(row[1])
            attributes(row[2], SERIES)
        for row in instances:
            require(len(shaped(row, list)) == 5, "schema")
            uid(row[0])
            shaped(row[1], int)
            shaped(row[2], int)
            require(type(row[3]) in (bytes, CID), "schema")
            linked |= type(row[3]) is CID
            attributes(row[4], INSTANCE)
        require(not linked, "encoding")
        require(all(len(row[3]) == 32 for row in instances), "schema")
        require(1 <= index["len"] <= 2**22 * CHUNK, "limit")
        require(1 <= len(instances) <= 2**20 and 1 <= len(sets) <= 2**16, "limit")
        for row in (*sets, *instances):
            for value in row[-1].values():
                fits = len(value.encode()) <= 1024 if isinstance(value, str) else -(2**63) <= value < 2**63
                require(fits, "limit")
        self.check_rules(sets, instances)

    def check_rules(self, sets: list[Any], instances: list[Any]) -> None:
        """Rules 1 to 5."""
        names = [(row[0], row[1]) for row in sets]
        require(names == sorted(set(names)), "index")
        places = [(row[1], row[0]) for row in instances]
        require(places == sorted(set(places)), "index")
        require(len({row[0] for row in instances}) == len(instances), "index")
        require({row[1] for row in instances} == set(range(len(sets))), "index")
        require(all(row[2] >= 1 for row in instances), "index")
        require(sum(row[2] for row in instances) == self.index["len"], "index")
        require((self.index["len"] + CHUNK - 1) // CHUNK == self.chunks, "index")

    def leaf(self, number: int) -> list[bytes]:
        """Step 8."""
        data = self.block(0x71, self.leaves[number])
        require(len(data) <= 335_875, "limit")
        links = pointers(decoded(data))
        require(all(type(link) is CID for link in links), "encoding")
        require(1 <= len(links) <= LEAF, "limit")
        digests = [target(link, "raw") for link in links if isinstance(link, CID)]
        require(len(digests) == min(LEAF, self.chunks - LEAF * number), "limit")
        return digests

    def chunk(self, number: int) -> bytes:
        """Step 9."""
        block = self.block(0x55, self.leaf(number // LEAF)[number % LEAF])
        last = number == self.chunks - 1
        plain = self.decrypted(block, self.data_key, number, last=last)
        if last:
            require(not plain[self.index["len"] - number * CHUNK :].strip(b"\x00"), "payload")
        return plain

    def instances(self) -> Iterator[bytes]:
        """Step 10: the instances in their order."""
        at = 0
        for _, _, length, digest, _ in self.index["inst"]:
            first, last = at // CHUNK, (at + length - 1) // CHUNK
            stream = b"".join(map(self.chunk, range(first, last + 1)))
            data = stream[at - first * CHUNK :][:length]
            require(hashlib.sha256(data).digest() == digest, "content")
            yield data
            at += length


def uid(value: object) -> None:
    """A UID."""
    require(
        re.fullmatch(r"[0-9]+(\.[0-9]+)*", shaped(value, str)) and len(shaped(value, str)) <= 64, "schema"
    )


def attributes(value: object, allowed: Mapping[str, type]) -> None:
    """A map of attributes of an allow-list."""
    for keyword, item in shaped(value, dict).items():
        require(keyword in allowed and type(item) is allowed[keyword], "schema")


@dataclass(frozen=True)
class AskedEnvelope:
    """What a reader of an envelope holds; ``bound`` is info up to the public key's digest."""

    seed: bytes
    bound: bytes
    digest: bytes


def unwrapped(envelope: bytes, asked: AskedEnvelope) -> bytes:
    """Study key and secret."""
    require(hashlib.sha256(envelope).digest() == asked.digest, "chain")
    require(len(envelope) == 1200, "unwrap")
    expanded = hashlib.shake_256(asked.seed).digest(96)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
    own = x25519.public_key().public_bytes_raw()
    theirs = envelope[1088:1120]
    both = mlkem.decapsulate(envelope[:1088]) + x25519.exchange(X25519PublicKey.from_public_bytes(theirs))
    shared = hashlib.sha3_256(both + theirs + own + b"\\.//^\\").digest()
    ids = big(0x647A, 2) + big(1, 2) + big(2, 2)
    public = mlkem.public_key().public_bytes_raw() + own
    info = b"PixelPact/v1/envelope" + asked.bound + hashlib.sha256(public).digest() + ids

    def extract(label: bytes, salt: bytes, material: bytes) -> bytes:
        return mac(salt, b"HPKE-v1HPKE", ids, label, material)

    context = b"\x00" + extract(b"psk_id_hash", b"", b"") + extract(b"info_hash", b"", info)
    secret = extract(b"secret", shared, b"")
    key, nonce = (
        mac(secret, big(size, 2), b"HPKE-v1HPKE", ids, label, context, b"\x01")[:size]
        for label, size in ((b"key", 32), (b"base_nonce", 12))
    )
    try:
        plain = AES.new(key, AES.MODE_GCM, nonce=nonce).decrypt_and_verify(envelope[1120:-16], envelope[-16:])
    except ValueError:
        refuse("unwrap")
    require(len(plain) == 64, "unwrap")
    return plain
