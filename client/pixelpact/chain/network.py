"""A network's description: which chain, how its finality and its clock are judged, where its contracts stand.

The description is what an institution pins. A node is believed only as far as it agrees with it: chain id and
genesis hash say which chain, the contracts' addresses say which PixelPact on it. Nothing in it names the
kind of
node: finality depth and clock rule are all that the client needs to know of that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from pixelpact.durable import write_over
from pixelpact.errors import InputError, OutputError

from .strict_json import hex_bytes, load_strictly, to_hex

__all__ = ["CONTRACTS", "EMBEDDED", "OWN_CLOCK", "Network"]

#: The contracts of docs/contracts.md, in the order in which they are deployed.
CONTRACTS = (
    "InstitutionRegistry",
    "StudyRegistry",
    "ConsentRegistry",
    "ProjectRegistry",
    "PolicyEngine",
    "AccessLedger",
)
#: The address of the chain that lives in this process.
EMBEDDED = "embedded"
#: The clock rule of a chain whose time is its own: nobody compares it with the wall clock.
OWN_CLOCK = "own"

_VERSION = 1
_KEYS = ("version", "name", "chain_id", "genesis", "finality_depth", "clock", "rpc", "contracts")
_LONGEST_FILE = 65_536
_LONGEST_NAME = 100
# JSON numbers are exact up to here in every reader.
_LARGEST_CHAIN_ID = 2**53 - 1
_DEEPEST = 100_000
_WIDEST_CLOCK = 86_400


@dataclass(frozen=True, slots=True)
class Network:
    """One chain and the PixelPact contracts on it.

    Attributes:
        name: what people call it, 1 to 100 printable characters.
        chain_id: EIP-155 chain id, 1 to 2^53 - 1.
        genesis: hash of block 0, 32 bytes: the chain's identity.
        finality_depth: blocks that must stand above a block before it counts as final (Clique with N signers:
            floor(N/2) + 1).
        clock: how many seconds the head's time and the wall clock may differ, 1 to 86,400; ``None`` for a
            chain whose time is its own (``"own"`` in the file).
        rpc: an http or https URL, or ``"embedded"``.
        contracts: address (20 bytes) by contract name: all of ``CONTRACTS``, or none before they are
            deployed.

    Raises:
        InputError: a field outside these bounds.
    """

    name: str
    chain_id: int
    genesis: bytes
    finality_depth: int
    clock: int | None
    rpc: str
    contracts: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for holds, why in (
            (_is_name(self.name), f"its name must have 1 to {_LONGEST_NAME} printable characters"),
            (
                _is_whole(self.chain_id, 1, _LARGEST_CHAIN_ID),
                f"its chain id must be 1 to {_LARGEST_CHAIN_ID}",
            ),
            (_is_digest(self.genesis), "its genesis hash must have 32 bytes and not be zero"),
            (
                _is_whole(self.finality_depth, 0, _DEEPEST),
                f"its finality depth must be a whole number of blocks from 0 to {_DEEPEST}",
            ),
            (
                self.clock is None or _is_whole(self.clock, 1, _WIDEST_CLOCK),
                f"its clock rule must be whole seconds from 1 to {_WIDEST_CLOCK}, or {OWN_CLOCK!r}",
            ),
            (_is_rpc(self.rpc), f"its rpc must be an http or https URL, or {EMBEDDED!r}"),
            (
                _are_contracts(self.contracts),
                f"its contracts must be none or {', '.join(CONTRACTS)}, each a different address of 20 bytes",
            ),
        ):
            if not holds:
                raise _unusable(why)
        object.__setattr__(self, "contracts", MappingProxyType(dict(self.contracts)))

    def address(self, contract: str) -> bytes:
        """The 20-byte address of one of ``CONTRACTS``.

        Raises:
            InputError: nothing is deployed on this network yet.
        """
        try:
            return self.contracts[contract]
        except KeyError:
            raise InputError(
                f"The network {self.name!r} has no {contract}",
                why="its description names no contracts",
                remedy="Use the description that was written when the contracts were deployed",
            ) from None

    def with_contracts(self, contracts: Mapping[str, bytes]) -> Network:
        """The same chain with these contracts on it."""
        return replace(self, contracts=contracts)

    def to_json(self) -> str:
        """The description as the text of its file."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The description as JSON values: bytes in 0x hex, the own clock as ``"own"``."""
        return {
            "version": _VERSION,
            "name": self.name,
            "chain_id": self.chain_id,
            "genesis": to_hex(self.genesis),
            "finality_depth": self.finality_depth,
            "clock": OWN_CLOCK if self.clock is None else self.clock,
            "rpc": self.rpc,
            "contracts": {name: to_hex(self.contracts[name]) for name in CONTRACTS if name in self.contracts},
        }

    @classmethod
    def from_json(cls, text: str) -> Network:
        """Read the text of a description.

        Raises:
            InputError: not JSON, a key missing, unknown or twice, or a value outside its bounds.
        """
        try:
            value = load_strictly(text)
        except ValueError as error:
            raise _unusable(f"it is not strict JSON: {error}") from error
        return cls.from_dict(value)

    @classmethod
    def from_dict(cls, value: object) -> Network:
        """Read the JSON values of a description; as strict as ``from_json``."""
        if not isinstance(value, dict):
            raise _unusable("it must be a JSON object")
        missing = [key for key in _KEYS if key not in value]
        unknown = [str(key) for key in value if key not in _KEYS]
        if missing or unknown:
            raise _unusable(
                f"it lacks {', '.join(missing)}"
                if missing
                else f"it has keys that no description has: {', '.join(unknown)}"
            )
        if not _is_whole(value["version"], _VERSION, _VERSION):
            raise _unusable(f"its version must be {_VERSION}")
        clock, contracts = value["clock"], value["contracts"]
        if clock is None:
            raise _unusable(f"its clock rule must be seconds or {OWN_CLOCK!r}")
        if not isinstance(contracts, dict):
            raise _unusable("its contracts must be a JSON object")
        try:
            genesis = hex_bytes(value["genesis"], "the genesis hash", 32)
            addresses = {
                name: hex_bytes(each, f"the address of {name}", 20) for name, each in contracts.items()
            }
        except ValueError as error:
            raise _unusable(str(error)) from error
        return cls(
            name=value["name"],
            chain_id=value["chain_id"],
            genesis=genesis,
            finality_depth=value["finality_depth"],
            clock=None if clock == OWN_CLOCK else clock,
            rpc=value["rpc"],
            contracts=addresses,
        )

    @classmethod
    def load(cls, path: Path) -> Network:
        """Read a description from its file.

        Raises:
            InputError: no such file, not a small text file, or not a description.
        """
        try:
            if not path.is_file():
                raise InputError(
                    f"The network description {path} can't be read",
                    why="there is no file of this name",
                    remedy="Give the file that was written when the network was set up",
                )
            with path.open("rb") as stream:
                data = stream.read(_LONGEST_FILE + 1)
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"The network description {path} can't be read",
                why=str(error),
                remedy="Give the file that was written when the network was set up",
            ) from error
        if len(data) > _LONGEST_FILE:
            raise _unusable(f"{path} is longer than {_LONGEST_FILE} bytes")
        return cls.from_json(text)

    def save(self, path: Path) -> None:
        """Write the description, whole or not at all.

        Raises:
            OutputError: the file can't be written.
        """
        try:
            write_over(path, self.to_json().encode())
        except OSError as error:
            raise OutputError(
                f"The network description {path} can't be written",
                why=error.strerror or str(error),
                remedy="Choose a folder that exists and can be written",
            ) from error


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_digest(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32 and any(value)


def _is_rpc(value: object) -> bool:
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    if value == EMBEDDED:
        return True
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _are_contracts(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    addresses = list(value.values())
    return not value or (
        set(value) == set(CONTRACTS)
        and all(isinstance(each, bytes) and len(each) == 20 and any(each) for each in addresses)
        and len(set(addresses)) == len(addresses)
    )


def _unusable(why: str) -> InputError:
    return InputError(
        "The network description can't be used",
        why=why,
        remedy="Compare it with the one that was written when the network was set up",
    )
