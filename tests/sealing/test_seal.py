"""Sealing for the first time, again, and after something changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pixelpact import crypto, dicom
from pixelpact.errors import BlockError, InputError, StoreError, VaultError
from pixelpact.models import RAW, Cid
from pixelpact.sealing import (
    NetworkIdentity,
    SealedStudy,
    mark_final,
    mark_offered,
    seal,
    sealed_study,
    studies,
    study_keys,
)
from pixelpact.storage import FolderStore
from pixelpact.storage.blocks import links
from pixelpact.vault import Kind, Pending, Vault, study_key_id

SUBJECT = b"\x33" * 20


@pytest.fixture
def seal_it(vault: Vault, store: FolderStore, network: NetworkIdentity) -> Callable[[Path], SealedStudy]:
    def sealing(folder: Path) -> SealedStudy:
        return seal(dicom.scan(folder), vault, store, network=network, custodian=1, subject=SUBJECT)

    return sealing


def everything(store: FolderStore, sealed: SealedStudy) -> set[Cid]:
    return set(crypto.list_cids(sealed.manifest_digest, store.get))


def test_a_sealed_study_is_ready_to_register(
    study: Path,
    vault: Vault,
    store: FolderStore,
    network: NetworkIdentity,
    seal_it: Callable[[Path], SealedStudy],
    stored: Callable[[], set[Cid]],
):
    source = dicom.scan(study)

    sealed = seal_it(study)

    keys = study_keys(vault, sealed.study_id, 1, sealed.manifest_digest)
    assert sealed.local_id == crypto.local_id(keys.secret, 1, source.study_uid)
    assert sealed.study_id == crypto.study_id(1, sealed.local_id)
    assert sealed.context == network.context(sealed.study_id, 1)
    assert (sealed.epoch, sealed.custodian, sealed.subject) == (1, 1, SUBJECT)
    assert (sealed.modalities, sealed.instances, sealed.length) == (("US",), 2, source.length)
    assert store.pins() == {sealed.root}
    assert stored() == everything(store, sealed)
    assert len(stored()) == sealed.blocks
    assert vault.pending() == []
    assert studies(vault) == [sealed]
    assert sealed_study(vault, sealed.study_id, 1) == sealed


def test_the_uid_is_in_no_file_and_no_repr(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    telling: Callable[[bytes], bytes],
):
    sealed = seal_it(study)
    uid = dicom.scan(study).study_uid

    assert sealed.study_uid == uid
    assert uid not in repr(sealed)
    keys = study_keys(vault, sealed.study_id, 1, sealed.manifest_digest)
    assert repr(keys) == "StudyKeys(key=StudyKey(hidden), secret=StudySecret(hidden))"
    image = telling(max(study.iterdir()).read_bytes())
    for folder in (vault.folder, store.folder):
        for path in filter(Path.is_file, folder.rglob("*")):
            content = path.read_bytes()
            for secret in (uid.encode(), bytes(keys.key), bytes(keys.secret), image):
                assert secret not in content
            assert uid not in path.name


def test_the_secrets_are_in_the_vault_before_any_block_is_stored(
    study: Path,
    vault: Vault,
    network: NetworkIdentity,
    tmp_path: Path,
    seal_it: Callable[[Path], SealedStudy],
    store: FolderStore,
):
    class Full(FolderStore):
        def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
            assert [pending.step for pending in vault.pending()] == ["secrets"]
            assert len(vault.ids(Kind.STUDY_SECRET)) == len(vault.ids(Kind.STUDY_KEY)) == 1
            raise StoreError("The block store is full")

    with pytest.raises(StoreError, match="full"):
        seal(dicom.scan(study), vault, Full(tmp_path / "full"), network=network, custodian=1, subject=SUBJECT)
    (secret,) = vault.ids(Kind.STUDY_SECRET)
    assert vault.ids(Kind.STUDY) == []

    assert seal_it(study).study_id.hex() == secret


def test_sealed_again_it_is_the_same(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    stored: Callable[[], set[Cid]],
):
    sealed = seal_it(study)
    before = stored()

    assert seal_it(study) == sealed
    assert stored() == before
    assert vault.pending() == []
    mark_offered(vault, sealed)
    assert seal_it(study) == sealed
    mark_final(vault, sealed)
    assert seal_it(study) == sealed


@pytest.mark.parametrize("which", ["leaf", "root"])
def test_a_registered_study_whose_blocks_are_lost_is_not_called_sealed(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    which: str,
):
    sealed = seal_it(study)
    mark_offered(vault, sealed)
    lost = (
        sealed.root
        if which == "root"
        else max(everything(store, sealed) - {sealed.root}, key=lambda cid: cid)
    )
    content = store.path(lost).read_bytes()
    store.path(lost).unlink()

    with pytest.raises(StoreError, match=r"epoch 1 of it is not whole .*missing.*pixelpact doctor") as told:
        seal_it(study)
    # Sealing again is what was refused.
    assert "seal the study again" not in told.value.sentence

    store.path(lost).parent.mkdir(exist_ok=True)
    store.path(lost).write_bytes(content)
    store.unpin(sealed.root)
    assert seal_it(study) == sealed
    assert store.pins() == {sealed.root}
    assert vault.pending() == []


def test_an_old_vault_whose_epoch_was_disposed_of_is_not_taken_for_whole(
    study: Path, vault: Vault, store: FolderStore, seal_it: Callable[[Path], SealedStudy]
):
    sealed = seal_it(study)
    mark_final(vault, sealed)
    # As the vault that went on has left the store.
    store.unpin(sealed.root)
    store.collect()

    with pytest.raises(StoreError, match="pixelpact doctor"):
        seal_it(study)


def test_what_was_interrupted_is_kept_with_the_patient_that_it_is_for(
    study: Path, vault: Vault, network: NetworkIdentity, tmp_path: Path
):
    class Full(FolderStore):
        def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
            raise StoreError("The block store is full")

    for subject in (SUBJECT, b"\x44" * 20):
        with pytest.raises(StoreError, match="full"):
            seal(
                dicom.scan(study), vault, Full(tmp_path / "f"), network=network, custodian=1, subject=subject
            )
        (entry,) = vault.records(Kind.JOURNAL).values()
        assert entry["state"]["subject"] == subject


def test_a_study_begun_anew_is_kept_with_its_patient(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    change: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
):
    def full(*_: object) -> None:
        raise StoreError("The block store is full")

    for step, call in (("stored", "pin"), ("secrets", "put")):
        with monkeypatch.context() as patched:
            patched.setattr(FolderStore, call, full)
            with pytest.raises(StoreError, match="full"):
                seal_it(study)
        (entry,) = vault.records(Kind.JOURNAL).values()
        assert (entry["step"], entry["state"]["subject"]) == (step, SUBJECT)
        change(study)


def test_a_study_that_changed_is_sealed_anew_under_its_id(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    stored: Callable[[], set[Cid]],
    change: Callable[[Path], None],
):
    first = seal_it(study)
    old = everything(store, first)
    change(study)

    second = seal_it(study)

    assert second.study_id == first.study_id
    assert second.local_id == first.local_id
    assert second.content_commitment != first.content_commitment
    assert store.pins() == {second.root}
    assert stored() == everything(store, second)
    assert not stored() & old
    assert studies(vault) == [second]
    with pytest.raises(VaultError, match="did not make"):
        study_keys(vault, first.study_id, 1, first.manifest_digest)
    with pytest.raises(VaultError, match="is not what the vault has"):
        mark_offered(vault, first)


def test_a_study_that_was_offered_to_the_chain_is_not_exchanged(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    stored: Callable[[], set[Cid]],
    change: Callable[[Path], None],
):
    sealed = seal_it(study)
    mark_offered(vault, sealed)
    change(study)

    with pytest.raises(InputError, match="other images than those that were registered"):
        seal_it(study)

    assert stored() == everything(store, sealed)
    assert studies(vault) == [sealed]
    mark_final(vault, sealed)
    (study / "another.dcm").write_bytes(b"not DICOM")
    with pytest.raises(InputError, match="other images than those that were registered"):
        seal_it(study)


def test_another_subject_counts_until_the_study_is_offered(
    study: Path, vault: Vault, store: FolderStore, network: NetworkIdentity
):
    def sealed_for(subject: bytes) -> SealedStudy:
        return seal(dicom.scan(study), vault, store, network=network, custodian=1, subject=subject)

    first = sealed_for(SUBJECT)
    second = sealed_for(b"\x44" * 20)
    assert (second.subject, second.manifest_digest) == (b"\x44" * 20, first.manifest_digest)
    mark_offered(vault, second)

    with pytest.raises(InputError, match="registered for another patient's address"):
        sealed_for(SUBJECT)


def test_blocks_lost_before_registering_are_sealed_anew(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    stored: Callable[[], set[Cid]],
):
    first = seal_it(study)
    lost = next(cid for cid in everything(store, first) if cid.codec == RAW)
    store.path(lost).unlink()

    second = seal_it(study)

    assert second.manifest_digest != first.manifest_digest
    assert second.content_commitment == first.content_commitment
    assert stored() == everything(store, second)


def test_another_network_or_custodian_makes_another_study(
    study: Path, vault: Vault, store: FolderStore, network: NetworkIdentity
):
    other = NetworkIdentity(b"\x12" * 32, network.chain_id, network.registry)
    source = dicom.scan(study)

    sealed = {
        seal(source, vault, store, network=each, custodian=custodian, subject=SUBJECT)
        for each in (network, other)
        for custodian in (1, 2)
    }

    assert len({each.study_id for each in sealed}) == 4
    assert len(studies(vault)) == 4
    assert len(store.pins()) == 4


def test_progress_is_told_in_bytes(study: Path, vault: Vault, store: FolderStore, network: NetworkIdentity):
    told: list[tuple[int, int]] = []
    source = dicom.scan(study)

    seal(
        source,
        vault,
        store,
        network=network,
        custodian=1,
        subject=SUBJECT,
        threads=2,
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == sorted(told)
    assert told[-1] == (source.length, source.length)


def test_a_store_that_loses_a_block_is_noticed_before_anything_is_said(
    study: Path, vault: Vault, network: NetworkIdentity, tmp_path: Path
):
    class Forgetful(FolderStore):
        def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
            cid = super().put(data, codec)
            if codec == RAW:
                self.path(cid).unlink()
            return cid

    forgetful = Forgetful(tmp_path / "forgetful")
    with pytest.raises(BlockError):
        seal(dicom.scan(study), vault, forgetful, network=network, custodian=1, subject=SUBJECT)

    assert vault.ids(Kind.STUDY) == []
    assert forgetful.pins() == frozenset()


@pytest.mark.parametrize("damaged", ["root", "index"])
def test_a_store_that_damages_a_block_is_noticed_before_anything_is_said(
    study: Path,
    vault: Vault,
    store: FolderStore,
    network: NetworkIdentity,
    monkeypatch: pytest.MonkeyPatch,
    damaged: str,
):
    pin = FolderStore.pin

    def pin_and_damage(self: FolderStore, root: Cid) -> None:
        pin(self, root)
        index = [cid for cid in links(root, self.get(root)) if cid.codec == RAW]
        path = self.path(root if damaged == "root" else index[0])
        content = bytearray(path.read_bytes())
        content[40] ^= 1
        path.write_bytes(content)

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "pin", pin_and_damage)
        with pytest.raises(BlockError, match="damaged"):
            seal(dicom.scan(study), vault, store, network=network, custodian=1, subject=SUBJECT)

    assert vault.ids(Kind.STUDY) == []
    (record,) = vault.records(Kind.STUDY_KEY).values()
    assert record["manifest_digest"] is None


def test_what_was_given_up_is_not_registered_while_it_is_sealed_anew(
    study: Path,
    vault: Vault,
    seal_it: Callable[[Path], SealedStudy],
    change: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    first = seal_it(study)
    change(study)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            seal_it(study)

    assert studies(vault) == []
    with pytest.raises(VaultError):
        mark_offered(vault, first)
    with pytest.raises(VaultError, match="did not make"):
        study_keys(vault, first.study_id, 1, first.manifest_digest)


def test_a_sweep_of_the_store_meanwhile_takes_nothing(
    study: Path, vault: Vault, network: NetworkIdentity, tmp_path: Path
):
    class Swept(FolderStore):
        def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
            cid = super().put(data, codec)
            FolderStore(self.folder).collect()
            return cid

    swept = Swept(tmp_path / "swept")
    sealed = seal(dicom.scan(study), vault, swept, network=network, custodian=1, subject=SUBJECT)

    assert len(swept.present(everything(swept, sealed))) == sealed.blocks


def test_a_store_that_names_blocks_otherwise_is_not_used(
    study: Path, vault: Vault, network: NetworkIdentity, tmp_path: Path
):
    class Renaming(FolderStore):
        def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
            super().put(data, codec)
            return Cid.of(RAW, b"another")

    with pytest.raises(StoreError, match="took the block"):
        seal(
            dicom.scan(study),
            vault,
            Renaming(tmp_path / "other"),
            network=network,
            custodian=1,
            subject=SUBJECT,
        )


def test_a_source_that_changes_while_it_is_sealed_leaves_nothing(
    study: Path,
    vault: Vault,
    store: FolderStore,
    seal_it: Callable[[Path], SealedStudy],
    stored: Callable[[], set[Cid]],
    change: Callable[[Path], None],
):
    source = dicom.scan(study)
    change(study)
    os.utime(max(study.iterdir()))

    with pytest.raises(InputError):
        seal(
            source,
            vault,
            store,
            network=NetworkIdentity(b"\x11" * 32, 31337, b"\x22" * 20),
            custodian=1,
            subject=SUBJECT,
        )

    assert stored() == set()
    assert store.pins() == frozenset()
    ((operation, step),) = [(each.operation, each.step) for each in vault.pending()]
    assert (operation, step) == ("seal", "secrets")
    assert seal_it(study).epoch == 1
    assert vault.pending() == []


def test_the_journal_names_what_is_unfinished(
    study: Path, vault: Vault, seal_it: Callable[[Path], SealedStudy], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "pin", interrupted)
        with pytest.raises(KeyboardInterrupt):
            seal_it(study)
    (pending,) = vault.pending()
    assert isinstance(pending, Pending)
    assert (pending.operation, pending.step) == ("seal", "stored")
    assert pending.key.endswith(dicom.scan(study).study_uid)

    sealed = seal_it(study)
    assert (
        vault.get(Kind.STUDY_KEY, study_key_id(sealed.study_id, 1))["manifest_digest"] == sealed.root.digest
    )
