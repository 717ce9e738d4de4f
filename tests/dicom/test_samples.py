"""The studies that the demo shares."""

from __future__ import annotations

import hashlib
import warnings

import pytest
from pydicom.data import download

from pixelpact.dicom import from_files, samples, thumbnail


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the samples must not be fetched")

    monkeypatch.setattr(download, "data_path_with_download", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)


def test_are_three_studies_of_different_modalities_one_large_one_compressed():
    studies = [from_files(sample.files) for sample in samples()]
    assert [study.modalities for study in studies] == [("MR",), ("US",), ("CT",)]
    assert [len(study) for study in studies] == [11, 2, 1]
    assert len({study.study_uid for study in studies}) == 3
    assert [study.without_pixels for study in studies] == [0, 0, 0]
    compressed = {instance.attributes["TransferSyntaxUID"] for study in studies for instance in study}
    assert compressed == {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90"}
    assert len({sample.title for sample in samples()}) == 3


def test_each_has_a_thumbnail_of_its_first_image_and_its_bytes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sample in samples():
            study = from_files(sample.files)
            digests = set()
            for instance in study:
                with study.open(instance) as file:
                    assert thumbnail(file).png.startswith(b"\x89PNG")
                    file.seek(0)
                    digests.add(hashlib.sha256(file.read()).digest())
            assert digests == {hashlib.sha256(path.read_bytes()).digest() for path in sample.files}
