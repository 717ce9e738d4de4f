"""A localnet with Geth: four validators, any of which may die."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from localnet_nodes import LOOPBACK, kill, listening, pid_of

from pixelpact.chain import Chain
from pixelpact.localnet import Localnet


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localnet]:
    folder = tmp_path_factory.mktemp("net")
    yield Localnet.up(folder, engine="geth", institutions=4)
    Localnet.stop(folder)


def test_each_institution_has_a_node_of_its_own(net: Localnet):
    status = net.status()
    assert (status.state, status.finality_depth, net.network.clock) == ("up", 3, 30)
    assert len(status.signers) == 4
    assert len({each.rpc for each in status.institutions}) == 4
    for each in status.institutions:
        assert (each.chain.peers, each.kubo.peers) == (3, 3)
        assert set(each.chain.signers) == set(status.signers)
        # Which node is whose can be seen from its command line.
        assert each.chain.pid is not None
        assert each.folder in Path(f"/proc/{each.chain.pid}/cmdline").read_text("utf-8")
        assert each.kubo.pid is not None
        assert each.folder in Path(f"/proc/{each.kubo.pid}/cmdline").read_text("utf-8")


def test_only_this_computer_is_listened_to(net: Localnet):
    for each in net.institutions:
        # RPC, peers, and the one that can't be switched off.
        assert listening(pid_of(each.folder / "geth")) == [LOOPBACK] * 3


def test_it_goes_on_with_one_killed_and_up_brings_it_back(net: Localnet):
    second = net.institutions[1]
    chain = Chain.connect(second.network, second.account)
    receipt = chain.wait_final(chain.transact(chain.institutions.publish_key(b"\1" * 1216)))
    kill(net.institutions[2].folder / "geth")

    status = net.status()
    assert status.state == "partly"
    assert [each.chain.running for each in status.institutions] == [True, True, False, True]
    before = chain.head().number
    while chain.head().number < before + 4:
        time.sleep(0.2)

    assert Localnet.up(net.folder).started == ("Geth of institution-03",)
    third = Chain.connect(net.institutions[2].network)
    assert third.receipt(receipt.transaction) == receipt
    assert third.head().number >= before + 4


def test_after_down_it_goes_on(net: Localnet):
    head = Chain.connect(net.network).head()
    Localnet.stop(net.folder)
    assert net.status().state == "down"

    Localnet.up(net.folder)

    for each in net.institutions:
        chain = Chain.connect(each.network, each.account)
        # All agree on what was there before.
        assert chain.block(head.number - 3) == Chain.connect(net.network).block(head.number - 3)
        assert chain.head().number > head.number - 3
    assert net.status().state == "up"


def test_two_validators_come_to_one_head(tmp_path: Path, up: Callable[..., Localnet]) -> None:
    # Where each seals a first block before it listens to the other, neither may seal the next.
    found = up(tmp_path / "net", engine="geth", institutions=2).status()
    assert found.state == "up"
    assert {each.chain.peers for each in found.institutions} == {1}
