"""Institutions on one chain, each with a profile: in this process, or over a localnet's real nodes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from pixelpact.chain import Account, Chain, Network
from pixelpact.errors import InputError, StoreError, UnreachableError
from pixelpact.profile import Profile
from pixelpact.storage import KuboStore

from .block_files import BlockFiles, kubo_block_files
from .files import held_alone
from .localnet import Institution, Localnet
from .nodes import chain_process, kubo_process
from .plan import Plan
from .sandbox import new_vault

__all__ = ["Consortium", "LocalnetConsortium"]

#: A chain that takes this much longer than it needs for its next blocks stands still.
_STANDS_STILL = 20.0
_PAUSE = 0.1
#: How long a peer may take to give one block: all nodes are on this computer.
_A_BLOCK = 10.0


class Consortium(Protocol):
    """Institutions on one chain; ``consortium[1]`` is the profile of the first."""

    chain_name: str
    store_name: str

    @property
    def network(self) -> Network:
        """The chain, by a node that is not the first institution's where there are several."""
        ...

    def chain(self) -> Chain:
        """The chain for somebody who only reads: a patient, an auditor."""
        ...

    def __getitem__(self, institution: int) -> Profile:
        """The profile of an institution, by its number from 1."""
        ...

    def __len__(self) -> int:
        """How many institutions take part from the beginning."""
        ...

    def blocks(self, institution: int) -> BlockFiles:
        """The files in which an institution's store keeps its blocks."""
        ...

    def wait_until(self, moment: int) -> None:
        """Let the chain's time come to this second."""
        ...

    def join(self, account: Account, institution: int) -> Profile:
        """A profile for whoever came later, with a new vault: a second operator, an institution admitted."""
        ...


class LocalnetConsortium:
    """Profiles for the first institutions of a localnet that is up, each with its own nodes and a new vault.

    Args:
        localnet: whose nodes run.
        folder: where the vaults go.
        members: how many institutions.
        custodian: whose store holds the images; those of the others may fetch blocks from its peers.

    Raises:
        ChainError, StoreError: a node does not answer, or is not as it must be.
        OutputError: the folder can't be written.
    """

    store_name = "kubo"

    def __init__(self, localnet: Localnet, folder: Path, *, members: int, custodian: int = 1) -> None:
        self.chain_name = localnet.engine
        self.network = localnet.institutions[members - 1].network
        self._institutions = localnet.institutions[:members]
        self._folder = folder
        with ExitStack() as stack:
            self._profiles = [
                self._profile(each, stack, from_peers=each.number != custodian) for each in self._institutions
            ]
            self._opened = stack.pop_all()

    @staticmethod
    def require(localnet: Localnet, *, members: int) -> None:
        """Check that these institutions' nodes run and answer and that the chain moves.

        Raises:
            InputError: the localnet has fewer institutions.
            ChainError: a node of the chain does not run or answer, or makes no blocks.
            StoreError: a Kubo node does not run.
        """
        if len(localnet.institutions) < members:
            raise InputError(
                f"The localnet in {localnet.folder} has too few institutions",
                why=f"it has {len(localnet.institutions)}, and {members} take part",
                remedy=f"Make another one: pixelpact localnet up --folder FOLDER --institutions {members}",
            )
        plan = Plan.load(localnet.folder)
        up = f"Start it: pixelpact localnet up --folder {localnet.folder}"
        for number in range(1, members + 1):
            process = chain_process(localnet.folder, plan, number)
            if process.pid() is None:
                raise UnreachableError(f"{process.title} does not run", remedy=up)
            process = kubo_process(localnet.folder, number)
            if process.pid() is None:
                raise StoreError(f"{process.title} does not run", remedy=up)
        _require_moving(localnet, members, plan)

    @staticmethod
    @contextmanager
    def alone(localnet: Localnet) -> Iterator[None]:
        """While open, nobody else who asks for this works with the institutions' accounts.

        Raises:
            InputError: somebody does.
        """
        with held_alone(localnet.folder / ".at-work") as held:
            if not held:
                raise InputError(
                    f"The localnet in {localnet.folder} is in use",
                    why="another demo works with its institutions' accounts",
                    remedy="Wait until it has ended",
                )
            yield

    def chain(self) -> Chain:
        """The chain for somebody who only reads: a patient, an auditor."""
        return Chain.connect(self.network)

    def __getitem__(self, institution: int) -> Profile:
        """The profile of an institution, by its number from 1."""
        if not 1 <= institution <= len(self._profiles):
            raise IndexError(f"this consortium has the institutions 1 to {len(self._profiles)}")
        return self._profiles[institution - 1]

    def __len__(self) -> int:
        return len(self._profiles)

    def wait_until(self, moment: int) -> None:
        """Wait until the newest block is of this second, or later.

        Raises:
            UnreachableError: no block comes.
        """
        chain = self.chain()
        head, deadline = chain.head(), time.monotonic() + _STANDS_STILL
        while (present := chain.head()).timestamp < moment:
            if present.number > head.number:
                head, deadline = present, time.monotonic() + _STANDS_STILL
            elif time.monotonic() > deadline:
                raise UnreachableError(
                    f"The chain stands still at block {present.number}",
                    why=f"no block came in {_STANDS_STILL:g} seconds",
                    remedy="Run localnet down and up",
                )
            time.sleep(_PAUSE)

    def join(self, account: Account, institution: int) -> Profile:
        """A profile for whoever came later, by that institution's nodes, or by the first's if it has none."""
        number = institution if institution <= len(self) else 1
        by = self._institutions[number - 1]
        vault = new_vault(self._folder, institution, person=account.address.hex()[:8])
        self._opened.callback(vault.close)
        return Profile(Chain.connect(by.network, account), self[number].store, vault, institution)

    def blocks(self, institution: int) -> BlockFiles:
        """The files of an institution's Kubo node."""
        return kubo_block_files(self._institutions[institution - 1].folder / "kubo")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close vaults and connections; the nodes run on."""
        self._opened.close()

    def _profile(self, institution: Institution, stack: ExitStack, *, from_peers: bool) -> Profile:
        chain = Chain.connect(institution.network, institution.account)
        store = KuboStore(
            institution.ipfs,
            institution.work,
            from_peers=from_peers,
            timeout=_A_BLOCK if from_peers else 60.0,
        )
        stack.callback(store.close)
        vault = new_vault(self._folder, institution.number)
        stack.callback(vault.close)
        return Profile(chain, store, vault, institution.number)


def _require_moving(localnet: Localnet, members: int, plan: Plan) -> None:
    """Check that each node gets as many blocks as make one final: one or two come from half the signers."""
    chains = {each.network.rpc: Chain.connect(each.network) for each in localnet.institutions[:members]}
    goals = {rpc: chain.head().number + plan.finality_depth for rpc, chain in chains.items()}
    patience = _STANDS_STILL + (plan.finality_depth + 1) * plan.period
    deadline = time.monotonic() + patience
    while behind := [rpc for rpc, chain in chains.items() if chain.head().number < goals[rpc]]:
        if time.monotonic() > deadline:
            raise UnreachableError(
                f"The chain stands still at block {chains[behind[0]].head().number}",
                why=f"the node at {behind[0]} got fewer than {plan.finality_depth} in {patience:g} seconds",
                remedy=f"Look at it: pixelpact localnet status --folder {localnet.folder}; "
                "then run localnet down and up",
            )
        time.sleep(_PAUSE)
