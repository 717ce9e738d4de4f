"""Bringing Clique's validators to one head before they seal, through each node's own socket.

A validator that seals before it has met its peers makes a block that only it has. When enough of them do so
at once, each has signed too recently to go on from its own block, none of the blocks is heavier than another,
and the chain stands still for ever. So nodes are started without sealing, brought together, and only then
told to seal; a chain that stands still is mended in the same way.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelpact.errors import ChainError, InputError, UnreachableError

__all__ = ["Validator", "begin_sealing", "mend", "socket_of"]

_ANSWER_SECONDS = 10.0
_MEETS_WITHIN = 40.0
_UNLOCKS_WITHIN = 60.0
_AGREES_WITHIN = 120.0
# Geth asks a heavier peer every ten seconds.
_SYNCS_WITHIN = 12.0
# It does not call a node again within 35 seconds; then it syncs.
_MEETS_AGAIN_WITHIN = 60.0
_PAUSE = 0.2
# What every system takes as the path of a socket, with a little to spare.
_LONGEST_PATH = 100


def socket_of(home: Path) -> Path:
    """Where a validator is commanded; its folder is the owner's alone.

    Raises:
        InputError: the path is longer than a socket's may be.
    """
    path = home.parent / "geth.ipc"
    if len(str(path).encode()) > _LONGEST_PATH:
        raise InputError(
            f"The folder {home.parent.parent} lies too deep",
            why=f"the path of a node's socket would have more than {_LONGEST_PATH} bytes",
            remedy="Give a --folder with a shorter path",
        )
    return path


@dataclass(frozen=True, slots=True)
class Validator:
    """A running Geth by its socket."""

    path: Path

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result of a JSON-RPC call.

        Raises:
            UnreachableError: nobody answers.
            ChainError: the node refuses it.
        """
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(_ANSWER_SECONDS)
                link.connect(str(self.path))
                link.sendall(json.dumps(question).encode())
                # One line is one answer.
                answer = json.loads(link.makefile("rb").readline())
        except (OSError, ValueError) as error:
            raise UnreachableError(
                f"The node at {self.path} does not answer",
                why=str(error),
                remedy="Start it: pixelpact localnet up --folder FOLDER",
            ) from error
        if "error" in answer:
            raise ChainError(f"The node at {self.path} refused {method}", why=str(answer["error"]))
        return answer["result"]

    def start_sealing(self) -> None:
        """Let it seal once its key is unlocked: a node may answer before it is, and does not try again.

        Raises:
            UnreachableError: the key stays locked.
        """
        deadline = time.monotonic() + _UNLOCKS_WITHIN
        while True:
            try:
                self.ask("eth_sign", self.ask("eth_accounts")[0], "0x00")
            except UnreachableError:
                raise
            except ChainError as error:
                if time.monotonic() > deadline:
                    raise UnreachableError(
                        "A validator does not unlock its key", why=error.why, remedy="Look at its log"
                    ) from error
                time.sleep(_PAUSE)
                continue
            self.ask("miner_start")
            return

    @property
    def seals(self) -> bool:
        """Whether it was told to."""
        return bool(self.ask("eth_mining"))

    @property
    def peers(self) -> int:
        """How many nodes it is connected to."""
        return int(self.ask("net_peerCount"), 16)

    def meet_again(self, other: Validator) -> None:
        """Part from another one and call it anew: when they meet they tell how heavy their heads are."""
        node = other.ask("admin_nodeInfo")["enode"]
        self.ask("admin_removePeer", node)
        self.ask("admin_addPeer", node)

    def hash_of(self, number: int) -> str | None:
        """The hash of its block of this number."""
        block = self.ask("eth_getBlockByNumber", hex(number), False)  # noqa: FBT003  (hashes only)
        return str(block["hash"]) if block else None

    def head(self) -> tuple[int, str, int]:
        """Weight, hash and number of its newest block; the heaviest is what all will take."""
        block = self.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003  (hashes only)
        return int(block["totalDifficulty"], 16), str(block["hash"]), int(block["number"], 16)


def begin_sealing(validators: Sequence[Validator]) -> None:
    """Let those that don't seal meet the others, take the heaviest head, and seal.

    Raises:
        UnreachableError: they don't come to one head.
    """
    idle = [each for each in validators if not each.seals]
    if not idle:
        return
    deadline = time.monotonic() + _MEETS_WITHIN
    while any(each.peers < len(validators) - 1 for each in idle) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    # Geth throws away what peers send until it has begun to seal, or asked a heavier peer: so all begin and
    # stop before they are brought to one head, and from then on they listen to each other.
    for each in idle:
        each.start_sealing()
    for each in idle:
        each.ask("miner_stop")
    _agree(validators, idle)
    for each in idle:
        each.ask("miner_start")


def mend(validators: Sequence[Validator]) -> None:
    """Stop all, bring them to one head, and let them seal again."""
    for each in validators:
        each.ask("miner_stop")
    begin_sealing(validators)


def _agree(validators: Sequence[Validator], idle: Sequence[Validator]) -> None:
    began = time.monotonic()
    called: set[tuple[Validator, str]] = set()
    while True:
        waited = time.monotonic() - began
        best = max(validators, key=Validator.head)
        weight, digest, number = best.head()
        apart = [each for each in idle if each.hash_of(number) != digest]
        if not apart:
            return
        for each in apart:
            common = _common(each, best)
            if each.head()[0] >= weight:
                # As heavy as the best: it would keep its own. Without it, it takes the other from its peers.
                each.ask("debug_setHead", hex(common))
            elif waited > _MEETS_AGAIN_WITHIN and best in idle and number - common <= len(validators) // 2:
                # It does not take them, and they are not final: they are made anew.
                best.ask("debug_setHead", hex(common))
            elif waited > _SYNCS_WITHIN and (each, digest) not in called:
                # They met when the other one was lighter: what it took since is told of without its weight.
                called.add((each, digest))
                each.meet_again(best)
        if waited > _AGREES_WITHIN:
            raise UnreachableError(
                "The validators don't come to one head",
                why=f"after {_AGREES_WITHIN:g} seconds {len(apart)} lack block {number} of the others",
                remedy="Look at their logs; run down, then up again",
            )
        time.sleep(_PAUSE)


def _common(one: Validator, other: Validator) -> int:
    """The newest block that two validators have both."""
    number = min(one.head()[2], other.head()[2])
    while number and one.hash_of(number) != other.hash_of(number):
        number -= 1
    return number
