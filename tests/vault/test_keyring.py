"""A vault that the system's keyring opens, by keyring's own backends and one in the process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from keyring.backends import fail, null

from pixelpact.errors import InputError, VaultError
from pixelpact.vault import KeyFile, Keyring, Kind, Vault


class Chest(keyring.backend.KeyringBackend):
    """Keeps secrets as a desktop's keyring does, for as long as the test runs."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("Failed to unlock the collection!")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise keyring.errors.PasswordSetError
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def chest() -> Iterator[Chest]:
    before, chest = keyring.get_keyring(), Chest()
    keyring.set_keyring(chest)
    yield chest
    keyring.set_keyring(before)


def test_the_keyring_opens_what_it_made(chest: Chest, folder: Path):
    with Vault.create(folder, Keyring("hospital")) as vault:
        vault.put(Kind.STUDY, "a", {"n": 1})

    ((service, name), secret) = next(iter(chest.kept.items()))
    assert (service, name) == ("pixelpact", "hospital")
    assert len(bytes.fromhex(secret)) == 32
    assert secret.encode() not in (folder / "vault.db").read_bytes()
    assert bytes.fromhex(secret) not in (folder / "vault.db").read_bytes()
    with Vault.open(folder, Keyring("hospital")) as vault:
        assert vault.get(Kind.STUDY, "a") == {"n": 1}


def test_a_secret_that_is_there_is_used_again_and_gives_each_vault_a_key_of_its_own(
    chest: Chest, folder: Path, tmp_path: Path
):
    with Vault.create(folder, Keyring("hospital")) as first:
        kept = dict(chest.kept)
        with Vault.create(tmp_path / "second", Keyring("hospital")) as second:
            assert chest.kept == kept
            assert first._master.wrapping_key != second._master.wrapping_key


def test_another_secret_is_refused(chest: Chest, folder: Path, tmp_path: Path):
    Vault.create(folder, Keyring("hospital")).close()
    Vault.create(tmp_path / "second", Keyring("clinic")).close()

    with pytest.raises(VaultError, match="does not open with this keyring"):
        Vault.open(folder, Keyring("clinic"))
    with pytest.raises(VaultError, match="opens with a keyring, not with a key file"):
        Vault.open(folder, KeyFile(tmp_path / "agent.key"))


def test_a_secret_that_is_gone_is_said_so_and_not_made_anew(chest: Chest, folder: Path):
    Vault.create(folder, Keyring("hospital")).close()
    keyring.delete_password("pixelpact", "hospital")

    with pytest.raises(VaultError, match="has no secret 'hospital' for PixelPact: it was never kept"):
        Vault.open(folder, Keyring("hospital"))
    assert chest.kept == {}


def test_somebody_elses_secret_is_neither_used_nor_replaced(chest: Chest, folder: Path):
    keyring.set_password("pixelpact", "hospital", "a password of another program")

    with pytest.raises(VaultError, match="is not PixelPact's") as caught:
        Vault.create(folder, Keyring("hospital"))
    assert "another program" not in str(caught.value)
    assert chest.kept["pixelpact", "hospital"] == "a password of another program"


def test_a_vault_moves_into_the_keyring_and_out_of_it(
    chest: Chest, vault: Vault, unlock: KeyFile, folder: Path
):
    vault.rotate_master(Keyring("hospital"))
    vault.close()
    with Vault.open(folder, Keyring("hospital")) as opened:
        opened.rotate_master(unlock)
    Vault.open(folder, unlock).close()


def test_a_locked_keyring_is_said_so(chest: Chest, vault: Vault, folder: Path, unlock: KeyFile):
    chest.locked = True

    with pytest.raises(VaultError, match=r"keyring does not answer: Failed to unlock the collection!\. Unl"):
        vault.rotate_master(Keyring("hospital"))
    vault.close()
    Vault.open(folder, unlock).close()


def test_a_refusal_without_words_is_a_sentence_too(
    chest: Chest, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def locked(*_: object) -> None:
        raise keyring.errors.PasswordSetError

    monkeypatch.setattr(chest, "set_password", locked)
    with pytest.raises(VaultError, match="does not answer: it is locked, or its program is not running"):
        Vault.create(folder, Keyring("hospital"))


def test_a_system_without_a_keyring_is_said_so(chest: Chest, folder: Path):
    keyring.set_keyring(fail.Keyring())

    with pytest.raises(VaultError, match="There is no keyring on this system: no program") as caught:
        Vault.create(folder, Keyring("hospital"))
    assert "Use a password or a key file" in str(caught.value)
    assert not (folder / "vault.db").exists()


def test_a_keyring_that_keeps_nothing_is_not_trusted(chest: Chest, folder: Path):
    keyring.set_keyring(null.Keyring())

    with pytest.raises(VaultError, match="does not keep what is put into it"):
        Vault.create(folder, Keyring("hospital"))
    assert not (folder / "vault.db").exists()


def test_a_secret_without_a_name_is_refused():
    with pytest.raises(InputError, match="has no name"):
        Keyring("")


def test_without_the_package_the_extra_is_named(folder: Path):
    program = (
        "import sys; sys.modules['keyring'] = None\n"
        "from pathlib import Path; from pixelpact.vault import Keyring, Vault\n"
        "try: Vault.create(Path(sys.argv[1]), Keyring('hospital'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("InputError The system's keyring can't be used: the package keyring is not")
    assert "pip install 'pixelpact[keyring]'" in ran.stdout


def test_the_package_is_loaded_only_when_it_is_asked_for():
    program = "import pixelpact.vault, sys; print('keyring' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
