"""Values as JSON objects and back: bytes as 0x and hexadecimal digits, numbers within their bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixelpact.errors import InputError
from pixelpact.models import Directive, Modifier, Refusal

__all__ = [
    "DIRECTIVE",
    "REFUSAL",
    "Bytes",
    "Shape",
    "Uint",
    "directive_fields",
    "directive_of",
    "fields_of",
    "is_version",
    "object_of",
    "read_fields",
    "refusal_of",
    "refused",
]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A field of this many bytes."""

    length: int


@dataclass(frozen=True, slots=True)
class Uint:
    """A field that is a whole number of at most this many bits."""

    bits: int


Shape = Mapping[str, Bytes | Uint]

DIRECTIVE: Shape = {
    "subject": Bytes(20),
    "custodian": Uint(32),
    "study": Bytes(32),
    "grantee": Uint(32),
    "categories": Uint(64),
    "purposes": Uint(64),
    "permission": Uint(16),
    "vocabulary": Uint(16),
    "generation": Uint(32),
    "not_before": Uint(64),
    "expiry": Uint(64),
    "salt": Bytes(32),
}
REFUSAL: Shape = {
    "subject": Bytes(20),
    "custodian": Uint(32),
    "study": Bytes(32),
    "grantee": Uint(32),
    "purposes": Uint(64),
    "sequence": Uint(64),
}
_MODIFIER: Shape = {"code": Uint(16), "value": Bytes(32)}
_MOST_MODIFIERS = 8


def refused(why: str) -> InputError:
    """The error for a document that is not what it should be."""
    return InputError(
        "This is not a document that PixelPact wrote",
        why=why,
        remedy="Ask whoever sent it to hand it over again, unchanged",
    )


def object_of(text: str) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        InputError: no JSON, no object, or one with a key twice.
    """
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise refused("it is not strict JSON") from error
    if not isinstance(value, dict):
        raise refused("it is not a JSON object")
    return value


def fields_of(value: object, shape: Shape) -> dict[str, Any]:
    """The fields of a value that a shape names, as JSON has them."""
    return {
        name: "0x" + getattr(value, name).hex() if isinstance(kind, Bytes) else int(getattr(value, name))
        for name, kind in shape.items()
    }


def is_version(value: object, version: int) -> bool:
    """Whether a document is of this version: the whole number, not what Python takes for the same."""
    return type(value) is int and value == version


def read_fields(value: object, shape: Shape, *, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Read what ``fields_of`` wrote; ``more`` are keys that somebody else reads.

    Raises:
        InputError: a key missing or unknown, or a value outside its bounds.
    """
    if not isinstance(value, dict) or set(value) != {*shape, *more}:
        raise refused("its fields are not those of such a document")
    return {name: _read(name, value[name], kind) for name, kind in shape.items()}


def directive_of(value: object) -> Directive:
    """Read a directive.

    Raises:
        InputError: it is none.
    """
    fields = read_fields(value, DIRECTIVE, more=("modifiers",))
    modifiers = value["modifiers"] if isinstance(value, dict) else None
    if not isinstance(modifiers, list) or len(modifiers) > _MOST_MODIFIERS:
        raise refused(f"its conditions are no list of at most {_MOST_MODIFIERS}")
    return Directive(
        **fields, modifiers=tuple(Modifier(**read_fields(each, _MODIFIER)) for each in modifiers)
    )


def directive_fields(directive: Directive) -> dict[str, Any]:
    """A directive as JSON has it."""
    return {
        **fields_of(directive, DIRECTIVE),
        "modifiers": [fields_of(each, _MODIFIER) for each in directive.modifiers],
    }


def refusal_of(value: object) -> Refusal:
    """Read a refusal.

    Raises:
        InputError: it is none.
    """
    return Refusal(**read_fields(value, REFUSAL))


def _read(name: str, value: object, kind: Bytes | Uint) -> bytes | int:
    if isinstance(kind, Uint):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << kind.bits:
            raise refused(f"its {name} must be a whole number of at most {kind.bits} bits")
        return value
    if not isinstance(value, str) or not re.fullmatch(f"0x[0-9a-f]{{{2 * kind.length}}}", value):
        raise refused(f"its {name} must be 0x and {2 * kind.length} hexadecimal digits")
    return bytes.fromhex(value[2:])


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("it has a key twice")
    return value
