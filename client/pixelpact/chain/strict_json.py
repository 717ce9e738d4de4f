"""JSON as our files have it: no key twice, bytes as 0x and hexadecimal digits."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["hex_bytes", "load_strictly", "to_hex"]


def load_strictly(text: str) -> Any:
    """Parse JSON text.

    Raises:
        ValueError: it is not JSON, is nested too deeply, or has an object with a key twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def to_hex(value: bytes) -> str:
    """Bytes as our files have them."""
    return "0x" + value.hex()


def hex_bytes(value: object, what: str, length: int | None = None) -> bytes:
    """Read bytes, in any letter case, of this length unless it is None.

    Raises:
        ValueError: anything else; ``what`` begins the sentence's second half.
    """
    if not isinstance(value, str) or not re.fullmatch(r"0x(?:[0-9a-fA-F]{2})*", value):
        raise ValueError(f"{what} must be 0x and hexadecimal digits")
    found = bytes.fromhex(value[2:])
    if length is not None and len(found) != length:
        raise ValueError(f"{what} must be 0x and {2 * length} hexadecimal digits")
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("it has a key twice")
    return value
