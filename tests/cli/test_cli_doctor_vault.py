"""The doctor on a vault and its store: what is lost or behind is found, and what mends it is said."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from pathlib import Path

import pytest
from cli_hospital import Hospital, bad, good

from pixelpact.doctor import examine_store, examine_vault
from pixelpact.doctor.again import _AGAIN, Commands
from pixelpact.models import Cid
from pixelpact.sealing.studies import latest
from pixelpact.storage import reachable
from pixelpact.vault import KeyFile, Kind, Vault

# Vault


def test_a_vault_that_fits_the_chain_is_well(hospital: Hospital) -> None:
    profile = hospital.profile
    found = list(examine_vault(profile.vault, profile.chain, 1))
    assert bad(found) == {}
    assert good(found)["vault beside the chain"] == "it has the keys of the 1 study that is registered"
    assert good(found)["encryption key"] == "releases go to version 1, which the vault has"


def test_a_patients_vault_is_not_asked_for_studies(hospital: Hospital) -> None:
    subjects = {each.subject for each in examine_vault(hospital.profile.vault, hospital.profile.chain)}
    assert subjects == {"vault", "vault's permissions", "unfinished work"}


def test_an_old_copy_beside_a_newer_chain_is_named(hospital: Hospital, tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "key")
    hospital.profile.vault.rotate_master(key)
    hospital.profile.vault.backup(tmp_path / "backup")
    epoch = hospital.custodian.rotate(hospital.study, person="archive").epoch

    with Vault.restore(tmp_path / "backup", tmp_path / "old", key) as old:
        found = bad(examine_vault(old, hospital.profile.chain, 1))[hospital.called]
    assert (
        f"the chain is at epoch {epoch} of this study and the vault knows epoch {epoch - 1}" in found.sentence
    )
    assert "pixelpact vault restore" in found.remedy


def test_a_record_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        vault.put(Kind.STUDY, "a", {"n": 1})
        vault._database.change("UPDATE record SET ciphertext = zeroblob(80)", ())
        assert "backup" in bad(examine_vault(vault))["vault"].remedy


def test_what_others_may_read_is_named_with_the_command(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        (tmp_path / "vault" / "vault.lock").chmod(0o644)
        remedy = bad(examine_vault(vault))["vault's permissions"].remedy
        os.system(remedy.removeprefix("Run: ").partition(",")[0])  # noqa: S605 - what it says
        assert bad(examine_vault(vault)) == {}


def interrupted(vault: Vault, operation: str, key: str, **state: bytes) -> None:
    with suppress(KeyboardInterrupt), vault.journal(operation, key) as entry:
        entry.advance("secrets", state)
        raise KeyboardInterrupt


def test_unfinished_work_is_named_with_its_command_and_not_with_its_study(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        for number in (1, 2):
            interrupted(vault, "seal", f"{'0' * 64}/1/00/1/1.2.826.{number}", subject=b"\x33" * 20)
        found = bad(examine_vault(vault, profile=tmp_path / "hospital a"))["unfinished work"]
    assert found.sentence == "'seal' was begun and not finished, 2 times"
    command = f"pixelpact study seal FOLDER --patient 0x{'33' * 20} --profile '{tmp_path / 'hospital a'}'"
    assert found.remedy == f"Run the same command again: {command}"
    assert "1.2.826" not in str(found)
    assert not found.needed


@pytest.mark.parametrize(
    ("operation", "key", "command"),
    [
        ("seal", "1.2.826", "study seal FOLDER --patient ADDRESS"),
        ("register", "ab" * 32, f"study register 0x{'ab' * 32}"),
        ("reseal", f"{'ab' * 32}/2", f"study rotate 0x{'ab' * 32} --person PERSON"),
        ("release", f"{'ab' * 32}/1", f"access release 0x{'ab' * 32} --person PERSON"),
        ("publish-key", "1", "keys publish"),
        (
            "request",
            f"{'ab' * 32}/7/1/{'0' * 64}/8/nothing/nothing/{'cd' * 32}",
            "access request INVITATION --purpose HRESCH --accept RETURN_RESULTS --person PERSON",
        ),
        (
            "request",
            f"{'ab' * 32}/7/1/{'ef' * 32}/0/nothing/nothing/{'cd' * 32}",
            f"access request INVITATION --purpose HRESCH --project 0x{'ef' * 32} --person PERSON",
        ),
        ("invite", "0x3f2a/None/30//tmp/a b", "invite create 0x3f2a OPTIONS --output '/tmp/a b'"),
        ("sign", "revoke/0x91//tmp/w", "consent revoke OPTIONS --output /tmp/w"),
        ("sign", "consent/[1]//tmp/c", "consent sign OPTIONS --output /tmp/c"),
        ("revoke", "ab" * 32, "consent record FILE"),
    ],
)
def test_the_command_that_goes_on_is_whole_as_far_as_the_journal_tells(
    operation: str, key: str, command: str
) -> None:
    work = {"operation": operation, "key": key, "step": "begun", "state": {}}
    assert Commands(None).again(work) == f"pixelpact {command}"


def test_what_one_command_finishes_is_told_once(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        interrupted(vault, "rotate", "ab" * 32)
        interrupted(vault, "reseal", f"{'ab' * 32}/2")
        told = [each.sentence for each in examine_vault(vault) if each.subject == "unfinished work"]
    assert told == ["'reseal' and 'rotate' were begun and not finished"]


def test_every_work_that_can_be_interrupted_has_its_command() -> None:
    package = Path(__file__).parents[2] / "client" / "pixelpact"
    begun = set()
    for path in package.rglob("*.py"):
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if "journal(" in source else ():
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            # ``_take`` is given the profile first.
            first = node.args[1] if called == "_take" else node.args[0]
            if called in ("journal", "_Message", "_Work", "_take") and isinstance(first, ast.Constant):
                begun.add(first.value)
    assert len(begun) > 10
    assert begun - set(_AGAIN) == set()


# Store


def test_a_study_that_is_not_pinned_or_not_whole_is_named(hospital: Hospital) -> None:
    store, vault = hospital.profile.store, hospital.profile.vault
    assert bad(examine_store(store, vault)) == {}
    root = latest(vault, hospital.study).root
    tree = sorted(reachable(root, store.get))

    store.unpin(root)
    found = bad(examine_store(store, vault))[hospital.called]
    assert "it is not pinned" in found.sentence
    assert "pixelpact study rotate" in found.remedy

    for lost, said in ((tree[0], f"1 of its {len(tree)} blocks"), (root, "missing")):
        (file,) = (path for path in hospital.files() if Cid.of(lost.codec, path.read_bytes()) == lost)
        content = file.read_bytes()
        file.unlink()
        found = bad(examine_store(store, vault))[hospital.called]
        assert said in found.sentence
        assert "backup" in found.remedy
        file.write_bytes(content)
    store.pin(root)
    assert bad(examine_store(store, vault)) == {}
