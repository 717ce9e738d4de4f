"""What is decided once for a localnet and kept in its folder: engine, size, chain id, ports."""

from __future__ import annotations

import random
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pixelpact.errors import InputError

from .files import read_json, write_json

__all__ = ["ENGINES", "Engine", "Plan", "Ports"]


class Engine(StrEnum):
    """The program that keeps the chain."""

    ANVIL = "anvil"
    GETH = "geth"


ENGINES = tuple(each.value for each in Engine)

_FILE = "localnet.json"
_VERSION = 1
_MOST_INSTITUTIONS = 30
_LONGEST_PERIOD = 60
_DEFAULT_INSTITUTIONS = 4
_DEFAULT_PERIOD = 1
# Below what operating systems give to outgoing connections, so that a port stays free while its node is down.
_FIRST_PORT, _LAST_PORT = 10_240, 32_000


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one institution on 127.0.0.1: its chain's RPC and peers, Kubo's RPC, peers and gateway.

    With Anvil all have the same ``rpc``, and ``peers`` is not used. Localnets made before there were gateways
    go on without.
    """

    rpc: int
    peers: int
    ipfs: int
    swarm: int
    gateway: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions.

    Attributes:
        engine: what keeps the chain.
        period: seconds between blocks.
        chain_id: EIP-155 chain id, random.
        began: when it was made, seconds: the time of Clique's genesis block.
        ports: of each institution in order.
    """

    engine: Engine
    period: int
    chain_id: int
    began: int
    ports: tuple[Ports, ...]

    @classmethod
    def draw(cls, engine: str | None, institutions: int | None, period: int | None) -> Plan:
        """A new plan with ports that are free, written nowhere; ``standing`` has judged the choices.

        Raises:
            InputError: no port is free.
        """
        count = institutions or _DEFAULT_INSTITUTIONS
        return cls(
            engine=Engine(engine or Engine.ANVIL),
            period=period or _DEFAULT_PERIOD,
            # Large enough that no public chain has it, small enough for every wallet.
            chain_id=10**8 + secrets.randbelow(10**9),
            began=int(time.time()),
            ports=tuple(_choose_ports(count, shared_rpc=engine != Engine.GETH)),
        )

    def written(self, folder: Path) -> Plan:
        """The same, once it stands in a folder.

        Raises:
            OutputError: it can't be written.
        """
        write_json(folder / _FILE, {"version": _VERSION} | asdict(self))
        return self

    @classmethod
    def standing(
        cls, folder: Path, engine: str | None, institutions: int | None, period: int | None
    ) -> Plan | None:
        """The plan that stands in the folder, if these choices fit it; None where a new one may be made.

        Nothing is written: what is refused leaves no trace.

        Raises:
            InputError: a value outside its bounds, or the folder holds another kind of localnet, or none.
        """
        _check(engine, institutions, period)
        if cls.is_in(folder):
            plan = cls.load(folder)
            for name, wanted, there in (
                ("engine", engine, plan.engine.value),
                ("institutions", institutions, len(plan.ports)),
                ("period", period, plan.period),
            ):
                if wanted is not None and wanted != there:
                    raise InputError(
                        f"The localnet in {folder} has {name} {there}, not {wanted}",
                        why="that was decided when it was made",
                        remedy=f"Leave --{name} away to go on with it, or give another --folder",
                    )
            return plan
        # What can't be looked into is refused when it is written to.
        with suppress(OSError):
            strange = [each.name for each in folder.iterdir() if not each.name.startswith(".")]
            if strange:
                raise InputError(
                    f"The folder {folder} is not a localnet's",
                    why=f"it holds other things, such as {min(strange)}",
                    remedy="Give an empty or a new --folder",
                )
        return None

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """The plan that stands in a folder.

        Raises:
            InputError: there is none, or it can't be read.
        """
        path = folder / _FILE
        if not cls.is_in(folder):
            raise InputError(
                f"There is no localnet in {folder}",
                why=f"it has no {_FILE}",
                remedy="Give the --folder of one, or make it: pixelpact localnet up --folder FOLDER",
            )
        value: Any = read_json(path)
        try:
            version = value.pop("version")
            value["engine"] = Engine(value["engine"])
            value["ports"] = tuple(Ports(**each) for each in value["ports"])
            plan = cls(**value)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The localnet's file {path} is damaged",
                why=str(error),
                remedy="Restore it, or begin a new localnet in another folder",
            ) from error
        if version != _VERSION:
            raise InputError(
                f"The localnet in {folder} is another version's",
                why=f"{path} says {version!r}, not {_VERSION}",
                remedy="Use the PixelPact that made it, or begin a new localnet in another folder",
            )
        _check(plan.engine, len(plan.ports), plan.period)
        return plan

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether there is one in a folder."""
        return (folder / _FILE).is_file()

    @property
    def finality_depth(self) -> int:
        """Blocks that make a block final: more than half of Clique's signers have built upon it then.

        Anvil never reorganises, but writes its state every second: what is final there is on the disk.
        """
        return len(self.ports) // 2 + 1 if self.engine is Engine.GETH else 3

    @property
    def clock(self) -> int:
        """Seconds that head and wall clock may differ."""
        return max(30, 6 * self.period)


def institution_folder(folder: Path, number: int) -> Path:
    """The folder of an institution, numbered from 1: their names sort in order."""
    return folder / f"institution-{number:02d}"


def _check(engine: str | None, institutions: int | None, period: int | None) -> None:
    if engine is not None and engine not in ENGINES:
        raise InputError(f"There is no engine {engine!r}", remedy=f"Choose one of {', '.join(ENGINES)}")
    if institutions is not None and not 1 <= institutions <= _MOST_INSTITUTIONS:
        raise InputError(
            f"A localnet can't have {institutions} institutions",
            remedy=f"Give a number from 1 to {_MOST_INSTITUTIONS}",
        )
    if period is not None and not 1 <= period <= _LONGEST_PERIOD:
        raise InputError(
            f"Blocks can't be {period} seconds apart", remedy=f"Give a period from 1 to {_LONGEST_PERIOD}"
        )


def _choose_ports(count: int, *, shared_rpc: bool) -> Iterator[Ports]:
    with ExitStack() as held:
        free = _free_ports(held)
        shared = next(free)
        for _ in range(count):
            yield Ports(
                rpc=shared if shared_rpc else next(free),
                peers=next(free),
                ipfs=next(free),
                swarm=next(free),
                gateway=next(free),
            )


def _free_ports(held: ExitStack) -> Iterator[int]:
    """Ports that nobody listens on, each held until all are chosen."""
    for port in random.SystemRandom().sample(range(_FIRST_PORT, _LAST_PORT), _LAST_PORT - _FIRST_PORT):
        probe = held.enter_context(socket.socket())
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        yield port
    raise InputError("No port of this computer is free", remedy="End some programs, then run this again")
