"""Reading the chunks of the data stream: fetched, checked and decrypted."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.crypto.blocks import CHUNK, LEAF_LINKS, Get, fetch, nonce
from pixelpact.crypto.root import Root, decode_leaf
from pixelpact.errors import PayloadError
from pixelpact.models import RAW, Cid

__all__ = ["ChunkReader", "check_padding", "undecryptable"]


class ChunkReader:
    """Fetches, checks and decrypts the chunks of the data stream, in any order and from any thread."""

    LEAVES_KEPT = 8

    def __init__(self, get: Get, root: Root, cipher: AESGCM, length: int) -> None:
        self._get = get
        self._root = root
        self._cipher = cipher
        self._length = length
        self._leaves: dict[int, Sequence[bytes]] = {}
        self._leaves_lock = Lock()

    def cid(self, number: int) -> Cid:
        """The CID of a chunk's block: docs/sealed-study.md, Opening, step 8."""
        leaf, position = divmod(number, LEAF_LINKS)
        return Cid(RAW, self._leaf(leaf)[position])

    def read(self, number: int, into: memoryview) -> None:
        """Decrypt a chunk into a buffer of its size: docs/sealed-study.md, Opening, steps 8 and 9."""
        block = fetch(self._get, self.cid(number))
        last = number == self._root.chunks - 1
        try:
            self._cipher.decrypt_into(nonce(number, last=last), block, None, into)
        except InvalidTag as error:
            raise undecryptable("data", number) from error
        if last:
            check_padding(into, self._length - number * CHUNK)

    def _leaf(self, number: int) -> Sequence[bytes]:
        with self._leaves_lock:
            if number not in self._leaves:
                leaf = decode_leaf(fetch(self._get, self._root.data[number]), self._root.links(number))
                while len(self._leaves) >= self.LEAVES_KEPT:
                    del self._leaves[next(iter(self._leaves))]
                self._leaves[number] = leaf
            return self._leaves[number]


def check_padding(view: memoryview, end: int) -> None:
    """PayloadError unless the bytes from ``end`` are zeros."""
    if bytes(view[end:]) != bytes(len(view) - end):
        raise PayloadError(
            "The padding of the sealed study is not zeros",
            why="its sealer put something there",
            remedy="Dispute it",
        )


def undecryptable(stream: str, number: int) -> PayloadError:
    """The error for a chunk whose tag does not verify."""
    return PayloadError(
        "A chunk of the sealed study does not decrypt",
        why=f"chunk {number} of its {stream} stream has another key, place or content",
        remedy="Dispute it",
    )
