"""What every store must do, whichever it is. A new one joins by its rig in conftest.py."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import libipld
import pytest
from multiformats import CID, multihash
from stores import Rig, plant

from pixelpact.errors import BlockError, EncodingError, LimitError
from pixelpact.models import DAG_CBOR, RAW, Cid
from pixelpact.storage import BLOCK_LIMIT, Store


def digests(cids: Iterable[Cid]) -> set[bytes]:
    # A store may know its blocks by their hash alone.
    return {cid.digest for cid in cids}


@pytest.mark.parametrize(
    "data",
    [b"", b"x", bytes(1_048_576), bytearray(b"abc"), memoryview(b"abcdef")[1:4]],
    ids=["empty", "byte", "chunk", "bytearray", "memoryview"],
)
def test_gives_back_the_bytes_it_was_given(store: Store, data: Any):
    assert store.get(store.put(data)) == bytes(data)


def test_names_a_raw_block_as_kubo_does(store: Store):
    # `printf hello | ipfs block put`, and the same by an independent library.
    cid = store.put(b"hello")
    assert str(cid) == "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"
    assert CID("base32", 1, "raw", multihash.digest(b"hello", "sha2-256")).encode() == str(cid)


def test_names_a_block_by_the_codec_it_is_told(store: Store):
    data = libipld.encode_dag_cbor({"v": 1})
    assert store.put(data, DAG_CBOR).codec == DAG_CBOR
    assert store.put(data, RAW).codec == RAW


def test_takes_a_block_of_two_mebibytes(store: Store):
    assert store.has(store.put(bytes(BLOCK_LIMIT)))


def test_refuses_a_block_over_two_mebibytes(store: Store):
    data = bytes(BLOCK_LIMIT + 1)
    with pytest.raises(LimitError, match="2,097,153 bytes"):
        store.put(data)
    assert not store.has(Cid.of(RAW, data))


def test_says_that_a_block_is_missing(store: Store):
    cid = Cid.of(RAW, b"never stored")
    assert not store.has(cid)
    with pytest.raises(BlockError, match="missing"):
        store.get(cid)


@pytest.mark.parametrize(
    "stored",
    [b"The quick brown fox", b"the quick brown fo", b"", b"the quick brown fox!", b"another block"],
    ids=["flipped bit", "cut short", "emptied", "grown", "exchanged"],
)
def test_never_gives_back_a_damaged_block(rig: Rig, stored: bytes):
    cid = rig.store.put(b"the quick brown fox")
    rig.damage(cid, stored)
    with pytest.raises(BlockError, match="damaged"):
        rig.store.get(cid)


def test_putting_a_damaged_block_again_repairs_it(rig: Rig):
    cid = rig.store.put(b"the quick brown fox")
    rig.damage(cid, b"The quick brown fox")
    assert rig.store.put(b"the quick brown fox") == cid
    assert rig.store.get(cid) == b"the quick brown fox"


def test_present_tells_which_of_many_are_here_in_their_order(store: Store):
    here = [store.put(bytes([number])) for number in range(5)]
    absent = [Cid.of(RAW, b"absent %d" % number) for number in range(5)]
    mixed = [absent[0], here[3], here[1], absent[1], here[4]]
    assert store.present(mixed) == (here[3], here[1], here[4])
    assert store.present(absent) == ()


def test_collect_leaves_what_a_pin_reaches_and_removes_the_rest(store: Store):
    kept, dropped = plant(store, "kept"), plant(store, "dropped")
    envelope = store.put(b"a key envelope, one raw block")
    store.pin(kept.root)
    store.pin(envelope)
    loose = store.put(b"loose")
    assert digests(store.collect()) == digests({*dropped.all, loose})
    assert store.present([*dropped.all, loose]) == ()
    assert set(store.present(kept.all | {envelope})) == kept.all | {envelope}
    for cid in kept.all:
        store.get(cid)


def test_collect_with_nothing_to_do_removes_nothing(store: Store):
    assert store.collect() == ()


def test_an_unpinned_tree_is_absent_after_the_sweep(store: Store):
    old, new = plant(store, "old"), plant(store, "new")
    store.pin(old.root)
    store.pin(new.root)
    store.unpin(old.root)
    assert set(store.present(old.all)) == old.all
    store.collect()
    assert store.present(old.all) == ()
    assert set(store.present(new.all)) == new.all


def test_what_two_trees_share_stays_until_both_are_unpinned(store: Store):
    shared = store.put(b"shared")
    roots = [store.put(libipld.encode_dag_cbor([bytes(shared), number]), DAG_CBOR) for number in range(2)]
    for root in roots:
        store.pin(root)
    store.unpin(roots[0])
    store.collect()
    assert store.has(shared)
    store.unpin(roots[1])
    store.collect()
    assert not store.has(shared)


def test_pins_are_told_and_kept_in_every_handle(rig: Rig):
    tree = plant(rig.store, "pinned")
    rig.store.pin(tree.root)
    rig.store.pin(tree.root)
    assert rig.store.pins() == rig.again().pins() == {tree.root}
    rig.again().unpin(tree.root)
    assert rig.store.pins() == frozenset()


def test_unpinning_what_is_not_pinned_changes_nothing(store: Store):
    tree = plant(store, "kept")
    store.pin(tree.root)
    store.unpin(tree.leaves[0])
    store.unpin(Cid.of(RAW, b"never stored"))
    store.collect()
    assert set(store.present(tree.all)) == tree.all


@pytest.mark.parametrize("part", ["root", "leaf", "chunk"])
def test_pin_refuses_a_tree_that_is_not_whole(rig: Rig, part: str):
    tree = plant(rig.store, "torn")
    gone = {"root": tree.root, "leaf": tree.leaves[1], "chunk": tree.chunks[-1]}[part]
    rig.damage(gone, None)
    with pytest.raises(BlockError, match=f"{gone} is missing"):
        rig.store.pin(tree.root)
    assert rig.store.pins() == frozenset()


def test_pin_refuses_a_tree_whose_links_are_damaged(rig: Rig):
    tree = plant(rig.store, "bent")
    rig.damage(tree.leaves[0], b"not that leaf")
    with pytest.raises(BlockError, match="damaged"):
        rig.store.pin(tree.root)
    assert rig.store.pins() == frozenset()


@pytest.mark.parametrize(
    "block",
    [
        b"\xff",
        b"\xa1",
        b"\x80\x80",
        b"\x81" * 100_000 + b"\x00",
        libipld.encode_dag_cbor([b"\x12\x20" + bytes(32)]),
        libipld.encode_dag_cbor([b"\x01\x70\x12\x20" + bytes(32)]),
        libipld.encode_dag_cbor([b"\x01\x55\x00\x00"]),
    ],
    ids=["not cbor", "cut short", "two values", "nesting bomb", "CIDv0", "dag-pb", "identity hash"],
)
def test_pin_refuses_links_it_can_not_follow(store: Store, block: bytes):
    root = store.put(block, DAG_CBOR)
    with pytest.raises(EncodingError, match="can't be followed"):
        store.pin(root)
    assert store.pins() == frozenset()


def test_a_byte_string_that_looks_like_a_cid_is_no_link(store: Store):
    # A byte string of 36 bytes that reads as a CID, without the tag that makes it a link.
    lookalike = bytes(Cid.of(RAW, b"never stored"))
    root = store.put(b"\x82\x58\x24" + lookalike + b"\x01", DAG_CBOR)
    store.pin(root)
    assert store.pins() == {root}


def test_collect_removes_nothing_when_a_pinned_tree_can_not_be_followed(rig: Rig):
    tree = plant(rig.store, "bent")
    rig.store.pin(tree.root)
    loose = rig.store.put(b"loose")
    rig.damage(tree.leaves[0], b"not that leaf")
    with pytest.raises(BlockError, match="damaged"):
        rig.store.collect()
    assert set(rig.store.present([*tree.all, loose])) == tree.all | {loose}


def test_collect_goes_on_beside_a_pinned_tree_that_lost_a_chunk(rig: Rig):
    tree = plant(rig.store, "torn")
    rig.store.pin(tree.root)
    loose = rig.store.put(b"loose")
    rig.damage(tree.chunks[0], None)
    assert digests(rig.store.collect()) == {loose.digest}


def test_protect_keeps_the_sweep_of_every_handle_away_until_it_ends(rig: Rig):
    with rig.store.protect():
        tree = plant(rig.store, "under way")
        assert rig.again().collect() == ()
        assert rig.store.collect() == ()
        assert set(rig.store.present(tree.all)) == tree.all
    assert digests(rig.again().collect()) == digests(tree.all)


def test_protect_covers_a_block_that_was_there_already(rig: Rig):
    cid = rig.store.put(b"left by an earlier attempt")
    with rig.store.protect():
        rig.store.put(b"left by an earlier attempt")
        assert rig.again().collect() == ()
    assert rig.store.has(cid)


def test_protect_covers_what_is_named_to_it_and_nothing_else(rig: Rig):
    tree = plant(rig.store, "resumed")
    loose = rig.store.put(b"loose")
    with rig.store.protect(tree.all):
        assert digests(rig.again().collect()) == {loose.digest}
        rig.store.pin(tree.root)
    assert rig.again().collect() == ()


def test_protections_nest_and_the_last_one_ends_them(rig: Rig):
    with rig.store.protect():
        with rig.store.protect():
            cid = rig.store.put(b"inner")
        assert rig.again().collect() == ()
    assert digests(rig.again().collect()) == {cid.digest}


def test_a_protection_ends_when_the_work_fails(rig: Rig):
    def fail() -> None:
        with rig.store.protect():
            rig.store.put(b"half done")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert len(rig.again().collect()) == 1


def test_threads_may_put_the_same_and_different_blocks(store: Store):
    blocks = [b"block %d" % (number % 40) for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        cids = list(pool.map(store.put, blocks))
    assert len(set(cids)) == 40
    assert [store.get(cid) for cid in cids] == blocks


def test_sealing_beside_a_sweeper_never_loses_a_block(rig: Rig):
    stop = threading.Event()
    swept: list[Cid] = []
    latest = time.monotonic() + 60

    def sweep() -> None:
        other = rig.again()
        while not stop.is_set():
            swept.extend(other.collect())

    def seal(number: int) -> None:
        # The same blocks in every study's garbage: found there, they must not be swept after all.
        with rig.store.protect():
            tree = plant(rig.store, f"study {number % 3}", leaves=1, chunks=4)
            rig.store.pin(tree.root)
        if number % 2:
            rig.store.unpin(tree.root)

    with ThreadPoolExecutor(4) as pool:
        sweeper = pool.submit(sweep)
        try:
            for batch in itertools.count():
                # On a busy machine the sweeper may have had no turn by then.
                if batch >= rig.rounds and (swept or time.monotonic() > latest):
                    break
                # Each of the three trees by one thread at a time: pins don't count.
                list(pool.map(seal, range(3 * batch, 3 * batch + 3)))
        finally:
            stop.set()
        sweeper.result()
    assert swept, "the sweeper never had anything to do, so this shows nothing"
    for root in rig.store.pins():
        rig.store.pin(root)


def test_flush_may_be_called_any_time(store: Store):
    store.flush()
    store.put(b"x")
    store.flush()
    store.flush()
