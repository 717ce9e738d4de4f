"""What a run of the story leaves behind: what its summary, its JSON and its report are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pixelpact.errors import VerificationError

__all__ = ["FULL_STEPS", "STEPS", "Outcome", "Picture", "Step", "StudyOutcome"]

_STORY = (
    "consortium",
    "address",
    "seal",
    "ask-without-consent",
    "consent",
    "ask",
    "release",
    "fetch",
    "confirm",
    "ask-uninvited",
    "second-requester",
    "withdraw",
    "rotate",
    "ask-again",
    "old-envelope",
)
_MORE = (
    "second-persons",
    "guardian-appointed",
    "guardian-consents",
    "refusal",
    "paper-recorded",
    "paper-counts",
    "batch-anchored",
    "batch-served",
    "batch-revoked",
    "batch-withheld",
    "project-registered",
    "project-missing",
    "admission-by-vote",
    "ethics-board-approves",
    "project-request",
    "emergency-opened",
    "emergency-review",
    "engine-deployed",
    "engine-voted",
    "suspension-by-vote",
    "suspension-denies",
    "engine-replaced",
    "engine-decides",
)
_END = (
    "audit",
    "fault-bit",
    "fault-root",
    "fault-images",
    "fault-release",
)
#: The names of the story's steps, all of them, in their order.
STEPS = (*_STORY, *_END)
#: Those of the story that is told in full.
FULL_STEPS = (*_STORY, *_MORE, *_END)


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail as PNG bytes, or the plain reason why there is none."""

    png: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story.

    Attributes:
        name: short and stable, for programs (``release``).
        title: what happens, a clause for people.
        actor: who does it.
        kind: ``act``, ``denial``, ``audit`` or ``fault`` (done wrong on purpose, to be caught).
        ok: whether what should happen happened; denials and catches included.
        seconds: wall time.
        sentence: what came of it: the decision's reason, what was checked, what was caught and where.
        facts: pairs of label and value that back the sentence (digests, block numbers, counts).
        block: the chain's head when the step ended.
        time: the chain's time then, seconds since 1970 UTC.
    """

    name: str
    title: str
    actor: str
    kind: str
    ok: bool
    seconds: float
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    block: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """One study of the story: what was given, whether it arrived identical, and how it looks on its way.

    Attributes:
        identical: whether every instance arrived with exactly the bytes of its file.
        without_pixels: how many instances have no pixel data, such as reports and plans.
        left_out: files that are no part of the study, by name and reason.
    """

    title: str
    modalities: tuple[str, ...]
    instances: int
    bytes: int
    identical: bool
    original: Picture
    ciphertext: Picture
    opened: Picture
    without_pixels: int = 0
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole run.

    Attributes:
        gas: transaction gas by ``Contract.function``, the median of the run.
        audit_events: how many events the auditor read.
        findings: sentences of what the auditor found wrong, taken before the deliberate faults.
        findings_before: what was found on the chain before the story began; none on a new chain.
        trail: the auditor's trail: (time UTC, block, who, sentence).
        report: the page's path.
        exit_code: of the command when the run was not ok (pixelpact.errors).
        planned: the names of all steps there were to be.
    """

    chain: str
    store: str
    version: str
    steps: tuple[Step, ...]
    studies: tuple[StudyOutcome, ...]
    gas: dict[str, int] = field(default_factory=dict)
    audit_events: int = 0
    findings: tuple[str, ...] = ()
    findings_before: tuple[str, ...] = ()
    trail: tuple[tuple[str, int, str, str], ...] = ()
    report: str = ""
    exit_code: int = VerificationError.exit_code
    planned: tuple[str, ...] = STEPS

    @property
    def ok(self) -> bool:
        """Computed from what was checked: every step and study good, an audit taken, nothing found."""
        return (
            tuple(step.name for step in self.steps) == self.planned
            and all(step.ok for step in self.steps)
            and bool(self.studies)
            and all(study.identical for study in self.studies)
            and self.audit_events > 0
            and not self.findings
        )

    def to_json(self) -> dict[str, Any]:
        """The one JSON object of ``pixelpact demo --json``."""
        return {
            "ok": self.ok,
            "chain": self.chain,
            "store": self.store,
            "version": self.version,
            "steps": [
                {
                    "name": step.name,
                    "ok": step.ok,
                    "seconds": round(step.seconds, 3),
                    "kind": step.kind,
                    "actor": step.actor,
                    "sentence": step.sentence,
                }
                for step in self.steps
            ],
            "studies": [
                {
                    "title": study.title,
                    "modalities": list(study.modalities),
                    "instances": study.instances,
                    "bytes": study.bytes,
                    "identical": study.identical,
                    "without_pixels": study.without_pixels,
                    "left_out": [{"name": name, "reason": reason} for name, reason in study.left_out],
                }
                for study in self.studies
            ],
            "gas": self.gas,
            "audit": {"events": self.audit_events, "findings": list(self.findings)},
            "report": self.report,
        }
