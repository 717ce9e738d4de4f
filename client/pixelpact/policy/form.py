"""Whether a directive can be signed: everything that would make it void, useless or not what it seems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelpact.errors import InputError
from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO, ZERO32
from pixelpact.policy import wording
from pixelpact.policy._generated import Category, ModifierCode, Permission, Purpose
from pixelpact.policy.vocabulary import (
    MARKETING,
    MAX_MODIFIERS,
    MAX_TERM,
    MODIFIERS,
    MONTH,
    PERMISSIONS,
    RESEARCH,
    TREATMENT,
    VOCABULARY_VERSION,
    allows_research,
    descendants,
)

if TYPE_CHECKING:
    from pixelpact.models import Directive, Modifier

#: Modifiers that mean something without a value; theirs is zeros, so that nobody thinks it said more.
_WITHOUT_VALUE = (
    ModifierCode.NMDS,
    ModifierCode.GSO,
    ModifierCode.NPUNCU,
    ModifierCode.PUB,
    ModifierCode.COL,
    ModifierCode.IRB,
    ModifierCode.RTN,
    ModifierCode.NPOA,
    ModifierCode.NPU,
    ModifierCode.NCU,
)
#: Those whose value names something by its digest or code, so that it can't be zeros.
_NAMED_BY_VALUE = {
    ModifierCode.DS: "a disease",
    ModifierCode.RS: "a kind of research",
    ModifierCode.US: "a list of users",
    ModifierCode.PS: "a project",
}
_NON_COMMERCIAL = (ModifierCode.NPUNCU, ModifierCode.NCU)
_LAST_INSTITUTION = ANY_INSTITUTION_LATER_TOO - 1


def check_directive(directive: Directive) -> None:
    """Refuse a directive that the contracts would find malformed, or that can't mean what one would think.

    One that passes may still permit nothing for now: with a condition that only a project can show to hold.
    `describe` says so.

    Raises:
        InputError: what is wrong with it, and what to do.
    """
    _check_parties(directive)
    _check_sets(directive)
    _check_term(directive)
    _check_permission(directive)
    _check_modifiers(directive)


def _fault(why: str, remedy: str) -> InputError:
    return InputError("The consent can't be signed", why=why, remedy=remedy)


def _check_parties(directive: Directive) -> None:
    if len(directive.subject) != 20 or not any(directive.subject):
        raise _fault(
            "its patient's address is not 20 bytes, or is zero", "Give the address of the patient's key"
        )
    if not 1 <= directive.custodian <= _LAST_INSTITUTION:
        raise _fault("it names no hospital that holds the images", "Give the hospital's number, from 1")
    if not 0 <= directive.grantee <= ANY_INSTITUTION_LATER_TOO:
        raise _fault(
            f"{directive.grantee} is not an institution's number",
            "Give the institution's number, or say that any institution may ask",
        )
    if len(directive.study) != 32:
        raise _fault(
            "its study's number is not 32 bytes", "Give one study's number, or zeros for the whole record"
        )
    if len(directive.salt) != 32 or directive.salt == ZERO32:
        raise _fault(
            "its salt is not 32 random bytes, so that its hash on the chain could be guessed",
            "Draw a new one",
        )
    if not 0 <= directive.generation < 2**32:
        raise _fault(
            f"{directive.generation} is not a generation", "Read the patient's generation from the chain"
        )


def _check_sets(directive: Directive) -> None:
    if directive.categories <= 0:
        raise _fault("it grants no kind of images", "Name at least one")
    if directive.categories >> len(Category):
        raise _fault(
            f"it grants {wording.categories(directive.categories >> len(Category) << len(Category))}",
            "Name kinds of images that the vocabulary has",
        )
    if directive.purposes <= 0:
        raise _fault("it grants no purpose", "Name at least one")
    if directive.purposes >> len(Purpose):
        raise _fault(
            f"it grants {wording.purposes(directive.purposes >> len(Purpose) << len(Purpose))}",
            "Name purposes that the vocabulary has",
        )
    if directive.vocabulary != VOCABULARY_VERSION:
        raise _fault(
            f"it speaks vocabulary {directive.vocabulary}, which is not known here",
            f"Sign under vocabulary {VOCABULARY_VERSION}",
        )


def _check_term(directive: Directive) -> None:
    if not 0 <= directive.not_before < 2**64 or not 0 < directive.expiry < 2**64:
        raise _fault(
            "its start or its end is not a time", "Give both as seconds since 1970; the end can't be 0"
        )
    if directive.expiry <= directive.not_before:
        raise _fault("it would end before it starts", "Give an end that comes after the start")
    if directive.expiry - directive.not_before > MAX_TERM:
        raise _fault("its term is longer than ten years of 365.25 days", "Give an end that comes sooner")


def _check_permission(directive: Directive) -> None:
    """Every purpose named must be one that the permission allows, itself or something narrower."""
    if directive.permission != 0 and directive.permission not in PERMISSIONS:
        raise _fault(
            f"DUO:{directive.permission:07} is not a data use permission",
            f"Take one of {', '.join(one.name for one in Permission)}",
        )
    for purpose in Purpose:
        if not directive.purposes >> purpose & 1:
            continue
        if not any(_allows(directive, narrower) for narrower in descendants(purpose)):
            has = wording.permission(directive.permission) if directive.permission else "none"
            raise _fault(
                f"it names {wording.purpose(purpose)}, which its data use permission ({has}) and conditions "
                "never allow",
                "Leave the purpose out, or take a permission and conditions that allow it",
            )


def _allows(directive: Directive, purpose: Purpose) -> bool:
    if purpose in RESEARCH:
        prohibited = any(modifier.code == ModifierCode.NPOA for modifier in directive.modifiers)
        return allows_research(directive.permission, purpose) and not (
            prohibited and purpose in (Purpose.HRESCH, Purpose.POARCH)
        )
    if purpose in MARKETING and any(modifier.code in _NON_COMMERCIAL for modifier in directive.modifiers):
        return False
    return directive.permission != Permission.CC or purpose in TREATMENT


def _check_modifiers(directive: Directive) -> None:
    codes = [modifier.code for modifier in directive.modifiers]
    if directive.permission == Permission.DS and ModifierCode.DS not in codes:
        raise _fault(
            "its permission is DS, for research on one disease, and it names none",
            "Add the modifier DS with the disease's code, or take another permission",
        )
    if len(codes) > MAX_MODIFIERS:
        raise _fault(
            f"it carries {len(codes)} conditions",
            f"Name at most {MAX_MODIFIERS}; further ones belong in a consent of their own",
        )
    if codes != sorted(set(codes)):
        raise _fault(
            "its conditions don't ascend by their DUO numbers, each once", "Sort them, and drop repeats"
        )
    for modifier in directive.modifiers:
        if modifier.code not in MODIFIERS:
            raise _fault(
                f"DUO:{modifier.code:07} is not a data use modifier",
                f"Take one of {', '.join(one.name for one in ModifierCode)}",
            )
        _check_value(ModifierCode(modifier.code), modifier, directive)


def _check_value(code: ModifierCode, modifier: Modifier, directive: Directive) -> None:
    value = int.from_bytes(modifier.value)
    if len(modifier.value) != 32:
        raise _fault(f"the value of {code.name} is not 32 bytes", "Pad it to 32")
    if code == ModifierCode.DS and directive.permission != Permission.DS:
        raise _fault(
            "it names a disease, but its permission is not DS", "Take the permission DS, or leave it out"
        )
    if code == ModifierCode.IS and not 1 <= value <= _LAST_INSTITUTION:
        raise _fault("IS does not name an institution", "Give the institution's number as its value")
    if code == ModifierCode.IS and directive.grantee not in (
        ANY_INSTITUTION,
        ANY_INSTITUTION_LATER_TOO,
        value,
    ):
        raise _fault("IS names another institution than the consent does", "Name the same, or leave IS out")
    if code == ModifierCode.GS and not _is_country(modifier.value):
        raise _fault(
            "GS does not name a country", "Give two capital letters (ISO 3166-1 alpha-2), then zeros"
        )
    if code == ModifierCode.TS and not 1 <= value <= MAX_TERM // MONTH:
        raise _fault(
            "TS does not name a number of months", f"Give the months, 1 to {MAX_TERM // MONTH}, as its value"
        )
    if code == ModifierCode.MOR and not 1 <= value < 2**64:
        raise _fault("MOR does not name a date", "Give the date in seconds since 1970 as its value")
    if code in _NAMED_BY_VALUE and not value:
        raise _fault(f"{code.name} does not name {_NAMED_BY_VALUE[code]}", "Give it as its value")
    if code in _WITHOUT_VALUE and value:
        raise _fault(f"{code.name} takes no value", "Leave its value zeros")


def _is_country(value: bytes) -> bool:
    return value[:2].isalpha() and value[:2].isascii() and value[:2].isupper() and not any(value[2:])
