"""Opening: every check in its order, and only then bytes (docs/sealed-study.md, Opening)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.crypto.blocks import CHUNK, Get, chunk_count, fetch, nonce
from pixelpact.crypto.chunks import ChunkReader, check_padding, undecryptable
from pixelpact.crypto.index import Index
from pixelpact.crypto.keys import (
    StudyKey,
    StudySecret,
    content_commitment,
    context_digest,
    derive_keys,
    local_id,
    study_id,
)
from pixelpact.crypto.opened import OpenStudy
from pixelpact.crypto.root import fetch_root
from pixelpact.errors import ChainMismatchError, ContentError, IdentityError, IndexStreamError
from pixelpact.models import Cid, StudyContext

__all__ = ["open_study"]


def open_study(  # noqa: PLR0913 - by name, and none can be left out: each is a check
    get: Get,
    *,
    key: StudyKey,
    secret: StudySecret,
    custodian: int,
    context: StudyContext,
    manifest_digest: bytes,
    committed: bytes,
) -> OpenStudy:
    """Open a sealed study: root, key, index, content and identity are checked; no instance is read yet.

    Args:
        get: where blocks come from; what it returns is checked.
        key: from the key envelope.
        secret: from the key envelope.
        custodian: the institution's number.
        context: network, study and epoch as the reader knows them, the epoch from the chain.
        manifest_digest: of the study, from the StudyRegistry at a final block, 32 bytes.
        committed: the content commitment, from there too, 32 bytes.

    Raises:
        SealedStudyError: one of its classes, the first check that fails.
    """
    root = fetch_root(get, manifest_digest)
    ctx = context_digest(context)
    if root.ctx != ctx:
        raise ChainMismatchError(
            "The sealed study was made for another study, epoch or network",
            why="its context differs",
            remedy="Ask again: the study may have been rotated since",
        )
    keys = derive_keys(key, root.salt, ctx)
    root.verify(keys.header)
    encoded = _read_index(get, root.index, AESGCM(keys.index))
    if not hmac.compare_digest(content_commitment(secret, hashlib.sha256(encoded).digest()), committed):
        raise ContentError(
            "The content of the sealed study is not what was registered",
            why="its content commitment differs from the chain's",
            remedy="Dispute it: images may have been exchanged",
        )
    index = Index.decode(encoded, root.chunks)
    if study_id(custodian, local_id(secret, custodian, index.study_uid)) != context.study_id:
        raise IdentityError(
            "The study inside is not the one that was asked for",
            why="custodian, study secret and StudyInstanceUID give another id",
            remedy="Dispute it",
        )
    return OpenStudy(manifest_digest, get, index, ChunkReader(get, root, AESGCM(keys.data), index.length))


def _read_index(get: Get, links: Sequence[Cid], cipher: AESGCM) -> bytes:
    """The index's dag-cbor: docs/sealed-study.md, Opening, step 4."""
    stream = bytearray(len(links) * CHUNK)
    view = memoryview(stream)
    for number, link in enumerate(links):
        block = fetch(get, link)
        try:
            into = view[number * CHUNK : (number + 1) * CHUNK]
            cipher.decrypt_into(nonce(number, last=number == len(links) - 1), block, None, into)
        except InvalidTag as error:
            raise undecryptable("index", number) from error
    end = 8 + int.from_bytes(view[:8], "big")
    if chunk_count(end) != len(links):
        raise IndexStreamError(
            "The index of the sealed study does not fill its blocks",
            why=f"{end:,} bytes in {len(links)}",
            remedy="Ask the custodian to seal the study again",
        )
    check_padding(view, end)
    return bytes(view[8:end])
