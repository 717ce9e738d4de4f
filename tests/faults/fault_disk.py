"""A small disk of its own for a consortium: full, or read-only, when a test wants it so.

A tmpfs where this user may mount one. Elsewhere a plain folder: full is then a limit on what a process may
write (setrlimit), read-only is permissions, or for root the immutable flag of the file system.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Disk", "small_disk"]

_SIZE = 192 << 20
_FILLER = "filler"
_MS_RDONLY, _MS_REMOUNT = 1, 32
_MNT_DETACH = 2


class Disk:
    """A folder that can be made full or read-only.

    Args:
        folder: where it is.
        mounted: whether it is a file system of its own.
    """

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder = folder
        self.mounted = mounted

    def fill(self) -> None:
        """From now on nothing more can be written by this process (on a mounted disk, by any)."""
        if not self.mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        filler = os.open(self.folder / _FILLER, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for size in (1 << 20, 4096, 1):
            try:
                while os.write(filler, bytes(size)):
                    pass
            except OSError:
                continue

    def empty(self) -> None:
        """Make room again."""
        (self.folder / _FILLER).unlink(missing_ok=True)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be changed, as long as the block lasts."""
        change = self._remount if self.mounted else _flagged if os.geteuid() == 0 else _permitted
        change(self.folder, read_only=True)
        try:
            yield
        finally:
            change(self.folder, read_only=False)

    def _remount(self, folder: Path, *, read_only: bool) -> None:
        _mount(folder, _MS_REMOUNT | (_MS_RDONLY if read_only else 0))


def _flagged(folder: Path, *, read_only: bool) -> None:
    subprocess.run(["chattr", "-R", "+i" if read_only else "-i", folder], check=True)


def _permitted(folder: Path, *, read_only: bool) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode & ~0o222 if read_only else mode | 0o200)


def _mount(folder: Path, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={_SIZE},mode=700".encode()
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A small disk in a new folder; it is gone with the block."""
    folder.mkdir(parents=True)
    try:
        _mount(folder, 0)
    except OSError:
        yield Disk(folder, mounted=False)
        return
    try:
        yield Disk(folder, mounted=True)
    finally:
        ctypes.CDLL(None).umount2(os.fsencode(folder), _MNT_DETACH)
