"""Threads at the borders of chunks, leaves and instances: in a format so small that each study has many."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from crypto_studies import SMALL, Memory, Store, opened, sealed, small_format, unhurried
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.crypto import OpenStudy, StudyKey
from pixelpact.crypto.layout import Layout
from pixelpact.crypto.writing import DataStream
from pixelpact.errors import BlockError, StoreError
from pixelpact.models import RAW, Cid, Instance

CHUNK = SMALL["CHUNK"]
sizes = st.sampled_from([1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1])
lengths_ = st.lists(sizes | st.integers(1, 400) | st.integers(990, 3000), min_size=1, max_size=12)
threads_ = st.integers(1, 5)


@settings(unhurried, max_examples=60)
@given(lengths_, threads_, threads_)
def test_whatever_the_threads_the_same_bytes_come_out(lengths: list[int], sealing: int, opening: int) -> None:
    with small_format():
        source, store, again, key = Memory(lengths), Store(), Store(), StudyKey.generate()
        study = sealed(source, store, threads=sealing)
        reader = opened(study, store)
        whole = [source.bytes_of(each) for each in study.instances]
        assert list(released(reader, opening)) == whole
        assert sorted(reader.cids()) == sorted(store.blocks)
        with reader.in_order(opening) as ahead:
            renewed = sealed(ahead, again, key=key, threads=sealing, committed=study.content_commitment)
        assert list(released(opened(renewed, again, key=key), 0)) == whole


@settings(unhurried, max_examples=60)
@given(lengths_, st.integers(0, 5), st.sampled_from(["flip", "drop", "exchange"]), st.data())
def test_a_damaged_chunk_stops_exactly_there(
    lengths: list[int], threads: int, damage: str, data: Any
) -> None:
    with small_format():
        source, store = Memory(lengths), Store()
        study = sealed(source, store, threads=2)
        layout = Layout([each.length for each in study.instances])
        number = data.draw(st.integers(0, layout.chunks - 1))
        blocks = [cid for cid in opened(study, store).cids() if cid.codec == RAW]
        if damage == "drop":
            del store.blocks[blocks[number]]
        elif damage == "flip":
            first, *rest = store.blocks[blocks[number]]
            store.blocks[blocks[number]] = bytes((first ^ 1, *rest))
        else:  # the one before it; for the first, the index's last
            store.blocks[blocks[number]] = store.blocks[blocks[number - 1]]
        first_hit = next(each for each in range(len(lengths)) if number in layout.span(each))
        out: list[bytes] = []
        try:
            for whole in released(opened(study, store), threads):
                out.append(whole)  # noqa: PERF402 - extend would append nothing when the source fails
        except BlockError:
            out.append(b"refused")
        assert out == [*(source.bytes_of(each) for each in study.instances[:first_hit]), b"refused"]


@settings(unhurried, max_examples=60)
@given(lengths_, threads_, st.data())
def test_a_store_that_fails_at_any_block_ends_the_seal(lengths: list[int], threads: int, data: Any) -> None:
    with small_format():
        source, before = Memory(lengths), threading.active_count()
        total = len(list(opened(sealed(source, store := Store()), store).cids()))
        failing, put = data.draw(st.integers(1, total)), Store()

        def fail(cid: Cid, block: bytes | memoryview) -> None:
            put.put(cid, block)
            if len(put.order) == failing:
                raise StoreError("the disk is full")

        with pytest.raises(StoreError, match="full"):
            sealed(source, Store(), put=fail, threads=threads)
        assert threading.active_count() == before
        assert all(stream.closed for stream in source.streams)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("threads", [2, 3, 6])
def test_a_source_that_fails_frees_threads_that_wait_for_a_buffer(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    class Breaking(io.BytesIO):
        reads = 0

        def readinto(self, buffer: Any) -> int:
            Breaking.reads += 1
            if Breaking.reads == 5:
                raise OSError("the disk can't be read")
            return super().readinto(buffer)

    class Broken(Memory):
        def open(self, instance: Instance) -> BinaryIO:
            self.streams.append(Breaking(self.bytes_of(instance)))
            return self.streams[-1]

    stop = DataStream._stop

    def late(stream: DataStream) -> None:
        time.sleep(0.2)  # the others leave all their chunks to the one that failed, and wait
        stop(stream)

    monkeypatch.setattr(DataStream, "_stop", late)
    before, source = threading.active_count(), Broken([CHUNK * 100])
    with small_format(), pytest.raises(OSError, match="disk"):
        sealed(source, Store(), threads=threads)
    assert threading.active_count() == before
    assert source.streams[0].closed


@pytest.mark.timeout(60)
@pytest.mark.parametrize("lengths", [[50] * 400, [3000] * 5], ids=["held", "large"])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_stream_left_in_the_middle_ends_its_threads(threads: int, lengths: list[int]) -> None:
    with small_format():
        store, before = Store(), threading.active_count()
        reader = opened(sealed(Memory(lengths), store), store)
        stream = reader.stream(threads)
        _, pieces = next(stream)
        next(pieces)
        asked = store.asked.total()
        time.sleep(0.05)
        assert store.asked.total() <= asked + SMALL["HELD"] // CHUNK, "read ahead without bound"
        stream.close()
        assert threading.active_count() == before


def test_of_a_study_with_many_leaves_few_are_kept() -> None:
    with small_format():
        store = Store()
        reader = opened(sealed(Memory([CHUNK * 7 * 30]), store), store)
        assert len(list(released(reader, 2))) == 1
        assert 1 <= len(reader._reader._leaves) <= reader._reader.LEAVES_KEPT


def released(reader: OpenStudy, threads: int) -> Iterator[bytes]:
    """The instances as they come out: streamed on so many threads, or opened one by one."""
    if threads:
        for _, pieces in reader.stream(threads):
            yield b"".join([bytes(piece) for piece in pieces])
    else:
        for instance in reader:
            yield reader.open(instance).read()
