"""The folder beside a Kubo node, where an institution's processes tell each other what they do with it.

    sessions/           what work under way protects (sessions.py)
    turn, work          locks (gate.py)

Nothing in it outlives the work: it may be lost while nothing runs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelpact.models import Cid
from pixelpact.storage.faults import told
from pixelpact.storage.gate import Gate
from pixelpact.storage.sessions import Session, protected

__all__ = ["Protection"]


class Protection:
    """One store object's part in it. OSError when the folder can't be used."""

    def __init__(self, folder: Path) -> None:
        self.gate = Gate(folder)
        self._folder = folder
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._count = 0

    def make(self) -> None:
        """Make what is not there yet."""
        (self._folder / "sessions").mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in Gate.NAMES:
            (self._folder / name).touch(mode=0o600)

    def add(self, cid: Cid) -> None:
        """Protect one more CID if protection is open. Only inside the gate's ``shared``."""
        session = self._session
        if session is not None:
            session.add(cid)

    @contextmanager
    def open(self, cids: tuple[Cid, ...]) -> Iterator[None]:
        """Protect ``cids``, and what is added meanwhile."""
        with told(self._folder, "written"), self.gate.shared():
            session = self._enter()
            try:
                for cid in cids:
                    session.add(cid)
            except BaseException:
                self._leave()
                raise
        try:
            yield
        finally:
            with told(self._folder, "written"):
                self._leave()

    def protected(self) -> set[Cid]:
        """What all processes protect. Only inside the gate's ``exclusive``."""
        return protected(self._folder / "sessions")

    def _enter(self) -> Session:
        with self._lock:
            if self._session is None:
                self._session = Session(self._folder / "sessions")
            self._count += 1
            return self._session

    def _leave(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count or self._session is None:
                return
            session, self._session = self._session, None
        session.close()
