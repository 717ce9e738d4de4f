"""Waiting until what stands in a block is final."""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum, auto

from pixelpact.errors import TransactionError, UndoneError

from .answers import MinedTransaction
from .network import Network
from .node import Node
from .transactions import SignedCall

__all__ = ["Finality", "undone"]

_PAUSE = 0.25


class _Fate(Enum):
    """What the newest block says of a transaction that did not succeed."""

    OPEN = auto()
    REFUSED = auto()
    SUPERSEDED = auto()


class Finality:
    """A network's finality: so many blocks on top, as its description says.

    Args:
        node: who is asked.
        network: its depth.
        patience: seconds without a block after which the chain counts as standing still.
    """

    def __init__(self, node: Node, network: Network, patience: float) -> None:
        self._node = node
        self._depth = network.finality_depth
        self._patience = patience

    def wait_for(self, number: int) -> None:
        """Wait for a block's number. The embedded chain makes the missing blocks.

        Raises:
            TransactionError: no blocks come.
        """
        last = self._node.head().number
        if self._node.embedded is not None:
            self._node.embedded.advance(number - last)
            return
        deadline = time.monotonic() + self._patience
        while last < number:
            time.sleep(_PAUSE)
            newest = self._node.head().number
            if newest > last:
                last, deadline = newest, time.monotonic() + self._patience
            elif time.monotonic() > deadline:
                raise TransactionError(
                    f"The chain has stood still at block {last} for {self._patience:g} seconds",
                    why="its validators make no blocks",
                    remedy="Check the validators, then run this again",
                )

    def settled(self, transaction: bytes) -> MinedTransaction | None:
        """Wait until a transaction's block is final; None when the transaction is in no block any more.

        Raises:
            TransactionError: no blocks come.
        """
        while (mined := self._node.mined(transaction)) is not None:
            self.wait_for(mined.block_number + self._depth)
            # The block can have changed while we waited: final is what is found unchanged at the end.
            again = self._node.mined(transaction)
            if again is not None and again.block_hash == mined.block_hash:
                return again
        return None

    def confirms_failure(self, versions: Sequence[SignedCall]) -> bool:
        """Whether a transaction that did not succeed will not do so any more, or nothing can be said of it.

        Refused in a block, or its nonce taken by another: that may be undone too, and then it is its turn
        again. So it is waited until that is final.

        Args:
            versions: the transaction in all its versions.

        Raises:
            TransactionError: no blocks come.
        """
        fate = self._fate(versions)
        if fate is not _Fate.OPEN:
            self.wait_for(self._node.head().number + self._depth)
        return self._fate(versions) is fate

    def _fate(self, versions: Sequence[SignedCall]) -> _Fate:
        newest = versions[-1]
        taken = self._node.transaction_count(newest.sender, pending=False) > newest.nonce
        mined = [found for each in versions if (found := self._node.mined(each.hash)) is not None]
        if any(not each.succeeded for each in mined):
            return _Fate.REFUSED
        return _Fate.SUPERSEDED if taken and not mined else _Fate.OPEN


def undone(transaction: bytes) -> UndoneError:
    """The error for a transaction whose block is on the chain no more."""
    return UndoneError(
        f"The transaction 0x{transaction.hex()} was undone",
        why="the chain was reorganised before it was final",
        remedy="Run this again: the same transaction is sent",
    )
