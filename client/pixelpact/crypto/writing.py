"""Writing the data stream: threads take chunk after chunk, read, hash, encrypt and put it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.crypto.blocks import BLOCK, CHUNK, LEAF_LINKS, nonce
from pixelpact.crypto.layout import DigestRelay, Layout, Piece
from pixelpact.crypto.root import encode_leaf
from pixelpact.crypto.threads import run_together
from pixelpact.errors import InputError
from pixelpact.models import DAG_CBOR, RAW, Cid, Instance, StudySource

__all__ = ["DataStream", "Progress", "Put", "source_changed"]

#: Where blocks go. The buffer is valid during the call only, and reused after it; with several threads, calls
#: overlap.
Put = Callable[[Cid, "bytes | memoryview"], None]
#: Called with the number of bytes sealed since the last call, from any of the threads.
Progress = Callable[[int], None]


@dataclass(slots=True)
class DataStream:
    """The data stream of one attempt, written once.

    Attributes:
        source: opens the instances.
        instances: in the index's order.
        layout: of their lengths.
        cipher: under the data key.
        put: takes the blocks and leaves.
        progress: told of the bytes.
        digests: of the instances, complete when ``write`` has returned.
    """

    source: StudySource
    instances: Sequence[Instance]
    layout: Layout
    cipher: AESGCM
    put: Put
    progress: Progress
    digests: dict[int, bytes] = field(init=False, default_factory=dict)
    _relay: DigestRelay = field(init=False)
    _leaves: _Leaves = field(init=False)
    _free: SimpleQueue[memoryview | None] = field(init=False, default_factory=SimpleQueue)
    _hashing: dict[int, memoryview] = field(init=False, default_factory=dict)
    _reading: Lock = field(init=False, default_factory=Lock)
    _next: int = field(init=False, default=0)
    _open: BinaryIO | None = field(init=False, default=None)
    _stopped: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._relay = DigestRelay(self.digests.__setitem__)
        self._leaves = _Leaves(self.layout.chunks, self.put)

    def write(self, threads: int) -> tuple[Cid, ...]:
        """Put all blocks and leaves; the links to the leaves.

        Raises:
            InputError: an instance is not as long as it was.
            Exception: what the source, ``put`` or ``progress`` raised.
        """
        # A chunk that is left to another thread to hash keeps its buffer so long: some more than threads.
        for _ in range(threads + 2 if threads > 1 else 1):
            self._free.put(memoryview(bytearray(CHUNK)))
        try:
            run_together(self._work, threads, self._stop)
        finally:
            if self._open is not None:
                self._open.close()
        return self._leaves.links()

    def _stop(self) -> None:
        self._stopped = True
        self._free.put(None)

    def _work(self) -> None:
        sealed = memoryview(bytearray(BLOCK))
        while (plain := self._free.get()) is not None and (taken := self._take(plain)) is not None:
            number, pieces = taken
            last = number == self.layout.chunks - 1
            self.cipher.encrypt_into(nonce(number, last=last), plain, None, sealed)
            self._hashing[number] = plain
            self._relay.submit(number, pieces, plain, self._hashed)
            cid = Cid.of(RAW, sealed)
            self.put(cid, sealed)
            self._leaves.place(number, cid.digest)
            self.progress(self.layout.filled(number))
        self._free.put(None)  # the next thread that looks for a buffer ends too

    def _hashed(self, number: int) -> None:
        """Nothing is left to hash of a chunk: its buffer is free."""
        self._free.put(self._hashing.pop(number))

    def _take(self, plain: memoryview) -> tuple[int, list[Piece]] | None:
        """Read the next chunk, padded: its number and pieces, or None when there is none."""
        with self._reading:
            number = self._next
            if self._stopped or number == self.layout.chunks:
                return None
            self._next += 1
            pieces = self.layout.pieces(number)
            for piece in pieces:
                self._read(piece, plain[piece.start : piece.stop])
        filled = self.layout.filled(number)
        plain[filled:] = bytes(CHUNK - filled)
        return number, pieces

    def _read(self, piece: Piece, view: memoryview) -> None:
        """Fill the view with the next bytes of an instance, opened where it begins, closed where it ends."""
        if piece.begins:
            self._open = self.source.open(self.instances[piece.instance])
        stream = self._open
        assert stream is not None  # noqa: S101 - pieces come in order, so an earlier one opened it
        while view:
            count = stream.readinto(view)  # type: ignore[attr-defined]  # typing.BinaryIO lacks it
            if not count:
                raise source_changed("an instance is shorter than it was")
            view = view[count:]
        if piece.ends:
            if stream.read(1):
                raise source_changed("an instance is longer than it was")
            stream.close()
            self._open = None


class _Leaves:
    """Puts a leaf as soon as all its blocks were put."""

    def __init__(self, chunks: int, put: Put) -> None:
        self._chunks = chunks
        self._put = put
        self._lock = Lock()
        self._growing: dict[int, dict[int, bytes]] = {}
        self._done: dict[int, Cid] = {}

    def place(self, number: int, digest: bytes) -> None:
        """Note a block that was put."""
        leaf, position = divmod(number, LEAF_LINKS)
        size = min(LEAF_LINKS, self._chunks - leaf * LEAF_LINKS)
        with self._lock:
            growing = self._growing.setdefault(leaf, {})
            growing[position] = digest
            if len(growing) < size:
                return
            del self._growing[leaf]
        block = encode_leaf([growing[position] for position in range(size)])
        self._done[leaf] = Cid.of(DAG_CBOR, block)
        self._put(self._done[leaf], block)

    def links(self) -> tuple[Cid, ...]:
        """The links to all leaves, in order."""
        return tuple(self._done[leaf] for leaf in range(len(self._done)))


def source_changed(why: str) -> InputError:
    """The error for a source that is not what it said it was."""
    return InputError(
        "The study changed while it was sealed", why=why, remedy="Seal again when nothing writes to the study"
    )
