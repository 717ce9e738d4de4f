"""Batches: the trees that another library makes, and what the contract takes and computes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from chain_engines import Consortium
from chain_story import some_directive
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.chain import CONTRACTS, Account, Batch, Chain, CommitmentKind, Network, Scope, batches, eip712
from pixelpact.errors import InputError
from pixelpact.models import Evidence
from pixelpact.policy import Reason

# Made by StandardMerkleTree of multiproof 0.1.10, whose trees are those of OpenZeppelin's merkle-tree, over
# the leaves' values with the types of `leafOf`.
TREES = json.loads((Path(__file__).parent / "batch_trees.json").read_text("utf-8"))
NETWORK = Network(
    "made up",
    TREES["chain_id"],
    b"\x22" * 32,
    1,
    30,
    "http://127.0.0.1:1",
    {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, start=1)}
    | {"ConsentRegistry": bytes.fromhex(TREES["contract"][2:])},
)
LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)


def leaves_of(count: int) -> list[bytes]:
    digests = [hashlib.sha256(f"{count}/{each}".encode()).digest() for each in range(count)]
    return [
        batches.leaf_of(NETWORK, TREES["poster"], digest[:20], hashlib.sha256(digest).digest())
        for digest in digests
    ]


@pytest.mark.parametrize("tree", TREES["trees"], ids=lambda tree: tree["count"])
def test_roots_and_paths_are_those_of_another_library(tree: dict[str, Any]):
    leaves = leaves_of(tree["count"])
    batch = Batch.of(leaves)
    assert "0x" + batch.root.hex() == tree["root"]
    for place, path in tree["paths"].items():
        assert ["0x" + each.hex() for each in batch.path(leaves[int(place)])] == path


@settings(max_examples=100, deadline=None)
@given(leaves=LEAVES, seed=st.randoms())
def test_every_leaf_leads_to_the_root_whatever_the_order(leaves: list[bytes], seed: Any):
    batch = Batch.of(leaves)
    for leaf in leaves:
        batches.check_path(batch.root, leaf, batch.path(leaf))
        assert len(batch.path(leaf)) <= max(0, (len(leaves) - 1).bit_length())
    seed.shuffle(leaves)
    assert Batch.of(leaves).root == batch.root


@settings(max_examples=100, deadline=None)
@given(leaves=LEAVES, other=st.binary(min_size=32, max_size=32), place=st.integers(0, 39))
def test_nothing_else_leads_to_the_root(leaves: list[bytes], other: bytes, place: int):
    batch, leaf = Batch.of(leaves), leaves[place % len(leaves)]
    path = batch.path(leaf)
    wrong = [(other, path)] if other not in leaves else []
    wrong += [(leaf, path[:-1])] if path else []
    wrong += [(leaf, (*path, other))]
    wrong += [(leaf, (*path[:-1], bytes(32)))] if path and path[-1] != bytes(32) else []
    for strange, beside in wrong:
        with pytest.raises(InputError, match="not in this batch"):
            batches.check_path(batch.root, strange, beside)


def test_a_path_longer_than_the_contract_takes_is_none():
    leaf = root = b"\1" * 32
    path = [b"\2" * 32] * 33
    for beside in path:
        root = Batch.of([root, beside]).root
    with pytest.raises(InputError, match="not in this batch"):
        batches.check_path(root, leaf, tuple(path))


def test_no_consent_stands_in_a_batch_twice_and_none_is_no_batch():
    for leaves, why in (([], "there is none"), ([b"\1" * 32, b"\1" * 32], "stands in it twice")):
        with pytest.raises(InputError, match=why):
            Batch.of(leaves)
    with pytest.raises(KeyError):
        Batch.of([b"\1" * 32]).path(b"\2" * 32)


# As the contract has it


def test_a_leaf_is_the_contracts(hospital: Chain):
    patient, number = Account.generate().address, b"\7" * 32
    assert batches.leaf_of(hospital.network, 9, patient, number) == hospital.consents.leaf_of(
        9, patient, number
    )


def test_the_contract_takes_each_consent_of_a_batch_and_no_other(embedded_consortium: Consortium):
    hospital = Chain.connect(embedded_consortium.network, embedded_consortium.a)
    network, patient = hospital.network, Account.generate()
    directives = [some_directive(patient, bytes(32), hospital) for _ in range(7)]
    numbers = [eip712.struct_hash(directive) for directive in directives]
    leaves = [batches.leaf_of(network, 1, patient.address, number) for number in numbers]
    batch = Batch.of(leaves)
    scope = Scope(1, (), b"\1" * 32, 2)

    def standing(place: int, path: tuple[bytes, ...], signature: bytes) -> tuple[int, int, int]:
        shown = Evidence(1, batch.root, path, 0, signature)
        found = hospital.consents.standing(patient.address, numbers[place], scope, shown)
        return found.kind, found.recorded_at, found.flaw

    signatures = [eip712.sign(patient, network, directive) for directive in directives]
    assert standing(0, batch.path(leaves[0]), signatures[0]) == (CommitmentKind.NONE, 0, 0)
    at = hospital.transact(hospital.consents.anchor(batch.root)).timestamp
    for place, leaf in enumerate(leaves):
        good = (CommitmentKind.SIGNED, at, 0)
        assert standing(place, batch.path(leaf), signatures[place]) == good
        beside = (place + 1) % len(leaves)
        for path, signature in (
            (batch.path(leaves[beside]), signatures[place]),
            (batch.path(leaf), signatures[beside]),
            (batch.path(leaf), eip712.sign(Account.generate(), network, directives[place])),
        ):
            bad = (CommitmentKind.NONE, 0, Reason.EVIDENCE_INVALID)
            assert standing(place, path, signature) == bad
