"""The structure of a Part 10 file (PS3.10 section 7), followed to its last byte without loading pixels.

pydicom reads a data set that is cut short as far as it goes, warns and goes on: right for a viewer, wrong for
an instance about to be registered as the patient's image. So this follows every element, item and fragment by
its length (PS3.5 section 7 and annex A.4) and refuses where the bytes end before the structure does. It keeps
only the few values asked for, and the rest needs no memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from struct import Struct
from typing import BinaryIO

from pixelpact.dicom import tags
from pixelpact.dicom.reader import DamagedError, Reader, inflated

__all__ = ["Header", "inflated_size", "is_part10", "read_header"]

_UNDEFINED = 0xFFFF_FFFF
_ITEM = 0xFFFE_E000
_ITEM_END = 0xFFFE_E00D
_SEQUENCE_END = 0xFFFE_E0DD
_DEPTH_LIMIT = 64
_VALUE_LIMIT = 1024

#: The VRs whose length has 32 bits after two reserved bytes (PS3.5 table 7.1-1).
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_LETTERS = frozenset(range(ord("A"), ord("Z") + 1))


@dataclass(frozen=True, slots=True)
class _Coding:
    """How a data set is written: whether VRs are implied, and the byte order of its numbers."""

    implicit: bool
    order: str
    element: Struct
    short: Struct
    long: Struct

    @classmethod
    def of(cls, *, implicit: bool, order: str) -> _Coding:
        return cls(implicit, order, Struct(order + "HHL"), Struct(order + "H"), Struct(order + "L"))


_IMPLICIT_LITTLE = _Coding.of(implicit=True, order="<")
_EXPLICIT_LITTLE = _Coding.of(implicit=False, order="<")
_EXPLICIT_BIG = _Coding.of(implicit=False, order=">")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file's structure says.

    Attributes:
        values: the raw values of those elements of ``tags.WANTED`` that are there, by tag.
        order: ``<`` or ``>``: the byte order of the numbers in ``values``.
        groups: the group numbers of the data set's own elements.
        pixel_bytes: length of the pixel data as written; None where its fragments say it, or there is none.
        has_pixels: whether there is pixel data, or an address to get it from.
    """

    values: Mapping[int, bytes]
    order: str
    groups: frozenset[int]
    pixel_bytes: int | None
    has_pixels: bool

    @property
    def study_uid(self) -> str:
        """StudyInstanceUID (0020,000D); empty when it is missing."""
        return self.text(tags.STUDY)

    @property
    def series_uid(self) -> str:
        """SeriesInstanceUID (0020,000E); empty when it is missing."""
        return self.text(tags.SERIES)

    @property
    def sop_uid(self) -> str:
        """SOPInstanceUID (0008,0018); empty when it is missing."""
        return self.text(tags.SOP_INSTANCE)

    @property
    def class_uid(self) -> str:
        """SOPClassUID (0008,0016); empty when it is missing."""
        return self.text(tags.SOP_CLASS)

    @property
    def transfer_syntax(self) -> str:
        """TransferSyntaxUID (0002,0010); empty when it is missing."""
        return self.text(tags.TRANSFER_SYNTAX)

    def text(self, tag: int) -> str:
        """A value as text without its padding; empty when it is missing."""
        return tags.text(self.values.get(tag, b""))

    def number(self, tag: int) -> int | None:
        """A US value; None when it is missing or not exactly one."""
        return tags.number(self.values.get(tag, b""), self.order)

    def integer_string(self, tag: int) -> int | None:
        """An IS value; None when it is missing or not exactly one."""
        return tags.integer_string(self.values.get(tag, b""))


def is_part10(start: bytes) -> bool:
    """Whether a file that starts with these 132 bytes says that it is DICOM."""
    return start[128:132] == b"DICM"


def read_header(file: BinaryIO, size: int) -> Header:
    """Follow a Part 10 file to its end.

    Where the file meta information names a DICOMDIR or no transfer syntax, nothing after it is read.

    Raises:
        DamagedError: it is cut short, or not DICOM after all.
    """
    values, reader = _open(file, size)
    syntax = tags.text(values.get(tags.TRANSFER_SYNTAX, b""))
    if tags.text(values.get(tags.MEDIA_CLASS, b"")) == tags.DICOMDIR or not syntax:
        return Header(values, "<", frozenset(), None, has_pixels=False)
    if syntax == tags.DEFLATED:
        file.seek(reader.at)
        reader = Reader(inflated(file), None)
    return _read_data_set(reader, _coding(syntax), values)


def inflated_size(file: BinaryIO) -> int:
    """How many bytes a deflated data set has when inflated, none of which is kept; 0 when it is not deflated.

    Raises:
        DamagedError: it is cut short, damaged, or no DICOM file.
    """
    values, reader = _open(file, file.seek(0, 2))
    if tags.text(values.get(tags.TRANSFER_SYNTAX, b"")) != tags.DEFLATED:
        return 0
    file.seek(reader.at)
    return sum(len(piece) for piece in iter(partial(inflated(file).read, 1 << 16), b""))


def _open(file: BinaryIO, size: int) -> tuple[dict[int, bytes], Reader]:
    """The file meta information, and a reader at the data set."""
    file.seek(0)
    if not is_part10(file.read(132)):
        raise DamagedError("it is not a DICOM file")
    reader = Reader(file, size)
    return _read_meta(reader), reader


def _coding(syntax: str) -> _Coding:
    if syntax == tags.IMPLICIT_LITTLE:
        return _IMPLICIT_LITTLE
    # Whatever is neither of these two is explicit little endian (PS3.5 annex A.4).
    return _EXPLICIT_BIG if syntax == tags.EXPLICIT_BIG else _EXPLICIT_LITTLE


def _read_meta(reader: Reader) -> dict[int, bytes]:
    # It ends where group 0002 ends; the length it states of itself is often wrong.
    values: dict[int, bytes] = {}
    if reader.peek(2) != b"\x02\x00":
        raise DamagedError("it has the letters DICM of a DICOM file, but no DICOM header after them")
    while reader.peek(2) == b"\x02\x00":
        tag, _, length = _element(reader, _EXPLICIT_LITTLE)
        _keep(reader, tag, length, values)
    return values


def _read_data_set(reader: Reader, coding: _Coding, values: dict[int, bytes]) -> Header:
    groups = set()
    pixel_bytes = None
    has_pixels = False
    while reader.peek(1):
        tag, vr, length = _element(reader, coding)
        if tag == 0 and length == 0 and reader.only_zeros_left():
            break  # padded to a whole sector by the medium it came from
        group = tag >> 16
        if group in (0x0000, 0x0002, 0xFFFE):
            raise DamagedError("its content is not a DICOM data set")
        groups.add(group)
        if tag in tags.PIXELS:
            has_pixels = True
            pixel_bytes = None if length == _UNDEFINED else length
        if length == _UNDEFINED:
            _skip_items(reader, _inner(coding, vr))
        else:
            _keep(reader, tag, length, values)
    return Header(values, coding.order, frozenset(groups), pixel_bytes, has_pixels)


def _element(reader: Reader, coding: _Coding) -> tuple[int, bytes, int]:
    """Tag, VR (empty when implied) and length of the next element, item or delimiter (PS3.5 section 7.1)."""
    head = reader.take(8)
    group, element, length = coding.element.unpack(head)
    tag = group << 16 | element
    vr = head[4:6]
    if coding.implicit or group == 0xFFFE or not _LETTERS.issuperset(vr):
        # No letters where a VR should be: some writers switch to implicit inside sequences.
        return tag, b"", length
    if vr in _LONG:
        return tag, vr, coding.long.unpack(reader.take(4))[0]
    return tag, vr, coding.short.unpack(head[6:])[0]


def _keep(reader: Reader, tag: int, length: int, values: dict[int, bytes]) -> None:
    kept = min(length, _VALUE_LIMIT) if tag in tags.WANTED else 0
    if kept:
        values[tag] = reader.take(kept)
    reader.skip(length - kept)


def _inner(coding: _Coding, vr: bytes) -> _Coding:
    # What stands in an element of unknown VR and undefined length is implicit little endian (PS3.5 section
    # 6.2.2).
    return _IMPLICIT_LITTLE if vr == b"UN" else coding


def _skip_items(reader: Reader, coding: _Coding) -> None:
    """Follow the items of a sequence, or the fragments of encapsulated pixel data, to their delimiter."""
    # The open sequences and items of undefined length, innermost last; True for a sequence.
    open_ = [(True, coding)]
    while open_:
        if len(open_) > 2 * _DEPTH_LIMIT:
            raise DamagedError(f"its sequences are nested more than {_DEPTH_LIMIT} deep")
        in_sequence, coding = open_[-1]
        tag, vr, length = _element(reader, coding)
        if tag == (_SEQUENCE_END if in_sequence else _ITEM_END):
            open_.pop()
        elif (tag == _ITEM) != in_sequence or tag in (_SEQUENCE_END, _ITEM_END):
            raise DamagedError("its sequences are damaged")
        elif length != _UNDEFINED:
            reader.skip(length)
        elif in_sequence:
            open_.append((False, coding))
        else:
            open_.append((True, _inner(coding, vr)))
