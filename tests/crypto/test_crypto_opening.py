"""Opening: whole, in part, in threads; nothing of a failing instance comes out."""

from __future__ import annotations

import importlib
import io
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from crypto_studies import Memory, Store, opened, sealed, unhurried
from hypothesis import given
from hypothesis import strategies as st

from pixelpact.crypto import OpenStudy, StudyKey
from pixelpact.crypto.blocks import CHUNK
from pixelpact.crypto.layout import Layout
from pixelpact.crypto.opened import HELD
from pixelpact.errors import BlockError, ContentError, SealedStudyError
from pixelpact.models import RAW, Cid

LARGE = HELD + 3 * CHUNK + 17


@unhurried
@given(st.lists(st.integers(1, 3 * CHUNK), min_size=1, max_size=12))
def test_pieces_are_the_stream_once_and_in_order(lengths: list[int]) -> None:
    layout, at = Layout(lengths), 0
    for number in range(layout.chunks):
        position = 0
        for piece in layout.pieces(number):
            assert piece.start == position
            begin = number * CHUNK + piece.start
            assert piece.begins == (begin == layout.offset(piece.instance))
            assert piece.ends == (begin + piece.stop - piece.start == layout.offset(piece.instance + 1))
            assert number in layout.span(piece.instance)
            position = piece.stop
        assert position == layout.filled(number)
        at += position
    assert at == layout.length == sum(lengths)
    assert [len(layout.span(each)) for each in range(len(lengths))] == [
        sum(any(piece.instance == each for piece in layout.pieces(number)) for number in range(layout.chunks))
        for each in range(len(lengths))
    ]


@pytest.fixture(scope="module")
def mixed() -> tuple[Memory, Store, Any]:
    """Small instances around a large one."""
    source, store = Memory([400_000, 900_001, LARGE, 5, CHUNK, 300_000]), Store()
    return source, store, sealed(source, store, threads=2)


def test_ranges_are_those_of_the_instance(mixed: tuple[Memory, Store, Any]) -> None:
    source, store, study = mixed
    reader = opened(study, store)
    for instance in reader:
        whole = source.bytes_of(instance)
        for offset, length in (
            (0, 0),
            (0, 1),
            (instance.length, 0),
            (instance.length // 3, instance.length // 2),
            (max(0, instance.length - 5), min(5, instance.length)),
        ):
            assert reader.read_range(instance, offset, length) == whole[offset : offset + length]


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (0, 6), (5, 1), (6, 0)])
def test_a_range_that_leaves_the_instance_is_refused(
    mixed: tuple[Memory, Store, Any], offset: int, length: int
) -> None:
    _, store, study = mixed
    reader = opened(study, store)
    instance = next(each for each in reader if each.length == 5)
    with pytest.raises(ValueError, match="leave"):
        reader.read_range(instance, offset, length)


def test_a_large_instance_is_a_seekable_stream(mixed: tuple[Memory, Store, Any]) -> None:
    source, store, study = mixed
    reader = opened(study, store)
    instance = next(each for each in reader if each.length == LARGE)
    whole = source.bytes_of(instance)
    with reader.open(instance) as stream:
        assert stream.seekable()
        assert stream.read(10) == whole[:10]
        stream.seek(-7, io.SEEK_END)
        assert stream.read() == whole[-7:]
        assert stream.read(1) == b""
        assert stream.seek(CHUNK - 3) == stream.tell() == CHUNK - 3
        assert stream.read(9) == whole[CHUNK - 3 : CHUNK + 6]
        stream.seek(0)
        assert stream.read() == whole


def test_a_large_instance_is_not_held(mixed: tuple[Memory, Store, Any]) -> None:
    _, store, study = mixed
    reader = opened(study, store)
    instance = next(each for each in reader if each.length == LARGE)
    tracemalloc.start()
    try:
        with reader.open(instance) as stream:
            stream.read(10)
        assert tracemalloc.get_traced_memory()[1] < HELD // 2
        tracemalloc.reset_peak()
        opened(study, store).read_range(instance, 5, 10)
        assert tracemalloc.get_traced_memory()[1] < HELD // 2
    finally:
        tracemalloc.stop()


def test_one_instance_takes_root_index_one_leaf_and_its_chunks(mixed: tuple[Memory, Store, Any]) -> None:
    _, store, study = mixed
    store.asked.clear()
    reader = opened(study, store)
    assert store.asked.total() == 1 + study.index_blocks
    instance = next(each for each in reader if each.length == 300_000)
    reader.open(instance).read()
    assert store.asked.total() <= 1 + study.index_blocks + 1 + 2


def test_a_range_of_a_checked_instance_takes_its_chunks_only(mixed: tuple[Memory, Store, Any]) -> None:
    _, store, study = mixed
    reader = opened(study, store)
    instance = next(each for each in reader if each.length == LARGE)
    reader.read_range(instance, 0, 1)
    store.asked.clear()
    reader.read_range(instance, LARGE // 2, 1000)
    assert store.asked.total() <= 2


def test_neighbours_share_the_chunk_between_them(mixed: tuple[Memory, Store, Any]) -> None:
    source, store = Memory([100_000] * 30), Store()
    reader = opened(sealed(source, store), store)
    store.asked.clear()
    for instance in reader:
        reader.open(instance).read()
    assert set(store.asked.values()) == {1}


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_reading_on_while_sealing_again(mixed: tuple[Memory, Store, Any], threads: int) -> None:
    source, store, study = mixed
    reader, again = opened(study, store), Store()
    key = StudyKey.generate()
    with reader.in_order(threads) as stream:
        renewed = sealed(stream, again, key=key, threads=threads, committed=study.content_commitment)
    assert renewed.instances == study.instances
    second = opened(renewed, again, key=key)
    assert [second.open(each).read() for each in second] == [source.bytes_of(each) for each in second]


def test_in_order_means_in_order(mixed: tuple[Memory, Store, Any]) -> None:
    _, store, study = mixed
    reader = opened(study, store)
    first, second, *_ = reader
    with reader.in_order(2) as stream, pytest.raises(ValueError, match="order"):
        stream.open(second)
    with reader.in_order(2) as stream:
        stream.open(first).close()
        with pytest.raises(ValueError, match="order"):
            stream.open(first)


def test_an_instance_of_another_study_is_refused(mixed: tuple[Memory, Store, Any]) -> None:
    _, store, study = mixed
    reader = opened(study, store)
    first = next(iter(reader))
    for other in (replace(first, sop_uid="1.2"), replace(first, length=first.length + 1)):
        with pytest.raises(ValueError, match="not an instance"):
            reader.open(other)
        with pytest.raises(ValueError, match="not an instance"):
            reader.read_range(other, 0, 1)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_piece_can_not_be_used_after_the_next_was_taken(
    mixed: tuple[Memory, Store, Any], threads: int
) -> None:
    _, store, study = mixed
    kept = [piece for _, pieces in opened(study, store).stream(threads) for piece in pieces]
    for piece in kept:
        with pytest.raises(ValueError, match="released"):
            bytes(piece)


@pytest.mark.parametrize("stop_after", [0, 1, 3])
def test_a_stream_left_early_ends_its_threads(mixed: tuple[Memory, Store, Any], stop_after: int) -> None:
    _, store, study = mixed
    before = threading.active_count()
    stream = opened(study, store).stream(4)
    for _ in range(stop_after):
        next(stream)
    stream.close()
    assert threading.active_count() == before


def released(reader: OpenStudy, threads: int) -> Iterator[bytes]:
    if threads:
        for _, pieces in reader.stream(threads):
            yield b"".join([bytes(piece) for piece in pieces])
    else:
        for instance in reader:
            yield reader.open(instance).read()


def take(source: Iterable[bytes], into: list[bytes]) -> None:
    """Append what comes, also what comes before a failure."""
    for item in source:
        into.append(item)  # noqa: PERF402 - extend would append nothing when the source fails


class Lying(Store):
    """Answers with other bytes from the second time on."""

    def get(self, cid: Cid) -> bytes:
        block = super().get(cid)
        return block[:-1] + b"\x00" if cid.codec == RAW and self.asked[cid] > 1 and block[-1] else block


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_a_store_that_changes_its_mind_between_the_two_readings_is_caught(threads: int) -> None:
    source, store, got = Memory([LARGE]), Lying(), []
    reader = opened(sealed(source, store, threads=2), store)

    def parts() -> Iterator[bytes]:
        if threads:
            for _, pieces in reader.stream(threads):
                yield from map(bytes, pieces)
        else:
            with reader.open(next(iter(reader))) as stream:
                while data := stream.read(CHUNK):
                    yield data

    with pytest.raises(BlockError):
        take(parts(), got)
    assert source.bytes_of(source.instances[0]).startswith(b"".join(got))


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[int], int, Store], Any]:
    """Seals a study whose index names another digest for one instance, everything else right."""
    room = importlib.import_module("pixelpact.crypto.seal")
    plain = room._digested

    def seal(lengths: list[int], position: int, store: Store) -> Any:
        count = iter(range(len(lengths)))
        monkeypatch.setattr(
            room,
            "_digested",
            lambda each, digest: plain(each, bytes(32) if next(count) == position else digest),
        )
        return sealed(Memory(lengths), store)

    return seal


@pytest.mark.parametrize("threads", [0, 1, 2, 3])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_nothing_of_an_instance_with_another_digest_comes_out(
    forge: Callable[[list[int], int, Store], Any], position: int, threads: int
) -> None:
    store, out = Store(), []
    study = forge([500_000, LARGE, 70_000], position, store)
    reader = opened(study, store)
    with pytest.raises(ContentError):
        take(released(reader, threads), out)
    assert [len(whole) for whole in out] == [each.length for each in study.instances[:position]]
    with pytest.raises(ContentError):
        reader.read_range(study.instances[position], 0, 1)


def test_every_refusal_is_of_the_format_and_says_what_to_do() -> None:
    source, store = Memory([10]), Store()
    study = sealed(source, store)
    with pytest.raises(SealedStudyError) as refusal:
        opened(study, store, key=StudyKey.generate())
    assert refusal.value.failure_class == "header"
    assert refusal.value.exit_code == 8
    assert refusal.value.remedy
