"""Documents as files: small, their owner's to read, written whole or not at all, over nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from pixelpact.durable import clear_beside, write_new
from pixelpact.errors import InputError, OutputError

__all__ = ["LONGEST", "holds", "read_document", "require_free", "write_document"]

#: No document is longer than this, in bytes.
LONGEST = 65_536


def read_document(path: Path) -> str:
    """The text of a document's file.

    Raises:
        InputError: no plain file, longer than any document, or not UTF-8.
    """
    try:
        if not path.is_file():
            raise InputError(
                f"The document {path} can't be read",
                why="there is no file of this name",
                remedy="Give the file as it was handed over",
            )
        with path.open("rb") as stream:
            data = stream.read(LONGEST + 1)
        if len(data) > LONGEST:
            raise InputError(
                f"The document {path} can't be read",
                why=f"it is longer than {LONGEST} bytes, so it is no document of PixelPact",
                remedy="Give the file as it was handed over",
            )
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The document {path} can't be read",
            why=str(error),
            remedy="Give the file as it was handed over",
        ) from error


def require_free(path: Path, data: bytes | None = None) -> bool:
    """Whether the file can be written; False when it holds these very bytes already.

    Raises:
        InputError: there is another file, or something else, of this name.
        OutputError: its folder is not there.
    """
    if not os.path.lexists(path):
        if not path.absolute().parent.is_dir():
            raise OutputError(
                f"{path} can't be written",
                why="its folder is not there",
                remedy="Make the folder first, or give another one",
            )
        return True
    if data is not None and path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    raise _taken(path)


def holds(path: Path, text: str) -> bool:
    """Whether a file of this name holds this very document."""
    try:
        return path.is_file() and not path.is_symlink() and path.read_bytes() == text.encode()
    except OSError:
        return False


def write_document(path: Path, data: str | bytes) -> None:
    """Write a new file, 0600 and durable; the same content already there is left.

    Raises:
        InputError: there is another file of this name.
        OutputError: it can't be written.
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        if not require_free(path, content):
            clear_beside(path)
            return
        write_new(path, content)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise OutputError(
            f"{path} can't be written",
            why=error.strerror or str(error),
            remedy="Give a place that can be written and has room",
        ) from error


def _taken(path: Path) -> InputError:
    return InputError(
        f"There is {path} already",
        why="a document is never written over something else",
        remedy="Give another name, or move it away",
    )
