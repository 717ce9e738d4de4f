"""What a node may be set to before studies are stored in it: on configurations, and on real nodes."""

from __future__ import annotations

import copy
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubo_node import Node, running, set_at

from pixelpact.errors import StoreError
from pixelpact.storage import KuboStore
from pixelpact.storage.kubo_settings import durability_flaws, knock, own_gateway, settings_flaws

ABSENT = object()


@pytest.fixture(scope="module")
def good(running_node: Node) -> dict[str, Any]:
    (config,) = running_node.ask("config/show")
    return config


def test_a_node_that_only_its_swarm_knows_has_no_flaws(node: Node, tmp_path: Path):
    store = KuboStore(node.url, tmp_path)
    assert store.privacy() == ()
    assert store.durability() == ()
    assert store.version().startswith("0.")
    store.close()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Routing.Type", "auto"),
        ("Routing.Type", "dhtclient"),
        ("Routing.Type", None),
        ("Routing", {}),
        ("Routing.DelegatedRouters", ["auto"]),
        ("Bootstrap", ["auto"]),
        ("Bootstrap", ["/dnsaddr/bootstrap.example.org"]),
        ("Provide.Enabled", True),
        ("Provide", {}),
        ("Discovery.MDNS.Enabled", True),
        ("AutoConf.Enabled", True),
        ("AutoConf", {}),
        ("AutoTLS.Enabled", True),
        ("AutoTLS", None),
        ("AutoNAT", {}),
        ("HTTPRetrieval.Enabled", True),
        ("Ipns.DelegatedPublishers", ["auto"]),
        ("DNS.Resolvers", {".": "auto"}),
        ("Swarm.DisableNatPortMap", False),
        ("Swarm.RelayClient", {}),
        ("Swarm.RelayService.Enabled", True),
        ("Plugins.Plugins", None),
        ("Plugins.Plugins.telemetry.Disabled", False),
        ("Pinning.RemoteServices", {"elsewhere": {"API": {"Endpoint": "https://pins.example.org"}}}),
        ("Addresses.API", "/ip4/0.0.0.0/tcp/5001"),
        ("Addresses.API", ["/ip4/127.0.0.1/tcp/5001", "/ip6/::/tcp/5001"]),
        ("Addresses.API", "/dns/node.example.org/tcp/5001"),
        ("Addresses.Gateway", "/ip4/192.0.2.7/tcp/8080"),
        ("API.HTTPHeaders", {"Access-Control-Allow-Origin": ["*"]}),
        ("Gateway.HTTPHeaders", {}),
        ("Gateway.HTTPHeaders", {"Access-Control-Allow-Origin": ["*"]}),
    ],
    ids=json.dumps,
)
def test_each_setting_that_tells_others_is_a_flaw(good: dict[str, Any], setting: str, value: Any):
    config = copy.deepcopy(good)
    assert settings_flaws(config) == ()
    set_at(config, setting, value)
    (flaw,) = [flaw for flaw in settings_flaws(config) if flaw.setting.startswith(setting)][:1]
    assert flaw.why
    assert flaw.remedy.endswith("start the node again")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Bootstrap", None),
        ("DNS", {}),
        ("Addresses.Gateway", None),
        ("Addresses.Gateway", "/ip4/127.0.0.1/tcp/8080"),
        ("Addresses.API", ["/ip4/127.0.0.1/tcp/5001", "/ip6/::1/tcp/5001", "/unix/run/ipfs.sock"]),
    ],
    ids=json.dumps,
)
def test_other_ways_to_tell_nobody_are_no_flaw(good: dict[str, Any], setting: str, value: Any):
    config = copy.deepcopy(good)
    set_at(config, setting, value)
    assert settings_flaws(config) == ()


def test_without_a_gateway_its_headers_do_not_matter(good: dict[str, Any]):
    config = copy.deepcopy(good)
    set_at(config, "Addresses.Gateway", [])
    set_at(config, "Gateway.HTTPHeaders", {})
    assert settings_flaws(config) == ()


@pytest.mark.parametrize(
    ("address", "url", "gateway"),
    [
        ("/ip4/127.0.0.1/tcp/8080", "http://127.0.0.1:5001", "http://127.0.0.1:8080"),
        (["/unix/run/gateway", "/ip6/::1/tcp/8080"], "http://localhost:5001", "http://[::1]:8080"),
        ("/ip4/127.0.0.1/tcp/8080", "http://192.0.2.7:5001", None),
        ("/ip4/192.0.2.7/tcp/8080", "http://127.0.0.1:5001", None),
        ("/ip4/127.0.0.1/tcp/0", "http://127.0.0.1:5001", None),
        (None, "http://127.0.0.1:5001", None),
    ],
    ids=json.dumps,
)
def test_a_gateway_is_used_when_all_is_on_this_machine(address: Any, url: str, gateway: str | None):
    assert own_gateway({"Addresses": {"Gateway": address}}, url) == gateway


def test_what_a_fresh_node_is_set_to_is_full_of_flaws(tmp_path: Path):
    assert {"Bootstrap", "Routing.Type", "Provide.Enabled", "AutoConf.Enabled"} <= {
        flaw.setting for flaw in settings_flaws({"Bootstrap": ["auto"]})
    }
    for nothing in ({}, {"Addresses": None}, {"Routing": "none"}, {"Bootstrap": 7}):
        assert settings_flaws(nothing)


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {},
        {"type": "mount", "mounts": [{"type": "flatfs", "sync": False}, {"type": "levelds"}]},
        {"type": "mount", "mounts": [{"type": "flatfs"}]},
        {"type": "measure", "child": {"type": "flatfs", "sync": "true"}},
        {"type": "pebbleds"},
        {"type": "mount", "mounts": [{"type": "flatfs", "sync": True}, {"type": "flatfs", "sync": False}]},
    ],
    ids=json.dumps,
)
def test_a_node_that_does_not_sync_its_blocks_is_flawed(good: dict[str, Any], spec: Any):
    config = copy.deepcopy(good)
    set_at(config, "Datastore.Spec", spec)
    assert [flaw.setting for flaw in durability_flaws(config)] == ["Datastore.Spec"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Datastore.BlockKeyCacheSize", None),
        ("Datastore.BlockKeyCacheSize", 65_536),
        ("Datastore.WriteThrough", False),
    ],
)
def test_a_node_that_does_not_write_again_is_flawed(good: dict[str, Any], setting: str, value: Any):
    config = copy.deepcopy(good)
    assert durability_flaws(config) == ()
    set_at(config, setting, value)
    assert [flaw.setting for flaw in durability_flaws(config)] == [setting]


def test_older_ways_to_write_a_datastore_down_are_understood(good: dict[str, Any]):
    config = copy.deepcopy(good)
    flatfs = {"type": "measure", "prefix": "flatfs.datastore", "child": {"type": "flatfs", "sync": True}}
    set_at(config, "Datastore.Spec", {"type": "mount", "mounts": [flatfs]})
    assert durability_flaws(config) == ()


def test_a_node_without_a_swarm_key_is_found_out_and_refused_unless_told_to(tmp_path: Path):
    # All its settings are right, so only knocking shows it. It is on loopback and knows nobody.
    with running(tmp_path / "repository", key="") as node:
        with pytest.raises(
            StoreError, match=r"not set for medical images: swarm\.key .* have no key"
        ) as refused:
            KuboStore(node.url, tmp_path / "under way")
        assert "LIBP2P_FORCE_PNET=1" in refused.value.remedy
        store = KuboStore(node.url, tmp_path / "under way", allow_flaws=True)
        assert [flaw.setting for flaw in store.privacy()] == ["swarm.key"]
        assert store.get(store.put(b"x")) == b"x"
        store.close()


def test_a_node_that_may_lose_blocks_is_refused_and_never_flushed(tmp_path: Path):
    with running(tmp_path / "repository", sync=False) as node:
        with pytest.raises(StoreError, match=r"Datastore\.Spec is \[false\], so a power cut may lose"):
            KuboStore(node.url, tmp_path / "under way")
        store = KuboStore(node.url, tmp_path / "under way", allow_flaws=True)
        store.put(b"x")
        with pytest.raises(StoreError, match="a power cut may lose"):
            store.flush()
        store.close()


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def knocked(door: socket.socket, answer: bytes) -> list[str]:
    def serve() -> None:
        peer, _ = door.accept()
        with peer:
            peer.sendall(answer)
            peer.recv(20)

    thread = threading.Thread(target=serve)
    thread.start()
    flaws = knock([f"/ip4/127.0.0.1/tcp/{door.getsockname()[1]}"], 1.0)
    thread.join()
    return [flaw.why for flaw in flaws]


def test_a_greeting_in_the_clear_is_a_flaw(door: socket.socket):
    (why,) = knocked(door, b"\x13/multistream/1.0.0\n")
    assert why == "it speaks to peers that have no key"


def test_what_can_not_be_read_is_a_key(door: socket.socket):
    assert knocked(door, bytes(range(44))) == []


def test_a_door_that_says_nothing_shows_nothing(door: socket.socket):
    (why,) = knocked(door, b"")
    assert why.endswith("nothing shows that it asks for a key")


def test_listening_by_udp_shows_that_there_is_no_key():
    (flaw,) = knock(["/ip4/127.0.0.1/udp/4001/quic-v1"], 0.1)
    assert flaw.why == "only a node without a swarm key listens by UDP"


def test_a_node_that_listens_nowhere_has_no_door():
    assert knock(["/p2p-circuit", "/ip4/127.0.0.1/tcp", "nonsense"], 0.1) == ()
