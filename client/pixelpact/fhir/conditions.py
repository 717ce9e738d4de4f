"""A directive's DUO modifiers as modifierExtensions of a provision, and back (docs/fhir.md, Conditions)."""

from __future__ import annotations

import re
from typing import Any, Final

from pixelpact.chain import Network
from pixelpact.fhir.elements import Element
from pixelpact.fhir.faults import Faults
from pixelpact.fhir.names import CONDITION, COUNTRY, DUO, duo_code, system_of
from pixelpact.fhir.times import LAST_SECOND, datetime_text, seconds_of
from pixelpact.models import ANY_INSTITUTION_LATER_TOO, ZERO32, Modifier
from pixelpact.policy import ModifierCode

__all__ = ["condition_of", "modifier_of"]

# By their codes.
_MODIFIERS: Final = {duo_code(each): each for each in ModifierCode}

_HIGHEST_INTEGER = 2**31 - 1
# A term of an ontology, such as MONDO:0005148.
_TERM = re.compile("[!-~]{1,32}")
_COUNTRY = re.compile("[A-Z]{2}")


def condition_of(modifier: Modifier, network: Network, path: str, faults: Faults) -> dict[str, Any]:
    """A modifier as an extension; what of it has no place goes to ``faults``, by the modifier's path."""
    if modifier.code not in _MODIFIERS.values():
        faults.add(f"{path}.code", f"{duo_code(modifier.code)} is not a DUO modifier")
        return {}
    parts: list[dict[str, Any]] = [
        {"url": "code", "valueCoding": {"system": DUO, "code": duo_code(modifier.code)}}
    ]
    # Zeros are no value: the same whether a modifier has none or takes none.
    if modifier.value != ZERO32:
        value = _value_of(ModifierCode(modifier.code), modifier.value, network)
        if value is None:
            why = f"it is not what {ModifierCode(modifier.code).name} takes for a value"
            faults.add(f"{path}.value", why)
            return {}
        parts.append({"url": "value", **value})
    return {"url": CONDITION, "extension": parts}


def _value_of(  # noqa: PLR0911 - one for each kind of value
    code: ModifierCode, value: bytes, network: Network
) -> dict[str, Any] | None:
    """The value of a modifier of this code as FHIR has it; None when it is none."""
    number = int.from_bytes(value)
    match code:
        case ModifierCode.GS if (country := _padded(value, _COUNTRY)) is not None:
            return {"valueCoding": {"system": COUNTRY, "code": country}}
        case ModifierCode.DS | ModifierCode.RS if (term := _padded(value, _TERM)) is not None:
            return {"valueString": term}
        case ModifierCode.IS if number < ANY_INSTITUTION_LATER_TOO:
            return _identifier(system_of(network, "institution"), str(number))
        case ModifierCode.TS if number <= _HIGHEST_INTEGER:
            return {"valueUnsignedInt": number}
        case ModifierCode.MOR if number <= LAST_SECOND:
            return {"valueDateTime": datetime_text(number)}
        case ModifierCode.PS:
            return _identifier(system_of(network, "project"), f"0x{value.hex()}")
        case ModifierCode.US:
            return {"valueString": f"0x{value.hex()}"}
        case _:
            return None


def _identifier(system: str, value: str) -> dict[str, Any]:
    return {"valueIdentifier": {"system": system, "value": value}}


def _padded(value: bytes, pattern: re.Pattern[str]) -> str | None:
    text = value.rstrip(b"\0").decode("latin-1")
    return text if pattern.fullmatch(text) else None


def modifier_of(extension: Element, network: Network) -> Modifier:
    """Read what ``condition_of`` wrote; what is anything else goes to the element's faults."""
    parts, _ = extension.extensions("extension", {"code", "value"})
    named = parts["code"].child("valueCoding").coding(DUO) if "code" in parts else ""
    code = _MODIFIERS.get(named)
    if code is None:
        extension.refuse("it names no DUO modifier that the vocabulary has")
        return Modifier(0)
    if "value" not in parts:
        return Modifier(code)
    value = _read_value(code, parts["value"], network)
    if value is None or value == ZERO32:
        parts["value"].refuse(f"it is not what {code.name} takes for a value")
    return Modifier(code, value or ZERO32)


def _read_value(  # noqa: PLR0911 - one for each kind of value
    code: ModifierCode, part: Element, network: Network
) -> bytes | None:
    """The value of a modifier of this code; None when it is none."""
    match code:
        case ModifierCode.GS:
            return _ascii(part.child("valueCoding").coding(COUNTRY), _COUNTRY)
        case ModifierCode.DS | ModifierCode.RS:
            return _ascii(part.text("valueString"), _TERM)
        case ModifierCode.IS:
            number = part.child("valueIdentifier").institution(network)
            return _number(number, ANY_INSTITUTION_LATER_TOO - 1)
        case ModifierCode.TS:
            return _number(part.take("valueUnsignedInt"), _HIGHEST_INTEGER)
        case ModifierCode.MOR:
            return _number(seconds_of(part.text("valueDateTime")), LAST_SECOND)
        case ModifierCode.PS:
            return part.child("valueIdentifier").digits(system_of(network, "project"), 32)
        case ModifierCode.US:
            return part.hexadecimal("valueString", 32)
        case _:
            return None


def _ascii(text: str, pattern: re.Pattern[str]) -> bytes | None:
    return text.encode("ascii").ljust(32, b"\0") if pattern.fullmatch(text) else None


def _number(value: object, highest: int) -> bytes | None:
    return value.to_bytes(32) if type(value) is int and 0 <= value <= highest else None
