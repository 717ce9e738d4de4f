"""A new master key, and perhaps another unlock: the old one or the new one, whatever kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pixelpact.errors import VaultError
from pixelpact.vault import KeyFile, Kind, Password, Pending, Unlock, Vault

GOOD = Password("a made-up password")


def filled(folder: Path, unlock: Unlock, count: int = 20) -> dict[str, dict[str, object]]:
    records: dict[str, dict[str, object]] = {
        f"{number:03}": {"key": os.urandom(300)} for number in range(count)
    }
    with Vault.create(folder, unlock) as vault, vault.transaction():
        for name, record in records.items():
            vault.put(Kind.STUDY_KEY, name, record)
        vault.put(Kind.JOURNAL, "seal\0s", {"operation": "seal", "key": "s", "step": "1", "state": {}})
    return records


@pytest.mark.parametrize("anew", ["password", "key file", None])
def test_everything_is_under_a_new_master_key(
    folder: Path, unlock: KeyFile, tmp_path: Path, lies: Callable[[], bytes], anew: str | None
):
    records = filled(folder, unlock)
    new = {"password": GOOD, "key file": KeyFile(tmp_path / "new.key"), None: None}[anew]
    with Vault.open(folder, unlock) as vault:
        before = vault._database.rows("SELECT wrapped_key FROM record")
        before += vault._database.rows("SELECT wrapped_master FROM header")
        before += vault._database.rows("SELECT wrapped_lookup_key FROM header")

        said: list[str] = []
        vault._database._connection.set_trace_callback(said.append)
        vault.rotate_master(new)
        vault._database._connection.set_trace_callback(None)

        # Pages are written anew, since SQLite leaves copies where it moves rows (test_deleting.py).
        assert "VACUUM" in said
        content = lies()
        assert [row for (row,) in before if row[:30] in content] == []
        vault.put(Kind.STUDY, "more", {"n": 1})
        assert vault.records(Kind.STUDY_KEY) == records

    with Vault.open(folder, new or unlock) as vault:
        assert vault.records(Kind.STUDY_KEY) == records
        assert vault.get(Kind.STUDY, "more") == {"n": 1}
        assert vault.pending() == [Pending("seal", "s", "1")]
        vault.erase((Kind.STUDY, "more"))  # which keeps the new unlock
    if new is not None:
        with pytest.raises(VaultError):
            Vault.open(folder, unlock)
    Vault.open(folder, new or unlock).close()


def test_an_unlock_that_can_not_be_used_changes_nothing(folder: Path, unlock: KeyFile, tmp_path: Path):
    records = filled(folder, unlock)
    (tmp_path / "no.key").write_bytes(b"something else")
    (tmp_path / "no.key").chmod(0o600)

    with Vault.open(folder, unlock) as vault:
        with pytest.raises(VaultError, match="is not a vault's key file"):
            vault.rotate_master(KeyFile(tmp_path / "no.key"))
        assert vault.records(Kind.STUDY_KEY) == records
    Vault.open(folder, unlock).close()


def test_a_record_that_can_not_be_wrapped_anew_leaves_the_vault_as_it_was(folder: Path, unlock: KeyFile):
    records = filled(folder, unlock)
    with Vault.open(folder, unlock) as vault:
        vault._database.change(
            "UPDATE record SET wrapped_key = zeroblob(60) WHERE lookup = ?",
            (vault._cipher.lookup(Kind.STUDY_KEY, "007"),),
        )
        with pytest.raises(VaultError, match="can't be read"):
            vault.rotate_master(GOOD)
        assert vault.get(Kind.STUDY_KEY, "008") == records["008"]
    with Vault.open(folder, unlock) as vault:
        assert vault.get(Kind.STUDY_KEY, "008") == records["008"]


def test_it_can_not_be_part_of_something_that_is_taken_back(vault: Vault):
    with pytest.raises(RuntimeError), vault.transaction():
        vault.rotate_master()


# Opens a vault in a process of its own and changes its unlock from one key file to the other, again and
# again; each time killed at another moment, and looked at by this process, which never opened it before.
PROGRAM = """
import os, random, signal, sys, time
from pathlib import Path
from pixelpact.errors import VaultError
from pixelpact.vault import KeyFile, Kind, Vault
from pixelpact.vault import database, place

folder, seed = Path(sys.argv[1]), int(sys.argv[4])
keys = [KeyFile(Path(sys.argv[2])), KeyFile(Path(sys.argv[3]))]
chance = random.Random(seed)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Countdown:
    def __init__(self, count):
        self.left = count
    def step(self, *_):
        self.left -= 1
        if self.left < 0:
            die()
        return 0

def wrapped(module, name, countdown):
    real = getattr(module, name)
    def call(*given, **named):
        countdown.step()
        answer = real(*given, **named)
        countdown.step()
        return answer
    setattr(module, name, call)

def child(old, new, moment, count):
    with Vault.open(folder, old) as vault:
        countdown = Countdown(count)
        if moment == "statement":
            wrapped(database.Database, "change", countdown)
            wrapped(database.Database, "_run", countdown)
            wrapped(database.Database, "settle", countdown)
        elif moment == "sync":
            wrapped(database, "scrub", countdown)
            wrapped(os, "fsync", countdown)
            wrapped(os, "write", countdown)
        elif moment == "inside":
            vault._database._connection.set_progress_handler(countdown.step, 50)
        elif moment == "time":
            signal.signal(signal.SIGALRM, die)
            signal.setitimer(signal.ITIMER_REAL, count / 20000)
        vault.rotate_master(new)
        vault._database._connection.set_progress_handler(None, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print("through", flush=True)

def attempt(moment, count):
    # Which of the two opens it now is found out by opening, as a person would.
    ran = os.fork()
    if ran == 0:
        try:
            old, new = keys if now == 0 else keys[::-1]
            child(old, new, moment, count)
            os._exit(0)
        except BaseException as error:
            print("FAILED", type(error).__name__, error, flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(ran, 0)[1])

def which():
    found = []
    for number, key in enumerate(keys):
        try:
            with Vault.open(folder, key) as vault:
                assert len(vault.records(Kind.STUDY_KEY)) == 20, "records"
                assert len(vault.pending()) == 1, "journal"
                found.append(number)
        except VaultError as error:
            assert "does not open with this key file" in str(error), error
    assert len(found) == 1, found
    return found[0]

now, kills, kept, changed = which(), 0, 0, 0
for moment in ("statement", "sync", "inside", "time"):
    for count in range(40) if moment != "inside" else sorted(chance.sample(range(400), 40)):
        ended = attempt(moment, count)
        after = which()
        assert ended in (0, -signal.SIGKILL), (moment, count, ended)
        if ended:
            kills += 1
            kept, changed = kept + (after == now), changed + (after != now)
        else:
            assert after != now
        now = after
print("kills", kills, kept, changed, flush=True)
"""


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_whole(folder: Path, unlock: KeyFile, tmp_path: Path):
    filled(folder, unlock)
    other = KeyFile(tmp_path / "other.key")
    command = [sys.executable, "-c", PROGRAM, str(folder), str(unlock.path), str(other.path), "4"]
    # The other file is there from the start, so that either can be tried.
    Vault.create(tmp_path / "another", other).close()

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "FAILED" not in ran.stdout
    _, kills, kept, changed = ran.stdout.splitlines()[-1].split()
    # Killed before the commit and after it, both many times; and it also came through.
    assert int(kills) > 80
    assert int(kept) > 40
    assert int(changed) > 10
    assert "through" in ran.stdout


def test_a_kill_before_the_new_key_file_is_used_leaves_the_old(folder: Path, unlock: KeyFile, tmp_path: Path):
    filled(folder, unlock)
    other = KeyFile(tmp_path / "other.key")
    program = (
        "import os, signal, sys; from pathlib import Path; from pixelpact.vault import *\n"
        "from pixelpact.vault.unlock import Header\n"
        "Header.wrap_again = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder, old, new = map(Path, sys.argv[1:])\n"
        "Vault.open(folder, KeyFile(old)).rotate_master(KeyFile(new))\n"
    )
    command = [sys.executable, "-c", program, str(folder), str(unlock.path), str(other.path)]

    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    assert other.path.exists()
    with Vault.open(folder, unlock) as vault:
        vault.rotate_master(other)  # which takes the file that is there
    Vault.open(folder, other).close()
