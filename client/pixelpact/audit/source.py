"""Where an auditor reads events: a node, asked anew each time, or a trail's file."""

from __future__ import annotations

from dataclasses import dataclass, field

from pixelpact.chain import At, Chain, Event, Network, Trail
from pixelpact.errors import InputError
from pixelpact.models import AccessQuery, Directive, Evidence

__all__ = ["Reading", "Source"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Every event up to a block.

    Attributes:
        network: whose.
        block: the last block that was looked at.
        time: of that block, seconds; where no node could be asked, of the last event.
        events: in order of (block, index).
    """

    network: Network
    block: int
    time: int
    events: tuple[Event, ...] = field(repr=False)


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

    @property
    def network(self) -> Network:
        """Whose events these are."""
        return self._origin.network

    def read(self, at: At) -> Reading:
        """Every event up to a block; of a trail, ``"final"`` and ``"latest"`` are its last.

        Raises:
            InputError: a block that the trail does not reach.
            ChainError: the node is silent, answers wrongly, or has no such block.
        """
        if isinstance(self._origin, Trail):
            return _of_trail(self._origin, at)
        return _of_chain(self._origin, at)

    def contract_decides(
        self,
        requester: int,
        query: AccessQuery,
        directive: Directive | None,
        evidence: Evidence | None,
        block: int,
    ) -> int | None:
        """What the contract would answer after a block, 0 or a reason; None where no node can be asked."""
        if isinstance(self._origin, Trail):
            return None
        return self._origin.ledger.decide(requester, query, directive, evidence, at=block)


def _of_chain(chain: Chain, at: At) -> Reading:
    if at == "latest":
        last = chain.head()
    elif at == "final":
        last = chain.final_head()
    else:
        last = chain.block(at)
    events = tuple(chain.events(0, last.number))
    return Reading(chain.network, last.number, last.timestamp, events)


def _of_trail(trail: Trail, at: At) -> Reading:
    block = trail.last if isinstance(at, str) else at
    if not 0 <= block <= trail.last:
        raise InputError(
            f"The trail does not reach block {block}",
            why=f"it ends at block {trail.last}",
            remedy="Export a longer one, or ask for an earlier block",
        )
    events = tuple(event for event in trail.events if event.block <= block)
    return Reading(trail.network, block, events[-1].timestamp if events else 0, events)
