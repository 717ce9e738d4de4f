"""What can't be shared: each a sentence that says what, why, and what to do."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import ROOT, TEST_FILES, data_set, encode, save
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from pixelpact.dicom import scan
from pixelpact.dicom.instances import read_file
from pixelpact.errors import InputError

WHOLE = encode(data_set())


@pytest.fixture(autouse=True)
def _prompt() -> Iterator[None]:
    """Nothing here may wait for anything: not for a pipe's writer, not for a device."""
    signal.alarm(20)
    yield
    signal.alarm(0)


def refused(folder: Path, match: str) -> InputError:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=match) as caught:
            scan(folder)
    error = caught.value
    assert error.exit_code == 3
    assert error.what
    assert error.why
    assert error.remedy
    assert "\n" not in str(error)
    return error


def test_a_missing_folder(tmp_path: Path):
    refused(
        tmp_path / "missing",
        r"The folder .*missing can't be read: no such file or directory\. Check the path\.",
    )


def test_a_file_in_its_place(tmp_path: Path):
    refused(save(tmp_path, "x.dcm"), r"x.dcm is not a folder: it is a file\.")


def test_a_pipe_in_its_place(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is not a folder: it is a pipe or device")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device_in_its_place(device: str):
    refused(Path(device), "is not a folder: it is a pipe or device")


def test_a_name_no_system_allows():
    refused(Path("a\0b"), "it holds a zero character")
    refused(Path("a" * 5000), "file name too long")


def test_an_empty_folder(tmp_path: Path):
    refused(tmp_path, "There is no DICOM study in .*: the folder is empty")


def test_a_folder_with_no_dicom(tmp_path: Path):
    (tmp_path / "empty").touch()
    refused(tmp_path, r"its only file, empty, is an empty file\. Give the folder that holds")
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path, "none of its 2 files is a DICOM instance; empty, for one, is an empty file")


AS_NOBODY = """
import os, sys
from pathlib import Path
from pixelpact.dicom import scan
from pixelpact.errors import InputError
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for folder in sys.argv[1:]:
    try:
        scan(folder)
    except InputError as error:
        print(error)
"""


def test_a_folder_or_file_that_may_not_be_read():
    # As nobody, since root may read anything; in a folder that nobody can reach.
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        file, within = save(top / "1", "x"), save(top / "2", "ok", 1, 1, 2).parent / "locked"
        within.mkdir()
        top.chmod(0o755)
        for path in (file, within):
            path.chmod(0o000)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, top / "1", top / "2", within],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=60,
        )
        within.chmod(0o755)
    assert done.returncode == 0, done.stderr
    reasons = done.stdout.splitlines()
    assert [" can't be read: permission denied. Check that" in reason for reason in reasons] == [True] * 3
    assert reasons[0].startswith("The file x ")


@pytest.mark.parametrize("target", ["/etc/hostname", "/etc", "../outside", "/nowhere"])
def test_a_link_out_of_the_folder(tmp_path: Path, target: str):
    save(tmp_path / "outside", "x")
    save(tmp_path / "study", "a/x")
    (tmp_path / "study" / "a" / "way").symlink_to(Path("..") / target if target[0] == "." else target)
    error = refused(tmp_path / "study", "The link a/way leads out of the folder")
    assert "Replace the link by a copy" in error.remedy


def test_a_link_out_of_the_folder_by_way_of_another(tmp_path: Path):
    save(tmp_path, "study/x")
    (tmp_path / "study" / "1").symlink_to("2")
    (tmp_path / "study" / "2").symlink_to("../study2")
    (tmp_path / "study2").mkdir()
    refused(tmp_path / "study", "The link 1 leads out")


def test_folders_nested_without_end(tmp_path: Path):
    deep = tmp_path.joinpath(*["d"] * 64)
    save(deep, "x")
    (deep / "link").symlink_to("..")
    assert len(scan(tmp_path)) == 1
    (deep / "d").mkdir()
    refused(tmp_path, "its folders are nested more than 64 deep")


def test_two_studies(tmp_path: Path):
    for number in range(1, 12):
        save(tmp_path, f"a/{number:02}", 1, 1, number)
    for number in range(3):
        save(tmp_path, f"b/{number}", 2, 1, number)
    error = refused(
        tmp_path,
        r"holds 2 studies: its instances belong apart: 11 in one \(a/01, .*\); 3 in one \(b/0, .*\)\. Put",
    )
    assert ROOT not in str(error)


def test_many_studies(tmp_path: Path):
    for number in range(1, 8):
        save(tmp_path, str(number), number)
    refused(tmp_path, r"holds 7 studies: .*\(4, for example\); and 3 more\.")


def test_the_same_instance_twice(tmp_path: Path):
    save(tmp_path, "a")
    save(tmp_path, "b", InstanceNumber=2)
    error = refused(tmp_path, "The files a and b hold the same instance: they have the same SOPInstanceUID")
    assert ROOT not in str(error)


def test_the_same_file_twice(tmp_path: Path):
    shutil.copy(save(tmp_path, "a"), tmp_path / "b")
    refused(tmp_path, "The files a and b hold the same instance")


UIDS = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]


@pytest.mark.parametrize("keyword", UIDS)
def test_a_uid_that_is_missing(tmp_path: Path, keyword: str):
    save(tmp_path, "ok", 1, 1, 2)
    save(tmp_path, "x", **{keyword: None})
    refused(
        tmp_path, rf"The file x can't be shared: its {keyword} \(....,....\) is missing\. Get the file again"
    )


@pytest.mark.parametrize("keyword", UIDS)
def test_a_uid_that_is_empty(tmp_path: Path, keyword: str):
    save(tmp_path, "x", **{keyword: ""})
    refused(tmp_path, f"its {keyword} .* is missing")


def test_a_file_that_does_not_say_how_it_is_encoded(tmp_path: Path):
    (tmp_path / "x").write_bytes(encode(data_set(), None))
    refused(tmp_path, r"its TransferSyntaxUID \(0002,0010\) is missing")
    # Nor is it guessed, which would end in a misleading reason.
    big = encode(data_set(), ExplicitVRBigEndian)
    at = big.index(b"\x02\x00\x10\x00UI")
    (tmp_path / "x").write_bytes(big[:at] + big[at + 8 + big[at + 6] :])
    refused(tmp_path, r"its TransferSyntaxUID \(0002,0010\) is missing")


@pytest.mark.parametrize(
    "old", [f"{ROOT}.1.1.1", f"{ROOT}.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"]
)
def test_a_uid_that_is_invalid(tmp_path: Path, old: str):
    whole = encode(data_set(), f"{ROOT}.1.1") if old == f"{ROOT}.1.1" else WHOLE
    padded = old + "\0" * (len(old) % 2)
    bad = old.replace(".10008.", ".01008.").replace(".9999.", ".0999.")
    assert whole.count(padded.encode()) >= 1
    (tmp_path / "x").write_bytes(whole.replace(padded.encode(), (bad + "\0" * (len(old) % 2)).encode()))
    refused(tmp_path, r"is not a valid UID \(PS3.5 section 9.1\)")


def test_a_uid_longer_than_any_value_we_keep(tmp_path: Path):
    made = data_set()
    made["SOPInstanceUID"]._value = "1." + "2" * 5000
    (tmp_path / "x").write_bytes(encode(made, ImplicitVRLittleEndian))
    refused(tmp_path, "its SOPInstanceUID .* is not a valid UID")


def test_a_file_that_only_looks_like_dicom(tmp_path: Path):
    for rubbish in (b"", b"\x02", b"rubbish" * 100, bytes(200), os.urandom(64).replace(b"\x02", b"\x03")):
        (tmp_path / "x").write_bytes(bytes(128) + b"DICM" + rubbish)
        refused(
            tmp_path,
            "The file x can't be shared: it has the letters DICM of a DICOM file, but no DICOM header",
        )


def test_a_file_with_a_header_and_then_rubbish(tmp_path: Path):
    at = WHOLE.index(b"\x08\x00\x16\x00UI")
    for rubbish in (b"rubbish!" * 40, b"\xff" * 300, b"\x00\x00\x00\x00\x04\x00\x00\x00abcd" * 9):
        (tmp_path / "x").write_bytes(WHOLE[:at] + rubbish)
        refused(tmp_path, "The file x can't be shared: it")


def test_one_damaged_file_stops_the_whole_study(tmp_path: Path):
    for number in range(2, 6):
        save(tmp_path, str(number), 1, 1, number)
    (tmp_path / "cut").write_bytes(WHOLE[:-1])
    refused(tmp_path, "The file cut can't be shared: it is cut short: it ends before its content does")


def test_a_file_cut_anywhere(tmp_path: Path):
    save(tmp_path, "whole", 1, 1, 2)
    for kept in range(132, len(WHOLE)):
        (tmp_path / "x").write_bytes(WHOLE[:kept])
        refused(tmp_path, "The file x can't be shared")


def test_an_image_without_pixels_among_others_that_have_them(tmp_path: Path):
    bare = data_set(1, 1, 1, PixelData=None, Rows=None, Columns=None, BitsAllocated=None)
    for keyword in (
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
    ):
        delattr(bare, keyword)
    (tmp_path / "bare").write_bytes(encode(bare))
    assert scan(tmp_path).without_pixels == 1
    save(tmp_path, "whole", 1, 1, 2)
    refused(tmp_path, "The file bare can't be shared: it has no pixel data, unlike the other images")


def test_a_file_cut_before_it_says_what_it_is_leaves_no_study(tmp_path: Path):
    for kept in (1, 100, 128, 131):
        (tmp_path / "x").write_bytes(WHOLE[:kept])
        refused(tmp_path, "its only file, x, is not a DICOM file")


def test_pixel_data_shorter_than_its_description(tmp_path: Path):
    save(tmp_path, "x", PixelData=bytes(94))
    refused(tmp_path, "its pixel data has 94 bytes where its description asks for 96")
    save(tmp_path, "x", NumberOfFrames=2)
    refused(tmp_path, "its pixel data has 96 bytes where its description asks for 192")
    save(tmp_path, "x", PixelData=b"")
    refused(tmp_path, "its pixel data has 0 bytes")


@pytest.mark.parametrize(
    ("elements", "length"),
    [
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "NumberOfFrames": 3}, 18),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "Rows": 5, "Columns": 5}, 4),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "BitsAllocated": 8}, 144),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422", "BitsAllocated": 8}, 96),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_PARTIAL_420", "BitsAllocated": 8}, 72),
    ],
)
def test_pixel_data_of_every_shape_is_measured(tmp_path: Path, elements: dict[str, object], length: int):
    save(tmp_path, "x", PixelData=bytes(length), **elements)
    assert len(scan(tmp_path)) == 1
    save(tmp_path, "x", PixelData=bytes(length - 2), **elements)
    refused(tmp_path, f"where its description asks for {length}")


def test_an_image_without_its_pixels(tmp_path: Path):
    save(tmp_path, "x", PixelData=None)
    refused(tmp_path, "it describes an image, but its pixel data is missing")


def test_a_dose_without_its_pixels(tmp_path: Path):
    # Its class is not called one of images, but it says how many pixels it has.
    made = data_set(PixelData=None, Modality="RTDOSE")
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.2"
    (tmp_path / "x").write_bytes(encode(made))
    refused(tmp_path, "it describes an image, but its pixel data is missing")


def test_an_image_cut_at_an_element_before_its_description(tmp_path: Path):
    made = data_set(PixelData=None, Rows=None, Columns=None, BitsAllocated=None, SliceThickness="1")
    (tmp_path / "x").write_bytes(encode(made))
    refused(tmp_path, "it describes an image, but its pixel data is missing")


def test_sequences_nested_without_end(tmp_path: Path):
    at = WHOLE.index(b"\xe0\x7f\x10\x00")
    bomb = (b"\x40\x00\x60\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff") * 100_000
    (tmp_path / "x").write_bytes(WHOLE[:at] + bomb)
    refused(tmp_path, "its sequences are nested more than 64 deep")


def test_a_length_beyond_the_end_costs_no_memory(tmp_path: Path):
    at = WHOLE.index(b"\xe0\x7f\x10\x00")
    (tmp_path / "x").write_bytes(WHOLE[:at] + b"\xe0\x7f\x10\x00OW\0\0\xfe\xff\xff\xff" + bytes(100))
    refused(tmp_path, "it is cut short")


def test_a_giant_value_costs_no_memory(tmp_path: Path):
    whole = encode(data_set(), ImplicitVRLittleEndian)
    at = whole.index(b"\x20\x00\x13\x00") + 4
    with (tmp_path / "x").open("wb") as file:
        file.write(whole[:at] + (300_000_000).to_bytes(4, "little"))
        file.seek(300_000_000, os.SEEK_CUR)
        file.write(whole[at + 6 :])
    tracemalloc.start()
    (instance,) = scan(tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert "InstanceNumber" not in instance.attributes


def test_a_deflated_bomb_costs_time_only(tmp_path: Path):
    whole = encode(data_set(PixelData=bytes(30_000_000), Rows=3_000, Columns=5_000), "1.2.840.10008.1.2.1.99")
    assert len(whole) < 60_000
    (tmp_path / "x").write_bytes(whole)
    tracemalloc.start()
    assert len(scan(tmp_path)) == 1
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    (tmp_path / "x").write_bytes(whole[:-100])
    refused(tmp_path, "it is cut short")
    last = whole.index(b"\x02\x00\x12\x00UI")  # the last element of the file meta information
    at = last + 8 + int.from_bytes(whole[last + 6 : last + 8], "little")
    (tmp_path / "x").write_bytes(whole[:at] + b"\xff" * 100)
    refused(tmp_path, "its deflated data set is damaged")


class TestChanges:
    def change(self, tmp_path: Path, how: str) -> None:
        path = tmp_path / "x"
        if how == "grown":
            with path.open("ab") as file:
                file.write(bytes(8))
        elif how == "touched":
            os.utime(path, ns=(0, time.time_ns()))
        elif how == "replaced":
            stamp = path.stat()
            (tmp_path / "new").write_bytes(path.read_bytes())
            os.utime(tmp_path / "new", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            (tmp_path / "new").replace(path)
        elif how == "linked":
            path.rename(tmp_path / "moved")
            path.symlink_to("moved")
        elif how == "piped":
            path.unlink()
            os.mkfifo(path)
        else:
            path.unlink()

    @pytest.mark.parametrize("how", ["grown", "touched", "replaced"])
    def test_a_file_that_changed_since(self, tmp_path: Path, how: str):
        save(tmp_path, "x")
        study = scan(tmp_path)
        self.change(tmp_path, how)
        with pytest.raises(InputError, match="The file x can't be shared: it was changed or replaced"):
            study.open(next(iter(study)))

    @pytest.mark.parametrize("how", ["removed", "linked", "piped"])
    def test_a_file_that_is_gone_since(self, tmp_path: Path, how: str):
        save(tmp_path, "x")
        study = scan(tmp_path)
        self.change(tmp_path, how)
        with pytest.raises(InputError, match="x can't be read: "):
            study.open(next(iter(study)))

    def test_a_file_written_while_it_is_scanned(self, tmp_path: Path):
        class Meddled(io.FileIO):
            def seek(self, *args: int) -> int:
                os.utime(self.fileno(), ns=(0, time.time_ns()))
                return super().seek(*args)

        with (
            Meddled(save(tmp_path, "x")) as file,
            pytest.raises(InputError, match="The file x can't be shared: it was changed or replaced"),
        ):
            read_file(file, "x")

    def test_what_is_no_file_any_more_is_not_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        # Opening a pipe lets its writer go on, and opening a device may do anything.
        save(tmp_path, "x")
        study = scan(tmp_path)
        self.change(tmp_path, "piped")
        monkeypatch.delattr(os, "open")
        with pytest.raises(InputError, match="x can't be read: it is not a file"):
            study.open(next(iter(study)))

    def test_a_folder_on_the_way_that_became_a_link(self, tmp_path: Path):
        save(tmp_path / "study", "sub/x")
        study = scan(tmp_path / "study")
        shutil.copytree(tmp_path / "study" / "sub", tmp_path / "elsewhere")
        shutil.rmtree(tmp_path / "study" / "sub")
        (tmp_path / "study" / "sub").symlink_to("../elsewhere")
        with pytest.raises(InputError, match="sub/x can't be shared: it was changed or replaced"):
            study.open(next(iter(study)))


def test_damaged_files_that_pydicom_ships(tmp_path: Path):
    for name in ("MR_truncated.dcm", "rtplan_truncated.dcm"):
        shutil.copy(TEST_FILES / name, tmp_path / "x")
        refused(tmp_path, "it is cut short")
