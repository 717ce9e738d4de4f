"""What others write into a Consent is read as it stands, or refused with the element's name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fhir_cases import DIRECTIVE, NETWORK, OTHER_NETWORK, signed
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.errors import InputError, NotExpressibleError
from pixelpact.fhir import Release, consent_text, parse_consent
from pixelpact.models import Directive

Json = dict[str, Any]


def consent(release: Release, directive: Directive = DIRECTIVE) -> Json:
    value: Json = json.loads(consent_text(signed(directive), NETWORK, release))
    return value


def provision(value: Json) -> Json:
    found = value["provision"]
    inner: Json = found[0] if isinstance(found, list) else found["provision"][0]
    return inner


def refused(value: Json, release: Release) -> dict[str, str]:
    with pytest.raises(NotExpressibleError) as caught:
        parse_consent(json.dumps(value), NETWORK, release)
    return caught.value.parts


GONE = "taken away"
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
PATIENT = {"reference": "Patient/made-up"}
PERIOD = {"start": "2020-01-01", "end": "2021-01-01"}
NOTE = {"url": "https://example.invalid/note", "valueString": "made up"}
SENTENCE = {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>made up</div>"}


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


ACCESS = concept("http://terminology.hl7.org/CodeSystem/consentaction", "access")


def change(value: Json, place: str, content: object) -> None:
    """Put something at a place (steps with / between; P: the provision; -: at the end), or take it away."""
    first, *steps = place.split("/")
    holder: Any = provision(value) if first == "P" else value
    steps = steps if first == "P" else [first, *steps]
    for step in steps[:-1]:
        holder = holder[int(step) if isinstance(holder, list) else step]
    last = steps[-1]
    content = content(value) if callable(content) else copy.deepcopy(content)
    if content == GONE:
        del holder[int(last) if isinstance(holder, list) else last]
    elif last == "-":
        holder.append(content)
    else:
        holder[int(last) if isinstance(holder, list) else last] = content


def copied(place: str) -> Callable[[Json], object]:
    """What already stands at a place of the provision."""
    name, number = place.split("/")
    return lambda value: copy.deepcopy(provision(value)[name][int(number)])


#: What is refused, where it is put, and what: elements of both releases.
BOTH: list[tuple[str, str, object]] = [
    ("Consent.language", "language", "de"),
    ("Consent.implicitRules", "implicitRules", "https://example.invalid/rules"),
    ("Consent.meta.security", "meta", {"security": [LABEL]}),
    ("Consent.meta.profile", "meta", {"profile": ["https://example.invalid/profile"]}),
    ("Consent.text", "text", SENTENCE),
    ("Consent.contained", "contained", [{"resourceType": "Patient", "id": "p"}]),
    ("Consent.modifierExtension", "modifierExtension", [NOTE]),
    ("Consent.extension[3]", "extension/-", NOTE),
    ("Consent.extension[3]", "extension/-", {"url": "pixelpact:fhir:salt", "valueString": "0x00"}),
    ("Consent._status", "_status", {"extension": [NOTE]}),
    ("Consent.status", "status", "entered-in-error"),
    ("Consent.identifier[1]", "identifier/-", {"value": "made up"}),
    ("Consent.identifier[0].use", "identifier/0/use", "old"),
    ("Consent.category[1]", "category/-", {"coding": [LABEL]}),
    ("Consent.category[0].text", "category/0/text", "only on Sundays"),
    ("Consent.verification", "verification", [{"verified": True}]),
    ("Consent.resourceType", "resourceType", GONE),
    ("Consent.extension('pixelpact:fhir:salt')", "extension/0", GONE),
    ("Consent.extension('pixelpact:fhir:generation')", "extension/1", GONE),
    ("Consent.extension('pixelpact:fhir:salt').valueString", "extension/0/valueString", "0x5A"),
    ("Consent.extension('pixelpact:fhir:generation').valueString", "extension/1/valueString", "04"),
    ("P.id", "P/id", "p"),
    ("P.extension", "P/extension", [NOTE]),
    ("P.dataPeriod", "P/dataPeriod", PERIOD),
    ("P.securityLabel", "P/securityLabel", [LABEL]),
    ("P.provision", "P/provision", [{"purpose": [LABEL]}]),
    ("P.modifierExtension[3]", "P/modifierExtension/-", NOTE),
    ("P.modifierExtension", "P/modifierExtension/-", copied("modifierExtension/1")),
    ("P.modifierExtension[3]", "P/modifierExtension/-", copied("modifierExtension/0")),
    ("P.period.start", "P/period/start", "2027-01-15"),
    ("P.period.start", "P/period/start", "1969-12-31T23:59:59Z"),
    ("P.period.end", "P/period/end", "2027-01-16T07:59:59.5Z"),
    ("P.period.end", "P/period/end", "2027-01-15T07:59:59Z"),
    ("P.period.end", "P/period/end", GONE),
    ("P.period", "P/period", GONE),
    ("P.actor[2]", "P/actor/-", copied("actor/1")),
    ("P.actor", "P/actor/1", GONE),
    ("P.actor[0].reference.reference", "P/actor/0/reference/reference", "Organization/1"),
    ("P.actor[0].reference.display", "P/actor/0/reference/display", "Hospital A"),
    ("P.actor[1].reference.type", "P/actor/1/reference/type", "Practitioner"),
    ("P.actor[1].reference.identifier.system", "P/actor/1/reference/identifier/system", "urn:oid:1.2.3"),
    ("P.actor[1].reference.identifier.value", "P/actor/1/reference/identifier/value", "02"),
    ("P.actor[1].reference.identifier.value", "P/actor/1/reference/identifier/value", "0"),
    ("P.actor[0].reference.identifier.value", "P/actor/0/reference/identifier/value", "4294967295"),
    ("P.action", "P/action", [ACCESS]),
    ("P.action", "P/action", GONE),
    ("P.purpose", "P/purpose", GONE),
    ("P.purpose[1].code", "P/purpose/1/code", "HUMOR"),
    ("P.purpose[2].code", "P/purpose/-", copied("purpose/0")),
    ("P.purpose[0].system", "P/purpose/0/system", "https://example.invalid/purposes"),
    ("P.purpose[0].display", "P/purpose/0/display", "marketing"),
    ("P.purpose[0].version", "P/purpose/0/version", "1"),
    ("P.code", "P/code", GONE),
    ("P.code[2]", "P/code/-", concept("pixelpact:fhir:category", "XRAY")),
    ("P.code[2]", "P/code/-", copied("code/0")),
    ("P.code[0].coding[1]", "P/code/0/coding/-", LABEL),
    ("P.code[0].coding[0].system", "P/code/0/coding/0/system", "http://loinc.org"),
    ("P.data[0].meaning", "P/data/0/meaning", "related"),
    ("P.data[0].reference.type", "P/data/0/reference/type", "Media"),
    ("P.data[0]", "P/data/0/reference/identifier/value", "0x" + "00" * 32),
    ("P.data[1]", "P/data/-", copied("data/0")),
]
R5_ALONE: list[tuple[str, str, object]] = [
    ("Consent.date", "date", "2026-11-01"),
    ("Consent.period", "period", PERIOD),
    ("Consent.grantor", "grantor", [PATIENT]),
    ("Consent.grantee", "grantee", [PATIENT]),
    ("Consent.manager", "manager", [PATIENT]),
    ("Consent.controller", "controller", [PATIENT]),
    ("Consent.regulatoryBasis", "regulatoryBasis", [{"text": "a law"}]),
    ("Consent.sourceReference", "sourceReference", [PATIENT]),
    ("Consent.sourceAttachment", "sourceAttachment", [{"title": "a form"}]),
    ("Consent.policyText", "policyText", [PATIENT]),
    ("Consent.policyBasis.reference", "policyBasis/reference", PATIENT),
    ("Consent.policyBasis.url", "policyBasis/url", "https://example.invalid/policy"),
    ("Consent.decision", "decision", "permit"),
    ("Consent.decision", "decision", GONE),
    ("Consent.provision[1]", "provision/-", {"purpose": [LABEL]}),
    ("Consent.provision", "provision", GONE),
    ("Consent.subject.reference", "subject/reference", "Patient/made-up"),
    ("Consent.subject.type", "subject/type", "Group"),
    ("P.resourceType", "P/resourceType", [{"code": "ImagingStudy"}]),
    ("P.documentType", "P/documentType", [{"code": "application/dicom"}]),
    ("P.expression", "P/expression", {"language": "text/fhirpath", "expression": "true"}),
]
R4B_ALONE: list[tuple[str, str, object]] = [
    ("Consent.dateTime", "dateTime", "2026-11-01"),
    ("Consent.performer", "performer", [PATIENT]),
    ("Consent.organization", "organization", [PATIENT]),
    ("Consent.sourceAttachment", "sourceAttachment", {"title": "a form"}),
    ("Consent.sourceReference", "sourceReference", PATIENT),
    ("Consent.scope.coding[0].code", "scope/coding/0/code", "research"),
    ("Consent.policy[0].authority", "policy/0/authority", "https://example.invalid"),
    ("Consent.policy[1]", "policy/-", {"uri": "https://example.invalid/policy"}),
    ("Consent.policyRule.coding[0].code", "policyRule/coding/0/code", "OPTIN"),
    ("Consent.patient.reference", "patient/reference", "Patient/made-up"),
    ("Consent.provision.type", "provision/type", "permit"),
    ("Consent.provision.period", "provision/period", PERIOD),
    ("Consent.provision.provision[1]", "provision/provision/-", {"type": "deny", "purpose": [LABEL]}),
    ("P.type", "P/type", "deny"),
    ("P.type", "P/type", GONE),
    ("P.class", "P/class", [{"code": "ImagingStudy"}]),
]
CASES = [
    *((release, *case) for release in Release for case in BOTH),
    *((Release.R5, *case) for case in R5_ALONE),
    *((Release.R4B, *case) for case in R4B_ALONE),
]


@pytest.mark.parametrize(("release", "path", "place", "content"), CASES)
def test_an_element_without_a_place_is_named_alone(
    release: Release, path: str, place: str, content: object
) -> None:
    value = consent(release)
    change(value, place, content)
    statement = "Consent.provision[0]" if release is Release.R5 else "Consent.provision.provision[0]"
    assert list(refused(value, release)) == [path.replace("P.", f"{statement}.", path.startswith("P."))]


@pytest.mark.parametrize("release", Release)
def test_where_a_server_keeps_its_copy_is_not_part_of_the_consent(release: Release) -> None:
    value = consent(release)
    value |= {"id": "made-up", "meta": {"versionId": "3", "lastUpdated": "2026-11-24T12:00:00Z"}}
    assert parse_consent(json.dumps(value), NETWORK, release).directive == DIRECTIVE


@pytest.mark.parametrize("release", Release)
def test_the_order_and_the_offset_say_nothing(release: Release) -> None:
    value = consent(release)
    inner = provision(value)
    for name in ("modifierExtension", "actor", "action", "purpose", "code"):
        inner[name].reverse()
    inner["modifierExtension"][0]["extension"].reverse()
    inner["period"] = {"start": "2027-01-15T09:00:00+01:00", "end": "2027-01-16T02:59:59-05:00"}
    value["extension"].reverse()
    assert parse_consent(json.dumps(value), NETWORK, release).signed == signed(DIRECTIVE)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("DUO:0000022", {"valueCoding": {"system": "urn:iso:std:iso:3166", "code": "ch"}}),
        ("DUO:0000022", {"valueString": "CH"}),
        ("DUO:0000007", {"valueString": "two words"}),
        ("DUO:0000025", {"valueUnsignedInt": 0}),
        ("DUO:0000024", {"valueDateTime": "2030"}),
        ("DUO:0000024", {"valueDateTime": "1970-01-01T00:00:00Z"}),
        ("DUO:0000026", {"valueString": "0x00"}),
        ("DUO:0000045", {"valueString": "made up"}),
    ],
)
def test_a_condition_takes_only_its_own_value(code: str, value: Json) -> None:
    consented = consent(Release.R5)
    condition = provision(consented)["modifierExtension"][1]
    condition["extension"][0]["valueCoding"]["code"] = code
    condition["extension"][1] = {"url": "value", **value}
    assert "Consent.provision[0].modifierExtension[1].extension('value')" in refused(consented, Release.R5)


def test_a_condition_that_is_none_is_named() -> None:
    for code in ("DUO:0000042", "DUO:22", "NPU"):
        consented = consent(Release.R5)
        provision(consented)["modifierExtension"][1]["extension"][0]["valueCoding"]["code"] = code
        (path,) = refused(consented, Release.R5)
        assert path == "Consent.provision[0].modifierExtension[1]"


def test_a_permission_that_is_none_is_named() -> None:
    consented = consent(Release.R5)
    provision(consented)["modifierExtension"][0]["valueCoding"]["code"] = "DUO:0000045"
    (path,) = refused(consented, Release.R5)
    assert path == "Consent.provision[0].modifierExtension('pixelpact:fhir:permission').valueCoding.code"


@pytest.mark.parametrize("release", Release)
def test_the_number_is_that_of_what_is_said(release: Release) -> None:
    value = consent(release)
    provision(value)["purpose"].pop()
    assert list(refused(value, release)) == ["Consent.identifier[0].value"]


@pytest.mark.parametrize("release", Release)
def test_another_network_is_named(release: Release) -> None:
    text = consent_text(signed(DIRECTIVE), OTHER_NETWORK, release)
    named = refused(json.loads(text), release)
    assert "Consent.identifier[0].system" in named
    assert all("another network" in why for why in named.values())


@pytest.mark.parametrize("release", Release)
def test_a_signature_that_is_not_the_patients_is_refused(release: Release) -> None:
    value = consent(release)
    value["extension"][2]["valueString"] = "0x" + "11" * 64 + "1b"
    with pytest.raises(InputError) as caught:
        parse_consent(json.dumps(value), NETWORK, release)
    assert not isinstance(caught.value, NotExpressibleError)


@pytest.mark.parametrize("release", Release)
def test_a_consent_in_force_is_signed(release: Release) -> None:
    value = consent(release) | {"status": "active"}
    value["extension"].pop()
    assert list(refused(value, release)) == ["Consent.status"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "<Consent/>",
        '{"resourceType": "Patient"}',
        '{"resourceType": "Consent"}',
        '{"resourceType": "Consent", "status": "draft", "status": "active"}',
        '{"resourceType": "Consent", "status": "active", "madeUp": 1}',
        '{"resourceType": "Consent", "status": 5}',
        '{"resourceType": "Consent", "status": "active", "policyBasis": {"url": 1}, "policy": [{"uri": 1}]}',
        "[" * 100_000,
        '{"resourceType": "Consent", "status": "active", "provision": '
        + '[{"provision":' * 3000
        + "1"
        + "}]" * 3000
        + "}",
    ],
)
def test_what_is_no_consent_is_refused_in_a_sentence(text: str) -> None:
    for release in Release:
        with pytest.raises(InputError) as caught:
            parse_consent(text, NETWORK, release)
        assert caught.value.what.startswith("This is no FHIR Consent")
        assert caught.value.remedy
        assert caught.value.exit_code == 3


def test_an_element_that_is_there_twice_is_not_dropped() -> None:
    text = json.dumps(consent(Release.R5))
    twice = text.replace('"status": "draft"', '"status": "inactive", "status": "draft"')
    assert twice != text
    with pytest.raises(InputError, match="has an element twice"):
        parse_consent(twice, NETWORK, Release.R5)


def test_the_other_release_is_refused() -> None:
    for release, other in ((Release.R5, Release.R4B), (Release.R4B, Release.R5)):
        with pytest.raises(InputError):
            parse_consent(json.dumps(consent(release)), NETWORK, other)


#: As a hospital's own system may have it: a made-up person's consent to research, of R4B.
RESEARCH = {
    "resourceType": "Consent",
    "id": "research-1",
    "status": "active",
    "scope": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]
    },
    "category": [{"coding": [{"system": "http://loinc.org", "code": "57016-8"}]}],
    "patient": {"reference": "Patient/made-up"},
    "dateTime": "2026-05-04",
    "performer": [{"reference": "Patient/made-up"}],
    "organization": [{"display": "Made-up Hospital"}],
    "sourceReference": {"reference": "DocumentReference/form-1"},
    "policy": [{"uri": "https://example.invalid/research-policy"}],
    "provision": {
        "type": "permit",
        "period": {"start": "2026-05-04", "end": "2031-05-03"},
        "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}],
        "provision": [
            {"type": "deny", "code": [{"coding": [{"system": "http://loinc.org", "code": "18748-4"}]}]}
        ],
    },
}
#: The same for privacy, of R5: all is permitted but for one institution.
PRIVACY = {
    "resourceType": "Consent",
    "status": "active",
    "subject": {"reference": "Patient/made-up"},
    "date": "2026-05-04",
    "grantor": [{"reference": "Patient/made-up"}],
    "decision": "permit",
    "provision": [
        {
            "actor": [{"reference": {"reference": "Organization/made-up"}}],
            "securityLabel": [LABEL],
            "resourceType": [{"system": "http://hl7.org/fhir/fhir-types", "code": "ImagingStudy"}],
        }
    ],
}


def test_a_research_consent_of_another_system_is_refused_by_its_elements() -> None:
    named = refused(RESEARCH, Release.R4B)
    assert {
        "Consent.scope.coding[0].code",
        "Consent.category[0].coding[0].code",
        "Consent.patient.reference",
        "Consent.dateTime",
        "Consent.performer",
        "Consent.organization",
        "Consent.sourceReference",
        "Consent.policy[0].uri",
        "Consent.policyRule",
        "Consent.provision.type",
        "Consent.provision.period",
        "Consent.provision.purpose",
        "Consent.provision.provision[0].type",
        "Consent.provision.provision[0].code[0].coding[0].system",
        "Consent.provision.provision[0].purpose",
        "Consent.extension('pixelpact:fhir:salt')",
    } <= set(named) | {path for path in named if "code[0]" in path}


def test_a_privacy_consent_of_another_system_is_refused_by_its_elements() -> None:
    named = refused(PRIVACY, Release.R5)
    assert {
        "Consent.date",
        "Consent.grantor",
        "Consent.decision",
        "Consent.subject.reference",
        "Consent.provision[0].actor[0]",
        "Consent.provision[0].securityLabel",
        "Consent.provision[0].resourceType",
        "Consent.provision[0].purpose",
        "Consent.identifier",
    } <= set(named)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*way, step))


def at(value: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        value = value[step]
    return value


def unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: unordered(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return sorted((unordered(inner) for inner in value), key=repr)
    return value


MORE = st.sampled_from(
    [
        ("id", "made-up"),
        ("display", "made up"),
        ("text", "made up"),
        ("version", "1"),
        ("userSelected", True),
        ("use", "official"),
        ("extension", [NOTE]),
        ("modifierExtension", [NOTE]),
        ("reference", "Organization/made-up"),
        ("assigner", {"display": "made up"}),
        ("coding", []),
        ("period", PERIOD),
    ]
)


@given(st.sampled_from(Release), st.data())
@settings(max_examples=120, deadline=None)
def test_whatever_is_changed_is_kept_or_refused(release: Release, data: st.DataObject) -> None:
    value = consent(release)
    way = data.draw(st.sampled_from([each for each in places(value) if each]))
    inner, holder, step = at(value, way), at(value, way[:-1]), way[-1]
    kind = data.draw(st.sampled_from(["remove", "repeat", "more", "other"]))
    if kind == "remove":
        del holder[step]
    elif kind == "repeat" and isinstance(holder, list):
        holder.append(inner)
    elif kind == "more" and isinstance(inner, dict):
        name, content = data.draw(MORE)
        inner.setdefault(name, content)
    else:
        holder[step] = data.draw(st.sampled_from(["", "0", "permit", "any", 1, [], {}, None]))
    try:
        read = parse_consent(json.dumps(value), NETWORK, release)
    except InputError:
        return
    again = json.loads(consent_text(read.signed or read.directive, NETWORK, release, status=read.status))
    value.pop("id", None)
    assert unordered(again) == unordered(value)
