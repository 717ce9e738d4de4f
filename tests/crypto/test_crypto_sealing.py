"""Sealing: what is put, in which order, and what stops it."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO, cast

import pytest
from crypto_studies import CONTEXT, CUSTODIAN, UID, Memory, Store, opened, sealed, unhurried
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.crypto import StudyKey, StudySecret, list_cids, local_id, study_id
from pixelpact.crypto.blocks import BLOCK, CHUNK, LEAF_LINKS
from pixelpact.crypto.root import decode_leaf
from pixelpact.crypto.writing import _Leaves
from pixelpact.errors import ContentError, IdentityError, InputError, StoreError
from pixelpact.models import DAG_CBOR, RAW, Cid, Instance

near_chunks = st.sampled_from([1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1])


@settings(unhurried, max_examples=30)
@given(st.lists(near_chunks | st.integers(1, 300_000), min_size=1, max_size=6), st.integers(1, 3))
def test_what_was_sealed_opens_bit_for_bit(lengths: list[int], threads: int) -> None:
    source, store = Memory(lengths), Store()
    study = sealed(source, store, threads=threads)
    assert (study.length, study.chunks) == (sum(lengths), -(-sum(lengths) // CHUNK))
    assert {each.sop_uid: each for each in source} == {
        each.sop_uid: replace(each, digest=b"") for each in study.instances
    }
    assert [each.digest for each in study.instances] == [
        hashlib.sha256(source.bytes_of(each)).digest() for each in study.instances
    ]
    reader = opened(study, store)
    assert tuple(reader) == study.instances
    assert (reader.study_uid, reader.length, len(reader)) == (UID, sum(lengths), len(lengths))
    for instance in reader:
        assert reader.open(instance).read() == source.bytes_of(instance)
    for instance, pieces in reader.stream(threads):
        assert b"".join([bytes(piece) for piece in pieces]) == source.bytes_of(instance)
    assert (
        sorted(reader.cids()) == sorted(list_cids(study.manifest_digest, store.get)) == sorted(store.blocks)
    )


def test_blocks_have_one_size_and_say_nothing_of_the_length() -> None:
    stores = []
    for length in (1, 1000, CHUNK):
        stores.append(Store())
        sealed(Memory([length]), stores[-1])
    shapes = [[(cid.codec, len(block)) for cid, block in store.blocks.items()] for store in stores]
    assert shapes[0] == shapes[1] == shapes[2]
    assert [size for codec, size in shapes[0] if codec == RAW] == [BLOCK, BLOCK]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_root_comes_last_and_a_leaf_after_its_blocks(threads: int) -> None:
    store = Store()
    study = sealed(Memory([700_000] * 12), store, threads=threads)
    assert store.order[-1] == study.root == Cid(DAG_CBOR, study.manifest_digest)
    leaf = next(cid for cid in store.order if cid.codec == DAG_CBOR)
    links = {Cid(RAW, digest) for digest in decode_leaf(store.blocks[leaf], study.chunks)}
    assert links == set(store.order[: store.order.index(leaf)])
    assert len(store.order) == len(set(store.order)) == study.chunks + study.index_blocks + 2


def test_two_attempts_share_no_block_and_no_salt() -> None:
    stores = [Store(), Store()]
    studies = [sealed(Memory([10, 20]), store) for store in stores]
    assert not stores[0].blocks.keys() & stores[1].blocks.keys()
    assert studies[0].content_commitment == studies[1].content_commitment
    assert studies[0].instances == studies[1].instances


def test_the_order_of_the_source_does_not_matter_to_the_content() -> None:
    one, other = sealed(Memory([10, 20, 30]), Store()), sealed(Memory([10, 20, 30], shuffled=True), Store())
    assert one.content_commitment == other.content_commitment


def test_each_instance_is_opened_once_in_order_and_closed() -> None:
    source = Memory([CHUNK, 5, CHUNK + 9, 700])
    study = sealed(source, Store(), threads=2)
    assert [each.sop_uid for each in source.opened] == [each.sop_uid for each in study.instances]
    assert all(stream.closed for stream in source.streams)


def test_progress_adds_up() -> None:
    told: list[int] = []
    sealed(Memory([CHUNK, 5, CHUNK + 9]), Store(), progress=told.append)
    assert sum(told) == 2 * CHUNK + 14


def test_short_reads_of_the_source_are_no_end() -> None:
    class Drops(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.data = data

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size = min(len(buffer), 40_001)
            given_, self.data = self.data[:size], self.data[size:]
            buffer[: len(given_)] = given_
            return len(given_)

    class Dripping(Memory):
        def open(self, instance: Instance) -> BinaryIO:
            return cast("BinaryIO", Drops(self.bytes_of(instance)))

    source, store = Dripping([500_000, 900_000]), Store()
    reader = opened(sealed(source, store), store)
    assert [reader.open(each).read() for each in reader] == [source.bytes_of(each) for each in reader]


def changed(**fields: Any) -> Callable[[list[Instance]], None]:
    def change(instances: list[Instance]) -> None:
        instances[1] = replace(instances[1], **fields)

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (list.clear, "instances"),
        (changed(length=0), "empty"),
        (changed(sop_uid=f"{UID}.9.1000"), "twice"),
        (changed(sop_uid=f"{UID}.9.1002"), "twice"),
        (changed(sop_uid=""), "UID"),
        (changed(sop_uid="1.2.x"), "UID"),
        (changed(series_uid="1" * 65), "UID"),
        (changed(class_uid="\N{FULLWIDTH DIGIT ONE}.2"), "UID"),
        (changed(attributes={"PatientName": "MADE^UP"}), "PatientName"),
        (changed(attributes={"Rows": True}), "Rows"),
        (changed(attributes={"ImageType": "x" * 1025}), "ImageType"),
        (changed(attributes={"ImageType": "\ud800"}), "ImageType"),
        (changed(attributes={"Rows": 2**63}), "Rows"),
        (changed(series_uid=f"{UID}.1", series_attributes={"Modality": "MR"}), "twice"),
        (changed(length=2**62), "bytes of the data stream"),
        (changed(digest=b"x"), "digest"),
    ],
)
def test_a_source_that_no_index_can_say_is_refused_before_anything_is_put(
    change: Callable[[list[Instance]], None], why: str
) -> None:
    source, store = Memory([10, 20, 30]), Store()
    change(source.instances)
    with pytest.raises(InputError, match=why):
        sealed(source, store)
    assert not store.blocks
    assert not source.opened


@pytest.mark.parametrize("uid", ["", "1.2.x", "1.2\n", "é"])
def test_a_study_uid_that_is_none_is_refused(uid: str) -> None:
    with pytest.raises(InputError, match="UID"):
        sealed(Memory([10], study_uid=uid), Store())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("length", "why"), [(CHUNK + 11, "shorter"), (CHUNK + 9, "longer"), (5, "longer")])
def test_an_instance_that_changed_its_length_is_refused(threads: int, length: int, why: str) -> None:
    class Changing(Memory):
        def bytes_of(self, instance: Instance) -> bytes:
            return super().bytes_of(replace(instance, length=CHUNK + 10 if instance.length == length else 8))

    source, store = Changing([8, length, 8]), Store()
    with pytest.raises(InputError, match=why):
        sealed(source, store, threads=threads)
    assert all(stream.closed for stream in source.streams)
    assert not any(cid.codec == DAG_CBOR and block[:1] == b"\xa8" for cid, block in store.blocks.items())


def test_an_instance_that_is_not_the_one_named_is_refused() -> None:
    source, store = Memory([10, 20]), Store()
    source.instances[1] = replace(source.instances[1], digest=bytes(32))
    with pytest.raises(InputError, match="other bytes"):
        sealed(source, store)
    assert all(block[:1] != b"\xa8" for cid, block in store.blocks.items() if cid.codec == DAG_CBOR)


@pytest.mark.parametrize(
    "asked",
    [
        {"secret": StudySecret(bytes(32))},
        {"custodian": CUSTODIAN + 1},
        {
            "context": replace(
                CONTEXT, study_id=study_id(CUSTODIAN, local_id(StudySecret(bytes(32)), CUSTODIAN, UID))
            )
        },
    ],
)
def test_a_study_that_is_not_the_ids_is_refused_before_anything_is_put(asked: dict[str, Any]) -> None:
    store = Store()
    with pytest.raises(IdentityError):
        sealed(Memory([10]), store, **asked)
    assert not store.blocks


def test_a_rotation_that_exchanges_an_image_puts_no_root() -> None:
    first = sealed(Memory([10, 20]), Store())
    store = Store()
    with pytest.raises(ContentError):
        sealed(Memory([10, 21]), store, key=StudyKey.generate(), committed=first.content_commitment)
    assert all(block[:1] != b"\xa8" for cid, block in store.blocks.items() if cid.codec == DAG_CBOR)
    again = sealed(Memory([10, 20]), store, key=StudyKey.generate(), committed=first.content_commitment)
    assert again.content_commitment == first.content_commitment


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_store_that_fails_ends_every_thread_and_closes_the_source(threads: int) -> None:
    source, store, before = Memory([CHUNK * 3 + 7] * 4), Store(), threading.active_count()

    def put(cid: Cid, block: bytes | memoryview) -> None:
        store.put(cid, block)
        if len(store.blocks) == 4:
            raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="full"):
        sealed(source, store, put=put, threads=threads)
    assert threading.active_count() == before
    assert all(stream.closed for stream in source.streams)
    assert len(store.blocks) < 12


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interruption_ends_every_thread(threads: int) -> None:
    before = threading.active_count()

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sealed(Memory([CHUNK * 9]), Store(), progress=interrupted, threads=threads)
    assert threading.active_count() == before


@settings(unhurried, max_examples=20)
@given(st.integers(1, 2 * LEAF_LINKS + 2), st.randoms(use_true_random=False))
def test_leaves_are_full_whatever_the_order_of_the_blocks(chunks: int, random: Any) -> None:
    store = Store()
    leaves = _Leaves(chunks, store.put)
    numbers = list(range(chunks))
    if chunks < 500:
        random.shuffle(numbers)
    else:  # as threads do it: nearly in order
        numbers[-3:] = reversed(numbers[-3:])
    for number in numbers:
        leaves.place(number, number.to_bytes(32, "big"))
    digests = [
        digest
        for leaf, cid in enumerate(leaves.links())
        for digest in decode_leaf(store.blocks[cid], min(LEAF_LINKS, chunks - leaf * LEAF_LINKS))
    ]
    assert digests == [number.to_bytes(32, "big") for number in range(chunks)]
