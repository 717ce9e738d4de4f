"""One file of a study: whether it is an instance, whole and identifiable, and what is kept about it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.uid import UID

from pixelpact.dicom import tags
from pixelpact.dicom.folder import Identity
from pixelpact.dicom.reader import DamagedError
from pixelpact.dicom.structure import Header, is_part10, read_header
from pixelpact.dicom.uids import is_uid
from pixelpact.errors import InputError
from pixelpact.models import Instance

__all__ = ["NotAnInstanceError", "StudyFile", "read_file"]

_MODALITY = re.compile(r"[A-Z0-9_ ]{1,16}")
_UIDS = {
    tags.TRANSFER_SYNTAX: "TransferSyntaxUID (0002,0010)",
    tags.SOP_CLASS: "SOPClassUID (0008,0016)",
    tags.SOP_INSTANCE: "SOPInstanceUID (0008,0018)",
    tags.STUDY: "StudyInstanceUID (0020,000D)",
    tags.SERIES: "SeriesInstanceUID (0020,000E)",
}


class NotAnInstanceError(Exception):
    """A file that is left out; the argument says what it is."""


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A file that holds one instance.

    Attributes:
        name: what to call it in front of people.
        identity: the file and its state when it was read.
        is_image: whether its class is of images. has_pixels: whether it has pixel data.
    """

    name: str
    study_uid: str
    instance: Instance
    identity: Identity
    is_image: bool
    has_pixels: bool


def read_file(file: BinaryIO, name: str) -> StudyFile:
    """Read one file's header and follow it to its end.

    Raises:
        NotAnInstanceError: it is not DICOM, or belongs to no patient's study.
        InputError: it is DICOM but damaged, incomplete, or without usable UIDs.
    """
    identity = Identity.of(os.fstat(file.fileno()))
    if identity.size == 0:
        raise NotAnInstanceError("an empty file")
    start = file.read(132)
    if not is_part10(start):
        raise NotAnInstanceError(_what_else(start))
    try:
        header = read_header(file, identity.size)
        left_out = _belongs_elsewhere(header)
        if left_out:
            raise NotAnInstanceError(left_out)
        _check_uids(header)
        _check_pixels(header)
    except DamagedError as error:
        raise InputError(
            f"The file {name} can't be shared",
            why=str(error),
            remedy="Get the file again from where it came, or take it out if it is no part of the study",
        ) from None
    if Identity.of(os.fstat(file.fileno())) != identity:
        raise changed(name)
    return StudyFile(
        name=name,
        study_uid=header.study_uid,
        instance=_instance(header, identity.size),
        identity=identity,
        is_image=_is_image(header),
        has_pixels=header.has_pixels,
    )


def changed(name: str) -> InputError:
    """The error of a file that is not what it was when the study was read."""
    return InputError(
        f"The file {name} can't be shared",
        why="it was changed or replaced while the study was being read",
        remedy="Wait until nothing writes to the folder any more, then run this again",
    )


def _what_else(start: bytes) -> str:
    # The two ways an element of group 0002 or 0008 starts: a data set without the Part 10 header before it.
    if start[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x08") and len(start) >= 12:
        return "a data set without the header of a DICOM file (PS3.10 section 7.1)"
    return "not a DICOM file"


def _belongs_elsewhere(header: Header) -> str:
    media_class = header.text(tags.MEDIA_CLASS)
    if media_class == tags.DICOMDIR or 0x0004 in header.groups:
        return "a DICOMDIR, the index of the files beside it"
    if header.class_uid in tags.NON_PATIENT:
        return "a DICOM object that belongs to no patient"
    return ""


def _check_uids(header: Header) -> None:
    for tag, name in _UIDS.items():
        uid = header.text(tag)
        if not uid:
            raise DamagedError(f"its {name} is missing")
        if not is_uid(uid):
            raise DamagedError(f"its {name} is not a valid UID (PS3.5 section 9.1)")


def _check_pixels(header: Header) -> None:
    """Refuse an instance that describes an image it does not have, or has only part of."""
    values = header.values
    if not header.has_pixels:
        described = all(tag in values for tag in (tags.ROWS, tags.COLUMNS, tags.BITS_ALLOCATED))
        if described or (_is_image(header) and header.groups & {0x0018, 0x0028}):
            raise DamagedError("it describes an image, but its pixel data is missing")
    elif header.pixel_bytes is not None and header.transfer_syntax in tags.NATIVE:
        expected = _expected_pixel_bytes(header)
        if expected is not None and header.pixel_bytes < expected:
            raise DamagedError(
                f"its pixel data has {header.pixel_bytes:,} bytes where its description asks for {expected:,}"
            )


def _is_image(header: Header) -> bool:
    # The standard's name of the class: no other sign in the file says that it is of images.
    return UID(header.class_uid).name.endswith("Image Storage")


def _expected_pixel_bytes(header: Header) -> int | None:
    """Length of native pixel data by its description (PS3.3 section C.7.6.3); None when that is unusable."""
    rows, columns, bits = (header.number(tag) for tag in (tags.ROWS, tags.COLUMNS, tags.BITS_ALLOCATED))
    # Missing or empty, these two mean one.
    samples = header.number(tags.SAMPLES) if header.values.get(tags.SAMPLES) else 1
    frames = header.integer_string(tags.FRAMES) if header.values.get(tags.FRAMES) else 1
    if rows is None or columns is None or bits is None or samples is None or frames is None:
        return None
    total = rows * columns * bits * samples * max(frames, 0)
    if samples == 3:
        # Two or one and a half samples a pixel, where colour is kept for every second pixel only.
        photometric = header.text(tags.PHOTOMETRIC)
        halves = {"YBR_FULL_422": 4, "YBR_PARTIAL_422": 4, "YBR_PARTIAL_420": 3}.get(photometric, 6)
        total = total * halves // 6
    return (total + 7) // 8


def _instance(header: Header, length: int) -> Instance:
    numbers = {
        "InstanceNumber": header.integer_string(tags.INSTANCE_NUMBER),
        "NumberOfFrames": header.integer_string(tags.FRAMES),
        "Rows": header.number(tags.ROWS),
        "Columns": header.number(tags.COLUMNS),
    }
    attributes: dict[str, str | int] = {"TransferSyntaxUID": header.transfer_syntax}
    attributes |= {keyword: found for keyword, found in numbers.items() if found is not None}
    return Instance(
        sop_uid=header.sop_uid,
        series_uid=header.series_uid,
        class_uid=header.class_uid,
        length=length,
        attributes=attributes,
        series_attributes=_series_attributes(header),
    )


def _series_attributes(header: Header) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {}
    modality = header.text(tags.MODALITY)
    # Only what looks like a modality: whatever else someone typed there stays out of the index.
    if _MODALITY.fullmatch(modality):
        attributes["Modality"] = modality
    series_number = header.integer_string(tags.SERIES_NUMBER)
    if series_number is not None:
        attributes["SeriesNumber"] = series_number
    return attributes
