"""Backup, restore and another key for the vault; and what the chain says to a vault that is too old."""

from __future__ import annotations

import json
import shutil

import pytest
from cli_hand import Hand

from pixelpact.errors import VaultError
from pixelpact.profile import ProfileFolder
from pixelpact.vault import Vault


def test_an_old_backup_beside_a_newer_chain_fails_closed(hand: Hand) -> None:
    backup = hand.new(".backup")
    consent = hand.consent()
    hand.ok("hospital-a", "consent", "record", consent)
    asked = hand.ok(
        "hospital-b", "access", "request", hand.invitation("--consent", consent), "--person", "dr-b"
    )
    hand.ok("hospital-a", "vault", "backup", backup)
    told = hand.run("hospital-a", "vault", "backup", backup)
    assert told.code == 4
    assert "already" in told.err
    hand.ok("hospital-a", "study", "rotate", hand.study, "--person", "archive")
    # Never over a vault that is there.
    told = hand.run("hospital-a", "vault", "restore", backup)
    assert told.code == 9
    vault = hand.folder / "hospital-a" / "vault"
    shutil.move(vault, hand.folder / "newer-vault")
    try:
        hand.ok("hospital-a", "vault", "restore", backup)
        for command in (
            ("access", "release", asked["request"], "--person", "archive"),
            ("study", "rotate", hand.study, "--person", "archive"),
        ):
            told = hand.run("hospital-a", *command)
            assert told.code == 9, told.err
            assert "does not fit the chain" in told.err
    finally:
        shutil.rmtree(vault)
        shutil.move(hand.folder / "newer-vault", vault)
    # With the newest vault it goes on.
    hand.ok("hospital-a", "access", "release", asked["request"], "--person", "archive")


def test_another_key_for_the_vault(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hand.ok("rekeyed", "keys", "create", "--localnet", hand.localnet.folder, "--institution", 3)
    key = hand.folder / "rekeyed.key"
    hand.ok("rekeyed", "vault", "rotate-master")
    told = hand.run("rekeyed", "vault", "rotate-master", "--unlock", "key-file")
    assert (told.code, "opens the vault now" in told.err) == (3, True)
    other = hand.folder / "other.key"
    assert hand.run("rekeyed", "vault", "rotate-master", "--key-file", other).code == 3
    hand.ok("rekeyed", "vault", "rotate-master", "--unlock", "key-file", "--key-file", other)
    key.rename(hand.folder / "not-needed.key")
    hand.ok("rekeyed", "study", "list")
    monkeypatch.setenv("PIXELPACT_NEW_PASSWORD", "battery staple")
    assert hand.ok("rekeyed", "vault", "rotate-master", "--unlock", "password")["opens_with"] == "password"
    told = hand.run("rekeyed", "study", "list")
    assert (told.code, "nobody is there" in told.err) == (3, True)
    monkeypatch.setenv("PIXELPACT_PASSWORD", "battery staple")
    hand.ok("rekeyed", "study", "list")


@pytest.mark.parametrize("cut_before", [True, False])
def test_a_change_of_key_that_is_cut_off_leaves_a_vault_that_opens(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, *, cut_before: bool
) -> None:
    name = f"cut-{cut_before}"
    hand.ok(name, "keys", "create", "--localnet", hand.localnet.folder, "--institution", 3)
    rotate = Vault.rotate_master

    def cut(vault: Vault, new: object) -> None:
        if not cut_before:
            rotate(vault, new)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "rotate_master", cut)
        told = hand.run(
            name, "vault", "rotate-master", "--unlock", "key-file", "--key-file", hand.folder / f"{name}.new"
        )
        assert told.code == 130
    hand.ok(name, "study", "list")
    folder = ProfileFolder.load(hand.folder / name)
    assert folder.change is None
    assert folder.unlock.name.endswith(".key" if cut_before else ".new")


def test_a_profile_that_was_damaged_is_named(hand: Hand) -> None:
    hand.ok("damaged", "keys", "create", "--localnet", hand.localnet.folder, "--institution", 3)
    path = hand.folder / "damaged" / "profile.json"
    value = json.loads(path.read_text())
    for wrong in ("", "[]", json.dumps({**value, "version": 2}), json.dumps({**value, "role": "king"})):
        path.write_text(wrong)
        told = hand.run("damaged", "study", "list")
        assert (told.code, "can't be read" in told.err) == (3, True), told.err


def test_a_vault_without_its_key_file_opens_no_more(hand: Hand) -> None:
    hand.ok("keyless", "keys", "create", "--localnet", hand.localnet.folder, "--institution", 3)
    (hand.folder / "keyless.key").unlink()
    told = hand.run("keyless", "study", "list")
    assert (told.code, "key file" in told.err) == (9, True)
    with pytest.raises(VaultError):
        ProfileFolder.load(hand.folder / "keyless").open_vault(lambda: "")
