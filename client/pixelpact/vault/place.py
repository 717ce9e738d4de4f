"""The vault's folder: private files, one process at a time, and bytes that are really gone from a file."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from pixelpact.durable import sync_folder, write_new
from pixelpact.errors import OutputError, VaultError

__all__ = ["Lock", "make_folder", "require_private", "scrub", "sync_file", "sync_folder", "written_new"]

_ZEROS = bytes(1 << 20)


def make_folder(folder: Path) -> None:
    """Make the folder, 0700; its parents too. OutputError when that can't be done."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            folder.mkdir(mode=0o700)
            sync_folder(folder.parent)
    except OSError as error:
        raise _unwritable(folder, error) from None


def require_private(path: Path, found: os.stat_result, kind: int, name: str) -> None:
    """Refuse what others may read or change, or what is not a plain file or folder.

    Raises:
        VaultError: wrong kind of file, another owner, or permissions for group or others.
    """
    if stat.S_IFMT(found.st_mode) != kind:
        wanted = "folder" if kind == stat.S_IFDIR else "plain file"
        raise VaultError(f"The {name} {path} is not a {wanted}", remedy="Check the path")
    if found.st_uid != os.geteuid():
        raise VaultError(
            f"The {name} {path} belongs to another user",
            why="whoever owns it could change it",
            remedy="Run as the user who owns it",
        )
    if found.st_mode & 0o077:
        mode = "700" if kind == stat.S_IFDIR else "600"
        raise VaultError(
            f"The {name} {path} may be read or changed by others",
            why=f"its permissions are {stat.S_IMODE(found.st_mode):03o}",
            remedy=f"Run: chmod {mode} '{path}', and find out who could read it",
        )


def written_new(path: Path, content: bytes) -> None:
    """Write a file that did not exist, 0600, whole or not at all. OutputError when it can't be."""
    try:
        write_new(path, content)
    except OSError as error:
        raise _unwritable(path, error) from None


def sync_file(path: Path) -> None:
    """Make what was written to a file durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def scrub(path: Path) -> None:
    """Overwrite a file with zeros where it lies, sync, and cut it to nothing. A missing file is fine."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        left = os.fstat(descriptor).st_size
        if left == 0:
            return
        while left > 0:
            left -= os.write(descriptor, _ZEROS[: min(left, len(_ZEROS))])
        os.fsync(descriptor)
        os.ftruncate(descriptor, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Lock:
    """An advisory lock (flock) on one file, held while a process has the vault open and let go when it dies.

    Raises:
        VaultError: another process, or this one, has the vault open.
        OutputError: the lock file can't be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise VaultError(
                f"The vault {path.parent} is in use",
                why="another command or agent has it open, and two at once could send things twice",
                remedy="Wait for it to end, or stop it, and run the command again",
            ) from None

    def release(self) -> None:
        """Let the next one in. Again: nothing happens."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} can't be written",
        why=error.strerror or str(error),
        remedy="Give a place that this user may write to and that has room",
    )
