"""What became of a transaction that was carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from pixelpact.errors import TransactionError

from .events import Event

__all__ = ["Receipt"]

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that stands in a block and did what it should.

    Attributes:
        transaction: its hash.
        call: ``Contract.function``.
        block: its block's number; ``block_hash`` and ``timestamp`` (seconds) are that block's.
        gas_used: what it cost.
        events: what our contracts reported in it, in order.
        created: the address of the contract that it created, 20 bytes; None for every call.
    """

    transaction: bytes
    call: str
    block: int
    block_hash: bytes
    timestamp: int
    gas_used: int
    events: tuple[Event, ...] = field(repr=False)
    created: bytes | None = None

    def event(self, kind: type[E]) -> E:
        """The one event of this kind.

        Raises:
            TransactionError: there is none, or more than one.
        """
        found = [event for event in self.events if isinstance(event, kind)]
        if len(found) != 1:
            raise TransactionError(
                f"The transaction 0x{self.transaction.hex()} reported {len(found)} {kind.__name__}, not one",
                why="the node left something out, or the call was another one",
                remedy="Ask another node",
            )
        return found[0]
