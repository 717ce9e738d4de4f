"""A directive becomes a Consent and comes back as the very same, or is refused with its fields named."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest
from fhir.resources.consent import Consent as ConsentR5
from fhir.resources.R4B.consent import Consent as ConsentR4B
from fhir_cases import ACCOUNT, ANY_DIRECTIVES, DIRECTIVE, DIRECTIVES, NETWORK, signed
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.chain import eip712
from pixelpact.errors import NotExpressibleError
from pixelpact.fhir import ReadConsent, Release, Status, consent_text, parse_consent
from pixelpact.models import Directive, Modifier
from pixelpact.policy import ModifierCode, Purpose

MODELS: dict[Release, Any] = {Release.R4B: ConsentR4B, Release.R5: ConsentR5}
RELEASES = st.sampled_from(Release)
PARTS = {"status"} | {field.name for field in fields(Directive)}


def refused(directive: Directive, release: Release = Release.R5) -> dict[str, str]:
    with pytest.raises(NotExpressibleError) as caught:
        consent_text(directive, NETWORK, release)
    for path, why in caught.value.parts.items():
        assert f"{path} ({why})" in caught.value.sentence
    return caught.value.parts


@given(DIRECTIVES, RELEASES)
@settings(max_examples=80, deadline=None)
def test_a_directive_comes_back_as_it_was(directive: Directive, release: Release) -> None:
    text = consent_text(directive, NETWORK, release)
    MODELS[release].model_validate_json(text)
    read = parse_consent(text, NETWORK, release)
    assert read == ReadConsent(directive, None, Status.DRAFT)
    assert eip712.struct_hash(read.directive) == eip712.struct_hash(directive)


@given(DIRECTIVES, RELEASES)
@settings(max_examples=30, deadline=None)
def test_it_goes_through_the_models_of_others_unchanged(directive: Directive, release: Release) -> None:
    text = consent_text(directive, NETWORK, release)
    again = MODELS[release].model_validate_json(text).model_dump_json()
    assert parse_consent(again, NETWORK, release).directive == directive


@given(ANY_DIRECTIVES, RELEASES)
@settings(max_examples=100, deadline=None)
def test_any_other_directive_is_refused_with_its_fields(directive: Directive, release: Release) -> None:
    named = refused(directive, release)
    assert {path.split("[")[0].split(".")[0] for path in named} <= PARTS


@pytest.mark.parametrize("release", Release)
@pytest.mark.parametrize("status", Status)
def test_the_signature_and_the_status_come_along(release: Release, status: Status) -> None:
    consent = signed(DIRECTIVE)
    text = consent_text(consent, NETWORK, release, status=status)
    assert parse_consent(text, NETWORK, release) == ReadConsent(DIRECTIVE, consent, status)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"custodian": 0}, "custodian"),
        ({"custodian": 2**32 - 1}, "custodian"),
        ({"categories": 0}, "categories"),
        ({"categories": 1 << 17}, "categories"),
        ({"purposes": 0}, "purposes"),
        ({"purposes": 1 << len(Purpose)}, "purposes"),
        ({"permission": 5}, "permission"),
        ({"vocabulary": 2}, "vocabulary"),
        ({"expiry": DIRECTIVE.not_before}, "expiry"),
        ({"expiry": 253_402_300_801}, "expiry"),
        ({"not_before": 253_402_300_800, "expiry": 253_402_300_801}, "not_before"),
        ({"modifiers": (Modifier(45), Modifier(22, b"CH" + bytes(30)))}, "modifiers"),
        ({"modifiers": (Modifier(45), Modifier(45))}, "modifiers"),
        ({"modifiers": tuple(map(Modifier, sorted(ModifierCode)[:9]))}, "modifiers"),
        ({"modifiers": (Modifier(5),)}, "modifiers[0].code"),
        ({"modifiers": (Modifier(12), Modifier(45, b"\x01" * 32))}, "modifiers[1].value"),
        ({"modifiers": (Modifier(22, b"ch" + bytes(30)),)}, "modifiers[0].value"),
        ({"modifiers": (Modifier(22, b"CH" + bytes(29) + b"\x01"),)}, "modifiers[0].value"),
        ({"modifiers": (Modifier(7, b"two words" + bytes(23)),)}, "modifiers[0].value"),
        ({"modifiers": (Modifier(24, (2**40).to_bytes(32)),)}, "modifiers[0].value"),
        ({"modifiers": (Modifier(25, (2**31).to_bytes(32)),)}, "modifiers[0].value"),
        ({"modifiers": (Modifier(28, (2**32 - 1).to_bytes(32)),)}, "modifiers[0].value"),
    ],
)
def test_what_a_consent_has_no_place_for_is_named(change: dict[str, Any], named: str) -> None:
    for release in Release:
        assert named in refused(replace(DIRECTIVE, **change), release)


def test_what_nobody_signed_is_a_draft() -> None:
    with pytest.raises(NotExpressibleError) as caught:
        consent_text(DIRECTIVE, NETWORK, Release.R5, status=Status.ACTIVE)
    assert list(caught.value.parts) == ["status"]


def test_the_consent_reads_as_the_page_says() -> None:
    text = consent_text(signed(DIRECTIVE), NETWORK, Release.R5, status=Status.ACTIVE)
    consent = json.loads(text)
    assert consent["status"] == "active"
    assert consent["decision"] == "deny"  # all but what follows
    (provision,) = consent["provision"]
    # The last second in which it permits, and what others don't know is a modifier extension.
    assert provision["period"] == {"start": "2027-01-15T08:00:00Z", "end": "2027-01-16T07:59:59Z"}
    assert [purpose["code"] for purpose in provision["purpose"]] == ["TREAT", "HRESCH"]
    assert [each["url"] for each in provision["modifierExtension"]] == [
        "pixelpact:fhir:permission", "pixelpact:fhir:condition", "pixelpact:fhir:condition",
    ]  # fmt: skip
    older = json.loads(consent_text(DIRECTIVE, NETWORK, Release.R4B))
    assert older["policyRule"]["coding"][0]["code"] == "OPTOUT"
    assert "type" not in older["provision"]
    assert older["provision"]["provision"] == [{"type": "permit"} | provision]


def test_each_network_has_identifiers_of_its_own() -> None:
    named = {
        consent_text(DIRECTIVE, replace(NETWORK, **change), Release.R5)
        for change in (
            {},
            {"chain_id": 8},
            {"genesis": b"\x23" * 32},
            {"contracts": NETWORK.contracts | {"ConsentRegistry": b"\x99" * 20}},
        )
    }
    assert len(named) == 4


def test_without_the_extra_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["fhir"] = None
from fhir_cases import DIRECTIVE, NETWORK
from pixelpact.errors import InputError
from pixelpact.fhir import Release, consent_text
try:
    consent_text(DIRECTIVE, NETWORK, Release.R5)
except InputError as error:
    print(error.sentence)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert "pip install 'pixelpact[fhir]'" in ran.stdout


def test_importing_the_package_loads_no_fhir() -> None:
    code = (
        "import sys, pixelpact, pixelpact.cli\nprint('fhir' in sys.modules, 'pixelpact.fhir' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


def test_the_example_account_signs_for_its_subject() -> None:
    assert ACCOUNT.address == DIRECTIVE.subject


def test_a_signature_that_is_not_the_patients_own_has_no_place() -> None:
    of_guardian = replace(signed(DIRECTIVE), signer=b"\x77" * 20, appointment=1)
    with pytest.raises(NotExpressibleError) as caught:
        consent_text(of_guardian, NETWORK, Release.R5)
    assert set(caught.value.parts) == {"signer"}
