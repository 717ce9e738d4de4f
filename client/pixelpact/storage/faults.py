"""What the operating system says of a store's folder, as a sentence for a person."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelpact.errors import StoreError

__all__ = ["told"]

_FULL = ("its disk or quota is full", "Free some space, then run this again")
_FORBIDDEN = ("it may not be written here", "Give this user write access to it, or choose another folder")
_GONE = ("part of it is not there any more", "Check the path, and that its disk is mounted")
_SENTENCES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: ("a file may not grow any further here", "Raise the file size limit, then run this again"),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: ("its disk is read-only", "Mount it writable, or choose another folder"),
    errno.ENOENT: _GONE,
    errno.ENOTDIR: ("a file stands where a folder should be", "Check the path"),
    errno.EIO: ("its disk has a fault", "Check the disk; restore what is damaged from another copy"),
    errno.EMFILE: (
        "this process has too many files open",
        "Raise the limit on open files, then run this again",
    ),
}


@contextmanager
def told(folder: Path, deed: str) -> Iterator[None]:
    """Turn an OSError inside into a StoreError that says what could not be done (``deed``) and what to do."""
    try:
        yield
    except OSError as error:
        fallback = (error.strerror or str(error), "Check the folder and its disk")
        why, remedy = _SENTENCES.get(error.errno or 0, fallback)
        raise StoreError(f"The block store {folder} can't be {deed}", why=why, remedy=remedy) from error
