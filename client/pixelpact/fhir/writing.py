"""A directive as a FHIR Consent."""

from __future__ import annotations

import json
from typing import Any

from pixelpact.chain import Network, eip712
from pixelpact.errors import NotExpressibleError
from pixelpact.fhir.conditions import condition_of
from pixelpact.fhir.faults import Faults
from pixelpact.fhir.names import (
    ACT_CODE,
    ACT_REASON,
    ACTIONS,
    ANYBODY,
    BASE_RULE,
    CATEGORY,
    CONSENT_ACTION,
    CONSENT_SCOPE,
    DUO,
    GENERATION,
    GRANTEES,
    KIND,
    LOINC,
    PARTICIPATION,
    PERMISSION,
    POLICY,
    SALT,
    SCOPE,
    SIGNATURE,
    Release,
    Status,
    duo_code,
    system_of,
)
from pixelpact.fhir.resources import require_consent
from pixelpact.fhir.times import LAST_SECOND, datetime_text
from pixelpact.models import ANY_INSTITUTION_LATER_TOO, WHOLE_RECORD, Directive, SignedDirective
from pixelpact.policy import MAX_MODIFIERS, VOCABULARY_VERSION, Category, Permission, Purpose

__all__ = ["consent_text"]


def consent_text(
    consent: Directive | SignedDirective,
    network: Network,
    release: Release,
    *,
    status: Status = Status.DRAFT,
) -> str:
    """A directive as the JSON of a FHIR Consent, with its signature if it was signed.

    Args:
        consent: the directive.
        network: the one that its numbers are of.
        release: of FHIR.
        status: how it stands on the chain; one that nobody signed is a draft.

    Raises:
        NotExpressibleError: a field holds what a Consent has no place for; each is named.
        InputError: the extra ``fhir`` is not installed.
    """
    directive = consent.directive if isinstance(consent, SignedDirective) else consent
    faults = Faults()
    if consent is directive and status is not Status.DRAFT:
        faults.add("status", "nobody signed the consent, so it is a draft")
    if isinstance(consent, SignedDirective) and consent.signer != directive.subject:
        faults.add("signer", "only the patient's own signature has a place in a Consent")
    _check_fields(directive, faults)
    _check_term(directive, faults)
    narrowed = _narrowed(directive, network, faults)
    if faults.parts:
        raise NotExpressibleError(
            f"The consent can't be told as a FHIR Consent of release {release}",
            parts=faults.parts,
            why=faults.told,
            remedy="Hand over the consent's own document instead",
        )
    provision = _provision(directive, network, narrowed)
    resource = _resource(directive, network, release, status, provision)
    if isinstance(consent, SignedDirective):
        resource["extension"].append({"url": SIGNATURE, "valueString": f"0x{consent.signature.hex()}"})
    require_consent(resource, release)
    return json.dumps(resource, indent=2) + "\n"


def _check_fields(directive: Directive, faults: Faults) -> None:
    if directive.vocabulary != VOCABULARY_VERSION:
        why = f"the codes of a Consent are those of vocabulary {VOCABULARY_VERSION}"
        faults.add("vocabulary", why)
    if not 1 <= directive.custodian < ANY_INSTITUTION_LATER_TOO:
        faults.add("custodian", "it is no institution's number")
    for name, bits, kind in (
        ("categories", directive.categories, Category),
        ("purposes", directive.purposes, Purpose),
    ):
        if not bits:
            faults.add(name, f"a Consent that names no {name} is for all of them")
        if bits >> len(kind):
            faults.add(name, "it has bits that the vocabulary has no name for")
    if directive.permission and directive.permission not in frozenset(Permission):
        faults.add("permission", f"{duo_code(directive.permission)} is not a DUO permission")
    codes = [modifier.code for modifier in directive.modifiers]
    if len(codes) > MAX_MODIFIERS or codes != sorted(set(codes)):
        faults.add("modifiers", f"they are not at most {MAX_MODIFIERS} that ascend by their codes, each once")


def _check_term(directive: Directive, faults: Faults) -> None:
    for name, time, last in (
        ("not_before", directive.not_before, LAST_SECOND),
        ("expiry", directive.expiry, LAST_SECOND + 1),
    ):
        if time > last:
            faults.add(name, "FHIR's times end with the year 9999")
    if directive.expiry <= directive.not_before:
        faults.add("expiry", "a Period can't end before it starts")


def _resource(
    directive: Directive, network: Network, release: Release, status: Status, provision: dict[str, Any]
) -> dict[str, Any]:
    number = eip712.struct_hash(directive).hex()
    patient = _reference("Patient", system_of(network, "patient"), f"0x{directive.subject.hex()}")
    policy = f"{POLICY}{directive.vocabulary}"
    if release is Release.R4B:
        own = {
            "scope": _concept(CONSENT_SCOPE, SCOPE),
            "patient": patient,
            "policy": [{"uri": policy}],
            # Nothing is allowed but for what stands inside.
            "policyRule": _concept(ACT_CODE, BASE_RULE),
            # In R4B a root provision has no type.
            "provision": {"provision": [{"type": "permit"} | provision]},
        }
    else:
        own = {
            "subject": patient,
            "policyBasis": {"url": policy},
            # In R5 provisions are exceptions to the decision: all is denied but for this one.
            "decision": "deny",
            "provision": [provision],
        }
    return {
        "resourceType": "Consent",
        "extension": [
            {"url": SALT, "valueString": f"0x{directive.salt.hex()}"},
            {"url": GENERATION, "valueString": str(directive.generation)},
        ],
        "identifier": [{"system": system_of(network, "consent"), "value": f"0x{number}"}],
        "status": status.value,
        "category": [_concept(LOINC, KIND)],
        **own,
    }


def _narrowed(directive: Directive, network: Network, faults: Faults) -> list[dict[str, Any]]:
    """The permission and the conditions: who does not know them must not take the rest for all."""
    permission = duo_code(directive.permission)
    named = {"url": PERMISSION, "valueCoding": {"system": DUO, "code": permission}}
    conditions = (
        condition_of(modifier, network, f"modifiers[{place}]", faults)
        for place, modifier in enumerate(directive.modifiers)
    )
    return [*([named] if directive.permission else []), *conditions]


def _provision(directive: Directive, network: Network, narrowed: list[dict[str, Any]]) -> dict[str, Any]:
    institutions = system_of(network, "institution")
    anybody = GRANTEES.get(directive.grantee)
    grantee = (ANYBODY, anybody) if anybody else (institutions, str(directive.grantee))
    provision: dict[str, Any] = {
        "modifierExtension": narrowed,
        # A Period's end is inside it, a directive's expiry is not.
        "period": {
            "start": datetime_text(directive.not_before),
            "end": datetime_text(directive.expiry - 1),
        },
        "actor": [
            _actor("CST", institutions, str(directive.custodian)),
            _actor("IRCP", *grantee),
        ],
        "action": [_concept(CONSENT_ACTION, code) for code in ACTIONS],
        "purpose": [
            {"system": ACT_REASON, "code": purpose.name}
            for purpose in Purpose
            if directive.purposes >> purpose & 1
        ],
        "code": [_concept(CATEGORY, str(kind.name)) for kind in Category if directive.categories & kind],
        "data": [],
    }
    if directive.study != WHOLE_RECORD:
        study = _reference("ImagingStudy", system_of(network, "study"), f"0x{directive.study.hex()}")
        provision["data"].append({"meaning": "instance", "reference": study})
    # FHIR has no empty lists.
    return {name: value for name, value in provision.items() if value}


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _actor(role: str, system: str, value: str) -> dict[str, Any]:
    return {"role": _concept(PARTICIPATION, role), "reference": _reference("Organization", system, value)}


def _reference(kind: str, system: str, value: str) -> dict[str, Any]:
    return {"type": kind, "identifier": {"system": system, "value": value}}
