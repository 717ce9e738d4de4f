"""One event on its way into the state: where it stands, what it meets, and what is found about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pixelpact.audit import words
from pixelpact.audit.findings import Code, Finding, Position
from pixelpact.audit.state import State
from pixelpact.chain import Network

__all__ = ["Step"]


@dataclass(slots=True)
class Step:
    """What an event's handler works with.

    Attributes:
        state: as the events before this one left it; the handler changes it.
        at: where the event stands.
        findings: what was found so far; the handler adds to it.
        network: what numbers and signatures are bound to.
        names: the institutions' names, as far as they are known.
    """

    state: State
    at: Position
    findings: list[Finding]
    network: Network
    names: Mapping[int, str]

    def find(
        self, code: Code, sentence: str, *subjects: bytes | int | str, at: Position | None = None
    ) -> None:
        """Note a finding about the present event, or about an earlier one ``at`` its place.

        Subjects are ids, institutions' numbers (0: the consortium), or words.
        """
        shown = tuple(self._shown(each) for each in subjects)
        self.findings.append(Finding(code, sentence, shown, at or self.at))

    def _shown(self, subject: bytes | int | str) -> str:
        if isinstance(subject, str):
            return subject
        if isinstance(subject, bytes):
            return words.short(subject)
        return self.name(subject) if subject else "the consortium"

    def name(self, number: int) -> str:
        """An institution as people call it."""
        return words.institution(number, self.names)
