"""Progress of long work, with the time that is left; nothing where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pixelpact.cli.printing import console

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["bars", "watched"]


def bars(*, as_json: bool) -> Progress:
    """A bar for bytes, on stderr."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    screen = console(as_json=as_json)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )


@contextmanager
def watched(title: str, *, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """Something to tell of bytes done and bytes there are."""
    with bars(as_json=as_json) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
