"""Making and opening: who may, with what, and what is said when not."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from pixelpact.errors import InputError, OutputError, VaultError
from pixelpact.vault import KeyFile, Kind, Password, Vault
from pixelpact.vault.unlock import _digest

GOOD = Password("a made-up password, påse")


def test_a_password_opens_what_it_made(folder: Path):
    with Vault.create(folder, GOOD) as vault:
        vault.put(Kind.STUDY, "a", {"n": 1})
    decomposed = Password(unicodedata.normalize("NFD", GOOD.secret))
    assert decomposed != GOOD

    with Vault.open(folder, decomposed) as vault:
        assert vault.get(Kind.STUDY, "a") == {"n": 1}


def test_a_wrong_password_is_refused_and_changes_nothing(folder: Path):
    Vault.create(folder, GOOD).close()
    before = (folder / "vault.db").read_bytes()

    with pytest.raises(VaultError, match="does not open with this password: it is not the one") as caught:
        Vault.open(folder, Password("another"))

    assert "another" not in str(caught.value)
    assert (folder / "vault.db").read_bytes() == before
    Vault.open(folder, GOOD).close()


def test_an_empty_password_is_refused():
    with pytest.raises(InputError, match="password is empty"):
        Password("")


def test_a_passwords_repr_shows_nothing():
    assert "made-up" not in repr(GOOD)
    assert "made-up" not in str(GOOD)


def test_another_key_file_is_refused(folder: Path, unlock: KeyFile, tmp_path: Path):
    Vault.create(folder, unlock).close()
    other = KeyFile(tmp_path / "other.key")
    Vault.create(tmp_path / "other", other).close()

    with pytest.raises(VaultError, match="does not open with this key file"):
        Vault.open(folder, other)


def test_the_method_is_told_apart(folder: Path, unlock: KeyFile):
    Vault.create(folder, unlock).close()

    with pytest.raises(VaultError, match="opens with a key file, not with a password"):
        Vault.open(folder, GOOD)


def test_a_key_file_is_private_and_kept(folder: Path, unlock: KeyFile, tmp_path: Path):
    Vault.create(folder, unlock).close()
    content = unlock.path.read_bytes()
    assert stat.S_IMODE(unlock.path.stat().st_mode) == 0o600
    assert b"agent.key" not in content

    Vault.create(tmp_path / "second", unlock).close()
    assert unlock.path.read_bytes() == content
    Vault.open(folder, unlock).close()


@pytest.mark.parametrize(
    "content", [b"", b"pixelpact vault key 1 00\n", b"\x00" * 87, b"pixelpact vault key 2 "]
)
def test_a_file_that_is_no_key_file_is_refused(folder: Path, unlock: KeyFile, content: bytes):
    Vault.create(folder, unlock).close()
    unlock.path.write_bytes(content)

    with pytest.raises(VaultError, match="is not a vault's key file"):
        Vault.open(folder, unlock)


def test_a_key_file_that_others_may_read_is_refused(folder: Path, unlock: KeyFile):
    Vault.create(folder, unlock).close()
    unlock.path.chmod(0o640)

    with pytest.raises(VaultError, match=r"key file .* may be read or changed by others.*chmod 600"):
        Vault.open(folder, unlock)


def test_a_missing_key_file_is_refused(folder: Path, unlock: KeyFile):
    Vault.create(folder, unlock).close()
    unlock.path.unlink()

    with pytest.raises(VaultError, match=r"key file .* can't be read: No such file"):
        Vault.open(folder, unlock)
    assert not unlock.path.exists()


def test_the_files_are_private_whatever_the_umask(folder: Path, unlock: KeyFile):
    before = os.umask(0)
    try:
        with Vault.create(folder, unlock) as vault:
            vault.put(Kind.STUDY, "a", {"n": 1})
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == {"vault.db": 0o600, "vault.db-journal": 0o600, "vault.lock": 0o600}


@pytest.mark.parametrize(("name", "mode"), [(".", 0o750), ("vault.db", 0o604)])
def test_a_vault_that_others_may_read_is_refused(folder: Path, unlock: KeyFile, name: str, mode: int):
    Vault.create(folder, unlock).close()
    (folder / name).chmod(mode)

    with pytest.raises(VaultError, match="may be read or changed by others"):
        Vault.open(folder, unlock)


def test_a_vault_is_not_made_where_others_may_look(folder: Path, unlock: KeyFile):
    folder.mkdir(mode=0o755)

    with pytest.raises(VaultError, match="may be read or changed by others"):
        Vault.create(folder, unlock)
    assert list(folder.iterdir()) == []


def test_a_second_vault_is_not_made_over_the_first(folder: Path, unlock: KeyFile):
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.STUDY, "a", {"n": 1})

    with pytest.raises(VaultError, match=r"There is a vault in .* already"):
        Vault.create(folder, unlock)
    with Vault.open(folder, unlock) as vault:
        assert vault.ids(Kind.STUDY) == ["a"]


def test_no_vault_is_said_so(folder: Path, unlock: KeyFile):
    with pytest.raises(VaultError, match="There is no vault in"):
        Vault.open(folder, unlock)
    assert not folder.exists()


def test_a_vault_in_use_is_refused_in_the_same_process(vault: Vault, unlock: KeyFile):
    with pytest.raises(VaultError, match="is in use: another command or agent has it open"):
        Vault.open(vault.folder, unlock)
    vault.close()
    Vault.open(vault.folder, unlock).close()


def test_a_vault_in_use_is_refused_in_another_process(vault: Vault, unlock: KeyFile):
    program = (
        "import sys; from pathlib import Path; from pixelpact.vault import *\n"
        "try: Vault.open(Path(sys.argv[1]), KeyFile(Path(sys.argv[2])))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", program, str(vault.folder), str(unlock.path)]

    answer = subprocess.run(command, capture_output=True, text=True, check=True)

    assert answer.stdout.startswith("VaultError The vault ")
    assert "is in use" in answer.stdout


def test_another_programs_database_is_not_a_vault(folder: Path, unlock: KeyFile):
    folder.mkdir(mode=0o700)
    with sqlite3.connect(folder / "vault.db") as file:
        file.execute("CREATE TABLE mine (x)")
    file.close()
    (folder / "vault.db").chmod(0o600)

    with pytest.raises(VaultError, match="is not a vault: it is another program's database"):
        Vault.open(folder, unlock)


def test_a_newer_format_is_refused(folder: Path, unlock: KeyFile):
    Vault.create(folder, unlock).close()
    with sqlite3.connect(folder / "vault.db") as file:
        file.execute("PRAGMA user_version = 2")
    file.close()

    with pytest.raises(
        VaultError, match="has format 2, and this PixelPact reads format 1: a newer PixelPact"
    ):
        Vault.open(folder, unlock)


@pytest.mark.parametrize("damage", ["not sqlite", "cut", "page", "no table"])
def test_a_damaged_file_is_refused(folder: Path, unlock: KeyFile, damage: str):
    with Vault.create(folder, unlock) as vault:
        for number in range(50):
            vault.put(Kind.STUDY, str(number), {"n": number})
    path = folder / "vault.db"
    content = bytearray(path.read_bytes())
    if damage == "not sqlite":
        path.write_bytes(b"just some text, long enough to be read as a header" * 100)
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "page":
        content[4096 * 2 : 4096 * 4] = os.urandom(4096 * 2)
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as file:
            file.execute("DROP TABLE header")
        file.close()

    with pytest.raises(VaultError, match="damaged"):
        Vault.open(folder, unlock)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("parameters", '{"iterations":1,"lanes":1,"memory_kib":8,"method":"password","salt":"00"}'),
        ("wrapped_master", b"\0" * 60),
        ("digest", b"\0" * 32),
        ("wrapped_lookup_key", b"\0" * 60),
    ],
)
def test_a_damaged_header_is_told_from_a_wrong_password(folder: Path, column: str, value: str | bytes):
    Vault.create(folder, GOOD).close()
    with sqlite3.connect(folder / "vault.db") as file:
        file.execute(f"UPDATE header SET {column} = ?", (value,))  # noqa: S608 - a constant
    file.close()

    with pytest.raises(VaultError, match=r"header is damaged|header is not what was written"):
        Vault.open(folder, GOOD)


@pytest.mark.parametrize("parameters", ["{}", "[]", "nonsense", '{"method":"password"}'])
def test_a_forged_header_is_a_damaged_one(folder: Path, parameters: str):
    Vault.create(folder, GOOD).close()
    with sqlite3.connect(folder / "vault.db") as file:
        vault, wrapped = file.execute("SELECT vault, wrapped_master FROM header").fetchone()
        digest = _digest(vault, parameters, wrapped)
        file.execute("UPDATE header SET parameters = ?, digest = ?", (parameters, digest))
    file.close()

    with pytest.raises(VaultError, match=r"header is damaged"):
        Vault.open(folder, GOOD)


def test_a_header_that_asks_for_all_the_memory_is_not_obeyed(folder: Path):
    Vault.create(folder, GOOD).close()
    with sqlite3.connect(folder / "vault.db") as file:
        vault, parameters, wrapped = file.execute(
            "SELECT vault, parameters, wrapped_master FROM header"
        ).fetchone()
        parameters = parameters.replace("65536", "4000000000")
        digest = _digest(vault, parameters, wrapped)
        file.execute("UPDATE header SET parameters = ?, digest = ?", (parameters, digest))
    file.close()

    with pytest.raises(VaultError, match=r"header is damaged"):
        Vault.open(folder, GOOD)


def test_a_half_made_vault_is_made_again(folder: Path, unlock: KeyFile):
    folder.mkdir(mode=0o700)
    (folder / "vault.db.new").write_bytes(b"half")
    (folder / "vault.db.new-journal").write_bytes(b"half")

    Vault.create(folder, unlock).close()

    assert not list(folder.glob("*.new*"))


def test_a_place_that_can_not_be_written_is_said_so(tmp_path: Path, unlock: KeyFile):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputError, match="can't be written"):
        Vault.create(tmp_path / "file" / "vault", unlock)


def test_a_full_disk_is_said_so_and_loses_nothing(folder: Path, unlock: KeyFile):
    with Vault.create(folder, unlock) as vault:
        vault.put(Kind.STUDY, "a", {"n": 1})
        # SQLite answers as it does for a full disk once a file may have no more pages.
        pages = vault._database._value("PRAGMA page_count")
        vault._database._value(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(OutputError, match=r"can't be written: .*full"):
            vault.put(Kind.STUDY, "b", {"n": "x" * 100_000})
        assert vault.ids(Kind.STUDY) == ["a"]
        vault.put(Kind.STUDY, "a", {"n": 2})

    with Vault.open(folder, unlock) as vault:
        assert vault.records(Kind.STUDY) == {"a": {"n": 2}}


def test_a_key_file_that_was_cut_off_before_its_first_byte_is_made_anew(folder: Path, unlock: KeyFile):
    unlock.path.touch(mode=0o600)

    Vault.create(folder, unlock).close()

    Vault.open(folder, unlock).close()


def test_a_key_file_that_is_cut_off_while_it_is_written_does_not_stand_in_the_way(
    folder: Path, unlock: KeyFile
):
    # With the signal as it is by default, the first byte too many kills.
    program = (
        "import resource, signal, sys; from pathlib import Path; from pixelpact.vault import KeyFile, Vault\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL); resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))\n"
        "KeyFile(Path(sys.argv[1])).prepare()"
    )
    ended = subprocess.run([sys.executable, "-c", program, unlock.path], check=False)

    assert ended.returncode == -signal.SIGXFSZ
    Vault.create(folder, unlock).close()
    Vault.open(folder, unlock).close()
    assert [path for path in unlock.path.parent.iterdir() if path.is_file()] == [unlock.path]


def test_a_second_name_of_the_key_file_does_not_stay(folder: Path, unlock: KeyFile):
    Vault.create(folder, unlock).close()
    other = unlock.path.with_name(f".{unlock.path.name}.0a1b2c3d.part")
    other.hardlink_to(unlock.path)

    unlock.prepare()

    assert not other.exists()


def test_a_key_file_that_has_no_room_is_not_begun(folder: Path, unlock: KeyFile):
    program = (
        "import resource, sys; from pathlib import Path; from pixelpact.vault.place import written_new\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8)); written_new(Path(sys.argv[1]), bytes(88))"
    )
    ended = subprocess.run([sys.executable, "-c", program, unlock.path], capture_output=True, check=False)

    assert b"OutputError" in ended.stderr
    assert not unlock.path.exists()
    Vault.create(folder, unlock).close()
