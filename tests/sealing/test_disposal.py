"""Disposing of an old epoch: nothing of it is left, or it is said what and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pixelpact import crypto, dicom
from pixelpact.errors import BlockError, InputError, StoreError
from pixelpact.models import DAG_CBOR, RAW, Cid
from pixelpact.sealing import (
    NetworkIdentity,
    SealedStudy,
    dispose,
    mark_final,
    mark_offered,
    reseal,
    seal,
)
from pixelpact.storage import FolderStore, MemoryStore
from pixelpact.storage.blocks import links
from pixelpact.vault import Vault


@pytest.fixture
def epochs(
    study: Path, vault: Vault, store: FolderStore, network: NetworkIdentity
) -> tuple[SealedStudy, SealedStudy]:
    """Two epochs of a study, the second made but not offered to the chain."""
    first = seal(dicom.scan(study), vault, store, network=network, custodian=1, subject=b"\x33" * 20)
    mark_offered(vault, first)
    mark_final(vault, first)
    second = reseal(
        vault,
        store,
        first.study_id,
        epoch=1,
        manifest_digest=first.manifest_digest,
        content_commitment=first.content_commitment,
    )
    return first, second


@pytest.fixture
def rotated(epochs: tuple[SealedStudy, SealedStudy], vault: Vault) -> tuple[SealedStudy, SealedStudy]:
    mark_offered(vault, epochs[1])
    mark_final(vault, epochs[1])
    return epochs


def cids_of(store: FolderStore, sealed: SealedStudy) -> set[Cid]:
    return set(crypto.list_cids(sealed.manifest_digest, store.get))


def test_every_block_of_the_old_epoch_is_gone(
    rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore, stored: Callable[[], set[Cid]]
):
    first, second = rotated
    old, new = cids_of(store, first), cids_of(store, second)

    report = dispose(vault, {"node one": store}, first.study_id, epoch=1)

    assert stored() == new
    assert store.pins() == {second.root}
    assert store.present(old) == ()
    assert (report.study_id, report.epoch, report.manifest_digest) == (
        first.study_id,
        1,
        first.manifest_digest,
    )
    assert report.listed == report.blocks == len(old)
    assert report.blocks_digest == hashlib.sha256(b"".join(map(bytes, sorted(old)))).digest()
    assert [(node.node, node.absent, node.kept) for node in report.nodes] == [("node one", len(old), ())]
    assert vault.pending() == []


def test_the_report_says_what_is_proven_and_what_is_attested(
    rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore
):
    report = dispose(vault, {"node": store}, rotated[0].study_id, epoch=1)

    content = json.loads(report.text)
    assert report.digest == hashlib.sha256(report.text.encode()).digest()
    assert report.text == json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert content["manifest_digest"] == rotated[0].manifest_digest.hex()
    assert content["absent"] == content["listed"] == report.blocks
    assert {"proven", "attested", "not covered"} <= content.keys()
    assert rotated[0].study_uid not in report.text


def test_called_again_the_report_is_the_same(
    rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore
):
    first = dispose(vault, {"node": store}, rotated[0].study_id, epoch=1)
    assert dispose(vault, {"node": store}, rotated[0].study_id, epoch=1) == first


@pytest.mark.parametrize("epoch", [0, 1, 2, 3])
def test_what_the_chain_may_still_name_is_not_disposed_of(
    epochs: tuple[SealedStudy, SealedStudy],
    vault: Vault,
    store: FolderStore,
    stored: Callable[[], set[Cid]],
    epoch: int,
):
    before = stored()
    with pytest.raises(InputError, match=f"Epoch {epoch} of the study can't be disposed of"):
        dispose(vault, {"node": store}, epochs[0].study_id, epoch=epoch)
    mark_offered(vault, epochs[1])
    with pytest.raises(InputError, match="the chain names epoch 1"):
        dispose(vault, {"node": store}, epochs[0].study_id, epoch=epoch)
    assert stored() == before
    assert store.pins() == {epochs[0].root, epochs[1].root}


def test_the_present_epoch_is_not_disposed_of(
    rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore
):
    with pytest.raises(InputError, match="the chain names epoch 2"):
        dispose(vault, {"node": store}, rotated[0].study_id, epoch=2)


def test_a_block_that_another_pin_reaches_is_reported_as_kept(
    rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore
):
    first, _ = rotated
    leaf = next(cid for cid in cids_of(store, first) if cid.codec == DAG_CBOR and cid != first.root)
    kept = {leaf, *crypto_links(store, leaf)}
    store.pin(leaf)

    report = dispose(vault, {"node": store}, first.study_id, epoch=1)

    assert set(report.nodes[0].kept) == {str(cid) for cid in kept}
    assert report.nodes[0].absent == report.blocks == report.listed - len(kept)
    assert json.loads(report.text)["nodes"][0]["kept"] == list(report.nodes[0].kept)


def crypto_links(store: FolderStore, leaf: Cid) -> set[Cid]:
    return set(links(leaf, store.get(leaf)))


def test_every_node_is_swept(rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore):
    first, _ = rotated
    second_node = MemoryStore()
    old = cids_of(store, first)
    for cid in sorted(old, key=lambda each: each.codec == DAG_CBOR):
        second_node.put(store.get(cid), cid.codec)
    second_node.pin(first.root)

    report = dispose(vault, {"one": store, "two": second_node}, first.study_id, epoch=1)

    assert [(node.node, node.absent) for node in report.nodes] == [("one", len(old)), ("two", len(old))]
    assert second_node.present(old) == ()


def test_a_node_that_keeps_blocks_is_named(
    rotated: tuple[SealedStudy, SealedStudy],
    vault: Vault,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
):
    first, _ = rotated
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "collect", lambda _: ())
        with pytest.raises(StoreError, match=f"The node one still has {first.blocks} blocks"):
            dispose(vault, {"one": store}, first.study_id, epoch=1)
    assert [pending.step for pending in vault.pending()] == ["listed"]

    assert dispose(vault, {"one": store}, first.study_id, epoch=1).blocks == first.blocks


def test_an_interrupted_sweep_still_knows_all_blocks(
    rotated: tuple[SealedStudy, SealedStudy],
    vault: Vault,
    store: FolderStore,
    monkeypatch: pytest.MonkeyPatch,
):
    first, _ = rotated
    old = cids_of(store, first)

    def root_first(self: FolderStore) -> None:
        self.path(first.root).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "collect", root_first)
        with pytest.raises(KeyboardInterrupt):
            dispose(vault, {"node": store}, first.study_id, epoch=1)
    assert not store.has(first.root)

    report = dispose(vault, {"node": store}, first.study_id, epoch=1)

    assert report.blocks == len(old)
    assert store.present(old) == ()


def test_a_list_that_can_not_be_had_is_said_so(
    rotated: tuple[SealedStudy, SealedStudy], vault: Vault, store: FolderStore
):
    with pytest.raises(InputError, match="No node was named"):
        dispose(vault, {}, rotated[0].study_id, epoch=1)
    with pytest.raises(BlockError):
        dispose(vault, {"empty": MemoryStore()}, rotated[0].study_id, epoch=1)
    assert dispose(vault, {"empty": MemoryStore(), "node": store}, rotated[0].study_id, epoch=1).listed == 4


def test_other_studies_are_left_alone(
    rotated: tuple[SealedStudy, SealedStudy],
    vault: Vault,
    store: FolderStore,
    network: NetworkIdentity,
    enlarged: Callable[[int], Path],
):
    other = seal(dicom.scan(enlarged(3)), vault, store, network=network, custodian=1, subject=b"\x33" * 20)
    envelope = store.put(b"an envelope", RAW)
    store.pin(envelope)

    dispose(vault, {"node": store}, rotated[0].study_id, epoch=1)

    assert len(store.present(cids_of(store, other))) == other.blocks
    assert store.has(envelope)
