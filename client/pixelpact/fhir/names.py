"""The systems, codes and names that a Consent is written with (docs/fhir.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pixelpact.chain import Network
from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO

__all__ = [
    "ACTIONS",
    "ACT_CODE",
    "ACT_REASON",
    "ANYBODY",
    "BASE_RULE",
    "CATEGORY",
    "CONDITION",
    "CONSENT_ACTION",
    "CONSENT_SCOPE",
    "COUNTRY",
    "DUO",
    "GENERATION",
    "GRANTEES",
    "KIND",
    "LOINC",
    "PARTICIPATION",
    "PERMISSION",
    "POLICY",
    "SALT",
    "SCOPE",
    "SIGNATURE",
    "Release",
    "Status",
    "duo_code",
    "system_of",
]


class Release(StrEnum):
    """The releases of FHIR that are spoken."""

    R4B = "R4B"
    R5 = "R5"


class Status(StrEnum):
    """How a consent stands, as far as a Consent of both releases can say it."""

    #: Not on the chain, or not even signed.
    DRAFT = "draft"
    #: Recorded on the chain; its period says from when and until when it permits.
    ACTIVE = "active"
    #: Withdrawn or expired.
    INACTIVE = "inactive"


# Other people's code systems, as HL7 names them (the last two: by their ontology's and ISO's own URI).
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONSENT_ACTION: Final = "http://terminology.hl7.org/CodeSystem/consentaction"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
LOINC: Final = "http://loinc.org"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
DUO: Final = "http://purl.obolibrary.org/obo/duo.owl"
COUNTRY: Final = "urn:iso:std:iso:3166"

# Our own: URIs of the scheme that invitations have too, since the project has no domain.
ANYBODY: Final = "pixelpact:fhir:anybody"
CATEGORY: Final = "pixelpact:fhir:category"
CONDITION: Final = "pixelpact:fhir:condition"
GENERATION: Final = "pixelpact:fhir:generation"
PERMISSION: Final = "pixelpact:fhir:permission"
POLICY: Final = "pixelpact:fhir:policy:"
SALT: Final = "pixelpact:fhir:salt"
SIGNATURE: Final = "pixelpact:fhir:signature"

#: What a directive permits of consentaction.
ACTIONS: Final = ("access", "use")
#: R4B's rule (v3-ActCode) that nothing is allowed but for what is named.
BASE_RULE: Final = "OPTOUT"
#: A Consent's kind (LOINC): a patient's consent.
KIND: Final = "59284-0"
#: R4B's scope of a Consent.
SCOPE: Final = "patient-privacy"
#: Directive.grantee when it is no institution's number, and its name in the system ANYBODY.
GRANTEES: Final = {ANY_INSTITUTION: "any", ANY_INSTITUTION_LATER_TOO: "any-later-too"}


def system_of(network: Network, kind: str) -> str:
    """The namespace of a network's identifiers of a kind: ``consent``, ``institution``, ``patient``...

    Institution 2 of one network is not that of another, and FHIR wants an identifier to be unique.
    """
    contract = network.address("ConsentRegistry").hex()
    return f"pixelpact:network:{network.chain_id}:{network.genesis.hex()}:{contract}:{kind}"


def duo_code(number: int) -> str:
    """A DUO number as its code."""
    return f"DUO:{number:07}"
