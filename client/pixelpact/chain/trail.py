"""A trail in a file: what our contracts reported up to a block, to be looked at again without a node.

JSON, so that people can read it too. Each entry carries the log itself (topics and data) beside its decoded
fields; a reader decodes the log and accepts the entry only if everything written beside it says the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from pixelpact.errors import ChainError, InputError, OutputError

from .answers import Log
from .client import Chain
from .events import Event, decode_event, own_fields
from .network import Network
from .strict_json import hex_bytes, load_strictly, to_hex

__all__ = ["Trail"]

_FORMAT = "pixelpact trail"
_VERSION = 1
_KEYS = {"format", "version", "network", "first", "last", "last_hash", "events"}
_ENTRY_KEYS = {
    "event",
    "contract",
    "block",
    "block_hash",
    "timestamp",
    "index",
    "transaction",
    "address",
    "topics",
    "data",
    "fields",
}


@dataclass(frozen=True, slots=True)
class Trail:
    """The events of a range of blocks.

    Attributes:
        network: whose.
        first, last: the range, both included.
        last_hash: hash of the last block, 32 bytes.
        events: in order of (block, index).
    """

    network: Network
    first: int
    last: int
    last_hash: bytes
    events: tuple[Event, ...]

    @classmethod
    def of(cls, chain: Chain, first: int = 0, last: int | None = None) -> Trail:
        """Read the range from a chain; up to its final head for None."""
        end = chain.final_head() if last is None else chain.block(last)
        return cls(chain.network, first, end.number, end.hash, tuple(chain.events(first, end.number)))

    def save(self, path: Path) -> None:
        """Write the trail as JSON.

        Raises:
            OutputError: the file can't be written.
        """
        try:
            path.write_text(self.to_json(), encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"The trail {path} can't be written",
                why=error.strerror or str(error),
                remedy="Choose a folder that exists and can be written",
            ) from error

    @classmethod
    def load(cls, path: Path) -> Trail:
        """Read a trail's file.

        Raises:
            InputError: it can't be read or is not a trail (``from_json``).
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"The trail {path} can't be read", why=str(error), remedy="Check the file's name"
            ) from error
        return cls.from_json(text)

    def to_json(self) -> str:
        """The trail as JSON text."""
        value = {
            "format": _FORMAT,
            "version": _VERSION,
            "network": self.network.to_dict(),
            "first": self.first,
            "last": self.last,
            "last_hash": to_hex(self.last_hash),
            "events": [_entry(self.network, event) for event in self.events],
        }
        return json.dumps(value, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Trail:
        """Read a trail's text.

        Raises:
            InputError: not JSON, keys missing or unknown, a log that our contracts don't write, fields that
                don't say what the log says, or events out of order or out of the range.
        """
        try:
            value = load_strictly(text)
        except ValueError as error:
            raise _unusable(f"it is not strict JSON: {error}") from error
        if not isinstance(value, dict) or set(value) != _KEYS:
            raise _unusable("its keys are not those of a trail")
        if value["format"] != _FORMAT or value["version"] is not _VERSION:
            raise _unusable(f"it is not version {_VERSION} of the format")
        network = Network.from_dict(value["network"])
        first, last = _number(value["first"]), _number(value["last"])
        if not isinstance(value["events"], list):
            raise _unusable("its events are not a list")
        events = tuple(_read_entry(network, place, entry) for place, entry in enumerate(value["events"]))
        _check_order(events, first, last)
        return cls(network, first, last, _hex(value["last_hash"], "the last block's hash", 32), events)


def _entry(network: Network, event: Event) -> dict[str, Any]:
    return {
        "event": type(event).__name__,
        "contract": event.contract,
        "block": event.block,
        "block_hash": to_hex(event.block_hash),
        "timestamp": event.timestamp,
        "index": event.index,
        "transaction": to_hex(event.transaction),
        "address": to_hex(network.address(event.contract)),
        "topics": [to_hex(topic) for topic in event.topics],
        "data": to_hex(event.data),
        "fields": {name: _shown(value) for name, value in own_fields(event).items()},
    }


def _shown(value: Any) -> Any:
    """A field as JSON: bytes in 0x hex; numbers beyond 2^53 as text, or readers would round them."""
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, int):
        return value if value < 2**53 else str(value)
    if is_dataclass(value):
        return {each.name: _shown(getattr(value, each.name)) for each in fields(value)}
    return [_shown(each) for each in value] if isinstance(value, tuple) else value


def _read_entry(network: Network, place: int, entry: object) -> Event:
    if not isinstance(entry, Mapping) or set(entry) != _ENTRY_KEYS or not isinstance(entry["topics"], list):
        raise _unusable(f"event {place} has not the keys of an event")
    log = Log(
        address=_hex(entry["address"], f"the address of event {place}", 20),
        topics=tuple(_hex(topic, f"a topic of event {place}", 32) for topic in entry["topics"]),
        data=_hex(entry["data"], f"the data of event {place}"),
        block_number=_number(entry["block"]),
        block_hash=_hex(entry["block_hash"], f"the block hash of event {place}", 32),
        transaction=_hex(entry["transaction"], f"the transaction of event {place}", 32),
        index=_number(entry["index"]),
    )
    try:
        event = decode_event(network, log, _number(entry["timestamp"]))
    except ChainError as error:
        raise _unusable(f"event {place}: {error.what}") from error
    if _entry(network, event) != entry:
        raise _unusable(f"what event {place} says in words is not what its log says")
    return event


def _check_order(events: tuple[Event, ...], first: int, last: int) -> None:
    places = [(event.block, event.index) for event in events]
    if places != sorted(set(places)) or (places and not first <= places[0][0] <= places[-1][0] <= last):
        raise _unusable("its events are out of order, repeated, or of blocks outside its range")
    blocks: dict[int, tuple[bytes, int]] = {}
    for event in events:
        block = (event.block_hash, event.timestamp)
        if blocks.setdefault(event.block, block) != block:
            raise _unusable(f"it has two different blocks {event.block}")
    times = [timestamp for _, (_, timestamp) in sorted(blocks.items())]
    if times != sorted(times):
        raise _unusable("its blocks go back in time")


def _hex(value: object, what: str, length: int | None = None) -> bytes:
    try:
        return hex_bytes(value, what, length)
    except ValueError as error:
        raise _unusable(str(error)) from error


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _unusable(f"{value!r} is not a whole number")
    return value


def _unusable(why: str) -> InputError:
    return InputError("The trail can't be used", why=why, remedy="Export it again from the chain")
