"""Running one piece of work in several threads, the caller's among them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

__all__ = ["run_together"]


def run_together(work: Callable[[], None], threads: int, stop: Callable[[], None]) -> None:
    """Run ``work`` in the calling thread and ``threads - 1`` others until all return.

    Args:
        work: takes its next task itself, and returns when there is none.
        threads: at least 1.
        stop: called when one of them raised, from that thread; makes the others return soon.

    Raises:
        Exception: the first that ``work`` raised, after all have ended.
    """
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - an interruption too must stop the other threads
            failures.append(failure)
            stop()

    others = [Thread(target=guarded, name=f"pixelpact-seal-{number}") for number in range(1, threads)]
    for thread in others:
        thread.start()
    guarded()
    try:
        for thread in others:
            thread.join()
    except BaseException:
        stop()
        for thread in others:
            thread.join()
        raise
    if failures:
        raise failures[0]
