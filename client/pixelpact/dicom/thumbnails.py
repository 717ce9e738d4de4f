"""Small pictures for people: of an image, and of the ciphertext that is stored instead of it.

Needs numpy and Pillow (the extra ``demo``). What can't be shown raises ThumbnailError with a plain reason: an
image that no installed codec decodes is shared all the same.
"""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from pixelpact.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Thumbnail", "ThumbnailError", "ciphertext_thumbnail", "thumbnail"]

#: The longer side of a thumbnail in pixels, at most; smaller images keep their size.
SIDE = 192
#: The sides of a picture of ciphertext in pixels: one byte each.
CIPHERTEXT_SIDE = 196

# One at a time: warnings' filters belong to the whole process, and so does the memory a frame takes.
_ONE_AT_A_TIME = threading.Lock()


class ThumbnailError(InputError):
    """There is no thumbnail; ``why`` is the reason as a clause."""

    def __init__(self, why: str, *, remedy: str = "") -> None:
        super().__init__("There is no thumbnail", why=why, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A PNG picture of one frame.

    Attributes:
        png: the file's bytes.
        width, height: of the picture in pixels.
        frame, frames: which frame of how many it shows, counted from 1.
    """

    png: bytes
    width: int
    height: int
    frame: int
    frames: int


def thumbnail(source: bytes | BinaryIO) -> Thumbnail:
    """The middle frame of a DICOM file as a person would see it: windowed, in colour, at most 192 pixels.

    Args:
        source: a Part 10 file's bytes, or a seekable binary file of them.

    Raises:
        ThumbnailError: it has no pixels, no installed codec decodes them, they are damaged or too large, or
        numpy
            or Pillow is missing.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    with _needs_extra(), _quiet():
        from pixelpact.dicom.frames import middle_frame  # noqa: PLC0415  # an extra

        image, frame, frames = middle_frame(file)
        from PIL.Image import Resampling  # noqa: PLC0415  # an extra

        image.thumbnail((SIDE, SIDE), Resampling.LANCZOS)
        return Thumbnail(_png(image), image.width, image.height, frame + 1, frames)


def ciphertext_thumbnail(block: bytes | memoryview) -> bytes:
    """The first bytes of a stored block as a grey square, one byte a pixel: noise, as a PNG file.

    196 pixels a side; a shorter block gives a smaller square.

    Raises:
        ThumbnailError: the block is empty, or Pillow is missing.
    """
    side = min(CIPHERTEXT_SIDE, math.isqrt(len(block)))
    if side == 0:
        raise ThumbnailError("the block is empty")
    with _needs_extra():
        from PIL import Image  # noqa: PLC0415  # an extra

        return _png(Image.frombytes("L", (side, side), bytes(block[: side * side])))


def _png(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


@contextmanager
def _needs_extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ThumbnailError(
            f"{error.name or 'a package'} is not installed",
            remedy="Install pixelpact with its extra: pixelpact[demo]",
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    # pydicom and Pillow warn about odd values in files, which is nothing a person can act on here.
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
