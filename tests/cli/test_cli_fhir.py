"""A consent goes out as a FHIR Consent and comes back; what can't is refused, and nothing is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli_hand import Hand

from pixelpact.chain import Network
from pixelpact.documents import parse_signed
from pixelpact.fhir import Release, consent_text
from pixelpact.models import SignedDirective


def exported(hand: Hand, consent: Path, release: Release = Release.R5) -> Path:
    path = hand.new()
    hand.ok("patient", "consent", "export", consent, "--fhir", release, "--output", path)
    return path


def network(hand: Hand) -> Network:
    return Network.load(hand.localnet.folder / "network.json")


def changed(hand: Hand, path: Path, **more: Any) -> Path:
    value, new = json.loads(path.read_text()), hand.new()
    new.write_text(json.dumps(value | more))
    return new


def draft(hand: Hand, consent: Path) -> Path:
    """What a hospital's system may draw up for the patient to sign."""
    signed = parse_signed(consent.read_text(), network(hand))
    assert isinstance(signed, SignedDirective)
    path = hand.new()
    path.write_text(consent_text(signed.directive, network(hand), Release.R5))
    return path


def test_it_comes_back_as_the_same_document(hand: Hand) -> None:
    consent = hand.consent()
    for release in Release:
        back, fhir = hand.new(), exported(hand, consent, release)
        assert json.loads(fhir.read_text())["status"] == "draft"
        hand.ok("hospital-b", "consent", "import", fhir, "--fhir", release.lower(), "--output", back)
        assert back.read_text() == consent.read_text()
    hand.ok("hospital-a", "consent", "record", back)


def test_its_status_is_that_on_the_chain(hand: Hand) -> None:
    consent, withdrawal = hand.consent(), hand.new()
    hand.ok("hospital-a", "consent", "record", consent)
    assert json.loads(exported(hand, consent).read_text())["status"] == "active"
    hand.ok("patient", "consent", "revoke", consent, "--output", withdrawal, "--yes")
    hand.ok("hospital-a", "consent", "record", withdrawal)
    path, output = hand.new(), hand.new()
    said = hand.ok("hospital-a", "consent", "export", consent, "--fhir", "R5", "--output", path)
    assert said["status"] == "inactive"
    told = hand.run("hospital-b", "consent", "import", path, "--fhir", "R5", "--output", output)
    assert told.code == 3
    assert "inactive" in told.err
    assert not output.exists()


def test_a_draft_is_signed_by_the_patient_alone_and_after_a_yes(hand: Hand) -> None:
    consent = hand.consent()
    line = ("consent", "import", draft(hand, consent), "--fhir", "R5", "--output")
    output = hand.new()
    for name, more, said in (("hospital-a", (), "is not a patient's"), ("patient", (), "give --yes")):
        told = hand.run(name, *line, output, *more)
        assert told.code == 3
        assert said in told.err
        assert not output.exists()
    hand.ok("patient", *line, output, "--yes")
    assert output.read_text() == consent.read_text()


def test_a_draft_of_another_generation_is_not_signed(hand: Hand) -> None:
    consent = hand.consent()
    signed = parse_signed(consent.read_text(), network(hand))
    assert isinstance(signed, SignedDirective)
    path, output = hand.new(), hand.new()
    path.write_text(consent_text(replace(signed.directive, generation=9), network(hand), Release.R5))
    told = hand.run("patient", "consent", "import", path, "--fhir", "R5", "--output", output, "--yes")
    assert told.code == 3
    assert "another generation" in told.err
    assert not output.exists()


def test_what_has_no_place_is_named_and_nothing_is_written(hand: Hand) -> None:
    fhir = exported(hand, hand.consent())
    output = hand.new()
    bad = [
        (
            changed(hand, fhir, date="2026-11-01", period={"start": "2026"}),
            "Consent.date (",
            "Consent.period (",
        ),
        (changed(hand, fhir, decision="permit"), "Consent.decision (", ""),
        (changed(hand, fhir, madeUp=1), "no FHIR Consent of release R5", "madeUp"),
        (hand.folder / "none.json", "no file of this name", ""),
    ]
    for path, *said in bad:
        told = hand.run("hospital-b", "consent", "import", path, "--fhir", "R5", "--output", output)
        assert told.code == 3
        assert all(each in told.err for each in said)
        assert not output.exists()
    told = hand.run("hospital-b", "consent", "import", fhir, "--fhir", "R4", "--output", output)
    assert told.code == 3
    assert "R4B, R5" in told.err


def test_an_unusable_consent_or_place_exports_nothing(hand: Hand) -> None:
    consent, output = hand.consent(), hand.new()
    refusal = hand.new()
    hand.ok("patient", "consent", "refuse", "--custodian", 1, "--output", refusal, "--yes")
    for cited, place, said in (
        (refusal, output, "is no consent"),
        ("0xfeed", output, "no consent whose number"),
        (consent, consent, "already"),
    ):
        told = hand.run("patient", "consent", "export", cited, "--fhir", "R5", "--output", place)
        assert told.code == 3
        assert said in told.err
    assert not output.exists()
