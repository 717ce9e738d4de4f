"""Nodes as background processes, each known by its pid and by when that process began.

A pid alone may be somebody else's by now: it is believed, and stopped, only when the process that has it
began when ours did.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pixelpact.errors import InputError, OutputError, PixelPactError

from .files import read_json, write_json

__all__ = ["Daemon", "Process", "require_proc", "stop_all"]

_POLITE_SECONDS = 20.0
_FIRM_SECONDS = 10.0
_PAUSE = 0.05
_PROC = Path("/proc")
# Waits for a line before it becomes the program: whoever starts it writes the pid down first, and when they
# die before that, nothing was started.
_GATE = 'read -r _ && exec "$@" </dev/null'


@dataclass(frozen=True)
class Process:
    """What runs, or ran, in a folder.

    Attributes:
        title: what a person calls it.
        folder: where ``node.pid`` and ``node.log`` stand.
    """

    title: str
    folder: Path

    @property
    def log(self) -> Path:
        """What the program prints."""
        return self.folder / "node.log"

    @property
    def pid_file(self) -> Path:
        """Which process it is."""
        return self.folder / "node.pid"

    def pid(self) -> int | None:
        """The pid of the running program; None while it does not run."""
        try:
            noted = read_json(self.pid_file)
            pid, began = int(noted["pid"]), str(noted["began"])
        except (InputError, KeyError, TypeError, ValueError):
            return None
        return pid if _began(pid) == began else None

    def last_words(self) -> str:
        """The last line of its log."""
        try:
            lines = self.log.read_text("utf-8", errors="replace").split("\n")
        except OSError:
            return ""
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")

    def died(self, kind: type[PixelPactError]) -> PixelPactError:
        """What to raise when it ended though it should not have."""
        return kind(
            f"{self.title} ended right after its start",
            why=f"its last words: {self.last_words() or 'none'}",
            remedy=f"Its log is {self.log}; when the cause is gone, run this again",
        )

    def signal(self, which: signal.Signals) -> None:
        """Send a signal, if it still is our process that has the pid."""
        pid = self.pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, which)

    def forget(self) -> None:
        """Remove the pid file of what does not run any more."""
        self.pid_file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Daemon(Process):
    """One node's program, and how it is started.

    Attributes:
        command: the program and its arguments.
        environment: its whole environment.
    """

    command: Sequence[str]
    environment: Mapping[str, str]

    def start(self) -> bool:
        """Start it unless it runs, in a session of its own; whether it had to be started.

        Raises:
            OutputError: pid or log file can't be written, or there is no room for another process.
        """
        if self.pid() is not None:
            return False
        try:
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._spawn(log)
            finally:
                os.close(log)
        except OSError as error:
            raise OutputError(
                f"{self.title} can't be started",
                why=error.strerror or str(error),
                remedy=f"See to it that {self.folder} can be written, then run this again",
            ) from error
        return True

    def _spawn(self, log: int) -> None:
        reading, writing = os.pipe()
        try:
            # No object stays behind that would have to outlive the process.
            pid = os.posix_spawn(
                "/bin/sh",
                ["/bin/sh", "-c", _GATE, "sh", *self.command],
                self.environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, reading, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
            )
            write_json(self.pid_file, {"pid": pid, "began": _began(pid)})
            os.write(writing, b"go\n")
        finally:
            os.close(reading)
            os.close(writing)


def stop_all(daemons: Sequence[Process]) -> list[Process]:
    """Stop these together: politely, then firmly. Those that ran.

    Raises:
        OutputError: one of them can't be stopped.
    """
    running = [daemon for daemon in daemons if daemon.pid() is not None]
    left = running
    for which, patience in ((signal.SIGTERM, _POLITE_SECONDS), (signal.SIGKILL, _FIRM_SECONDS)):
        for daemon in left:
            daemon.signal(which)
        deadline = time.monotonic() + patience
        while (left := [daemon for daemon in left if daemon.pid() is not None]) and (
            time.monotonic() < deadline
        ):
            time.sleep(_PAUSE)
    if left:
        raise OutputError(
            f"{left[0].title} can't be stopped",
            why=f"its process {left[0].pid()} does not end",
            remedy="Look at what it waits for, a disk perhaps, then run this again",
        )
    for daemon in daemons:
        daemon.forget()
    return running


def require_proc() -> None:
    """InputError on a system that does not tell when a process began."""
    if _began(os.getpid()) is None:
        raise InputError(
            "A localnet can't be kept here",
            why="this system has no /proc that tells when a process began",
            remedy="Use Linux, or the embedded chain: pixelpact demo",
        )


def _began(pid: int) -> str | None:
    """When the process with this pid began, as none that gets the pid later; None: none has it (proc(5))."""
    with suppress(ChildProcessError):
        # Of those that this process started itself, what has ended goes away only when it is asked for.
        os.waitpid(pid, os.WNOHANG)
    try:
        stat = (_PROC / str(pid) / "stat").read_text("utf-8", errors="replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return None
    # After the name, which may hold anything: state is field 3, the start in ticks since the boot field 22.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else f"{boot}:{fields[19]}"
