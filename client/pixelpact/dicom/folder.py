"""What lies in a folder, found without following anything out of it and without waiting for anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from pixelpact.errors import InputError

__all__ = ["Found", "Identity", "entries", "open_file", "shown"]

#: Folders within folders. A study on a medium has three or four levels.
DEPTH_LIMIT = 64

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file it is, and in which state: the same only while nobody has replaced or written it."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """The identity that stat gives."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Found:
    """One name in a folder that is not a folder itself.

    Attributes:
        path: where it lies.
        name: its path within the folder, safe to show.
        file: the open file, to be closed by whoever gets this; None when it is not a regular file.
        reason: why it is left out, when ``file`` is None.
    """

    path: Path
    name: str
    file: BinaryIO | None
    reason: str = ""


def shown(path: str | os.PathLike[str]) -> str:
    """A file name safe to print: bytes that are not text, control and invisible characters as escapes."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def entries(folder: Path) -> Generator[Found, None, None]:
    """All files, links, pipes and devices in a folder and the folders in it, in a stable order.

    Links are not followed: one within the folder is left out (what it leads to is met where it lies), one
    that leads out is refused.

    Raises:
        InputError: the folder is missing, is no folder, can't be read, nests too deep, or holds a link out of
        it.
    """
    top = _checked(folder)
    try:
        for place, folders, files, descriptor in os.fwalk(top, onerror=_unreadable):
            within = Path(place).relative_to(top)
            links = [name for name in folders if _is_link(name, descriptor)]
            folders[:] = sorted(set(folders) - set(links), key=os.fsencode)
            if len(within.parts) >= DEPTH_LIMIT and folders:
                raise InputError(
                    f"The folder {shown(folder)} can't be shared",
                    why=f"its folders are nested more than {DEPTH_LIMIT} deep",
                    remedy="Copy the study's files into a flat folder",
                )
            for name in sorted([*files, *links], key=os.fsencode):
                yield _found(top, within / name, name, descriptor)
    except OSError as error:
        _unreadable(error)


def open_file(path: Path, name: str, *, at: int | None = None) -> BinaryIO:
    """Open a regular file, never waiting for a pipe or device.

    Args:
        path: what to open; relative to the folder open as ``at``, if given.
        name: what to call it in an error.
        at: descriptor of an open folder.

    Raises:
        InputError: it is missing, not a regular file (links neither), or can't be read.
    """
    try:
        # Looked at before it is opened, since opening a device may already do something; and again after.
        if stat.S_ISREG(os.stat(path, dir_fd=at, follow_symlinks=False).st_mode):
            file = os.fdopen(os.open(path, _OPEN, dir_fd=at), "rb")
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file
            file.close()
    except OSError as error:
        raise InputError(
            f"The file {name} can't be read",
            why=_plain(error),
            remedy="Check that it is there and that you may read it",
        ) from error
    raise InputError(
        f"{name} can't be read", why="it is not a file", remedy="Give the study's files or their folder"
    )


def _plain(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _checked(folder: Path) -> str:
    try:
        mode = folder.stat().st_mode
    except OSError as error:
        raise InputError(
            f"The folder {shown(folder)} can't be read",
            why=_plain(error),
            remedy="Check the path",
        ) from error
    except ValueError:
        raise InputError(
            "The folder's name can't be read", why="it holds a zero character", remedy="Check the path"
        ) from None
    if not stat.S_ISDIR(mode):
        kind = "a file" if stat.S_ISREG(mode) else "a pipe or device"
        raise InputError(
            f"{shown(folder)} is not a folder",
            why=f"it is {kind}",
            remedy="Give the folder that holds the study",
        )
    return os.path.realpath(folder)


def _unreadable(error: OSError) -> NoReturn:
    raise InputError(
        f"{shown(str(error.filename or 'The folder'))} can't be read",
        why=_plain(error),
        remedy="Check that you may read it and everything in it",
    ) from error


def _is_link(name: str, descriptor: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode)


def _found(top: str, within: Path, name: str, descriptor: int) -> Found:
    path = Path(top) / within
    label = shown(within)
    mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
    if stat.S_ISREG(mode):
        return Found(path, label, open_file(Path(name), label, at=descriptor))
    if not stat.S_ISLNK(mode):
        return Found(path, label, None, "a pipe, socket or device")
    target = os.path.realpath(path)
    if os.path.commonpath((top, target)) != top:
        raise InputError(
            f"The link {label} leads out of the folder",
            why="only what lies in the folder itself is shared",
            remedy="Replace the link by a copy of what it leads to, or remove it",
        )
    here = "a link within the folder" if Path(target).exists() else "a link that leads nowhere"
    return Found(path, label, None, here)
