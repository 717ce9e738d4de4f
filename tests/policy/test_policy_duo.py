"""What docs/policy.md says became of each DUO term is what became of it: each row is tried."""

from __future__ import annotations

import csv
import re
from importlib import resources
from pathlib import Path

import pytest
from policy_cases import DISEASE, FACTS, KIND_OF_RESEARCH, PROJECT, directive, facts, modifier, query

from pixelpact.models import ZERO32, Modifier
from pixelpact.policy import Facts, ModifierCode, Permission, Purpose, Reason, decide

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([\d ]+|none) \|$", re.MULTILINE)
#: Reasons that are no term's own: what else a permission or a project can lack.
OTHERS = {Reason.PERMITTED, Reason.PERMISSION_ABSENT} | {reason for reason in Reason if 229 < reason < 240}

#: What a term is tried under: values that it may have, and facts that it may be decided by.
VALUES = [ZERO32, b"CH" + bytes(30), b"AT" + bytes(30), DISEASE, KIND_OF_RESEARCH, PROJECT]
VALUES += [number.to_bytes(32) for number in (1, 2, 2**255)]
SITUATIONS = [
    FACTS,
    facts(requester={"attributes": 0}),
    facts(requester={"country": b"AT"}),
    facts(project={"traits": 0, "codes": frozenset(), "country": b"AT"}),
    facts(project={"traits": 15}),
]


def rows() -> dict[int, tuple[str, str, set[int]]]:
    _, _, after = PAGE.partition("## What becomes of each DUO term")
    table, _, _ = after.partition("\n## ")
    return {
        int(n): (name, what, {int(one) for one in why.split() if one != "none"})
        for n, name, what, why in ROW.findall(table)
    }


def tried(permission: int, modifiers: tuple[Modifier, ...], obligations: int) -> set[Reason]:
    """Every reason that comes up under these terms, whatever is asked and known."""

    def one(known: Facts, purpose: Purpose, project: bytes) -> Reason:
        asked = query(purpose=purpose, project=project, obligations=obligations)
        cited = directive(*modifiers, permission=permission, purposes=2**64 - 1)
        return decide(known, asked, cited).reason

    return {
        one(known, purpose, project)
        for known in SITUATIONS
        for purpose in (*range(Purpose.HRESCH, Purpose.HOPERAT + 1), Purpose.TREAT, Purpose.HMARKT)
        for project in (ZERO32, PROJECT)
    }


def reasons_of(code: int, obligations: int = 0) -> set[Reason]:
    if code in tuple(Permission) or code == 1:
        named = modifier(ModifierCode.DS, DISEASE)
        return tried(code, (), obligations) | (tried(code, (named,), obligations) - {Reason.MODIFIER_DISEASE})
    found = [tried(Permission.NRES, (Modifier(code, value),), obligations) for value in VALUES]
    return set().union(*found)


def test_the_table_has_all_rows_of_duo_once() -> None:
    source = resources.files("pixelpact.policy").joinpath("data/duo.csv").read_text("utf-8")
    terms = {int(row["id"][4:]): row for row in csv.DictReader(source.splitlines())}
    table = rows()
    assert len(terms) == 25
    assert list(table) == sorted(terms)
    for number, (name, _, _) in table.items():
        assert name == (terms[number]["shorthand"] or f"({terms[number]['label']})")


@pytest.mark.parametrize("code", [number for number in rows() if number != Permission.DS])
def test_each_term_became_what_the_table_says(code: int) -> None:
    _, what, named = rows()[code]
    found = reasons_of(code) - OTHERS
    if code in tuple(Permission) or code == 1:
        found -= {Reason.MODIFIER_NEEDS_PROJECT}  # of the disease that was named along
    assert found == named
    assert ("obligation" in what) == (Reason.OBLIGATION_NOT_ACCEPTED in found)
    accepted = reasons_of(code, 2**64 - 1)
    assert ("decided" in what or "denied" in what) == bool(accepted - OTHERS) or not named
    assert (Reason.PERMITTED in accepted) == (not what.startswith("denied:"))


def test_one_disease_is_decided_as_permission_and_as_modifier() -> None:
    _, what, named = rows()[Permission.DS]
    assert what.startswith("decided")
    as_permission = tried(Permission.DS, (), 0) | tried(Permission.DS, (modifier(7, DISEASE),), 0)
    as_modifier = tried(Permission.NRES, (modifier(7, DISEASE),), 0)
    assert (as_permission | as_modifier) - OTHERS == named
    assert Reason.PERMITTED in as_permission & as_modifier
