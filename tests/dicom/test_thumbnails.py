"""Small pictures: what they show, and the plain reason where there is none."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import sys
import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import TEST_FILES, data_set, encode, shipped
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
)

from pixelpact.dicom import ThumbnailError, ciphertext_thumbnail, frames, thumbnail
from pixelpact.errors import InputError


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)))


def ramp(rows: int = 8, columns: int = 256, **elements: Any) -> Dataset:
    """Grey values 0, 1, 2... from left to right, each column one value."""
    values = np.tile(np.arange(columns, dtype="<u2"), (rows, 1))
    return data_set(Rows=rows, Columns=columns, PixelData=values.tobytes(), **elements)


def test_is_a_png_of_at_most_192_pixels_with_the_shape_of_the_image():
    made = thumbnail(encode(ramp(rows=100, columns=400)))
    assert (made.width, made.height) == (192, 48)
    assert pixels(made.png).shape == (48, 192)
    assert (made.frame, made.frames) == (1, 1)


def test_keeps_a_small_image_as_it_is():
    made = thumbnail(encode(data_set()))
    assert (made.width, made.height) == (6, 8)


def test_takes_bytes_or_a_file_wherever_it_stands(tmp_path: Path):
    data = encode(data_set())
    (tmp_path / "x").write_bytes(data)
    with (tmp_path / "x").open("rb") as file:
        file.seek(77)
        assert thumbnail(file) == thumbnail(data)


def test_brightens_from_the_lowest_to_the_highest_value():
    row = pixels(thumbnail(encode(ramp())).png)[0]
    assert row[0] == 0
    assert row[-1] == 255
    assert list(row) == sorted(row)


def test_shows_the_window_that_the_image_names():
    row = pixels(thumbnail(encode(ramp(columns=192, WindowCenter=96, WindowWidth=64))).png)[0]
    assert set(row[:64]) == {0}
    assert set(row[128:]) == {255}
    assert 100 < row[96] < 155


def test_rescales_before_it_windows():
    made = ramp(columns=192, RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=-808, WindowWidth=4)
    row = pixels(thumbnail(encode(made)).png)[0]
    assert row[90] == 0
    assert row[102] == 255


def test_applies_a_lookup_table():
    lut = Dataset()
    lut.LUTDescriptor = [256, 0, 16]
    lut.LUTData = np.arange(65_535, 65_535 - 256, -1, dtype="<u2").tobytes()
    lut["LUTData"].VR = "OW"
    row = pixels(thumbnail(encode(ramp(columns=192, VOILUTSequence=[lut]))).png)[0]
    assert row[0] > 253
    assert row[-1] == 0


def test_inverts_monochrome1():
    row = pixels(thumbnail(encode(ramp(PhotometricInterpretation="MONOCHROME1"))).png)[0]
    assert row[0] == 255
    assert row[-1] == 0


@pytest.mark.parametrize("broken", [{"WindowCenter": 5, "WindowWidth": 0}, {"WindowCenter": 5}])
def test_a_window_that_makes_no_sense_is_not_applied(broken: dict[str, int]):
    row = pixels(thumbnail(encode(ramp(**broken))).png)[0]
    assert (row[0], row[-1]) == (0, 255)


def test_an_image_of_one_value_is_a_picture_all_the_same():
    assert set(pixels(thumbnail(encode(data_set(PixelData=bytes(96)))).png).flat) == {0}


def test_shows_the_middle_frame():
    frames = np.stack([np.full((8, 6), value, "<u2") for value in (1, 2, 3, 4, 5)])
    frames[2, 0, 0] = 9
    made = thumbnail(encode(data_set(NumberOfFrames=5, PixelData=frames.tobytes())))
    assert (made.frame, made.frames) == (3, 5)
    assert pixels(made.png)[0, 0] == 255
    assert pixels(made.png)[1, 1] == 0


def test_finds_the_window_of_one_frame_among_the_functional_groups():
    voi, transformation, own, shared = Dataset(), Dataset(), Dataset(), Dataset()
    voi.WindowCenter, voi.WindowWidth = 1096, 64
    transformation.RescaleSlope, transformation.RescaleIntercept = 1, 1000
    own.FrameVOILUTSequence = [voi]
    shared.PixelValueTransformationSequence = [transformation]
    values = np.tile(np.arange(192, dtype="<u2"), (2, 8, 1))
    made = data_set(
        Rows=8,
        Columns=192,
        NumberOfFrames=2,
        PixelData=values.tobytes(),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=[Dataset(), own],
    )
    row = pixels(thumbnail(encode(made)).png)[0]
    assert set(row[:64]) == {0}
    assert set(row[128:]) == {255}


@pytest.mark.parametrize("bits", [8, 16])
def test_shows_colours(bits: int):
    red = np.zeros((8, 6, 3), f"<u{bits // 8}")
    red[..., 0] = 2**bits - 1
    made = data_set(
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelData=red.tobytes(),
    )
    assert pixels(thumbnail(encode(made)).png)[3, 3].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("name", "at", "colour"),
    [
        ("examples_palette.dcm", (40, 100), None),
        ("SC_ybr_full_422_uncompressed.dcm", (5, 50), (254, 0, 0)),
        ("SC_rgb_rle.dcm", (5, 50), (255, 0, 0)),
        ("SC_rgb_dcmtk_+eb+cy+np.dcm", (5, 50), (254, 0, 0)),
        ("examples_jpeg2k.dcm", (0, 0), None),
        ("MR_small_jpeg_ls_lossless.dcm", (5, 5), None),
        ("image_dfl.dcm", (5, 5), None),
        ("liver_1frame.dcm", (90, 90), None),
        ("rtdose.dcm", (5, 5), None),
        ("MR_small_bigendian.dcm", (5, 5), None),
    ],
)
def test_shows_each_kind_of_file_that_pydicom_ships(
    name: str, at: tuple[int, int], colour: tuple[int, ...] | None
):
    picture = pixels(thumbnail((TEST_FILES / name).read_bytes()).png)
    if colour is None:
        assert picture.min() < picture.max()
    else:
        assert np.abs(picture[at].astype(int) - colour).max() <= 3


def test_the_same_image_in_seven_encodings_gives_the_same_picture():
    names = ["", "_RLE", "_bigendian", "_expb", "_implicit", "_jp2klossless", "_jpeg_ls_lossless", "_padded"]
    made = [thumbnail((TEST_FILES / f"MR_small{name}.dcm").read_bytes()) for name in names]
    assert len({hashlib.sha256(each.png).digest() for each in made}) == 1


REASONS = [
    (data_set(Rows=None, Columns=None, PixelData=None), ImplicitVRLittleEndian, "it holds no image"),
    (data_set(PixelData=None), ImplicitVRLittleEndian, "it holds no image"),
    (
        data_set(PixelData=encapsulate([b"x"])),
        MPEG2MPML,
        "no codec for MPEG2 Main Profile / Main Level is installed",
    ),
    (
        data_set(PixelData=encapsulate([b"xx"])),
        "1.2.840.10008.1.2.4.70",
        "no codec for JPEG Lossless, .* is installed",
    ),
    (
        data_set(PixelData=encapsulate([b"xx"])),
        JPEG2000Lossless,
        r"its pixel data can't be decoded \(.*Error\)",
    ),
    (
        data_set(PixelData=bytes(10)),
        ImplicitVRLittleEndian,
        r"its pixel data can't be decoded \(ValueError\)",
    ),
    (
        data_set(PhotometricInterpretation="PALETTE COLOR"),
        ImplicitVRLittleEndian,
        "its pixel data can't be decoded",
    ),
    (
        data_set(Rows=65535, Columns=65535),
        ImplicitVRLittleEndian,
        "one frame has 8,589,672,450 bytes, more than",
    ),
]


@pytest.mark.parametrize(("made", "syntax", "reason"), REASONS)
def test_says_why_there_is_none(made: Dataset, syntax: str, reason: str):
    with pytest.raises(ThumbnailError, match=f"There is no thumbnail: {reason}") as caught:
        thumbnail(encode(made, syntax))
    assert isinstance(caught.value, InputError)
    assert not caught.value.why.endswith(".")


@pytest.mark.parametrize(
    "data", [b"", b"x", bytes(128) + b"DICM", os.urandom(1000)], ids=["empty", "x", "magic", "noise"]
)
def test_says_so_of_what_is_no_dicom(data: bytes):
    with pytest.raises(ThumbnailError, match="There is no thumbnail: "):
        thumbnail(data)


def giant_codestreams() -> list[tuple[str, bytes]]:
    size = (60_000, 60_000)
    siz = struct.pack(">HHIIIIIIIIH", 47, 0, *size, 0, 0, *size, 0, 0, 3)
    sof = struct.pack(">BHHB", 8, *size, 1) + b"\x01\x11\x00"
    segment = struct.pack(">H", len(sof) + 2) + sof
    comment = b"\xff\xfe\x00\x06made"
    return [
        (JPEG2000Lossless, b"\xff\x4f\xff\x51" + siz + bytes(9)),
        (JPEGBaseline8Bit, b"\xff\xd8" + comment + b"\xff\xc0" + segment),
        (JPEGLSLossless, b"\xff\xd8" + comment + b"\xff\xf7" + segment + b"\xff\xd9"),
    ]


@pytest.mark.parametrize(("syntax", "stream"), giant_codestreams(), ids=["JPEG 2000", "JPEG", "JPEG-LS"])
def test_refuses_a_codestream_that_says_it_is_larger_than_the_image(syntax: str, stream: bytes):
    with pytest.raises(ThumbnailError, match="its description says 8 by 6 pixels, its codestream otherwise"):
        thumbnail(encode(data_set(PixelData=encapsulate([stream])), syntax))


def test_refuses_a_jpeg_ls_frame_without_its_end_before_its_codec_looks_for_it():
    whole = get_frame(dcmread(TEST_FILES / "MR_small_jpeg_ls_lossless.dcm").PixelData, 0, number_of_frames=1)
    for kept in (2, 60, 2812, len(whole) - 2):
        made = data_set(Rows=64, Columns=64, PixelData=encapsulate([whole[:kept]]))
        with pytest.raises(ThumbnailError, match="its JPEG-LS data is cut short"):
            thumbnail(encode(made, JPEGLSLossless))


def test_refuses_a_deflated_bomb_before_it_bursts(monkeypatch: pytest.MonkeyPatch):
    # A fraction of the real limit, and as much smaller a bomb: they take long to make.
    monkeypatch.setattr(frames, "DEFLATED_LIMIT", 25_000_000)
    made = data_set(Rows=3_000, Columns=5_000, PixelData=bytes(30_000_000))
    bomb = encode(made, DeflatedExplicitVRLittleEndian)
    assert len(bomb) < 60_000
    tracemalloc.start()
    with pytest.raises(ThumbnailError, match="its deflated data is too large"):
        thumbnail(bomb)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_a_large_image_costs_little_more_than_one_frame():
    made = data_set(Rows=3000, Columns=3000, PixelData=np.random.default_rng(1).bytes(18_000_000))
    data = encode(made)
    tracemalloc.start()
    thumbnail(data)
    assert tracemalloc.get_traced_memory()[1] < 3 * 18_000_000
    tracemalloc.stop()


def test_odd_values_warn_nobody_and_leave_the_filters_alone():
    before, shown = list(warnings.filters), 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        inside = list(warnings.filters)
        for path in shipped():
            with suppress(ThumbnailError):
                thumbnail(path.read_bytes())
                shown += 1
        assert list(warnings.filters) == inside
    assert caught == []
    assert shown >= 90
    assert list(warnings.filters) == before


def test_threads_may_make_them_at_once():
    data = (TEST_FILES / "examples_jpeg2k.dcm").read_bytes()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(thumbnail, [data] * 12))
    assert len({each.png for each in made}) == 1
    assert threading.active_count() < 20


@settings(max_examples=100, deadline=None)
@given(
    path=st.sampled_from([path for path in shipped() if path.stat().st_size < 50_000]),
    places=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6
    ),
    kept=st.floats(0.3, 1),
)
def test_whatever_was_done_to_a_file_there_is_a_picture_or_a_reason(
    path: Path, places: list[tuple[float, bytes]], kept: float
):
    data = bytearray(path.read_bytes())
    for place, patch in places:
        at = int(place * len(data))
        data[at : at + len(patch)] = patch
    try:
        made = thumbnail(bytes(data[: int(kept * len(data))]))
    except ThumbnailError:
        return
    assert max(made.width, made.height) <= 192


class TestCiphertext:
    def test_is_the_blocks_first_bytes_one_a_pixel(self):
        block = os.urandom(1_048_576)
        picture = pixels(ciphertext_thumbnail(block))
        assert picture.shape == (196, 196)
        assert picture.tobytes() == block[: 196 * 196]

    def test_of_a_small_block_is_a_smaller_square(self):
        assert pixels(ciphertext_thumbnail(memoryview(bytes(1200)))).shape == (34, 34)

    def test_of_nothing_is_refused(self):
        with pytest.raises(ThumbnailError, match="the block is empty"):
            ciphertext_thumbnail(b"")


def test_without_the_extra_says_what_to_install():
    code = """
import sys
from pathlib import Path
sys.modules["numpy"] = sys.modules["PIL"] = None
from pixelpact.dicom import ThumbnailError, ciphertext_thumbnail, from_files, samples, thumbnail
study = from_files(samples()[2].files)
for deed in (lambda: thumbnail(study.open(next(iter(study)))), lambda: ciphertext_thumbnail(bytes(100))):
    try:
        deed()
    except ThumbnailError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "There is no thumbnail: numpy is not installed. Install pixelpact with its extra: pixelpact[demo].",
        "There is no thumbnail: PIL is not installed. Install pixelpact with its extra: pixelpact[demo].",
    ]
