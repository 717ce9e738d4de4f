"""The models of ``fhir.resources``: what is written and what is read must be a Consent of its release."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pydantic import ValidationError

from pixelpact.errors import InputError
from pixelpact.fhir.names import Release

__all__ = ["require_consent"]

_MODULES = {Release.R4B: "fhir.resources.R4B.consent", Release.R5: "fhir.resources.consent"}


def require_consent(resource: dict[str, Any], release: Release) -> None:
    """Check a resource against the model of its release.

    Raises:
        InputError: it is no Consent of this release, or the extra ``fhir`` is not installed.
    """
    try:
        model = import_module(_MODULES[release]).Consent
    except ModuleNotFoundError as error:
        raise InputError(
            "FHIR can't be spoken here",
            why="the package fhir.resources is not installed",
            remedy="Install it: pip install 'pixelpact[fhir]'",
        ) from error
    try:
        model.model_validate(resource)
    except Exception as error:  # The models also raise what Python does on a value of another type.
        raise InputError(
            f"This is no FHIR Consent of release {release}",
            why=_first(error)
            if isinstance(error, ValidationError)
            else "an element has not the type it should",
            remedy="Check which release it is of, and give it as its source wrote it",
        ) from error


def _first(error: ValidationError) -> str:
    # Where and what, not the value: it may tell of a patient.
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in found["loc"]) or "the resource"
    return f"{place}: {' '.join(found['msg'].split())}"
