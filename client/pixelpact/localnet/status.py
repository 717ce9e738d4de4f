"""How a localnet is: what each institution's nodes say of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pixelpact.errors import ChainError, StoreError

from .ask import ask_chain, ask_kubo
from .clique import Validator
from .processes import Process

__all__ = [
    "ChainStatus",
    "InstitutionStatus",
    "KuboStatus",
    "LocalnetStatus",
    "chain_status",
    "kubo_status",
    "overall",
]


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """One node of the chain. What it does not say is None: it does not run, or does not answer.

    Attributes:
        running: its process.
        pid: of the process.
        head: the newest block's number.
        head_time: the newest block's time, seconds.
        final: the newest final block's number.
        peers: how many nodes it is connected to; None with Anvil, which has none.
        signers: who may make blocks, 0x addresses; empty with Anvil.
    """

    running: bool
    pid: int | None
    head: int | None = None
    head_time: int | None = None
    final: int | None = None
    peers: int | None = None
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KuboStatus:
    """One Kubo node; None as in ``ChainStatus``.

    Attributes:
        running: its process.
        pid: of the process.
        peers: how many nodes of the swarm it is connected to.
        pins: how many roots it keeps, all below each included.
    """

    running: bool
    pid: int | None
    peers: int | None = None
    pins: int | None = None


@dataclass(frozen=True, slots=True)
class InstitutionStatus:
    """An institution's nodes."""

    name: str
    folder: str
    rpc: str
    ipfs: str
    chain: ChainStatus
    kubo: KuboStatus


@dataclass(frozen=True, slots=True)
class LocalnetStatus:
    """How a localnet is.

    Attributes:
        folder: where it is kept.
        engine: ``anvil`` or ``geth``.
        chain_id: EIP-155 chain id.
        genesis: hash of block 0, 0x hex.
        finality_depth: blocks that make a block final.
        state: ``up`` when every node runs and answers, ``down`` when none runs, else ``partly``.
        signers: who may make blocks, 0x addresses, by the first node that says it.
        institutions: in order.
        contracts: 0x address by name.
    """

    folder: str
    engine: str
    chain_id: int
    genesis: str
    finality_depth: int
    state: str
    signers: tuple[str, ...]
    institutions: tuple[InstitutionStatus, ...]
    contracts: dict[str, str] = field(default_factory=dict)


def chain_status(process: Process, url: str, *, depth: int, validator: Validator | None) -> ChainStatus:
    """Ask a node of the chain, and a validator through its own socket too."""
    pid = process.pid()
    if pid is None:
        return ChainStatus(running=False, pid=None)
    try:
        head: Any = ask_chain(url, "eth_getBlockByNumber", "latest", False)  # noqa: FBT003  (hashes only)
        number = int(head["number"], 16)
        return ChainStatus(
            running=True,
            pid=pid,
            head=number,
            head_time=int(head["timestamp"], 16),
            final=max(0, number - depth),
            peers=validator.peers if validator else None,
            signers=tuple(validator.ask("clique_getSigners")) if validator else (),
        )
    except ChainError:
        return ChainStatus(running=True, pid=pid)


def kubo_status(process: Process, url: str) -> KuboStatus:
    """Ask a Kubo node."""
    pid = process.pid()
    if pid is None:
        return KuboStatus(running=False, pid=None)
    try:
        return KuboStatus(
            running=True,
            pid=pid,
            peers=len(ask_kubo(url, "swarm/peers").get("Peers") or ()),
            pins=len(ask_kubo(url, "pin/ls", type="recursive").get("Keys") or ()),
        )
    except StoreError:
        return KuboStatus(running=True, pid=pid)


def overall(institutions: tuple[InstitutionStatus, ...]) -> str:
    """``up``, ``down`` or ``partly``."""
    nodes = [node for each in institutions for node in (each.chain, each.kubo)]
    if not any(node.running for node in nodes):
        return "down"
    answering = all(each.chain.head is not None and each.kubo.pins is not None for each in institutions)
    return "up" if answering else "partly"
