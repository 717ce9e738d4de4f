"""The story in full, in this process: every step, what the chain answered, and what the audit says of it."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

from demo_told import Silent

from pixelpact.audit import Auditor
from pixelpact.demo import FULL_STEPS, STEPS, run_demo
from pixelpact.demo.place import place_for

_WORDS = (
    *("guardian", "refusal", "paper", "batch", "project", "ethics-board", "emergency", "review"),
    *("admission", "suspension", "engine"),
)
_DENIED = {
    "refusal": "The patient refuses this purpose whatever else was allowed.",
    "batch-revoked": "The patient withdrew this consent.",
    "project-missing": "The consent is for research on one disease and no project is cited.",
    "suspension-denies": "The ethics board that approved the project takes no part at present, or holds the "
    "study itself.",
}
_BOARD = "The ethics board (institution 5)"
_TOLD = (
    "Proposal 1 was carried out by Hospital D (institution 4).",
    f"{_BOARD} joined the consortium from CH; it approves research projects.",
    f"{_BOARD} was suspended by Hospital A (institution 1).",
    "to suspend the ethics board (institution 5).",
)


def test_everything_that_can_be_said_is_told_and_found_right(one_image: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    outcome = run_demo(dicom=one_image, output=output, audience=Silent(), full=True)
    assert outcome.ok, [(each.name, each.sentence, each.facts) for each in outcome.steps if not each.ok]
    names = [each["name"] for each in outcome.to_json()["steps"]]
    assert names == list(FULL_STEPS)
    assert [each for each in names if each in STEPS] == list(STEPS)
    assert [word for word in _WORDS if not any(word in name for name in names)] == []
    assert len(names) >= 24
    said = {each.name: each.sentence for each in outcome.steps}
    assert {name: said[name] for name in _DENIED} == _DENIED

    audited = Auditor.from_trail(output / "trail.json").report()
    assert audited.findings == ()
    # The thousand consents are one event, and one that was withdrawn.
    assert audited.events < 100
    told = [sentence for *_, sentence in outcome.trail]
    assert [end for end in _TOLD if not any(each.endswith(end) for each in told)] == []

    page = (output / "report.html").read_text("utf-8")
    assert "43 of 43 steps" in page
    assert "What else can be said of an image" in page
    assert [each.title for each in outcome.steps if escape(each.title) not in page] == []

    assert 'href="audit.html"' in page
    own = (output / "audit.html").read_text("utf-8")
    assert "Nothing was found wrong." in own
    assert {each.title for each in audited.sections if each.title not in own} == set()

    # What was to be told in full and ended early is not ok, whatever its steps say.
    short = tuple(each for each in outcome.steps if each.name in STEPS)
    assert not replace(outcome, steps=short).ok

    # The next run may have the folder: everything in it is of this one.
    with place_for(output) as place:
        assert [each.name for each in place.iterdir()] == [".pixelpact-demo"]
