"""Where instances lie in the chunks of the data stream, and their digests while threads work out of step."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import inf
from threading import Condition
from typing import TYPE_CHECKING, NamedTuple

from pixelpact.crypto.blocks import CHUNK, chunk_count

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["DigestRelay", "Layout", "Piece", "Stopped"]


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


class Stopped(Exception):  # noqa: N818 - a signal between threads, never seen outside
    """Another thread failed; what this one waits for will not come."""


class DigestRelay:
    """SHA-256 of each instance, handed from the thread of one chunk to that of the next.

    An instance's hash is sequential, the rest of a chunk's work is not: a thread hashes what begins in its
    chunk at once, and what continues from the chunk before when its turn has come, other work in between.

    Args:
        finished: called with an instance's position and digest, from the thread that hashed its last piece.
    """

    def __init__(self, finished: Callable[[int, bytes], None]) -> None:
        self._finished = finished
        self._handed: dict[int, _Hash] = {}
        self._turn = Condition()
        self._failed: float = inf

    def begin(self, number: int, pieces: Sequence[Piece], chunk: memoryview) -> bool:
        """Hash what can be hashed of a chunk now; False if ``finish`` must be called for the rest."""
        for piece in pieces:
            if piece.begins:
                self._advance(hashlib.sha256(), number, piece, chunk)
        if not pieces or pieces[0].begins:
            return True
        with self._turn:
            digest = self._handed.pop(number, None)
        if digest is None:
            return False
        self._advance(digest, number, pieces[0], chunk)
        return True

    def finish(self, number: int, pieces: Sequence[Piece], chunk: memoryview) -> None:
        """Wait for the chunk before and hash what continues from it; Stopped if that will not come."""
        with self._turn:
            self._turn.wait_for(lambda: number in self._handed or number > self._failed)
            if number not in self._handed:
                raise Stopped
            digest = self._handed.pop(number)
        self._advance(digest, number, pieces[0], chunk)

    def stop(self, number: int = -1) -> None:
        """Wake those who wait for this chunk or a later one: it failed. Earlier ones go on."""
        with self._turn:
            self._failed = min(self._failed, number)
            self._turn.notify_all()

    def _advance(self, digest: _Hash, number: int, piece: Piece, chunk: memoryview) -> None:
        digest.update(chunk[piece.start : piece.stop])
        if piece.ends:
            self._finished(piece.instance, digest.digest())
            return
        with self._turn:
            self._handed[number + 1] = digest
            self._turn.notify_all()
