"""A Consent's one provision as what a directive permits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pixelpact.chain import Network
from pixelpact.fhir.conditions import modifier_of
from pixelpact.fhir.elements import Element
from pixelpact.fhir.names import (
    ACT_REASON,
    ACTIONS,
    ANYBODY,
    CATEGORY,
    CONDITION,
    CONSENT_ACTION,
    DUO,
    GRANTEES,
    PARTICIPATION,
    PERMISSION,
    duo_code,
    system_of,
)
from pixelpact.fhir.times import seconds_of
from pixelpact.models import ANY_INSTITUTION_LATER_TOO, WHOLE_RECORD, Modifier
from pixelpact.policy import MAX_MODIFIERS, Category, Permission, Purpose

__all__ = ["Statement", "read_statement"]

_PERMISSIONS: Final = {duo_code(each): each for each in Permission}
_GRANTEES: Final = {name: number for number, name in GRANTEES.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """The fields of a directive (docs/contracts.md) that a provision holds."""

    custodian: int
    study: bytes
    grantee: int
    categories: int
    purposes: int
    permission: int
    not_before: int
    expiry: int
    modifiers: tuple[Modifier, ...]


def read_statement(provision: Element, network: Network) -> Statement:
    """Read a provision; what is wrong with it goes to its faults."""
    permission, modifiers = _narrowed(provision, network)
    custodian, grantee = _parties(provision, network)
    not_before, expiry = _term(provision)
    found = [action.concept(CONSENT_ACTION) for action in provision.children("action")]
    if sorted(found) != sorted(ACTIONS):
        provision.fault("action", f"a directive permits {' and '.join(ACTIONS)}, no less and no more")
    return Statement(
        custodian=custodian,
        study=_study(provision, network),
        grantee=grantee,
        categories=_categories(provision),
        purposes=_purposes(provision),
        permission=permission,
        not_before=not_before,
        expiry=expiry,
        modifiers=modifiers,
    )


def _narrowed(provision: Element, network: Network) -> tuple[int, tuple[Modifier, ...]]:
    named, conditions = provision.extensions("modifierExtension", {PERMISSION}, {CONDITION})
    permission = 0
    if PERMISSION in named:
        coding = named[PERMISSION].child("valueCoding")
        permission = int(_PERMISSIONS.get(coding.coding(DUO), 0))
        if not permission:
            coding.fault("code", "it is no DUO permission that the vocabulary has")
    modifiers = sorted(modifier_of(each, network) for each in conditions)
    if len({each.code for each in modifiers}) != len(modifiers) or len(modifiers) > MAX_MODIFIERS:
        provision.fault("modifierExtension", f"a directive has at most {MAX_MODIFIERS} conditions, each once")
    return permission, tuple(modifiers)


def _parties(provision: Element, network: Network) -> tuple[int, int]:
    """Who holds the images and who may have them: the custodian and the grantee."""
    found: dict[str, int] = {}
    for actor in provision.children("actor"):
        role = actor.child("role").concept(PARTICIPATION)
        if role not in ("CST", "IRCP") or role in found:
            actor.refuse("a directive has one who holds the images (CST), one who may have them (IRCP)")
            continue
        reference = actor.child("reference")
        reference.fixed("type", "Organization", "it can only be Organization")
        identifier = reference.child("identifier")
        if role == "IRCP" and identifier.peek("system") == ANYBODY:
            found[role] = _anybody(identifier)
        else:
            found[role] = _institution(identifier, network)
    for role in ("CST", "IRCP"):
        if role not in found:
            provision.fault("actor", f"there is none with the role {role}")
    return found.get("CST", 0), found.get("IRCP", 0)


def _institution(identifier: Element, network: Network) -> int:
    number = identifier.institution(network)
    if not 1 <= number < ANY_INSTITUTION_LATER_TOO:
        identifier.fault("value", "it is no institution's number")
    return number


def _anybody(identifier: Element) -> int:
    identifier.identified(ANYBODY)
    who = identifier.text("value")
    if who not in _GRANTEES:
        identifier.fault("value", f"it can only be {' or '.join(_GRANTEES)}")
    return _GRANTEES.get(who, 0)


def _term(provision: Element) -> tuple[int, int]:
    """The first second that it permits in, and the first that it does not."""
    period = provision.child("period")
    first, last = (_second(period, name) for name in ("start", "end"))
    if last < first:
        period.fault("end", "it is before the start")
    # A Period's end is inside it, a directive's expiry is not.
    return first, last + 1


def _second(period: Element, name: str) -> int:
    seconds = seconds_of(period.text(name))
    if seconds is None:
        period.fault(name, "it is not one whole second from 1970 on, with its offset from UTC")
    return seconds or 0


def _purposes(provision: Element) -> int:
    found = 0
    for coding in provision.children("purpose"):
        code = coding.coding(ACT_REASON)
        if code in Purpose.__members__ and not found >> Purpose[code] & 1:
            found |= 1 << Purpose[code]
        else:
            coding.fault("code", "it is no purpose that the vocabulary has, or is there twice")
    if not found:
        provision.fault("purpose", "a directive names its purposes")
    return found


def _categories(provision: Element) -> int:
    found = Category(0)
    for concept in provision.children("code"):
        code = concept.concept(CATEGORY)
        if code in Category.__members__ and not found & Category[code]:
            found |= Category[code]
        else:
            concept.refuse("it is no kind of image that the vocabulary has, or is there twice")
    if not found:
        provision.fault("code", "a directive names its kinds of images")
    return int(found)


def _study(provision: Element, network: Network) -> bytes:
    if not provision.has("data"):
        return WHOLE_RECORD
    data = provision.only("data", "a directive is for one study, or for all of them")
    data.fixed("meaning", "instance", "it can only be instance")
    reference = data.child("reference")
    reference.fixed("type", "ImagingStudy", "it can only be ImagingStudy")
    study = reference.child("identifier").digits(system_of(network, "study"), 32)
    if study == WHOLE_RECORD:
        data.refuse("zeros are no study's number")
    return study
