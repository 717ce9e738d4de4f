"""A part of the report: a table, and what it comes to in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pixelpact.audit import words
from pixelpact.audit.findings import Position
from pixelpact.audit.state import State

__all__ = ["Cell", "Row", "Section", "View", "count", "when"]

#: Text, a number, or an id, which people are shown by its ends.
Cell: TypeAlias = str | int | bytes
Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report.

    Attributes:
        name: for programs.
        title: for people.
        sentence: what there is, the most pressing first.
        columns: the table's headings.
        rows: the table, a cell under each heading.
        counts: the figures of the sentence, by their names.
    """

    name: str
    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    counts: Mapping[str, int]

    def shown(self) -> list[list[str]]:
        """The rows as people read them."""
        return [
            [words.short(cell) if isinstance(cell, bytes) else str(cell) for cell in row] for row in self.rows
        ]

    def to_json(self) -> dict[str, Any]:
        """The section as JSON-like values; each row under the names of its headings, ids whole."""
        keys = [heading.lower().replace(" ", "_") for heading in self.columns]
        return {
            "title": self.title,
            "sentence": self.sentence,
            "counts": dict(self.counts),
            "rows": [dict(zip(keys, map(_plain, row), strict=True)) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class View:
    """What the sections are made from.

    Attributes:
        state: at the end.
        time: of that, seconds.
        names: the institutions' names, as far as they are known.
    """

    state: State
    time: int
    names: Mapping[int, str]

    def name(self, number: int) -> str:
        """An institution as people call it; nothing for none."""
        return words.institution(number, self.names) if number else ""

    def list_of(self, numbers: Sequence[int]) -> str:
        """Institutions as one reads them out; nothing for none."""
        return words.series(map(self.name, numbers)) if numbers else ""


def when(position: Position | None) -> str:
    """When something stood in the chain; nothing where it does not."""
    return words.moment(position.time) if position else ""


def count(number: int, one: str, more: str = "") -> str:
    """A number of things, with its noun."""
    return f"{number or 'no'} {one if number == 1 else more or one + 's'}"


def _plain(cell: Cell) -> str | int:
    return "0x" + cell.hex() if isinstance(cell, bytes) else cell
