"""A localnet with Anvil: goes on where it was, whatever ends it, and touches nothing but its own nodes."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from localnet_nodes import LOOPBACK, is_running, kill, listening, pid_of

from pixelpact.chain import Account, Chain
from pixelpact.errors import InputError, UnreachableError
from pixelpact.localnet import Institution, Localnet
from pixelpact.storage.kubo_settings import durability_flaws, settings_flaws

Up = Callable[..., Localnet]
KEY = bytes(range(256)) * 4 + bytes(192)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localnet]:
    """Two institutions, for tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("net")
    yield Localnet.up(folder, engine="anvil", institutions=2)
    Localnet.stop(folder)


def connected(institution: Institution) -> Chain:
    return Chain.connect(institution.network, institution.account)


def kubo(institution: Institution, command: str, **content: Any) -> Any:
    answer = requests.post(f"{institution.ipfs}/api/v0/{command}", timeout=30, **content)
    answer.raise_for_status()
    return answer.json()


def pinned(institution: Institution) -> set[str]:
    return set(kubo(institution, "pin/ls?type=recursive")["Keys"])


def nodes_of(net: Localnet) -> list[Path]:
    return sorted(each.parent for each in net.folder.rglob("node.pid"))


# What an institution has


def test_each_institution_has_what_a_profile_needs(net: Localnet):
    first, second = net.institutions
    assert [each.name for each in net.institutions] == ["institution-01", "institution-02"]
    for each in (first, second):
        chain = connected(each)
        assert chain.institutions.operator(each.account.address).institution == each.number
        assert chain.balance(each.account.address) > 10**18
        assert each.network.load(each.folder / "network.json") == each.network
    assert Localnet.open(net.folder).institutions == net.institutions


def test_status_tells_heads_peers_finality_and_pins(net: Localnet):
    status = net.status()
    assert (status.state, status.engine, status.finality_depth) == ("up", "anvil", 3)
    for each in status.institutions:
        assert each.chain.head is not None
        assert each.chain.final == each.chain.head - 3
        assert each.chain.head_time is not None
        assert abs(each.chain.head_time - time.time()) < 10
        assert (each.kubo.peers, each.kubo.pins) == (1, len(pinned(net.institutions[0])))


def test_the_institutions_kubo_nodes_have_each_others_blocks_and_nobody_elses(net: Localnet):
    first, second = net.institutions
    data = os.urandom(1000)
    cid = kubo(first, "block/put?cid-codec=raw", files={"data": data})["Key"]
    got = requests.post(f"{second.ipfs}/api/v0/block/get?arg={cid}", timeout=30).content
    assert got == data
    assert len(kubo(first, "swarm/peers")["Peers"]) == 1


def test_kubos_gateway_gives_programs_here_what_the_node_has_and_nothing_else(net: Localnet):
    first, second = net.institutions
    data = os.urandom(1000)
    cid = kubo(second, "block/put?cid-codec=raw", files={"data": data})["Key"]
    there, elsewhere = (
        kubo(each, "config/show")["Addresses"]["Gateway"].replace("/ip4/", "http://").replace("/tcp/", ":")
        for each in (second, first)
    )
    answer = requests.get(
        f"{there}/ipfs/{cid}?format=raw", headers={"origin": "http://page.example"}, timeout=30
    )
    assert answer.content == data
    assert "access-control-allow-origin" not in answer.headers
    # It does not ask the swarm, though a peer has the block.
    assert requests.get(f"{elsewhere}/ipfs/{cid}?format=raw", timeout=30).status_code == 404


def test_kubo_keeps_to_itself_and_keeps_what_it_has(net: Localnet):
    for each in net.institutions:
        config = kubo(each, "config/show")
        assert settings_flaws(config) == ()
        assert durability_flaws(config) == ()
        assert (each.folder / "kubo" / "swarm.key").read_text("ascii").startswith("/key/swarm/psk/1.0.0/")


def test_only_this_computer_is_listened_to(net: Localnet):
    for node in nodes_of(net):
        assert set(listening(pid_of(node))) == {LOOPBACK}


def test_keys_are_the_owners_alone_to_read(net: Localnet):
    secrets = [*net.folder.rglob("*.key"), *net.folder.rglob("kubo/config"), *net.folder.rglob("node.pid")]
    assert len(secrets) >= 2 + 3 + 2 + 3
    for path in [*secrets, net.folder / "localnet.json"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for each in net.institutions:
        assert stat.S_IMODE(each.folder.stat().st_mode) == 0o700
        assert each.account.reveal_key().hex() not in repr(net)


# Down and up again


def test_up_when_it_is_up_starts_nothing(net: Localnet):
    pids = [pid_of(each) for each in nodes_of(net)]
    again = Localnet.up(net.folder)
    assert again.started == ()
    assert again == Localnet.open(net.folder)
    assert [pid_of(each) for each in nodes_of(net)] == pids


def test_after_down_it_goes_on_with_chain_and_pins(up: Up, tmp_path: Path):
    net = up(tmp_path, engine="anvil", institutions=2)
    assert len(net.started) == 3
    pids = [pid_of(each) for each in nodes_of(net)]
    chain = connected(net.institutions[1])
    receipt = chain.transact(chain.institutions.publish_key(KEY[:1216]))
    cid = kubo(net.institutions[0], "dag/put?pin=true", files={"data": b'{"a":"b"}'})["Cid"]["/"]

    assert len(net.down()) == 3
    assert not any(is_running(pid) for pid in pids)
    assert net.status().state == "down"
    assert net.down() == ()

    again = up(tmp_path)
    assert len(again.started) == 3
    assert (again.network, again.institutions) == (net.network, net.institutions)
    chain = connected(again.institutions[1])
    assert chain.receipt(receipt.transaction) == receipt
    assert chain.institutions.institution(2, at="final").key_version == 1
    assert cid in pinned(again.institutions[0])


def test_nodes_that_were_killed_are_started_again(up: Up, tmp_path: Path):
    net = up(tmp_path, engine="anvil", institutions=1)
    (institution,) = net.institutions
    chain = connected(institution)
    receipt = chain.wait_final(chain.transact(chain.institutions.publish_key(KEY[:1216])))
    kill(tmp_path / "anvil")
    assert net.status().state == "partly"
    assert not net.status().institutions[0].chain.running
    kill(institution.folder / "kubo")

    assert set(up(tmp_path).started) == {"Anvil", "Kubo of institution-01"}
    # What was final is still there.
    assert connected(institution).receipt(receipt.transaction) == receipt

    # Killed in the midst of writing: the state that was kept when it was started last is taken.
    Localnet.stop(tmp_path)
    state = tmp_path / "anvil" / "state.json"
    state.write_text(state.read_text("utf-8")[:-100], "utf-8")
    up(tmp_path)
    assert connected(institution).receipt(receipt.transaction) == receipt


def test_two_at_once_do_not_collide(up: Up, tmp_path: Path):
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda name: up(tmp_path / name, institutions=1), ("one", "other"))
    assert one.network.chain_id != other.network.chain_id
    for net in (one, other):
        assert connected(net.institutions[0]).institutions.count() == 1
        assert net.status().institutions[0].kubo.peers == 0
    one.down()
    assert other.status().state == "up"


def test_an_interrupted_up_is_finished_by_the_next(up: Up, tmp_path: Path):
    command = [sys.executable, "-m", "pixelpact", "localnet", "up", "--institutions", "1", "--folder"]
    with subprocess.Popen([*command, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "Deploying" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(1.5)
        process.kill()
    with pytest.raises(InputError, match="not finished"):
        Localnet.open(tmp_path)
    pid = pid_of(tmp_path / "anvil")

    net = up(tmp_path)

    assert pid_of(tmp_path / "anvil") == pid
    assert connected(net.institutions[0]).institutions.count() == 1


# What is somebody else's


def test_a_process_that_got_the_pid_is_left_alone(up: Up, tmp_path: Path):
    up(tmp_path, institutions=1)
    Localnet.stop(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            for node in (tmp_path / "anvil", tmp_path / "institution-01" / "kubo"):
                noted = {"pid": stranger.pid, "began": "another boot:1"}
                (node / "node.pid").write_text(json.dumps(noted), "utf-8")
            assert Localnet.open(tmp_path).status().state == "down"
            assert Localnet.stop(tmp_path) == ()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_port_of_another_program_is_named(net: Localnet, up: Up, tmp_path: Path):
    plan = json.loads((net.folder / "localnet.json").read_text("utf-8"))
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        plan["ports"][0] |= {"swarm": port, "ipfs": unused_port()}
        plan["ports"][0]["rpc"] = plan["ports"][1]["rpc"] = unused_port()
        (tmp_path / "localnet.json").write_text(json.dumps(plan), "utf-8")
        with pytest.raises(InputError, match=f"Kubo of institution-01 can't be started: .* its port {port}"):
            up(tmp_path)
    assert not list(tmp_path.rglob("node.pid"))


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_node_that_ends_at_once_says_why_and_leaves_nothing_running(
    up: Up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "anvil").write_text("#!/bin/sh\necho 'no room for a chain'\nexit 1\n", "utf-8")
    (tools / "anvil").chmod(0o700)
    monkeypatch.setenv("PIXELPACT_TOOLS", str(tools))
    with pytest.raises(UnreachableError, match=r"Anvil ended right after its start: .*no room for a chain"):
        up(tmp_path / "net", institutions=1)
    assert not list((tmp_path / "net").rglob("node.pid"))
    monkeypatch.delenv("PIXELPACT_TOOLS")
    assert len(up(tmp_path / "net").started) == 2


# A chain that is not the one described


def test_another_chain_under_the_same_description_is_refused(up: Up, tmp_path: Path):
    up(tmp_path, institutions=1)
    Localnet.stop(tmp_path)
    for each in (tmp_path / "anvil").glob("*.json"):
        each.unlink()
    with pytest.raises(Exception, match="genesis hash is not") as caught:
        up(tmp_path)
    assert type(caught.value).__name__ == "WrongNetworkError"


def test_a_damaged_key_is_refused_without_showing_it(net: Localnet, tmp_path: Path):
    home = tmp_path / "institution-01"
    home.mkdir()
    (home / "account.key").write_text("not a key but a secret\n", "ascii")
    (home / "account.key").chmod(0o600)
    damaged = Institution(1, home, net.network, net.institutions[0].ipfs)
    with pytest.raises(InputError, match="not an account's key") as caught:
        _ = damaged.account
    assert "secret" not in caught.value.sentence
    assert isinstance(net.institutions[0].account, Account)
