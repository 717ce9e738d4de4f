"""Blocks in a folder: one file per block, of exactly its bytes, named by its CID.

    FORMAT              which layout this is
    blocks/xx/<CID>     the blocks, in subfolders by the two characters before the CID's last
    pins/<CID>          one empty file per pinned root
    sessions/           what work under way protects (sessions.py)
    tmp/                blocks being written; renamed into place when whole and synced
    turn, work          locks (gate.py)

A block is written to ``tmp``, synced, then renamed, so nothing that is not whole ever stands under a CID's
name. The renames themselves last once their folders are synced: that is what ``flush`` and ``pin`` do.
"""

from __future__ import annotations

import os
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pixelpact.errors import BlockError, StoreError
from pixelpact.models import RAW, Cid
from pixelpact.storage.blocks import BLOCK_LIMIT, check_block, identify, missing, reachable
from pixelpact.storage.faults import told
from pixelpact.storage.gate import Gate
from pixelpact.storage.sessions import Session, protected

__all__ = ["FolderStore"]

_FORMAT = b"PixelPact block folder 1\n"
_FOLDERS = ("blocks", "pins", "sessions", "tmp")


class FolderStore:
    """A ``Store`` in a local folder of a POSIX file system whose flock, rename and fsync mean what they say.

    Args:
        folder: opened if it is a block folder; made if it is absent or empty.
        create: False to open only, for a sweep that must not mistake a wrong path for an empty store.

    Raises:
        StoreError: it can't be opened or made, or is a folder of something else.
    """

    def __init__(self, folder: str | os.PathLike[str], *, create: bool = True) -> None:
        self.folder = Path(folder).absolute()
        self._gate = Gate(self.folder)
        self._lock = threading.Lock()
        self._unsynced: set[Path] = set()
        self._session: Session | None = None
        self._protections = 0
        with told(self.folder, "opened"):
            if create:
                self._make()
            self._check_format()
        # Where nothing may be written, or somebody is writing, what a crash left stays until the next time.
        with suppress(OSError), self._gate.exclusive(wait=False):
            self._remove_leftovers()

    def path(self, cid: Cid) -> Path:
        """Where the block lies, or would lie."""
        name = str(cid)
        return self.folder / "blocks" / name[-3:-1] / name

    def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
        """Write, sync and rename one block (``Store.put``); the rename lasts once ``flush`` returned."""
        cid = identify(data, codec)
        path = self.path(cid)
        with told(self.folder, "written"), self._gate.shared():
            # First protected, then looked for: a sweep before this may take the block, one after will not.
            session = self._session
            if session is not None:
                session.add(cid)
            if not _holds(path, data):
                self._write(path, data)
            with self._lock:
                self._unsynced.add(path.parent)
        return cid

    def get(self, cid: Cid) -> bytes:
        """Read one block and check it (``Store.get``)."""
        with told(self.folder, "read"):
            try:
                data = _read(self.path(cid))
            except FileNotFoundError:
                self._check_format()
                raise missing(cid) from None
        if data is None:
            raise BlockError(
                f"The block {cid} is damaged",
                why="what lies under its name is not a file of at most 2 MiB",
                remedy="Restore the block from another copy, or seal the study again",
            )
        return check_block(cid, data)

    def has(self, cid: Cid) -> bool:
        """Whether anything lies under the name of this CID (``Store.has``)."""
        return bool(self.present((cid,)))

    def present(self, cids: Iterable[Cid]) -> tuple[Cid, ...]:
        """Those that are still here (``Store.present``); StoreError when the folder itself is gone."""
        with told(self.folder, "read"):
            found = tuple(cid for cid in cids if _exists(self.path(cid)))
            # A store that is gone has no blocks either, but that proves nothing about them.
            self._check_format()
        return found

    @contextmanager
    def protect(self, cids: Iterable[Cid] = ()) -> Iterator[None]:
        """Spare ``cids`` and what this object puts, in every process (``Store.protect``)."""
        wanted = tuple(cids)
        with told(self.folder, "written"), self._gate.shared():
            session = self._enter()
            try:
                for cid in wanted:
                    session.add(cid)
            except BaseException:
                self._leave()
                raise
            with self._lock:
                self._unsynced.update(self.path(cid).parent for cid in wanted)
        try:
            yield
        finally:
            with told(self.folder, "written"):
                self._leave()

    def pin(self, root: Cid) -> None:
        """Sync the whole tree, then record its root (``Store.pin``)."""
        with told(self.folder, "written"), self._gate.shared():
            tree = reachable(root, self.get)
            here = self.present(tree)
            if len(here) != len(tree):
                raise missing(min(tree.difference(here)))
            with self._lock:
                self._unsynced.update(self.path(cid).parent for cid in tree)
            self.flush()
            marker = self.folder / "pins" / str(root)
            os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            _sync(marker.parent)

    def unpin(self, root: Cid) -> None:
        """Remove the record of a root (``Store.unpin``)."""
        with told(self.folder, "written"), self._gate.shared():
            (self.folder / "pins" / str(root)).unlink(missing_ok=True)
            _sync(self.folder / "pins")

    def pins(self) -> frozenset[Cid]:
        """The recorded roots (``Store.pins``)."""
        with told(self.folder, "read"):
            return frozenset(_cids(self.folder / "pins"))

    def collect(self) -> tuple[Cid, ...]:
        """Remove what nothing reaches or protects (``Store.collect``); puts wait meanwhile."""
        with told(self.folder, "written"), self._gate.exclusive():
            keep = protected(self.folder / "sessions")
            for root in self.pins():
                keep |= reachable(root, self.get)
            self._remove_leftovers()
            removed = []
            for shard in sorted((self.folder / "blocks").iterdir()):
                unwanted = [cid for cid in _cids(shard) if cid not in keep and self.path(cid).parent == shard]
                for cid in unwanted:
                    self.path(cid).unlink()
                if unwanted:
                    _sync(shard)
                removed += unwanted
        return tuple(sorted(removed))

    def flush(self) -> None:
        """Sync the folders of what was put (``Store.flush``)."""
        with self._lock:
            waiting = sorted(self._unsynced)
        with told(self.folder, "written"):
            for folder in waiting:
                if folder.exists():
                    _sync(folder)
            if waiting:
                _sync(self.folder / "blocks")
            else:
                self._check_format()
        with self._lock:
            self._unsynced.difference_update(waiting)

    def _make(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {"FORMAT", *_FOLDERS, *Gate.NAMES}
        if (self.folder / "FORMAT").exists() or not known.issuperset(
            path.name for path in self.folder.iterdir()
        ):
            return
        for name in _FOLDERS:
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        for name in Gate.NAMES:
            (self.folder / name).touch(mode=0o600)
        with self._gate.shared():
            self._write(self.folder / "FORMAT", _FORMAT)
        _sync(self.folder)
        _sync(self.folder.parent)

    def _check_format(self) -> None:
        try:
            found = (self.folder / "FORMAT").read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            found = b""
        if found != _FORMAT:
            raise StoreError(
                f"The block store {self.folder} can't be used",
                why="it is not there, or is a folder of something else",
                remedy="Check the path, and that its disk is mounted",
            )

    def _write(self, path: Path, data: bytes | bytearray | memoryview) -> None:
        temporary = self.folder / "tmp" / secrets.token_hex(16)
        try:
            with temporary.open("xb", buffering=0) as file:
                rest = memoryview(data).cast("B")
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                if path.parent != self.folder:
                    path.parent.mkdir(mode=0o700)
            temporary.rename(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise

    def _remove_leftovers(self) -> None:
        # Only inside the gate's exclusive: then nobody is writing, and whatever lies in tmp was left by a
        # crash.
        for leftover in (self.folder / "tmp").iterdir():
            leftover.unlink()

    def _enter(self) -> Session:
        with self._lock:
            if self._session is None:
                self._session = Session(self.folder / "sessions")
            self._protections += 1
            return self._session

    def _leave(self) -> None:
        with self._lock:
            self._protections -= 1
            if self._protections or self._session is None:
                return
            session, self._session = self._session, None
        session.close()


def _read(path: Path) -> bytes | None:
    """A block's bytes, or None when what lies there can't be one. FileNotFoundError when nothing does."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return None
    # O_NONBLOCK: a pipe put in a block's place just now must not make us wait.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > BLOCK_LIMIT:
            return None
        return file.readall()


def _exists(path: Path) -> bool:
    # Not os.path.lexists: it takes every fault of the disk for 'not there'.
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _holds(path: Path, data: bytes | bytearray | memoryview) -> bool:
    try:
        return _read(path) == data
    except FileNotFoundError:
        return False


def _cids(folder: Path) -> list[Cid]:
    # Names that are no CID were not written by us, so they are not ours to count or remove.
    found = []
    for path in folder.iterdir():
        with suppress(ValueError):
            found.append(Cid.parse(path.name))
    return found


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
