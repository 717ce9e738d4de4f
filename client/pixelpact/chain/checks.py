"""Whether a node is on the network that its description names, each doubt its own refusal."""

from __future__ import annotations

import time

from pixelpact.errors import ClockApartError, WrongNetworkError

from .abi import MalformedDataError, contract_abi
from .answers import Block
from .artifact import load_artifact
from .network import CONTRACTS, Network
from .node import Node, RevertedError

__all__ = ["check_clock", "check_contracts", "check_identity"]

#: The contracts that each contract was built upon, by the view that names them.
_BUILT_UPON = {
    "StudyRegistry": {"institutions": "InstitutionRegistry"},
    "ConsentRegistry": {"institutions": "InstitutionRegistry", "studies": "StudyRegistry"},
    "ProjectRegistry": {"institutions": "InstitutionRegistry"},
    "PolicyEngine": {"institutions": "InstitutionRegistry", "projects": "ProjectRegistry"},
    "AccessLedger": {
        "institutions": "InstitutionRegistry",
        "studies": "StudyRegistry",
        "consents": "ConsentRegistry",
        "firstEngine": "PolicyEngine",
    },
}


def check_identity(node: Node, network: Network) -> None:
    """Chain id and genesis hash are those of the description.

    Raises:
        WrongNetworkError: one of them is not.
        UnreachableError: the node is silent.
    """
    chain_id = node.chain_id()
    if chain_id != network.chain_id:
        raise WrongNetworkError(
            f"The node at {node.where} is on another chain than {network.name!r}",
            why=f"its chain id is {chain_id}, not {network.chain_id}",
            remedy="Check the node's address in the network's description",
        )
    genesis = node.block(0)
    if genesis is None or genesis.hash != network.genesis:
        shown = "it has none" if genesis is None else f"it is 0x{genesis.hash.hex()}"
        raise WrongNetworkError(
            f"The node at {node.where} is on another chain than {network.name!r}",
            why=f"its genesis hash is not 0x{network.genesis.hex()}: {shown}",
            remedy="Check the node's address; after a chain was set up anew, its new description is needed",
        )


def check_contracts(node: Node, network: Network) -> None:
    """At each address stands the contract that the package ships, built upon the others of the description.

    The code is compared byte by byte but for the immutables, which only a deployment fills in; those that
    name other contracts are asked for.

    Raises:
        WrongNetworkError: no code, other code, or built upon other contracts.
    """
    for name in CONTRACTS:
        address = network.address(name)
        code = node.code(address)
        if not code:
            raise _not_there(name, address, "there is no code at this address")
        if not load_artifact(name).matches(code):
            raise _not_there(
                name, address, "the code there is not the one that this version of PixelPact ships"
            )
    for name, views in _BUILT_UPON.items():
        for view, other in views.items():
            entry = contract_abi(name).functions[view]
            try:
                found = entry.decode_result(node.call(network.address(name), entry.encode(())))
            except (RevertedError, MalformedDataError) as error:
                raise _not_there(name, network.address(name), f"{view} gives no address") from error
            if found != network.address(other):
                raise _not_there(
                    name, network.address(name), f"it was built upon another {other}, at 0x{found.hex()}"
                )


def check_clock(network: Network, head: Block) -> None:
    """The head's time and the wall clock differ by no more than the network's clock rule allows.

    Raises:
        ClockApartError: they do: the chain stands still, or one of the clocks is wrong.
    """
    if network.clock is None:
        return
    ahead = head.timestamp - int(time.time())
    if abs(ahead) <= network.clock:
        return
    where = "ahead of" if ahead > 0 else "behind"
    raise ClockApartError(
        f"The chain's newest block is {abs(ahead)} seconds {where} this computer's clock",
        why=f"the network {network.name!r} allows {network.clock}: the chain stands still, or a clock is off",
        remedy="Check the chain's validators and this computer's clock; until then nothing can be decided",
    )


def _not_there(name: str, address: bytes, why: str) -> WrongNetworkError:
    return WrongNetworkError(
        f"The contract {name} is not at 0x{address.hex()}",
        why=why,
        remedy="Use the description that was written when the contracts were deployed",
    )
