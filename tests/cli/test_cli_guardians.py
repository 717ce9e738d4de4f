"""Guardians and recovery by hand: what each command says, and what it refuses in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_embedded import Desk

from pixelpact.localnet import Sandbox

ADDRESS = "0x" + "52" * 20
OTHER = "0x" + "53" * 20


def test_a_guardian_by_hand(desk: Desk) -> None:
    patient, guardian = desk.address("patient"), desk.guardian()
    desk.ok("patient", "consent", "relays", "--set", 2, "--set", 1)
    path = desk.new()
    appoint = ("guardian", "appoint", guardian, "--custodian", 1, "--power", "grant", "--output", path)
    # Nobody is there to say yes: nothing is signed, and the words were shown.
    told = desk.run("patient", *appoint)
    assert told.code == 3
    assert "may allow in your name" in told.out
    assert not path.exists()
    told = desk.run("patient", *appoint, "--yes")
    assert told.code == 0, told.err
    assert "Hand it to institution 2 or 1: to another if one does nothing." in told.out
    desk.ok("hospital-b", "consent", "record", path)
    (mine,) = desk.ok("patient", "guardian", "list", "--custodian", 1)["appointments"]
    (theirs,) = desk.ok("guardian", "guardian", "list")["appointments"]
    assert mine == theirs
    assert (mine["number"], mine["stands"], mine["powers"]) == (1, "acts", ["grant"])
    assert mine["patient"] == patient.lower()
    assert "acts" in desk.run("patient", "guardian", "list", "--custodian", 1).out

    ward = ("--for", patient, "--appointment", 1)
    sign = ("consent", "sign", *ward, "--custodian", 1, "--grantee", 2, "--purpose", "TREAT")
    path = desk.new()
    told = desk.run("guardian", *sign, "--output", path, "--yes")
    assert told.code == 0, told.err
    assert f"In the name of the patient {patient.lower()}" in told.out
    assert desk.ok("hospital-a", "consent", "record", path)["stands"] == "in force"
    (kept,) = desk.ok("guardian", "consent", "list")["consents"]
    # By its beginning, as the guardian keeps it; by its whole number, whoever gave it; by its document.
    desk.brought("guardian", "consent", "revoke", kept["consent"][:10], *ward)
    assert desk.ok("guardian", "consent", "list")["consents"][0]["stands"] == "withdrawn"
    of_patient = desk.consent()
    number = desk.ok("hospital-a", "consent", "record", of_patient)["recorded"]["consent"]
    desk.brought("guardian", "consent", "revoke", number, *ward)
    desk.brought("guardian", "consent", "revoke", desk.consent(), *ward)
    desk.brought("guardian", "consent", "revoke", "--all", *ward)
    refused = ("consent", "refuse", *ward, "--custodian", 1, "--purpose", "HMARKT")
    desk.brought("guardian", *refused)
    told = desk.run("guardian", *refused, "--output", desk.new(), "--yes")
    assert (told.code, "refused already" in told.err) == (3, True)

    desk.brought("patient", "guardian", "dismiss", 1, "--custodian", 1)
    desk.brought("patient", "guardian", "appoint", guardian, "--custodian", 1, "--only-there")
    desk.brought("guardian", "guardian", "resign", "--for", patient, "--appointment", 2)
    words = [each["stands"] for each in desk.ok("guardian", "guardian", "list")["appointments"]]
    assert words == ["dismissed", "dismissed"]
    desk.brought("patient", "consent", "end-paper", "--custodian", 2)


def test_a_guardian_whose_time_is_over_by_hand(desk: Desk) -> None:
    patient = desk.address("patient")
    appoint = ("guardian", "appoint", desk.guardian(), "--custodian", 1, "--days", 1, "--power", "GRANT")
    made = desk.ok("patient", *appoint, "--output", path := desk.new(), "--yes")["signed"]
    desk.ok("hospital-b", "consent", "record", path)
    # It is there already, whoever brings it again.
    desk.ok("hospital-a", "consent", "record", path)
    desk.wait(86_400)
    expired = ("--for", patient, "--appointment", made["number"])
    for command in (
        ("consent", "sign", *expired, "--custodian", 1, "--grantee", 2, "--purpose", "TREAT"),
        ("consent", "refuse", *expired, "--custodian", 1),
        ("consent", "revoke", "0x" + "11" * 32, *expired),
        ("consent", "revoke", "--all", *expired),
    ):
        told = desk.run("guardian", *command, "--output", path := desk.new(), "--yes")
        assert (told.code, "time is over" in told.err, path.exists()) == (3, True, False)


def test_a_lost_wallet_by_hand(desk: Desk) -> None:
    patient, candidate = desk.address("patient"), desk.address("new-wallet")
    shown = ("recovery", "show", "--for", patient)
    desk.brought("patient", "recovery", "name", desk.guardian(), "--custodian", 1)
    start = ("recovery", "start", candidate, "--for", patient)
    desk.brought("guardian", *start)
    state = desk.ok("company-c", *shown)
    assert (state["candidate"], state["attempts"]) == (candidate.lower(), 1)
    assert "is under way" in desk.run("patient", *shown).out
    desk.brought("patient", "recovery", "stop", "--custodian", 1)
    told = desk.run("hospital-b", "recovery", "finish", patient)
    assert (told.code, "present key stopped it" in told.err) == (3, True)

    number = json.loads(
        desk.run(
            "patient", "guardian", "appoint", desk.guardian(), "--custodian", 1, "--power", "RECOVER",
            "--output", path := desk.new(), "--yes", "--json",
        ).out
    )["signed"]["number"]  # fmt: skip
    desk.ok("hospital-a", "consent", "record", path)
    told = desk.run("guardian", *start, "--appointment", number, "--output", path := desk.new(), "--yes")
    assert (told.code, "pixelpact recovery vouch" in told.out) == (0, True)
    told = desk.run("hospital-a", "consent", "record", path)
    assert (told.code, "recovery vouch" in told.err) == (3, True)
    told = desk.run("hospital-b", "recovery", "vouch", path, "--study", desk.study)
    assert (told.code, "not one of this institution's" in told.err) == (3, True)
    told = desk.run("hospital-a", "recovery", "vouch", desk.consent(), "--study", desk.study)
    assert (told.code, "begins no recovery" in told.err) == (3, True)
    assert desk.ok("hospital-a", "recovery", "vouch", path, "--study", desk.study)["ready_at"]
    desk.wait()
    assert desk.ok("hospital-b", "recovery", "finish", patient)["key"] == candidate.lower()
    desk.ok("new-wallet", "recovery", "take", patient, "--custodian", 1)
    assert desk.address("new-wallet") == patient
    sign = ("consent", "sign", "--custodian", 1, "--grantee", 2, "--purpose", "TREAT")
    desk.brought("new-wallet", *sign)
    # The lost wallet signs what nobody takes any more.
    told = desk.run("hospital-a", "consent", "record", desk.signed("patient", *sign))
    assert (told.code, told.err.count("\n")) == (6, 1)


_BAD: list[tuple[str, tuple[object, ...], int, str]] = [
    ("patient", ("guardian", "appoint", "0x12", "--custodian", 1), 3, "not a guardian's address"),
    ("patient", ("guardian", "appoint", "0x" + "0" * 40, "--custodian", 1), 3, "not a guardian's address"),
    ("patient", ("guardian", "appoint", "0x52908400098527886E0F7030069857D2E4169Ee7", "--custodian", 1), 3,
     "mistyped"),
    ("patient", ("guardian", "appoint", ADDRESS, "--custodian", 0), 2, "custodian"),
    ("patient", ("guardian", "appoint", ADDRESS), 2, "--custodian"),
    ("patient", ("guardian", "appoint", ADDRESS, "--custodian", 1, "--power", "RULE"), 3, "GRANT, RECOVER"),
    ("patient", ("guardian", "appoint", ADDRESS, "--custodian", 1, "--days", 0), 3, "1 to 6575 days"),
    ("patient", ("guardian", "appoint", ADDRESS, "--custodian", 1, "--days", 6_576), 3, "1 to 6575 days"),
    ("hospital-a", ("guardian", "appoint", ADDRESS, "--custodian", 1), 3, "not a patient's"),
    ("patient", ("guardian", "dismiss", 0, "--custodian", 1), 2, "number"),
    ("patient", ("guardian", "dismiss", 99, "--custodian", 1), 3, "no appointment 99"),
    ("guardian", ("guardian", "resign", "--for", "me", "--appointment", 1), 3, "not a patient's address"),
    ("guardian", ("guardian", "resign", "--for", ADDRESS, "--appointment", 1), 3, "no appointment 1"),
    ("guardian", ("guardian", "resign", "--for", ADDRESS), 2, "--appointment"),
    ("guardian", ("consent", "revoke", "--all", "--for", ADDRESS), 3, "in whose name"),
    ("guardian", ("consent", "revoke", "--all", "--appointment", 1), 3, "in whose name"),
    ("guardian", ("consent", "revoke", "--all", "--for", ADDRESS, "--appointment", 1, "--custodian", 1), 3,
     "not clear what is withdrawn"),
    ("guardian", ("consent", "revoke", "--all", "--for", ADDRESS, "--appointment", 1), 3, "no appointment 1"),
    ("guardian", ("consent", "revoke", "0x12", "--for", ADDRESS, "--appointment", 1), 3, "no consent"),
    ("guardian", ("consent", "revoke", "--all", "--for", ADDRESS, "--appointment", 0), 2, "appointment"),
    ("guardian", ("consent", "refuse", "--custodian", 1, "--lift", "--for", ADDRESS, "--appointment", 1), 3,
     "only adds"),
    ("guardian", ("consent", "refuse", "--custodian", 1, "--for", ADDRESS, "--appointment", 1), 3,
     "no appointment 1"),
    ("guardian", ("consent", "sign", "--custodian", 1, "--grantee", 2, "--purpose", "TREAT", "--for", ADDRESS,
                  "--appointment", 1), 3, "no appointment 1"),
    ("patient", ("recovery", "name", "--custodian", 1), 3, "not clear who is named"),
    ("patient", ("recovery", "name", ADDRESS, "--nobody", "--custodian", 1), 3, "not clear who is named"),
    ("patient", ("recovery", "name", "x", "--custodian", 1), 3, "not an account's address"),
    ("patient", ("recovery", "stop", "--custodian", 2), 3, "is under way"),
    ("guardian", ("recovery", "start", "x", "--for", ADDRESS), 3, "not a new key's address"),
    ("guardian", ("recovery", "start", OTHER, "--for", "x"), 3, "not a patient's address"),
    ("guardian", ("recovery", "start", OTHER, "--for", ADDRESS), 3, "did not name this wallet"),
    ("guardian", ("recovery", "start", OTHER, "--for", ADDRESS, "--appointment", 1), 3, "no appointment 1"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "line", "code", "said"), _BAD, ids=[" ".join(map(str, e[1])) for e in _BAD])
def test_bad_input_is_one_sentence_and_nothing_is_signed(
    desk: Desk, who: str, line: tuple[object, ...], code: int, said: str
) -> None:
    path = desk.new()
    told = desk.run(who, *line, "--output", path, "--yes")
    assert told.code == code, told.err
    assert said in told.err.replace("\n", " ")
    assert "Traceback" not in told.err
    if code == 3:
        assert told.err.count("\n") <= 1 + told.err.startswith("About")
    assert not path.exists()


_BAD_ACTS: list[tuple[str, tuple[object, ...], int, str]] = [
    ("hospital-a", ("recovery", "finish", "x"), 3, "not a patient's address"),
    ("hospital-a", ("recovery", "finish", ADDRESS), 3, "none was begun"),
    ("patient", ("recovery", "finish", ADDRESS), 3, "not an institution's"),
    ("hospital-a", ("recovery", "vouch", "nowhere.json", "--study", "0x" + "11" * 32), 3, "no file"),
    ("hospital-a", ("recovery", "vouch", "nowhere.json", "--study", "0x11"), 3, "not a study's number"),
    ("hospital-a", ("recovery", "vouch", "nowhere.json"), 2, "--study"),
    ("hospital-a", ("recovery", "take", ADDRESS, "--custodian", 1), 3, "not a patient's"),
    ("new-wallet", ("recovery", "take", "x", "--custodian", 1), 3, "not a patient's address"),
    ("new-wallet", ("recovery", "take", ADDRESS, "--custodian", 1), 3, "does not sign for"),
    ("patient", ("recovery", "show", "--for", "x"), 3, "not a patient's address"),
    ("patient", ("recovery", "show"), 2, "--for"),
    ("patient", ("consent", "relays", "--set", 9), 3, "this network has 3"),
    ("patient", ("consent", "relays", "--set", 1, "--set", 1), 3, "named twice"),
    ("patient", ("consent", "relays", "--set", 1, "--none"), 3, "not clear"),
    ("patient", ("consent", "relays", "--set", 0), 2, "set"),
    ("hospital-a", ("consent", "relays", "--set", 1), 3, "not a patient's"),
    ("hospital-a", ("guardian", "list"), 3, "not a patient's"),
    ("hospital-a", ("guardian", "address"), 3, "not a patient's"),
]


@pytest.mark.parametrize(
    ("who", "line", "code", "said"), _BAD_ACTS, ids=[" ".join(map(str, e[1])) for e in _BAD_ACTS]
)
def test_bad_input_changes_nothing(
    desk: Desk, who: str, line: tuple[object, ...], code: int, said: str
) -> None:
    told = desk.run(who, *line)
    assert told.code == code, told.err
    assert said in told.err.replace("\n", " ")
    assert "Traceback" not in told.err


def _broken(text: str) -> dict[str, str]:
    """A document with each field wrong, missing or another's."""
    value = json.loads(text)
    found = {"cut short": text[:-20], "no JSON": "hello", "empty": "", "a list": "[]"}
    for name in value:
        without = {key: each for key, each in value.items() if key != name}
        found[f"without {name}"] = json.dumps(without)
    for name in value["content"]:
        without = {key: each for key, each in value["content"].items() if key != name}
        found[f"without content {name}"] = json.dumps({**value, "content": without})
        for wrong in (None, True, 2**70, "0x" + "77" * 20):
            if wrong != value["content"][name] or isinstance(wrong, bool):
                changed = {**value, "content": {**value["content"], name: wrong}}
                found[f"{name} {wrong!r}"] = json.dumps(changed)
    for name in value["network"]:
        changed = {**value["network"], name: 5 if name == "chain_id" else "0x" + "00" * 20}
        found[f"another {name}"] = json.dumps({**value, "network": changed})
    found["another signer"] = json.dumps({**value, "signer": "0x" + "77" * 20})
    found["another signature"] = json.dumps({**value, "signature": "0x" + "77" * 64 + "1b"})
    found["version 1"] = json.dumps({**value, "version": 1})
    found["another format"] = json.dumps({**value, "format": "pixelpact-consent"})
    return found


def test_documents_with_any_field_wrong_are_refused_before_the_chain_is_told(desk: Desk) -> None:
    path = desk.signed("guardian", "guardian", "appoint", ADDRESS, "--custodian", 3)
    head = desk.net.chain().head().number
    for what, text in _broken(path.read_text()).items():
        given = desk.new()
        given.write_text(text)
        told = desk.run("hospital-a", "consent", "record", given)
        assert told.code == 3, f"{what}: {told.err}"
        assert told.err.count("\n") == 1, what
    assert desk.net.chain().head().number == head


def test_documents_of_another_network_are_refused(desk: Desk, tmp_path: Path) -> None:
    with Sandbox(members=1) as elsewhere:
        elsewhere.network.save(tmp_path / "network.json")
        desk.ok(
            tmp_path / "other", "keys", "create", "--role", "patient", "--network", tmp_path / "network.json"
        )
        path = desk.signed(tmp_path / "other", "guardian", "appoint", ADDRESS, "--custodian", 1)
        told = desk.run("hospital-a", "consent", "record", path)
    assert (told.code, "another network" in told.err) == (3, True)
