"""A consortium of real nodes on this computer, which outlive the process that starts them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pixelpact.chain import Account, Chain, Founder, Network, deploy, describe
from pixelpact.errors import InputError, OutputError
from pixelpact.policy import Attribute, Role

from .anvil import fund, keep_state
from .ask import ask_chain
from .clique import Validator, socket_of
from .files import locked, make_private
from .nodes import Nodes, admin_of, chain_process, ipfs_url, kubo_process, rpc_url
from .plan import Engine, Plan, institution_folder
from .processes import require_proc, stop_all
from .programs import find_program, require_programs
from .sandbox import SHORT_TERMS, Member
from .status import InstitutionStatus, LocalnetStatus, chain_status, kubo_status, overall

__all__ = ["Institution", "Localnet"]

_NETWORK = "network.json"
_WRITTEN_WITHIN = 30.0
#: The first institutions, of different kinds: two hospitals, a company that only asks, one more hospital.
_CAST = (
    Member(),
    Member(country="DE"),
    Member(roles=Role.REQUESTER, country="US", attributes=Attribute(0)),
    Member(country="FR"),
)


@dataclass(frozen=True, slots=True)
class Institution:
    """What an institution of a localnet has for its profile.

    Attributes:
        number: in the registry, from 1.
        folder: configuration, keys and data, nobody else's to read.
        network: the chain, by the institution's own node.
        ipfs: the URL of its Kubo node's RPC, without ``/api/v0``.
    """

    number: int
    folder: Path
    network: Network
    ipfs: str

    @property
    def name(self) -> str:
        """``institution-01`` and so on: they sort in order."""
        return self.folder.name

    @property
    def work(self) -> Path:
        """Where all processes meet that use its Kubo node, whatever vault they have."""
        return self.folder / "work"

    @property
    def account(self) -> Account:
        """The account that speaks for it and pays; it has ether.

        Raises:
            InputError: its key can't be read.
        """
        return admin_of(self.folder)


@dataclass(frozen=True, slots=True)
class Localnet:
    """Chain, contracts and Kubo nodes of a consortium, in one folder.

    In short::

        localnet = Localnet.up(Path("net"), engine="geth")     # or Localnet.open(Path("net"))
        first = localnet.institutions[0]
        chain = Chain.connect(first.network, first.account)
        localnet.down()                                        # up again goes on where it was

    Attributes:
        folder: where it is kept.
        engine: ``anvil`` or ``geth``.
        network: the chain, by the first institution's node.
        institutions: in order, numbered from 1.
        started: what ``up`` had to start; empty when all ran already.
    """

    folder: Path
    engine: str
    network: Network
    institutions: tuple[Institution, ...]
    started: tuple[str, ...] = ()

    @classmethod
    def up(
        cls,
        folder: Path,
        *,
        engine: str | None = None,
        institutions: int | None = None,
        period: int | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Localnet:
        """Start what does not run; the first time make keys and chain, and deploy the contracts.

        An interrupted one is continued by the next.

        Args:
            folder: a new or empty one, or a localnet's.
            engine: ``anvil`` (the default of a new one) or ``geth``; None goes on with what is there.
            institutions: how many, 1 to 30; 4 when a new one is not told.
            period: seconds between blocks, 1 to 60; 1 when a new one is not told.
            tell: is told what is happening, a sentence each.

        Raises:
            InputError: a value out of bounds, not what the folder holds, a missing program, or not Linux.
            OutputError: the folder can't be written.
            ChainError: the chain does not come up, or is not the one that the folder describes.
            StoreError: a Kubo node does not come up.
        """
        require_proc()
        folder = folder.absolute()
        standing = Plan.standing(folder, engine, institutions, period)
        # Before anything is made: what is refused leaves nothing behind.
        require_programs(standing.engine.value if standing else engine or Engine.ANVIL.value, tell)
        drawn = standing or Plan.draw(engine, institutions, period)
        make_private(folder)
        with locked(folder):
            # Another `up` may have made one meanwhile.
            plan = Plan.standing(folder, engine, institutions, period) or drawn.written(folder)
            nodes = Nodes.prepare(folder, plan, lambda name: find_program(name, tell))
            if any(daemon.pid() is None for daemon in nodes.all):
                tell(f"Starting the nodes of {len(plan.ports)} institutions.")
            started = nodes.start()
            path = folder / _NETWORK
            if path.exists():
                # Refuses unless it is the chain that was described, with the contracts that were deployed.
                Chain.connect(Network.load(path))
            else:
                tell("Deploying the contracts.")
                _found(folder, plan)
        return replace(cls.open(folder), started=tuple(started))

    @classmethod
    def open(cls, folder: Path) -> Localnet:
        """A localnet that was made before, whether its nodes run or not.

        Raises:
            InputError: there is none in the folder, or it was never up as a whole.
        """
        folder = folder.absolute()
        plan = Plan.load(folder)
        if not (folder / _NETWORK).exists():
            raise InputError(
                f"The localnet in {folder} is not finished",
                why="its contracts were not deployed: making it was interrupted",
                remedy=f"Finish it: pixelpact localnet up --folder {folder}",
            )
        network = Network.load(folder / _NETWORK)
        return cls(
            folder=folder,
            engine=plan.engine.value,
            network=network,
            institutions=tuple(
                Institution(
                    number=number,
                    folder=institution_folder(folder, number),
                    network=replace(network, rpc=rpc_url(ports.rpc)),
                    ipfs=ipfs_url(ports.ipfs),
                )
                for number, ports in enumerate(plan.ports, start=1)
            ),
        )

    def status(self) -> LocalnetStatus:
        """Ask every node how it is."""
        plan = Plan.load(self.folder)
        geth = plan.engine is Engine.GETH
        institutions = tuple(
            InstitutionStatus(
                name=each.name,
                folder=str(each.folder),
                rpc=each.network.rpc,
                ipfs=each.ipfs,
                chain=chain_status(
                    chain_process(self.folder, plan, each.number),
                    each.network.rpc,
                    depth=plan.finality_depth,
                    validator=Validator(socket_of(each.folder / "geth")) if geth else None,
                ),
                kubo=kubo_status(kubo_process(self.folder, each.number), each.ipfs),
            )
            for each in self.institutions
        )
        described = self.network.to_dict()
        return LocalnetStatus(
            folder=str(self.folder),
            engine=self.engine,
            chain_id=self.network.chain_id,
            genesis=described["genesis"],
            finality_depth=plan.finality_depth,
            state=overall(institutions),
            signers=next((each.chain.signers for each in institutions if each.chain.signers), ()),
            institutions=institutions,
            contracts=described["contracts"],
        )

    def down(self) -> tuple[str, ...]:
        """Stop the nodes, politely, then firmly; nothing of what they keep is lost. What was stopped.

        Raises:
            OutputError: one of them can't be stopped.
        """
        return self.stop(self.folder)

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether a localnet was begun in a folder, finished or not."""
        return Plan.is_in(folder)

    @staticmethod
    def stop(folder: Path) -> tuple[str, ...]:
        """``down`` for the localnet in a folder, finished or not.

        Raises:
            InputError: there is none in the folder.
            OutputError: one of its nodes can't be stopped.
        """
        folder = folder.absolute()
        plan = Plan.load(folder)
        numbers = range(1, len(plan.ports) + 1)
        chain = {each.folder: each for each in (chain_process(folder, plan, number) for number in numbers)}
        with locked(folder):
            stopped = stop_all([*chain.values(), *(kubo_process(folder, number) for number in numbers)])
        return tuple(each.title for each in stopped)


def _found(folder: Path, plan: Plan) -> None:
    """Deploy the contracts with the institutions as founders; the network's description is written last."""
    url = rpc_url(plan.ports[0].rpc)
    homes = [institution_folder(folder, number) for number in range(1, len(plan.ports) + 1)]
    admins = [admin_of(home) for home in homes]
    if plan.engine is Engine.ANVIL:
        fund(url, [admin.address for admin in admins])
    network = describe(url, name="localnet", finality_depth=plan.finality_depth, clock=plan.clock)
    members = [*_CAST, *(Member() for _ in homes)]
    founders = [
        Founder(admin.address, int(member.roles), member.country, int(member.attributes))
        for admin, member in zip(admins, members, strict=False)
    ]
    network = deploy(network, admins[0], founders, SHORT_TERMS)
    if plan.engine is Engine.ANVIL:
        _await_state(folder, url)
    for home, ports in zip(homes, plan.ports, strict=True):
        replace(network, rpc=rpc_url(ports.rpc)).save(home / _NETWORK)
    network.save(folder / _NETWORK)


def _await_state(folder: Path, url: str) -> None:
    block = int(ask_chain(url, "eth_blockNumber"), 16)
    deadline = time.monotonic() + _WRITTEN_WITHIN
    while not keep_state(folder, block=block):
        if time.monotonic() > deadline:
            raise OutputError(
                "Anvil does not write its state",
                why=f"after {_WRITTEN_WITHIN:g} seconds its file in {folder / 'anvil'} lacks block {block}",
                remedy="See to it that there is room on the disk, then run this again",
            )
        time.sleep(0.2)
