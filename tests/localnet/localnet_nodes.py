"""The nodes of a localnet as the operating system sees them (Linux)."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

#: 127.0.0.1 as /proc writes it.
LOOPBACK = "0100007F"
_WAITING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


def pid_of(node: Path) -> int:
    return int(json.loads((node / "node.pid").read_text("utf-8"))["pid"])


def is_running(pid: int) -> bool:
    # A child of ours that has ended is still to be seen until it is asked for.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return Path(f"/proc/{pid}").exists()


def kill(node: Path) -> None:
    pid = pid_of(node)
    os.kill(pid, signal.SIGKILL)
    while is_running(pid):
        time.sleep(0.02)


def listening(pid: int) -> list[str]:
    """The addresses, as /proc writes them, at which a process waits for others; one for each socket."""
    ours = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
    return [
        fields[1].partition(":")[0]
        for kind, waiting in _WAITING.items()
        for fields in map(str.split, Path(f"/proc/{pid}/net/{kind}").read_text("ascii").splitlines()[1:])
        if fields[3] == waiting and f"socket:[{fields[9]}]" in ours
    ]
