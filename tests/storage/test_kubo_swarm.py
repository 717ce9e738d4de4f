"""Two nodes of one swarm and one of another; other processes at one node."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubo_node import Node, running
from stores import plant

from pixelpact.errors import BlockError
from pixelpact.storage import KuboStore, reachable


@pytest.fixture(scope="module")
def swarm_key() -> str:
    return secrets.token_hex(32)


@pytest.fixture(scope="module")
def custodian(tmp_path_factory: pytest.TempPathFactory, swarm_key: str) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("custodian") / "repository", key=swarm_key) as node:
        yield node


def address(node: Node) -> str:
    (who,) = node.ask("id")
    return str(next(found for found in who["Addresses"] if found.startswith("/ip4/127.0.0.1/tcp/")))


def test_a_requester_gets_from_the_custodians_node_what_it_asks_for(
    custodian: Node, swarm_key: str, tmp_path: Path
):
    there = KuboStore(custodian.url, tmp_path / "custodian")
    tree = plant(there, "shared")
    there.pin(tree.root)
    with running(tmp_path / "repository", key=swarm_key) as node:
        node.ask(f"swarm/connect?arg={address(custodian)}")
        here = KuboStore(node.url, tmp_path / "requester", from_peers=True, timeout=20)
        # Only get asks peers: what is stored here is a question about this node.
        assert here.present(tree.all) == ()
        assert reachable(tree.root, here.get) == tree.all
        assert [here.get(cid) for cid in tree.chunks] == [there.get(cid) for cid in tree.chunks]
        assert set(here.present(tree.all)) == tree.all
        unknown = there.put(b"not asked for")
        for gateway in (None, node.gateway):
            local = KuboStore(node.url, tmp_path / "requester", gateway=gateway)
            with pytest.raises(BlockError, match="the store does not have it"):
                local.get(unknown)
            assert local.get(tree.root) == there.get(tree.root)
            local.close()
        here.close()
    there.close()


def test_a_node_with_another_key_gets_nothing(custodian: Node, tmp_path: Path):
    there = KuboStore(custodian.url, tmp_path / "custodian")
    cid = there.put(b"not for strangers")
    with running(tmp_path / "repository") as node:
        with pytest.raises(OSError, match="500"):
            node.ask(f"swarm/connect?arg={address(custodian)}")
        here = KuboStore(node.url, tmp_path / "stranger", from_peers=True, timeout=1)
        began = time.monotonic()
        with pytest.raises(BlockError, match="neither this node nor a peer of its swarm gave it within 1 s"):
            here.get(cid)
        assert time.monotonic() - began < 10
        here.close()
    there.close()


def test_a_killed_process_protects_nothing_any_more(node: Node, tmp_path: Path):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            """
import sys, time
from pixelpact.storage import KuboStore
store = KuboStore(sys.argv[1], sys.argv[2])
with store.protect():
    store.put(b"under way in another process")
    print("stored", flush=True)
    time.sleep(60)
""",
            node.url,
            str(tmp_path / "under way"),
        ],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"stored\n"
    store = KuboStore(node.url, tmp_path / "under way")
    assert store.collect() == ()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert len(store.collect()) == 1
    store.close()
