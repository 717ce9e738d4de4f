"""Scenarios: blocks and links that are not those of the study, and what the chain names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from vector_builder import (
    BLOCK,
    Link,
    Study,
    cbor,
    literal,
    named,
)
from vector_kit import Block, Vector, text_of


def chain() -> Iterator[Vector]:
    """Not what the chain names."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "chain", [], comment)

    study, other = Study().root(), Study(epoch=1, name="b").root()
    assert study.root_block is not None
    assert other.root_block is not None
    address = text_of(study.root_block.cid())
    study.manifest = study.root_block.cid()[4:]
    study.root_block = Block(other.root_block.content, codec=0x71, address=address)
    yield refused(study, "another-root", "The store answers with the root of another study.")
    study = Study().root()
    study.key = named("attacker")
    assert study.root_block is not None
    study.manifest, address = study.root_block.cid()[4:], text_of(study.root_block.cid())
    forged = literal(cbor(study.signed(study.root_value or {})))
    study.root_block = Block(forged.content, codec=0x71, address=address)
    yield refused(
        study, "root-with-a-right-mac", "A root made anew by someone who holds a key; not the chain's."
    )
    for name, told, comment in (
        ("ctx-of-another-study", {"study-id": named("another study").hex()}, "The reader asked for another."),
        ("ctx-of-another-epoch", {"epoch": "2"}, "The chain is an epoch further."),
        ("ctx-of-another-chain-id", {"chain-id": "20260702"}, "The reader is on another chain."),
        ("ctx-of-another-genesis", {"genesis": named("fork").hex()}, "The same chain id, another genesis."),
        ("ctx-of-another-registry", {"registry": named("elsewhere")[:20].hex()}, "Another StudyRegistry."),
    ):
        study = Study()
        study.told = told
        yield refused(study, name, comment)


def block() -> Iterator[Vector]:
    """Blocks that are missing or not their CID's."""

    def refused(study: Study, name: str, comment: str, released: int = 0) -> Vector:
        return study.vector(name, "block", study.instances[:released], comment)

    def without(study: Study, which: str, position: int) -> Study:
        del getattr(study.root(), which)[position]
        return study

    study = without(Study(), "data", 1)
    yield refused(study, "data-block-missing", "The second data block is not there.", 1)
    yield refused(without(Study(), "leaf_blocks", 0), "leaf-missing", "The leaf is not there.")
    yield refused(without(Study(), "index_blocks", 0), "index-block-missing", "The index block is not there.")
    study = Study().root()
    assert study.root_block is not None
    study.manifest, study.root_block = study.root_block.cid()[4:], (study.leaf_blocks or [])[0]
    yield refused(study, "root-missing", "The root is not there.")

    def damaged(which: str, position: int, *change: str) -> Study:
        study = Study().root()
        blocks = getattr(study, which)
        old = blocks[position]
        blocks[position] = Block(old.content, old.encrypt, [change], old.codec, text_of(old.cid()))
        return study

    yield refused(damaged("data", 0, "xor", "500000", "01"), "data-bit-flipped", "A bit of the first block.")
    yield refused(
        damaged("data", 1, "xor", str(BLOCK - 1), "80"), "data-tag-bit-flipped", "A bit of a tag.", 1
    )
    yield refused(
        damaged("index_blocks", 0, "xor", "0", "01"), "index-bit-flipped", "A bit of the index block."
    )
    yield refused(damaged("leaf_blocks", 0, "xor", "45", "01"), "leaf-bit-flipped", "A bit of the leaf.")
    yield refused(damaged("data", 1, "keep", "1000"), "data-block-cut", "The second block is cut.", 1)

    def sized(*change: str) -> Study:
        study = Study().cut()
        assert study.data is not None
        study.data[1].changes.append(change)
        return study

    yield refused(sized("keep", str(BLOCK - 1)), "short-block", "A block a byte too short, its CID right.", 1)
    yield refused(sized("append", "00"), "long-block", "A block a byte too long, its CID right.", 1)


def links() -> Iterator[Vector]:
    """Links that are no CIDs of their place."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "block", [], comment)

    digest = hashlib.sha256(b"").digest()
    cids = {
        "cidv0": b"\x12\x20" + digest,
        "dag-pb": b"\x01\x70\x12\x20" + digest,
        "identity-hash": b"\x01\x55\x00\x04" + b"data",
        "sha-512": b"\x01\x55\x13\x40" + digest * 2,
        "dag-cbor": b"\x01\x71\x12\x20" + digest,
    }
    for name, cid in cids.items():
        study = Study().cut()
        assert study.data is not None
        study.leaf_blocks = [study.leaf([Link(study.data[0].cid()), Link(cid)])]
        yield refused(
            study, f"leaf-links-{name}", f"A leaf's second link is {name}, where raw and SHA-256 belong."
        )
    yield refused(
        Study().changed(data=[Link((Study().cut().data or [])[0].cid())]),
        "root-links-raw-as-leaf",
        "A link of data names a raw block.",
    )
    yield refused(
        Study().changed(index=[Link(cids["dag-cbor"])]),
        "root-links-dag-cbor-as-index",
        "A link of index names a dag-cbor block.",
    )
    yield refused(
        Study().changed(data=[Link(cids["cidv0"])]), "root-links-cidv0", "A link of data is a CIDv0."
    )
