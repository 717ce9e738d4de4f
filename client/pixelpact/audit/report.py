"""What an audit hands on: the trail, every finding, what is owed, and how far it looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Finding
from pixelpact.audit.rotation import Owed
from pixelpact.audit.sections import Section
from pixelpact.audit.telling import TrailEntry
from pixelpact.chain import Network

__all__ = ["AuditReport"]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """One audit.

    Attributes:
        network: which chain and contracts were audited.
        block: the last block that was looked at.
        time: of that block, seconds; where no node could be asked, of the last event.
        events: how many events there were up to it.
        decisions_rechecked: how many requests and releases were decided again.
        findings: what the events show to be wrong, in their order, then what somebody still has to do.
        owed: the rotations owed at the end.
        sections: what there is of emergencies, consents, research, votes, and how it stands at the end.
        trail: every event for people.
    """

    network: Network
    block: int
    time: int
    events: int
    decisions_rechecked: int
    findings: tuple[Finding, ...]
    owed: tuple[Owed, ...]
    sections: tuple[Section, ...]
    trail: tuple[TrailEntry, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-like values."""
        return {
            "network": self.network.to_dict(),
            "block": self.block,
            "time": words.moment(self.time),
            "events": self.events,
            "decisions_rechecked": self.decisions_rechecked,
            "findings": [finding.to_json() for finding in self.findings],
            "owed": [owed.to_json() for owed in self.owed],
            "sections": {section.name: section.to_json() for section in self.sections},
            "trail": [entry.to_json() for entry in self.trail],
        }
