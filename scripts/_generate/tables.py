"""The tables, read and checked: numbers that ascend and fit, a tree of purposes that ends."""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "client" / "pixelpact" / "policy" / "data"
NO_PARENT = 0xFF
Row = dict[str, str]

#: What numbers the rows of each table, and the number that must not be reached.
NUMBERED = {
    "attributes": ("bit", 8),
    "categories": ("bit", 64),
    "failures": ("number", 256),
    "guardians": ("bit", 7),
    "modifiers": ("duo", 65536),
    "obligations": ("bit", 64),
    "operators": ("bit", 8),
    "purposes": ("index", 64),
    "reasons": ("number", 400),
    "refusals": ("number", 500),
    "roles": ("bit", 16),
    "traits": ("bit", 16),
}
#: Tables whose numbers leave no gap, and where they start.
WITHOUT_GAPS = {
    "attributes": 0,
    "categories": 0,
    "failures": 1,
    "guardians": 0,
    "obligations": 0,
    "operators": 0,
    "purposes": 0,
    "roles": 0,
    "traits": 0,
}


class TableError(Exception):
    """A table says something that can't be."""


def table(name: str) -> list[Row]:
    """The rows of one table, in order, after the checks of its numbers."""
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if name not in NUMBERED:
        return rows
    column, end = NUMBERED[name]
    numbers = [int(row[column]) for row in rows]
    if numbers != sorted(set(numbers)) or numbers[-1] >= end:
        raise TableError(f"{name}.csv: {column} must ascend, without repeats, below {end}")
    if name in WITHOUT_GAPS and numbers != list(range(WITHOUT_GAPS[name], WITHOUT_GAPS[name] + len(rows))):
        raise TableError(f"{name}.csv: {column} must count up from {WITHOUT_GAPS[name]} without a gap")
    return rows


class Purposes:
    """The tree of purposes; a parent stands before its children, so that every walk to the root ends."""

    def __init__(self) -> None:
        self.rows = table("purposes")
        self.index = {row["code"]: int(row["index"]) for row in self.rows}
        self.parents = [self.index[row["parent"]] if row["parent"] else NO_PARENT for row in self.rows]
        for position, parent in enumerate(self.parents):
            if parent != NO_PARENT and parent >= position:
                raise TableError(f"purposes.csv: {self.rows[position]['code']} stands before its parent")

    def ancestors(self, index: int) -> list[int]:
        """The purpose itself, then its parent, up to the root."""
        chain = [index]
        while self.parents[chain[-1]] != NO_PARENT:
            chain.append(self.parents[chain[-1]])
        return chain

    def under(self, *codes: str) -> int:
        """The set of the purposes named and all their descendants."""
        roots = {self.index[code] for code in codes}
        return sum(1 << i for i in range(len(self.rows)) if roots & set(self.ancestors(i)))

    def packed(self) -> tuple[int, int]:
        """Parents, eight bits each from the lowest, in two words; 0xff: none, also past the last."""
        slots = self.parents + [NO_PARENT] * (64 - len(self.parents))
        words = [sum(slot << (8 * i) for i, slot in enumerate(slots[at : at + 32])) for at in (0, 32)]
        return words[0], words[1]
