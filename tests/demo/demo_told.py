"""The command line as a person runs it, and what one run of the demo left."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from pixelpact.demo import Step

# Whoever runs the tests in the background may have had SIGINT ignored, and a program goes on ignoring that.
_LISTENING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pixelpact", run_name="__main__", alter_sys=True)
"""


class Told(NamedTuple):
    """What one run of ``pixelpact demo --json`` left."""

    folder: Path
    story: dict[str, Any]
    stderr: str


class Running:
    """A run of ``pixelpact demo --json`` under way; what it says goes to files: nothing waits for us."""

    def __init__(self, *arguments: str, cwd: Path, output: str) -> None:
        self.folder = cwd / output
        self._stdout, self._stderr = cwd / f"{output}.json", cwd / f"{output}.log"
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _LISTENING, "demo", "--json", "--output", output, *arguments],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )

    @property
    def stderr(self) -> str:
        return self._stderr.read_text("utf-8")

    def wait_for(self, said: str) -> None:
        """Wait until it has said this on stderr."""
        while said not in self.stderr:
            assert self.process.poll() is None, self.stderr
            time.sleep(0.05)

    def end(self) -> tuple[int, dict[str, Any]]:
        """Its exit code and its JSON; {} when it printed none."""
        code = self.process.wait(timeout=400)
        return code, json.loads(self._stdout.read_text("utf-8") or "{}")


class Silent:
    """An audience that only listens."""

    def tells(self, sentence: str) -> None:
        pass

    def begins(self, title: str, actor: str) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        pass

    def ended(self, step: Step) -> None:
        pass


def pixelpact(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pixelpact", *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
