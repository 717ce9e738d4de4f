"""One frame of a DICOM file as an 8-bit picture (PS3.3 sections C.7.6.3, C.11.1 and C.11.2), by pydicom."""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, JPEGLSTransferSyntaxes

from pixelpact.dicom.reader import DamagedError
from pixelpact.dicom.structure import inflated_size
from pixelpact.dicom.thumbnails import ThumbnailError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["middle_frame"]

#: Bytes of one decoded frame, at most: a 64-megapixel image of 16 bits.
FRAME_LIMIT = 128 * 1024 * 1024
#: Bytes of a deflated data set when inflated, at most: pydicom inflates it whole.
DEFLATED_LIMIT = 256 * 1024 * 1024

# Besides the image pixel module: what the grey values mean and how to window them.
_TAGS: list[Any] = [
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]


def middle_frame(file: BinaryIO) -> tuple[Image.Image, int, int]:
    """The middle frame as a grey or colour picture, its index and how many frames there are.

    Raises:
        ThumbnailError: it can't be shown; says why.
    """
    try:
        data_set = _read(file)
        frames = max(int(data_set.get("NumberOfFrames") or 1), 1)
        index = frames // 2
        _check_size(file, data_set, index, frames)
        return _picture(_decode(file, data_set, index), data_set, index), index, frames
    except ThumbnailError:
        raise
    except DamagedError as error:
        raise ThumbnailError(str(error)) from None
    # A codec meeting damaged bytes raises whatever it likes; none of it may stop the study from being shared.
    except Exception as error:
        raise ThumbnailError(f"its pixel data can't be decoded ({type(error).__name__})") from error


def _read(file: BinaryIO) -> Dataset:
    """The elements that matter for a picture, without pixels; the file then stands at the pixel data."""
    # pydicom inflates a deflated data set whole, so its size is found out first.
    if inflated_size(file) > DEFLATED_LIMIT:
        raise ThumbnailError("its deflated data is too large")
    file.seek(0)
    data_set = dcmread(file, stop_before_pixels=True, specific_tags=_TAGS)
    if data_set.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        file.seek(0)
        data_set = dcmread(file)
    if not all(keyword in data_set for keyword in ("Rows", "Columns", "BitsAllocated")):
        raise ThumbnailError("it holds no image")
    return data_set


def _check_size(file: BinaryIO, data_set: Dataset, index: int, frames: int) -> None:
    """Refuse a frame that would take too much memory, by its description or by what its codestream says."""
    syntax = data_set.file_meta.TransferSyntaxUID
    rows, columns = data_set.Rows, data_set.Columns
    if syntax.is_encapsulated:
        _check_codec(syntax)
        file.seek(12, 1)  # past the pixel data's own tag, VR and length
        frame = get_frame(file, index, number_of_frames=frames)
        # CharLS looks for the end far beyond the bytes it was given (20 s for 80 bytes), so it must be there.
        if syntax in JPEGLSTransferSyntaxes and not frame.rstrip(b"\0").endswith(b"\xff\xd9"):
            raise ThumbnailError("its JPEG-LS data is cut short")
        # A file format around the codestream, which DICOM does not allow (PS3.5 section 8.2.4), and in which
        # pydicom looks for the codestream for ever when a box has no length.
        if frame[:8] == b"\0\0\0\x0cjP  ":
            raise ThumbnailError("its JPEG 2000 data is a JP2 file, not a codestream")
        coded = _coded_size(frame)
        if coded not in ((rows, columns), (0, 0)):
            raise ThumbnailError(f"its description says {rows} by {columns} pixels, its codestream otherwise")
    size = rows * columns * int(data_set.get("SamplesPerPixel", 1)) * data_set.BitsAllocated // 8
    if size > FRAME_LIMIT:
        raise ThumbnailError(f"one frame has {size:,} bytes, more than a thumbnail is worth")


def _check_codec(syntax: UID) -> None:
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        raise ThumbnailError(f"no codec for {syntax.name} is installed")


def _coded_size(frame: bytes) -> tuple[int, int]:
    """Rows and columns that a JPEG, JPEG-LS or JPEG 2000 codestream declares; zeros for any other."""
    if frame[:4] == b"\xff\x4f\xff\x51":  # JPEG 2000: SOC, then SIZ (ISO 15444-1 annex A.5.1)
        width, height, left, top = unpack_from(">4I", frame, 8)
        return height - top, width - left
    at = 2 if frame[:2] == b"\xff\xd8" else len(frame)
    while at + 9 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        # Frame headers (ISO 10918-1 table B.1, ISO 14495-1 annex C): SOF0 to SOF15 but DHT, JPG and DAC;
        # SOF55.
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = unpack_from(">2H", frame, at + 5)
            return rows, columns
        at += 2 + int.from_bytes(frame[at + 2 : at + 4])
    return 0, 0


def _decode(file: BinaryIO, data_set: Dataset, index: int) -> NDArray[Any]:
    if "PixelData" in data_set:  # inflated, so it is all here
        return pixel_array(data_set, index=index)
    file.seek(0)
    try:
        # Adds what a palette needs to data_set; gives RGB for YBR.
        return pixel_array(file, index=index, ds_out=data_set)
    except AttributeError as error:
        if "no pixel data" in str(error):
            raise ThumbnailError("it holds no image") from None
        raise


def _picture(pixels: NDArray[Any], data_set: Dataset, index: int) -> Image.Image:
    # Thinned out first: what a thumbnail can't show needs no windowing.
    step = max(1, max(pixels.shape[:2]) // 768)
    pixels = pixels[::step, ::step]
    photometric = str(data_set.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        return Image.fromarray(_to_bytes(apply_color_lut(pixels, data_set), full_scale=True))
    if pixels.ndim == 3:
        bits = int(data_set.BitsStored)
        return Image.fromarray((pixels >> max(bits - 8, 0)).astype(np.uint8))
    grey = _to_bytes(_windowed(pixels, _look(data_set, index)), full_scale=False)
    return Image.fromarray(255 - grey if photometric == "MONOCHROME1" else grey)


def _look(data_set: Dataset, index: int) -> Dataset:
    """The data set, with one frame's rescaling and window where those of all frames stand (C.7.6.16)."""
    shared = data_set.get("SharedFunctionalGroupsSequence") or []
    own = (data_set.get("PerFrameFunctionalGroupsSequence") or [])[index : index + 1]
    for group in [*shared[:1], *own]:
        for macro in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            for item in (group.get(macro) or [])[:1]:
                data_set.update(item)
    return data_set


def _windowed(pixels: NDArray[Any], look: Dataset) -> NDArray[Any]:
    try:
        return apply_voi_lut(apply_modality_lut(pixels, look), look)
    except Exception:  # noqa: BLE001  # whatever a table that contradicts the standard leads to
        return pixels  # the plain values still make a picture


def _to_bytes(values: NDArray[Any], *, full_scale: bool) -> NDArray[np.uint8]:
    """Values as 0 to 255: by what their type can hold, or by the range they use without its extremes."""
    if full_scale:
        return (values >> (8 * (values.dtype.itemsize - 1))).astype(np.uint8)
    plain = np.nan_to_num(values.astype(np.float64))
    low, high = np.percentile(plain, (0.5, 99.5))
    if low == high:
        low, high = plain.min(), plain.max()
    scale = 255 / (high - low) if high > low else 0
    grey: NDArray[np.uint8] = ((plain.clip(low, high) - low) * scale).astype(np.uint8)
    return grey
