"""Paper, phone, batches and emergencies by hand: what each refuses, in one sentence, with nothing done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_embedded import Desk, open_desk

ADDRESS = "0x" + "52" * 20


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("paper")
    (folder / "net").mkdir()
    with open_desk(folder, wallets=("patient",)) as made:
        made.ok("hospital-b", "keys", "publish")
        made.second("second")
        made.second("second-b", institution=2)
        (folder / "scan.pdf").write_bytes(b"%PDF a form")
        (folder / "empty").touch()
        (folder / "why.txt").write_text("Unconscious after a fall.")
        yield made


def _count(desk: Desk) -> int:
    assert desk.net is not None
    return sum(1 for _ in desk.net.chain().events(last=desk.net.chain().head().number))


def _paper(desk: Desk, *more: object) -> tuple[object, ...]:
    form = ("--form", desk.folder / "scan.pdf")
    terms = ("--patient", desk.address("patient"), "--grantee", 2, "--purpose", "TREAT")
    return ("paper", "draft", *terms, *form, *more)


def _drafted(desk: Desk) -> tuple[Path, Path]:
    draft, attested, form = desk.new(), desk.new(), ("--form", desk.folder / "scan.pdf")
    desk.ok("hospital-a", *_paper(desk), "--output", draft)
    desk.ok("second", "paper", "attest", draft, *form, "--output", attested, "--yes")
    return draft, attested


def _emergency(desk: Desk) -> tuple[Path, Path]:
    draft, attested = desk.new(), desk.new()
    why = ("--justification", desk.folder / "why.txt", "--person", "dr-b")
    desk.ok("hospital-b", "access", "emergency", "draft", desk.study, *why, "--output", draft)
    desk.ok(
        "second-b", "access", "emergency", "attest", draft, "--output", attested, "--yes", "--person", "c"
    )
    return draft, attested


def test_an_attestation_that_was_cut_off_is_finished_as_it_began(desk: Desk) -> None:
    """What is signed depends on the time: an attestation that is there already keeps its end."""
    draft, attested = _emergency(desk)
    before = attested.read_bytes()
    again = ("access", "emergency", "attest", draft, "--output", attested, "--yes", "--person", "c")
    desk.wait(600)
    desk.ok("second-b", *again)
    assert attested.read_bytes() == before
    desk.wait(1_800)
    said = desk.run("second-b", *again)
    assert (said.code, "What was attested is over" in said.err) == (3, True), said.err
    assert attested.read_bytes() == before


_BAD_DRAFTS = {
    "patient": (("--patient", "0x12"), "address"),
    "grantee": (("--grantee", "nobody"), "nobody who may"),
    "purpose": (("--purpose", "CURIOSITY"), "no purpose"),
    "category": (("--category", "SMELLS"), "no kind of image"),
    "study": (("--study", "0x12"), "study's number"),
    "another's study": (("--study", "0x" + "12" * 32), "not one of this patient's here"),
    "days": (("--days", 0), "no term"),
    "too many days": (("--days", 366), "at most a year"),
    "permission": (("--permission", "ALL"), "no permission"),
    "condition": (("--condition", "GS=1"), "does not name a country"),
    "form missing": (("--form", "nowhere.pdf"), "can't be read"),
}


@pytest.mark.parametrize("field", _BAD_DRAFTS)
def test_a_draft_with_one_field_wrong(desk: Desk, field: str) -> None:
    wrong, told = _BAD_DRAFTS[field]
    output = desk.new()
    said = desk.run("hospital-a", *_paper(desk), "--output", output, *wrong)
    assert (said.code, told in said.err) == (3, True), said.err
    assert not output.exists()


def test_a_form_that_is_empty_or_another_one(desk: Desk) -> None:
    draft, _ = _drafted(desk)
    said = desk.run("hospital-a", *_paper(desk), "--form", desk.folder / "empty", "--output", desk.new())
    assert (said.code, "it is empty" in said.err) == (3, True)
    output = desk.new()
    said = desk.run(
        "second", "paper", "attest", draft, "--form", desk.folder / "why.txt", "--output", output, "--yes"
    )
    assert (said.code, "not the form" in said.err) == (3, True)
    assert not output.exists()


def test_nothing_is_attested_without_a_yes(desk: Desk) -> None:
    draft, _ = _drafted(desk)
    output = desk.new()
    said = desk.run(
        "second", "paper", "attest", draft, "--form", desk.folder / "scan.pdf", "--output", output
    )
    assert (said.code, "A yes is needed" in said.err) == (3, True)
    assert "allows on paper" in said.out
    assert not output.exists()


def test_what_is_recorded_is_what_was_attested_by_two(desk: Desk) -> None:
    draft, attested = _drafted(desk)
    other, _ = _drafted(desk)
    form, own = ("--form", desk.folder / "scan.pdf"), desk.new()
    desk.ok("hospital-a", "paper", "attest", draft, *form, "--output", own, "--yes")
    before = _count(desk)
    for name, paths, told in (
        ("hospital-a", (other, attested), "not of this draft"),
        ("hospital-a", (draft, own), "One operator can't be both"),
        ("hospital-b", (draft, attested), "another institution's"),
        ("hospital-a", (attested, attested), "no draft"),
        ("hospital-a", (draft, draft), "nothing that a second person attests"),
        ("hospital-a", (desk.folder / "nowhere", attested), "can't be read"),
    ):
        said = desk.run(name, "paper", "record", *paths)
        assert (said.code, told in said.err) == (3, True), said.err
    for key, value in (("chain_id", 1), ("genesis", "0x" + "00" * 32), ("contract", ADDRESS)):
        changed = json.loads(draft.read_text())
        changed["network"][key] = value
        path = desk.new()
        path.write_text(json.dumps(changed))
        said = desk.run("hospital-a", "paper", "record", path, attested)
        assert (said.code, "another network" in said.err) == (3, True)
    assert _count(desk) == before
    number = desk.ok("hospital-a", "paper", "record", draft, attested)["consent"]
    shown = desk.ok("hospital-a", "consent", "show", number[:12])
    assert shown["given"] == "on paper"
    assert shown["stands"] in ("not yet", "in force")
    invitation = desk.invitation("--consent", number)
    assert json.loads(invitation.read_text())["invitation"]["directive"] is not None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("refusal", "--patient", ADDRESS, "--means", "rumour", "--form", "scan.pdf"), "no way to say it"),
        (("refusal", "--patient", "alice", "--means", "phone", "--form", "scan.pdf"), "address"),
        (("refusal", "--patient", ADDRESS, "--means", "phone", "--form", "empty"), "it is empty"),
        (("refusal", "--patient", ADDRESS, "--means", "phone", "--form", "scan.pdf", "--purpose", "X"),
         "purpose"),
        (("refusal", "--patient", ADDRESS, "--means", "phone", "--form", "scan.pdf", "--study", "0x1"),
         "study"),
        (("revocation", "0xabcd", "--means", "phone", "--form", "scan.pdf"), "no consent"),
        (("revocation", "nowhere.json", "--means", "phone", "--form", "scan.pdf"), "can't be read"),
        (("lift", "--patient", ADDRESS, "--form", "scan.pdf", "--output", "l"), "nothing to lift"),
        (
            ("guardian", "--patient", ADDRESS, "--guardian", "0x1", "--form", "scan.pdf", "--output", "g"),
            "guardian's address",
        ),
        (
            ("guardian", "--patient", ADDRESS, "--guardian", ADDRESS, "--form", "scan.pdf", "--output", "g",
             "--days", "7000"),
            "7000 days",
        ),
    ],
)  # fmt: skip
def test_what_is_taken_or_drafted_with_one_field_wrong(
    desk: Desk, arguments: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    before = _count(desk)
    said = desk.run("hospital-a", "paper", *arguments)
    assert (said.code, told in said.err) == (3, True), said.err
    assert _count(desk) == before
    assert not (desk.folder / "l").exists()
    assert not (desk.folder / "g").exists()


def test_a_study_of_another_patient_refuses_nothing(desk: Desk) -> None:
    form = ("--means", "phone", "--form", desk.folder / "scan.pdf")
    said = desk.run("hospital-a", "paper", "refusal", "--patient", ADDRESS, "--study", desk.study, *form)
    assert (said.code, "is not one of the patient" in said.err) == (6, True), said.err


def test_one_bad_file_of_a_batch_is_named_and_the_rest_untouched(desk: Desk) -> None:
    folder = desk.new("")
    said = desk.run("hospital-a", "batch", "anchor", folder)
    assert (said.code, "no folder" in said.err) == (3, True)
    folder.mkdir()
    said = desk.run("hospital-a", "batch", "anchor", folder)
    assert (said.code, "is empty" in said.err) == (3, True)
    for name in ("a.json", "c.json"):
        shutil.copy(desk.consent(), folder / name)
    withdrawn, withdrawal = desk.consent(), desk.new()
    desk.ok("patient", "consent", "revoke", withdrawn, "--output", withdrawal, "--yes")
    desk.ok("hospital-a", "consent", "record", withdrawal)
    elsewhere = json.loads((folder / "a.json").read_text())
    elsewhere["network"]["chain_id"] = 1
    forged = json.loads((folder / "a.json").read_text())
    forged["content"]["grantee"] = 3
    before = _count(desk)
    for text, told in (
        (withdrawn.read_text(), "it is withdrawn"),
        (withdrawal.read_text(), "it is no consent"),
        ("{}", "not a document"),
        (json.dumps(elsewhere), "another network"),
        (json.dumps(forged), "signature"),
        ((folder / "a.json").read_text(), "the same consent as a.json"),
    ):
        (folder / "b.json").write_text(text)
        said = desk.run("hospital-a", "batch", "anchor", folder)
        assert (said.code, "b.json can't stand in a batch; nothing was anchored" in said.err) == (3, True)
        assert told in said.err, said.err
    assert _count(desk) == before
    assert desk.ok("hospital-a", "batch", "show")["batches"] == []

    (folder / "b.json").unlink()
    made = desk.ok("hospital-a", "batch", "anchor", folder)
    # Again, nothing is sent.
    assert desk.ok("hospital-a", "batch", "anchor", folder) == made
    assert _count(desk) == before + 1
    shown = desk.ok("hospital-a", "batch", "show", made["root"][:10])
    assert [each["stands"] for each in shown["consents"]] == ["in force", "in force"]
    number = made["consents"]["a.json"]
    (listed,) = [
        each for each in desk.ok("hospital-a", "consent", "list")["consents"] if each["consent"] == number
    ]
    assert (listed["given"], listed["stands"], listed["batch"]) == (
        "signed, in a batch",
        "in force",
        made["root"],
    )
    shown = desk.run(None, "invite", "show", desk.invitation("--consent", number))
    assert f"in the batch {made['root']}" in shown.out
    proof, invitation = desk.new(), desk.new()
    desk.ok("hospital-a", "batch", "prove", number, "--output", proof)
    desk.ok("patient", "invite", "create", desk.study, "--batched", proof, "--output", invitation)
    asked = desk.ok("hospital-b", "access", "request", invitation, "--person", "dr-b")
    assert asked["permitted"]
    both = ("--batched", proof, "--consent", number, "--output", desk.new())
    assert desk.run("patient", "invite", "create", desk.study, *both).code == 3
    for arguments in (("show", "xyz"), ("show", "0xffff"), ("prove", "0xffff", "--output", desk.new())):
        assert desk.run("hospital-a", "batch", *arguments).code == 3


def test_an_emergency_with_one_field_wrong(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    draft, attested = _emergency(desk)
    before = _count(desk)
    first = ("access", "emergency")
    why, who = ("--justification", "why.txt"), ("--person", "dr-b")
    for name, arguments, told in (
        ("hospital-b", ("draft", "0x12", *why, *who, "--output", "e"), "can't be read"),
        ("hospital-b", ("draft", "0x" + "12" * 32, *why, *who, "--output", "e"), "no study"),
        ("hospital-b", ("draft", desk.study, "--justification", "empty", *who, "--output", "e"), "empty"),
        (
            "hospital-b",
            ("draft", desk.study, "--justification", "no", *who, "--output", "e"),
            "can't be read",
        ),
        ("hospital-b", ("draft", desk.study, *why, "--person", " ", "--output", "e"), "who acts"),
        ("second-b", ("attest", attested, *who, "--output", "e", "--yes"), "no pixelpact-emergency-draft"),
        ("second-b", ("attest", draft, *who, "--output", "e"), "A yes is needed"),
        ("hospital-a", ("attest", draft, *who, "--output", "e", "--yes"), "another institution's"),
        ("hospital-b", ("attest", draft, *who, "--output", "e", "--yes"), "can't be both"),
        ("hospital-b", ("ask", draft, draft, *who), "nothing that a second person attests"),
        ("hospital-b", ("ask", draft, attested, "--person", "dr-x"), "another person's"),
        ("second-b", ("ask", draft, attested, *who), "another person's"),
    ):
        said = desk.run(name, *first, *arguments)
        assert (said.code, told in said.err) == (3, True), (arguments, said.err)
        assert not (desk.folder / "e").exists()
    assert _count(desk) == before


def test_a_review_with_one_field_wrong(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    draft, attested = _emergency(desk)
    request = desk.ok("hospital-b", "access", "emergency", "ask", draft, attested, "--person", "dr-b")[
        "request"
    ]
    other, _ = _emergency(desk)
    before, who, report = _count(desk), ("--person", "privacy"), ("--report", "why.txt")
    good = ("--verdict", "justified")
    for arguments, code, told in (
        ((request, "--verdict", "maybe", *report, *who), 3, "no verdict"),
        ((request, "--verdict", "none", *report, *who), 3, "no verdict"),
        ((request, *good, "--report", "empty", *who), 3, "empty"),
        ((request, *good, *report, "--person", " "), 3, "who acts"),
        (("xyz", *good, *report, *who), 3, "hexadecimal"),
        (("0x" + "12" * 32, *good, *report, *who), 3, "no emergency"),
        ((request, *good, *report, *who, "--draft", other), 3, "not of this emergency"),
        ((request, *good, *report, *who, "--draft", attested), 3, "no pixelpact-emergency-draft"),
    ):
        said = desk.run("hospital-a", "access", "review", *arguments)
        assert (said.code, told in said.err) == (code, True), (arguments, said.err)
    said = desk.run("hospital-b", "access", "review", request, *good, *report, *who)
    assert (said.code, "may not review" in said.err) == (6, True), said.err
    assert _count(desk) == before
    assert desk.ok("hospital-a", "access", "review", request[:12], *good, *report, *who)["late"] is False
