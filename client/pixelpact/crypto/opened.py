"""A sealed study that passed every check before its payload: reading its instances."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from threading import Lock
from typing import BinaryIO, cast

from pixelpact.crypto.ahead import ReadAhead, Work
from pixelpact.crypto.blocks import CHUNK, Get, chunk_count
from pixelpact.crypto.chunks import ChunkReader
from pixelpact.crypto.index import Index
from pixelpact.crypto.layout import DigestRelay, Layout
from pixelpact.crypto.readers import InOrder, RangeReader
from pixelpact.crypto.root import list_cids
from pixelpact.errors import ContentError
from pixelpact.models import Cid, Instance, StudySource

__all__ = ["OpenStudy"]

#: Instances up to this many bytes are held in memory until their digest is checked; others are read twice.
HELD = 16 << 20
_CHUNKS_KEPT = 2


class OpenStudy:
    """The instances of a sealed study; made by ``open_study`` only. No byte leaves it unchecked.

    It is a StudySource, so a rotation seals it again; ``in_order`` is its faster form for that.
    """

    def __init__(self, manifest_digest: bytes, get: Get, index: Index, reader: ChunkReader) -> None:
        self.manifest_digest = manifest_digest
        self._get = get
        self._index = index
        self._reader = reader
        self._layout = Layout([instance.length for instance in index.instances])
        self._positions = {instance.sop_uid: position for position, instance in enumerate(index.instances)}
        self._checked: set[int] = set()
        self._kept: dict[int, memoryview] = {}
        self._keeping = Lock()

    @property
    def study_uid(self) -> str:
        """The StudyInstanceUID."""
        return self._index.study_uid

    @property
    def length(self) -> int:
        """Bytes of all instances."""
        return self._index.length

    def __iter__(self) -> Iterator[Instance]:
        """The instances in the order of the data stream, with their digests."""
        return iter(self._index.instances)

    def __len__(self) -> int:
        return len(self._index.instances)

    def cids(self) -> Iterator[Cid]:
        """Every CID of the sealed study, root first: what to unpin and to find absent after a rotation."""
        return list_cids(self.manifest_digest, self._get)

    def open(self, instance: Instance) -> BinaryIO:
        """The bytes of one instance, its digest checked before this returns.

        Raises:
            SealedStudyError: BlockError, PayloadError or ContentError as a rule; the leaves' classes too.
        """
        position = self._position(instance)
        length = instance.length
        if length > HELD:
            self._check_large(position)
            return cast(
                "BinaryIO", RangeReader(lambda offset, size: self._range(position, offset, size), length)
            )
        return io.BytesIO(self._range(position, 0, length))

    def read_range(self, instance: Instance, offset: int, length: int) -> bytes:
        """Bytes of one instance; the first time it is checked whole, then only the range's chunks are read.

        Args:
            instance: one of this study.
            offset: of the first byte in the instance.
            length: number of bytes; ValueError if the range leaves the instance.

        Raises:
            SealedStudyError: as ``open``.
        """
        if offset < 0 or length < 0 or offset + length > instance.length:
            raise ValueError(f"{length} bytes from {offset} leave an instance of {instance.length}")
        position = self._position(instance)
        if instance.length > HELD:
            self._check_large(position)
        return self._range(position, offset, length)

    def stream(self, threads: int = 1) -> Generator[tuple[Instance, Iterator[memoryview]]]:
        """All instances in order, each with its bytes in pieces, read ahead by so many threads.

        A piece is a view of a buffer that is used again: write or copy it before taking the next piece or
        instance, which releases it. An instance is yielded after its digest was checked.

        Args:
            threads: how many threads fetch, decrypt and hash; with 1 it happens in the caller's.

        Raises:
            SealedStudyError: as ``open``, after the instances before the failing one were yielded.
        """
        everything = enumerate(self._index.instances)
        for large, run in groupby(everything, key=lambda item: item[1].length > HELD):
            positions = [position for position, _ in run]
            if not large:
                yield from self._stream_held(range(positions[0], positions[-1] + 1), threads)
                continue
            for position in positions:
                self._check_large(position, threads)
                with closing(self._pieces(position, threads)) as pieces:
                    yield self._index.instances[position], pieces

    @contextmanager
    def in_order(self, threads: int) -> Iterator[StudySource]:
        """The study as a source to seal again: its instances are opened in their order only, and read ahead.

        Args:
            threads: as for ``stream``.
        """
        with closing(self.stream(threads)) as stream:
            yield InOrder(self.study_uid, self._index.instances, stream)

    def _position(self, instance: Instance) -> int:
        position = self._positions.get(instance.sop_uid)
        if position is None or self._index.instances[position] != instance:
            raise ValueError("not an instance of this study")
        return position

    def _stream_held(self, run: range, threads: int) -> Iterator[tuple[Instance, Iterator[memoryview]]]:
        """Instances of a run that are held until checked, chunks read ahead."""
        layout = self._layout
        found: dict[int, bytes] = {}
        spans = [layout.span(position) for position in run]
        buffers = max(map(len, spans)) + 1 + threads
        numbers = range(spans[0].start, spans[-1].stop)
        with ReadAhead(self._digesting(run, found), numbers, buffers, threads) as ahead:
            for position, span in zip(run, spans, strict=True):
                views = [self._cut(position, number, ahead.wait(number)) for number in span]
                self._check_digest(position, found.pop(position))
                yield self._index.instances[position], iter(views)
                for view in views:
                    view.release()
                ahead.free(span.stop - 1)

    def _check_large(self, position: int, threads: int = 1) -> None:
        """Read an instance once for its digest, keeping nothing; remembered."""
        if position in self._checked:
            return
        found: dict[int, bytes] = {}
        span = self._layout.span(position)
        work = self._digesting(range(position, position + 1), found)
        with ReadAhead(work, span, 1 + threads, threads) as ahead:
            for number in span:
                ahead.wait(number)
                ahead.free(number + 1)
        self._check_digest(position, found[position])

    def _pieces(self, position: int, threads: int) -> Generator[memoryview]:
        """The bytes of a checked instance, chunk by chunk."""
        span = self._layout.span(position)
        with ReadAhead(self._reading, span, 1 + threads, threads) as ahead:
            for number in span:
                view = self._cut(position, number, ahead.wait(number))
                yield view
                view.release()
                ahead.free(number + 1)

    def _reading(self, number: int, view: memoryview, done: Callable[[int], None]) -> None:
        """The work of reading a chunk."""
        self._reader.read(number, view)
        done(number)

    def _digesting(self, run: range, found: dict[int, bytes]) -> Work:
        """The work of reading a chunk and hashing the run's instances in it; digests arrive in ``found``."""
        relay = DigestRelay(found.__setitem__)

        def work(number: int, view: memoryview, done: Callable[[int], None]) -> None:
            self._reader.read(number, view)
            pieces = [piece for piece in self._layout.pieces(number) if piece.instance in run]
            relay.submit(number, pieces, view, done)

        return work

    def _check_digest(self, position: int, digest: bytes) -> None:
        if not hmac.compare_digest(digest, self._index.instances[position].digest):
            raise ContentError(
                "An instance is not the one that was registered",
                why=f"the digest of instance {position + 1} of {len(self)} differs from the index",
                remedy="Dispute it",
            )
        self._checked.add(position)

    def _range(self, position: int, offset: int, length: int) -> bytes:
        """Bytes of an instance, which is checked first unless it was."""
        start = self._layout.offset(position)
        if position in self._checked:
            return self._gather(start + offset, start + offset + length)
        whole = self._gather(start, start + self._index.instances[position].length)
        self._check_digest(position, hashlib.sha256(whole).digest())
        return whole[offset : offset + length]

    def _gather(self, start: int, stop: int) -> bytes:
        """Bytes of the data stream."""
        numbers = range(start // CHUNK, chunk_count(stop))
        return b"".join(self._chunk(n)[max(start - n * CHUNK, 0) : stop - n * CHUNK] for n in numbers)

    def _chunk(self, number: int) -> memoryview:
        """A chunk, the last few kept: neighbouring instances share one."""
        view = self._kept.get(number)
        if view is None:
            view = memoryview(bytearray(CHUNK))
            self._reader.read(number, view)
            with self._keeping:
                while len(self._kept) >= _CHUNKS_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[number] = view
        return view

    def _cut(self, position: int, number: int, chunk: memoryview) -> memoryview:
        """The part of an instance in a chunk."""
        begin = self._layout.offset(position) - number * CHUNK
        return chunk[max(begin, 0) : begin + self._index.instances[position].length]
