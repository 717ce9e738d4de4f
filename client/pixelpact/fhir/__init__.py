"""A directive as an HL7 FHIR Consent (R4B or R5) and back: docs/fhir.md, by ``fhir.resources``.

Nothing is dropped on the way: what the other side has no place for is refused by name (NotExpressibleError).
Needs the extra ``fhir``.
"""

from __future__ import annotations

from pixelpact.fhir.names import Release, Status
from pixelpact.fhir.reading import ReadConsent, parse_consent
from pixelpact.fhir.writing import consent_text

__all__ = ["ReadConsent", "Release", "Status", "consent_text", "parse_consent"]
