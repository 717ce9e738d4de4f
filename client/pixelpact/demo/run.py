"""One run: the story, the audit, the deliberate faults, and what they leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from pixelpact.audit import Auditor, AuditReport, Finding, page_of
from pixelpact.chain import Chain, Trail
from pixelpact.demo.faults import Faults
from pixelpact.demo.full import tell_in_full
from pixelpact.demo.outcome import FULL_STEPS, STEPS, Outcome, StudyOutcome
from pixelpact.demo.place import place_for
from pixelpact.demo.report import write_page, write_report
from pixelpact.demo.scene import Embedded, Scene
from pixelpact.demo.stage import Audience, Exhibit, Stage
from pixelpact.demo.story import Story
from pixelpact.dicom import DicomStudy, from_files, samples, scan
from pixelpact.errors import ChainError, ContractError, StoreError, VerificationError
from pixelpact.localnet import Consortium

__all__ = ["run_demo"]


def run_demo(
    *, dicom: Path | None, output: Path, audience: Audience, scene: Scene | None = None, full: bool = False
) -> Outcome:
    """Tell the story on the sample studies, or on the one study in a folder.

    Args:
        dicom: a folder with one study; None for the samples.
        output: the folder that report, trail and vaults are left in.
        audience: is told of each step.
        scene: where it takes place; in this process unless told.
        full: whether all that can be said of an image is told too (``FULL_STEPS``).

    Returns:
        What happened; a step that did not end as it should ends the story, and the outcome is not ok.

    Raises:
        InputError: the folder holds no study that can be shared, or the scene can't be used.
        OutputError: the output folder can't be used.
        ChainError, StoreError: the institutions' nodes can't be used, found before the story has begun.
    """
    exhibits = list(_exhibits(dicom))
    scene = scene or Embedded()
    scene.prepare(audience.tells)
    with place_for(output) as place:
        return _run(exhibits, place, audience, scene, full=full)


def _run(
    exhibits: Sequence[Exhibit], place: Path, audience: Audience, scene: Scene, *, full: bool
) -> Outcome:
    stage = Stage(audience)
    report: AuditReport | None = None
    gas: dict[str, int] = {}
    failure: BaseException | None = None
    with ExitStack() as opened:
        story = Story(stage, exhibits, lambda: opened.enter_context(scene.open(place, audience.tells)))
        try:
            story.tell()
            if full:
                tell_in_full(story)
            report = _audit(story, place)
            gas = _gas(story.cast.reader, story.first)
            Faults(story).commit()
        except VerificationError as error:
            # A step that failed is in the outcome already, which is not ok then.
            failure = error.__cause__
        except ChainError as error:
            failure = error
        consortium: Consortium = story.cast.consortium
    found = _new_findings(story, report)
    outcome = Outcome(
        chain=consortium.chain_name,
        store=consortium.store_name,
        version=version("pixelpact"),
        steps=tuple(stage.steps),
        studies=tuple(_studies(exhibits)),
        gas=gas,
        audit_events=report.events if report else 0,
        findings=tuple(finding.sentence for finding in found),
        findings_before=tuple(finding.sentence for finding in story.found_before),
        trail=tuple((entry.time, entry.at.block, entry.who, entry.sentence) for entry in report.trail)
        if report
        else (),
        report=str(place / "report.html"),
        exit_code=_exit_code(failure),
        planned=FULL_STEPS if full else STEPS,
    )
    write_report(outcome, place / "report.html")
    return outcome


def _exhibits(dicom: Path | None) -> Iterator[Exhibit]:
    if dicom is None:
        # In this order the report begins with the picture that people know best.
        for sample in reversed(samples()):
            yield Exhibit(sample.title, from_files(sample.files))
        return
    source: DicomStudy = scan(dicom)
    # What a file says of itself goes into a terminal and a page: nothing but plain letters.
    modalities = [re.sub("[^A-Z0-9_ ]", "?", each) for each in source.modalities if each]
    yield Exhibit(f"{' and '.join(modalities) or 'A study'}, {_count(len(source))}", source)


def _count(instances: int) -> str:
    return f"{instances} instance{'' if instances == 1 else 's'}"


def _audit(story: Story, place: Path) -> AuditReport:
    stage = story.stage
    title = "The auditor, with only the chain, prints the trail and decides everything again"
    with stage.step("audit", title, "the auditor", "audit") as note:
        trail = Trail.of(story.cast.reader)
        trail.save(place / "trail.json")
        report = Auditor.connect(trail.network, names=story.names).report(at=trail.last)
        again = Auditor.from_trail(place / "trail.json", names=story.names).report()
        found = _new_findings(story, report)
        note.fact("events", report.events)
        note.fact("decisions taken again", report.decisions_rechecked)
        if story.found_before:
            note.fact("found before the story began", len(story.found_before))
        note.check("decisions were taken again", holds=report.decisions_rechecked > 0)
        note.check("nothing was found wrong", holds=not found)
        # How things stand may differ: a file knows the time of the last event only.
        told = ((each.events, each.findings, each.owed, each.trail) for each in (again, report))
        note.check("the trail in the file says the same", holds=next(told) == next(told))
        write_page(page_of(report), place / "audit.html")
        note.sentence = f"{report.events} events, {report.decisions_rechecked} decisions taken again, " + (
            f"{len(found)} findings." if found else "nothing found wrong."
        )
    return report


def _new_findings(story: Story, report: AuditReport | None) -> list[Finding]:
    """What was found that was not there before the story: other stories on this chain may have left some."""
    before = {(each.code, each.subjects, each.at) for each in story.found_before}
    found = report.findings if report else ()
    return [each for each in found if (each.code, each.subjects, each.at) not in before]


def _exit_code(failure: BaseException | None) -> int:
    """The code of a story that went wrong: the chain's or the store's own when they could not be used."""
    if isinstance(failure, ChainError | StoreError) and not isinstance(failure, ContractError):
        return failure.exit_code
    return VerificationError.exit_code


def _gas(chain: Chain, first: int) -> dict[str, int]:
    """Transaction gas by Contract.function: the median of what transactions cost from this block on."""
    costs: dict[str, list[int]] = {}
    for transaction in dict.fromkeys(event.transaction for event in chain.events(first)):
        receipt = chain.receipt(transaction)
        # Deployments call no function.
        if receipt is not None and "." in receipt.call:
            costs.setdefault(receipt.call, []).append(receipt.gas_used)
    return {name: sorted(each)[len(each) // 2] for name, each in sorted(costs.items())}


def _studies(exhibits: Sequence[Exhibit]) -> Iterator[StudyOutcome]:
    for exhibit in exhibits:
        yield StudyOutcome(
            title=exhibit.title,
            modalities=exhibit.source.modalities,
            instances=len(exhibit.source),
            bytes=exhibit.source.length,
            identical=exhibit.identical == len(exhibit.source),
            original=exhibit.original,
            ciphertext=exhibit.ciphertext,
            opened=exhibit.opened,
            without_pixels=exhibit.source.without_pixels,
            left_out=tuple((each.name, each.reason) for each in exhibit.source.left_out),
        )
