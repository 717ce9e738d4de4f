"""A log as the event that it is, and what an event's topics are."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.chain.abi import contract_abi
from pixelpact.chain.answers import Log
from pixelpact.chain.network import CONTRACTS, Network
from pixelpact.chain.records import (
    directive_of,
    evidence_of,
    motion_of,
    project_of,
    query_of,
    snake_case,
    terms_of,
)
from pixelpact.errors import ChainError

from . import consents, institutions, ledger, projects, studies
from .event import Event

__all__ = ["EVENTS", "decode_event", "filter_topics"]

#: Every event's class by its Solidity name.
EVENTS: Mapping[str, type[Event]] = {
    name: getattr(module, name)
    for module in (institutions, studies, consents, projects, ledger)
    for name in module.__all__
}

# The structs in events, by the name of the field.
_STRUCTS: Mapping[str, Callable[[Any], Any]] = {
    "query": query_of,
    "directive": directive_of,
    "evidence": evidence_of,
    "motion": motion_of,
    "body": project_of,
    "terms": terms_of,
}


def decode_event(network: Network, log: Log, timestamp: int) -> Event:
    """The event that a log of our contracts is.

    Args:
        network: whose contracts.
        log: as a node gave it.
        timestamp: of its block, seconds.

    Raises:
        ChainError: a log that our contracts don't write, or not in this form.
    """
    try:
        contract = next(name for name in CONTRACTS if network.contracts.get(name) == log.address)
        entry = contract_abi(contract).events[log.topics[0]]
        kind = EVENTS[entry.name]
        values = {
            _field(name): _shared(name, value)
            for name, value in entry.decode_log(log.topics, log.data).items()
        }
    except (StopIteration, KeyError, IndexError, ValueError) as error:
        raise ChainError(
            f"Log {log.index} of block {log.block_number} is not one that PixelPact's contracts write",
            why=str(error) or "it comes from another contract",
            remedy="Compare the contracts' addresses with the network's description",
        ) from error
    return kind(
        block=log.block_number,
        block_hash=log.block_hash,
        timestamp=timestamp,
        index=log.index,
        transaction=log.transaction,
        contract=contract,
        topics=log.topics,
        data=log.data,
        **values,
    )


def filter_topics(
    kind: type[Event], indexed: Mapping[str, bytes | int]
) -> tuple[str, tuple[bytes | None, ...]]:
    """The contract that reports this kind of event, and the topics that those with these indexed fields have.

    Raises:
        ValueError: no contract reports it, or it has no such indexed field.
    """
    for contract in CONTRACTS:
        for topic, entry in contract_abi(contract).events.items():
            if entry.name == kind.__name__:
                names = [_field(each["name"]) for each in entry.inputs if each["indexed"]]
                if unknown := sorted(set(indexed) - set(names)):
                    raise ValueError(f"{entry.name} has no indexed field {', '.join(unknown)}")
                wanted = (_topic(indexed[name]) if name in indexed else None for name in names)
                return contract, (topic, *wanted)
    raise ValueError(f"no contract reports {kind.__name__}")


def _topic(value: bytes | int) -> bytes:
    """A value as a topic: numbers and addresses fill up on the left, 32-byte values are themselves."""
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


def _shared(name: str, value: Any) -> Any:
    return _STRUCTS[name](value) if isinstance(value, dict) else value


def _field(name: str) -> str:
    """A Solidity name as Python can have it: ``from`` is taken."""
    found = snake_case(name)
    return found + "_" if keyword.iskeyword(found) else found
