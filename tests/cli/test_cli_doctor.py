"""The doctor: each thing that can be wrong is found, and what mends it is said."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kubo_node import running

from pixelpact.chain import Chain, Network
from pixelpact.cli.app import run
from pixelpact.custodian import Custodian
from pixelpact.dicom import from_files, samples
from pixelpact.doctor import Finding, examine, examine_kubo, examine_profile, examine_store, examine_vault
from pixelpact.doctor.codecs import examine_codecs
from pixelpact.doctor.keys import _AGAIN
from pixelpact.errors import ClockApartError
from pixelpact.localnet import Sandbox
from pixelpact.models import Cid
from pixelpact.patient import Patient
from pixelpact.profile import Opening, ProfileFolder, Role, StoreChoice, UnlockChoice
from pixelpact.sealing.studies import latest
from pixelpact.storage import reachable
from pixelpact.vault import KeyFile, Kind, Vault


def bad(findings: Iterable[Finding]) -> dict[str, Finding]:
    """What is not as it should be, by subject; each says what mends it."""
    found = {each.subject: each for each in findings if not each.ok}
    assert all(each.remedy for each in found.values())
    return found


def good(findings: Iterable[Finding]) -> dict[str, str]:
    return {each.subject: each.sentence for each in findings if each.ok}


class Hospital:
    """A hospital with one study, in a network of this process; its tests leave it well."""

    def __init__(self, net: Sandbox) -> None:
        self.net, self.profile = net, net[1]
        self.custodian = Custodian(self.profile)
        address = Patient.create(net.chain()).address(custodian=1)
        self.study = self.custodian.share(from_files(samples()[2].files), subject=address).number

    @property
    def called(self) -> str:
        return f"study 0x{self.study.hex()[:8]}"


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with Sandbox(members=1) as net:
        yield Hospital(net)


# Kubo


def test_a_private_durable_node_is_well(tmp_path: Path) -> None:
    with running(tmp_path / "kubo") as node:
        found = list(examine_kubo(node.url))

    assert bad(found) == {}
    assert good(found)["Kubo"].startswith("version 0.")
    assert set(good(found)) == {"Kubo", "Kubo's privacy", "Kubo's durability", "Kubo's pins"}


def test_a_node_that_tells_and_forgets_is_named_with_the_commands_that_mend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"Discovery.MDNS.Enabled": True, "Datastore.BlockKeyCacheSize": 65536}
    with running(tmp_path / "kubo", settings=settings) as node:
        assert run(["doctor", "--ipfs", node.url, "--json"]) == 10

    told = json.loads(capsys.readouterr().out)
    wrong = {each["subject"]: each for each in told["findings"] if not each["ok"] and each["needed"]}
    assert set(wrong) == {"Kubo's privacy", "Kubo's durability"}
    assert "Discovery.MDNS.Enabled is true, so it calls out to every machine" in str(wrong)
    assert "ipfs config --json Discovery.MDNS.Enabled 'false'" in wrong["Kubo's privacy"]["remedy"]
    assert "ipfs config --json Datastore.BlockKeyCacheSize 0" in wrong["Kubo's durability"]["remedy"]


def test_no_node_and_no_address_are_said_so() -> None:
    silent = bad(examine_kubo("http://127.0.0.1:9"))["Kubo"]
    assert "pixelpact localnet up" in silent.remedy
    assert "ipfs daemon" in silent.remedy
    assert "is no address of a Kubo node" in bad(examine_kubo("nowhere"))["Kubo"].sentence


# Codecs


def test_what_can_be_shown_is_said() -> None:
    said = good(examine_codecs())["thumbnails"]
    assert said == "of uncompressed, RLE, JPEG, JPEG-LS, JPEG 2000, HTJ2K images"


def test_a_codec_that_is_not_there_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pixelpact.doctor.codecs._decodes", lambda syntaxes: not syntaxes[0].name.startswith("JPEG-LS")
    )
    missing = bad(examine_codecs())["thumbnails"]
    assert "none of JPEG-LS images: pyjpegls is not installed" in missing.sentence
    assert "pip install 'pixelpact[demo]'" in missing.remedy
    assert not missing.needed


@pytest.mark.parametrize("module", ["numpy", "PIL"])
def test_without_the_extra_there_are_no_thumbnails(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setattr("pixelpact.doctor.codecs.find_spec", lambda name: None if name == module else name)
    (missing,) = examine_codecs()
    assert "is not installed" in missing.sentence
    assert not missing.needed


# Network


def test_each_doubt_about_a_network_has_its_own_finding(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = hospital.net.network

    def findings(described: Network) -> list[Finding]:
        described.save(tmp_path / "network.json")
        return list(examine(tmp_path / "network.json"))

    well = good(findings(network))
    assert {"node", "chain id, genesis and contracts", "clock", "finality"} <= set(well)

    silent = replace(network, rpc="http://127.0.0.1:9")
    assert "pixelpact localnet up" in bad(findings(silent))["node"].remedy

    exchanged = dict(network.contracts)
    exchanged["AccessLedger"], exchanged["PolicyEngine"] = (
        exchanged["PolicyEngine"],
        exchanged["AccessLedger"],
    )
    assert "chain id, genesis and contracts" in bad(findings(replace(network, contracts=exchanged)))

    def apart(*_: object) -> None:
        raise ClockApartError("The chain stands still", remedy="Look at its validators")

    monkeypatch.setattr("pixelpact.doctor.network.Chain.connect", apart)
    assert "timedatectl" in bad(findings(network))["clock"].remedy


def test_a_chain_on_which_nothing_is_final_is_told(hospital: Hospital, tmp_path: Path) -> None:
    replace(hospital.net.network, finality_depth=1000).save(tmp_path / "network.json")
    young = bad(examine(tmp_path / "network.json"))["finality"]
    assert "nothing is final yet" in young.sentence
    assert not young.needed


# Vault


def test_a_vault_that_fits_the_chain_is_well(hospital: Hospital) -> None:
    profile = hospital.profile
    found = list(examine_vault(profile.vault, profile.chain))
    assert bad(found) == {}
    assert good(found)["vault beside the chain"] == "it has the keys of all 1 studies that are registered"


def test_an_old_copy_beside_a_newer_chain_is_named(hospital: Hospital, tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "key")
    hospital.profile.vault.rotate_master(key)
    hospital.profile.vault.backup(tmp_path / "backup")
    epoch = hospital.custodian.rotate(hospital.study, person="archive").epoch

    with Vault.restore(tmp_path / "backup", tmp_path / "old", key) as old:
        found = bad(examine_vault(old, hospital.profile.chain))[hospital.called]
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


def interrupted(vault: Vault, study: str) -> None:
    with vault.journal("seal", study) as entry:
        entry.advance("secrets")
        raise KeyboardInterrupt


def test_unfinished_work_is_named_with_its_command_and_not_with_its_study(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault", KeyFile(tmp_path / "key")) as vault:
        for number in (1, 2):
            with pytest.raises(KeyboardInterrupt):
                interrupted(vault, f"1.2.826.{number}")
        found = bad(examine_vault(vault))["unfinished work"]
    assert found.sentence == "'seal' was begun and not finished, 2 times"
    assert "pixelpact study seal FOLDER" in found.remedy
    assert "1.2.826" not in str(found)
    assert not found.needed


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
        (file,) = (path for path in files(hospital) if Cid.of(lost.codec, path.read_bytes()) == lost)
        content = file.read_bytes()
        file.unlink()
        found = bad(examine_store(store, vault))[hospital.called]
        assert said in found.sentence
        assert "backup" in found.remedy
        file.write_bytes(content)
    store.pin(root)
    assert bad(examine_store(store, vault)) == {}


def files(hospital: Hospital) -> list[Path]:
    return [path for path in (hospital.net.store.folder / "blocks").rglob("*") if path.is_file()]


# A profile


def test_a_profile_is_looked_at_whole(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hospital"
    account = hospital.profile.chain.account
    assert account
    made = ProfileFolder(
        path,
        Role.INSTITUTION,
        hospital.net.network,
        UnlockChoice.of(path, Opening.KEY_FILE, None),
        institution=1,
        store=StoreChoice(folder=str(tmp_path / "store")),
    )
    made.make(str, lambda vault: ProfileFolder.keep_account(vault, account))

    found = list(examine_profile(path, str))
    assert bad(found) == {}
    assert {"profile", "node", "vault", "vault beside the chain", "studies in the store"} <= set(good(found))
    assert run(["doctor", "--profile", str(path)]) == 0
    assert "it is an institution's" in capsys.readouterr().out

    with made.open_vault(str):
        assert "is in use" in bad(examine_profile(path, str))["vault"].sentence
    (path / "vault" / "vault.db").chmod(0o644)
    assert "chmod 600" in bad(examine_profile(path, str))["vault"].remedy
    assert "pixelpact keys create" in bad(examine_profile(tmp_path / "none", str))["profile"].remedy
    assert run(["doctor", "--profile", str(tmp_path / "none")]) == 10


def test_a_silent_chain_keeps_nothing_else_from_being_looked_at(hospital: Hospital, tmp_path: Path) -> None:
    path = tmp_path / "hospital"
    account = hospital.profile.chain.account
    assert account
    made = ProfileFolder(
        path,
        Role.INSTITUTION,
        replace(hospital.net.network, rpc="http://127.0.0.1:9"),
        UnlockChoice.of(path, Opening.KEY_FILE, None),
        institution=1,
        store=StoreChoice(kubo="http://127.0.0.1:9"),
    )
    made.make(str, lambda vault: ProfileFolder.keep_account(vault, account))

    found = list(examine_profile(path, str))
    assert set(bad(found)) == {"node", "Kubo", "store"}
    assert {"vault", "vault's permissions", "unfinished work"} <= set(good(found))
    assert "vault beside the chain" not in good(found)
    assert Chain.connect(hospital.net.network).head().number > 0
