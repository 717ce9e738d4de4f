"""A small consortium for the kill tests: a hospital, a clinic, a patient, each with a profile in a folder.

On the embedded chain with folders, on Anvil with Kubo nodes, or on a localnet of Geths with Kubo nodes.
"""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import chain_engines
import made
import requests
from fault_chain import DEPTH, FUNDED, embedded_chain
from fault_child import Ended, Kill, command
from kubo_node import Node, running

from pixelpact.chain import Account, Chain, Founder, Network, deploy, describe
from pixelpact.crypto import list_cids
from pixelpact.errors import SealedStudyError
from pixelpact.localnet import Localnet
from pixelpact.models import DAG_CBOR, Cid
from pixelpact.policy import Attribute, Role
from pixelpact.profile import ProfileFolder
from pixelpact.storage import FolderStore, KuboStore, Store
from pixelpact.vault import KeyFile, Kind, Vault

__all__ = ["CLINIC", "ENGINES", "HOSPITAL", "PERSON", "World", "ask", "world"]

ENGINES = ("embedded", "anvil+kubo", "geth+kubo")
HOSPITAL, CLINIC = "hospital", "clinic"
PERSON = "archive-of-the-kill-test"
_BLOCK_SECONDS = "0.2"
_PAUSE = 0.1


@dataclass
class World:
    """One consortium, and what was done in it so far.

    Attributes:
        folder: everything lies in it: in ``inputs`` and ``outputs`` what people have in plain, nowhere else.
        engine: chain and store.
        network: the chain by the hospital's node.
        stores: the blocks of each institution as its own processes see them.
        damage: damages the clinic's copy of a block, whose hash it is given.
        notes: what all the runs noted, in order.
    """

    folder: Path
    engine: str
    network: Network
    stores: dict[str, Store]
    accounts: dict[str, Account]
    damage: Callable[[Cid], None]
    notes: list[dict[str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))
    nonces: dict[str, str] = field(default_factory=dict)
    nonces_checked: int = 0
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def chain(self) -> Chain:
        """For somebody who only reads."""
        return Chain.connect(self.network)

    @cached_property
    def chains(self) -> dict[str, Chain]:
        """The same by each institution's own node."""
        networks = {who: ProfileFolder.load(self.profile(who)).network for who in self.accounts}
        return {who: Chain.connect(network) for who, network in networks.items()}

    def settle(self) -> None:
        """Wait until every node has final what one of them has."""
        if len({each.network.rpc for each in self.chains.values()}) > 1:
            goal = max(each.final_head().number for each in self.chains.values())
            while min(each.final_head().number for each in self.chains.values()) < goal:
                time.sleep(_PAUSE)

    @property
    def runs(self) -> Path:
        """Where the runs' output and notes are: not on the world's own disk, which may be full."""
        return self.folder.with_name(f"{self.folder.name}-runs")

    def path(self, name: str) -> Path:
        """A file or folder in the world."""
        return self.folder / name

    def profile(self, name: str) -> Path:
        """A profile's folder."""
        return self.folder / "profiles" / name

    def run(
        self, *arguments: object, kill: Kill | None = None, prepare: Callable[[], None] | None = None
    ) -> Ended:
        """Run a command line in a child, killed or not."""
        ended = command(
            [str(each) for each in arguments],
            self.runs,
            kill=kill,
            prepare=prepare,
        )
        self.notes += ended.notes
        return ended

    def do(self, *arguments: object) -> dict[str, Any]:
        """Run a command line that must succeed; what it says."""
        ended = self.run(*arguments, "--json")
        assert ended.code == 0, (arguments, ended.code, ended.errors, ended.output)
        return ended.json

    def opened(self, profile: str) -> Vault:
        """A profile's vault."""
        place = self.profile(profile)
        return Vault.open(place / "vault", KeyFile(place.with_name(f"{profile}.key")))

    def new_study(self) -> Path:
        """A folder with a small study of two instances that is like no other."""
        number = next(self.numbers)
        folder = self.folder / "inputs" / f"study-{number}"
        for instance in (1, 2):
            made.save(
                folder,
                f"{instance}.dcm",
                number,
                1,
                instance,
                Rows=32,
                Columns=32,
                PixelData=secrets.token_bytes(2048),
            )
        return folder

    def transactions(self, who: str) -> int:
        """How many transactions of an account stand in blocks."""
        address = "0x" + self.accounts[who].address.hex()
        return int(ask(self.network.rpc, "eth_getTransactionCount", address, "latest"), 16)

    def holder(self, study: bytes) -> str:
        """Who has custody of a study."""
        return (HOSPITAL, CLINIC)[self.chain.studies.study(study).custodian - 1]

    def lacking(self, digest: bytes, who: str = HOSPITAL) -> str:
        """What of a sealed object an institution's store lacks; nothing if it is whole and pinned."""
        store, root = self.stores[who], Cid(DAG_CBOR, digest)
        try:
            cids = set(list_cids(digest, store.get))
        except SealedStudyError as error:
            return error.sentence
        if len(store.present(cids)) != len(cids):
            return "blocks are missing"
        return "" if root in store.pins() else "its root is not pinned"

    def secrets_of(self, *studies: Path) -> dict[str, bytes]:
        """What may lie nowhere in plain: keys of the profiles, and what tells of these studies' patients."""
        found: dict[str, bytes] = {
            "a person": PERSON.encode(),
            "a patient's name": b"Nobody^Made Up",
            "a UID": made.ROOT.encode(),
        }
        for profile in self.folder.joinpath("profiles").glob("*/profile.json"):
            name = profile.parent.name
            with self.opened(name) as vault:
                for kind, value in (
                    (Kind.STUDY_KEY, "key"),
                    (Kind.STUDY_SECRET, "secret"),
                    (Kind.ENCRYPTION_SEED, "seed"),
                    (Kind.OPERATOR_KEY, "private_key"),
                    (Kind.PERSON_KEY, "key"),
                    (Kind.PATIENT_KEY, "words"),
                ):
                    for number, record in enumerate(vault.records(kind).values()):
                        secret = record[value]
                        found |= _spelled(f"{name}: {kind} {number}", secret)
            key_file = profile.parent.with_name(f"{name}.key")
            found[f"{name}: key file"] = key_file.read_bytes().split()[-1]
        for study in studies:
            for file in study.iterdir():
                content = file.read_bytes()
                found[f"{file}: image"] = content[-1024:-960]
        return found

    def fresh_files(self) -> Iterable[Path]:
        """Those of ``files`` that are new or changed since this was asked last."""
        for path in self.files():
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if self.seen.get(path) != stamp:
                self.seen[path] = stamp
                yield path

    def files(self) -> Iterable[Path]:
        """Every file that may hold no secret."""
        plain = {"inputs", "outputs"}
        tops = [top for top in self.folder.iterdir() if top.name not in plain]
        for top in [*tops, self.runs]:
            yield from (path for path in top.rglob("*") if path.is_file() and path.suffix != ".key")


def _spelled(name: str, secret: bytes | str) -> dict[str, bytes]:
    if isinstance(secret, str):
        return {name: secret.encode()}
    return {
        name: secret,
        f"{name} in hex": secret.hex().encode(),
        f"{name} in base64": base64.b64encode(secret)[:-4],
    }


def ask(url: str, method: str, *parameters: Any) -> Any:
    """A question to a node, by nothing that is being tested."""
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    answer = requests.post(url, json=question, timeout=20).json()
    assert "error" not in answer, answer
    return answer.get("result")


@contextmanager
def world(engine: str, folder: Path) -> Iterator[World]:
    """A consortium with profiles for hospital, clinic and patient; its processes end with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("inputs", "outputs", "profiles", "stores"):
        (folder / name).mkdir()
    with ExitStack() as stack:
        made_world = {"embedded": _embedded, "anvil+kubo": _anvil, "geth+kubo": _geth}[engine](folder, stack)
        yield made_world


def _founded(url: str, name: str, depth: int, clock: int | None, accounts: list[Account]) -> Network:
    deployer, *admins = accounts
    roles = int(Role.CUSTODIAN | Role.REQUESTER | Role.VOTER)
    founders = [Founder(each.address, roles, "CH", int(Attribute.NOT_FOR_PROFIT)) for each in admins]
    return deploy(describe(url, name=name, finality_depth=depth, clock=clock), deployer, founders)


def _profiles(found: World, options: dict[str, list[object]]) -> World:
    for name, own in options.items():
        found.do("keys", "create", "--profile", found.profile(name), *own)
    network = found.path("inputs/network.json")
    found.network.save(network)
    for patient in ("patient", "other-patient"):
        found.do(
            "keys", "create", "--role", "patient", "--profile", found.profile(patient), "--network", network
        )
    return found


def _options(found: World, who: str, *store: object) -> list[object]:
    key, network = found.path(f"inputs/{who}.key"), found.path("inputs/network.json")
    found.network.save(network)
    key.write_text(found.accounts[who].reveal_key().hex() + "\n")
    key.chmod(0o600)
    return ["--network", network, "--account", key, *store]


def _embedded(folder: Path, stack: ExitStack) -> World:
    from eth_utils.crypto import keccak  # noqa: PLC0415

    url = stack.enter_context(embedded_chain())
    accounts = [Account(keccak(text=f"pixelpact embedded account {place}")) for place in range(FUNDED - 1)]
    network = _founded(url, "embedded", DEPTH, None, accounts)
    store = FolderStore(folder / "stores" / "blocks")

    def damage(cid: Cid) -> None:
        _flip(store.path(cid))

    stores: dict[str, Store] = {HOSPITAL: store, CLINIC: store}
    named = dict(zip((HOSPITAL, CLINIC), accounts[1:], strict=True))
    found = World(folder, "embedded", network, stores, named, damage)
    return _profiles(found, {who: _options(found, who, "--store", store.folder) for who in named})


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def _anvil(folder: Path, stack: ExitStack) -> World:
    (folder / "anvil").mkdir()
    chain = stack.enter_context(chain_engines.anvil(folder / "anvil", "--block-time", _BLOCK_SECONDS))
    accounts = [chain.funded() for _ in range(3)]
    network = _founded(chain.url, "anvil", DEPTH, 60, accounts)
    swarm = secrets.token_hex(32)
    nodes = [stack.enter_context(running(folder / "stores" / who, key=swarm)) for who in (HOSPITAL, CLINIC)]
    (who,) = nodes[0].ask("id")
    address = next(each for each in who["Addresses"] if each.startswith("/ip4/127.0.0.1/tcp/"))
    nodes[1].ask(f"swarm/connect?arg={address}")
    named = dict(zip((HOSPITAL, CLINIC), accounts[1:], strict=True))
    stores = {who: _kubo(stack, node.url, folder, who) for who, node in zip(named, nodes, strict=True)}
    found = World(folder, "anvil+kubo", network, stores, named, lambda cid: _flip(nodes[1].path(cid)))
    return _profiles(
        found,
        {who: _options(found, who, "--kubo", node.url) for who, node in zip(named, nodes, strict=True)},
    )


def _kubo(stack: ExitStack, url: str, folder: Path, who: str) -> Store:
    store = KuboStore(url, folder / "seen" / who)
    stack.callback(store.close)
    return store


def _geth(folder: Path, stack: ExitStack) -> World:
    # A socket's path has 108 bytes at most.
    net = stack.enter_context(_short(folder)) / "net"
    # Four validators, as a consortium has; two of them have nobody to decide between two first blocks.
    localnet = Localnet.up(net, engine="geth", institutions=4)
    stack.callback(Localnet.stop, net)
    first, second = localnet.institutions[:2]
    named = {HOSPITAL: first.account, CLINIC: second.account}
    stores = {
        who: _kubo(stack, each.ipfs, folder, who) for who, each in ((HOSPITAL, first), (CLINIC, second))
    }
    repository = second.folder / "kubo"

    def damage(cid: Cid) -> None:
        node = Node(repository, second.ipfs, None)  # type: ignore[arg-type]
        _flip(node.path(cid))

    found = World(folder, "geth+kubo", replace(first.network), stores, named, damage)
    return _profiles(
        found,
        {
            who: ["--localnet", net, "--institution", number]
            for number, who in enumerate((HOSPITAL, CLINIC), start=1)
        },
    )


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    yield folder
    assert len(os.fsencode(folder)) < 70
