"""Sealing: a study's instances become encrypted blocks, leaves and a root (docs/sealed-study.md)."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.crypto.blocks import CHUNK, MAX_INDEX_BLOCKS, chunk_count, nonce
from pixelpact.crypto.index import Index
from pixelpact.crypto.keys import (
    SALT_SIZE,
    StudyKey,
    StudySecret,
    content_commitment,
    context_digest,
    derive_keys,
    local_id,
    study_id,
)
from pixelpact.crypto.layout import Layout
from pixelpact.crypto.root import Root
from pixelpact.crypto.writing import DataStream, Progress, Put, source_changed
from pixelpact.errors import ContentError, IdentityError, InputError, SealedStudyError
from pixelpact.models import DAG_CBOR, RAW, Cid, Instance, StudyContext, StudySource

__all__ = ["SealedStudy", "seal"]


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
    planned = _ordered(source)
    if study_id(custodian, local_id(secret, custodian, source.study_uid)) != context.study_id:
        raise IdentityError(
            "The study to seal is not the one of this study id",
            why="custodian, study secret and StudyInstanceUID give another id",
            remedy="Seal the study whose UID it was made for",
        )
    attempt = _Attempt(source, planned, key, secret, context, put, os.urandom(SALT_SIZE))
    return attempt.run(threads, progress or _ignore, committed)


def _ignore(_: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One pass over the source under one salt."""

    source: StudySource
    planned: Sequence[Instance]
    key: StudyKey
    secret: StudySecret
    context: StudyContext
    put: Put
    salt: bytes

    def run(self, threads: int, progress: Progress, committed: bytes | None) -> SealedStudy:
        ctx = context_digest(self.context)
        keys = derive_keys(self.key, self.salt, ctx)
        layout = Layout([instance.length for instance in self.planned])
        stream = DataStream(self.source, self.planned, layout, AESGCM(keys.data), self.put, progress)
        leaves = stream.write(threads)
        instances = tuple(
            _digested(instance, stream.digests[position]) for position, instance in enumerate(self.planned)
        )
        encoded = Index(self.source.study_uid, instances, layout.length).encode()
        commitment = self._commitment(encoded, committed)
        index = _seal_index(encoded, AESGCM(keys.index), self.put)
        block = Root(ctx, self.salt, leaves, index, layout.chunks).authenticated(keys.header).encode()
        root = Cid.of(DAG_CBOR, block)
        self.put(root, block)
        return SealedStudy(
            manifest_digest=root.digest,
            content_commitment=commitment,
            instances=instances,
            length=layout.length,
            chunks=layout.chunks,
            index_blocks=len(index),
        )

    def _commitment(self, encoded: bytes, committed: bytes | None) -> bytes:
        """The content commitment, which must be the one of the chain in a rotation."""
        commitment = content_commitment(self.secret, hashlib.sha256(encoded).digest())
        if committed is not None and not hmac.compare_digest(commitment, committed):
            raise ContentError(
                "The study to seal is not the one that was registered",
                why="its content commitment differs from the chain's",
                remedy="Restore the original instances; images can't be exchanged by a rotation",
            )
        return commitment


def _ordered(source: StudySource) -> list[Instance]:
    """The source's instances in the index's order, checked for what an index can say."""
    instances = sorted(source, key=lambda each: (each.series_uid, each.class_uid, each.sop_uid))
    length = sum(instance.length for instance in instances)
    try:
        Index(source.study_uid, tuple(instances), length).check()
    except SealedStudyError as error:
        raise _unsealable(error.why) from error
    return instances


def _digested(instance: Instance, digest: bytes) -> Instance:
    if instance.digest and instance.digest != digest:
        raise source_changed("an instance has other bytes than it had")
    return replace(instance, digest=digest)


def _seal_index(encoded: bytes, cipher: AESGCM, put: Put) -> tuple[Cid, ...]:
    """Put the index stream's blocks; the links to them."""
    stream = len(encoded).to_bytes(8, "big") + encoded
    blocks = chunk_count(len(stream))
    if blocks > MAX_INDEX_BLOCKS:
        raise _unsealable(f"its index needs {blocks:,} blocks, where {MAX_INDEX_BLOCKS:,} are allowed")
    links = []
    for number in range(blocks):
        chunk = stream[number * CHUNK : (number + 1) * CHUNK].ljust(CHUNK, b"\x00")
        sealed = cipher.encrypt(nonce(number, last=number == blocks - 1), chunk, None)
        links.append(Cid.of(RAW, sealed))
        put(links[-1], sealed)
    return tuple(links)


def _unsealable(why: str) -> InputError:
    return InputError(
        "The study can't be sealed", why=why, remedy="Leave out or correct what is named, then seal again"
    )
