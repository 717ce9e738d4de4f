"""The command line as a person runs it, and what one run of the demo left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Told(NamedTuple):
    """What one run of ``pixelpact demo --json`` left."""

    folder: Path
    story: dict[str, Any]
    stderr: str


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
