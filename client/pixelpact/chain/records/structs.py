"""How the shared values cross the ABI: a dataclass's fields are the struct's, in Solidity's spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pixelpact.models import (
    ZERO32,
    AccessQuery,
    Action,
    Directive,
    Evidence,
    Modifier,
    Motion,
    Project,
)

__all__ = [
    "Struct",
    "directive_of",
    "directive_struct",
    "evidence_of",
    "evidence_struct",
    "fields_of",
    "motion_of",
    "project_of",
    "query_of",
    "snake_case",
    "struct_of",
]

Struct = Mapping[str, Any]

# What an optional value is when there is none: the contracts look at the subject and at the root alone.
_NO_DIRECTIVE = Directive(bytes(20), 0, ZERO32, 0, 0, 0, 0, 0, 0, 0, 0, ZERO32)
_NO_EVIDENCE = Evidence(0, ZERO32, (), 0, b"")


def struct_of(value: Any) -> Struct:
    """A dataclass as its Solidity struct, structs within it too."""
    return {_camel_case(each.name): _converted(getattr(value, each.name)) for each in fields(value)}


def fields_of(struct: Struct) -> dict[str, Any]:
    """A struct's values under the names of a dataclass's fields."""
    return {snake_case(name): value for name, value in struct.items()}


def snake_case(name: str) -> str:
    """A Solidity name as Python spells it."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def directive_struct(directive: Directive | None) -> Struct:
    """``Directive``; that of the zero address, which is none, for None."""
    return struct_of(_NO_DIRECTIVE if directive is None else directive)


def directive_of(struct: Struct) -> Directive | None:
    """Read ``Directive``; None for that of the zero address, whose other fields nobody looks at."""
    if not any(struct["subject"]):
        return None
    modifiers = tuple(Modifier(each["code"], each["value"]) for each in struct["modifiers"])
    return Directive(**fields_of(struct) | {"modifiers": modifiers})


def evidence_struct(evidence: Evidence | None) -> Struct:
    """``Evidence``; that of root zero, which is none, for None."""
    return struct_of(_NO_EVIDENCE if evidence is None else evidence)


def evidence_of(struct: Struct) -> Evidence | None:
    """Read ``Evidence``; None for that of root zero, whose other fields nobody looks at."""
    return Evidence(**fields_of(struct)) if any(struct["root"]) else None


def query_of(struct: Struct) -> AccessQuery:
    """Read ``Query``."""
    return AccessQuery(**fields_of(struct))


def motion_of(struct: Struct) -> Motion:
    """Read ``InstitutionRegistry.Motion``."""
    return Motion(**fields_of(struct) | {"action": Action(struct["action"])})


def project_of(struct: Struct) -> Project:
    """Read ``ProjectRegistry.Project``."""
    return Project(**fields_of(struct))


def _converted(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_converted(each) for each in value]
    return struct_of(value) if is_dataclass(value) else value


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
