"""Where an auditor reads events: a node, asked anew each time, or a trail's file."""

from __future__ import annotations

from dataclasses import replace

from pixelpact.chain import At, Chain, Trail
from pixelpact.errors import InputError
from pixelpact.models import AccessQuery, Directive

__all__ = ["Source"]


class Source:
    """A connected chain or a trail, read up to a block.

    Args:
        origin: which of them.

    Raises:
        InputError: a trail that does not begin at the chain's first block: no state can be rebuilt from it.
    """

    def __init__(self, origin: Chain | Trail) -> None:
        self._origin = origin
        if isinstance(origin, Trail) and origin.first != 0:
            raise InputError(
                "The trail can't be audited",
                why=f"it begins at block {origin.first}, and what stood before it is not known",
                remedy="Export it again from block 0 on",
            )

    def read(self, at: At) -> Trail:
        """Every event up to a block; of a trail, ``"final"`` and ``"latest"`` are its last.

        Raises:
            InputError: a block that the trail does not reach.
            ChainError: the node is silent, answers wrongly, or has no such block.
        """
        origin = self._origin
        if isinstance(origin, Trail):
            return origin if isinstance(at, str) else _cut(origin, at)
        if at == "latest":
            at = origin.head().number
        return Trail.of(origin, 0, None if at == "final" else at)

    def time_of(self, trail: Trail) -> int:
        """The time of a trail's last block, seconds; where no node can be asked, that of its last event."""
        if isinstance(self._origin, Chain):
            return self._origin.block(trail.last).timestamp
        return trail.events[-1].timestamp if trail.events else 0

    def contract_decides(
        self, requester: int, query: AccessQuery, directive: Directive | None, block: int
    ) -> int | None:
        """What the contract would answer after a block, 0 or a reason; None where no node can be asked."""
        if isinstance(self._origin, Trail):
            return None
        return self._origin.ledger.decide(requester, query, directive, at=block)


def _cut(trail: Trail, block: int) -> Trail:
    if not 0 <= block <= trail.last:
        raise InputError(
            f"The trail does not reach block {block}",
            why=f"it ends at block {trail.last}",
            remedy="Export a longer one, or ask for an earlier block",
        )
    events = tuple(event for event in trail.events if event.block <= block)
    if block < trail.last:
        trail = replace(trail, last=block, last_hash=b"", events=events)
    return trail
