"""What people type, as the library's values: judged before profile, password or network are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from pixelpact.errors import InputError

if TYPE_CHECKING:
    from enum import Enum, IntFlag
    from pathlib import Path

    from pixelpact.models import Modifier
    from pixelpact.policy import Category, GuardianPower, ModifierCode, Obligation, Purpose

__all__ = [
    "address_of",
    "categories_of",
    "conditions_of",
    "content_of",
    "country_of",
    "flags_of",
    "grantee_of",
    "member_of",
    "obligations_of",
    "powers_of",
    "purposes_of",
    "study_of",
    "term_of",
    "ward_of",
]

M = TypeVar("M", bound="Enum")
F = TypeVar("F", bound="IntFlag")
#: The longest form, note or report, in bytes.
_LONGEST = 64 << 20


def member_of(kind: type[M], name: str, what: str, where: str) -> M:
    """A member of an enumeration by its name, in any letter case.

    Raises:
        InputError: there is none of this name.
    """
    found = kind.__members__.get(name.upper().replace("-", "_"))
    if found is None:
        raise InputError(
            f"There is no {what} {name!r}",
            why=f"the names are {', '.join(kind.__members__)}",
            remedy=f"Take one of them; {where} says what each means",
        )
    return found


def flags_of(kind: type[F], names: Sequence[str], what: str) -> F:
    """A set by its members' names, in any letter case; the one name ``none`` is the empty set.

    Raises:
        InputError: there is none of this name, or ``none`` beside another.
    """
    found = kind(0)
    if [name.lower() for name in names] == ["none"]:
        return found
    for name in names:
        found |= member_of(kind, name, what, "docs/policy.md")
    return found


def country_of(text: str) -> str:
    """A country: two capital letters.

    Raises:
        InputError: anything else.
    """
    if not re.fullmatch("[A-Z]{2}", text):
        raise InputError(
            f"{text!r} is no country",
            why="a country is two capital letters (ISO 3166-1 alpha-2)",
            remedy="Give it such as CH",
        )
    return text


def purposes_of(names: Sequence[str]) -> list[Purpose]:
    """HL7 purposes of use by their codes."""
    from pixelpact.policy import Purpose

    return [member_of(Purpose, name, "purpose", "docs/policy.md") for name in names]


def categories_of(names: Sequence[str]) -> Category:
    """Kinds of images by their names; none given is all of them."""
    from pixelpact.policy import Category

    found = Category(0)
    for name in names or list(Category.__members__):
        found |= member_of(Category, name, "kind of image", "docs/policy.md")
    return found


def obligations_of(names: Sequence[str]) -> Obligation:
    """What a requester promises, by names."""
    from pixelpact.policy import Obligation

    found = Obligation(0)
    for name in names:
        found |= member_of(Obligation, name, "obligation", "docs/policy.md")
    return found


def powers_of(names: Sequence[str]) -> GuardianPower:
    """What a guardian may beside withdrawing and refusing, by names."""
    from pixelpact.policy import GuardianPower

    found = GuardianPower(0)
    for name in names:
        found |= member_of(GuardianPower, name, "power of a guardian", "docs/policy.md")
    return found


def ward_of(subject: str | None, appointment: int | None) -> tuple[bytes, int] | None:
    """In whose name a guardian signs: the patient's address and the appointment's number; None for nobody.

    Raises:
        InputError: one of the two without the other, or no address.
    """
    if subject is None and appointment is None:
        return None
    if subject is None or appointment is None:
        raise InputError(
            "It is not clear in whose name this is signed",
            why="a guardian signs for a patient, by an appointment",
            remedy="Give --for with the patient's address and --appointment with its number, or neither",
        )
    return address_of(subject, "a patient's"), appointment


def address_of(text: str, whose: str) -> bytes:
    """An address: 0x and 40 hexadecimal digits, with a right checksum (EIP-55) where their case varies.

    Raises:
        InputError: anything else.
    """
    if not re.fullmatch("0x[0-9a-fA-F]{40}", text) or not int(text, 16):
        raise InputError(
            f"{text!r} is not {whose} address",
            why="an address is 0x and 40 hexadecimal digits, not all of them zero",
            remedy="Copy it from where it was printed",
        )
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()):
        from eth_utils.address import is_checksum_address

        if not is_checksum_address(text):
            raise InputError(
                f"{text} is mistyped",
                why="the capital letters in it are a checksum (EIP-55), and it does not fit",
                remedy="Copy it from where it was printed",
            )
    return bytes.fromhex(digits)


def content_of(path: Path, what: str) -> bytes:
    """The bytes of a form, a note or a report.

    Raises:
        InputError: no plain file, an empty one, or one of more than 64 MiB.
    """
    try:
        if not path.is_file():
            raise InputError(
                f"The {what} {path} can't be read",
                why="there is no file of this name",
                remedy="Give the scan or the text as a file",
            )
        size = path.stat().st_size
        if not 0 < size <= _LONGEST:
            raise InputError(
                f"The {what} {path} can't be used",
                why="it is empty" if not size else f"it is longer than {_LONGEST} bytes",
                remedy="Give the scan or the text as a file",
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The {what} {path} can't be read",
            why=error.strerror or str(error),
            remedy="Give the scan or the text as a file",
        ) from error


def study_of(text: str) -> bytes:
    """A study's whole number.

    Raises:
        InputError: not 64 hexadecimal digits.
    """
    digits = text.lower().removeprefix("0x")
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise InputError(
            f"{text!r} is not a study's number",
            why="it has 64 hexadecimal digits",
            remedy="Copy it from where it was printed; the hospital knows it",
        )
    return bytes.fromhex(digits)


def grantee_of(text: str) -> int:
    """An institution's number, ``any``, or ``any-later-too``.

    Raises:
        InputError: none of these.
    """
    from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO

    named = {"any": ANY_INSTITUTION, "any-later-too": ANY_INSTITUTION_LATER_TOO}
    if text in named:
        return named[text]
    if (
        not text.isascii()
        or not text.isdigit()
        or len(text) > 10
        or not 1 <= int(text) < ANY_INSTITUTION_LATER_TOO
    ):
        raise InputError(
            f"{text!r} is nobody who may be allowed to have images",
            why="it is neither an institution's number, nor any, nor any-later-too",
            remedy="Give the institution's number",
        )
    return int(text)


def term_of(days: int, most: int | None = None) -> timedelta:
    """A number of days, for so many seconds at most; ten years unless told.

    Raises:
        InputError: less than one, or too many.
    """
    from pixelpact.policy import MAX_TERM

    longest = (MAX_TERM if most is None else most) // 86_400
    if not 1 <= days <= longest:
        raise InputError(
            f"{days} days are no term", why=f"it is 1 to {longest} days", remedy="Give another with --days"
        )
    return timedelta(days=days)


def conditions_of(texts: Sequence[str]) -> list[Modifier]:
    """DUO modifiers as ``NPU``, ``GS=DE``, ``IS=2``, ``TS=12``, ``MOR=2027-01-31``; in their order.

    Raises:
        InputError: an unknown one, or a value that it does not take.
    """
    return sorted(_condition(text) for text in texts)


def _condition(text: str) -> Modifier:
    from pixelpact.models import Modifier
    from pixelpact.policy import ModifierCode

    name, given, value = text.partition("=")
    code = member_of(ModifierCode, name, "condition", "docs/policy.md")
    if not given:
        return Modifier(int(code))
    try:
        return Modifier(int(code), _condition_value(code, value))
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{value!r} is no value for the condition {code.name}",
            why="GS takes a country, IS an institution, TS months, MOR a date, DS and RS a code, PS a "
            "project's whole number, others hexadecimal digits",
            remedy="For one: GS=DE, IS=2, TS=12, MOR=2027-01-31, DS=MONDO:0005148",
        ) from error


def _condition_value(code: ModifierCode, value: str) -> bytes:
    from pixelpact.consortium import code_bytes
    from pixelpact.policy import ModifierCode

    match code:
        case ModifierCode.GS:
            return value.encode("ascii").ljust(32, b"\0")
        case ModifierCode.IS | ModifierCode.TS:
            return int(value).to_bytes(32, "big")
        case ModifierCode.DS | ModifierCode.RS:
            return code_bytes(value)
        case ModifierCode.MOR:
            day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
            return int(day.timestamp()).to_bytes(32, "big")
        case _:
            digits = value.removeprefix("0x")
            if code is ModifierCode.PS and len(digits) != 64:
                raise ValueError(digits)
            return bytes.fromhex(digits).rjust(32, b"\0")
