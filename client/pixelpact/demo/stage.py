"""The stage of the story: who takes part, what they hold, and how each step is timed, judged and told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from pixelpact.chain import Chain
from pixelpact.custodian import Custodian, SharedStudy
from pixelpact.demo.outcome import Picture, Step
from pixelpact.dicom import DicomStudy
from pixelpact.errors import ChainError, PixelPactError, UnreachableError, VerificationError
from pixelpact.localnet import Consortium
from pixelpact.models import Instance, SignedDirective
from pixelpact.patient import Patient
from pixelpact.requester import AccessRequest, Requester

__all__ = ["NAMES", "Audience", "Cast", "Exhibit", "Note", "Stage"]

#: The institutions of the story, by number.
NAMES = {1: "Hospital A", 2: "Hospital B", 3: "Company C", 4: "Hospital D"}


_SETTLES_WITHIN = 60.0
_PAUSE = 0.1


class Audience(Protocol):
    """Who is told of the story while it happens."""

    def tells(self, sentence: str) -> None:
        """Something that takes a while is being done, before or within a step."""
        ...

    def begins(self, title: str, actor: str) -> None:
        """A step begins."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Bytes done of the bytes there are, within a step."""
        ...

    def ended(self, step: Step) -> None:
        """A step ended."""
        ...


@dataclass(slots=True)
class Exhibit:
    """One study on its way through the story."""

    title: str
    source: DicomStudy
    shared: SharedStudy | None = None
    shown: Instance | None = None
    original: Picture = field(default_factory=Picture)
    ciphertext: Picture = field(default_factory=Picture)
    opened: Picture = field(default_factory=Picture)
    identical: int = 0
    requests: dict[int, AccessRequest] = field(default_factory=dict)

    @property
    def number(self) -> bytes:
        """The study's number on the chain."""
        return self.on_chain.number

    @property
    def on_chain(self) -> SharedStudy:
        """The study as it was shared."""
        if self.shared is None:
            raise VerificationError("The story came to a study that was not shared")
        return self.shared


@dataclass(slots=True)
class Cast:
    """Who takes part, on one network."""

    consortium: Consortium
    reader: Chain
    hospital_a: Custodian
    requesters: dict[int, Requester]
    patient: Patient
    consents: dict[int, SignedDirective] = field(default_factory=dict)

    def settle(self) -> None:
        """Wait until every node has final what one of them has: what an actor did, the next one must see.

        Raises:
            UnreachableError: a node stays behind.
        """
        chains = [self.reader, *(self.consortium[1 + place].chain for place in range(len(self.consortium)))]
        nodes = {chain.network.rpc: chain for chain in chains}
        goal = max(chain.final_head().number for chain in nodes.values())
        deadline = time.monotonic() + _SETTLES_WITHIN
        for where, chain in nodes.items():
            while chain.final_head().number < goal:
                if time.monotonic() > deadline:
                    raise UnreachableError(
                        f"The node at {where} stays behind the others",
                        why=f"after {_SETTLES_WITHIN:g} seconds it does not have block {goal} as final",
                        remedy="Check that it runs and is connected to them",
                    )
                time.sleep(_PAUSE)

    def together(self, *acts: Callable[[], Any]) -> list[Any]:
        """What different institutions do at the same time, so that they wait for the same blocks."""
        with ThreadPoolExecutor(len(acts)) as pool:
            begun = [pool.submit(act) for act in acts]
        self.settle()
        return [each.result() for each in begun]

    def wait_until(self, moment: int) -> None:
        """Let the chain's time come to this second, on every node."""
        self.consortium.wait_until(moment)
        self.settle()


class Note:
    """What a step finds out while it runs: sentence, facts, and whether all that should be so was so."""

    def __init__(self) -> None:
        self.sentence = ""
        self.facts: list[tuple[str, str]] = []
        self.failed: list[str] = []

    def check(self, claim: str, *, holds: bool) -> None:
        """Note a claim that was checked; the step is not ok when one does not hold."""
        self.facts.append((claim, "yes" if holds else "no"))
        if not holds:
            self.failed.append(claim)

    def fact(self, label: str, value: object) -> None:
        """Note something to show."""
        self.facts.append((label, value.hex()[:16] + "…" if isinstance(value, bytes) else str(value)))


class Stage:
    """Runs steps one after another and keeps what came of them.

    Args:
        audience: is told of each.

    Attributes:
        steps: what came of them so far.
        opened: whether there is a chain already (``open``).
    """

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.steps: list[Step] = []
        self.opened = False
        self._head: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self._last = (0, 0)

    def open(self, reader: Chain) -> None:
        """From now on there is a chain, and what fails is a step that went wrong, no refusal to begin."""
        self.opened = True
        self._head = lambda: (reader.head().number, reader.head().timestamp)

    @contextmanager
    def step(self, name: str, title: str, actor: str, kind: str = "act") -> Iterator[Note]:
        """One step: ok when its block ends and every claim in it held.

        Raises:
            VerificationError: it is not ok, and the story can't go on; its cause is the error, if it was one.
        """
        self.audience.begins(title, actor)
        note, start = Note(), time.perf_counter()
        cause: PixelPactError | None = None
        try:
            yield note
        except PixelPactError as error:
            if not self.opened:
                raise
            note.failed.append(error.sentence)
            note.sentence = error.sentence
            cause = error
        with suppress(ChainError):
            # A node that fell silent is the step's to tell.
            self._last = self._head()
        block, now = self._last
        step = Step(
            name=name,
            title=title,
            actor=actor,
            kind=kind,
            ok=not note.failed and bool(note.facts),
            seconds=time.perf_counter() - start,
            sentence=note.sentence,
            facts=tuple(note.facts),
            block=block,
            time=now,
        )
        self.steps.append(step)
        self.audience.ended(step)
        if not step.ok:
            raise VerificationError(
                f"The step '{title}' did not end as it should",
                why="; ".join(note.failed) or "nothing was checked in it",
                remedy="Please report it with the output of `pixelpact demo --json`",
            ) from cause
