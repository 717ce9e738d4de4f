"""Records go in and come out; what lies on the disk tells nothing."""

from __future__ import annotations

import base64
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.errors import VaultError
from pixelpact.vault import KeyFile, Kind, Vault
from pixelpact.vault.records import RecordCipher, Sealed

UID = "1.2.826.0.1.3680043.8.498.12345678901234567890"
NAME = "Testperson^Aurelia"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_record_comes_back_after_opening_again(folder: Path, unlock: KeyFile):
    key = os.urandom(32)
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.ENCRYPTION_SEED, "1", {"seed": key, "version": 1, "name": "Fjällsjukhuset"})

    with Vault.open(folder, unlock) as vault:
        assert vault.get(Kind.ENCRYPTION_SEED, "1") == {"seed": key, "version": 1, "name": "Fjällsjukhuset"}
        assert vault.find(Kind.ENCRYPTION_SEED, "2") is None
        assert vault.find(Kind.OPERATOR_KEY, "1") is None


@given(identifier=st.text(), record=st.dictionaries(st.text(), values, max_size=4))
@settings(max_examples=80, deadline=None)
def test_any_record_comes_back_as_it_was(identifier: str, record: dict[str, Any]):
    cipher = RecordCipher(bytes(16), bytes(32), bytes(32))
    if "@bytes" in repr(record):
        return
    if not _encodes(identifier):
        return

    sealed = cipher.seal(Kind.STUDY, identifier, record)

    assert cipher.open(Kind.STUDY, cipher.lookup(Kind.STUDY, identifier), sealed) == (identifier, record)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_a_record_is_replaced_and_listed_by_kind(vault: Vault):
    vault.put(Kind.OPERATOR_KEY, "b", {"private_key": b"1"})
    vault.put(Kind.OPERATOR_KEY, "a", {"private_key": b"2"})
    vault.put(Kind.OPERATOR_KEY, "b", {"private_key": b"3"})
    vault.put(Kind.PATIENT_KEY, "a", {"mnemonic": "not a real one"})

    assert vault.ids(Kind.OPERATOR_KEY) == ["a", "b"]
    assert vault.records(Kind.OPERATOR_KEY) == {"a": {"private_key": b"2"}, "b": {"private_key": b"3"}}
    assert vault.ids(Kind.STUDY) == []


def test_what_is_missing_is_said_in_a_sentence(vault: Vault):
    with pytest.raises(VaultError, match="The vault has no such study key: it was never put"):
        vault.get(Kind.STUDY_KEY, "00/1")


@pytest.mark.parametrize("record", [{"at": 1.5}, {"set": {1}}, {"@bytes": "x"}, {1: "x"}])
def test_what_a_record_can_not_hold_is_refused(vault: Vault, record: dict[Any, Any]):
    with pytest.raises(TypeError):
        vault.put(Kind.STUDY, "x", record)
    assert vault.ids(Kind.STUDY) == []


def test_no_key_uid_or_name_stands_in_any_file(vault: Vault, lies: Callable[[], bytes]):
    key = os.urandom(32)
    vault.put(Kind.STUDY, UID, {"study_uid": UID, "patient": NAME, "secret": key})
    with vault.journal("seal", UID) as entry:
        entry.advance("secrets", {"key": key, "name": NAME})

        content = lies()

    for secret in (UID.encode(), NAME.encode(), key, key.hex().encode(), base64.b64encode(key)):
        assert secret not in content
    assert UID.encode("utf-16-le") not in content
    assert b"Aurelia" not in content
    assert b"seal" not in content.replace(b"sealed", b"")


def test_no_repr_shows_a_secret(vault: Vault, unlock: KeyFile):
    cipher = vault._master.cipher
    for thing in (vault, unlock, cipher):
        assert "\\x" not in repr(thing)
    assert repr(cipher) == "RecordCipher(...)"


def test_a_row_in_another_rows_place_is_not_read(folder: Path, unlock: KeyFile):
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.STUDY_KEY, "a/1", {"key": b"old"})
        vault.put(Kind.STUDY_KEY, "b/1", {"key": b"new"})
    with sqlite3.connect(folder / "vault.db") as file:
        rows = file.execute("SELECT lookup, wrapped_key, ciphertext FROM record ORDER BY lookup").fetchall()
        file.execute(
            "UPDATE record SET wrapped_key = ?, ciphertext = ? WHERE lookup = ?", (*rows[0][1:], rows[1][0])
        )
    file.close()

    with Vault.open(folder, unlock) as vault, pytest.raises(VaultError, match=r"bytes were changed"):
        vault.records(Kind.STUDY_KEY)


def test_a_row_moved_to_another_kind_or_vault_is_not_read():
    cipher = RecordCipher(bytes(16), bytes(32), bytes(32))
    lookup = cipher.lookup(Kind.STUDY_KEY, "a/1")
    sealed = cipher.seal(Kind.STUDY_KEY, "a/1", {"key": b"k"})

    with pytest.raises(VaultError):
        cipher.open(Kind.STUDY, lookup, sealed)
    with pytest.raises(VaultError):
        RecordCipher(b"\1" * 16, bytes(32), bytes(32)).open(Kind.STUDY_KEY, lookup, sealed)
    with pytest.raises(VaultError):
        cipher.open(Kind.STUDY_KEY, lookup, Sealed(sealed.wrapped_key[:20], sealed.ciphertext))


@pytest.mark.parametrize("column", ["wrapped_key", "ciphertext"])
def test_a_changed_byte_is_noticed(folder: Path, unlock: KeyFile, column: str):
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.OPERATOR_KEY, "a", {"private_key": b"k"})
    with sqlite3.connect(folder / "vault.db") as file:
        value = bytearray(file.execute(f"SELECT {column} FROM record").fetchone()[0])  # noqa: S608 - a constant
        value[-1] ^= 1
        file.execute(f"UPDATE record SET {column} = ?", (bytes(value),))  # noqa: S608 - a constant
    file.close()

    with Vault.open(folder, unlock) as vault:
        with pytest.raises(VaultError, match="'operator-key' in the vault can't be read"):
            vault.get(Kind.OPERATOR_KEY, "a")
        if column == "wrapped_key":
            with pytest.raises(VaultError, match="'operator-key' in the vault can't be read"):
                vault.erase()


def test_a_transaction_is_all_or_nothing(vault: Vault):
    with vault.transaction():
        vault.put(Kind.STUDY, "a", {"n": 1})
        vault.put(Kind.STUDY, "b", {"n": 1})

    def interrupted() -> None:
        with vault.transaction():
            vault.put(Kind.STUDY, "a", {"n": 2})
            vault.delete(Kind.STUDY, "b")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert vault.records(Kind.STUDY) == {"a": {"n": 1}, "b": {"n": 1}}


def test_every_kind_is_described():
    page = (Path(__file__).parents[2] / "docs" / "vault.md").read_text("utf-8")
    described = re.findall(r"`([a-z-]+)`", "".join(re.findall(r"(?m)^\| (`[a-z-]+`.*?) \| ", page)))
    assert [kind for kind in Kind if kind not in described] == []
