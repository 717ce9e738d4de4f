"""What every event has."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

__all__ = ["Event", "own_fields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has.

    Attributes:
        block: its block's number.
        block_hash: its block's hash.
        timestamp: its block's time, seconds.
        index: its place among the block's logs; (block, index) orders events.
        transaction: hash of the transaction.
        contract: the name of the contract that reported it.
        topics, data: the log itself, from which everything below was decoded.
    """

    block: int
    block_hash: bytes
    timestamp: int
    index: int
    transaction: bytes
    contract: str
    topics: tuple[bytes, ...] = field(repr=False)
    data: bytes = field(repr=False)


def own_fields(event: Event) -> dict[str, Any]:
    """An event's fields beside those that every event has."""
    common = {each.name for each in fields(Event)}
    return {each.name: getattr(event, each.name) for each in fields(event) if each.name not in common}
