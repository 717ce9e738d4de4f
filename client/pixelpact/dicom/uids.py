"""Which UIDs DICOM allows."""

from __future__ import annotations

import re

__all__ = ["is_uid"]

_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")


def is_uid(text: str) -> bool:
    """Whether this is a UID by PS3.5 section 9.1: components without leading zeros, at most 64 characters."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None
