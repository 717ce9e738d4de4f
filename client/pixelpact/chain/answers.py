"""What a node answers, as far as PixelPact needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hexbytes import HexBytes

__all__ = ["Block", "Log", "MinedTransaction", "block_of", "log_of", "mined_of"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block as far as we need it: number, hash, timestamp (seconds), base fee (wei for each gas)."""

    number: int
    hash: bytes
    timestamp: int
    base_fee: int


@dataclass(frozen=True, slots=True)
class Log:
    """One log as a node gives it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction: bytes
    index: int


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """A receipt as far as we need it."""

    hash: bytes
    succeeded: bool
    block_number: int
    block_hash: bytes
    gas_used: int
    created: bytes | None
    logs: tuple[Log, ...]


def block_of(found: Mapping[str, Any]) -> Block:
    """Read an answer of ``eth_getBlockBy...``."""
    return Block(
        number=int(found["number"]),
        hash=bytes(found["hash"]),
        timestamp=int(found["timestamp"]),
        base_fee=int(found.get("baseFeePerGas", 0)),
    )


def mined_of(receipt: Mapping[str, Any]) -> MinedTransaction:
    """Read an answer of ``eth_getTransactionReceipt``."""
    created = receipt.get("contractAddress")
    return MinedTransaction(
        hash=bytes(receipt["transactionHash"]),
        succeeded=int(receipt["status"]) == 1,
        block_number=int(receipt["blockNumber"]),
        block_hash=bytes(receipt["blockHash"]),
        gas_used=int(receipt["gasUsed"]),
        created=bytes.fromhex(created[2:]) if created else None,
        logs=tuple(log_of(each) for each in receipt["logs"]),
    )


def log_of(found: Mapping[str, Any]) -> Log:
    """Read one log of an answer."""
    return Log(
        address=bytes.fromhex(found["address"][2:]),
        topics=tuple(bytes(HexBytes(topic)) for topic in found["topics"]),
        data=bytes(HexBytes(found["data"])),
        block_number=int(found["blockNumber"]),
        block_hash=bytes(HexBytes(found["blockHash"])),
        transaction=bytes(HexBytes(found["transactionHash"])),
        index=int(found["logIndex"]),
    )
