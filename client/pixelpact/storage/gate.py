"""The lock between putting blocks and sweeping them, across threads and processes.

Two files and flock (POSIX advisory locks, which the kernel drops when their holder dies). ``work`` is held
shared by whoever puts or pins, exclusively by whoever sweeps. Everyone takes ``turn`` first: a sweeper keeps
it while it waits for the work under way, so that an unbroken run of puts can't hold it off for ever.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Gate"]


class Gate:
    """Shared for work, exclusive for the sweep. Not re-entrant. OSError when the folder is gone."""

    NAMES = ("turn", "work")

    def __init__(self, folder: Path) -> None:
        self._turn, self._work = (folder / name for name in self.NAMES)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Work may go on beside other work, not beside a sweep."""
        with _locked(self._turn, fcntl.LOCK_SH):
            work = _acquire(self._work, fcntl.LOCK_SH)
        try:
            yield
        finally:
            os.close(work)

    @contextmanager
    def exclusive(self, *, wait: bool = True) -> Iterator[None]:
        """No work goes on meanwhile. BlockingIOError at once when it can't be had and ``wait`` is false."""
        how = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        with _locked(self._turn, how), _locked(self._work, how):
            yield


def _acquire(path: Path, how: int) -> int:
    # A descriptor of its own each time: that is what keeps two threads of one process apart. Never O_CREAT:
    # a store whose folder is gone must say so, not grow anew.
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = _acquire(path, how)
    try:
        yield
    finally:
        os.close(descriptor)
