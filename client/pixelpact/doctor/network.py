"""A network: its description, its node, and whether the node is on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixelpact.chain import Chain, Network
from pixelpact.doctor.finding import Finding
from pixelpact.errors import ChainError, ClockApartError, PixelPactError, UnreachableError, WrongNetworkError

__all__ = ["examine_network"]

#: What a refusal is about, and the command that mends it where there is one.
_DOUBTS: tuple[tuple[type[ChainError], str, str], ...] = (
    (UnreachableError, "node", "Start it (pixelpact localnet up, for a localnet), or give another --network"),
    (ClockApartError, "clock", "Look with: date -u; set it with: timedatectl set-ntp true"),
    (WrongNetworkError, "chain id, genesis and contracts", ""),
)


def examine_network(path: Path) -> Iterator[Finding]:
    """Look at a network by its description.

    Args:
        path: the description's file.
    """
    try:
        network = Network.load(path)
    except PixelPactError as error:
        yield Finding.of("network description", error)
        return
    yield Finding.good("network description", f"'{network.name}', chain {network.chain_id}")
    try:
        chain = Chain.connect(network)
        head, final = chain.head(), chain.final_head()
    except PixelPactError as error:
        yield _doubt(error)
        return
    yield Finding.good("node", f"it answers at {network.rpc}")
    yield Finding.good("chain id, genesis and contracts", "they are those described, the code byte by byte")
    yield Finding.good(
        "clock", "its time is its own" if network.clock is None else "the head's time fits this computer's"
    )
    depth = network.finality_depth
    if head.number < depth:
        yield Finding.bad(
            "finality",
            f"nothing is final yet: the head is block {head.number}, and {depth} blocks must stand above one",
            "Wait until the chain has grown; pixelpact localnet status tells, for a localnet",
            needed=False,
        )
    else:
        yield Finding.good("finality", f"head {head.number}, final up to {final.number} (depth {depth})")


def _doubt(error: PixelPactError) -> Finding:
    for kind, subject, command in _DOUBTS:
        if isinstance(error, kind):
            found = Finding.of(subject, error)
            remedy = ". ".join(part for part in (found.remedy, command) if part)
            return Finding.bad(subject, found.sentence, remedy)
    return Finding.of("node", error)
