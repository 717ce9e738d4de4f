"""The story of the samples: what it says, what it leaves, and what of the patient is in that."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pydicom
from demo_told import Told

from pixelpact.audit import Auditor
from pixelpact.demo.outcome import STEPS
from pixelpact.dicom import samples
from pixelpact.models import Cid

_GAS = {
    "StudyRegistry.register",
    "ConsentRegistry.record",
    "ConsentRegistry.revoke",
    "AccessLedger.request",
    "AccessLedger.release",
    "AccessLedger.confirm",
}


def test_every_step_of_the_story_happens_in_order(told: Told) -> None:
    assert [step["name"] for step in told.story["steps"]] == list(STEPS)
    assert len(STEPS) == 20
    assert all(step["ok"] is True and step["seconds"] >= 0 for step in told.story["steps"])
    assert told.story["ok"] is True
    assert (told.story["chain"], told.story["store"]) == ("embedded", "embedded")


def test_the_studies_are_those_given(told: Told) -> None:
    given = [
        (len(each.files), sum(path.stat().st_size for path in each.files)) for each in reversed(samples())
    ]
    assert [(each["instances"], each["bytes"]) for each in told.story["studies"]] == given
    assert all(each["identical"] is True for each in told.story["studies"])


def test_gas_is_that_of_transactions(told: Told) -> None:
    gas = told.story["gas"]
    assert set(gas) >= _GAS
    assert all(21_000 < each < 1_000_000 for each in gas.values())
    assert gas["ConsentRegistry.record"] <= 62_000
    assert gas["ConsentRegistry.revoke"] <= 42_000


def test_the_audit_was_taken_before_the_faults_and_found_nothing(told: Told) -> None:
    assert told.story["audit"]["findings"] == []
    trail = Auditor.from_trail(told.folder / "trail.json").report()
    assert told.story["audit"]["events"] == trail.events > 30
    assert trail.findings == ()


def test_progress_is_on_stderr_and_names_the_report(told: Told) -> None:
    assert told.story["report"] == str(told.folder / "report.html")
    assert "Report:" in told.stderr
    assert "20 of 20 steps" in told.stderr


def test_denials_come_as_sentences(told: Told) -> None:
    said = {step["name"]: step["sentence"] for step in told.story["steps"]}
    assert said["ask-without-consent"] == "No consent was cited; without one nothing is shared."
    assert said["ask-uninvited"] == "The consent does not name the institution that asks."
    assert said["ask-again"] == "The patient withdrew this consent."


def test_the_report_needs_nothing_else_and_shows_all_pictures(told: Told) -> None:
    page = (told.folder / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 9
    assert not re.search(r"<script|https?://|src=\"(?!data:)|<link", page)


def test_a_stored_block_is_a_file_of_exactly_its_bytes(told: Told) -> None:
    blocks = [path for path in (told.folder / "store" / "blocks").rglob("*") if path.is_file()]
    assert len(blocks) > 10
    for path in blocks:
        cid = Cid.parse(path.name)
        assert hashlib.sha256(path.read_bytes()).digest() == cid.digest


def identifiers(path: Path) -> set[bytes]:
    """Every UID, name, id and date of a DICOM file that could give the patient away."""
    found = set()
    for element in pydicom.dcmread(path, stop_before_pixels=True).iterall():
        if element.VR in {"UI", "PN", "DA"} or element.keyword == "PatientID":
            for value in element.value if element.VM > 1 else [element.value]:
                text = str(value)
                # UIDs of classes and transfer syntaxes are the same in every hospital.
                if len(text) > 5 and not text.startswith("1.2.840.10008."):
                    found.add(text.encode())
    return found


def test_nothing_that_names_the_patient_is_in_any_file(told: Told) -> None:
    secrets = set().union(*(identifiers(path) for each in samples() for path in each.files))
    assert len(secrets) > 30
    files = [path for path in told.folder.rglob("*") if path.is_file()]
    assert {"report.html", "trail.json"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path


def test_nothing_opened_stays_on_disk(told: Told) -> None:
    images = [path.read_bytes() for each in samples() for path in each.files]
    markers = [image[-200:-100] for image in images if len(image) > 1000 and len(set(image[-200:-100])) > 8]
    assert len(markers) >= 5
    for path in told.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"DICM" not in content, path
            assert not any(marker in content for marker in markers), path


def test_every_file_of_a_vault_is_the_owners_alone(told: Told) -> None:
    files = [path for path in told.folder.glob("institution-*/**/*") if path.is_file()]
    assert len(files) >= 8
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
