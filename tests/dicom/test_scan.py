"""A folder that holds one study."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import pytest
from made import ROOT, TEST_FILES, data_set, encode, save
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from pixelpact.dicom import LeftOut, from_files, scan
from pixelpact.errors import InputError
from pixelpact.models import StudySource


def test_finds_instances_however_deep_and_however_named(tmp_path: Path):
    save(tmp_path, "a/b/c/IM0001", 1, 1, 3)
    save(tmp_path, "photo.jpg", 1, 2, 1)
    save(tmp_path, ".hidden/name with spaces \N{SNOWMAN}", 1, 1, 2)
    study = scan(tmp_path)
    assert study.study_uid == f"{ROOT}.1"
    assert [instance.sop_uid for instance in study] == [f"{ROOT}.1.1.2", f"{ROOT}.1.1.3", f"{ROOT}.1.2.1"]
    assert len(study) == 3
    assert study.left_out == ()
    assert study.modalities == ("CT",)


def test_says_of_an_instance_what_the_index_needs_and_nothing_of_the_patient(tmp_path: Path):
    path = save(tmp_path, "x", 1, 4, 7, NumberOfFrames=1)
    (instance,) = scan(tmp_path)
    assert instance.series_uid == f"{ROOT}.1.4"
    assert instance.class_uid == "1.2.840.10008.5.1.4.1.1.2"
    assert instance.length == path.stat().st_size
    assert instance.attributes == {
        "TransferSyntaxUID": "1.2.840.10008.1.2.1",
        "InstanceNumber": 7,
        "NumberOfFrames": 1,
        "Rows": 8,
        "Columns": 6,
    }
    assert instance.series_attributes == {"Modality": "CT", "SeriesNumber": 4}
    assert instance.digest == b""


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_reads_other_encodings_alike(tmp_path: Path, syntax: str):
    (tmp_path / "x").write_bytes(encode(data_set(), syntax))
    (instance,) = scan(tmp_path)
    assert instance.attributes["Rows"] == 8
    assert instance.attributes["TransferSyntaxUID"] == syntax


def test_gives_the_bytes_of_a_file_exactly(tmp_path: Path):
    path = save(tmp_path, "x")
    study = scan(tmp_path)
    source: StudySource = study
    (instance,) = source
    with study.open(instance) as file:
        assert file.read() == path.read_bytes()


def test_reads_the_same_study_again_in_the_same_order(tmp_path: Path):
    for number in (5, 3, 10, 1):
        save(tmp_path, f"{100 - number}", 1, 1, number)
    assert list(scan(tmp_path)) == list(scan(tmp_path))
    assert list(from_files(sorted(tmp_path.iterdir(), reverse=True))) == list(scan(tmp_path))


def test_names_what_is_left_out_and_why(tmp_path: Path):
    save(tmp_path, "ok", 1, 1, 1)
    (tmp_path / "empty").touch()
    (tmp_path / "notes.txt").write_text("DICM is not at offset 128 here")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "DICOMDIR").write_bytes((TEST_FILES / "dicomdirtests" / "DICOMDIR").read_bytes())
    (tmp_path / "bare").write_bytes((TEST_FILES / "ExplVR_LitEndNoMeta.dcm").read_bytes())
    (tmp_path / "palette").write_bytes((TEST_FILES.parent / "palettes" / "pet.dcm").read_bytes())
    (tmp_path / "twin").symlink_to("ok")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert scan(tmp_path).left_out == (
        LeftOut("bare", "a data set without the header of a DICOM file (PS3.10 section 7.1)"),
        LeftOut("dangling", "a link that leads nowhere"),
        LeftOut("empty", "an empty file"),
        LeftOut("notes.txt", "not a DICOM file"),
        LeftOut("palette", "a DICOM object that belongs to no patient"),
        LeftOut("pipe", "a pipe, socket or device"),
        LeftOut("twin", "a link within the folder"),
        LeftOut("sub/DICOMDIR", "a DICOMDIR, the index of the files beside it"),
    )


@pytest.mark.parametrize(
    "path", sorted((TEST_FILES / "dicomdirtests").glob("DICOMDIR*")), ids=lambda path: path.name
)
def test_every_dicomdir_is_left_out_even_cut_short(tmp_path: Path, path: Path):
    save(tmp_path, "ok")
    data = path.read_bytes()
    (tmp_path / "whole").write_bytes(data)
    (tmp_path / "half").write_bytes(data[: max(400, len(data) // 2)])
    assert {left.reason for left in scan(tmp_path).left_out} == {
        "a DICOMDIR, the index of the files beside it"
    }


def test_a_dicomdir_that_does_not_say_its_class_is_left_out_too(tmp_path: Path):
    save(tmp_path, "ok")
    made = Dataset()
    made.FileSetID = "MADE UP"
    (tmp_path / "index").write_bytes(encode(made, MediaStorageSOPClassUID=""))
    assert [left.reason for left in scan(tmp_path).left_out] == [
        "a DICOMDIR, the index of the files beside it"
    ]


def test_takes_the_study_with_the_dicomdir_that_pydicom_ships():
    study = scan(TEST_FILES / "dicomdirtests" / "TINY_ALPHA")
    assert len(study) == 50
    assert study.without_pixels == 50
    assert [left.name for left in study.left_out] == ["DICOMDIR", "README"]


def test_the_folder_itself_may_be_given_by_a_link(tmp_path: Path):
    save(tmp_path / "real", "x")
    (tmp_path / "link").symlink_to("real")
    assert len(scan(tmp_path / "link")) == 1


def test_a_loop_of_links_and_folders_ends(tmp_path: Path):
    save(tmp_path, "a/x")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "a" / "self").symlink_to("self")
    study = scan(tmp_path)
    assert [left.name for left in study.left_out] == ["a/self", "a/up"]
    assert len(study) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"\xff\xfe", r"\xff\xfe"),
        (b"two\nlines", r"two\nlines"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}mcd".encode(), r"\u202emcd"),
        ("Bär".encode(), "Bär"),
    ],
)
def test_any_file_name_can_be_printed(tmp_path: Path, name: bytes, shown: str):
    save(tmp_path, "ok")
    (tmp_path / os.fsdecode(name)).touch()
    (left,) = scan(tmp_path).left_out
    assert left.name == shown
    left.name.encode()


def test_an_instance_under_any_file_name_can_be_opened(tmp_path: Path):
    path = save(tmp_path, os.fsdecode(b"\xff\n"))
    study = scan(tmp_path)
    (instance,) = study
    assert study.name(instance) == r"\xff\n"
    with study.open(instance) as file:
        assert file.read() == path.read_bytes()


def test_a_report_and_a_picture_of_one_study_belong_together(tmp_path: Path):
    image = data_set()
    report = data_set(
        1, 2, 2, Rows=None, Columns=None, BitsAllocated=None, BitsStored=None, PixelData=None, Modality="SR"
    )
    report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    (tmp_path / "1").write_bytes(encode(image))
    (tmp_path / "2").write_bytes(encode(report))
    study = scan(tmp_path)
    assert study.modalities == ("CT", "SR")
    assert study.without_pixels == 1


@pytest.mark.parametrize(
    ("keyword", "raw", "kept"),
    [
        ("InstanceNumber", b"12", 12),
        ("InstanceNumber", b" -3 ", -3),
        ("InstanceNumber", b"+4", 4),
        ("InstanceNumber", b"1.5", None),
        ("InstanceNumber", b"", None),
        ("InstanceNumber", b"99999999999", None),
        ("InstanceNumber", b"2\\3", None),
        ("InstanceNumber", b"Jane Doe", None),
        ("SeriesNumber", b"0", 0),
        ("Modality", b"MR", "MR"),
        ("Modality", b"jane doe", None),
        ("Modality", b"SMITH^JOHN", None),
    ],
)
def test_keeps_a_value_only_if_it_is_what_it_should_be(
    tmp_path: Path, keyword: str, raw: bytes, kept: str | int | None
):
    # By hand, since pydicom writes no value that it knows to be wrong.
    whole = encode(data_set(), ImplicitVRLittleEndian)
    tag = Tag(keyword)
    at = whole.index(struct.pack("<HH", tag.group, tag.elem)) + 4
    (length,) = struct.unpack_from("<L", whole, at)
    patched = whole[:at] + struct.pack("<L", len(raw)) + raw + whole[at + 4 + length :]
    (tmp_path / "x").write_bytes(patched)
    (instance,) = scan(tmp_path)
    assert {**instance.attributes, **instance.series_attributes}.get(keyword) == kept


def test_keeps_of_a_series_only_what_its_instances_agree_on(tmp_path: Path):
    save(tmp_path, "1", 1, 1, 1, SeriesNumber=5)
    save(tmp_path, "2", 1, 1, 2, SeriesNumber=6)
    save(tmp_path, "3", 1, 2, 3, SeriesNumber=7, Modality="MR")
    study = scan(tmp_path)
    assert [instance.series_attributes for instance in study] == [
        {"Modality": "CT"},
        {"Modality": "CT"},
        {"Modality": "MR", "SeriesNumber": 7},
    ]
    assert study.modalities == ("CT", "MR")


def test_a_file_padded_with_zeros_to_a_sector_is_whole(tmp_path: Path):
    (tmp_path / "x").write_bytes(encode(data_set()) + bytes(512))
    (instance,) = scan(tmp_path)
    assert instance.length == (tmp_path / "x").stat().st_size


def test_its_repr_and_facts_tell_nobody_who_it_is(tmp_path: Path):
    save(tmp_path, "Doe Jane.dcm")
    study = scan(tmp_path)
    assert repr(study) == f"<DicomStudy: 1 instances, {study.length} bytes, CT>"


class TestFromFiles:
    def test_takes_exactly_the_files_given(self, tmp_path: Path):
        paths = [save(tmp_path, str(number), 1, 1, number) for number in range(1, 5)]
        (tmp_path / "link").symlink_to(paths[3])
        study = from_files([paths[0], paths[1], tmp_path / "link"])
        assert [instance.attributes["InstanceNumber"] for instance in study] == [1, 2, 4]
        digests = []
        for instance in study:
            with study.open(instance) as file:
                digests.append(hashlib.sha256(file.read()).digest())
        assert digests == [hashlib.sha256(paths[index].read_bytes()).digest() for index in (0, 1, 3)]

    def test_refuses_what_scan_would_leave_out(self, tmp_path: Path):
        (tmp_path / "notes.txt").write_text("hello")
        with pytest.raises(InputError, match=r"The file notes.txt can't be shared: it is not a DICOM file\."):
            from_files([save(tmp_path, "x"), tmp_path / "notes.txt"])

    def test_refuses_nothing_at_all(self):
        with pytest.raises(InputError, match="no files were given"):
            from_files([])

    @pytest.mark.parametrize("name", ["missing", "pipe", "folder", "/dev/null"])
    def test_refuses_what_is_no_file(self, tmp_path: Path, name: str):
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "folder").mkdir()
        with pytest.raises(InputError, match="can't be read"):
            from_files([tmp_path / name])
