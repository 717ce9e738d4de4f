"""Where the story takes place: in this process, on real nodes of its own, or over a localnet that is up."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pixelpact.demo.place import LOCALNET
from pixelpact.demo.stage import NAMES
from pixelpact.errors import InputError
from pixelpact.localnet import (
    ENGINES,
    Consortium,
    Localnet,
    LocalnetConsortium,
    Member,
    Sandbox,
    require_programs,
)
from pixelpact.policy import Attribute, Role

__all__ = ["Embedded", "OwnLocalnet", "Scene", "StandingLocalnet", "choose_scene"]

Tell = Callable[[str], None]

_EMBEDDED = "embedded"
_KUBO = "kubo"
_CHAINS = (_EMBEDDED, *ENGINES)
_STORES = (_EMBEDDED, _KUBO)
_MEMBERS = (
    Member(),
    Member(country="DE"),
    Member(roles=Role.REQUESTER, country="US", attributes=Attribute(0)),
    Member(country="FR"),
)
#: Of a folder with Geths: a socket's path may have 108 bytes (unix(7)), and most of the rest is names in it.
_LONGEST_FOLDER = 75
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Scene(Protocol):
    """A place for the story."""

    def prepare(self, tell: Tell) -> None:
        """Judge it and get what it needs, before anything is written where the run leaves its results.

        Raises:
            InputError, ChainError, StoreError: the story can't be told there.
        """
        ...

    def open(self, place: Path, tell: Tell) -> AbstractContextManager[Consortium]:
        """Four institutions, as long as the block lasts.

        Args:
            place: where vaults, and what else there is of their own, go.
            tell: is told what is happening, a sentence each.
        """
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """In this process: Python is enough."""

    def prepare(self, tell: Tell) -> None:
        """Nothing to judge."""

    def open(self, place: Path, tell: Tell) -> AbstractContextManager[Consortium]:
        """A sandbox."""
        del tell
        return Sandbox(_MEMBERS, folder=place)


@dataclass(frozen=True, slots=True)
class OwnLocalnet:
    """A localnet that is made for the story and stopped after it, whatever ends it.

    Attributes:
        engine: ``anvil`` or ``geth``.
    """

    engine: str

    def prepare(self, tell: Tell) -> None:
        """Find the nodes' programs; those that are missing are built, which may take minutes."""
        require_programs(self.engine, tell)

    @contextmanager
    def open(self, place: Path, tell: Tell) -> Iterator[Consortium]:
        """Four institutions, each with its own nodes."""
        with _short_name(place / LOCALNET) as folder:
            try:
                localnet = Localnet.up(folder, engine=self.engine, institutions=len(NAMES), tell=tell)
                with LocalnetConsortium(localnet, place, members=len(NAMES)) as consortium:
                    yield consortium
            finally:
                with _undisturbed():
                    try:
                        tell("Stopping the nodes.")
                    finally:
                        if Localnet.is_in(folder):
                            Localnet.stop(folder)


@dataclass(frozen=True, slots=True)
class StandingLocalnet:
    """The first four institutions of a localnet that is up, or all, and it stays up.

    Attributes:
        folder: the localnet's.
        everyone: whether all its institutions take part, since two thirds of them have to vote for things.
    """

    folder: Path
    everyone: bool = False

    def prepare(self, tell: Tell) -> None:
        """Check that its nodes run and that its chain moves."""
        del tell
        localnet = Localnet.open(self.folder)
        LocalnetConsortium.require(localnet, members=self._members(localnet))

    @contextmanager
    def open(self, place: Path, tell: Tell) -> Iterator[Consortium]:
        """Its institutions, with vaults that are new."""
        del tell
        localnet = Localnet.open(self.folder)
        with (
            LocalnetConsortium.alone(localnet),
            LocalnetConsortium(localnet, place, members=self._members(localnet)) as consortium,
        ):
            yield consortium

    def _members(self, localnet: Localnet) -> int:
        return max(len(NAMES), len(localnet.institutions) if self.everyone else 0)


def choose_scene(chain: str | None, store: str | None, network: Path | None, *, full: bool = False) -> Scene:
    """The scene for the options of the command line.

    Args:
        chain: ``embedded``, ``anvil`` or ``geth``; None takes what the others allow.
        store: ``embedded`` or ``kubo``; None as above.
        network: the folder of a localnet.
        full: whether the story is told in full.

    Raises:
        InputError: they don't go together.
    """
    for name, given, known in (("chain", chain, _CHAINS), ("store", store, _STORES)):
        if given is not None and given not in known:
            raise InputError(f"There is no {name} {given!r}", remedy=f"Choose one of {', '.join(known)}")
    if network is not None:
        if chain is not None or store is not None:
            raise InputError(
                "The chain and the store can't be chosen for a localnet that is up",
                why="they were decided when it was made",
                remedy="Leave --chain and --store away, or --network",
            )
        return StandingLocalnet(network, everyone=full)
    engine = chain or (_EMBEDDED if store in (None, _EMBEDDED) else ENGINES[0])
    kept = store or (_EMBEDDED if engine == _EMBEDDED else _KUBO)
    if engine == _EMBEDDED and kept == _KUBO:
        raise InputError(
            "The embedded chain does not go with Kubo",
            why="it lives in this one process, and Kubo is for institutions that have nodes of their own",
            remedy="Give --chain anvil or --chain geth with --store kubo",
        )
    if engine != _EMBEDDED and kept == _EMBEDDED:
        raise InputError(
            f"The chain {engine} does not go with the embedded store",
            why="that is one folder for all, and here each institution has a node of its own",
            remedy="Give --store kubo, or leave --store away",
        )
    return Embedded() if engine == _EMBEDDED else OwnLocalnet(engine)


@contextmanager
def _short_name(folder: Path) -> Iterator[Path]:
    """A folder by a name that is short enough for the sockets in it: its own, or a link's."""
    if len(str(folder).encode()) <= _LONGEST_FOLDER:
        yield folder
        return
    folder.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(prefix="pixelpact-") as short:
        link = Path(short) / LOCALNET
        link.symlink_to(folder)
        yield link


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let what would end this process wait: nodes half stopped would run on, and nobody would know."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
