"""Chunks worked on in order or ahead of their reader, in a fixed number of buffers."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from pixelpact.crypto.blocks import CHUNK

__all__ = ["ReadAhead", "Work"]

#: Fills a buffer of one chunk's size with the chunk of this number, and has the last argument called with the
#: number when that is done, now or later.
Work = Callable[[int, memoryview, Callable[[int], None]], None]


class ReadAhead:
    """Fills buffers with chunks, in threads that stay at most so many chunks ahead of the reader.

    A context manager: leaving it ends the threads. With one thread there is none of its own: ``wait`` does
    the work.

    Args:
        work: what to do with each chunk. What it raises, ``wait`` raises.
        numbers: the chunks, ascending without gaps.
        buffers: how many chunks may stand filled or being filled.
        threads: at least 1.
    """

    def __init__(
        self,
        work: Work,
        numbers: range,
        buffers: int,
        threads: int,
    ) -> None:
        self._work = work
        self._end = numbers.stop
        self._next = self._free = numbers.start
        self._buffers = [memoryview(b"")] * min(buffers, len(numbers))
        self._outcome: dict[int, BaseException | None] = {}
        self._state = Condition()
        self._closed = False
        count = min(threads, len(numbers)) if threads > 1 else 0
        self._threads = [Thread(target=self._run, name=f"pixelpact-open-{number}") for number in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._state:
            self._closed = True
            self._state.notify_all()
        for thread in self._threads:
            thread.join()

    def wait(self, number: int) -> memoryview:
        """The buffer of a chunk, once it is filled; valid until ``free``. Raises what the work raised."""
        while not self._threads and number not in self._outcome:
            self._fill(self._take())
        with self._state:
            self._state.wait_for(lambda: number in self._outcome)
            outcome = self._outcome[number]
        if outcome is not None:
            raise outcome
        return self._buffers[number % len(self._buffers)]

    def free(self, number: int) -> None:
        """Give back the buffers of all chunks before this one."""
        with self._state:
            for done in range(self._free, number):
                del self._outcome[done]
            self._free = max(self._free, number)
            self._state.notify_all()

    def _run(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._closed or self._next >= self._end or self._room())
                if self._closed or self._next >= self._end:
                    return
                number = self._take()
            self._fill(number)

    def _room(self) -> bool:
        return self._next - self._free < len(self._buffers)

    def _take(self) -> int:
        number = self._next
        self._next += 1
        return number

    def _fill(self, number: int) -> None:
        slot = number % len(self._buffers)
        if not self._buffers[slot]:
            self._buffers[slot] = memoryview(bytearray(CHUNK))
        try:
            self._work(number, self._buffers[slot], self._done)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the reader raises it in its own thread
            self._done(number, error)

    def _done(self, number: int, error: BaseException | None = None) -> None:
        with self._state:
            self._outcome[number] = error
            self._state.notify_all()
