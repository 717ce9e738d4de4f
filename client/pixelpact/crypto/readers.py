"""The instances of an open study as binary streams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

from pixelpact.models import Instance

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["InOrder", "RangeReader"]


class RangeReader(io.RawIOBase):
    """A seekable stream over ranges: for an instance too large to hold.

    Args:
        read_range: gives so many bytes from an offset.
        length: of the whole, in bytes.
    """

    def __init__(self, read_range: Callable[[int, int], bytes], length: int) -> None:
        self._read_range = read_range
        self._length = length
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As io.IOBase.seek."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence])
        return self._at

    def tell(self) -> int:
        """The position in bytes."""
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the instance goes."""
        view = memoryview(buffer).cast("B")
        size = max(0, min(len(view), self._length - self._at))
        view[:size] = self._read_range(self._at, size)
        self._at += size
        return size


class InOrder:
    """A study as a source whose instances can be opened once each, in their order."""

    def __init__(
        self,
        study_uid: str,
        instances: Iterable[Instance],
        stream: Iterator[tuple[Instance, Iterator[memoryview]]],
    ) -> None:
        self.study_uid = study_uid
        self._instances = instances
        self._stream = stream

    def __iter__(self) -> Iterator[Instance]:
        return iter(self._instances)

    def open(self, instance: Instance) -> BinaryIO:
        """The bytes of the next instance; ValueError for another one."""
        following, pieces = next(self._stream, (None, iter(())))
        if following != instance:
            raise ValueError("the instances of this source are opened in their order")
        return cast("BinaryIO", _PiecesReader(pieces))


class _PiecesReader(io.RawIOBase):
    """A stream over pieces."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Copy from the current piece; 0 behind the last."""
        view = memoryview(buffer).cast("B")
        while not self._piece:
            following = next(self._pieces, None)
            if following is None:
                return 0
            self._piece = following
        size = min(len(view), len(self._piece))
        view[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size
