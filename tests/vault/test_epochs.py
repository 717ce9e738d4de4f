"""A vault that is behind the chain is not worked with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pixelpact.errors import VaultError
from pixelpact.vault import KeyFile, Kind, Vault, study_key_id

STUDY = b"\xaa" * 32
FIRST, SECOND, OTHER = (bytes([n]) * 32 for n in (1, 2, 3))


def put_key(vault: Vault, epoch: int, digest: bytes | None) -> None:
    vault.put(
        Kind.STUDY_KEY, study_key_id(STUDY, epoch), {"key": bytes([epoch]) * 32, "manifest_digest": digest}
    )


def test_the_key_of_the_chains_epoch_is_given(vault: Vault):
    put_key(vault, 1, FIRST)
    put_key(vault, 2, SECOND)

    assert vault.require_epoch(STUDY, 1, FIRST)["key"] == b"\1" * 32
    assert vault.require_epoch(STUDY, 2, SECOND)["key"] == b"\2" * 32


def test_an_old_copy_beside_a_newer_chain_fails_closed(folder: Path, unlock: KeyFile, tmp_path: Path):
    copy = tmp_path / "copy"
    with Vault.create(folder, unlock) as vault:
        put_key(vault, 1, FIRST)
        shutil.copytree(folder, copy)
        put_key(vault, 2, SECOND)
        vault.erase((Kind.STUDY_KEY, study_key_id(STUDY, 1)))

    with Vault.open(copy, unlock) as old, pytest.raises(VaultError) as caught:
        old.require_epoch(STUDY, 2, SECOND)
    assert "the chain is at epoch 2 of this study and the vault knows epoch 1" in str(caught.value)
    assert "newest backup" in str(caught.value)


def test_another_object_of_the_same_epoch_fails_closed(vault: Vault):
    put_key(vault, 1, FIRST)

    with pytest.raises(VaultError, match="an object of epoch 1 for this study that this vault did not make"):
        vault.require_epoch(STUDY, 1, OTHER)


def test_a_key_whose_object_was_never_finished_fails_closed(vault: Vault):
    put_key(vault, 1, FIRST)
    put_key(vault, 2, None)

    with pytest.raises(VaultError, match="did not make"):
        vault.require_epoch(STUDY, 2, SECOND)


def test_a_destroyed_key_and_an_unknown_study_fail_closed(vault: Vault):
    put_key(vault, 2, SECOND)

    with pytest.raises(VaultError, match="the vault's key for it was destroyed"):
        vault.require_epoch(STUDY, 1, FIRST)
    with pytest.raises(VaultError, match="this vault did not make"):
        vault.require_epoch(b"\xbb" * 32, 1, FIRST)
