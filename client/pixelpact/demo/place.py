"""The folder that a run leaves behind: its report, the auditor's trail, the vaults, and blocks or nodes."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelpact.errors import OutputError
from pixelpact.localnet import Localnet

__all__ = ["LOCALNET", "place_for"]

#: Where the nodes are that a run started for itself.
LOCALNET = "localnet"
_MARK = ".pixelpact-demo"
_LEFT = re.compile(
    rf"\.pixelpact-demo|(report|audit)\.html|trail\.json|store|{LOCALNET}|institution-\d+(-[0-9a-f]{{8}})?"
)


@contextmanager
def place_for(folder: Path) -> Iterator[Path]:
    """The folder of one run, which no other run takes away while it lasts. See ``_make``."""
    place = _make(folder)
    with (place / _MARK).open("r") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield place


def _make(folder: Path) -> Path:
    """An empty folder for this run, its owner's alone; what an earlier run left is removed, nothing else.

    Raises:
        OutputError: it holds something that no demo left, or can't be written.
    """
    folder = folder.resolve()
    try:
        if folder.is_dir():
            found = list(folder.iterdir())
            other = [path.name for path in found if not _LEFT.fullmatch(path.name)]
            if other or (found and not (folder / _MARK).is_file()):
                raise OutputError(
                    f"The demo does not write into {folder}",
                    why="the folder holds something that no demo left there",
                    remedy="Give an empty or a new folder with --output",
                )
            if found and _is_in_use(folder / _MARK):
                raise OutputError(
                    f"The demo does not write into {folder}",
                    why="another demo is writing there",
                    remedy="Wait until it has ended, or give another folder with --output",
                )
            if Localnet.is_in(folder / LOCALNET):
                # Of a run that was killed, the nodes may run still.
                Localnet.stop(folder / LOCALNET)
            for path in found:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        # The report shows images; where they come from a folder of the user's, they are a patient's.
        folder.chmod(0o700)
        (folder / _MARK).write_text("This folder is emptied by the next run of the PixelPact demo.\n")
    except OSError as error:
        raise OutputError(
            f"The demo can't write into {folder}",
            why=error.strerror or str(error),
            remedy="Give a folder that can be written with --output",
        ) from error
    return folder


def _is_in_use(mark: Path) -> bool:
    with mark.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
