"""Seconds since 1970 as FHIR's dateTime and back: whole seconds, with an offset from UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

__all__ = ["LAST_SECOND", "datetime_text", "seconds_of"]

#: The last second that a dateTime has: its years have four digits.
LAST_SECOND: Final = 253_402_300_799

_WHOLE_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", re.ASCII)


def datetime_text(seconds: int) -> str:
    """A second up to ``LAST_SECOND``, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> int | None:
    """The second that a dateTime names; None when it names none, or more than one, or one before 1970."""
    if not _WHOLE_SECOND.fullmatch(text):
        return None
    try:
        seconds = int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= LAST_SECOND else None
