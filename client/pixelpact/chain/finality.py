"""Waiting until what stands in a block is final, and carrying a transaction through what is undone before."""

from __future__ import annotations

import time

from pixelpact.errors import SupersededError, TransactionError

from .answers import MinedTransaction
from .network import Network
from .node import Node
from .sending import Delivery

__all__ = ["Finality", "undone"]

_PAUSE = 0.25
#: How often a transaction is sent again after its block was undone, before a person has to look.
_MOST_UNDONE = 10


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

    def carry_out(self, delivery: Delivery) -> MinedTransaction:
        """Send a transaction, and again when its block was undone, until it is final, with effect or without.

        Raises:
            SupersededError: another transaction of the account has its nonce, and that is final.
            TransactionError: the node does not take it, no blocks come, or it is undone again and again.
        """
        for _ in range(_MOST_UNDONE):
            try:
                mined = delivery.carry_out()
            except SupersededError:
                # The other's block may be undone too, and then it is this one's turn again.
                self.wait_for(self._node.head().number + self._depth)
                if delivery.is_superseded():
                    raise
            else:
                final = self.settled(mined.hash)
                if final is not None:
                    return final
        raise undone(delivery.newest.hash)


def undone(transaction: bytes) -> TransactionError:
    """The error for a transaction whose block is on the chain no more."""
    return TransactionError(
        f"The transaction 0x{transaction.hex()} was undone",
        why="the chain was reorganised before it was final",
        remedy="Check that the validators agree, then run this again: the same transaction is sent",
    )
