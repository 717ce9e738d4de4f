"""The elements and UIDs that PixelPact looks at in a DICOM file (PS3.6), and how their values read."""

from __future__ import annotations

import re

__all__ = ["number", "text"]

MEDIA_CLASS = 0x0002_0002
TRANSFER_SYNTAX = 0x0002_0010
SOP_CLASS = 0x0008_0016
SOP_INSTANCE = 0x0008_0018
MODALITY = 0x0008_0060
STUDY = 0x0020_000D
SERIES = 0x0020_000E
SERIES_NUMBER = 0x0020_0011
INSTANCE_NUMBER = 0x0020_0013
SAMPLES = 0x0028_0002
PHOTOMETRIC = 0x0028_0004
FRAMES = 0x0028_0008
ROWS = 0x0028_0010
COLUMNS = 0x0028_0011
BITS_ALLOCATED = 0x0028_0100

#: Whose values are kept while a file is followed. Nothing here names a patient.
WANTED = frozenset(
    {
        MEDIA_CLASS,
        TRANSFER_SYNTAX,
        SOP_CLASS,
        SOP_INSTANCE,
        MODALITY,
        STUDY,
        SERIES,
        SERIES_NUMBER,
        INSTANCE_NUMBER,
        SAMPLES,
        PHOTOMETRIC,
        FRAMES,
        ROWS,
        COLUMNS,
        BITS_ALLOCATED,
    }
)
#: Float, Double Float and integer Pixel Data, and Pixel Data Provider URL.
PIXELS = frozenset({0x7FE0_0008, 0x7FE0_0009, 0x7FE0_0010, 0x0028_7FE0})

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
#: The transfer syntaxes whose pixel data is written as it is (PS3.5 section 8.1.1), so its length follows.
NATIVE = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG})

DICOMDIR = "1.2.840.10008.1.3.10"
#: Storage classes of objects that belong to no patient (PS3.4 annex GG.3): they have no study to be part of.
NON_PATIENT = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.200.1",
        "1.2.840.10008.5.1.4.1.1.200.3",
        "1.2.840.10008.5.1.4.1.1.200.7",
        "1.2.840.10008.5.1.4.1.1.201.1",
        "1.2.840.10008.5.1.4.38.1",
        "1.2.840.10008.5.1.4.39.1",
        "1.2.840.10008.5.1.4.43.1",
        "1.2.840.10008.5.1.4.44.1",
        "1.2.840.10008.5.1.4.45.1",
    }
)

_INTEGER = re.compile(r"[+-]?[0-9]{1,11}")


def text(value: bytes) -> str:
    """A value of default repertoire as text, without the padding to even length (PS3.5 section 6.2)."""
    return value.decode("latin-1").strip(" \0")


def number(value: bytes, order: str) -> int | None:
    """A US value (two bytes), or None when it is not exactly one."""
    if len(value) != 2:
        return None
    return int.from_bytes(value, "little" if order == "<" else "big")


def integer_string(value: bytes) -> int | None:
    """An IS value, or None when it is not exactly one, within 32 bits with sign."""
    digits = text(value)
    if not _INTEGER.fullmatch(digits) or not -(2**31) <= int(digits) < 2**31:
        return None
    return int(digits)
