"""The journal: written before acting, found again after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pixelpact.errors import VaultError
from pixelpact.vault import KeyFile, Kind, Pending, Vault


def test_a_step_is_found_again_after_an_exception(folder: Path, unlock: KeyFile):
    with Vault.create(folder, unlock) as vault:
        with pytest.raises(OSError, match="node"):
            _interrupted_release(vault)
        assert vault.pending() == [Pending("release", "r1", "sent")]

    with Vault.open(folder, unlock) as vault:
        with vault.journal("release", "r1") as entry:
            assert entry.step == "sent"
            assert entry.state == {"envelope": b"\1\2", "transaction": "0x00"}
        assert vault.pending() == []
        with vault.journal("release", "r1") as entry:
            assert entry.step is None
            assert entry.state == {}


def _interrupted_release(vault: Vault) -> None:
    with vault.journal("release", "r1") as entry:
        assert entry.step is None
        entry.advance("made", {"envelope": b"\1\2"})
        entry.advance("sent", {"transaction": "0x00"})
        raise OSError("the node went away")


def test_work_that_never_began_leaves_no_entry(vault: Vault):
    with vault.journal("release", "r1"):
        assert vault.pending() == []
    assert vault.pending() == []


def test_starting_over_forgets_what_was_kept(vault: Vault):
    def interrupted() -> None:
        with vault.journal("seal", "s") as entry:
            entry.advance("stored", {"root": b"1"})
            entry.restart("begun", {"source": b"2"})
            assert entry.state == {"source": b"2"}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with vault.journal("seal", "s") as entry:
        assert (entry.step, entry.state) == ("begun", {"source": b"2"})


def test_operations_and_keys_are_told_apart(vault: Vault):
    with (
        vault.journal("a", "b") as first,
        vault.journal("a", "c") as second,
        vault.journal("b", "b") as third,
    ):
        first.advance("1")
        second.advance("2")
        third.advance("3")
        assert set(vault.pending()) == {
            Pending("a", "b", "1"),
            Pending("a", "c", "2"),
            Pending("b", "b", "3"),
        }


def test_the_same_work_is_not_done_twice_at_once(vault: Vault):
    answers = []

    def second() -> None:
        try:
            with vault.journal("rotate", "s"):
                answers.append("went on")
        except VaultError as error:
            answers.append(str(error))

    with vault.journal("rotate", "s"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    second()

    assert answers[0].startswith("'rotate' is under way on the same thing already")
    assert answers[1] == "went on"


PROGRAM = """
import os, signal, sys
from pathlib import Path
from pixelpact.vault import KeyFile, Kind, Vault
with Vault.open(Path(sys.argv[1]), KeyFile(Path(sys.argv[2]))) as vault, vault.journal("seal", "s") as entry:
    done = int(entry.step or 0)
    for step in range(done + 1, 9):
        with vault.transaction():
            entry.advance(str(step))
            vault.put(Kind.STUDY_KEY, str(step), {"key": bytes(32)})
        if step == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
print("done")
"""


def test_what_was_written_survives_a_kill_and_the_next_process_goes_on(folder: Path, unlock: KeyFile):
    Vault.create(folder, unlock).close()
    command = [sys.executable, "-c", PROGRAM, str(folder), str(unlock.path)]
    for step in (2, 3, 7):
        killed = subprocess.run([*command, str(step)], check=False)
        assert killed.returncode == -signal.SIGKILL
        with Vault.open(folder, unlock) as vault:
            assert vault.pending() == [Pending("seal", "s", str(step))]
            assert vault.ids(Kind.STUDY_KEY) == [str(number) for number in range(1, step + 1)]

    assert subprocess.run([*command, "0"], check=True, capture_output=True).stdout == b"done\n"
    with Vault.open(folder, unlock) as vault:
        assert vault.pending() == []
        assert len(vault.ids(Kind.STUDY_KEY)) == 8


def test_threads_share_an_open_vault(vault: Vault):
    def work(name: str) -> None:
        for number in range(20):
            vault.put(Kind.REQUEST, f"{name}{number}", {"envelope": name.encode()})
            if number % 5 == 0:
                vault.erase((Kind.REQUEST, f"{name}{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(vault.records(Kind.REQUEST)) == 48
