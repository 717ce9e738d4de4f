"""The links of a block, against dag-cbor as an independent reader."""

from __future__ import annotations

from typing import Any

import dag_cbor
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multiformats import CID

from pixelpact.errors import EncodingError
from pixelpact.models import DAG_CBOR, RAW, Cid
from pixelpact.storage.blocks import links, reachable

cids = st.builds(
    lambda codec, seed: Cid.of(codec, bytes([seed])), st.sampled_from([RAW, DAG_CBOR]), st.integers(0, 20)
)
# Byte strings that look like a CID, or hold what looks like a whole link, beside real links.
lookalikes = (
    cids.map(bytes) | cids.map(lambda cid: b"\xd8\x2a\x58\x25\x00" + bytes(cid)) | st.binary(max_size=40)
)
values = st.recursive(
    cids.map(lambda cid: CID.decode(bytes(cid)))
    | lookalikes
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=25,
)


def linked(value: Any) -> set[Cid]:
    if isinstance(value, CID):
        return {Cid.from_bytes(bytes(value))}
    if isinstance(value, dict):
        return set().union(*map(linked, value.values()))
    return set().union(*map(linked, value)) if isinstance(value, list) else set()


def strings(value: Any) -> set[bytes]:
    if isinstance(value, bytes):
        return {value}
    if isinstance(value, dict):
        return set().union(*map(strings, value.values()))
    return set().union(*map(strings, value)) if isinstance(value, list) else set()


@given(values)
def test_no_link_is_missed_and_hardly_anything_else_taken_for_one(value: Any):
    data = dag_cbor.encode(value)
    found = set(links(Cid.of(DAG_CBOR, data), data))
    assert found >= linked(value)
    # A byte string is taken for a link only where the block holds that very link's bytes as well.
    assert {bytes(cid) for cid in found - linked(value)} <= {
        text
        for text in strings(value)
        if any(b"\x2a\x58\x25\x00" + text in other for other in strings(value))
    }


@pytest.mark.parametrize(
    "tag",
    [
        b"\xd8\x2a\x58\x25",
        b"\xd9\x00\x2a\x58\x25",
        b"\xda\x00\x00\x00\x2a\x59\x00\x25",
        b"\xdb" + bytes(7) + b"\x2a\x5a\x00\x00\x00\x25",
        b"\xd8\x2a\x5b" + bytes(7) + b"\x25",
    ],
)
def test_a_link_is_followed_however_long_its_numbers_are_written(tag: bytes):
    cid = Cid.of(RAW, b"x")
    data = tag + b"\x00" + bytes(cid)
    assert links(Cid.of(DAG_CBOR, data), data) == (cid,)


def test_a_foreign_link_is_refused_however_it_is_written():
    data = b"\xd9\x00\x2a\x59\x00\x23\x00\x12\x20" + bytes(32)
    with pytest.raises(EncodingError, match="links to something other"):
        links(Cid.of(DAG_CBOR, data), data)


def test_a_raw_block_links_to_nothing():
    data = dag_cbor.encode([CID.decode(bytes(Cid.of(RAW, b"x")))])
    assert links(Cid.of(RAW, data), data) == ()


def test_a_chain_of_two_thousand_blocks_is_followed_to_its_end():
    blocks: dict[Cid, bytes] = {}
    cid = Cid.of(RAW, b"end")
    for _ in range(2_000):
        data = dag_cbor.encode([CID.decode(bytes(cid))])
        cid = Cid.of(DAG_CBOR, data)
        blocks[cid] = data
    assert len(reachable(cid, blocks.__getitem__)) == 2_001
