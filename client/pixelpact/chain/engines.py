"""Policy engines beside the first: how one is made, and what stands at an address before it is voted for."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from .abi import contract_abi
from .artifact import load_artifact
from .client import Chain
from .network import Network
from .transactions import Call

__all__ = ["EngineCode", "engine_hash", "inspect_engine", "make_engine"]

#: What stands in each place of the engine's code that a deployment fills in, in the code's order.
_IMMUTABLES = (
    "version",
    "ProjectRegistry",
    "InstitutionRegistry",
    "ProjectRegistry",
    "InstitutionRegistry",
    "ProjectRegistry",
    "ProjectRegistry",
)


@dataclass(frozen=True, slots=True)
class EngineCode:
    """What stands where a policy engine is said to be.

    Attributes:
        address: where, 20 bytes.
        code_hash: Keccak-256 of the code there, 32 bytes: what is voted on.
        is_code: whether there is any.
        is_shipped: whether it is the PolicyEngine that this package ships, whatever it was built upon.
        fits: whether it asks this network's registries; known of a shipped one only.
        version: its rules' version; 0 where it is not a shipped one.
    """

    address: bytes
    code_hash: bytes
    is_code: bool
    is_shipped: bool
    fits: bool
    version: int


def make_engine(network: Network, version: int) -> Call:
    """The creation of the PolicyEngine as shipped, for this network's registries; anybody may send it.

    Args:
        network: whose registries it asks.
        version: from 2 to 65,535: greater than that of the engine it is to replace.
    """
    registries = (network.address("InstitutionRegistry"), network.address("ProjectRegistry"))
    arguments = contract_abi("PolicyEngine").encode_constructor((*registries, version))
    return Call("PolicyEngine", "constructor", None, load_artifact("PolicyEngine").creation_code + arguments)


def engine_hash(network: Network, version: int) -> bytes:
    """Keccak-256 of the code that the engine as shipped has on this network, 32 bytes; asks nobody."""
    values = {name: network.address(name) for name in ("InstitutionRegistry", "ProjectRegistry")}
    values["version"] = version.to_bytes(2, "big")
    code = load_artifact("PolicyEngine").deployed_code(values[name].rjust(32, b"\0") for name in _IMMUTABLES)
    return keccak(code)


def inspect_engine(chain: Chain, address: bytes) -> EngineCode:
    """Look at the code at an address, as of the newest block.

    Raises:
        ChainError: the node can't be asked.
    """
    code = chain.code(address)
    if not load_artifact("PolicyEngine").matches(code):
        return EngineCode(address, keccak(code), bool(code), is_shipped=False, fits=False, version=0)
    engine, network = chain.engine_at(address), chain.network
    registries = (network.address("InstitutionRegistry"), network.address("ProjectRegistry"))
    fits = (engine.institutions(), engine.projects()) == registries
    return EngineCode(
        address, keccak(code), is_code=True, is_shipped=True, fits=fits, version=engine.version()
    )
