"""One process of an institution, for the tests that run several or kill them: registers studies one by one.

Given what to do (JSON): the network's description, the account's key, the folder of its own, the studies'
local numbers, how patient to be, when to begin, and at which moment to be killed, if at any.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pixelpact.chain import Account, Chain, Network
from pixelpact.chain.node import Node
from pixelpact.profile import Profile
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Kind, Vault


def _die_at(moment: str) -> None:
    """Let the process be killed before or after the nth time that something is done: "after put 2"."""
    when, what, count = moment.split()
    owner: Any = {"put": Vault, "delete": Vault, "send_raw": Node}[what]
    done, times = getattr(owner, what), 0

    def doing(self: Any, *arguments: Any) -> Any:
        nonlocal times
        if what != "send_raw" and arguments[0] is not Kind.JOURNAL:
            return done(self, *arguments)
        times += 1
        if times == int(count) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return done(self, *arguments)
        finally:
            if times == int(count):
                os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, what, doing)


def _run(task: dict[str, Any]) -> None:
    folder = Path(task["folder"])
    account = Account(bytes.fromhex(task["key"]))
    chain = Chain.connect(Network.from_dict(task["network"]), account, patience=task["patience"])
    key = KeyFile(folder / "vault.key")
    begun = (folder / "vault").exists()
    with (Vault.open if begun else Vault.create)(folder / "vault", key) as vault:
        profile = Profile(chain, FolderStore(folder / "store"), vault, 1)
        if task["moment"]:
            _die_at(task["moment"])
        time.sleep(max(0.0, task["begin"] - time.time()))
        for local in task["locals"]:
            with vault.journal("register", local) as entry:
                profile.carry_out(
                    entry,
                    "registered",
                    lambda local=local: chain.studies.register(
                        bytes.fromhex(local), b"\7" * 20, 1, b"\1" * 32, b"\2" * 32
                    ),
                )


if __name__ == "__main__":
    _run(json.loads(sys.argv[1]))
