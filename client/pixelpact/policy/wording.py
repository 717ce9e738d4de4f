"""How numbers, sets and times are said to people, everywhere in this room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pixelpact.policy._generated import Category, ModifierCode, Obligation, Permission, Purpose
from pixelpact.policy.vocabulary import (
    MODIFIERS,
    PERMISSIONS,
    PURPOSES,
    purpose_set,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: The last second of the year 9999, the last that a calendar date is written for.
_LAST_DATE = 253_402_300_799


def moment(seconds: int) -> str:
    """A time of the chain as a date and time in UTC (RFC 3339)."""
    if seconds > _LAST_DATE:
        return "the end of time"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def institution(number: int, names: Mapping[int, str]) -> str:
    """An institution by its name, where one is known, and its number."""
    return f"{names[number]} (institution {number})" if number in names else f"institution {number}"


def purpose(number: int) -> str:
    """A purpose by its code and label."""
    if number not in PURPOSES:
        return f"the unknown purpose {number}"
    known = Purpose(number)
    return f"{known.label} ({known.name})"


def permission(number: int) -> str:
    """A data use permission by its shorthand and label."""
    if number not in PERMISSIONS:
        return f"the unknown permission DUO:{number:07}"
    known = Permission(number)
    return f"{known.label} ({known.name})"


def condition(number: int) -> str:
    """A modifier by its shorthand and what it demands."""
    if number not in MODIFIERS:
        return f"the unknown condition DUO:{number:07}"
    known = ModifierCode(number)
    return f"{known.label} ({known.name})"


def code(value: bytes) -> str:
    """A disease's or a kind of research's code, as its 32 bytes carry it (ASCII with zeros behind it)."""
    text = value.rstrip(b"\0")
    return (
        text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else f"0x{value.hex()}"
    )


def country(letters: bytes) -> str:
    """A country by its two letters; none where nothing is said."""
    if not any(letters):
        return "no stated country"
    return letters.decode("ascii", "replace")


def series(parts: Sequence[str], joint: str = "and") -> str:
    """Parts as one reads them out: a, b and c."""
    return f" {joint} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def categories(bits: int) -> str:
    """A set of kinds of images, the unknown ones by their bit."""
    return (
        series([*_members(Category, bits), *_unknown(bits, Category, "the unknown kind of image")]) or "none"
    )


def obligations(bits: int) -> str:
    """A set of obligations, as what is to be done."""
    return (
        series([*_members(Obligation, bits), *_unknown(bits, Obligation, "the unknown obligation")]) or "none"
    )


def purposes(bits: int, joint: str = "and") -> str:
    """A set of purposes, without those that another one in it covers."""
    known = [one for one in Purpose if bits >> one & 1 and not _covered_by_parent(bits, one)]
    strangers = [bit for bit in range(64) if bits >> bit & 1 and bit not in PURPOSES]
    return series([purpose(number) for number in (*known, *strangers)], joint) or "none"


def _covered_by_parent(bits: int, one: Purpose) -> bool:
    parent = one.parent
    return parent is not None and (bits & purpose_set(parent) != 0 or _covered_by_parent(bits, parent))


def _members(kind: type[Category | Obligation], bits: int) -> Iterable[str]:
    return (member.label for member in kind if member & bits)


def _unknown(bits: int, kind: type[Category | Obligation], word: str) -> Iterable[str]:
    return (f"{word} {bit}" for bit in range(len(kind), 64) if bits >> bit & 1)
