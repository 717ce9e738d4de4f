"""The contracts' ABIs: calls encoded, results, errors and logs decoded (Contract ABI Specification).

Values go in and come out as the package has them: addresses and bytesN as ``bytes`` of exactly their length,
integers as ``int``, structs as dictionaries by their Solidity field names, arrays as tuples.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode as decode_abi
from eth_abi.abi import encode as encode_abi
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.crypto import keccak

from .artifact import load_artifact
from .network import CONTRACTS

__all__ = ["ContractAbi", "Entry", "Item", "MalformedDataError", "contract_abi", "custom_errors"]

Item = Mapping[str, Any]


class MalformedDataError(ValueError):
    """Bytes from a node that are not what the contract's ABI says they are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One function, event or error of a contract.

    Attributes:
        contract: the contract's name.
        name: the entry's own name.
        signature: canonical, such as ``record(address,bytes32,bytes)``.
        inputs, outputs: the ABI's parameters.
    """

    contract: str
    name: str
    signature: str
    inputs: tuple[Item, ...]
    outputs: tuple[Item, ...]

    @property
    def topic(self) -> bytes:
        """Keccak-256 of the signature: an event's first topic."""
        return keccak(text=self.signature)

    @property
    def selector(self) -> bytes:
        """The first four bytes of it: what a call's or an error's data begin with."""
        return self.topic[:4]

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The call data of a function with these arguments, in the ABI's order.

        Raises:
            ValueError: a value that its type does not have.
        """
        try:
            return self.selector + encode_abi(_types(self.inputs), _checked_all(self.inputs, arguments))
        except EncodingError as error:
            raise ValueError(f"{self.signature}: {error}") from error

    def decode_result(self, data: bytes) -> Any:
        """What a function returned: the value, or a tuple of them when it returns several."""
        values = tuple(_decode(self.outputs, data).values())
        return values[0] if len(values) == 1 else values

    def decode_arguments(self, data: bytes) -> dict[str, Any]:
        """The arguments by name of call or error data that begin with this entry's selector."""
        return _decode(self.inputs, data[4:])

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """The fields by name of this event's log; only the one canonical encoding will do."""
        indexed = [item for item in self.inputs if item["indexed"]]
        rest = [item for item in self.inputs if not item["indexed"]]
        if len(topics) != len(indexed) + 1:
            raise MalformedDataError(f"{self.signature}: {len(topics)} topics")
        values = _decode(indexed, b"".join(topics[1:])) | _decode(rest, data)
        if encode_abi(_types(rest), _checked_all(rest, [values[item["name"]] for item in rest])) != data:
            raise MalformedDataError(f"{self.signature}: not the canonical encoding")
        return {item["name"]: values[item["name"]] for item in self.inputs}


@dataclass(frozen=True)
class ContractAbi:
    """The entries of one contract: functions by name, events by topic, errors by selector."""

    functions: Mapping[str, Entry]
    functions_by_selector: Mapping[bytes, Entry]
    events: Mapping[bytes, Entry]
    errors: Mapping[bytes, Entry]
    constructor: tuple[Item, ...]

    def encode_constructor(self, arguments: Sequence[Any]) -> bytes:
        """The constructor's arguments, to follow the creation code."""
        return encode_abi(_types(self.constructor), _checked_all(self.constructor, arguments))


@functools.cache
def contract_abi(name: str) -> ContractAbi:
    """The ABI of one of ``network.CONTRACTS``."""
    items = load_artifact(name).abi
    entries = {
        kind: [_entry(name, item) for item in items if item["type"] == kind]
        for kind in ("function", "event", "error")
    }
    constructors = [tuple(item["inputs"]) for item in items if item["type"] == "constructor"]
    return ContractAbi(
        functions={entry.name: entry for entry in entries["function"]},
        functions_by_selector={entry.selector: entry for entry in entries["function"]},
        events={entry.topic: entry for entry in entries["event"]},
        errors={entry.selector: entry for entry in entries["error"]},
        constructor=constructors[0] if constructors else (),
    )


@functools.cache
def custom_errors() -> Mapping[bytes, Entry]:
    """Every contract's custom errors by selector: a call can fail with that of a contract further in."""
    return {selector: entry for name in CONTRACTS for selector, entry in contract_abi(name).errors.items()}


def _entry(contract: str, item: Item) -> Entry:
    inputs = tuple(item["inputs"])
    return Entry(
        contract=contract,
        name=item["name"],
        signature=f"{item['name']}({','.join(_types(inputs))})",
        inputs=inputs,
        outputs=tuple(item.get("outputs", ())),
    )


def _types(items: Iterable[Item]) -> list[str]:
    return [_type(item) for item in items]


def _type(item: Item) -> str:
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(_types(item['components']))}){kind.removeprefix('tuple')}"
    return kind


def _decode(items: Sequence[Item], data: bytes) -> dict[str, Any]:
    try:
        values = decode_abi(_types(items), data)
    except (DecodingError, OverflowError) as error:
        raise MalformedDataError(str(error)) from error
    # An output without a name goes by its place.
    return {
        item["name"] or str(place): _named(item, item["type"], value)
        for place, (item, value) in enumerate(zip(items, values, strict=True))
    }


def _named(item: Item, kind: str, value: Any) -> Any:
    """A decoded value as the package has it."""
    if kind.endswith("]"):
        return tuple(_named(item, kind[: kind.rindex("[")], each) for each in value)
    if kind == "tuple":
        return {
            part["name"]: _named(part, part["type"], each)
            for part, each in zip(item["components"], value, strict=True)
        }
    if kind == "address":
        return bytes.fromhex(value[2:])
    return value


def _checked_all(items: Sequence[Item], values: Sequence[Any]) -> list[Any]:
    if len(items) != len(values):
        raise ValueError(f"{len(values)} values for {len(items)} parameters")
    return [_checked(item, item["type"], value) for item, value in zip(items, values, strict=True)]


def _checked(item: Item, kind: str, value: Any) -> Any:
    """A value ready to encode. The codec would pad bytes that are too short and take booleans for numbers."""
    if kind.endswith("]"):
        return [_checked(item, kind[: kind.rindex("[")], each) for each in value]
    if kind == "tuple":
        parts = item["components"]
        return _checked_all(parts, [value[part["name"]] for part in parts])
    length = (
        20 if kind == "address" else int(kind[5:]) if kind.startswith("bytes") and kind != "bytes" else None
    )
    if length is not None and (not isinstance(value, bytes) or len(value) != length):
        raise ValueError(f"{item['name']}: not {length} bytes")
    return value
