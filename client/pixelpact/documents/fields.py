"""Values as JSON objects and back: bytes as 0x and hexadecimal digits, numbers within their bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pixelpact.chain import eip712
from pixelpact.errors import InputError
from pixelpact.models import Appointment, Evidence, Modifier

__all__ = [
    "Bytes",
    "Shape",
    "Uint",
    "evidence_fields",
    "fields_of",
    "is_version",
    "message_fields",
    "object_of",
    "read_evidence",
    "read_fields",
    "read_message",
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
M = TypeVar("M")

_MODIFIER: Shape = {"code": Uint(16), "value": Bytes(32)}
_MOST_MODIFIERS = 8
_EVIDENCE: Shape = {
    "poster": Uint(32),
    "root": Bytes(32),
    "appointment": Uint(32),
    "signature": Bytes(65),
}
_BESIDE: Shape = {"hash": Bytes(32)}


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
    return {name: _shown(getattr(value, name)) for name in shape}


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


def message_fields(message: object) -> dict[str, Any]:
    """A message that is signed (EIP-712) as JSON has it."""
    fields: dict[str, Any] = {}
    for name in eip712.field_types(type(message)):
        value = getattr(message, name)
        if isinstance(value, tuple):
            fields[name] = [message_fields(each) for each in value]
        else:
            fields[name] = message_fields(value) if isinstance(value, Appointment) else _shown(value)
    return fields


def read_message(kind: type[M], value: object) -> M:
    """Read what ``message_fields`` wrote.

    Raises:
        InputError: it is no such message.
    """
    types = eip712.field_types(kind)
    within = tuple(name for name, solidity in types.items() if solidity in ("Modifier[]", "Appointment"))
    shape = {name: _shape_of(solidity) for name, solidity in types.items() if name not in within}
    fields = read_fields(value, shape, more=within)
    for name in within:
        inner = value[name] if isinstance(value, dict) else None
        fields[name] = read_message(Appointment, inner) if name == "appointment" else _modifiers(inner)
    return kind(**fields)


def evidence_fields(evidence: Evidence | None) -> dict[str, Any] | None:
    """What shows a consent in a batch, as JSON has it; null for none."""
    if evidence is None:
        return None
    return {**fields_of(evidence, _EVIDENCE), "path": [_shown(each) for each in evidence.path]}


def read_evidence(value: object, most: int) -> Evidence | None:
    """Read what ``evidence_fields`` wrote; its path has at most so many hashes.

    Raises:
        InputError: it is none.
    """
    if value is None:
        return None
    fields = read_fields(value, _EVIDENCE, more=("path",))
    path = value["path"] if isinstance(value, dict) else None
    if not isinstance(path, list) or len(path) > most:
        raise refused(f"its path is no list of at most {most} hashes")
    if not any(fields["root"]):
        raise refused("its root is that of no batch")
    return Evidence(**fields, path=tuple(read_fields({"hash": each}, _BESIDE)["hash"] for each in path))


def _modifiers(value: object) -> tuple[Modifier, ...]:
    if not isinstance(value, list) or len(value) > _MOST_MODIFIERS:
        raise refused(f"its conditions are no list of at most {_MOST_MODIFIERS}")
    return tuple(Modifier(**read_fields(each, _MODIFIER)) for each in value)


def _shape_of(solidity: str) -> Bytes | Uint:
    if solidity == "address":
        return Bytes(20)
    if solidity.startswith("bytes"):
        return Bytes(int(solidity.removeprefix("bytes")))
    return Uint(int(solidity.removeprefix("uint")))


def _shown(value: bytes | int) -> str | int:
    return "0x" + value.hex() if isinstance(value, bytes) else int(value)


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
