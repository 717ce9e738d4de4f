"""Where instances lie in the chunks of the data stream, and their digests while threads work out of step."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from pixelpact.crypto.blocks import CHUNK, chunk_count

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["DigestRelay", "Layout", "Piece"]


class Piece(NamedTuple):
    """An instance's part in one chunk, ``chunk[start:stop]``; whether the instance begins and ends there."""

    instance: int
    start: int
    stop: int
    begins: bool
    ends: bool


class Layout:
    """Instances of these lengths back to back, cut into chunks."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._starts = [0, *accumulate(lengths)]
        self.length = self._starts[-1]
        self.chunks = chunk_count(self.length)

    def span(self, instance: int) -> range:
        """The chunks that an instance lies in."""
        return range(self._starts[instance] // CHUNK, chunk_count(self._starts[instance + 1]))

    def offset(self, instance: int) -> int:
        """Where an instance begins in the data stream, in bytes."""
        return self._starts[instance]

    def filled(self, number: int) -> int:
        """How many bytes of a chunk are not padding."""
        return min(CHUNK, self.length - number * CHUNK)

    def pieces(self, number: int) -> list[Piece]:
        """The instances' parts in a chunk, in their order."""
        base, end = number * CHUNK, number * CHUNK + self.filled(number)
        instance = bisect_right(self._starts, base) - 1
        found = []
        while instance + 1 < len(self._starts) and self._starts[instance] < end:
            begin, stop = self._starts[instance], self._starts[instance + 1]
            found.append(
                Piece(instance, max(begin, base) - base, min(stop, end) - base, begin >= base, stop <= end)
            )
            instance += 1
        return found


class _Hashing(NamedTuple):
    """A piece to hash, the chunk it lies in, and what to call when that chunk has nothing left to hash."""

    number: int
    piece: Piece
    chunk: memoryview
    hashed: Callable[[int], None]


class DigestRelay:
    """SHA-256 of each instance, handed on from chunk to chunk by threads that never wait for one another.

    An instance's hash is sequential, the rest of a chunk's work is not. Each thread submits its chunk: it
    hashes what begins there, and what continues from the chunk before if that is hashed already. Otherwise
    the chunk is left, and the thread that hashes the chunk before goes on with it.

    Args:
        finished: called with an instance's position and digest, from the thread that hashed its last piece.
    """

    def __init__(self, finished: Callable[[int, bytes], None]) -> None:
        self._finished = finished
        self._handed: dict[int, _Hash] = {}
        self._left: dict[int, _Hashing] = {}
        self._lock = Lock()

    def submit(
        self, number: int, pieces: Sequence[Piece], chunk: memoryview, hashed: Callable[[int], None]
    ) -> None:
        """Have a chunk's pieces hashed, now or later.

        Args:
            number: of the chunk.
            pieces: in their order.
            chunk: must stay as it is until ``hashed``.
            hashed: called with the number when nothing is left to hash, perhaps from another thread.
        """
        for piece in pieces:
            if piece.begins:
                self._hash(hashlib.sha256(), _Hashing(number, piece, chunk, hashed))
        if not pieces or pieces[0].begins:
            hashed(number)
            return
        continued = _Hashing(number, pieces[0], chunk, hashed)
        with self._lock:
            digest = self._handed.pop(number, None)
            if digest is None:
                self._left[number] = continued
                return
        self._hash(digest, continued)

    def _hash(self, digest: _Hash, hashing: _Hashing | None) -> None:
        """Hash a piece, and what was left of the chunks behind it."""
        while hashing is not None:
            number, piece, chunk, hashed = hashing
            digest.update(chunk[piece.start : piece.stop])
            if piece.ends:
                self._finished(piece.instance, digest.digest())
            if not piece.begins:
                hashed(number)
            if piece.ends:
                return
            with self._lock:
                hashing = self._left.pop(number + 1, None)
                if hashing is None:
                    self._handed[number + 1] = digest
