"""A node that answers with other bytes, or nothing, or slowly, or that says 200 and then no: by a proxy."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubo_node import Node
from kubo_proxy import Fault, Proxy, cut, drip, endless, late, nothing, proxying, reply, silence
from stores import plant

from pixelpact.errors import BlockError, InputError, StoreError
from pixelpact.models import RAW, Cid
from pixelpact.storage import BLOCK_LIMIT, KuboStore
from pixelpact.storage.kubo_rpc import Patience

REFUSED = reply(b'{"Message":"the disk is full","Code":0,"Type":"error"}', 500)
REFUSED_LATE = reply(b'{"Message":"the disk is full","Code":0,"Type":"error"}')
PAGE = reply(b"<html>Welcome</html>", 200, "text/html")


def says(value: Any) -> Fault:
    return reply(json.dumps(value).encode())


def name_of(value: Any) -> str | None:
    return getattr(value, "__name__", None)


def hurry(store: KuboStore) -> None:
    """Only now: a busy machine may take its time over what goes before."""
    store._short = Patience(0.5, 0.5, BLOCK_LIMIT)


@pytest.fixture
def proxy(node: Node) -> Iterator[Proxy]:
    with proxying(node.url) as proxy:
        yield proxy


@pytest.fixture(params=["httpx", "ipfshttpclient"])
def store(request: pytest.FixtureRequest, proxy: Proxy, tmp_path: Path) -> Iterator[KuboStore]:
    store = KuboStore(proxy.url, tmp_path / "under way", transport=request.param, allow_flaws=True)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        (reply(b"other bytes"), BlockError, "damaged: its bytes do not hash"),
        (reply(b""), BlockError, "damaged"),
        (PAGE, BlockError, "damaged"),
        (REFUSED_LATE, BlockError, "damaged"),
        (late, BlockError, "damaged"),
        (endless, BlockError, "damaged: more bytes came than a block can have"),
        (REFUSED, StoreError, "refused block/get: the disk is full"),
        (reply(b"<html>", 502, "text/html"), StoreError, "as Kubo would not: HTTP status 502"),
        (reply(b"404 page not found", 404, "text/plain"), StoreError, "HTTP status 404"),
        (reply(b"", 302, "text/html", ("Location", "/elsewhere")), StoreError, "as Kubo would not"),
        (nothing, StoreError, r"as Kubo would not: .*\. Check that this is the address"),
        (cut, StoreError, "as Kubo would not"),
        (silence, StoreError, "did not answer block/get in time: 0.5 s were not enough"),
        (drip, StoreError, "did not answer block/get in time"),
    ],
    ids=name_of,
)
def test_get_believes_nothing_but_the_block(
    store: KuboStore, proxy: Proxy, fault: Fault, error: type[Exception], told: str
):
    cid = store.put(b"a block")
    proxy.faults["block/get"] = fault
    hurry(store)
    with pytest.raises(error, match=told):
        store.get(cid)
    # Nothing is left of it in the connections.
    proxy.faults.clear()
    store._short = store._long
    assert store.get(cid) == b"a block"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (REFUSED, "refused block/put: the disk is full"),
        (REFUSED_LATE, "refused block/put: the disk is full"),
        (says({"Key": str(Cid.of(RAW, b"another")), "Size": 7}), "did not say that it has stored"),
        (says({"Key": str(Cid.of(RAW, b"a block")), "Size": 6}), "did not say that it has stored"),
        (reply(b""), "did not say that it has stored"),
        (late, "did not say that it has stored"),
        (PAGE, "is not JSON"),
        (reply(b"[" * 100_000), "is not JSON"),
        (says([1]), "is not a JSON object"),
        (endless, "the answer has no end"),
        (nothing, "as Kubo would not"),
        (cut, "as Kubo would not"),
        (silence, "in time"),
        (drip, "in time"),
    ],
    ids=name_of,
)
def test_put_counts_only_when_the_node_says_so(store: KuboStore, proxy: Proxy, fault: Fault, told: str):
    proxy.faults["block/put"] = fault
    hurry(store)
    with pytest.raises(StoreError, match=told):
        store.put(b"a block")


@pytest.mark.parametrize(
    "fault",
    [
        REFUSED,
        REFUSED_LATE,
        reply(
            b'{"Message":"ipld: could not find %s","Code":0,"Type":"error"}'
            % str(Cid.of(RAW, b"another")).encode(),
            500,
        ),
        reply(b'{"Message":"no","Code":0,"Type":"error"}', 404),
        says({}),
        says({"Key": str(Cid.of(RAW, b"another")), "Size": 7}),
        reply(b""),
        late,
        PAGE,
        nothing,
        cut,
        silence,
        drip,
    ],
    ids=name_of,
)
def test_a_failing_node_never_makes_a_block_absent(store: KuboStore, proxy: Proxy, fault: Fault):
    # What an erasure attests: "not there" is only what the node itself says of this very block.
    cid = store.put(b"an old block")
    proxy.faults["block/stat"] = fault
    hurry(store)
    for ask in (lambda: store.has(cid), lambda: store.present([cid] * 20)):
        with pytest.raises(StoreError):
            ask()


def test_a_block_that_the_node_can_not_find_is_absent(store: KuboStore):
    assert store.present([Cid.of(RAW, b"never")]) == ()


@pytest.mark.parametrize(
    ("command", "fault", "told"),
    [
        ("pin/add", REFUSED_LATE, "refused pin/add: the disk is full"),
        ("pin/add", says({"Pins": [str(Cid.of(RAW, b"another"))]}), "did not say that it has pinned"),
        ("pin/add", says({"Progress": 3}), "did not say that it has pinned"),
        ("pin/add", reply(b""), "0 objects came"),
        ("pin/ls", REFUSED, "refused pin/ls"),
        ("pin/ls", says({"Keys": []}), "tells no list of pins"),
        ("pin/ls", late, "0 objects came"),
    ],
    ids=name_of,
)
def test_a_pin_counts_only_when_the_node_says_so(
    store: KuboStore, proxy: Proxy, command: str, fault: Fault, told: str
):
    tree = plant(store, "kept")
    proxy.faults[command] = fault
    with pytest.raises(StoreError, match=told):
        store.pin(tree.root)
    proxy.faults.clear()
    assert store.pins() == frozenset()


@pytest.mark.parametrize("fault", [REFUSED, REFUSED_LATE, says({}), says({"UniqueBlocks": 1})], ids=name_of)
def test_what_a_walk_does_not_show_each_block_is_asked_for(
    store: KuboStore, proxy: Proxy, node: Node, fault: Fault
):
    tree = plant(store, "walked")
    proxy.faults["dag/stat"] = fault
    store.pin(tree.root)
    assert store.pins() == {tree.root}
    store.unpin(tree.root)
    node.path(tree.chunks[0]).unlink()
    # Asked to pin it, the node would wait for its peers.
    proxy.faults["pin/add"] = REFUSED
    with pytest.raises(BlockError, match=f"{tree.chunks[0]} is missing"):
        store.pin(tree.root)


def test_a_tree_without_one_of_its_blocks_is_not_pinned(store: KuboStore, proxy: Proxy, node: Node):
    tree = plant(store, "gone")
    # Asked to pin it, the node would wait for its peers.
    proxy.faults["pin/add"] = REFUSED
    for absent in (tree.chunks[-1], min(tree.all - {tree.root, *tree.chunks})):
        node.path(absent).rename(node.repository / "aside")
        with pytest.raises(BlockError, match=f"{absent} is missing"):
            store.pin(tree.root)
        (node.repository / "aside").rename(node.path(absent))
    proxy.faults.clear()
    store.pin(tree.root)
    assert store.pins() == {tree.root}


def test_unpin_counts_only_when_the_node_says_so(store: KuboStore, proxy: Proxy):
    cid = store.put(b"pinned")
    store.pin(cid)
    for fault in (REFUSED_LATE, says({"Pins": []}), reply(b"")):
        proxy.faults["pin/rm"] = fault
        with pytest.raises(StoreError, match="pin/rm"):
            store.unpin(cid)
        proxy.faults.clear()
        assert store.pins() == {cid}


@pytest.mark.parametrize(
    "fault",
    [
        REFUSED,
        says({"Error": "could not retrieve links", "Key": {"/": ""}}),
        says({"Key": "no link"}),
        PAGE,
        cut,
        nothing,
    ],
    ids=name_of,
)
def test_a_sweep_that_fails_is_told_and_leaves_no_pins_behind(
    store: KuboStore, proxy: Proxy, node: Node, fault: Fault
):
    with store.protect():
        store.put(b"under way")
        proxy.faults["repo/gc"] = fault
        with pytest.raises(StoreError, match="repo/gc"):
            store.collect()
    assert node.ask("pin/ls?type=direct") == [{}]


def test_pins_that_a_killed_sweep_left_are_removed(store: KuboStore, node: Node):
    cid = store.put(b"under way then, nobody's now")
    node.ask(f"pin/add?arg={cid}&recursive=false&name=pixelpact-under-way")
    assert store.collect() == ()
    assert {gone.digest for gone in store.collect()} == {cid.digest}


def test_a_direct_pin_of_somebody_else_stays(store: KuboStore, node: Node):
    cid = store.put(b"pinned by hand")
    node.ask(f"pin/add?arg={cid}&recursive=false&name=mine")
    with store.protect([cid]):
        assert store.collect() == ()
    assert store.collect() == ()
    assert node.ask("pin/ls?type=direct")[0]["Keys"].keys() == {str(cid)}


def test_a_pinned_tree_that_lost_a_block_keeps_its_pin(store: KuboStore, node: Node):
    # Kubo itself, asked to pin it again, drops the pin before it looks for the blocks.
    tree = plant(store, "torn")
    store.pin(tree.root)
    node.path(tree.chunks[0]).unlink()
    with pytest.raises(BlockError, match=f"{tree.chunks[0]} is missing"):
        store.pin(tree.root)
    assert store.pins() == {tree.root}


def test_kubos_own_trees_are_left_alone(store: KuboStore, node: Node):
    # An empty folder as UnixFS has it: dag-pb under a CIDv0, which no sealed study has.
    node.ask("files/mkdir?arg=/mine&parents=true")
    (folder,) = node.ask("files/stat?arg=/mine")
    node.ask(f"pin/add?arg={folder['Hash']}")
    assert store.pins() == frozenset()
    store.collect()
    assert folder["Hash"] in node.ask("pin/ls?type=recursive")[0]["Keys"]


@pytest.mark.parametrize("fault", [nothing, cut, endless, silence, drip, reply(b"no", 412)], ids=name_of)
def test_what_the_gateway_does_not_give_the_rpc_is_asked_for(
    node: Node, proxy: Proxy, tmp_path: Path, fault: Fault
):
    store = KuboStore(node.url, tmp_path, gateway=proxy.url, allow_flaws=True)
    cid = store.put(b"a block")
    proxy.faults[f"/ipfs/{cid}"] = fault
    store._short = Patience(2, 2, BLOCK_LIMIT)
    assert store.get(cid) == b"a block"
    assert any(path.startswith(f"/ipfs/{cid}") for path in proxy.asked)
    store.close()


def test_a_gateway_that_gives_other_bytes_is_not_believed(node: Node, proxy: Proxy, tmp_path: Path):
    store = KuboStore(node.url, tmp_path, gateway=proxy.url, allow_flaws=True)
    cid = store.put(b"a block")
    proxy.faults[f"/ipfs/{cid}"] = reply(b"other bytes")
    assert store.get(cid) == b"a block"
    node.path(cid).write_bytes(b"other bytes")
    with pytest.raises(BlockError, match="damaged"):
        store.get(cid)
    store.close()


def test_a_gateway_that_says_nothing_is_asked_once(node: Node, proxy: Proxy, tmp_path: Path):
    store = KuboStore(node.url, tmp_path, gateway=proxy.url, allow_flaws=True)
    cid = store.put(b"a block")
    proxy.faults[f"/ipfs/{cid}"] = silence
    store._short = Patience(1, 1, BLOCK_LIMIT)
    assert [store.get(cid), store.get(cid)] == [b"a block"] * 2
    assert sum(path.startswith(f"/ipfs/{cid}") for path in proxy.asked) == 1
    store.close()


def test_a_node_on_this_machine_tells_where_its_gateway_is(store: KuboStore, proxy: Proxy, tmp_path: Path):
    cid = store.put(b"a block")
    here = proxy.url.removeprefix("http://").replace(":", "/tcp/")
    for address, asked in (("/ip4/127.0.0.1/tcp/0", 0), (f"/ip4/{here}", 1)):
        proxy.asked.clear()
        proxy.faults["config/show"] = says({"Addresses": {"Gateway": address}})
        told = KuboStore(proxy.url, tmp_path / "told", allow_flaws=True)
        assert told.get(cid) == b"a block"
        told.close()
        assert sum(path.startswith(f"/ipfs/{cid}") for path in proxy.asked) == asked


@pytest.mark.parametrize("transport", ["httpx", "ipfshttpclient"])
def test_nobody_there_is_told(tmp_path: Path, transport: Any):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(StoreError, match=rf"No Kubo node answers at {url}: .*\. Start the node"):
            KuboStore(url, tmp_path, transport=transport)


@pytest.mark.parametrize("version", ["0.37.0", "0.8.0", "0.4.23-rc1", "kubo", ""])
def test_a_node_whose_settings_mean_something_else_is_refused(proxy: Proxy, tmp_path: Path, version: str):
    proxy.faults["version"] = says({"Version": version})
    with pytest.raises(StoreError, match=r"settings have other meanings\. Use Kubo 0\.38 or later"):
        KuboStore(proxy.url, tmp_path, allow_flaws=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:5001",
        "ftp://127.0.0.1",
        "http://",
        "http://h:99999",
        "http://h/x",
        "http://u@h",
        "http://h?q",
    ],
)
def test_what_is_no_address_is_refused(tmp_path: Path, url: str):
    with pytest.raises(InputError, match=r"no address of a Kubo node"):
        KuboStore(url, tmp_path)


def test_the_environments_proxy_is_not_asked(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # Blocks go to this institution's node and nowhere else.
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    makers: list[Callable[[], KuboStore]] = [
        lambda: KuboStore(node.url, tmp_path),
        lambda: KuboStore(node.url, tmp_path, transport="ipfshttpclient"),
    ]
    for make in makers:
        store = make()
        assert store.get(store.put(b"x")) == b"x"
        store.close()
