"""All nodes of one localnet: made ready, started, waited for."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelpact.chain import Account
from pixelpact.errors import InputError, StoreError, UnreachableError

from .anvil import prepare_anvil
from .ask import ask_chain, ask_kubo, wait_until
from .clique import Validator, begin_sealing, mend, socket_of
from .files import make_private, write_private
from .geth import prepare_geth
from .kubo import prepare_kubo
from .plan import Engine, Plan, institution_folder
from .processes import Daemon, Process, stop_all

__all__ = ["Nodes", "admin_of", "chain_process", "ipfs_url", "kubo_process", "rpc_url"]

_ANSWERS_WITHIN = 60.0
_LISTENS_WITHIN = 15.0
_MOVES_WITHIN = 60.0
#: Beyond some periods; Clique's validators wait for each other up to a second or two.
_STANDS_STILL = 15.0
_PAUSE = 0.1
_KEY = "account.key"


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a localnet.

    Attributes:
        plan: what was decided for it.
        chain: its Geths in the institutions' order, or its one Anvil.
        kubo: its Kubos in the institutions' order.
    """

    plan: Plan
    chain: Sequence[Daemon]
    kubo: Sequence[Daemon]

    @classmethod
    def prepare(cls, folder: Path, plan: Plan, program: Callable[[str], Path]) -> Nodes:
        """Write everything that the nodes need and that is not there yet.

        Args:
            folder: the localnet's.
            plan: what was decided.
            program: finds the program of a name.

        Raises:
            OutputError: a file can't be written, or a program can't begin.
        """
        chain_program, kubo_program = program(plan.engine.value), program("ipfs")
        admins = [make_admin(folder, number) for number in range(1, len(plan.ports) + 1)]
        # Nothing of this process's environment, proxies and tokens among it, is a node's business.
        environment = {
            name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG", "TZ") if name in os.environ
        }
        environment["HOME"] = str(folder)
        if plan.engine is Engine.GETH:
            addresses = [admin.address for admin in admins]
            chain = prepare_geth(folder, plan, addresses, chain_program, environment)
        else:
            chain = [prepare_anvil(folder, plan, chain_program, environment)]
        return cls(plan, chain, prepare_kubo(folder, plan, kubo_program, environment))

    @property
    def all(self) -> list[Daemon]:
        """Every node."""
        return [*self.chain, *self.kubo]

    def chain_of(self, number: int) -> Daemon:
        """The institution's node of the chain, its own or the shared one."""
        return self.chain[number - 1] if self.plan.engine is Engine.GETH else self.chain[0]

    def start(self) -> list[str]:
        """Start what does not run, wait until all answer and the chain moves; the titles of what was started.

        Raises:
            UnreachableError: a node of the chain ends, does not answer, or makes no blocks.
            StoreError: a Kubo node ends or does not answer.
            InputError: a port is another program's.
        """
        missing = [daemon for daemon in self.all if daemon.pid() is None]
        for daemon in missing:
            self._check_ports(daemon)
        try:
            started = [daemon for daemon in missing if self._started(daemon)]
            self._await_kubo()
            if any(daemon in self.kubo for daemon in started):
                self._connect_kubo()
            self._await_chain(after_start=any(daemon in self.chain for daemon in started))
        except BaseException:
            # What is half started is ended again, and only that.
            stop_all(missing)
            raise
        return [daemon.title for daemon in started]

    def _started(self, daemon: Daemon) -> bool:
        if not daemon.start():
            return False
        if daemon in self.chain and self.plan.engine is Engine.GETH:
            # One after another: a node that calls one that is not there yet calls again after half a minute.
            port = self.plan.ports[self.chain.index(daemon)].peers
            deadline = time.monotonic() + _LISTENS_WITHIN
            while daemon.pid() is not None and not _is_taken(port) and time.monotonic() < deadline:
                time.sleep(_PAUSE)
        return True

    def _check_ports(self, daemon: Daemon) -> None:
        geth = self.plan.engine is Engine.GETH
        for number, ports in enumerate(self.plan.ports, start=1):
            needed = {
                self.chain_of(number).folder: (ports.rpc, ports.peers) if geth else (ports.rpc,),
                self.kubo[number - 1].folder: (ports.ipfs, ports.swarm, ports.gateway),
            }
            for port in needed.get(daemon.folder, ()):
                if port is not None and _is_taken(port):
                    raise InputError(
                        f"{daemon.title} can't be started",
                        why=f"another program listens on its port {port}",
                        remedy="End that program and run this again, or begin a new localnet elsewhere",
                    )

    def _await_kubo(self) -> None:
        for daemon, ports in zip(self.kubo, self.plan.ports, strict=True):
            url = ipfs_url(ports.ipfs)
            failure = StoreError(
                f"{daemon.title} does not answer after {_ANSWERS_WITHIN:g} seconds",
                remedy=f"Its log is {daemon.log}; when the cause is gone, run this again",
            )
            wait_until(lambda url=url: "ID" in ask_kubo(url, "id"), daemon, _ANSWERS_WITHIN, failure)  # type: ignore[misc]

    def _connect_kubo(self) -> None:
        """Connect every two nodes at once, which they would do by themselves in their own time."""
        addresses = [
            f"/ip4/127.0.0.1/tcp/{ports.swarm}/p2p/{ask_kubo(ipfs_url(ports.ipfs), 'id')['ID']}"
            for ports in self.plan.ports
        ]
        for place, ports in enumerate(self.plan.ports):
            for address in addresses[place + 1 :]:
                ask_kubo(ipfs_url(ports.ipfs), "swarm/connect", arg=address)

    def _await_chain(self, *, after_start: bool) -> None:
        """Every node answers and is at the present; after a start the chain has grown on each."""
        for daemon, ports in zip(self.chain, self.plan.ports, strict=False):
            url = rpc_url(ports.rpc)
            silent = UnreachableError(
                f"{daemon.title} does not answer after {_ANSWERS_WITHIN:g} seconds",
                remedy=f"Its log is {daemon.log}; when the cause is gone, run this again",
            )
            wait_until(lambda url=url: _head(url)[0] >= 0, daemon, _ANSWERS_WITHIN, silent)  # type: ignore[misc]
        if self.plan.engine is Engine.GETH:
            self._begin_sealing()
            self._await_growth(1 if after_start else 0)
        else:
            # Anvil keeps no older state than the one it is started with: what is final must be younger.
            self._await_growth(self.plan.finality_depth + 1 if after_start else 0)

    def _begin_sealing(self) -> None:
        validators = [Validator(socket_of(daemon.folder)) for daemon in self.chain]
        began = time.monotonic()
        begin_sealing(validators)
        head = max(each.head() for each in validators)
        patience = _STANDS_STILL + 3 * self.plan.period
        while time.monotonic() - began < patience:
            if max(each.head() for each in validators) != head:
                return
            time.sleep(_PAUSE)
        mend(validators)

    def _await_growth(self, growth: int) -> None:
        patience = _MOVES_WITHIN + (growth + 2) * self.plan.period
        goal = max(_head(rpc_url(ports.rpc))[0] for ports in self.plan.ports) + growth
        for daemon, ports in zip(self.chain, self.plan.ports, strict=False):
            stalled = UnreachableError(
                f"The chain makes no blocks: {daemon.title} has none newer after {patience:g} seconds",
                why="fewer than half of the signers take part, or they don't agree",
                remedy=f"Its log is {daemon.log}; run down, then up again",
            )
            wait_until(self._is_present(rpc_url(ports.rpc), goal), daemon, patience, stalled)

    def _is_present(self, url: str, goal: int) -> Callable[[], bool]:
        def present() -> bool:
            number, timestamp = _head(url)
            return number >= goal and time.time() - timestamp < self.plan.clock

        return present


def chain_process(folder: Path, plan: Plan, number: int) -> Process:
    """The institution's node of the chain as it runs or ran: its own Geth, or the Anvil that all share."""
    home = institution_folder(folder, number)
    if plan.engine is Engine.GETH:
        return Process(f"Geth of {home.name}", home / "geth")
    return Process("Anvil", folder / "anvil")


def kubo_process(folder: Path, number: int) -> Process:
    """The institution's Kubo node as it runs or ran."""
    home = institution_folder(folder, number)
    return Process(f"Kubo of {home.name}", home / "kubo")


def rpc_url(port: int) -> str:
    """The URL of a chain node's RPC."""
    return f"http://127.0.0.1:{port}"


def ipfs_url(port: int) -> str:
    """The URL of a Kubo node's RPC, without the path that all its commands begin with."""
    return f"http://127.0.0.1:{port}"


def make_admin(folder: Path, number: int) -> Account:
    """The institution's account, made the first time."""
    home = institution_folder(folder, number)
    make_private(home)
    path = home / _KEY
    if not path.exists():
        write_private(path, Account.generate().reveal_key().hex() + "\n")
    return admin_of(home)


def admin_of(home: Path) -> Account:
    """The account that speaks for the institution of this folder.

    Raises:
        InputError: its key can't be read.
    """
    return Account.load(home / _KEY)


def _head(url: str) -> tuple[int, int]:
    head = ask_chain(url, "eth_getBlockByNumber", "latest", False)  # noqa: FBT003  (hashes only)
    return int(head["number"], 16), int(head["timestamp"], 16)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: what waits after a connection was closed does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
