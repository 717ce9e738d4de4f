"""Reading what our contracts reported, in ranges that a node answers, believing it as little as can be."""

from __future__ import annotations

from collections.abc import Iterator

from pixelpact.errors import ChainError, UnreachableError

from .answers import Block, Log
from .events import Event, decode_event
from .network import Network
from .node import Node

__all__ = ["EventReader"]

#: Blocks asked for at once: nodes bound what one answer may hold.
_RANGE = 2_000
_BLOCKS_KEPT = 4_096


class EventReader:
    """Events and the blocks that they stand in.

    Args:
        node: who is asked.
        network: whose contracts.
    """

    def __init__(self, node: Node, network: Network) -> None:
        self._node = node
        self._network = network
        self._blocks: dict[bytes, Block] = {}

    def read(
        self, addresses: tuple[bytes, ...], first: int, last: int, topics: tuple[bytes | None, ...] = ()
    ) -> Iterator[Event]:
        """The events of these contracts in blocks ``first`` to ``last``, both included, in order.

        Raises:
            ChainError: a log that our contracts don't write, or logs out of order or out of range.
        """
        # What is looked for by its topics is found by the node's index: few blocks hold any of it.
        width = last - first + 1 if topics else _RANGE
        while first <= last:
            until = min(first + width - 1, last)
            try:
                logs = self._node.logs(addresses, first, until, topics)
            except UnreachableError:
                raise
            except ChainError:
                # Too many for one answer, and nodes word it differently: ask for fewer before giving up.
                if width == 1:
                    raise
                width = max(1, width // 4)
                continue
            _check_places(logs, first, until)
            for log in logs:
                yield decode_event(self._network, log, self.block_of(log.block_hash).timestamp)
            first = until + 1

    def block_of(self, block_hash: bytes) -> Block:
        """A block by hash, kept: what stands under a hash never changes."""
        found = self._blocks.get(block_hash)
        if found is None:
            if len(self._blocks) >= _BLOCKS_KEPT:
                self._blocks.clear()
            found = self._blocks[block_hash] = self.block(block_hash)
        return found

    def block(self, which: int | bytes) -> Block:
        """A block by number or hash.

        Raises:
            ChainError: the node has no such block.
        """
        found = self._node.block(which)
        if found is None:
            shown = which if isinstance(which, int) else "0x" + which.hex()
            raise ChainError(
                f"The node has no block {shown}",
                why="it is behind, or the chain was reorganised",
                remedy="Wait a moment and run this again",
            )
        return found


def _check_places(logs: list[Log], first: int, until: int) -> None:
    places = [(log.block_number, log.index) for log in logs]
    inside = all(first <= number <= until for number, _ in places)
    if not inside or places != sorted(set(places)):
        raise ChainError(
            f"The node's logs of blocks {first} to {until} are out of order, repeated or of other blocks",
            why="the node answers wrongly",
            remedy="Ask another node",
        )
