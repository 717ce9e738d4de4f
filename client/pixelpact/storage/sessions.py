"""What work under way has stored but not pinned yet, told to every process that might sweep.

A session is a file of binary CIDs that its process holds a lock on. The lock ends with the process, so a
session left by a crash protects nothing.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import threading
from pathlib import Path

from pixelpact.models import Cid

__all__ = ["Session", "protected"]

_RECORD = 36


class Session:
    """One store object's protected CIDs. Made and added to only inside the gate's ``shared``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / secrets.token_hex(16)
        self._lock = threading.Lock()
        self._seen: set[Cid] = set()
        self._open = True
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def add(self, cid: Cid) -> None:
        """Protect one more CID; nothing after ``close``. OSError when the disk is full."""
        with self._lock:
            if not self._open or cid in self._seen:
                return
            # At its own offset: a record that a full disk cut short is written over by the next.
            written = os.pwrite(self._descriptor, bytes(cid), _RECORD * len(self._seen))
            if written != _RECORD:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._seen.add(cid)

    def close(self) -> None:
        """Protect nothing any more."""
        with self._lock:
            self._open = False
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)


def protected(folder: Path) -> set[Cid]:
    """What the living sessions protect. Removes dead sessions, so only inside the gate's ``exclusive``."""
    cids: set[Cid] = set()
    for path in folder.iterdir():
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            continue  # it ended just now, and what it stored is pinned or nobody's
        with file:
            if _is_dead(file.fileno()):
                path.unlink(missing_ok=True)
                continue
            records = file.readall()
        whole = len(records) - len(records) % _RECORD
        cids.update(Cid.from_bytes(records[at : at + _RECORD]) for at in range(0, whole, _RECORD))
    return cids


def _is_dead(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
