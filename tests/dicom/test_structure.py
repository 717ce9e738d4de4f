"""Following a file's structure: pydicom as the oracle for whole files, and no cut that goes unnoticed."""

from __future__ import annotations

import io
import random
import tempfile
import warnings
import zlib
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import DATA, data_set, encode, shipped
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from pixelpact.dicom import scan, tags
from pixelpact.dicom.reader import DamagedError, inflated
from pixelpact.dicom.structure import Header, inflated_size, read_header
from pixelpact.dicom.uids import is_uid
from pixelpact.errors import InputError

SHIPPED = shipped()
CUT_ALREADY = {"MR_truncated.dcm", "rtplan_truncated.dcm"}
WHOLE = [path for path in SHIPPED if path.name not in CUT_ALREADY]


def follow(data: bytes) -> Header:
    return read_header(io.BytesIO(data), len(data))


def names(paths: list[Path]) -> dict[str, object]:
    return {"argvalues": paths, "ids": [str(path.relative_to(DATA)) for path in paths]}


def nested() -> Dataset:
    """Sequences of defined and undefined length, in each other, before the pixels."""
    inner, middle = Dataset(), Dataset()
    inner.CodeValue = "1"
    middle.PurposeOfReferenceCodeSequence = [inner, Dataset(), inner]
    middle["PurposeOfReferenceCodeSequence"].is_undefined_length = True
    middle.is_undefined_length_sequence_item = True
    made = data_set(ReferencedImageSequence=[middle, middle], SourceImageSequence=[middle])
    made["ReferencedImageSequence"].is_undefined_length = True
    made.add_new(0x0009_0010, "LO", "MADE UP")
    made.add_new(0x0009_1001, "UN", b"\x01\x02\x03\x04")
    return made


@pytest.mark.filterwarnings("ignore")  # pydicom's, about odd values
@pytest.mark.parametrize("path", **names(WHOLE))
def test_finds_the_same_elements_as_pydicom(path: Path):
    header = follow(path.read_bytes())
    read = pydicom.dcmread(path)
    if not header.groups:  # its transfer syntax is missing, so nothing was followed
        assert "TransferSyntaxUID" not in read.file_meta
        return
    assert header.groups == {tag >> 16 for tag in read._dict}
    for tag in tags.WANTED:
        source = read.file_meta if tag >> 16 == 2 else read
        value = source[tag].value if tag in source else None
        assert (tag in header.values) == (value not in (None, ""))
    assert header.has_pixels == ("PixelData" in read)
    for keyword, tag in (("SOPInstanceUID", tags.SOP_INSTANCE), ("StudyInstanceUID", tags.STUDY)):
        assert tags.text(header.values.get(tag, b"")) == read.get(keyword, "")
    for keyword, tag in (("Rows", tags.ROWS), ("BitsAllocated", tags.BITS_ALLOCATED)):
        assert tags.number(header.values.get(tag, b""), header.order) == read.get(keyword)


@pytest.mark.parametrize("name", sorted(CUT_ALREADY))
def test_notices_the_cut_files_that_pydicom_ships(name: str):
    with pytest.raises(DamagedError, match="cut short"):
        follow((DATA / "test_files" / name).read_bytes())


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_notices_every_cut_through_nested_sequences(syntax: str):
    data = encode(nested(), syntax)
    assert follow(data).has_pixels
    # A deflated data set is padded to even length with a byte that is not part of it.
    padding = 1 if syntax == DeflatedExplicitVRLittleEndian and data[-1] == 0 else 0
    for kept in range(132, len(data) - padding):
        try:
            header = follow(data[:kept])
        except DamagedError:
            continue
        # Where it ends between two elements, what is left is a whole data set, without its last: the pixels.
        assert not header.has_pixels, kept


def test_notices_every_cut_through_fragments():
    made = data_set()
    made.PixelData = encapsulate(
        [b"\xff\x4f one fragment", b"\xff\x4f another with a delimiter \xfe\xff\xdd\xe0."]
    )
    data = encode(made, JPEG2000Lossless)
    header = follow(data)
    assert header.has_pixels
    assert header.pixel_bytes is None
    start = data.index(b"\xe0\x7f\x10\x00")
    for kept in range(start + 1, len(data)):
        with pytest.raises(DamagedError):
            follow(data[:kept])


def element_ends(path: Path) -> dict[int, int]:
    """By pydicom: where the elements of a data set end, and the tag of the next."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        elements = sorted(pydicom.dcmread(path)._dict.items())
    known = [(tag, element) for tag, element in elements if isinstance(element, RawDataElement)]
    ends = {element.value_tell + element.length: 0 for _, element in known if element.length != 0xFFFF_FFFF}
    return ends | {
        element.value_tell + element.length: following
        for (_, element), (following, _) in pairwise(known)
        if element.length != 0xFFFF_FFFF
    }


@pytest.mark.parametrize("path", **names([path for path in WHOLE if follow(path.read_bytes()).has_pixels]))
def test_no_image_that_lost_its_end_is_shared_as_one(tmp_path: Path, path: Path):
    data = path.read_bytes()
    rand = random.Random(path.name)
    ends = element_ends(path)
    for kept in {*rand.sample(range(133, len(data)), 60), *(end for end in ends if 133 <= end < len(data))}:
        (tmp_path / "x").write_bytes(data[:kept])
        with suppress(InputError):
            study = scan(tmp_path)
            # Nothing but padding was lost, or all that says what kind of image it is: then it counts as none.
            assert ends[kept] == 0xFFFC_FFFC or (study.without_pixels == 1 and ends[kept] >> 16 <= 0x0028)


@settings(max_examples=250, deadline=None)
@given(
    path=st.sampled_from(WHOLE),
    patches=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=4
    ),
    kept=st.floats(0, 1) | st.just(1.0),
    tail=st.binary(max_size=16),
)
def test_whatever_was_done_to_a_file_it_is_taken_or_refused_with_a_sentence(
    path: Path, patches: list[tuple[float, bytes]], kept: float, tail: bytes
):
    data = bytearray(path.read_bytes())
    for place, patch in patches:
        at = int(place * min(len(data), 4096)) if len(patch) % 2 else int(place * len(data))
        data[at : at + len(patch)] = patch
    data = data[: int(kept * len(data))] + tail
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x").write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                study = scan(folder)
            except InputError:
                return
            for instance in study:
                assert instance.length == len(data)
                assert is_uid(instance.sop_uid)
                assert all(isinstance(value, str | int) for value in instance.attributes.values())


@given(st.binary(max_size=400))
def test_whatever_follows_the_magic_is_followed_or_refused(rubbish: bytes):
    for data in (bytes(128) + b"DICM" + rubbish, encode(data_set())[:340] + rubbish):
        with suppress(DamagedError):
            assert follow(data).groups is not None


# Written by hand: what no library writes.
ENDLESS, NOTHING = b"\xff" * 4, bytes(4)
SEQUENCE = b"\x40\x00\x60\x02SQ\0\0" + ENDLESS
ITEM = b"\xfe\xff\x00\xe0"
OPEN_ITEM, EMPTY_ITEM = ITEM + ENDLESS, ITEM + NOTHING
END_OF_ITEM, END = b"\xfe\xff\x0d\xe0" + NOTHING, b"\xfe\xff\xdd\xe0" + NOTHING
CODE = b"\x08\x00\x00\x01SH\x02\x00A "


def with_tail(tail: bytes) -> bytes:
    return encode(data_set()) + tail


@pytest.mark.parametrize(
    "tail",
    [
        SEQUENCE + END,
        SEQUENCE + EMPTY_ITEM + END,
        SEQUENCE + ITEM + ENDLESS + CODE + END_OF_ITEM + ITEM + b"\x0a\0\0\0" + CODE + END,
        SEQUENCE + ITEM + ENDLESS + SEQUENCE + END + END_OF_ITEM + END,
    ],
)
def test_follows_well_formed_sequences(tail: bytes):
    assert 0x0040 in follow(with_tail(tail)).groups


@pytest.mark.parametrize(
    "tail",
    [
        EMPTY_ITEM,
        END_OF_ITEM,
        END,
        b"\x02\x00\x10\x00UI\x02\x001\0",
        b"\x00\x00\x00\x01US\x02\x00\x01\x00",
        bytes(16) + b"\x01",
        SEQUENCE + CODE,
        SEQUENCE + END_OF_ITEM + END,
        SEQUENCE + OPEN_ITEM + EMPTY_ITEM + END_OF_ITEM + END,
        SEQUENCE + OPEN_ITEM + END,
        SEQUENCE + ITEM + ENDLESS + CODE + END + END_OF_ITEM + END,
    ],
)
def test_refuses_what_stands_where_it_can_not(tail: bytes):
    with pytest.raises(DamagedError):
        follow(with_tail(tail))


def test_what_is_in_an_unknown_element_is_implicit():
    # Its length reads as a VR of two letters, so explicit VRs would lead astray (PS3.5 section 6.2.2).
    length = int.from_bytes(b"AB\0\0", "little")
    inside = b"\x09\x00\x02\x10AB\0\0" + b"\xff" * length
    unknown = b"\x09\x00\x01\x10UN\0\0" + ENDLESS
    assert follow(with_tail(unknown + OPEN_ITEM + inside + END_OF_ITEM + END)).groups


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_inflates_to_the_last_byte_and_no_further(size: int, level: int):
    data = random.Random(size).randbytes(size // 2) + bytes(size - size // 2)
    packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    assert inflated(io.BytesIO(packed)).read() == data
    assert inflated(io.BytesIO(packed + b"\0")).read() == data
    with pytest.raises(DamagedError, match="cut short"):
        inflated(io.BytesIO(packed[:-1])).read()


def test_measures_a_deflated_data_set():
    made = data_set()
    plain, packed = encode(made), encode(made, DeflatedExplicitVRLittleEndian)
    assert inflated_size(io.BytesIO(plain)) == 0
    assert inflated_size(io.BytesIO(packed)) == len(plain) - plain.index(b"\x08\x00\x16\x00UI")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("1.2", True),
        ("0.0", True),
        ("2.25.329800735698586629295641978511506172918", True),
        ("1.2.3" + ".0" * 29 + "0", False),
        ("1.2.34" + ".0" * 29, True),
        ("1.2.3" + ".0" * 30, False),
        ("", False),
        ("1", False),
        ("3.1", False),
        ("1.02", False),
        ("1.2.00", False),
        ("1..2", False),
        (".1.2", False),
        ("1.2.", False),
        ("1.2.a", False),
        ("1.2.-3", False),
        ("1.2 ", False),
        ("1.2\n", False),
        ("1.2.\N{ARABIC-INDIC DIGIT THREE}", False),
        ("1.2\\1.3", False),
    ],
)
def test_knows_a_uid(text: str, valid: bool):  # noqa: FBT001  # the answer, beside its question
    assert is_uid(text) == valid
