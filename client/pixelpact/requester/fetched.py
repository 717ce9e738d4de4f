"""A study that was released: read, checked, written as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pixelpact.crypto import OpenStudy
from pixelpact.durable import clear_beside, folder_beside, sync_folder
from pixelpact.errors import InputError, OutputError
from pixelpact.models import Instance
from pixelpact.sealing import received

__all__ = ["FetchedStudy"]

_UNFINISHED = ".pixelpact-fetch"


class FetchedStudy:
    """A study that was released and passed every check before its payload; instances are checked as read.

    Attributes:
        request: the request's number.
        epoch: of the release.
        opened: the opened study, to look at single instances or parts of them.
    """

    def __init__(self, request: bytes, epoch: int, opened: OpenStudy) -> None:
        self.request = request
        self.epoch = epoch
        self.opened = opened
        self._verified = False

    @property
    def verified(self) -> bool:
        """Whether every instance was read once and found to be what was registered."""
        return self._verified

    def instances(self, *, threads: int = 2) -> Iterator[tuple[Instance, Iterable[memoryview]]]:
        """Every instance in order, each with its bytes in pieces, none before it was checked.

        A piece is a view of a buffer that is used again: write or copy it before taking the next one. Read to
        the end, the study is verified.

        Raises:
            SealedStudyError: what arrived is not what was registered.
        """
        yield from received(self.opened, threads=threads)
        self._verified = True

    def verify(self, *, threads: int = 2) -> None:
        """Read everything once, keep nothing, and check every instance against what was registered.

        Raises:
            SealedStudyError: what arrived is not what was registered.
        """
        for _ in self.instances(threads=threads):
            pass

    @staticmethod
    def require_place(folder: Path) -> None:
        """Judge where a study is to be written, before it is asked for; what killed runs left there goes.

        Raises:
            InputError: there is something of this name already.
            OutputError: its folder is not there, or what was left can't be removed.
        """
        folder = folder.absolute()
        try:
            # First of all: it holds images in plain, whatever comes of this run.
            clear_beside(folder, _UNFINISHED)
        except OSError as error:
            raise _unwritable(folder, error) from error
        if os.path.lexists(folder):
            raise InputError(
                f"There is {folder} already",
                why="a study is never written into another's folder",
                remedy="Give the name of a new folder with --output",
            )

    def save(
        self, folder: Path, *, threads: int = 2, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Write every instance as a DICOM file, ``SERIES_UID/SOP_UID.dcm``: all of them, verified, or none.

        Args:
            folder: a folder that is not there yet.
            threads: that decrypt.
            progress: told of bytes done and bytes there are.

        Returns:
            how many files.

        Raises:
            InputError: there is something of this name already.
            OutputError: it can't be written.
            SealedStudyError: what arrived is not what was registered; nothing is left of it.
        """
        folder = folder.absolute()
        self.require_place(folder)
        total, done, count = sum(each.length for each in self.opened), 0, 0
        try:
            with folder_beside(folder, _UNFINISHED) as unfinished:
                for instance, pieces in self.instances(threads=threads):
                    path = unfinished / instance.series_uid / f"{instance.sop_uid}.dcm"
                    path.parent.mkdir(exist_ok=True)
                    with path.open("xb") as stream:
                        for piece in pieces:
                            stream.write(piece)
                            done += len(piece)
                            if progress:
                                progress(done, total)
                        stream.flush()
                        os.fsync(stream.fileno())
                    count += 1
                unfinished.rename(folder)
            sync_folder(folder.parent)
        except OSError as error:
            raise _unwritable(folder, error) from error
        return count


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"The study can't be written to {folder}",
        why=error.strerror or str(error),
        remedy="Give a place that can be written and has room",
    )
