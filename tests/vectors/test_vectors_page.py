"""docs/vectors.md holds what the kit holds, and its lines of Python read every file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "sealed-study"
DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "vectors.md").read_text("utf-8")
FILES = sorted(FOLDER.glob("*.txt"))


def lines(path: Path) -> list[list[str]]:
    return [line.split(": ", 1) for line in path.read_text("utf-8").split("\n") if line]


def header(path: Path) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in path.read_text("utf-8").split("\n\n")[0].split("\n"))


def rows(title: str) -> list[list[str]]:
    """The cells of the table that follows a line of the page."""
    after = PAGE[PAGE.index(title) + len(title) :]
    table = re.search(r"(?m)^\|.*\n\|---.*\n((?:\|.*\n)+)", after)
    assert table
    return [[cell.strip() for cell in line[1:-1].split(" | ")] for line in table[1].splitlines()]


def test_the_counts_are_those_of_the_files() -> None:
    counted = Counter((head["expect"], head["kind"]) for head in map(header, FILES))
    *verdicts, total = rows("<!-- generated: counts -->")

    for verdict, studies, envelopes, both in verdicts:
        found = (counted[verdict.strip("`"), "study"], counted[verdict.strip("`"), "envelope"])
        assert (int(studies), int(envelopes), int(both)) == (*found, sum(found))
    assert {verdict.strip("`") for verdict, *_ in verdicts} == {verdict for verdict, _ in counted}
    assert int(total[3]) == len(FILES) >= 100


def test_every_failure_class_of_the_specification_is_in_the_kit_and_explained() -> None:
    specification = (DOCS / "sealed-study.md").read_text("utf-8")
    table = specification.split("## Failure classes")[1].split("\n## ")[0]
    classes = re.findall(r"(?m)^\| (\w+) \| \w+Error \|", table)
    assert len(classes) == 11
    in_kit = Counter(header(path)["expect"] for path in FILES)
    assert [each for each in classes if not in_kit[each]] == []
    explained = [row[0].strip("`") for row in rows("An envelope releases 64 bytes")]
    assert sorted(explained) == sorted(classes)


def test_every_scenario_is_listed_once_under_its_verdict() -> None:
    listed = {}
    for part in PAGE.split("<!-- generated: scenarios -->")[1].split("### `")[1:]:
        verdict = part.split("`")[0]
        for name, released, comment in re.findall(r"(?m)^\| ([a-z0-9-]+) \| (\d+) \| (.+) \|$", part):
            assert name not in listed
            listed[name] = (verdict, released, comment.replace("\\|", "|"))
    assert listed == {
        head["scenario"]: (head["expect"], head["released"], head["comment"]) for head in map(header, FILES)
    }


def test_every_line_segment_and_change_is_described() -> None:
    used: set[str] = set()
    for path in FILES:
        for name, value in lines(path):
            used.add(name)
            if name == "content":
                used.add(value.split(":")[0] + ":")
            if name == "change":
                used.add(value.split(" ")[0] + " ")
    assert {each for each in used if f"`{each}" not in PAGE} == set()


@pytest.fixture(scope="module")
def vector() -> Callable[[str], tuple[dict[str, str], dict[str, bytes]]]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(compile(code, "docs/vectors.md", "exec"), namespace)  # noqa: S102 - the page's own lines
    return namespace["vector"]  # type: ignore[no-any-return]


def test_the_pages_lines_rebuild_every_block(
    vector: Callable[[str], tuple[dict[str, str], dict[str, bytes]]],
) -> None:
    own = other = 0
    for path in FILES:
        head, store = vector(path.read_text("utf-8"))
        assert head == header(path)
        for cid, data in store.items():
            # The CID in base32: version 1, a codec, SHA-256 and 32 bytes.
            own += cid[:6] in ("bafkre", "bafyre") and _digest_of(cid) == hashlib.sha256(data).digest()
            other += _digest_of(cid) != hashlib.sha256(data).digest()
    assert own > 700
    assert 0 < other < 20


def _digest_of(cid: str) -> bytes:
    return base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))[4:]
