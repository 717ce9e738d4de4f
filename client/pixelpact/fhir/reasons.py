"""Why the elements of other people's Consents can't become part of a directive."""

from __future__ import annotations

from typing import Final

__all__ = ["NO_PLACE", "REASONS"]

#: Of any element that has no reason of its own.
NO_PLACE: Final = "a directive has no place for it"

_HOLDER = "who holds the images is the actor with the role CST"
_KINDS = "a directive names kinds of images, not of resources or documents"
_NUMBERS = "a directive names the patient and the institutions by their numbers alone"
_OWN = "a directive is the patient's own"
_WORDS = "words beside a directive could say something else than it does"

#: By the element's name.
REASONS: Final = {
    "class": _KINDS,
    "contained": _NUMBERS,
    "controller": _HOLDER,
    "dataPeriod": "a directive can't be limited to images of a time",
    "date": "a directive does not say when it was agreed to",
    "dateTime": "a directive does not say when it was agreed to",
    "display": _WORDS,
    "documentType": _KINDS,
    "expression": "a directive holds no expression to be evaluated",
    "grantee": "who may have the images is the actor with the role IRCP",
    "grantor": _OWN,
    "implicitRules": "a directive stands under no rules but those of its policy",
    "manager": "nobody but the chain manages a directive",
    "organization": _HOLDER,
    "performer": _OWN,
    "provision": "a directive has no exceptions",
    "reference": _NUMBERS,
    "regulatoryBasis": "a directive names no law",
    "resourceType": _KINDS,
    "securityLabel": "a directive can't be limited to images with a label",
    "sourceAttachment": "a directive holds no form",
    "sourceReference": "a directive holds no form",
    "text": _WORDS,
    "verification": "a directive is verified by its signature alone",
}
