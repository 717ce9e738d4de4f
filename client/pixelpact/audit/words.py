"""How ids, institutions and times are said to people in findings and in the trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pixelpact.policy import Purpose, Reason

__all__ = ["capital", "duration", "institution", "moment", "purpose", "reason", "series", "short"]

#: The last second of the year 9999, the last that a calendar date is written for.
_LAST_DATE = 253_402_300_799
_DAY = 86_400


def short(value: bytes) -> str:
    """An id or an address by its ends: enough to find it again, and to tell two apart in one trail."""
    text = value.hex()
    return f"0x{text[:8]}..{text[-4:]}"


def capital(text: str) -> str:
    """Text as a sentence begins with it."""
    return text[:1].upper() + text[1:]


def institution(number: int, names: Mapping[int, str]) -> str:
    """An institution by its name, where one is known, and its number."""
    return f"{names[number]} (institution {number})" if number in names else f"institution {number}"


def moment(seconds: int) -> str:
    """A time of the chain as a date and time in UTC (RFC 3339)."""
    if seconds > _LAST_DATE:
        return "the end of time"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: int) -> str:
    """A length of time in whole days where it is some, in seconds else."""
    days, rest = divmod(seconds, _DAY)
    if days and not rest:
        return f"{days} day{'s' * (days != 1)}"
    return f"{seconds} second{'s' * (seconds != 1)}"


def purpose(number: int) -> str:
    """A purpose by its label and code (HL7 v3 PurposeOfUse)."""
    if number not in _PURPOSES:
        return f"the unknown purpose {number}"
    known = Purpose(number)
    return f"{known.label} ({known.name})"


def reason(number: int) -> str:
    """A decision's reason by its number and name."""
    if number not in _REASONS:
        return f"{number} (unknown)"
    return f"{number} ({Reason(number).name})"


def series(parts: Iterable[str]) -> str:
    """Parts as one reads them out: a, b and c."""
    *head, last = parts
    return f"{', '.join(head)} and {last}" if head else last


_PURPOSES = frozenset(Purpose)
_REASONS = frozenset(Reason)
