"""The commands that read: policy explain and doctor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pixelpact.chain import Trail
from pixelpact.cli.app import run
from pixelpact.custodian import Custodian
from pixelpact.dicom import from_files, samples
from pixelpact.localnet import Sandbox
from pixelpact.patient import Patient
from pixelpact.policy import Purpose
from pixelpact.requester import AccessRequest, Requester


class Scene(NamedTuple):
    """A permitted request, a denied one, and a withdrawal after both."""

    trail: Path
    study: bytes
    consent: bytes
    permitted: AccessRequest
    denied: AccessRequest


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Sandbox(members=2) as net:
        hospital, clinic, patient = Custodian(net[1]), Requester(net[2]), Patient.create(net.chain())
        study = hospital.share(from_files(samples()[2].files), subject=patient.address(custodian=1))
        consent = patient.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=study.categories)
        hospital.relay(consent)
        invitation = hospital.invite(study.number, consent)
        permitted = clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b")
        denied = clinic.request(hospital.invite(study.number), purpose=Purpose.TREAT, person="dr-b")
        hospital.relay(patient.withdraw(consent))
        path = tmp_path_factory.mktemp("trail") / "trail.json"
        Trail.of(net.chain()).save(path)
        yield Scene(path, study.number, consent.number, permitted, denied)


def explained(
    scene: Scene, *arguments: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any]]:
    code = run(["policy", "explain", "--json", "--trail", str(scene.trail), *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_request_is_explained_now_and_at_its_block(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    number = scene.permitted.number.hex()[:10]
    code, now = explained(scene, "--request", number, capsys=capsys)
    assert (code, now["permitted"], now["reason"], now["check"]) == (7, False, 44, "directive")
    assert now["obstacles"][0]["reason"] == 44
    assert "new consent" in now["obstacles"][0]["remedy"]
    code, then = explained(scene, "--request", number, "--block", str(scene.permitted.block), capsys=capsys)
    # What stood then: the request was permitted; only the requester's key was missing for a release.
    assert [each["reason"] for each in then["obstacles"]] == [301]


def test_a_request_that_could_be_made_is_explained(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--study", scene.study.hex()[:8], "--requester", "2")
    code, told = explained(scene, *asked, capsys=capsys)
    assert (code, told["reason"]) == (7, 40)
    cited = ("--directive", "0x" + scene.consent.hex()[:8], "--block", str(scene.permitted.block))
    code, told = explained(scene, *asked, *cited, capsys=capsys)
    assert (code, told["permitted"]) == (0, True)
    code, told = explained(scene, *asked, *cited, "--purpose", "HMARKT", capsys=capsys)
    assert (code, told["reason"]) == (7, 91)


def test_a_person_reads_the_checks_in_order_and_what_would_change_the_answer(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    number = scene.denied.number.hex()
    assert run(["policy", "explain", "--trail", str(scene.trail), "--request", number]) == 7
    said = " ".join(capsys.readouterr().out.split())
    assert "No consent was cited; without one nothing is shared." in said
    assert "Asked by institution 2." in said
    assert said.index("the study is registered") < said.index("does not refuse") < said.index("purpose")
    assert "What would change the answer" in said


def test_without_a_number_the_requests_are_listed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = explained(scene, capsys=capsys)
    assert code == 0
    assert [each["reason"] for each in told["requests"]] == [0, 40]
    assert run(["policy", "explain", "--trail", str(scene.trail)]) == 0
    assert "0x" + scene.denied.number.hex()[:8] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--request", "zz"], "hexadecimal"),
        (["--request", "f" * 64], "no request whose number begins with 0x"),
        (["--study", "00"], "--requester"),
        (["--requester", "2"], "--study"),
        (["--request", "00", "--study", "00"], "either"),
        (["--study", "ff" * 32, "--requester", "2"], "no study whose number begins with 0x"),
        (["--network", "nowhere.json"], "exactly one"),
        (["--study", "0x", "--requester", "2"], "hexadecimal"),
    ],
)
def test_what_can_not_be_explained(
    scene: Scene, arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["policy", "explain", "--trail", str(scene.trail), *arguments]) == 3
    assert named in capsys.readouterr().err


def test_a_purpose_that_does_not_exist(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--study", scene.study.hex(), "--requester", "2", "--purpose", "HOLIDAY"]
    assert run(["policy", "explain", "--trail", str(scene.trail), *asked]) == 3
    assert "There is no purpose" in capsys.readouterr().err


def test_a_trail_that_was_tampered_with_is_refused(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = tmp_path / "trail.json"
    forged.write_text(scene.trail.read_text().replace('"reason": 40', '"reason": 0'))
    assert run(["policy", "explain", "--trail", str(forged)]) == 3
    assert "trail" in capsys.readouterr().err


def test_the_doctor_finds_nothing_missing_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert all(each["ok"] for each in told["findings"] if each["needed"])
    assert run(["doctor"]) == 0
    assert "Nothing is missing." in capsys.readouterr().out


def test_the_doctor_says_what_is_missing_and_how_to_mend_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pixelpact.doctor.computer.find_spec", lambda name: None if name == "eth_tester" else name
    )
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "eth_tester" in said
    assert "pip install 'pixelpact[embedded]'" in said


def test_the_doctor_does_not_pass_over_a_silent_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(members=1) as net:
        text = net.network.to_json().replace('"embedded"', '"http://127.0.0.1:9"', 2)
    path = tmp_path / "network.json"
    path.write_text(text)
    assert run(["doctor", "--network", str(path)]) == 10
    assert "✗" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["demo"], ["policy"], ["policy", "explain"], ["doctor"]])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Usage" in said
    if command and command != ["policy"]:
        assert "Example" in said
