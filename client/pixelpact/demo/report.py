"""The report of a run: one HTML file that needs nothing else, loads nothing and runs no script."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from pathlib import Path

from pixelpact.demo.outcome import STEPS, Outcome, Picture, Step, StudyOutcome
from pixelpact.errors import OutputError

__all__ = ["write_page", "write_report"]

_KINDS = {"act": "", "denial": "denied, as it should be", "fault": "done wrong on purpose", "audit": "audit"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")
_PLACES = {
    "embedded": "The embedded chain has a time of its own, which runs ahead.",
    "anvil": "All institutions share one Anvil; each has a Kubo node of its own, in a private swarm.",
    "geth": "Each institution has a Geth that seals Clique and a Kubo node of its own, in a private swarm.",
}
_ABOUT_GAS = (
    "Gas of each kind of transaction, the median of this run. On a private chain gas is not money: it is the "
    "share of a block."
)
_BESIDE = (
    '<p class="soft">The auditor&#8217;s own report stands beside this page, in '
    '<a href="audit.html">audit.html</a>: how consents, guardians, emergencies, research, handovers and '
    "votes stand.</p>"
)
_NAME_OF_GAS = {
    "AccessLedger.request": "a requester asks; the answer is recorded",
    "AccessLedger.release": "a key is released; the chain decides again",
    "AccessLedger.confirm": "a requester confirms what it received",
    "AccessLedger.emergency": "two people ask in an emergency; the answer is recorded",
    "AccessLedger.review": "an emergency is reviewed",
    "ConsentRegistry.anchor": "any number of signed consents are anchored under one root",
    "ConsentRegistry.appoint": "a patient appoints a guardian",
    "ConsentRegistry.dismiss": "a patient dismisses a guardian",
    "ConsentRegistry.record": "a patient's consent is recorded, the signature checked",
    "ConsentRegistry.recordPaper": "a consent on paper is recorded, attested by two operators",
    "ConsentRegistry.refuse": "a patient refuses",
    "ConsentRegistry.revoke": "a patient withdraws a consent",
    "InstitutionRegistry.carryOut": "what was voted for is carried out",
    "InstitutionRegistry.propose": "an institution proposes something and votes for it",
    "InstitutionRegistry.publishKey": "an institution publishes its encryption key",
    "InstitutionRegistry.setOperator": "an institution lets an account act for it",
    "InstitutionRegistry.vote": "an institution votes",
    "ProjectRegistry.approve": "an ethics board's approval is recorded, the signature checked",
    "ProjectRegistry.register": "a research project is registered",
    "StudyRegistry.register": "a study is registered",
    "StudyRegistry.rotate": "a study is sealed under a new key",
    "StudyRegistry.attestDisposal": "the old blocks' disposal is attested",
}


def write_report(outcome: Outcome, path: Path) -> None:
    """Write the page.

    Raises:
        OutputError: it can't be written.
    """
    write_page(_page(outcome), path)


def write_page(page: str, path: Path) -> None:
    """Write any page.

    Raises:
        OutputError: it can't be written.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"The report {path} can't be written",
            why=error.strerror or str(error),
            remedy="Give a folder that can be written with --output",
        ) from error


def _page(outcome: Outcome) -> str:
    style = files("pixelpact.demo").joinpath("report.css").read_text(encoding="utf-8")
    parts = [
        _verdict(outcome),
        "<h2>The images, before, in the store, and after</h2>",
        *map(_study, outcome.studies),
        *_chapters([step for step in outcome.steps if step.kind != "fault"]),
        "<h2>What was done wrong on purpose, and caught</h2>",
        _steps(step for step in outcome.steps if step.kind == "fault"),
        "<h2>What the auditor reads from the chain alone</h2>",
        _findings(outcome),
        _BESIDE,
        _table(
            ("When (UTC)", "Block", "Who", "What"),
            [(time, str(block), who, sentence) for time, block, who, sentence in outcome.trail],
            numbers=(1,),
        ),
        "<h2>What it costs</h2>",
        f'<p class="soft">{_ABOUT_GAS}</p>',
        _table(
            ("Transaction", "What it does", "Gas"),
            [(name, _NAME_OF_GAS.get(name, ""), f"{gas:,}") for name, gas in outcome.gas.items()],
            numbers=(2,),
        ),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>PixelPact: the story of a shared study</title>\n<style>\n{style}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def _verdict(outcome: Outcome) -> str:
    good = sum(step.ok for step in outcome.steps)
    identical = sum(study.identical for study in outcome.studies)
    figures = (
        (
            "All as it should be" if outcome.ok else "Not as it should be",
            f"{good} of {len(outcome.planned)} steps",
        ),
        (f"{identical} of {len(outcome.studies)}", "studies arrived bit for bit identical"),
        (f"{outcome.audit_events} events", f"audited, {len(outcome.findings) or 'no'} findings"),
    )
    cells = "".join(f"<p><b>{escape(head)}</b>{escape(rest)}</p>" for head, rest in figures)
    return (
        "<h1>One hospital shares a patient&#8217;s images with another, until the patient says no</h1>\n"
        f'<p class="soft">PixelPact {escape(outcome.version)}, chain: {escape(outcome.chain)}, '
        f"store: {escape(outcome.store)}. Every step below was carried out for real, and its result checked, "
        f"in the run that wrote this page. {_PLACES.get(outcome.chain, '')}</p>\n"
        f'<div class="verdict{"" if outcome.ok else " bad"}">{cells}</div>'
    )


def _study(study: StudyOutcome) -> str:
    figures = '<span class="arrow" aria-hidden="true">→</span>'.join(
        (
            _figure(study.original, "Before sealing, at Hospital A"),
            _figure(study.ciphertext, "As it is stored: ciphertext, a pixel a byte"),
            _figure(study.opened, "After opening, at Hospital B"),
        )
    )
    without = f" {study.without_pixels} of them without pixels." if study.without_pixels else ""
    left_out = "".join(
        f"<p class=soft>Left out: <code>{escape(name)}</code>, {escape(reason)}.</p>"
        for name, reason in study.left_out
    )
    return (
        f'<section class="study"><h3>{escape(study.title)}</h3>'
        f'<p class="soft">{_instances(study)}, {study.bytes:,} bytes; '
        f"{'identical' if study.identical else '<b>not identical</b>'} after the journey.{without}</p>"
        f'<div class="pictures">{figures}</div>{left_out}</section>'
    )


def _instances(study: StudyOutcome) -> str:
    return f"{study.instances} instance{'' if study.instances == 1 else 's'}"


def _figure(picture: Picture, caption: str) -> str:
    if picture.png:
        data = base64.b64encode(picture.png).decode("ascii")
        image = f'<img src="data:image/png;base64,{data}" alt="{escape(caption)}">'
    else:
        reason = picture.reason or "the story did not come this far"
        image = f'<div class="none">No picture: {escape(reason)}.</div>'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _chapters(steps: Sequence[Step]) -> Iterator[str]:
    """The story, and what is told after it when it is told in full."""
    end = next((place for place, step in enumerate(steps) if step.name not in STEPS), len(steps))
    yield f"<h2>What happened, step by step</h2>{_steps(steps[:end])}"
    if end < len(steps):
        yield f"<h2>What else can be said of an image, and who says it</h2>{_steps(steps[end:])}"


def _steps(steps: Iterable[Step]) -> str:
    return f'<ol class="steps">{"".join(map(_step, steps))}</ol>'


def _step(step: Step) -> str:
    tag = _KINDS[step.kind] if step.ok else "not as it should be"
    facts = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(value)}</td></tr>" for label, value in step.facts
    )
    moment = datetime.fromtimestamp(step.time, UTC).strftime("%H:%M:%S UTC")
    return (
        f'<li class="{step.kind if step.ok else "failed"}"><h3>{escape(step.title)}</h3>'
        + (f'<p class="tag">{escape(tag)}</p>' if tag else "")
        + f"<p>{escape(step.sentence)}</p>"
        f'<p class="meta">{escape(step.actor)} · block {step.block}, {moment} · {step.seconds:.2f} s</p>'
        f"<details><summary>What was checked</summary><table>{facts}</table></details></li>"
    )


def _findings(outcome: Outcome) -> str:
    return _new_findings(outcome) + _earlier_findings(outcome)


def _new_findings(outcome: Outcome) -> str:
    if not outcome.findings:
        return (
            '<p class="soft">Every decision was taken again from these events, by rules that share no code '
            "with the contracts: nothing was found wrong. Taken before the wrongs above were done.</p>"
        )
    return f"<ul>{''.join(f'<li>{escape(finding)}</li>' for finding in outcome.findings)}</ul>"


def _earlier_findings(outcome: Outcome) -> str:
    if not outcome.findings_before:
        return ""
    items = "".join(f"<li>{escape(finding)}</li>" for finding in outcome.findings_before)
    return f'<p class="soft">Found already before this story began, on the same chain:</p><ul>{items}</ul>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: tuple[int, ...]) -> str:
    def cell(place: int, value: str, kind: str = "td") -> str:
        mark = ' class="number"' if place in numbers else ""
        if kind == "td" and _MOMENT.fullmatch(value):
            mark = ' class="time"'
        return f"<{kind}{mark}>{escape(value)}</{kind}>"

    top = "".join(cell(place, value, "th") for place, value in enumerate(head))
    body = "".join(
        f"<tr>{''.join(cell(place, value) for place, value in enumerate(row))}</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
