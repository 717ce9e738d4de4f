"""The chain's side of an operation: words, events as logs, what is kept as words, signatures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from agreement_chain import CHAIN_ID, Chain, Contract, artifact
from agreement_world import Account
from eth_abi import encode
from eth_utils import event_abi_to_log_topic, function_abi_to_4byte_selector, keccak
from eth_utils.abi import collapse_if_tuple
from operations_model import CONTRACTS, event_types

_DOMAIN_TYPE = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_NAMES = keccak(text="PixelPact") + keccak(text="1")


def word(value: Any) -> bytes:
    """A value of a fixed length as the ABI has it: numbers and addresses to the right, bytes to the left."""
    if isinstance(value, int):
        return value.to_bytes(32)
    return value.rjust(32, b"\0") if len(value) == 20 else value.ljust(32, b"\0")


def words(*values: Any) -> bytes:
    """Values of fixed lengths one after the other; those of a struct in their places."""
    return b"".join(words(*one) if isinstance(one, tuple) else word(one) for one in values)


@dataclass(frozen=True)
class _Logged:
    topic: bytes
    indexed: tuple[int, ...]
    rest: tuple[int, ...]
    types: tuple[str, ...]
    is_static: bool


@cache
def _layout(name: str) -> _Logged:
    contract, _ = event_types()[name]
    entry = next(one for one in artifact(contract)["abi"] if one["type"] == "event" and one["name"] == name)
    inputs = entry["inputs"]
    rest = tuple(place for place, one in enumerate(inputs) if not one["indexed"])
    types = tuple(collapse_if_tuple(inputs[place]) for place in rest)
    is_static = not any("[]" in one or one in ("bytes", "string") or "bytes," in one for one in types)
    indexed = tuple(place for place, one in enumerate(inputs) if one["indexed"])
    return _Logged(event_abi_to_log_topic(entry), indexed, rest, types, is_static)


def logged(event: Any) -> tuple[list[bytes], bytes]:
    """The topics and the data of an event."""
    layout = _layout(type(event).__name__)
    values = [event[place] for place in layout.rest]
    data = words(*values) if layout.is_static else encode(layout.types, values)
    return [layout.topic, *(word(event[place]) for place in layout.indexed)], data


@cache
def errors() -> dict[bytes, str]:
    """Every error of the contracts by its selector."""
    return {
        function_abi_to_4byte_selector(entry): entry["name"]
        for contract in CONTRACTS
        for entry in artifact(contract)["abi"]
        if entry["type"] == "error"
    }


class Deployed:
    """All contracts of a consortium."""

    def __init__(self, chain: Chain, founders: list[tuple[Any, ...]], terms: tuple[int, ...]) -> None:
        self.chain = chain
        self.institutions = chain.deploy("InstitutionRegistry", founders, terms)
        where = self.institutions.address
        self.studies = chain.deploy("StudyRegistry", where)
        self.consents = chain.deploy("ConsentRegistry", where, self.studies.address)
        self.projects = chain.deploy("ProjectRegistry", where)
        self.engine = self.engine_of(1)
        self.ledger = chain.deploy(
            "AccessLedger", where, self.studies.address, self.consents.address, self.engine.address
        )
        self._domains = {
            one.name: _domain(one.address) for one in (self.consents, self.projects, self.ledger)
        }

    @staticmethod
    def reporter(event: str) -> str:
        """The name of the contract that reports an event."""
        return event_types()[event][0]

    @staticmethod
    def motion_hash(motion: tuple[Any, ...]) -> bytes:
        """By which a proposal binds its motion."""
        return keccak(words(*motion))

    def engine_of(self, version: int) -> Contract:
        """An engine that answers this version."""
        return self.chain.deploy("PolicyEngine", self.institutions.address, self.projects.address, version)

    def sign(self, contract: Contract, signer: Account, struct_hash: bytes) -> bytes:
        """A signature over a struct of a contract's domain."""
        return signer.sign(keccak(b"\x19\x01" + self._domains[contract.name] + struct_hash))


def _domain(address: str) -> bytes:
    return keccak(_DOMAIN_TYPE + _NAMES + word(CHAIN_ID) + word(bytes.fromhex(address[2:])))


@cache
def _type_hash(primary: str) -> bytes:
    return keccak(text=primary)


def struct(primary: str, *values: Any) -> bytes:
    """The EIP-712 struct hash of fields of fixed lengths; ``primary`` is the encoded type."""
    return keccak(_type_hash(primary) + words(*values))


def pair(one: bytes, other: bytes) -> bytes:
    """The parent of two nodes of a Merkle tree whose pairs are sorted."""
    return keccak(one + other if one < other else other + one)


def tree(leaves: list[bytes]) -> tuple[bytes, list[tuple[bytes, ...]]]:
    """The root, and the path of each leaf."""
    level = leaves
    places = list(range(len(leaves)))
    paths: list[list[bytes]] = [[] for _ in leaves]
    while len(level) > 1:
        for leaf, place in enumerate(places):
            if place ^ 1 < len(level):
                paths[leaf].append(level[place ^ 1])
        level = [
            pair(level[at], level[at + 1]) if at + 1 < len(level) else level[at]
            for at in range(0, len(level), 2)
        ]
        places = [place // 2 for place in places]
    return level[0], [tuple(path) for path in paths]
