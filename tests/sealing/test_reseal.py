"""Rotation: the same images under a new key, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pixelpact import crypto, dicom
from pixelpact.errors import BlockError, ChainMismatchError, ContentError, HeaderError, VaultError
from pixelpact.models import Cid
from pixelpact.sealing import (
    NetworkIdentity,
    SealedStudy,
    StudyKeys,
    erase_old_keys,
    mark_final,
    mark_offered,
    open_sealed,
    received,
    reseal,
    seal,
    sealed_study,
    studies,
    study_keys,
)
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Kind, Vault, study_key_id

SUBJECT = b"\x33" * 20


@pytest.fixture
def first(study: Path, vault: Vault, store: FolderStore, network: NetworkIdentity) -> SealedStudy:
    sealed = seal(dicom.scan(study), vault, store, network=network, custodian=1, subject=SUBJECT)
    mark_offered(vault, sealed)
    mark_final(vault, sealed)
    return sealed


@pytest.fixture
def rotate(vault: Vault, store: FolderStore) -> Callable[..., SealedStudy]:
    def resealing(of: SealedStudy, **changes: object) -> SealedStudy:
        arguments = {
            "epoch": of.epoch,
            "manifest_digest": of.manifest_digest,
            "content_commitment": of.content_commitment,
            **changes,
        }
        return reseal(vault, store, of.study_id, **arguments)  # type: ignore[arg-type]

    return resealing


def contents(store: FolderStore, sealed: SealedStudy, keys: StudyKeys) -> dict[str, bytes]:
    opened = open_sealed(
        store,
        keys,
        custodian=sealed.custodian,
        context=sealed.context,
        manifest_digest=sealed.manifest_digest,
        content_commitment=sealed.content_commitment,
    )
    return {instance.sop_uid: b"".join(pieces) for instance, pieces in received(opened, threads=2)}


@pytest.fixture
def originals(study: Path, files_of: Callable[[dicom.DicomStudy], dict[str, bytes]]) -> dict[str, bytes]:
    return files_of(dicom.scan(study))


@pytest.mark.parametrize("threads", [1, 2])
def test_the_new_epoch_has_the_same_images_under_another_key(
    study: Path,
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    rotate: Callable[..., SealedStudy],
    stored: Callable[[], set[Cid]],
    threads: int,
    originals: dict[str, bytes],
):
    old_keys = study_keys(vault, first.study_id, 1, first.manifest_digest)

    second = rotate(first, threads=threads)

    new_keys = study_keys(vault, first.study_id, 2, second.manifest_digest)
    assert second == replace(first, epoch=2, manifest_digest=second.manifest_digest)
    assert second.manifest_digest != first.manifest_digest
    assert new_keys.key != old_keys.key
    assert new_keys.secret == old_keys.secret
    assert contents(store, second, new_keys) == contents(store, first, old_keys) == originals
    cids = [set(crypto.list_cids(each.manifest_digest, store.get)) for each in (first, second)]
    assert not cids[0] & cids[1]
    assert stored() == cids[0] | cids[1]
    assert store.pins() == {first.root, second.root}
    with pytest.raises(HeaderError):
        contents(store, second, old_keys)
    with pytest.raises(ChainMismatchError):
        contents(store, replace(second, epoch=1), new_keys)


def test_until_it_is_final_the_old_epoch_counts(
    first: SealedStudy, vault: Vault, rotate: Callable[..., SealedStudy]
):
    second = rotate(first)
    assert studies(vault) == [first]
    mark_offered(vault, second)
    assert studies(vault) == [first]
    mark_final(vault, second)
    assert studies(vault) == [second]
    assert sealed_study(vault, first.study_id, 1) == first


def test_called_again_it_is_the_same(
    first: SealedStudy, vault: Vault, rotate: Callable[..., SealedStudy], stored: Callable[[], set[Cid]]
):
    second = rotate(first)
    before = stored()
    assert rotate(first) == second
    mark_offered(vault, second)
    assert rotate(first) == second
    mark_final(vault, second)
    erase_old_keys(vault, first.study_id)
    assert rotate(first) == second
    assert stored() == before


def test_exchanged_images_end_the_rotation_before_anything_is_pinned(
    study: Path,
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    rotate: Callable[..., SealedStudy],
    stored: Callable[[], set[Cid]],
    change: Callable[[Path], None],
):
    before = stored()
    change(study)

    with pytest.raises(ContentError, match="not the one that was registered"):
        rotate(first, source=dicom.scan(study))

    assert stored() == before
    assert store.pins() == {first.root}
    with pytest.raises(VaultError, match="no epoch 2 of this study"):
        sealed_study(vault, first.study_id, 2)
    assert vault.get(Kind.STUDY_KEY, study_key_id(first.study_id, 2))["manifest_digest"] is None
    assert rotate(first).epoch == 2


def test_another_commitment_on_the_chain_ends_it_too(
    first: SealedStudy, store: FolderStore, rotate: Callable[..., SealedStudy], stored: Callable[[], set[Cid]]
):
    before = stored()
    with pytest.raises(ContentError):
        rotate(first, content_commitment=b"\x55" * 32)
    assert stored() == before


def test_the_originals_replace_lost_blocks(
    study: Path,
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    rotate: Callable[..., SealedStudy],
    originals: dict[str, bytes],
):
    store.unpin(first.root)
    store.collect()
    with pytest.raises(BlockError, match="missing"):
        rotate(first)

    second = rotate(first, source=dicom.scan(study))

    keys = study_keys(vault, first.study_id, 2, second.manifest_digest)
    assert contents(store, second, keys) == originals


def test_a_vault_behind_the_chain_does_not_rotate(
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    unlock: KeyFile,
    rotate: Callable[..., SealedStudy],
    tmp_path: Path,
    stored: Callable[[], set[Cid]],
):
    shutil.copytree(vault.folder, tmp_path / "copy")
    second = rotate(first)
    mark_offered(vault, second)
    mark_final(vault, second)
    before = stored()

    with (
        Vault.open(tmp_path / "copy", unlock) as old,
        pytest.raises(VaultError, match="does not fit the chain"),
    ):
        reseal(
            old,
            store,
            first.study_id,
            epoch=2,
            manifest_digest=second.manifest_digest,
            content_commitment=second.content_commitment,
        )
    with pytest.raises(VaultError, match="did not make"):
        rotate(first, manifest_digest=b"\x66" * 32)
    assert stored() == before


def test_a_lost_new_epoch_is_made_anew_until_it_is_offered(
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    rotate: Callable[..., SealedStudy],
    stored: Callable[[], set[Cid]],
):
    second = rotate(first)
    store.unpin(second.root)
    store.collect()

    third = rotate(first)

    assert third.epoch == 2
    assert third.manifest_digest != second.manifest_digest
    assert store.pins() == {first.root, third.root}
    with pytest.raises(VaultError, match="is not what the vault has"):
        mark_offered(vault, second)


def test_no_image_lies_on_the_disk_in_between(
    study: Path,
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    rotate: Callable[..., SealedStudy],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    originals: dict[str, bytes],
    telling: Callable[[bytes], bytes],
):
    images = [telling(content) for content in originals.values()]
    shutil.rmtree(study)
    lying: list[str] = []
    put = FolderStore.put

    def put_and_look(self: FolderStore, *arguments: object) -> object:
        for path in filter(Path.is_file, tmp_path.rglob("*")):
            content = path.read_bytes()
            lying.extend(path.name for image in images if image in content)
        return put(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(FolderStore, "put", put_and_look)
    rotate(first)

    assert lying == []


def test_the_old_key_is_destroyed_when_the_rotation_is_final(
    first: SealedStudy, vault: Vault, rotate: Callable[..., SealedStudy]
):
    key = vault.get(Kind.STUDY_KEY, study_key_id(first.study_id, 1))["key"]
    second = rotate(first)
    assert erase_old_keys(vault, first.study_id) == ()
    mark_offered(vault, second)
    assert erase_old_keys(vault, first.study_id) == ()
    mark_final(vault, second)

    assert erase_old_keys(vault, first.study_id) == (1,)

    with pytest.raises(VaultError, match="was destroyed"):
        study_keys(vault, first.study_id, 1, first.manifest_digest)
    assert study_keys(vault, first.study_id, 2, second.manifest_digest).key != crypto.StudyKey(key)
    assert erase_old_keys(vault, first.study_id) == ()


def test_epoch_after_epoch(
    study: Path,
    first: SealedStudy,
    vault: Vault,
    store: FolderStore,
    rotate: Callable[..., SealedStudy],
    originals: dict[str, bytes],
):
    sealed = first
    for epoch in (2, 3, 4):
        sealed = rotate(sealed)
        mark_offered(vault, sealed)
        mark_final(vault, sealed)
        assert sealed.epoch == epoch
    assert erase_old_keys(vault, first.study_id) == (1, 2, 3)
    keys = study_keys(vault, first.study_id, 4, sealed.manifest_digest)
    assert contents(store, sealed, keys) == originals
