"""The doctor on computer, node, network and profile: what is wrong is found, and what mends it is said."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cli_hospital import Hospital, bad, good, profile_of
from kubo_node import running

from pixelpact.chain import Chain, Network
from pixelpact.cli.app import run
from pixelpact.doctor import Finding, examine, examine_kubo, examine_profile
from pixelpact.doctor.codecs import examine_codecs
from pixelpact.errors import ClockApartError
from pixelpact.profile import StoreChoice
from pixelpact.vault import KeyFile

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


# A profile


def test_a_profile_is_looked_at_whole(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hospital"
    made = profile_of(hospital, 2, path)

    found = list(examine_profile(path, str))
    assert set(bad(found)) == {"encryption key"}
    none = bad(found)["encryption key"]
    assert (none.needed, none.remedy) == (
        False, f"To ask for studies, publish one: pixelpact keys publish --profile {path}",
    )  # fmt: skip
    assert {"profile", "node", "vault", "vault beside the chain", "studies in the store"} <= set(good(found))
    assert good(found)["studies in the store"] == "there is none to look for"
    assert run(["doctor", "--profile", str(path)]) == 0
    assert "it is an institution's" in capsys.readouterr().out

    with made.open_vault(str):
        assert "is in use" in bad(examine_profile(path, str))["vault"].sentence
    (path / "vault" / "vault.db").chmod(0o644)
    assert "chmod 600" in bad(examine_profile(path, str))["vault"].remedy
    assert "pixelpact keys create" in bad(examine_profile(tmp_path / "none", str))["profile"].remedy
    assert run(["doctor", "--profile", str(tmp_path / "none")]) == 10


def test_a_vault_that_lost_all_is_told_what_its_institution_has_on_the_chain(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hospital a"
    profile_of(hospital, 1, path)

    found = list(examine_profile(path, str))
    assert set(bad(found)) == {hospital.called, "encryption key"}
    assert "vault beside the chain" not in good(found)
    lost, key = bad(found)[hospital.called], bad(found)["encryption key"]
    assert lost.sentence.startswith("this institution holds it, and the vault has neither")
    assert f"pixelpact vault restore FILE --profile '{path}'" in lost.remedy
    assert key.sentence.startswith("releases go to version 1 of this institution's key, which is not in this")
    assert "pixelpact keys publish" in key.remedy
    assert lost.needed
    assert key.needed
    assert run(["doctor", "--profile", str(path)]) == 10
    assert lost.remedy in capsys.readouterr().out


def test_the_blocks_of_an_epoch_that_the_chain_left_are_not_asked_for(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hospital"
    made = profile_of(hospital, 1, path, store=StoreChoice(folder=str(hospital.net.store.folder)))
    shutil.rmtree(made.vault)
    hospital.profile.vault.rotate_master(KeyFile(Path(made.unlock.name)))
    hospital.profile.vault.backup(tmp_path / "backup")
    made.restore(tmp_path / "backup", str)
    assert bad(examine_profile(path, str)) == {}
    hospital.custodian.rotate(hospital.study, person="archive")

    found = [each for each in examine_profile(path, str) if not each.ok]
    assert [each.subject for each in found] == [hospital.called]
    assert "the vault knows epoch" in found[0].sentence

    # The same advice for two studies is printed once.
    second = hospital.register_another()
    assert run(["doctor", "--profile", str(path)]) == 10
    told = capsys.readouterr().out
    assert f"study 0x{second.hex()[:8]}" in told
    assert told.count("vault restore") == 1
    assert "As for study 0x" in told


def test_a_silent_chain_keeps_nothing_else_from_being_looked_at(hospital: Hospital, tmp_path: Path) -> None:
    path = tmp_path / "hospital"
    silent = replace(hospital.net.network, rpc="http://127.0.0.1:9")
    profile_of(hospital, 1, path, network=silent, store=StoreChoice(kubo="http://127.0.0.1:9"))

    found = list(examine_profile(path, str))
    # That the store can't be used is said once, of its node.
    assert [each.subject for each in found if not each.ok] == ["node", "Kubo"]
    assert {"vault", "vault's permissions", "unfinished work"} <= set(good(found))
    assert "vault beside the chain" not in good(found)
    assert Chain.connect(hospital.net.network).head().number > 0
