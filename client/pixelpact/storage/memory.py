"""Blocks in memory, gone with the process: for tests and for trying things out."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pixelpact.models import RAW, Cid
from pixelpact.storage.blocks import check_block, identify, missing, reachable

__all__ = ["MemoryStore"]


class MemoryStore:
    """A ``Store`` whose blocks are held in this process's memory, so nothing is durable."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._blocks: dict[Cid, bytes] = {}
        self._pins: set[Cid] = set()
        self._protected: set[Cid] = set()
        self._protections = 0

    def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
        """Keep one block (``Store.put``)."""
        cid = identify(data, codec)
        with self._lock:
            self._blocks[cid] = bytes(data)
            if self._protections:
                self._protected.add(cid)
        return cid

    def get(self, cid: Cid) -> bytes:
        """One block, checked (``Store.get``)."""
        with self._lock:
            data = self._blocks.get(cid)
        if data is None:
            raise missing(cid)
        return check_block(cid, data)

    def has(self, cid: Cid) -> bool:
        """Whether the block is here (``Store.has``)."""
        with self._lock:
            return cid in self._blocks

    def present(self, cids: Iterable[Cid]) -> tuple[Cid, ...]:
        """Those that are still here (``Store.present``)."""
        return tuple(cid for cid in cids if self.has(cid))

    @contextmanager
    def protect(self, cids: Iterable[Cid] = ()) -> Iterator[None]:
        """Spare ``cids`` and what is put meanwhile (``Store.protect``)."""
        with self._lock:
            self._protections += 1
            self._protected.update(cids)
        try:
            yield
        finally:
            with self._lock:
                self._protections -= 1
                if not self._protections:
                    self._protected.clear()

    def pin(self, root: Cid) -> None:
        """Keep a whole tree (``Store.pin``)."""
        with self._lock:
            for cid in sorted(reachable(root, self.get)):
                if cid not in self._blocks:
                    raise missing(cid)
            self._pins.add(root)

    def unpin(self, root: Cid) -> None:
        """Forget a root (``Store.unpin``)."""
        with self._lock:
            self._pins.discard(root)

    def pins(self) -> frozenset[Cid]:
        """The pinned roots (``Store.pins``)."""
        with self._lock:
            return frozenset(self._pins)

    def collect(self) -> tuple[Cid, ...]:
        """Remove what nothing reaches or protects (``Store.collect``)."""
        with self._lock:
            keep = set(self._protected)
            for root in self._pins:
                keep |= reachable(root, self.get)
            removed = tuple(sorted(self._blocks.keys() - keep))
            for cid in removed:
                del self._blocks[cid]
            return removed

    def flush(self) -> None:
        """Nothing to do: memory survives no power cut."""
