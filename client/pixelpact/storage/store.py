"""What sealing and the actors ask of a store, whichever it is."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from pixelpact.models import RAW, Cid

__all__ = ["Store"]


class Store(Protocol):
    """A local store of blocks, safe to use from several threads and beside other processes.

    Nothing here goes to a network: a block that is not in this store is missing. Everything raises StoreError
    when the store itself can't be used (gone, full, not writable, not answering); that is never the same as
    'missing'.

    The order of sealing: ``with protect():`` put every block, ``pin`` the root, ``flush``, and only then
    register. The order of erasing: ``unpin`` the old root, ``collect``, then ``present`` of every old CID
    must be empty.
    """

    def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
        """Store one block and return its CID; a block that is already there is kept, a damaged one replaced.

        Until a pin reaches the block, only ``protect`` keeps ``collect`` away from it. It survives a power
        cut once ``flush`` or ``pin`` returned.

        Raises:
            LimitError: more than ``BLOCK_LIMIT`` bytes.
        """
        ...

    def get(self, cid: Cid) -> bytes:
        """The bytes of a block, checked against the CID.

        Raises:
            BlockError: the block is missing, or its bytes are not those of the CID.
        """
        ...

    def has(self, cid: Cid) -> bool:
        """Whether anything lies under this CID. Its bytes are not read: only ``get`` vouches for them."""
        ...

    def present(self, cids: Iterable[Cid]) -> tuple[Cid, ...]:
        """Those of ``cids`` that are still here, in the order given: the sweep after an erasure."""
        ...

    def protect(self, cids: Iterable[Cid] = ()) -> AbstractContextManager[None]:
        """While open, ``collect`` in whatever process spares ``cids`` and all that this store object puts.

        For work that has not pinned its root yet. With ``cids``, what an interrupted seal had stored already:
        ask ``present`` inside the block which of them are still there. Ends by itself when the process dies.
        """
        ...

    def pin(self, root: Cid) -> None:
        """Keep ``root`` and all it links to: after this, a power cut loses neither the pin nor a block.

        Pinning twice is the same as once.

        Raises:
            BlockError: a block of the tree is missing, or one with links is damaged. Nothing is pinned then.
            EncodingError: a block with links is not dag-cbor, or links to what no store here can hold.
        """
        ...

    def unpin(self, root: Cid) -> None:
        """Forget the pin of ``root``, durably. The blocks stay until ``collect``. No pin: nothing happens."""
        ...

    def pins(self) -> frozenset[Cid]:
        """The pinned roots."""
        ...

    def collect(self) -> tuple[Cid, ...]:
        """Remove every block that no pin reaches and nobody protects, and return what was removed.

        A store that knows blocks by their hash alone returns the CIDs with the codec ``RAW``.

        Raises:
            BlockError, EncodingError: a pinned block with links is missing or damaged, so what it reaches is
                unknown. Nothing is removed then.
        """
        ...

    def flush(self) -> None:
        """Return once everything this store object has put would survive a power cut."""
        ...
