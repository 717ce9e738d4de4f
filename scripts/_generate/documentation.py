"""The tables of docs/policy.md, between its two markers."""

from __future__ import annotations

from _generate.tables import Purposes, TableError, table

START = "<!-- generated: tables -->\n"
END = "<!-- end of generated -->\n"


def with_tables(page: str) -> str:
    """The page with its tables written anew; the rest as it is."""
    if page.count(START) != 1 or page.count(END) != 1 or page.index(START) > page.index(END):
        raise TableError("docs/policy.md: the two markers of the generated tables must each stand there once")
    before, rest = page.split(START)
    after = rest.split(END)[1]
    return f"{before}{START}\n{_tables()}\n{END}{after}"


def _grid(title: str, head: list[str], rows: list[list[str]]) -> str:
    lines = [f"### {title}", "", _line(head), _line(["---"] * len(head)), *map(_line, rows), ""]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _columns(name: str, *columns: str) -> list[list[str]]:
    return [[row[column] for column in columns] for row in table(name)]


def _tables() -> str:
    parts = [
        _grid(
            "Reasons",
            ["number", "name", "check", "sentence"],
            _columns("reasons", "number", "name", "check", "sentence"),
        ),
        _grid(
            "A custodian's reasons to refuse (400 to 499)",
            ["number", "name", "sentence"],
            _columns("refusals", "number", "name", "sentence"),
        ),
        _purposes(),
        _permissions(),
        _modifiers(),
        _grid(
            "Obligations",
            ["bit", "name", "meaning", "modifier (DUO)"],
            _columns("obligations", "bit", "name", "label", "duo"),
        ),
        _grid(
            "Categories",
            ["bit", "name", "meaning", "values of Modality (0008,0060)"],
            _columns("categories", "bit", "name", "label", "modalities"),
        ),
        _grid(
            "Roles of an institution", ["bit", "name", "meaning"], _columns("roles", "bit", "name", "label")
        ),
        _grid(
            "Attributes of an institution",
            ["bit", "name", "meaning"],
            _columns("attributes", "bit", "name", "label"),
        ),
        _grid(
            "Permissions of an operator",
            ["bit", "name", "meaning"],
            _columns("operators", "bit", "name", "label"),
        ),
        _grid(
            "Powers of a guardian",
            ["bit", "name", "meaning"],
            _columns("guardians", "bit", "name", "label"),
        ),
        _grid(
            "Traits of a research project",
            ["bit", "name", "meaning"],
            _columns("traits", "bit", "name", "label"),
        ),
        _grid(
            "Failure classes of a dispute",
            ["number", "name", "meaning"],
            _columns("failures", "number", "name", "label"),
        ),
    ]
    return "\n".join(parts)


def _purposes() -> str:
    purposes = Purposes()
    rows = []
    for row in purposes.rows:
        depth = len(purposes.ancestors(int(row["index"]))) - 1
        rows.append([row["index"], "&emsp;" * depth + row["code"], row["parent"], row["label"]])
    return _grid("Purposes", ["number (bit)", "code", "parent", "meaning"], rows)


def _permissions() -> str:
    rows = [
        [row["duo"], row["name"], row["label"], ", ".join(row["research"].split()) or "none"]
        for row in table("permissions")
    ]
    return _grid("Permissions", ["DUO", "name", "meaning", "research allowed (with descendants)"], rows)


def _modifiers() -> str:
    unread = {"undecidable": "not read yet"}
    rows = [
        [
            row["duo"],
            row["shorthand"],
            row["label"],
            row["handling"],
            row["value"] or unread.get(row["handling"], "not used"),
        ]
        for row in table("modifiers")
    ]
    return _grid("Modifiers", ["DUO", "name", "condition", "decided by", "value"], rows)
