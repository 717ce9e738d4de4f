"""Backups and what becomes of them: whole or not there, verified, never over anything."""

from __future__ import annotations

import ast
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pixelpact.errors import InputError, OutputError, VaultError
from pixelpact.vault import KeyFile, Kind, Pending, Vault
from pixelpact.vault.database import Database


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept" / "vault.backup"


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def filled(vault: Vault, count: int = 30) -> dict[str, dict[str, int]]:
    records = {f"{number:03}": {"n": number} for number in range(count)}
    with vault.transaction():
        for name, record in records.items():
            vault.put(Kind.STUDY, name, record)
    return records


def test_a_backup_of_an_open_vault_is_restored_elsewhere(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path
):
    records = filled(vault)
    with vault.journal("seal", "s") as entry:
        entry.advance("secrets", {"key": b"k"})
        vault.backup(backup)
    vault.put(Kind.STUDY, "after", {"n": -1})

    with Vault.restore(backup, tmp_path / "new" / "vault", unlock) as restored:
        assert restored.records(Kind.STUDY) == records
        assert restored.pending() == [Pending("seal", "s", "secrets")]
        restored.put(Kind.STUDY, "more", {"n": 1})
    with Vault.open(tmp_path / "new" / "vault", unlock) as restored:
        assert len(restored.ids(Kind.STUDY)) == 31
    # The vault itself is where it was, and the backup alone in its folder.
    assert len(vault.ids(Kind.STUDY)) == 31
    assert names(backup.parent) == [backup.name]


def test_a_backup_and_what_is_restored_are_private_whatever_the_umask(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path
):
    before = os.umask(0)
    try:
        vault.backup(backup)
        backup_mode = stat.S_IMODE(backup.stat().st_mode)
        backup.chmod(0o644)  # as it comes back from a disk that knows no permissions
        Vault.restore(backup, tmp_path / "new", unlock).close()
    finally:
        os.umask(before)

    assert backup_mode == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {"vault.db": 0o600, "vault.lock": 0o600}


@pytest.mark.parametrize("there", ["file", "link to nowhere", "folder"])
def test_a_backup_is_not_written_over_anything(vault: Vault, backup: Path, there: str):
    if there == "file":
        backup.write_bytes(b"older")
    elif there == "folder":
        backup.mkdir()
    else:
        backup.symlink_to("nowhere")

    with pytest.raises(OutputError, match=r"There is something at .* already: a backup is not written over"):
        vault.backup(backup)
    assert names(backup.parent) == [backup.name]
    assert there != "file" or backup.read_bytes() == b"older"


def test_a_backup_that_another_was_quicker_to_write_stays(
    vault: Vault, backup: Path, monkeypatch: pytest.MonkeyPatch
):
    copy_to = Database.copy_to

    def slowly(database: Database, path: Path, called: str) -> None:
        copy_to(database, path, called)
        backup.write_bytes(b"the other's")

    monkeypatch.setattr(Database, "copy_to", slowly)
    with pytest.raises(OutputError, match="already"):
        vault.backup(backup)
    assert backup.read_bytes() == b"the other's"
    assert names(backup.parent) == [backup.name]


def test_what_a_killed_backup_left_is_removed_by_the_next(vault: Vault, backup: Path):
    left = backup.with_name(f".{backup.name}.unfinished")
    left.write_bytes(b"half")
    left.with_name(left.name + "-journal").write_bytes(b"half")

    vault.backup(backup)

    assert names(backup.parent) == [backup.name]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM record WHERE rowid = 3",
        "UPDATE record SET ciphertext = zeroblob(80) WHERE rowid = 3",
        "UPDATE header SET digest = zeroblob(32)",
    ],
)
def test_a_backup_that_does_not_come_back_as_it_was_is_not_kept(
    vault: Vault, backup: Path, monkeypatch: pytest.MonkeyPatch, change: str
):
    filled(vault)
    copy_to = Database.copy_to

    def wrongly(database: Database, path: Path, called: str) -> None:
        copy_to(database, path, called)
        with sqlite3.connect(path) as file:
            file.execute(change)
        file.close()

    monkeypatch.setattr(Database, "copy_to", wrongly)
    with pytest.raises(VaultError, match="is not what the vault holds"):
        vault.backup(backup)
    assert names(backup.parent) == []


def test_a_damaged_record_is_not_passed_on(vault: Vault, backup: Path):
    filled(vault)
    vault._database.change("UPDATE record SET ciphertext = zeroblob(80) WHERE rowid = 3", ())

    with pytest.raises(VaultError, match="record of kind 'study' in the vault can't be read"):
        vault.backup(backup)
    assert names(backup.parent) == []


def test_a_backup_has_nothing_of_what_was_deleted(vault: Vault, backup: Path):
    filled(vault)
    vault.put(Kind.STUDY_KEY, "a/1", {"key": os.urandom(32)})
    lookup = vault._cipher.lookup(Kind.STUDY_KEY, "a/1")
    ((wrapped, ciphertext),) = vault._database.rows(
        "SELECT wrapped_key, ciphertext FROM record WHERE lookup = ?", (lookup,)
    )
    # As when a full disk keeps the file from being rewritten after the deletion.
    settle, vault._database.settle = vault._database.settle, lambda: None  # type: ignore[method-assign]
    vault.delete(Kind.STUDY_KEY, "a/1")
    vault._database.settle = settle  # type: ignore[method-assign]

    vault.backup(backup)

    content = backup.read_bytes()
    for gone in (lookup, wrapped, ciphertext):
        assert gone[:20] not in content


def test_a_transaction_is_not_backed_up_before_it_is_done(vault: Vault, backup: Path):
    def within() -> None:
        with vault.transaction():
            vault.put(Kind.STUDY, "a", {"n": 1})
            vault.backup(backup)

    with pytest.raises(RuntimeError, match="durable"):
        within()
    assert names(backup.parent) == []


def test_backups_are_consistent_while_threads_write(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path
):
    going = threading.Event()
    going.set()

    def write() -> None:
        number = 0
        while going.is_set():
            number += 1
            with vault.transaction():
                vault.put(Kind.STUDY, "left", {"n": number})
                vault.put(Kind.STUDY, "right", {"n": number})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            vault.backup(backup.with_name(str(number)))
    finally:
        going.clear()
        writer.join()
    for number in range(5):
        with Vault.restore(backup.with_name(str(number)), tmp_path / f"r{number}", unlock) as restored:
            found = restored.records(Kind.STUDY)
            assert not found or found["left"] == found["right"]


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_a_full_disk_leaves_nothing_half_written(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path, what: str
):
    filled(vault, 300)
    target = tmp_path / "new"
    if what == "restore":
        vault.backup(backup)
    vault.close()
    program = (
        "import sys; from pathlib import Path; from pixelpact.vault import *\n"
        "from pixelpact.errors import OutputError\n"
        "folder, key, backup, target = map(Path, sys.argv[1:])\n"
        "try:\n"
        "    if backup.exists(): Vault.restore(backup, target, KeyFile(key))\n"
        "    else: Vault.open(folder, KeyFile(key)).backup(backup)\n"
        "except OutputError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, *map(str, (vault.folder, unlock.path, backup, target))]

    def small() -> None:
        # Python ignores the signal, so a file that would grow beyond this is refused as by a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    ran = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=small)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "can't be written" in ran.stdout
    if what == "backup":
        assert names(backup.parent) == []
    else:
        assert names(target) == ["vault.lock"]
        Vault.restore(backup, target, unlock).close()


def test_a_place_that_is_not_there_is_said_so(vault: Vault, backup: Path):
    with pytest.raises(OutputError, match="can't be written: its folder is not there"):
        vault.backup(backup.parent / "none" / "vault.backup")
    with pytest.raises(OutputError, match="can't be written: its folder is not there"):
        vault.backup(Path("/dev/null/vault.backup"))


def test_a_vault_is_never_restored_over_another(vault: Vault, unlock: KeyFile, backup: Path, folder: Path):
    vault.backup(backup)
    vault.put(Kind.STUDY, "newer", {"n": 1})
    vault.close()

    with pytest.raises(VaultError, match=r"There is a vault in .* already"):
        Vault.restore(backup, folder, unlock)
    with Vault.open(folder, unlock) as opened:
        assert opened.ids(Kind.STUDY) == ["newer"]


def test_a_vault_is_not_restored_where_others_may_look(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path
):
    vault.backup(backup)
    (tmp_path / "open").mkdir(mode=0o755)

    with pytest.raises(VaultError, match="may be read or changed by others"):
        Vault.restore(backup, tmp_path / "open", unlock)
    assert names(tmp_path / "open") == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def flipped(path: Path) -> None:
    with sqlite3.connect(path) as file:
        value = bytearray(file.execute("SELECT ciphertext FROM record WHERE rowid = 3").fetchone()[0])
        value[20] ^= 1
        file.execute("UPDATE record SET ciphertext = ? WHERE rowid = 3", (bytes(value),))
    file.close()


def newer(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 2")
    file.close()


def torn(path: Path) -> None:
    path.with_name(path.name + "-journal").write_bytes(b"pages as they were")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, r"The backup .*vault\.backup is damaged"),
        (flipped, "record of kind 'study' in the vault can't be read"),
        (newer, r"The backup .* has format 2, and this PixelPact reads format 1"),
        (torn, r"is no whole backup: a journal lies beside it"),
        (lambda path: path.write_bytes(b""), r"The backup .* is not a vault"),
        (lambda path: path.write_bytes(b"some text" * 1000), r"The backup .* is damaged, or is not a vault"),
    ],
)
def test_a_backup_that_is_not_whole_is_not_restored(
    vault: Vault,
    unlock: KeyFile,
    backup: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    said: str,
):
    filled(vault)
    vault.backup(backup)
    damage(backup)
    before = backup.read_bytes()

    with pytest.raises(VaultError, match=said):
        Vault.restore(backup, tmp_path / "new", unlock)

    assert names(tmp_path / "new") == ["vault.lock"]
    assert backup.read_bytes() == before


def test_what_is_no_file_is_no_backup(unlock: KeyFile, backup: Path, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for given, said in (
        (backup, "can't be read: No such file"),
        (backup.parent, "is no backup of a vault: a backup is one file"),
        (tmp_path / "pipe", "is no backup of a vault"),
    ):
        with pytest.raises(InputError, match=said):
            Vault.restore(given, tmp_path / "new", unlock)
    assert names(tmp_path / "new") == ["vault.lock"]


def test_a_backup_opens_with_what_opened_the_vault_then(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path
):
    filled(vault)
    vault.backup(backup)
    other = KeyFile(tmp_path / "other.key")
    vault.rotate_master(other)
    vault.backup(backup.with_name("later"))

    with pytest.raises(VaultError, match="does not open with this key file"):
        Vault.restore(backup, tmp_path / "a", other)
    with pytest.raises(VaultError, match="does not open with this key file"):
        Vault.restore(backup.with_name("later"), tmp_path / "a", unlock)
    Vault.restore(backup, tmp_path / "a", unlock).close()
    Vault.restore(backup.with_name("later"), tmp_path / "b", other).close()


def test_a_copy_of_the_vaults_own_file_is_a_backup_too(
    vault: Vault, unlock: KeyFile, backup: Path, tmp_path: Path
):
    records = filled(vault)
    vault.close()
    shutil.copyfile(vault.folder / "vault.db", backup)

    with Vault.restore(backup, tmp_path / "new", unlock) as restored:
        assert restored.records(Kind.STUDY) == records


# Backs up and restores in processes of its own, each killed at another step or time, and looks what is there.
PROGRAM = """
import os, signal, shutil, sys
from pathlib import Path
from pixelpact.vault import KeyFile, Kind, Vault
from pixelpact.vault import backup, database, place

folder, key, kept = Path(sys.argv[1]), KeyFile(Path(sys.argv[2])), Path(sys.argv[3])
whole = kept / "whole"
with Vault.open(folder, key) as vault:
    vault.backup(whole)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def dying(module, names, count):
    left = [count]
    def step():
        left[0] -= 1
        if left[0] < 0:
            die()
    for name in names:
        def call(*given, real=getattr(module, name), **named):
            step()
            answer = real(*given, **named)
            step()
            return answer
        setattr(module, name, call)

def attempt(act, count, timed):
    ran = os.fork()
    if ran == 0:
        try:
            if timed:
                signal.signal(signal.SIGALRM, die)
                signal.setitimer(signal.ITIMER_REAL, (count + 1) / 8000)
            else:
                dying(os, ("open", "fsync", "link", "rename", "unlink", "write"), count)
            act()
            os._exit(0)
        except BaseException as error:
            print("FAILED", type(error).__name__, error, flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(ran, 0)[1])

def read(target):
    with Vault.open(target, key) as vault:
        assert len(vault.records(Kind.STUDY)) == 30

target, restored = kept / "backup", kept / "restored"

def back_up():
    with Vault.open(folder, key) as vault:
        vault.backup(target)

def restore():
    Vault.restore(whole, restored, key).close()

seen = {"backup": [0, 0], "restore": [0, 0]}
for timed in (False, True):
    for count in range(45):
        ended = attempt(back_up, count, timed)
        assert ended in (0, -signal.SIGKILL), ended
        seen["backup"][target.exists()] += ended != 0
        if target.exists():
            shutil.rmtree(kept / "try", ignore_errors=True)
            Vault.restore(target, kept / "try", key).close()
            read(kept / "try")
            target.unlink()
        ended = attempt(restore, count, timed)
        assert ended in (0, -signal.SIGKILL), ended
        there = (restored / "vault.db").exists()
        seen["restore"][there] += ended != 0
        if there:
            read(restored)
            shutil.rmtree(restored)
back_up()
read(folder)
left = sorted(path.name for path in kept.iterdir() if path.is_file())
assert left == ["backup", "whole"], left
print(seen)
"""


def test_a_kill_at_any_moment_leaves_a_whole_backup_or_none(vault: Vault, unlock: KeyFile, backup: Path):
    filled(vault)
    vault.close()
    command = [sys.executable, "-c", PROGRAM, str(vault.folder), str(unlock.path), str(backup.parent)]

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "FAILED" not in ran.stdout
    seen = ast.literal_eval(ran.stdout.splitlines()[-1])
    # Killed before the name was given, and after it.
    assert min(seen["backup"]) > 0, seen
    assert min(seen["restore"]) > 0, seen
