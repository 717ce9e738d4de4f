"""The chains that the tests run on: the embedded one, a real Anvil and real Geths, driven the same way."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import requests

from pixelpact.chain import Account, EmbeddedChain, Founder, Network, describe
from pixelpact.errors import UnreachableError
from pixelpact.localnet.ask import wait_until
from pixelpact.localnet.clique import Validator, begin_sealing, socket_of
from pixelpact.localnet.geth import prepare_geth
from pixelpact.localnet.plan import Plan
from pixelpact.localnet.processes import Daemon, stop_all

ROOT = Path(__file__).resolve().parents[2]
# The program itself: stopping npm's wrapper around it would leave it running for a while.
ANVIL = ROOT / ".tools" / "bin" / "anvil"
GETH = ROOT / ".tools" / "bin" / "geth"
STARTS_WITHIN = 30.0

# The accounts that Anvil gives ether to come from its own well-known mnemonic; these two are its first.
ANVIL_KEYS = (
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
)
ETHER = 10**18


class Engine(Protocol):
    """What a test needs of a chain beside the client: who has ether, and blocks on demand."""

    network: Network

    def funded(self) -> Account: ...

    def mine(self, blocks: int) -> None: ...


class Embedded:
    """The chain in this process."""

    def __init__(self) -> None:
        self.chain = EmbeddedChain(accounts=40)
        self.network = self.chain.network
        self._unused = list(self.chain.accounts)

    def funded(self) -> Account:
        return self._unused.pop()

    def mine(self, blocks: int) -> None:
        self.chain.advance(blocks)


class _Remote:
    """A chain behind a URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rpc(self, method: str, *params: Any) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = requests.post(self.url, json=question, timeout=10).json()
        assert "error" not in answer, answer
        return answer["result"]


class Anvil(_Remote):
    """A running Anvil."""

    def __init__(self, url: str, clock: int, pid: int) -> None:
        super().__init__(url)
        self.pid = pid
        self.network = describe(url, name="anvil", finality_depth=3, clock=clock)
        self.accounts = tuple(Account(bytes.fromhex(key)) for key in ANVIL_KEYS)

    def funded(self) -> Account:
        account = Account.generate()
        self.rpc("anvil_setBalance", "0x" + account.address.hex(), hex(1000 * ETHER))
        return account

    def mine(self, blocks: int) -> None:
        self.rpc("anvil_mine", hex(blocks))

    def genesis(self) -> str:
        block = self.rpc("eth_getBlockByNumber", "0x0", False)  # noqa: FBT003  (hashes, no whole transactions)
        return str(block["hash"])

    def automine(self, *, on: bool) -> None:
        self.rpc("evm_setAutomine", on)


@contextmanager
def anvil(folder: Path, *options: str, clock: int = 3600) -> Iterator[Anvil]:
    """Start an Anvil on a free port of this machine; it ends with the block."""
    output = folder / "anvil.log"
    command = [ANVIL, "--host", "127.0.0.1", "--port", "0", "--hardfork", "paris", *options]
    with output.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
    try:
        yield Anvil(f"http://{_listening(process, output)}", clock, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


class Geth(_Remote):
    """Running validators that seal Clique, one block a second; asked through the first."""

    def __init__(self, url: str, plan: Plan, bank: Account, daemons: list[Daemon]) -> None:
        super().__init__(url)
        self.first = Validator(socket_of(daemons[0].folder))
        self.pid = daemons[0].pid()
        self.network = describe(url, name="geth", finality_depth=plan.finality_depth, clock=plan.clock)
        self._bank = bank

    def funded(self) -> Account:
        account, bank = Account.generate(), "0x" + self._bank.address.hex()
        transfer = {
            "type": 2,
            "chainId": self.network.chain_id,
            "nonce": int(self.rpc("eth_getTransactionCount", bank, "pending"), 16),
            "gas": 21_000,
            "maxPriorityFeePerGas": 10**9,
            "maxFeePerGas": 3 * 10**9,
            "to": account.address,
            "value": 1000 * ETHER,
        }
        self.rpc("eth_sendRawTransaction", "0x" + self._bank.sign_transaction(transfer).hex())
        while int(self.rpc("eth_getBalance", "0x" + account.address.hex(), "latest"), 16) == 0:
            time.sleep(0.1)
        return account

    def mine(self, blocks: int) -> None:
        goal = self._height() + blocks
        while self._height() < goal:
            time.sleep(0.1)

    def _height(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)


@contextmanager
def geth(folder: Path, validators: int) -> Iterator[Geth]:
    """Start Geths on free ports of this machine, as localnet does; they end with the block."""
    plan, bank = Plan.draw("geth", validators, 1).written(folder), Account.generate()
    daemons = prepare_geth(folder, plan, [bank.address], GETH, {"HOME": str(folder)})
    try:
        for daemon in daemons:
            daemon.start()
        _begin(daemons)
        url = f"http://127.0.0.1:{plan.ports[0].rpc}"
        yield Geth(_moving(url), plan, bank, daemons)
    finally:
        stop_all(daemons)


def _begin(daemons: list[Daemon]) -> None:
    validators = [Validator(socket_of(daemon.folder)) for daemon in daemons]
    for daemon, validator in zip(daemons, validators, strict=True):
        wait_until(lambda each=validator: each.peers >= 0, daemon, STARTS_WITHIN, UnreachableError("silent"))
    begin_sealing(validators)


def _moving(url: str) -> str:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            if int(_Remote(url).rpc("eth_blockNumber"), 16) > 0:
                return url
        time.sleep(0.1)
    raise AssertionError("geth makes no blocks")


def _listening(process: subprocess.Popen[bytes], output: Path) -> str:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"Listening on (127\.0\.0\.1:\d+)", output.read_text("utf-8"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"anvil did not start:\n{output.read_text('utf-8')}")


@dataclass(frozen=True)
class Consortium:
    """Four institutions on an engine: A holds studies; all of them ask."""

    engine: Engine
    network: Network
    deployer: Account
    a: Account
    b: Account
    c: Account
    d: Account


CUSTODIAN_AND_REQUESTER = 0b011
REQUESTER = 0b010


def founders(*admins: Account) -> list[Founder]:
    """A is a not-for-profit hospital in Switzerland; the others ask only."""
    first, *others = admins
    return [
        Founder(first.address, CUSTODIAN_AND_REQUESTER, "CH", 1),
        *(Founder(each.address, REQUESTER, "DE") for each in others),
    ]
