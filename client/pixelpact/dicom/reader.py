"""Reading DICOM bytes forwards, exactly: asking for more than there is says that the file is cut short."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["CUT_SHORT", "DamagedError", "Reader", "inflated"]

CUT_SHORT = "it is cut short: it ends before its content does"
_PIECE = 1 << 16


class DamagedError(Exception):
    """The bytes are not whole DICOM; the argument says why, as a clause about 'it'."""


class Reader:
    """Takes or skips bytes of a file, in order.

    Args:
        file: a binary file; where it stands is the start.
        size: the offset of the file's end, or None when it can't be known (then skipping reads).
    """

    def __init__(self, file: BinaryIO, size: int | None) -> None:
        self._file = file
        self._size = size
        self._at = 0 if size is None else file.tell()
        self._ahead = b""

    @property
    def at(self) -> int:
        """The offset of the next byte."""
        return self._at

    def peek(self, count: int) -> bytes:
        """The next ``count`` bytes, or those that are left, without taking them."""
        if len(self._ahead) < count:
            self._ahead += self._file.read(count - len(self._ahead))
        return self._ahead[:count]

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes. DamagedError when fewer are left."""
        data = self.peek(count)
        if len(data) != count:
            raise DamagedError(CUT_SHORT)
        self._ahead = self._ahead[count:]
        self._at += count
        return data

    def skip(self, count: int) -> None:
        """Leave out the next ``count`` bytes without loading them. DamagedError when fewer are left."""
        if self._size is None:
            while count:
                count -= len(self.take(min(count, _PIECE)))
            return
        if self._at + count > self._size:
            raise DamagedError(CUT_SHORT)
        self._at += count
        self._ahead = b""
        self._file.seek(self._at)

    def only_zeros_left(self) -> bool:
        """Whether nothing but zero bytes is left; takes them all."""
        while piece := self.peek(_PIECE):
            if any(piece):
                return False
            self.take(len(piece))
        return True


class _Inflating(io.RawIOBase):
    """A deflated stream (RFC 1951, PS3.5 section A.5) read as what it holds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(_PIECE)
            try:
                data = self._inflate.decompress(packed, len(view))
            except zlib.error:
                raise DamagedError("its deflated data set is damaged") from None
            if data:
                view[: len(data)] = data
                return len(data)
            if not packed:  # asked all the same: zlib may have taken all input and still hold output
                raise DamagedError(CUT_SHORT)
        return 0


def inflated(file: BinaryIO) -> BinaryIO:
    """What a deflated data set holds, never more than a piece of it in memory."""
    return io.BufferedReader(_Inflating(file), _PIECE)
