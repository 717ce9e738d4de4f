"""docs/fhir.md is normative: its example reads, and its tables name what the code writes and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fhir_cases import DIRECTIVE, NETWORK, signed

from pixelpact.fhir import Release, consent_text, parse_consent
from pixelpact.models import WHOLE_RECORD, Directive
from pixelpact.policy import Category, ModifierCode, Purpose, purpose_set


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[2] / "docs" / "fhir.md").read_text("utf-8")


def test_its_example_is_the_consent_that_it_describes(page: str) -> None:
    (example,) = re.findall("```json\n(.*?)```", page, re.DOTALL)
    directive = replace(
        DIRECTIVE,
        study=WHOLE_RECORD,
        categories=int(Category.CT),
        purposes=purpose_set(Purpose.TREAT, Purpose.BIORCH),
        modifiers=DIRECTIVE.modifiers[:1],
    )
    assert parse_consent(example, NETWORK, Release.R5).directive == directive
    assert json.loads(example) == json.loads(consent_text(directive, NETWORK, Release.R5))


def test_every_field_has_its_row(page: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    names = {re.sub("_(.)", lambda match: match[1].upper(), field.name) for field in fields(Directive)}
    assert names == set(rows)


def names_of_our_own(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from names_of_our_own(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_of_our_own(inner)
    elif isinstance(value, str) and value.startswith("pixelpact:fhir:"):
        yield value


def test_every_name_of_our_own_is_explained(page: str) -> None:
    text = consent_text(signed(replace(DIRECTIVE, grantee=0)), NETWORK, Release.R5)
    found = set(names_of_our_own(json.loads(text)))
    assert len(found) == 8
    assert [name for name in found if f"`{name}`" not in page] == []


def test_every_condition_with_a_value_has_its_row(page: str) -> None:
    table = page.split("### Conditions")[1].split("##", maxsplit=1)[0]
    named = set(
        re.findall(r"\b[A-Z]{2,3}\b", " ".join(re.findall(r"^\| ([A-Z, ]+) \|", table, re.MULTILINE)))
    )
    with_value = {code for code in ModifierCode if code.name in named}
    assert with_value == {
        ModifierCode.GS, ModifierCode.DS, ModifierCode.RS, ModifierCode.TS,
        ModifierCode.MOR, ModifierCode.IS, ModifierCode.PS, ModifierCode.US,
    }  # fmt: skip


def test_what_it_shows_in_python_runs(page: str) -> None:
    (block,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    consent = signed(DIRECTIVE)
    exec(block, {"consent": consent, "net": SimpleNamespace(network=NETWORK)})  # noqa: S102  (our own page)
