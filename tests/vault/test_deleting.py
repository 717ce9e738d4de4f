"""Deleting and erasing: what is gone is gone from every file of the vault, ciphertext too."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pixelpact.errors import VaultError
from pixelpact.vault import KeyFile, Kind, Vault
from pixelpact.vault.records import RecordCipher


def rows(vault: Vault) -> dict[bytes, bytes]:
    """What each row's key and ciphertext look like in the file, by lookup."""
    found = vault._database.rows("SELECT lookup, wrapped_key, ciphertext FROM record")
    return {lookup: wrapped_key + ciphertext for lookup, wrapped_key, ciphertext in found}


def traces(row: bytes, lies: bytes) -> list[int]:
    """Where 12 bytes in a row of a deleted row can still be read."""
    return [at for at in range(0, len(row) - 12, 12) if row[at : at + 12] in lies]


@pytest.mark.parametrize("size", [10, 3000, 20_000])
def test_nothing_of_a_deleted_record_is_left(vault: Vault, size: int, lies: Callable[[], bytes]):
    for number in range(20):
        vault.put(Kind.STUDY_KEY, str(number), {"key": os.urandom(size)})
    (lookup,) = {vault._master.cipher.lookup(Kind.STUDY_KEY, "7")}
    gone = rows(vault)[lookup]
    assert not traces(b"", lies())
    assert traces(gone, lies())

    vault.delete(Kind.STUDY_KEY, "7")

    assert vault.find(Kind.STUDY_KEY, "7") is None
    assert not traces(gone, lies())
    assert len(vault.ids(Kind.STUDY_KEY)) == 19


def test_nothing_is_left_after_thousands_of_changes(vault: Vault, lies: Callable[[], bytes]):
    # SQLite moves rows between pages as they come and go, and now and then leaves a copy where a row was.
    chance = random.Random(3)
    living: dict[str, None] = {}
    dead: list[bytes] = []
    with vault.transaction():
        for number in range(1500):
            vault.put(Kind.STUDY_KEY, str(number), {"key": chance.randbytes(chance.choice((32, 300, 5000)))})
            living[str(number)] = None
    with vault.transaction():
        for _ in range(700):
            name = chance.choice(list(living))
            del living[name]
            dead += vault._database.rows(
                "SELECT wrapped_key FROM record WHERE lookup = ?",
                (vault._master.cipher.lookup(Kind.STUDY_KEY, name),),
            )[0]
            vault.delete(Kind.STUDY_KEY, name)
            name = chance.choice(list(living))
            vault.put(Kind.STUDY_KEY, name, {"key": chance.randbytes(chance.choice((32, 300, 5000)))})

    content = lies()
    assert [key for key in dead if key[12:44] in content] == []
    assert vault.ids(Kind.STUDY_KEY) == sorted(living)


def test_a_replaced_record_is_overwritten(vault: Vault, lies: Callable[[], bytes]):
    vault.put(Kind.STUDY_KEY, "a/1", {"key": os.urandom(2000)})
    ((_, gone),) = rows(vault).items()

    vault.put(Kind.STUDY_KEY, "a/1", {"key": b"short"})

    assert not traces(gone, lies())


def test_a_finished_journal_entry_leaves_nothing(vault: Vault, lies: Callable[[], bytes]):
    with vault.journal("seal", "1.2.3") as entry:
        entry.advance("secrets", {"key": os.urandom(32)})
        ((lookup, gone),) = rows(vault).items()
        assert traces(gone, lies())

    assert rows(vault) == {}
    assert not traces(gone, lies())
    assert lookup not in lies()


def test_an_erased_key_is_gone_and_the_rest_is_under_another_master(
    folder: Path, unlock: KeyFile, lies: Callable[[], bytes]
):
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.STUDY_KEY, "a/1", {"key": b"old"})
        vault.put(Kind.STUDY_KEY, "a/2", {"key": b"new"})
        before = rows(vault)
        header = vault._database.rows("SELECT wrapped_master, wrapped_lookup_key FROM header")[0]

        vault.erase((Kind.STUDY_KEY, "a/1"))

        content = lies()
        assert vault.records(Kind.STUDY_KEY) == {"a/2": {"key": b"new"}}
        for row in before.values():
            assert row[:60] not in content
        assert header[0] not in content
        assert header[1] not in content
        vault.put(Kind.STUDY_KEY, "a/3", {"key": b"newer"})
        old_cipher = vault._master.cipher.under(os.urandom(32))
        with pytest.raises(VaultError):
            _open_all(vault, old_cipher)

    with Vault.open(folder, unlock) as vault:
        assert vault.records(Kind.STUDY_KEY) == {"a/2": {"key": b"new"}, "a/3": {"key": b"newer"}}


def _open_all(vault: Vault, cipher: RecordCipher) -> None:
    vault._master = replace(vault._master, cipher=cipher)
    vault.records(Kind.STUDY_KEY)


def test_erasing_can_not_be_part_of_something_that_is_taken_back(vault: Vault):
    vault.put(Kind.STUDY_KEY, "a/1", {"key": b"k"})

    with pytest.raises(RuntimeError), vault.transaction():
        vault.erase((Kind.STUDY_KEY, "a/1"))

    assert vault.get(Kind.STUDY_KEY, "a/1") == {"key": b"k"}


def test_an_erase_that_fails_leaves_the_vault_as_it_was(folder: Path, unlock: KeyFile):
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.STUDY_KEY, "a/1", {"key": b"1"})
        vault.put(Kind.STUDY_KEY, "a/2", {"key": b"2"})
        vault._database.change(
            "UPDATE record SET wrapped_key = zeroblob(60) WHERE lookup = ?",
            (vault._master.cipher.lookup(Kind.STUDY_KEY, "a/2"),),
        )

        with pytest.raises(VaultError, match="can't be read"):
            vault.erase((Kind.STUDY_KEY, "a/1"))

        assert vault.get(Kind.STUDY_KEY, "a/1") == {"key": b"1"}


def test_what_a_kill_left_undone_is_done_when_the_vault_is_opened(
    folder: Path, unlock: KeyFile, lies: Callable[[], bytes]
):
    with Vault.create(folder, unlock) as vault:
        for number in range(200):
            vault.put(Kind.STUDY_KEY, str(number), {"key": os.urandom(300)})
        gone = rows(vault)[vault._master.cipher.lookup(Kind.STUDY_KEY, "7")]
        # As after a kill between the commit and what follows it: the journal is full, the file not rewritten.
        vault._database.settle = lambda: None  # type: ignore[method-assign]
        vault.delete(Kind.STUDY_KEY, "7")
        assert traces(gone, lies())

    with sqlite3.connect(folder / "vault.db") as file:
        assert file.execute("SELECT vacuum_due FROM header").fetchone() == (1,)
    file.close()
    with Vault.open(folder, unlock) as vault:
        assert not traces(gone, lies())
        assert vault._database.rows("SELECT vacuum_due FROM header") == [(0,)]
        assert len(vault.ids(Kind.STUDY_KEY)) == 199
