"""Numbers as people type them: their first digits are enough."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pixelpact.errors import InputError

__all__ = ["complete", "require_digits"]


def require_digits(digits: str, kind: str) -> str:
    """Judge a number, or its beginning, before anything is opened; it comes back without 0x.

    Raises:
        InputError: no hexadecimal digits, or more than 64.
    """
    wanted = digits.lower().removeprefix("0x")
    if not re.fullmatch("[0-9a-f]{1,64}", wanted):
        raise InputError(
            f"{digits!r} is not a {kind}'s number",
            why="numbers are hexadecimal, up to 64 digits",
            remedy="Copy it from where it was printed; its first digits are enough",
        )
    return wanted


def complete(digits: str, kind: str, numbers: Iterable[bytes], where: str) -> bytes:
    """The one number of 32 bytes that begins with these hexadecimal digits.

    Args:
        digits: with or without 0x.
        kind: what it is the number of.
        numbers: those there are.
        where: what shows them, a sentence without a full stop.

    Raises:
        InputError: no such digits, no such number, or more than one.
    """
    wanted = require_digits(digits, kind)
    found = [number for number in numbers if number.hex().startswith(wanted)]
    if not found:
        raise InputError(f"There is no {kind} whose number begins with 0x{wanted}", remedy=where)
    if len(found) > 1:
        raise InputError(
            f"The number of more than one {kind} begins with 0x{wanted}",
            why=f"{len(found)} do, and one must be meant",
            remedy="Give more of its digits",
        )
    return found[0]
