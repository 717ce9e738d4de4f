"""The tables of docs/vectors.md, between their markers: what the kit holds, counted and listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "vectors.md"
#: The failure classes in the order of docs/sealed-study.md, after what opens.
VERDICTS = (
    "success",
    "encoding",
    "schema",
    "limit",
    "chain",
    "block",
    "unwrap",
    "header",
    "payload",
    "index",
    "content",
    "identity",
)


def with_tables(page: str, headers: Iterable[dict[str, str]]) -> str:
    """The page with its tables written anew."""
    found = sorted(headers, key=lambda header: header["scenario"])
    for name, table in (("counts", _counts(found)), ("scenarios", _scenarios(found))):
        start, end = f"<!-- generated: {name} -->\n", f"<!-- end of generated: {name} -->\n"
        before, rest = page.split(start)
        page = f"{before}{start}{table}{end}{rest.split(end)[1]}"
    return page


def _counts(headers: list[dict[str, str]]) -> str:
    counted = Counter((header["expect"], header["kind"]) for header in headers)
    lines = ["| expect | studies | envelopes | in all |", "|---|---|---|---|"]
    for verdict in VERDICTS:
        studies, envelopes = counted[verdict, "study"], counted[verdict, "envelope"]
        lines.append(f"| `{verdict}` | {studies} | {envelopes} | {studies + envelopes} |")
    kinds = Counter(header["kind"] for header in headers)
    lines.append(f"| all | {kinds['study']} | {kinds['envelope']} | {len(headers)} |")
    return "\n".join(lines) + "\n"


def _scenarios(headers: list[dict[str, str]]) -> str:
    lines = []
    for verdict in VERDICTS:
        lines += [f"### `{verdict}`", "", "| scenario | released | |", "|---|---|---|"]
        for header in headers:
            if header["expect"] == verdict:
                told = header["comment"].replace("|", "\\|")
                lines.append(f"| {header['scenario']} | {header['released']} | {told} |")
        lines.append("")
    return "\n".join(lines)
