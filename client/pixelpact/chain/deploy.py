"""Bringing the six contracts onto a chain: how a consortium begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pixelpact.errors import InputError, TransactionError

from .abi import contract_abi
from .account import Account
from .artifact import load_artifact
from .checks import check_clock, check_identity
from .network import CONTRACTS, Network
from .node import Node
from .records import RECOMMENDED_TERMS, Founder, Terms, founder_struct, struct_of
from .sending import send
from .transactions import Call, Sender

__all__ = ["constructor_arguments", "deploy", "describe"]

#: The version of the engine that a consortium starts with.
_FIRST_ENGINE = 1
_PATIENCE = 120.0
# A description must have an identity before the node was asked for it.
_UNKNOWN = Network(
    name="?", chain_id=1, genesis=b"\xff" * 32, finality_depth=0, clock=1, rpc="http://localhost"
)


def describe(rpc: str, *, name: str, finality_depth: int, clock: int | None) -> Network:
    """Ask a node which chain it is on, and describe that chain, without contracts.

    Whoever sets a network up does this once, with a node of theirs; everybody else is given the description.

    Args:
        rpc: the node's http or https URL.
        name: what people will call the network.
        finality_depth: blocks above a block that make it final.
        clock: seconds by which head and wall clock may differ; None when the chain's time is its own.

    Raises:
        UnreachableError: no Ethereum node answers.
        InputError: a value outside its bounds (``Network``).
    """
    asked = replace(_UNKNOWN, rpc=rpc, name=name, finality_depth=finality_depth, clock=clock)
    node = Node(asked)
    genesis = node.block(0)
    return replace(asked, chain_id=node.chain_id(), genesis=genesis.hash if genesis else b"")


def constructor_arguments(
    name: str,
    founders: Sequence[Founder],
    at: Mapping[str, bytes],
    terms: Terms = RECOMMENDED_TERMS,
) -> tuple[Any, ...]:
    """What one of ``CONTRACTS`` is deployed with.

    Args:
        name: the contract's.
        founders: as for ``deploy``.
        at: the addresses of the contracts before it, by name.
        terms: as for ``deploy``.
    """
    if name == "InstitutionRegistry":
        return ([founder_struct(founder) for founder in founders], struct_of(terms))
    built_upon: dict[str, tuple[str, ...]] = {
        "StudyRegistry": ("InstitutionRegistry",),
        "ConsentRegistry": ("InstitutionRegistry", "StudyRegistry"),
        "ProjectRegistry": ("InstitutionRegistry",),
        "PolicyEngine": ("InstitutionRegistry", "ProjectRegistry"),
        "AccessLedger": ("InstitutionRegistry", "StudyRegistry", "ConsentRegistry", "PolicyEngine"),
    }
    others = tuple(at[other] for other in built_upon[name])
    return (*others, _FIRST_ENGINE) if name == "PolicyEngine" else others


def deploy(
    network: Network, account: Account, founders: Sequence[Founder], terms: Terms = RECOMMENDED_TERMS
) -> Network:
    """Deploy the six contracts as shipped; the description that is returned names them.

    Args:
        network: a chain without contracts, from ``describe`` or ``EmbeddedChain.network``.
        account: who pays; it gets no right of any kind.
        founders: the institutions that the consortium starts with, numbered from 1 in this order.
        terms: the times that it is founded on, for good.

    Raises:
        InputError: the description names contracts already.
        ContractError: a founder that the registry refuses, or a term.
        ChainError: the node is silent, on another chain, or does not carry it out.
    """
    if network.contracts:
        raise InputError(
            f"The network {network.name!r} has its contracts already",
            why="its description names them",
            remedy="Use it as it is, or describe the chain anew to begin a second consortium",
        )
    node = Node(network)
    check_identity(node, network)
    sender = Sender(node, network, account)
    at: dict[str, bytes] = {}
    for name in CONTRACTS:
        code = load_artifact(name).creation_code
        data = code + contract_abi(name).encode_constructor(constructor_arguments(name, founders, at, terms))
        head = node.head()
        check_clock(network, head)
        call = Call(name, "constructor", None, data)
        created = send(node, sender.prepare(call, base_fee=head.base_fee), _PATIENCE).created
        if created is None:
            raise TransactionError(
                f"The node does not say where the {name} was deployed", remedy="Ask another node"
            )
        at[name] = created
    return network.with_contracts(at)
