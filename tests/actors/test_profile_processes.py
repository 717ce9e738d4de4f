"""Transactions of an institution's processes on a real node: several at once, killed, overtaken, undone."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chain_engines import ETHER, Anvil, anvil, founders

from pixelpact.chain import Account, Chain, Network, SignedCall, StudyRegistered, deploy
from pixelpact.vault import KeyFile, Kind, Vault

GWEI = 10**9
#: Of the node's own next block, once a transaction that was signed at the usual fee no longer gets into one.
DEAR = 50 * GWEI
SCRIPT = Path(__file__).with_name("carrying.py")


@dataclass
class Hospital:
    """An institution on an Anvil whose blocks are made on demand, in a folder of its own."""

    node: Anvil
    network: Network
    key: str
    folder: Path

    def begin(
        self,
        *locals_: str,
        moment: str = "",
        folder: str = "first",
        patience: float = 60,
        begin: float = 0,
    ) -> subprocess.Popen[bytes]:
        """Start a process that registers these studies."""
        own = self.folder / folder
        own.mkdir(exist_ok=True)
        task = {
            "network": self.network.to_dict(),
            "key": self.key,
            "folder": str(own),
            "locals": locals_,
            "moment": moment,
            "patience": patience,
            "begin": begin,
        }
        return subprocess.Popen(
            [sys.executable, SCRIPT, json.dumps(task)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def finish(self, process: subprocess.Popen[bytes], *, base_fee: int | None = None) -> str:
        """Make blocks until the process has ended; what it said of errors."""
        while process.poll() is None:
            if base_fee is not None:
                self.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
            self.node.mine(1)
            time.sleep(0.1)
        with process:
            assert process.stderr is not None
            return process.stderr.read().decode()

    def run(self, *locals_: str, base_fee: int | None = None) -> None:
        """Register these studies; nothing kills it."""
        process = self.begin(*locals_)
        said = self.finish(process, base_fee=base_fee)
        assert (process.returncode, said) == (0, "")

    def wait_pooled(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the process has sent something that waits for a block."""
        while self.node.rpc("txpool_status")["pending"] == "0x0":
            assert process.poll() is None
            time.sleep(0.02)

    def nonce(self) -> int:
        return int(
            self.node.rpc(
                "eth_getTransactionCount", "0x" + Account(bytes.fromhex(self.key)).address.hex(), "latest"
            ),
            16,
        )

    def registered(self) -> list[bytes]:
        """The studies that the registry knows, an entry for each time that it said so."""
        return [event.study for event in Chain.connect(self.network).find(StudyRegistered)]

    def vault(self, folder: str = "first") -> Vault:
        return Vault.open(self.folder / folder / "vault", KeyFile(self.folder / folder / "vault.key"))

    def assert_done_once(self, *locals_: str, nonces: int) -> None:
        chain = Chain.connect(self.network)
        expected = {chain.studies.study_id(1, bytes.fromhex(local)) for local in locals_}
        registered = self.registered()
        assert sorted(registered) == sorted(expected)
        assert self.nonce() == nonces
        with self.vault() as vault:
            assert vault.pending() == []


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with anvil(tmp_path_factory.mktemp("processes")) as running:
        yield running


@pytest.fixture
def hospital(node: Anvil, tmp_path: Path) -> Hospital:
    node.rpc("evm_setAutomine", True)  # noqa: FBT003  (the node's own parameter)
    node.rpc("anvil_dropAllTransactions")
    node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    key = secrets.token_bytes(32)
    node.rpc("anvil_setBalance", "0x" + Account(key).address.hex(), hex(ETHER))
    network = deploy(node.network, node.funded(), founders(Account(key)))
    node.automine(on=False)
    return Hospital(node, network, key.hex(), tmp_path)


def local() -> str:
    return secrets.token_hex(32)


def test_two_processes_of_one_account_do_not_collide(hospital: Hospital) -> None:
    mine, theirs = [local() for _ in range(12)], [local() for _ in range(12)]
    begin = time.time() + 2
    first = hospital.begin(*mine, begin=begin)
    second = hospital.begin(*theirs, folder="second", begin=begin)
    while second.poll() is None and first.poll() is None:
        hospital.node.mine(1)
        time.sleep(0.1)
    said = [hospital.finish(first), hospital.finish(second)]
    assert (first.returncode, second.returncode, said) == (0, 0, ["", ""])
    with hospital.vault("second") as vault:
        assert vault.pending() == []
    # One nonce for each study: not one of them was spent on a second try.
    hospital.assert_done_once(*mine, *theirs, nonces=24)


# What happens in this order while blocks have become too dear for what was signed: the transaction is written
# down (put 1), sent (send_raw 1), dropped by the node, refused by it (send_raw 2), its replacement written
# down (put 2) and sent (send_raw 3); when that is final, the entry is deleted.
@pytest.mark.parametrize(
    "moment",
    [
        "before put 1",
        "after put 1",
        "after send_raw 1",
        "after send_raw 2",
        "before put 2",
        "after put 2",
        "after send_raw 3",
        "before delete 1",
    ],
)
def test_killed_while_a_transaction_is_replaced(hospital: Hospital, moment: str) -> None:
    study = local()
    killed = hospital.begin(study, moment=moment)
    if moment not in {"before put 1", "after put 1", "after send_raw 1"}:
        hospital.wait_pooled(killed)
    else:
        killed.wait()
    hospital.finish(killed, base_fee=DEAR)
    assert killed.returncode == -signal.SIGKILL
    with hospital.vault() as vault:
        state = next((each["state"] for each in vault.records(Kind.JOURNAL).values()), {})
    versions = [*state.get("replaced registered", []), state.get("transaction registered")]
    written = 0 if moment == "before put 1" else 1
    written += moment in {"after put 2", "after send_raw 3", "before delete 1"}
    assert len([each for each in versions if each]) == written

    hospital.run(study, base_fee=DEAR)

    hospital.assert_done_once(study, nonces=1)


def test_the_first_version_counts_when_it_is_the_one_that_a_block_takes(hospital: Hospital) -> None:
    study = local()
    killed = hospital.begin(study, moment="after put 2")
    hospital.wait_pooled(killed)
    hospital.finish(killed, base_fee=DEAR)
    with hospital.vault() as vault:
        (record,) = vault.records(Kind.JOURNAL).values()
    # Another node than ours still has it, and blocks have become cheap again.
    hospital.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    hospital.node.mine(1)
    (first,) = record["state"]["replaced registered"]
    hospital.node.rpc("eth_sendRawTransaction", "0x" + first.hex())
    hospital.node.mine(1)
    hospital.run(study)
    hospital.assert_done_once(study, nonces=1)
    assert Chain.connect(hospital.network).receipt(SignedCall.parse(first).hash) is not None


def test_what_other_work_left_is_replaced_first(hospital: Hospital) -> None:
    left, next_one = local(), local()
    killed = hospital.begin(left, moment="after send_raw 1")
    killed.wait()
    hospital.finish(killed, base_fee=DEAR)
    # Its nonce comes first, and at its fee no block takes it.
    hospital.run(next_one, base_fee=DEAR)
    with hospital.vault() as vault:
        (record,) = vault.records(Kind.JOURNAL).values()
        assert (record["key"], len(record["state"]["replaced registered"])) == (left, 1)
    hospital.run(left, base_fee=DEAR)
    hospital.assert_done_once(left, next_one, nonces=2)


def test_a_process_sends_again_what_was_undone(hospital: Hospital) -> None:
    study = local()
    process = hospital.begin(study)
    hospital.wait_pooled(process)
    hospital.node.mine(1)
    assert hospital.nonce() == 1
    time.sleep(0.7)
    hospital.node.rpc("anvil_reorg", 1, [])
    assert hospital.nonce() == 0
    said = hospital.finish(process)
    assert (process.returncode, said) == (0, "")
    hospital.assert_done_once(study, nonces=1)


def test_a_process_on_a_chain_that_stands_still_ends_in_time_and_can_go_on(hospital: Hospital) -> None:
    study = local()
    began = time.monotonic()
    process = hospital.begin(study, patience=2)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - began < 20
    assert "stands in no block after 2 seconds" in said.decode()
    hospital.run(study)
    hospital.assert_done_once(study, nonces=1)
