"""What a hospital, a patient and an auditor do by hand; and every way in which it can be given wrongly."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cli_hand import Hand

from pixelpact.chain import Account, Network, eip712
from pixelpact.dicom import samples
from pixelpact.documents import (
    invitation_link,
    invitation_text,
    parse_invitation,
    parse_signed,
    sign_invitation,
    signed_text,
)
from pixelpact.documents.fields import read_message
from pixelpact.models import Directive, SignedDirective
from pixelpact.profile import ProfileFolder
from pixelpact.storage import KuboStore
from pixelpact.vault import KeyFile, Vault

# The order of secp256k1: s and order - s sign the same.
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def _nobody() -> str:
    raise AssertionError("no password is needed")


def test_from_consent_to_files_and_back_out_of_reach(hand: Hand) -> None:
    consent = hand.consent()
    assert hand.ok("hospital-a", "consent", "record", consent)["recorded"]["kind"] == "consent"
    invitation = hand.invitation("--consent", consent)
    asked = hand.ok("hospital-b", "access", "request", invitation, "--person", "dr-b")
    assert asked["permitted"]
    waiting = hand.ok("hospital-a", "access", "list")["waiting"]
    assert asked["request"] in [each["request"] for each in waiting]
    # The first digits are enough.
    released = hand.ok("hospital-a", "access", "release", asked["request"][:12], "--person", "archive")
    assert released["epoch"] == 1
    assert asked["request"] not in [
        each["request"] for each in hand.ok("hospital-a", "access", "list")["waiting"]
    ]
    output = hand.new("")
    assert hand.ok("hospital-b", "access", "fetch", asked["request"], "--output", output)["instances"] == 1
    assert [path.read_bytes() for path in output.rglob("*.dcm")] == [samples()[2].files[0].read_bytes()]
    hand.ok("hospital-b", "access", "confirm", asked["request"], "--person", "dr-b")
    told = hand.run("hospital-b", "access", "dispute", asked["request"], "--person", "dr-b")
    assert told.code == 3
    assert "nothing to dispute" in told.err
    withdrawal = hand.new()
    hand.ok("patient", "consent", "revoke", consent, "--output", withdrawal, "--yes")
    hand.ok("hospital-a", "consent", "record", withdrawal)
    rotated = hand.ok("hospital-a", "study", "rotate", hand.study, "--person", "archive")
    assert rotated["epoch"] == 2
    assert [each["request"] for each in rotated["denied"]] == [asked["request"]]
    again = hand.run("hospital-b", "access", "fetch", asked["request"], "--output", hand.new(""))
    assert again.code == 3
    assert "older sealing" in again.err
    assert "policy explain" in again.err
    report = hand.run(None, "audit", "report", "--network", hand.localnet.folder / "network.json", "--json")
    assert report.code == 0
    assert report.json["findings"] == []


def test_a_consent_is_shown_in_words_and_signed_only_after_a_yes(hand: Hand) -> None:
    output = hand.new()
    arguments = (
        "consent",
        "sign",
        "--custodian",
        1,
        "--grantee",
        2,
        "--purpose",
        "TREAT",
        "--output",
        output,
    )
    # Nobody is there to say yes: nothing is signed, nothing kept.
    before = hand.ok("patient", "consent", "list")
    told = hand.run("patient", *arguments)
    assert told.code == 3
    assert "give --yes" in told.err
    assert "whatever kinds of images they hold" in told.out
    assert "institution 2 and nobody else" in told.out
    assert "treatment (TREAT)" in told.out
    assert not output.exists()
    assert hand.ok("patient", "consent", "list") == before


def test_the_same_consent_twice_and_a_withdrawal_before_its_consent(hand: Hand) -> None:
    consent, withdrawal = hand.consent(), hand.new()
    hand.ok("patient", "consent", "revoke", consent, "--output", withdrawal, "--yes")
    hand.ok("hospital-a", "consent", "record", withdrawal)
    hand.ok("hospital-b", "consent", "record", withdrawal)
    told = hand.run("hospital-a", "consent", "record", consent)
    assert told.code == 6
    assert "withdr" in told.err
    kept = hand.consent()
    for name in ("hospital-a", "hospital-a", "hospital-b"):
        hand.ok(name, "consent", "record", kept)
    standing = {each["consent"]: each["stands"] for each in hand.ok("patient", "consent", "list")["consents"]}
    numbers = [hand_number(path) for path in (consent, kept)]
    assert [standing[number] for number in numbers] == ["withdrawn", "in force"]


def hand_number(path: Path) -> str:
    """A signed consent's number, computed from its document alone."""
    return "0x" + eip712.struct_hash(read_message(Directive, json.loads(path.read_text())["content"])).hex()


def test_a_consent_for_another_study_is_not_cited(hand: Hand) -> None:
    consent = hand.consent("--study", "0x" + "ab" * 32)
    hand.ok("hospital-a", "consent", "record", consent)
    told = hand.run(
        "hospital-a", "invite", "create", hand.study, "--output", hand.new(), "--consent", consent
    )
    assert told.code == 3
    assert "another study" in told.err


def test_a_refusal_denies_and_is_lifted(hand: Hand) -> None:
    consent = hand.consent(grantee=3)
    hand.ok("hospital-a", "consent", "record", consent)
    invitation = hand.invitation("--consent", consent)
    refusal, lifted = hand.new(), hand.new()
    common = ("consent", "refuse", "--custodian", 1, "--grantee", 3, "--yes")
    hand.ok("patient", *common, "--output", refusal)
    hand.ok("hospital-a", "consent", "record", refusal)
    told = hand.run("company-c", "access", "request", invitation, "--person", "dr-c")
    assert told.code == 7
    assert "refuse" in told.out
    hand.ok("patient", *common, "--lift", "--output", lifted)
    hand.ok("hospital-a", "consent", "record", lifted)
    asked = hand.ok("company-c", "access", "request", invitation, "--person", "dr-c")
    # C has no encryption key yet: nothing can be released, and it is said what is missing.
    told = hand.run("hospital-a", "access", "release", asked["request"], "--person", "archive")
    assert told.code == 3
    assert "no encryption key" in told.err
    hand.ok(
        "hospital-a", "access", "refuse", asked["request"], "--reason", "legal-hold", "--person", "archive"
    )
    told = hand.run("hospital-a", "access", "release", asked["request"], "--person", "archive")
    assert told.code == 7


def test_everything_is_withdrawn_at_once(hand: Hand) -> None:
    consent, withdrawal = hand.consent(), hand.new()
    hand.ok("hospital-a", "consent", "record", consent)
    hand.ok("patient", "consent", "revoke", "--all", "--custodian", 1, "--output", withdrawal, "--yes")
    hand.ok("hospital-b", "consent", "record", withdrawal)
    standing = {each["consent"]: each["stands"] for each in hand.ok("patient", "consent", "list")["consents"]}
    assert standing[hand_number(consent)] == "past"


def test_an_invitation_by_the_patient_as_a_link_and_as_a_picture(hand: Hand) -> None:
    for picture, begins in ((hand.new(".svg"), b"<?xml"), (hand.new(".png"), b"\x89PNG")):
        made = hand.ok("patient", "invite", "create", hand.study, "--output", hand.new(), "--qr", picture)
        assert picture.read_bytes().startswith(begins)
        shown = hand.ok(None, "invite", "show", made["link"])
        assert shown["invitation"]["study"] == hand.study
    told = hand.run("hospital-b", "access", "request", made["link"], "--person", "dr-b")
    assert told.code == 7


@pytest.mark.parametrize("field", ["study", "custodian", "categories", "expiry", "chain_id", "genesis"])
def test_a_tampered_invitation_is_refused(hand: Hand, field: str) -> None:
    document = json.loads(hand.invitation("--consent", hand.consent()).read_text())
    value = document["invitation"][field]
    document["invitation"][field] = value + 1 if isinstance(value, int) else "0x" + "ab" * 32
    tampered = hand.new()
    tampered.write_text(json.dumps(document))
    for told in (
        hand.run(None, "invite", "show", tampered),
        hand.run("hospital-b", "access", "request", tampered, "--person", "dr-b"),
    ):
        assert told.code == 3
        assert "changed after it was signed" in told.err


def test_a_stranger_s_expired_or_cut_invitation_is_refused(hand: Hand) -> None:
    signed = parse_invitation(hand.invitation().read_text())
    stranger = sign_invitation(Account.generate(), signed.invitation)
    admin = hand.localnet.institutions[0].account
    late = sign_invitation(admin, replace(signed.invitation, expiry=1))
    other = sign_invitation(admin, replace(signed.invitation, categories=1))
    for wrong, why in (
        (stranger, "not from the study's"),
        (late, "expired"),
        (other, "not from the study's"),
    ):
        path = hand.new()
        path.write_text(invitation_text(wrong))
        told = hand.run("hospital-b", "access", "request", path, "--person", "dr-b")
        assert (told.code, why in told.err) == (3, True), told.err
    link = invitation_link(signed)
    for cut in (link[:-10], link + "AAAA", "pixelpact:invitation:", "pixelpact:invitation:é"):
        assert hand.run(None, "invite", "show", cut).code == 3


def _changed(hand: Hand, consent: Path, kind: str) -> str:
    network = hand.localnet.network
    signed = parse_signed(consent.read_text(), network)
    assert isinstance(signed, SignedDirective)
    stranger = Account.generate()
    r, s, v = signed.signature[:32], int.from_bytes(signed.signature[32:64], "big"), signed.signature[64]
    elsewhere = Network(
        network.name,
        77,
        network.genesis,
        network.finality_depth,
        network.clock,
        network.rpc,
        network.contracts,
    )
    swapped = network.with_contracts(
        {
            **network.contracts,
            "ConsentRegistry": network.address("AccessLedger"),
            "AccessLedger": network.address("ConsentRegistry"),
        }
    )
    digest = stranger.sign_message(
        eip712._encoded(signed.directive, eip712._domain(network, signed.directive))
    )
    of = {
        "another key": (digest, network),
        "high s": (r + (_ORDER - s).to_bytes(32, "big") + bytes([55 - v]), network),
        "another chain": (signed.signature, elsewhere),
        "another contract": (signed.signature, swapped),
        "no signature": (bytes(65), network),
    }
    signature, on = of[kind]
    return signed_text(replace(signed, signature=signature), on)


@pytest.mark.parametrize(
    "kind", ["another key", "high s", "another chain", "another contract", "no signature"]
)
def test_a_signature_that_is_not_the_patients_is_refused(hand: Hand, kind: str) -> None:
    wrong = hand.new()
    wrong.write_text(_changed(hand, hand.consent(), kind))
    told = hand.run("hospital-a", "consent", "record", wrong)
    assert told.code == 3
    assert ("another network" if kind.startswith("another c") else "not the signer's") in told.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("study", "seal", "scans", "--patient", "0x12"), "not a patient's address"),
        (("study", "seal", "scans", "--patient", "0x" + "5aAe" * 10), "mistyped"),
        (("study", "register", "xyz"), "not a study's number"),
        (("study", "rotate", "0x12", "--person", " "), "who acts"),
        (("consent", "record", "nowhere.json"), "no file of this name"),
        (("access", "request", "nowhere.json", "--person", "x"), "no file of this name"),
        (("access", "release", "0x" + "1" * 65, "--person", "x"), "not a request's number"),
        (("access", "refuse", "0x1", "--reason", "none", "--person", "x"), "no reason"),
        (("access", "fetch", "", "--output", "x"), "empty"),
        (("invite", "create", "0x1", "--output", "x", "--days", "0"), "no term"),
        (("invite", "create", "0x1", "--output", "x", "--qr", "x.gif"), "not written as .gif"),
        (("consent", "sign", "--custodian", "1", "--grantee", "me", "--purpose", "TREAT"), "nobody who may"),
        (("consent", "sign", "--custodian", "1", "--grantee", "2", "--purpose", "FUN"), "no purpose"),
        (
            ("consent", "sign", "--custodian", "1", "--grantee", "2", "--purpose", "TREAT", "--days", "4000"),
            "no term",
        ),
        (
            (
                "consent",
                "sign",
                "--custodian",
                "1",
                "--grantee",
                "2",
                "--purpose",
                "TREAT",
                "--condition",
                "TS=x",
            ),
            "no value for the condition",
        ),
        (("consent", "revoke"), "not clear what is withdrawn"),
        (("consent", "revoke", "0x1", "--all"), "not clear what is withdrawn"),
        (
            ("consent", "refuse", "--custodian", "1", "--lift", "--purpose", "TREAT"),
            "not clear what is refused",
        ),
    ],
)
def test_input_is_judged_before_the_profile(tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    hand = Hand(tmp_path, None)  # type: ignore[arg-type]
    if arguments[0] == "consent" and arguments[1] != "record":
        arguments = (*arguments, "--output", "x")
    told = hand.run("no-such-profile", *arguments)
    assert told.code in (2, 3)
    assert why in told.err, told.err
    assert not list(tmp_path.iterdir())


def test_profiles_that_are_none_or_of_the_other_kind(hand: Hand) -> None:
    for name, why in (("nobody", "no profile in"), ("patient", "is not an institution's")):
        told = hand.run(name, "study", "list")
        assert (told.code, why in told.err) == (3, True), told.err
    told = hand.run("hospital-a", "keys", "words")
    assert (told.code, "is not a patient's" in told.err) == (3, True)


def test_a_profile_is_made_whole_or_not_at_all(hand: Hand) -> None:
    net = hand.localnet.folder
    before = set(hand.folder.iterdir())
    key = hand.folder / "stranger.key"
    key.write_text(Account.generate().reveal_key().hex())
    key.chmod(0o600)
    network = net / "network.json"
    store = ("--store", hand.folder / "blocks")
    for arguments, code, why in (
        (("--localnet", net), 3, "several institutions"),
        (("--localnet", net, "--institution", 9), 3, "has no institution 9"),
        (("--network", network, "--account", key, *store), 3, "acts for nobody"),
        (("--network", network, "--account", key), 3, "says where blocks go"),
        (("--network", network), 3, "needs a network and an account"),
        (("--localnet", net, "--institution", 1, "--unlock", "magic"), 3, "no way to open a vault"),
        (("--localnet", net, "--institution", 1, "--unlock", "password"), 3, "nobody is there to type"),
        (("--role", "king"), 3, "no role"),
        (("--role", "patient"), 3, "which network"),
        (("--role", "patient", "--words", "--localnet", net), 3, "not a wallet"),
    ):
        told = hand.run("fresh", "keys", "create", *arguments)
        assert (told.code, why in told.err) == (code, True), (arguments, told.err)
    told = hand.run("hospital-a", "keys", "create", "--localnet", net, "--institution", 1)
    assert (told.code, "already" in told.err) == (3, True)
    key.chmod(0o644)
    told = hand.run("fresh", "keys", "create", "--network", network, "--account", key, *store)
    assert (told.code, "read by others" in told.err) == (3, True)
    assert set(hand.folder.iterdir()) - before == {key}


def test_a_wrong_password_opens_nothing(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELPACT_PASSWORD", "correct horse")
    hand.ok(
        "hospital-c", "keys", "create", "--localnet", hand.localnet.folder, "--institution", 3,
        "--unlock", "password",
    )  # fmt: skip
    assert hand.ok("hospital-c", "study", "list") == {"studies": []}
    monkeypatch.setenv("PIXELPACT_PASSWORD", "wrong horse")
    told = hand.run("hospital-c", "study", "list")
    assert told.code == 9
    assert "does not open" in told.err
    assert "horse" not in told.err + told.out


def test_two_at_once_on_one_vault_are_refused(hand: Hand) -> None:
    with Vault.open(hand.folder / "hospital-b" / "vault", KeyFile(hand.folder / "hospital-b.key")):
        told = hand.run("hospital-b", "access", "list")
    assert told.code == 9
    assert "in use" in told.err
    assert hand.run("hospital-b", "access", "list").code == 0


def test_a_node_that_does_not_answer_is_no_denial(hand: Hand) -> None:
    description = hand.folder / "hospital-b" / "network.json"
    text = description.read_text()
    invitation = hand.invitation()
    try:
        description.write_text(text.replace(hand.localnet.network.rpc, "http://127.0.0.1:9"))
        told = hand.run("hospital-b", "access", "request", invitation, "--person", "dr-b", "--json")
    finally:
        description.write_text(text)
    assert told.code == 6
    assert json.loads(told.out)["error"]["exit_code"] == 6


def test_all_profiles_of_an_institution_meet_where_their_kubo_node_is(hand: Hand) -> None:
    hand.ok("archive-a", "keys", "create", "--localnet", hand.localnet.folder, "--institution", 1)
    work = hand.localnet.institutions[0].folder / "work"
    for name in ("hospital-a", "archive-a"):
        hand.ok(name, "study", "list")
        with ProfileFolder.load(Path(hand.profile(name))).open(_nobody) as opened:
            assert isinstance(opened.store, KuboStore)
            with opened.store.protect():
                assert list((work / "sessions").iterdir())
        assert not (Path(hand.profile(name)) / "work").exists()


@pytest.mark.parametrize("forced", ["", "1"])
def test_what_is_piped_is_neither_folded_nor_cut(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, forced: str
) -> None:
    consent = hand.consent()
    hand.ok("hospital-a", "consent", "record", consent)
    asked = hand.ok("hospital-b", "access", "request", hand.invitation("--consent", consent), "--person", "b")
    monkeypatch.setenv("FORCE_COLOR" if forced else "COLUMNS", "1" if forced else "30")
    given, wanted = parse_signed(consent.read_text(), hand.localnet.network).number.hex(), asked["request"]
    explain = ("policy", "explain", "--network", hand.localnet.folder / "network.json")
    for name, arguments, row in (
        ("hospital-a", ("access", "list"), rf"{wanted[:18]} +institution 2 +{hand.study[:18]} +\w+.*"),
        ("hospital-b", ("access", "list"), rf"{wanted[:18]} +{hand.study[:18]} +permitted"),
        ("patient", ("consent", "list"), rf"0x{given[:16]} +.*institution 2.*"),
        (None, explain, rf"{wanted[:10]} .*{hand.study[:10]} +0x{given[:8]} +Permitted\."),
    ):
        told = hand.run(name, *arguments)
        assert (told.code, "\N{HORIZONTAL ELLIPSIS}" in told.out) == (0, False), told.out
        lines = [re.sub("\x1b[^m]*m", "", line).strip() for line in told.out.splitlines()]
        assert [line for line in lines if re.fullmatch(row, line)], lines


def test_nothing_is_written_over_what_is_there(hand: Hand) -> None:
    taken = hand.new()
    taken.write_text("mine")
    consent = hand.consent()
    for name, arguments in (
        ("patient", ("consent", "revoke", consent, "--output", taken, "--yes")),
        ("hospital-a", ("invite", "create", hand.study, "--output", taken)),
        (None, ("audit", "report", "--network", hand.localnet.folder / "network.json", "--save", taken)),
    ):
        told = hand.run(name, *arguments)
        assert (told.code, "already" in told.err) == (3, True), told.err
    assert taken.read_text() == "mine"


def test_the_doctor_looks_at_a_whole_profile(hand: Hand) -> None:
    found = hand.ok("hospital-a", "doctor")
    assert found["ok"]
    subjects = {each["subject"] for each in found["findings"]}
    assert {"profile", "node", "clock", "finality", "Kubo", "vault", "unfinished work"} <= subjects
    assert any(hand.localnet.institutions[0].ipfs in each["sentence"] for each in found["findings"])
    told = hand.run("nobody", "doctor", "--json")
    assert told.code == 10
    (bad,) = [each for each in told.json["findings"] if each["needed"] and not each["ok"]]
    assert bad["subject"] == "profile"
    assert "keys create" in bad["remedy"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("consent", "refuse", "--custodian", 1, "--grantee", 99_999_999_999, "--output", "x"),
        ("consent", "sign", "--custodian", 2**33, "--grantee", 2, "--purpose", "TREAT", "--output", "x"),
        ("consent", "sign", "--custodian", 1, "--grantee", "9" * 5000, "--purpose", "TREAT", "--output", "x"),
        ("consent", "revoke", "a" * 300, "--output", "x"),
        ("access", "release", "0x1", "--person", "\udcff"),
        ("invite", "create", "0x1", "--output", "x.svg", "--qr", "x.svg"),
        ("keys", "create", "--network", "x", "--account", "x", "--kubo", "http://["),
    ],
)
def test_no_input_is_a_fault_of_our_own(tmp_path: Path, arguments: tuple[object, ...]) -> None:
    hand = Hand(tmp_path, None)  # type: ignore[arg-type]
    assert hand.run("no-such-profile", *arguments).code in (2, 3)
    assert not list(tmp_path.iterdir())


def test_what_permits_nothing_is_said_to_permit_nothing(hand: Hand) -> None:
    consent, withdrawal = hand.consent(), hand.new()
    hand.ok("hospital-a", "consent", "record", consent)
    hand.ok("patient", "consent", "revoke", consent, "--output", withdrawal, "--yes")
    hand.ok("hospital-a", "consent", "record", withdrawal)
    told = hand.run("hospital-a", "consent", "record", consent)
    assert told.code == 0
    assert "permits nothing now: it is withdrawn" in told.out
