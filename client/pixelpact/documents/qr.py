"""A link as a QR code (ISO/IEC 18004)."""

from __future__ import annotations

import io
from pathlib import Path

import segno

from pixelpact.documents.files import write_document
from pixelpact.errors import InputError

__all__ = ["require_picture", "save_qr"]

_KINDS = (".svg", ".png")
_PIXELS_PER_MODULE = 4


def require_picture(path: Path) -> None:
    """Judge the name of a picture's file.

    Raises:
        InputError: it ends neither with .svg nor with .png.
    """
    if path.suffix.lower() not in _KINDS:
        raise InputError(
            f"A QR code is not written as {path.suffix or 'a file without a suffix'}",
            why="its file must be a picture",
            remedy=f"Give a name that ends with {' or '.join(_KINDS)}",
        )


def save_qr(link: str, path: Path) -> None:
    """Write a link as a picture, by the file's name an SVG or a PNG.

    Raises:
        InputError: another kind of picture, a link that is too long, or there is such a file already.
        OutputError: it can't be written.
    """
    require_picture(path)
    picture = io.BytesIO()
    try:
        code = segno.make(link, micro=False, error="m")
    except segno.DataOverflowError as error:
        raise InputError(
            f"The link has {len(link)} characters and fits into no QR code",
            why="the batch that its consent stands in is of more than a million",
            remedy="Hand the invitation over as a file or as a link",
        ) from error
    code.save(picture, kind=path.suffix.lower().removeprefix("."), scale=_PIXELS_PER_MODULE, border=4)
    write_document(path, picture.getvalue())
