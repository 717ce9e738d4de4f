"""A FHIR Consent as a directive: every element has its place there, or is refused by name."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pixelpact.chain import Network, eip712
from pixelpact.errors import InputError, NotExpressibleError
from pixelpact.fhir.elements import Element
from pixelpact.fhir.faults import Faults
from pixelpact.fhir.names import (
    ACT_CODE,
    BASE_RULE,
    CONSENT_SCOPE,
    GENERATION,
    KIND,
    LOINC,
    POLICY,
    SALT,
    SCOPE,
    SIGNATURE,
    Release,
    Status,
    system_of,
)
from pixelpact.fhir.resources import require_consent
from pixelpact.fhir.statement import read_statement
from pixelpact.models import Directive, SignedDirective
from pixelpact.policy import VOCABULARY_VERSION

__all__ = ["ReadConsent", "parse_consent"]

_ANOTHER = "a directive makes one statement; another one is a directive of its own"


@dataclass(frozen=True, slots=True)
class ReadConsent:
    """What a Consent says.

    Attributes:
        directive: its directive.
        signed: the same with the patient's signature, which was checked; None: nobody signed it.
        status: how it is said to stand. Only the chain knows.
    """

    directive: Directive
    signed: SignedDirective | None
    status: Status


def parse_consent(text: str, network: Network, release: Release) -> ReadConsent:
    """Read a FHIR Consent that says what a directive of this network can say.

    Raises:
        NotExpressibleError: it has an element that a directive has no place for, or lacks one; each is named.
        InputError: it is no Consent of this release, its signature is not the patient's, or the extra
            ``fhir`` is not installed.
    """
    resource = _object(text)
    require_consent(resource, release)
    faults = Faults()
    root = Element(resource, "Consent", faults)
    directive, stated, signature, status = _read(root, network, release)
    root.close()
    _settle(faults, release)
    number = eip712.struct_hash(directive)
    if stated != number:
        faults.add("Consent.identifier[0].value", "it is not the number of what the Consent says")
    _settle(faults, release)
    if signature is None:
        return ReadConsent(directive, None, status)
    eip712.verify(network, directive, signature, directive.subject)
    signed = SignedDirective(directive, number, signature, directive.subject)
    return ReadConsent(directive, signed, status)


def _settle(faults: Faults, release: Release) -> None:
    if faults.parts:
        raise NotExpressibleError(
            f"This FHIR Consent of release {release} can't become a directive",
            parts=faults.parts,
            why=faults.told,
            remedy="docs/fhir.md says what a directive can hold; nothing of a Consent is left out silently",
        )


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(
            "This is no FHIR Consent",
            why="it is not one JSON object, or has an element twice",
            remedy="Give the Consent as JSON; XML is not read",
        )
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("it has an element twice")
    return value


def _read(root: Element, network: Network, release: Release) -> tuple[Directive, bytes, bytes | None, Status]:
    """The directive, the number that is stated for it, its signature if there is one, and its status."""
    _set_aside(root)
    root.fixed("resourceType", "Consent", "it can only be Consent")
    extensions, _ = root.extensions("extension", {SALT, GENERATION, SIGNATURE})
    for url in (SALT, GENERATION):
        if url not in extensions:
            extensions[url] = root.child(f"extension('{url}')")
    signature = extensions[SIGNATURE].hexadecimal("valueString", 65) if SIGNATURE in extensions else None
    identifier = root.only("identifier", "a directive has one number")
    directive = Directive(
        subject=_frame(root, network, release),
        vocabulary=VOCABULARY_VERSION,
        generation=extensions[GENERATION].number("valueString", bits=32),
        salt=extensions[SALT].hexadecimal("valueString", 32),
        **_fields(root, network, release),
    )
    stated = identifier.digits(system_of(network, "consent"), 32)
    return directive, stated, signature, _status(root, signed=signature is not None)


def _set_aside(root: Element) -> None:
    # Where this copy is kept, and since when: nothing that the patient said.
    root.drop("id")
    if root.has("meta"):
        meta = root.child("meta")
        meta.drop("versionId")
        meta.drop("lastUpdated")


def _frame(root: Element, network: Network, release: Release) -> bytes:
    """What stands around the statement, which can only be so; the patient's address."""
    root.only("category", "a directive is one kind of consent").concept(LOINC, KIND)
    wanted = f"{POLICY}{VOCABULARY_VERSION}"
    if release is Release.R4B:
        root.child("scope").concept(CONSENT_SCOPE, SCOPE)
        root.child("policyRule").concept(ACT_CODE, BASE_RULE)
        policy = root.only("policy", "a directive stands under one policy")
        policy.fixed("uri", wanted, f"it can only be {wanted}")
        patient = root.child("patient")
    else:
        root.child("policyBasis").fixed("url", wanted, f"it can only be {wanted}")
        patient = root.child("subject")
    patient.fixed("type", "Patient", "it can only be Patient")
    return patient.child("identifier").digits(system_of(network, "patient"), 20)


def _fields(root: Element, network: Network, release: Release) -> dict[str, Any]:
    """What is permitted; everything else is not."""
    if release is Release.R4B:
        provision = root.child("provision").only("provision", _ANOTHER)
        provision.fixed("type", "permit", "a directive permits; a refusal is not told in FHIR")
    else:
        root.fixed("decision", "deny", "what a directive does not name is denied")
        provision = root.only("provision", _ANOTHER)
    statement = read_statement(provision, network)
    return asdict(statement) | {"modifiers": statement.modifiers}


def _status(root: Element, *, signed: bool) -> Status:
    text = root.text("status")
    if text not in frozenset(Status):
        root.fault("status", f"it can only be {', '.join(Status)}")
        return Status.DRAFT
    if text != Status.DRAFT and not signed:
        root.fault("status", "nobody signed the consent, so it is a draft")
    return Status(text)
