"""The trail for people: one entry for each event, who did what, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Position
from pixelpact.audit.step import Step
from pixelpact.audit.telling import consents, institutions, ledger, projects, studies
from pixelpact.audit.telling.told import Teller
from pixelpact.chain import Event

__all__ = ["TrailEntry", "tell"]

_TELLERS: Mapping[type[Event], Teller] = {
    **institutions.TELLERS,
    **studies.TELLERS,
    **consents.TELLERS,
    **projects.TELLERS,
    **ledger.TELLERS,
}


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One event for people.

    Attributes:
        at: where it stands.
        who: an institution, or a patient by the ends of the address.
        what: what was done, in a few words.
        sentence: the whole of it.
    """

    at: Position
    who: str
    what: str
    sentence: str

    @property
    def time(self) -> str:
        """When, in UTC (RFC 3339)."""
        return words.moment(self.at.time)

    def to_json(self) -> dict[str, Any]:
        """The entry as JSON-like values."""
        return {
            "block": self.at.block,
            "index": self.at.log_index,
            "time": self.time,
            "tx": "0x" + self.at.tx.hex(),
            "who": self.who,
            "what": self.what,
            "sentence": self.sentence,
        }


def tell(step: Step, event: Event) -> TrailEntry:
    """An event as an entry, told from the state before it."""
    who, what, rest = _TELLERS[type(event)](step, event)
    return TrailEntry(step.at, who, what, f"{words.capital(who)} {rest}.")
