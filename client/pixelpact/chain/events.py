"""Everything that the contracts report, one frozen dataclass for each event (docs/contracts.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from pixelpact.errors import ChainError
from pixelpact.models import AccessQuery, Directive

from .abi import MalformedDataError, contract_abi
from .answers import Log
from .network import CONTRACTS, Network
from .records import directive_of, query_of

__all__ = [
    "EVENTS",
    "AccessConfirmed",
    "AccessDisputed",
    "AccessRefused",
    "AccessReleased",
    "AccessRequested",
    "AllRevoked",
    "DirectiveRecorded",
    "DirectiveRevoked",
    "DisposalAttested",
    "Event",
    "InstitutionAdmitted",
    "InstitutionSuspended",
    "KeyPublished",
    "OperatorSet",
    "RefusalSet",
    "StudyErased",
    "StudyRegistered",
    "StudyReinstated",
    "StudyRotated",
    "StudyWithdrawn",
    "decode_event",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionAdmitted(Event):
    """An institution was admitted, with its admin."""

    institution: int
    admin: bytes
    roles: int
    country: bytes
    attributes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSet(Event):
    """An account was given these permissions for an institution; 0: it acts for it no more."""

    institution: int
    account: bytes
    permissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPublished(Event):
    """An institution published an encryption key; ``digest`` is its SHA-256."""

    institution: int
    version: int
    digest: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionSuspended(Event):
    """An institution was suspended."""

    institution: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRegistered(Event):
    """A study was registered, in epoch 1."""

    study: bytes
    custodian: int
    subject: bytes
    categories: int
    manifest_digest: bytes
    content_commitment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRotated(Event):
    """A study was sealed anew: another key and other ciphertext, the same content commitment."""

    study: bytes
    custodian: int
    epoch: int
    manifest_digest: bytes
    previous_manifest_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWithdrawn(Event):
    """A study was withdrawn from sharing."""

    study: bytes
    custodian: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReinstated(Event):
    """A withdrawn study may be shared again."""

    study: bytes
    custodian: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyErased(Event):
    """A study was erased, for good."""

    study: bytes
    custodian: int
    certificate: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalAttested(Event):
    """The custodian attested that the blocks of an epoch were unpinned, collected and found absent."""

    study: bytes
    custodian: int
    epoch: int
    blocks: int
    nodes: int
    report: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveRecorded(Event):
    """A directive was recorded; ``directive`` is its struct hash."""

    subject: bytes
    directive: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveRevoked(Event):
    """A directive was withdrawn, for good."""

    subject: bytes
    directive: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AllRevoked(Event):
    """A patient withdrew all directives of the generations before."""

    subject: bytes
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalSet(Event):
    """A patient's refusal in this scope is from now on these purposes."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    purposes: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequested(Event):
    """An institution asked, and was permitted or denied; ``directive`` is None when none was cited."""

    request: bytes
    study: bytes
    requester: int
    reason: int
    nonce: int
    query: AccessQuery
    directive_hash: bytes
    directive: Directive | None
    person: bytes
    engine_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReleased(Event):
    """A custodian released the study's key of this epoch to a requester."""

    request: bytes
    study: bytes
    requester: int
    custodian: int
    epoch: int
    manifest_digest: bytes
    key_version: int
    envelope_digest: bytes
    directive_hash: bytes
    person: bytes
    engine_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessConfirmed(Event):
    """The requester opened what it was released and found it to be what was registered."""

    request: bytes
    study: bytes
    requester: int
    epoch: int
    person: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDisputed(Event):
    """The requester found other than what was registered; ``failure``: the class of the check."""

    request: bytes
    study: bytes
    requester: int
    epoch: int
    failure: int
    person: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused(Event):
    """The custodian will not serve a request that the decision permitted."""

    request: bytes
    study: bytes
    requester: int
    custodian: int
    reason: int
    person: bytes


#: Every event's class by its Solidity name.
EVENTS: Mapping[str, type[Event]] = {
    each.__name__: each
    for each in (
        InstitutionAdmitted,
        OperatorSet,
        KeyPublished,
        InstitutionSuspended,
        StudyRegistered,
        StudyRotated,
        StudyWithdrawn,
        StudyReinstated,
        StudyErased,
        DisposalAttested,
        DirectiveRecorded,
        DirectiveRevoked,
        AllRevoked,
        RefusalSet,
        AccessRequested,
        AccessReleased,
        AccessConfirmed,
        AccessDisputed,
        AccessRefused,
    )
}

E = TypeVar("E", bound=Event)


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
        values = entry.decode_log(log.topics, log.data)
    except (StopIteration, KeyError, IndexError, MalformedDataError) as error:
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
        **{_snake_case(name): _shared(name, value) for name, value in values.items()},
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
                names = [_snake_case(each["name"]) for each in entry.inputs if each["indexed"]]
                if unknown := sorted(set(indexed) - set(names)):
                    raise ValueError(f"{entry.name} has no indexed field {', '.join(unknown)}")
                wanted = (_topic(indexed[name]) if name in indexed else None for name in names)
                return contract, (topic, *wanted)
    raise ValueError(f"no contract reports {kind.__name__}")


def _topic(value: bytes | int) -> bytes:
    """A value as a topic: numbers and addresses fill up on the left, 32-byte values are themselves."""
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


def own_fields(event: Event) -> dict[str, Any]:
    """An event's fields beside those that every event has."""
    common = {each.name for each in fields(Event)}
    return {each.name: getattr(event, each.name) for each in fields(event) if each.name not in common}


def _shared(name: str, value: Any) -> Any:
    if name == "query":
        return query_of(value)
    return directive_of(value) if name == "directive" and isinstance(value, dict) else value


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
