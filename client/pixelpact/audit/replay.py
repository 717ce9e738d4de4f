"""Replaying a trail: one pass over its events that rebuilds the state and finds what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pixelpact.audit import (
    consents,
    custody,
    emergencies,
    institutions,
    projects,
    releases,
    requests,
    studies,
    votes,
)
from pixelpact.audit.facts import Asked, facts_at
from pixelpact.audit.findings import Code, Finding, Position
from pixelpact.audit.state import State
from pixelpact.audit.step import Step
from pixelpact.audit.telling import TrailEntry, tell
from pixelpact.chain import (
    AccessReleased,
    AccessRequested,
    ConsortiumFounded,
    EmergencyRequested,
    Event,
    Network,
)
from pixelpact.policy import Facts

__all__ = ["Replay", "until"]

_HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    **institutions.HANDLERS,
    **votes.HANDLERS,
    **studies.HANDLERS,
    **custody.HANDLERS,
    **consents.HANDLERS,
    **projects.HANDLERS,
    **requests.HANDLERS,
    **emergencies.HANDLERS,
    **releases.HANDLERS,
}
_DECIDED = (AccessRequested, AccessReleased, EmergencyRequested)


class Replay:
    """The state of the contracts as their events tell it, and what the events themselves show to be wrong.

    An event that can't follow from the state before it becomes a finding, and the replay goes on: what can be
    placed is placed, what can't be is left out of the state.

    Args:
        network: which the events are of.
        names: the institutions' names by their numbers, as far as they are known.

    Attributes:
        state: after the events so far.
        findings: in the order in which they were found.
        entries: the trail for people, one entry for each event.
        decided: how many decisions were taken again.
        names: as given.
    """

    def __init__(self, network: Network, names: Mapping[int, str]) -> None:
        self.state = State()
        self.findings: list[Finding] = []
        self.entries: list[TrailEntry] = []
        self.decided = 0
        self._network = network
        self.names = names
        self._last: Event | None = None

    def feed(self, events: Iterable[Event]) -> None:
        """Go on with these events."""
        for event in events:
            self._feed(event)

    def _feed(self, event: Event) -> None:
        step = Step(
            state=self.state,
            at=Position(event.block, event.index, event.timestamp, event.transaction),
            findings=self.findings,
            network=self._network,
            names=self.names,
        )
        _check_order(step, self._last, event)
        _check_due(step, event)
        self._last = event
        self.entries.append(tell(step, event))
        _HANDLERS[type(event)](step, event)
        self.decided += isinstance(event, _DECIDED)

    def finish(self) -> None:
        """Find what should have followed the last event and did not."""
        due = self.state.due
        if due is not None and self._last is not None:
            self.findings.append(Finding(due.code, due.sentence, (due.subject,), due.at))

    def facts(self, asked: Asked, *, time: int) -> Facts:
        """What a decision (taken at this time, seconds) would be made from after the events so far."""
        return facts_at(self.state, self._network, asked, time=time)


def until(events: Iterable[Event], block: int, index: int | None = None) -> Iterable[Event]:
    """The events up to a block, and in it only those before a log index; the whole block for None."""
    return (
        event
        for event in events
        if event.block < block or (event.block == block and (index is None or event.index < index))
    )


def _check_order(step: Step, last: Event | None, event: Event) -> None:
    if last is None:
        if not isinstance(event, ConsortiumFounded):
            sentence = "The trail does not begin with the founding of the consortium."
            step.find(Code.FOUNDING, sentence, event.transaction)
        return
    if (event.block, event.index) <= (last.block, last.index):
        step.find(
            Code.TRAIL_ORDER,
            f"Log {event.index} of block {event.block} came after log {last.index} of block {last.block}.",
            event.transaction,
        )
    elif event.timestamp < last.timestamp or (
        event.block == last.block and _block_of(event) != _block_of(last)
    ):
        step.find(
            Code.TRAIL_ORDER,
            f"Block {event.block} has two faces, or its time lies before that of block {last.block}.",
            event.transaction,
        )


def _check_due(step: Step, event: Event) -> None:
    """What had to come in the transaction before came, or comes now."""
    due = step.state.due
    if due is None:
        return
    if not step.at.beside(due.at):
        step.find(due.code, due.sentence, due.subject, at=due.at)
    elif type(event).__name__ != due.kind:
        return
    step.state.due = None


def _block_of(event: Event) -> tuple[bytes, int]:
    return event.block_hash, event.timestamp
