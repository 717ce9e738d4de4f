"""The canonical encoder and the CIDs against the libraries for them."""

from __future__ import annotations

from typing import Any

import aleph_cid
import dag_cbor
import libipld
import pytest
from crypto_studies import unhurried
from hypothesis import given
from hypothesis import strategies as st
from multiformats import CID, multihash

from pixelpact.crypto import dagcbor
from pixelpact.crypto.index import MAX_INSTANCES, MAX_SETS, Index, _Content, _Entry, _Set
from pixelpact.crypto.root import Root, decode_leaf, encode_leaf
from pixelpact.errors import EncodingError, LimitError, SchemaError, SealedStudyError
from pixelpact.models import DAG_CBOR, INSTANCE_ATTRIBUTES, RAW, SERIES_ATTRIBUTES, Cid, Instance

digests = st.binary(min_size=32, max_size=32)
codes = st.sampled_from([RAW, DAG_CBOR])
texts = st.text(st.characters(exclude_categories=["Cs"]))


def linked(cid: Cid) -> CID:
    """The same CID as multiformats has it."""
    return CID("base32", 1, {RAW: "raw", DAG_CBOR: "dag-cbor"}[cid.codec], ("sha2-256", cid.digest))


@unhurried
@given(st.integers(-(2**64), 2**64 - 1))
def test_integers_are_those_of_the_libraries(value: int) -> None:
    assert dagcbor.integer(value) == dag_cbor.encode(value) == libipld.encode_dag_cbor(value)


@pytest.mark.parametrize("value", [23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1])
def test_integers_at_the_borders_of_their_heads(value: int) -> None:
    assert dagcbor.integer(value) == dag_cbor.encode(value)
    assert dagcbor.integer(-1 - value) == dag_cbor.encode(-1 - value)


@unhurried
@given(st.binary(max_size=300))
def test_byte_strings_are_those_of_the_library(value: bytes) -> None:
    assert dagcbor.byte_string(value) == dag_cbor.encode(value)


@unhurried
@given(st.dictionaries(texts, texts | st.integers(-(2**63), 2**63 - 1)))
def test_maps_are_those_of_the_libraries(value: dict[str, Any]) -> None:
    assert dagcbor.text_map(value) == dag_cbor.encode(value) == libipld.encode_dag_cbor(value)


@unhurried
@given(codes, digests)
def test_links_are_those_of_the_libraries(codec: int, digest: bytes) -> None:
    cid = Cid(codec, digest)
    assert dagcbor.link(bytes(cid)) == dag_cbor.encode(linked(cid))
    assert libipld.decode_dag_cbor(dagcbor.link(bytes(cid))) == bytes(cid)


@unhurried
@given(codes, st.binary(max_size=2000))
def test_cids_are_those_of_multiformats(codec: int, data: bytes) -> None:
    cid = Cid.of(codec, data)
    other = CID("base32", 1, {RAW: "raw", DAG_CBOR: "dag-cbor"}[codec], multihash.digest(data, "sha2-256"))
    assert (str(cid), bytes(cid)) == (str(other), bytes(other))
    assert Cid.parse(str(other)) == Cid.from_bytes(bytes(other)) == cid


@unhurried
@given(st.binary(max_size=100_000))
def test_cids_of_raw_blocks_are_those_that_kubo_computes(data: bytes) -> None:
    hasher = aleph_cid.CidHasher.for_ipfs_v1_raw_leaves()
    hasher.update(data)
    assert str(Cid.of(RAW, data)) == hasher.finalize()


roots = st.builds(
    Root,
    ctx=digests,
    salt=digests | digests.map(lambda digest: b"\x01\x55\x00\x1c" + digest[:28]),
    data=st.lists(digests.map(lambda digest: Cid(DAG_CBOR, digest)), min_size=1, max_size=5).map(tuple),
    index=st.lists(digests.map(lambda digest: Cid(RAW, digest)), min_size=1, max_size=40).map(tuple),
    chunks=st.just(0),
    mac=digests,
).map(lambda root: Root(root.ctx, root.salt, root.data, root.index, len(root.data) * 8192 - 5, root.mac))


@unhurried
@given(roots)
def test_roots_are_those_of_the_library_and_come_back(root: Root) -> None:
    value = {
        "v": 1,
        "suite": 1,
        "ctx": root.ctx,
        "mac": root.mac,
        "salt": root.salt,
        "chunks": root.chunks,
        "data": [linked(cid) for cid in root.data],
        "index": [linked(cid) for cid in root.index],
    }
    assert root.encode() == dag_cbor.encode(value)
    assert Root.decode(root.encode()) == root


@unhurried
@given(st.lists(digests, min_size=1, max_size=60))
def test_leaves_are_those_of_the_library_and_come_back(links: list[bytes]) -> None:
    assert encode_leaf(links) == dag_cbor.encode([linked(Cid(RAW, digest)) for digest in links])
    assert decode_leaf(encode_leaf(links), len(links)) == links


def attributes(allowed: Any) -> st.SearchStrategy[dict[str, Any]]:
    values = {
        str: texts.filter(lambda text: len(text.encode()) <= 1024),
        int: st.integers(-(2**63), 2**63 - 1),
    }
    return st.fixed_dictionaries({}, optional={name: values[kind] for name, kind in allowed.items()})


@st.composite
def indices(draw: st.DrawFn) -> Index:
    """Indices of up to three series."""
    instances = []
    for series in range(draw(st.integers(1, 3))):
        shared = draw(attributes(SERIES_ATTRIBUTES))
        instances += [
            Instance(
                sop_uid=f"1.{series}.{number}",
                series_uid=f"2.{series}",
                class_uid="1.2",
                length=draw(st.integers(1, 10**6)),
                attributes=draw(attributes(INSTANCE_ATTRIBUTES)),
                series_attributes=shared,
                digest=draw(digests),
            )
            for number in range(draw(st.integers(1, 4)))
        ]
    return Index("1.2.3", tuple(instances), sum(instance.length for instance in instances))


@unhurried
@given(indices())
def test_indices_are_those_of_the_libraries_and_come_back(index: Index) -> None:
    index.check()
    sets = list(dict.fromkeys((each.series_uid, each.class_uid) for each in index.instances))
    shared = {(each.series_uid, each.class_uid): dict(each.series_attributes) for each in index.instances}
    rows = [
        [
            each.sop_uid,
            sets.index((each.series_uid, each.class_uid)),
            each.length,
            each.digest,
            dict(each.attributes),
        ]
        for each in index.instances
    ]
    value = {
        "v": 1,
        "len": index.length,
        "inst": rows,
        "sets": [[*names, shared[names]] for names in sets],
        "study": "1.2.3",
    }
    assert index.encode() == dag_cbor.encode(value)
    assert libipld.decode_dag_cbor(index.encode()) == value
    assert Index.decode(index.encode(), -(-index.length // 1_048_560)) == index


@unhurried
@given(st.binary(max_size=300))
def test_what_is_no_root_is_refused_and_nothing_else_happens(data: bytes) -> None:
    for decode in (Root.decode, lambda block: decode_leaf(block, 1), lambda block: Index.decode(block, 1)):
        with pytest.raises((EncodingError, SchemaError, LimitError)):
            decode(data)


@unhurried
@given(roots, st.data())
def test_a_root_with_any_byte_changed_is_another_or_is_refused(root: Root, data: st.DataObject) -> None:
    block = bytearray(root.encode())
    position = data.draw(st.integers(0, len(block) - 1))
    block[position] ^= data.draw(st.integers(1, 255))
    try:
        other = Root.decode(bytes(block))
    except SealedStudyError:
        return  # one of the format's classes, and nothing else
    assert other != root
    assert other.encode() == block


@pytest.mark.parametrize(("sets", "entries"), [(MAX_SETS + 1, 1), (1, MAX_INSTANCES + 1), (0, 1), (1, 0)])
def test_an_index_has_so_many_series_and_instances_and_no_more(sets: int, entries: int) -> None:
    row, entry = _Set("1.1", "1.2", {}), _Entry("1.3", 0, 1, bytes(32), {})
    _Content("1", 1, [row], [entry]).check_sizes()
    with pytest.raises(LimitError):
        _Content("1", max(1, entries), [row] * sets, [entry] * entries).check_sizes()


def test_what_libipld_lets_pass_is_refused_here() -> None:
    assert libipld.decode_dag_cbor(b"\x18\x01") == 1
    root = Root(
        bytes(32), bytes(32), (Cid(DAG_CBOR, bytes(32)),), (Cid(RAW, bytes(32)),), 1, bytes(32)
    ).encode()
    longer = root.removesuffix(b"\x01") + b"\x18\x01"
    assert libipld.decode_dag_cbor(longer) == libipld.decode_dag_cbor(root)
    with pytest.raises(EncodingError):
        Root.decode(longer)
