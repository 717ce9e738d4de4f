"""The replay itself: order, oddities that no well-formed trail has, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from audit_story import tell
from audit_world import CT, PERSON, START, A, B, C, World, admin, word
from eth_utils.crypto import keccak

from pixelpact.audit import Auditor, Code
from pixelpact.audit.findings import Position
from pixelpact.audit.replay import Replay
from pixelpact.audit.requests import directive_hash_of, request_id
from pixelpact.audit.state import State
from pixelpact.audit.step import Step
from pixelpact.chain import (
    AccessReleased,
    AccessRequested,
    DirectiveRecorded,
    DirectiveRevoked,
    Event,
    Network,
    RefusalSet,
    StudyRegistered,
    StudyRotated,
    Trail,
)
from pixelpact.models import ZERO32, AccessQuery, Directive
from pixelpact.policy import Reason


def _replayed(events: tuple[Event, ...], network: Network) -> Replay:
    replay = Replay(network, {})
    replay.feed(events)
    return replay


def _trail() -> Trail:
    return tell().trail


ODDITIES: dict[str, Callable[[tuple[Event, ...]], tuple[Event, ...]]] = {
    "two events at one place": lambda events: (*events, replace(events[-1])),
    "an event after a later one": lambda events: (*events, replace(events[-1], block=1, index=0)),
    "time running back": lambda events: (
        *events,
        replace(events[-1], block=events[-1].block + 1, timestamp=events[-1].timestamp - 1),
    ),
    "a block with two times": lambda events: (
        *events,
        replace(events[-1], index=events[-1].index + 1, timestamp=events[-1].timestamp + 1),
    ),
    "a block with two hashes": lambda events: (
        *events,
        replace(events[-1], index=events[-1].index + 1, block_hash=word(1)),
    ),
}


@pytest.mark.parametrize("name", ODDITIES)
def test_an_event_out_of_place_is_a_finding_and_the_replay_goes_on(name: str) -> None:
    trail = _trail()
    replay = _replayed(ODDITIES[name](trail.events), trail.network)
    codes = [finding.code for finding in replay.findings]
    # The last event of the story is a suspension, which can't happen twice either.
    assert codes == [Code.TRAIL_ORDER, Code.INSTITUTION_STATUS]
    assert len(replay.entries) == len(trail.events) + 1


def test_facts_inside_a_block_know_the_events_before_them_only() -> None:
    world = World()
    world.keys(B)
    study = world.register()
    directive = world.consent()
    world.crowded = True
    world.ask(B, study, directive)
    world.revoke(directive)
    world.ask(B, study, directive)
    asked, revoked, denied = world.events[-3:]
    assert asked.block == revoked.block == denied.block
    auditor = Auditor(world.trail())

    def revoked_at(index: int | None) -> int:
        facts = auditor.facts(study=study, requester=B, directive=directive, block=asked.block, index=index)
        return facts.commitment.revoked_at

    assert revoked_at(asked.index) == 0
    assert revoked_at(revoked.index) == 0
    assert revoked_at(denied.index) == revoked_at(None) == revoked.timestamp
    assert auditor.findings() == []


def test_who_resigns_may_do_so_for_a_suspended_institution_too() -> None:
    world = World()
    account = word(5)[12:]
    world.send(world.institutions.set_operator(account, 1), admin(C))
    world.send(world.institutions.suspend_self(), admin(C))
    world.send(world.institutions.resign(), account)
    assert Auditor(world.trail()).findings() == []
    assert account not in Auditor(world.trail()).state().operators


def test_events_may_come_in_portions() -> None:
    trail = _trail()
    whole, portions = _replayed(trail.events, trail.network), Replay(trail.network, {})
    for event in trail.events:
        portions.feed([event])
    assert portions.state == whole.state
    assert portions.entries == whole.entries


def test_any_event_alone_is_found_impossible_or_harmless_and_never_ends_the_audit() -> None:
    """Nothing that an event says is trusted to exist: each alone, on an empty chain."""
    trail = _trail()
    for event in trail.events:
        replay = _replayed((event,), trail.network)
        assert len(replay.entries) == 1


def test_any_event_may_be_missing_or_twice_without_ending_the_audit() -> None:
    trail = _trail()
    for at in range(len(trail.events)):
        _replayed(trail.events[:at] + trail.events[at + 1 :], trail.network)
        _replayed((*trail.events[: at + 1], *trail.events[at:]), trail.network)
        _replayed(trail.events[at:] + trail.events[:at], trail.network)


def test_the_numbers_of_requests_and_directives_are_those_of_the_contracts() -> None:
    world = World()
    directive = world.directive()
    query = AccessQuery(word(7), 200, CT, word(5), 3)
    number = directive_hash_of(directive)
    assert number == world.consents.hash_directive(directive)
    step = Step(State(), Position(1, 0, 1), [], world.network, {})
    assert request_id(step, B, 9, query, number) == world.ledger.request_id(B, 9, query, number)


def test_a_directive_of_nobody_is_none() -> None:
    assert directive_hash_of(replace(World().directive(), subject=bytes(20))) == ZERO32


def _many(network: Network, count: int) -> Iterator[Event]:
    """A busy consortium: in turn a consent, a request, a release, a refusal; now and then a rotation."""
    step = Step(State(), Position(1, 0, 1), [], network, {})
    manifests: dict[bytes, bytes] = {}
    place = 0

    def where(contract: str) -> dict[str, Any]:
        nonlocal place
        place += 1
        return {
            "block": 100 + place,
            "block_hash": word(place),
            "timestamp": START + 100 + place,
            "index": 0,
            "transaction": word(place),
            "contract": contract,
            "topics": (),
            "data": b"",
        }

    for number in range(count // 5):
        study, subject = word(number // 100 + 1), keccak(word(number // 100))[12:]
        if study not in manifests:
            manifests[study] = word(1)
            yield StudyRegistered(
                study=study,
                custodian=A,
                subject=subject,
                categories=CT,
                manifest_digest=word(1),
                content_commitment=word(1),
                **where("StudyRegistry"),
            )
        directive = Directive(subject, A, ZERO32, B, CT, 1, 0, 1, 0, START, START + 10_000_000, word(number))
        digest = directive_hash_of(directive)
        yield DirectiveRecorded(
            subject=subject, directive=digest, kind=1, authority=0, **where("ConsentRegistry")
        )
        query = AccessQuery(study, 0, CT)
        request = request_id(step, B, number, query, digest)
        yield AccessRequested(
            request=request,
            study=study,
            requester=B,
            reason=int(Reason.PERMITTED),
            nonce=number,
            query=query,
            directive_hash=digest,
            directive=directive,
            evidence=None,
            person=PERSON,
            engine_version=1,
            **where("AccessLedger"),
        )
        yield AccessReleased(
            request=request,
            study=study,
            requester=B,
            custodian=A,
            epoch=1 + (number % 100 > 50),
            manifest_digest=manifests[study],
            key_version=1,
            envelope_digest=request,
            directive_hash=digest,
            evidence=None,
            person=PERSON,
            engine_version=1,
            **where("AccessLedger"),
        )
        yield RefusalSet(
            subject=subject,
            custodian=0,
            study=ZERO32,
            grantee=0,
            purposes=1 << (number % 50 + 1),
            sequence=number + 1,
            appointment=0,
            **where("ConsentRegistry"),
        )
        yield DirectiveRevoked(
            subject=subject, directive=word(number + 1), appointment=0, **where("ConsentRegistry")
        )
        if number % 100 == 50:
            yield StudyRotated(
                study=study,
                custodian=A,
                epoch=2,
                manifest_digest=word(2),
                previous_manifest_digest=word(1),
                **where("StudyRegistry"),
            )
            manifests[study] = word(2)


def test_each_of_a_hundred_thousand_events_costs_the_same() -> None:
    """At most 2 ms of processor time for an event (0.1 were measured), whatever came before it."""
    world = World()
    world.keys(B)
    events = list(_many(world.network, 100_000))
    replay = Replay(world.network, {})
    replay.feed(world.events)
    spent = []
    for first in range(0, len(events), len(events) // 4 + 1):
        began = time.process_time()
        replay.feed(events[first : first + len(events) // 4 + 1])
        spent.append(time.process_time() - began)
    assert replay.findings == []
    assert sum(spent) < len(events) * 0.002
    # The last quarter meets three times the history that the second did, and costs about the same.
    assert spent[-1] < 2 * spent[1]
