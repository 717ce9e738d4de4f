"""Sealing: a study's instances become encrypted blocks, leaves and a root (docs/sealed-study.md)."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.errors import ContentError, IdentityError, InputError, SealedStudyError
from pixelpact.models import DAG_CBOR, RAW, Cid, Instance, StudyContext, StudySource

from .blocks import BLOCK, CHUNK, LEAF_LINKS, MAX_INDEX_BLOCKS, Root, chunk_count, encode_leaf, nonce
from .index import Index
from .keys import (
    SALT_SIZE,
    StudyKey,
    StudySecret,
    content_commitment,
    context_digest,
    derive_keys,
    local_id,
    study_id,
)
from .layout import DigestRelay, Layout, Stopped
from .threads import run_together

__all__ = ["Progress", "Put", "SealedStudy", "seal"]

#: Where blocks go. The buffer is valid during the call only, and reused after it; with several threads, calls
#: overlap.
Put = Callable[[Cid, "bytes | memoryview"], None]
#: Called with the number of bytes sealed since the last call, from any of the threads.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class SealedStudy:
    """What sealing gave: the values to register, and what was sealed.

    Attributes:
        manifest_digest: SHA-256 of the root block, 32 bytes.
        content_commitment: 32 bytes; the same in every epoch.
        instances: in the order of the index, with their digests.
        length: bytes of all instances.
        chunks: number of data blocks.
        index_blocks: number of index blocks.
    """

    manifest_digest: bytes
    content_commitment: bytes
    instances: tuple[Instance, ...]
    length: int
    chunks: int
    index_blocks: int

    @property
    def root(self) -> Cid:
        """The root's CID, the one to pin."""
        return Cid(DAG_CBOR, self.manifest_digest)


def seal(  # noqa: PLR0913 - by name
    source: StudySource,
    *,
    key: StudyKey,
    secret: StudySecret,
    custodian: int,
    context: StudyContext,
    put: Put,
    committed: bytes | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> SealedStudy:
    """Seal a study under a salt drawn for this call; memory does not grow with its bytes.

    An attempt that ended early leaves blocks that nothing links; call again, and it starts at the first byte.

    Args:
        source: the instances. Each is opened once, read from start to end, and closed; never two at a time,
            and in the order of the index.
        key: the study key of the context's epoch.
        secret: the study's secret.
        custodian: the institution's number, 32 bits.
        context: what the keys are bound to; its study id must be that of the source's UID.
        put: takes blocks; the root comes last, each leaf after its blocks. Called from several threads at
            once if ``threads`` is more than 1.
        committed: for a rotation, the content commitment on the chain.
        threads: how many threads work, the caller's included.
        progress: told of bytes as they are sealed.

    Raises:
        InputError: the source has no instances, one that can't be indexed, or one that changed meanwhile.
        IdentityError: custodian, secret and UID do not give the context's study id.
        ContentError: the content is not what ``committed`` says; no root was put.
    """
    salt = os.urandom(SALT_SIZE)
    return _Attempt(source, key, secret, custodian, context, salt).run(
        put, committed, threads, progress or _ignore
    )


def _ignore(_: int) -> None:
    pass


class _Attempt:
    """One pass over the source under one salt."""

    def __init__(
        self,
        source: StudySource,
        key: StudyKey,
        secret: StudySecret,
        custodian: int,
        context: StudyContext,
        salt: bytes,
    ) -> None:
        uid = source.study_uid
        if study_id(custodian, local_id(secret, custodian, uid)) != context.study_id:
            raise IdentityError(
                "the study to seal is not the one of this study id",
                why="custodian, study secret and StudyInstanceUID give another id",
            )
        self._instances = _ordered(source, uid)
        self._layout = Layout([instance.length for instance in self._instances])
        self._source = source
        self._uid = uid
        self._secret = secret
        self._salt = salt
        self._ctx = context_digest(context)
        self._keys = derive_keys(key, salt, self._ctx)

    def run(self, put: Put, committed: bytes | None, threads: int, progress: Progress) -> SealedStudy:
        stream = _DataStream(
            self._source, self._instances, self._layout, AESGCM(self._keys.data), put, progress
        )
        leaves, digests = stream.seal(threads)
        instances = tuple(map(_digested, self._instances, digests))
        encoded = Index(self._uid, instances, self._layout.length).encode()
        commitment = content_commitment(self._secret, hashlib.sha256(encoded).digest())
        if committed is not None and not hmac.compare_digest(commitment, committed):
            raise ContentError(
                "the study to seal is not the one that was registered",
                why="its content commitment differs from the chain's",
                remedy="restore the original instances; images can't be exchanged by a rotation",
            )
        links = _seal_index(encoded, AESGCM(self._keys.index), put)
        root = Root(ctx=self._ctx, salt=self._salt, data=leaves, index=links, chunks=self._layout.chunks)
        block = root.authenticated(self._keys.header).encode()
        cid = Cid.of(DAG_CBOR, block)
        put(cid, block)
        return SealedStudy(
            manifest_digest=cid.digest,
            content_commitment=commitment,
            instances=instances,
            length=self._layout.length,
            chunks=self._layout.chunks,
            index_blocks=len(links),
        )


def _ordered(source: StudySource, uid: str) -> list[Instance]:
    """The source's instances in the index's order, checked for what an index can say."""
    instances = sorted(source, key=lambda each: (each.series_uid, each.class_uid, each.sop_uid))
    try:
        Index(uid, tuple(instances), sum(instance.length for instance in instances)).check()
    except SealedStudyError as error:
        raise InputError("the study can't be sealed", why=error.sentence.rstrip(".")) from error
    return instances


class _DataStream:
    """The data stream of an attempt: threads take chunk after chunk."""

    def __init__(
        self,
        source: StudySource,
        instances: list[Instance],
        layout: Layout,
        cipher: AESGCM,
        put: Put,
        progress: Progress,
    ) -> None:
        self._source = source
        self._instances = instances
        self._layout = layout
        self._cipher = cipher
        self._put = put
        self._progress = progress
        self._digests = [b""] * len(instances)
        self._relay = DigestRelay(self._digests.__setitem__)
        self._reading = Lock()
        self._next = 0
        self._stopped = False
        self._open: BinaryIO | None = None
        self._placing = Lock()
        self._placed: dict[int, list[bytes]] = {}
        self._missing: dict[int, int] = {}
        self._leaves: dict[int, Cid] = {}

    def seal(self, threads: int) -> tuple[tuple[Cid, ...], list[bytes]]:
        """Put all blocks and leaves; the links to the leaves and the instances' digests."""
        try:
            run_together(self._work, threads, self._stop)
        finally:
            if self._open is not None:
                self._open.close()
        return tuple(self._leaves[position] for position in range(len(self._leaves))), self._digests

    def _stop(self) -> None:
        self._stopped = True
        self._relay.stop()

    def _work(self) -> None:
        plain, sealed = memoryview(bytearray(CHUNK)), memoryview(bytearray(BLOCK))
        last = self._layout.chunks - 1
        while True:
            with self._reading:
                number = self._next
                if self._stopped or number > last:
                    return
                self._next += 1
                pieces = self._layout.pieces(number)
                for piece in pieces:
                    self._read(
                        piece.instance, plain[piece.start : piece.stop], begins=piece.begins, ends=piece.ends
                    )
            filled = self._layout.filled(number)
            plain[filled:] = bytes(CHUNK - filled)
            digested = self._relay.begin(number, pieces, plain)
            self._cipher.encrypt_into(nonce(number, last=number == last), plain, None, sealed)
            cid = Cid.of(RAW, sealed)
            if not digested:
                try:
                    self._relay.finish(number, pieces, plain)
                except Stopped:
                    return
            self._put(cid, sealed)
            self._place(number, cid)
            self._progress(filled)

    def _read(self, position: int, view: memoryview, *, begins: bool, ends: bool) -> None:
        """Fill the view with the next bytes of an instance, opened where it begins, closed where it ends."""
        instance = self._instances[position]
        if begins:
            self._open = self._source.open(instance)
        stream = self._open
        assert stream is not None  # noqa: S101 - pieces come in order, so it was opened by an earlier one
        read = 0
        while read < len(view):
            count = stream.readinto(view[read:])  # type: ignore[attr-defined]
            if not count:
                raise _changed("an instance is shorter than it was")
            read += count
        if ends:
            if stream.read(1):
                raise _changed("an instance is longer than it was")
            stream.close()
            self._open = None

    def _place(self, number: int, cid: Cid) -> None:
        """Note a block that was put, and put its leaf when it is the leaf's last."""
        leaf, position = divmod(number, LEAF_LINKS)
        size = min(LEAF_LINKS, self._layout.chunks - leaf * LEAF_LINKS)
        with self._placing:
            digests = self._placed.setdefault(leaf, [b""] * size)
            digests[position] = cid.digest
            self._missing[leaf] = self._missing.get(leaf, size) - 1
            if self._missing[leaf]:
                return
            del self._placed[leaf]
        block = encode_leaf(digests)
        self._leaves[leaf] = Cid.of(DAG_CBOR, block)
        self._put(self._leaves[leaf], block)


def _seal_index(encoded: bytes, cipher: AESGCM, put: Put) -> tuple[Cid, ...]:
    """Put the index stream's blocks; the links to them."""
    stream = len(encoded).to_bytes(8, "big") + encoded
    blocks = chunk_count(len(stream))
    if blocks > MAX_INDEX_BLOCKS:
        raise InputError(
            "the study can't be sealed", why=f"its index needs {blocks:,} blocks of {MAX_INDEX_BLOCKS:,}"
        )
    links = []
    for number in range(blocks):
        chunk = stream[number * CHUNK : (number + 1) * CHUNK].ljust(CHUNK, b"\x00")
        sealed = cipher.encrypt(nonce(number, last=number == blocks - 1), chunk, None)
        links.append(Cid.of(RAW, sealed))
        put(links[-1], sealed)
    return tuple(links)


def _digested(instance: Instance, digest: bytes) -> Instance:
    if instance.digest and instance.digest != digest:
        raise _changed("an instance has other bytes than it had")
    return replace(instance, digest=digest)


def _changed(why: str) -> InputError:
    return InputError(
        "the study changed while it was sealed", why=why, remedy="seal again when nothing writes to the study"
    )
