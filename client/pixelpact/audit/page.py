"""The report as a page: one HTML file that needs nothing else, loads nothing and runs no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from pixelpact.audit import words
from pixelpact.audit.findings import Finding, Severity
from pixelpact.audit.report import AuditReport
from pixelpact.audit.sections import Section

__all__ = ["page_of"]

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T([\d:]{8})Z")
_WORDS = {
    Severity.VIOLATION: ("violations", "What the contracts make impossible"),
    Severity.WARNING: ("warnings", "What somebody must do something about"),
    Severity.NOTE: ("notes", "What is to be known, or looked at again later"),
}


def page_of(report: AuditReport) -> str:
    """The report for people of hospitals and of the law: findings first, the parts, then the whole trail."""
    style = files("pixelpact.audit").joinpath("page.css").read_text(encoding="utf-8")
    parts = [
        _verdict(report),
        "<h2>What was found</h2>",
        *_findings(report.findings),
        *(_section(each) for each in report.sections),
        f"<h2>All that happened ({report.events:,} events)</h2>",
        _table(
            ("When (UTC)", "Block", "What"),
            [(each.time, str(each.at.block), each.sentence) for each in report.trail],
        ),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>PixelPact audit of {escape(report.network.name)}, block {report.block}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _verdict(report: AuditReport) -> str:
    by = {each: sum(finding.severity is each for finding in report.findings) for each in Severity}
    worst = next((each.value for each in Severity if by[each]), "good")
    figures = "".join(f"<p><b>{by[each]}</b>{_WORDS[each][0]}</p>" for each in Severity)
    return (
        f"<h1>Audit of {escape(report.network.name)}</h1>\n"
        f'<p class="soft">Up to block {report.block:,}, {_timed(words.moment(report.time))}. '
        f"{report.events:,} events were read and {report.decisions_rechecked:,} decisions taken again, from "
        "the chain alone, by rules that share no code with the contracts. Times are UTC.</p>\n"
        f'<div class="verdict {worst}">{figures}</div>'
    )


def _findings(findings: Sequence[Finding]) -> Iterable[str]:
    if not findings:
        yield "<p>Nothing was found wrong.</p>"
    for severity in Severity:
        its = [each for each in findings if each.severity is severity]
        if its:
            items = "".join(map(_finding, its))
            yield f'<h3>{_WORDS[severity][1]}</h3><ul class="findings {severity.value}">{items}</ul>'


def _finding(finding: Finding) -> str:
    where = f"block {finding.at.block}, {_timed(words.moment(finding.at.time))} · " if finding.at else ""
    return (
        f'<li>{_timed(finding.sentence)}<p class="soft">{where}<code>{escape(finding.code.value)}</code> '
        "(docs/audit.md says what to do)</p></li>"
    )


def _section(section: Section) -> str:
    table = _table(section.columns, section.shown()) if section.rows else ""
    return f"<h2>{escape(section.title)}</h2><p>{_timed(section.sentence)}</p>{table}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    numbers = [all(row[at].isdecimal() for row in rows) for at in range(len(head))]
    top = "".join(f"<th{_mark(at, numbers)}>{escape(each)}</th>" for at, each in enumerate(head))
    body = "".join(
        f"<tr>{''.join(f'<td{_mark(at, numbers)}>{_timed(cell)}</td>' for at, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _mark(column: int, numbers: Sequence[bool]) -> str:
    return ' class="number"' if numbers[column] else ""


def _timed(text: str) -> str:
    """A text with its times as people write them, each on one line."""
    return _MOMENT.sub(r"<time>\1 \2</time>", escape(text))
