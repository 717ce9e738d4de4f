"""What a requester gets: the instances, bit for bit, of the study it asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from pixelpact import dicom
from pixelpact.crypto import OpenStudy
from pixelpact.errors import BlockError, IdentityError
from pixelpact.models import RAW, Instance, StudySource
from pixelpact.sealing import NetworkIdentity, SealedStudy, open_sealed, received, seal, study_keys
from pixelpact.storage import FolderStore
from pixelpact.vault import Vault


@pytest.fixture
def opened_from(vault: Vault, store: FolderStore, network: NetworkIdentity):
    def opening(source: StudySource) -> OpenStudy:
        sealed = seal(source, vault, store, network=network, custodian=1, subject=b"\x33" * 20)
        return reopened(vault, store, sealed)

    return opening


def reopened(vault: Vault, store: FolderStore, sealed: SealedStudy) -> OpenStudy:
    return open_sealed(
        store,
        study_keys(vault, sealed.study_id, 1, sealed.manifest_digest),
        custodian=1,
        context=sealed.context,
        manifest_digest=sealed.manifest_digest,
        content_commitment=sealed.content_commitment,
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_every_sample_arrives_bit_for_bit(
    opened_from: Callable[[StudySource], OpenStudy],
    threads: int,
    files_of: Callable[[dicom.DicomStudy], dict[str, bytes]],
):
    for sample in dicom.samples():
        source = dicom.from_files(sample.files)

        arriving = received(opened_from(source), threads=threads)
        got = {instance.sop_uid: b"".join(pieces) for instance, pieces in arriving}

        assert got == files_of(source)


def test_progress_is_told_in_bytes(opened_from: Callable[[StudySource], OpenStudy], study: Path):
    source = dicom.scan(study)
    told: list[tuple[int, int]] = []

    list(received(opened_from(source), progress=lambda done, total: told.append((done, total))))

    assert told == sorted(told)
    assert len(told) == len(source)
    assert told[-1] == (source.length, source.length)


@pytest.mark.parametrize("size", [3, 18])
def test_large_images_arrive_in_pieces(
    opened_from: Callable[[StudySource], OpenStudy],
    enlarged: Callable[[int], Path],
    size: int,
    files_of: Callable[[dicom.DicomStudy], dict[str, bytes]],
):
    source = dicom.scan(enlarged(size))
    (instance,) = source

    ((got, pieces),) = [
        (each, [bytes(piece) for piece in parts]) for each, parts in received(opened_from(source))
    ]

    assert got.sop_uid == instance.sop_uid
    assert len(pieces) > 2
    assert b"".join(pieces) == files_of(source)[instance.sop_uid]


class Mixed:
    """A custodian's mistake: the files of one study, sealed as if they were of another."""

    def __init__(self, source: StudySource, study_uid: str, **changes: str) -> None:
        self.study_uid = study_uid
        self._instances = {replace(instance, **changes).sop_uid: instance for instance in source}
        self._changes = changes
        self._source = source

    def __iter__(self) -> Iterator[Instance]:
        return iter([replace(instance, **self._changes) for instance in self._instances.values()])

    def open(self, instance: Instance) -> BinaryIO:
        return self._source.open(self._instances[instance.sop_uid])


@pytest.mark.parametrize("size", [1, 18])
@pytest.mark.parametrize(
    "changes", [{}, {"sop_uid": "1.2.3"}, {"series_uid": "1.2.3"}, {"class_uid": "1.2.3"}]
)
def test_another_patients_images_under_this_studys_id_are_not_given(
    opened_from: Callable[[StudySource], OpenStudy],
    enlarged: Callable[[int], Path],
    changes: dict[str, str],
    size: int,
):
    source = dicom.scan(enlarged(size))
    study_uid = source.study_uid if changes else "1.2.826.0.1.3680043.8.498.1"
    opened = opened_from(Mixed(source, study_uid, **changes))

    with pytest.raises(IdentityError, match="not the one that its index names"):
        next(received(opened))


def test_what_is_no_dicom_is_not_given(opened_from: Callable[[StudySource], OpenStudy], tmp_path: Path):
    class Text:
        study_uid = "1.2.826.0.1.3680043.8.498.1"
        instance = Instance("1.2.3", "1.2.4", "1.2.5", 4000)

        def __iter__(self) -> Iterator[Instance]:
            return iter([self.instance])

        def open(self, _: Instance) -> BinaryIO:
            path = tmp_path / "text"
            path.write_bytes(bytes(128) + b"DICM" + b"x" * 3868)
            return path.open("rb")

    with pytest.raises(IdentityError, match="not a whole DICOM file"):
        next(received(opened_from(Text())))


def test_instances_before_a_damaged_block_are_given(
    opened_from: Callable[[StudySource], OpenStudy],
    vault: Vault,
    store: FolderStore,
    network: NetworkIdentity,
    study: Path,
):
    opened = opened_from(dicom.scan(study))
    data = [cid for cid in opened.cids() if cid.codec == RAW]
    for cid in data:
        store.path(cid).write_bytes(b"other bytes")

    with pytest.raises(BlockError):
        list(received(opened))
