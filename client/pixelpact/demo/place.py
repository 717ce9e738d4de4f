"""The folder that a run leaves behind: its report, the auditor's trail, the store's blocks and the vaults."""

from __future__ import annotations

import shutil
from pathlib import Path

from pixelpact.errors import OutputError

__all__ = ["make_place"]

_MARK = ".pixelpact-demo"


def make_place(folder: Path) -> Path:
    """An empty folder for this run; what an earlier run left in it is removed, anything else never touched.

    Raises:
        OutputError: it holds something that no demo left, or can't be written.
    """
    folder = folder.absolute()
    try:
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / _MARK).is_file():
                raise OutputError(
                    f"The demo does not write into {folder}",
                    why="the folder holds something that no demo left there",
                    remedy="Give an empty or a new folder with --output",
                )
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).write_text("This folder is emptied by the next run of the PixelPact demo.\n")
    except OSError as error:
        raise OutputError(
            f"The demo can't write into {folder}",
            why=error.strerror or str(error),
            remedy="Give a folder that can be written with --output",
        ) from error
    return folder
