"""Every event decodes, in order, into the values that were given; whatever else a node says is refused."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from chain_engines import Consortium, Engine, founders
from chain_matters import ONLY_HERE
from chain_story import KEY, PERSON, Story, tell
from eth_utils.crypto import keccak

from pixelpact.chain import (
    EVENTS,
    RECOMMENDED_TERMS,
    AccessConfirmed,
    AccessDisputed,
    AccessRefused,
    AccessReleased,
    AccessRequested,
    AllRevoked,
    Chain,
    CommitmentKind,
    ConsortiumFounded,
    DirectiveRecorded,
    DirectiveRevoked,
    DisposalAttested,
    Event,
    InstitutionAdmitted,
    InstitutionSuspended,
    KeyPublished,
    OperatorSet,
    RefusalSet,
    StudyErased,
    StudyRegistered,
    StudyReinstated,
    StudyRotated,
    StudyWithdrawn,
    deploy,
)
from pixelpact.chain.abi import contract_abi
from pixelpact.chain.answers import Log
from pixelpact.chain.events import decode_event, own_fields
from pixelpact.chain.network import CONTRACTS
from pixelpact.errors import ChainError


@pytest.fixture(scope="module")
def told(engine: Engine) -> Consortium:
    """A consortium of its own, since an institution leaves it."""
    deployer, a, b, c, d = (engine.funded() for _ in range(5))
    network = deploy(engine.network, deployer, founders(a, b, c, d))
    return Consortium(engine, network, deployer, a, b, c, d)


@pytest.fixture(scope="module")
def story(told: Consortium) -> Story:
    return tell(told)


@pytest.fixture(scope="module")
def chain(told: Consortium, story: Story) -> Chain:
    return Chain.connect(told.network)


@pytest.fixture(scope="module")
def events(chain: Chain) -> list[Event]:
    return list(chain.events(0, chain.head().number))


def values(event: Event) -> dict[str, object]:
    return own_fields(event)


def test_every_event_has_its_class_with_the_contracts_fields():
    entries = {entry.name: entry for name in CONTRACTS for entry in contract_abi(name).events.values()}
    # ERC-5267's, which only a contract whose domain changes would report: ours never does.
    assert set(entries) - {"EIP712DomainChanged"} == set(EVENTS)
    for name, kind in EVENTS.items():
        own = [each.name for each in fields(kind)][len(fields(Event)) :]
        assert [each.replace("_", "") for each in own] == [
            item["name"].lower() for item in entries[name].inputs
        ]


def test_every_kind_of_event_of_this_story_happened(events: list[Event]):
    # The others happen in test_chain_matters; the end of paper comes with the first refusal that is signed.
    assert {type(event).__name__ for event in events} == set(EVENTS) - ONLY_HERE


def test_every_event_says_what_was_done(told: Consortium, story: Story):
    patient, study, request = story.patient.address, story.study, story.request
    at = {"request": request, "study": study, "requester": 2}
    expected: dict[type[Event], dict[str, object]] = {
        OperatorSet: {"institution": 1, "account": story.operator.address, "permissions": 1},
        KeyPublished: {"institution": 2, "version": 1, "public_key": KEY},
        StudyRegistered: {
            "study": study,
            "custodian": 1,
            "subject": patient,
            "categories": 1,
            "manifest_digest": b"\1" * 32,
            "content_commitment": b"\2" * 32,
        },
        StudyWithdrawn: {"study": study, "custodian": 1},
        StudyReinstated: {"study": study, "custodian": 1},
        DirectiveRecorded: {
            "subject": patient,
            "directive": story.directive_hash,
            "kind": CommitmentKind.SIGNED,
            "authority": 0,
        },
        AccessRequested: at
        | {
            "reason": 0,
            "nonce": 7,
            "query": story.query,
            "directive_hash": story.directive_hash,
            "directive": story.directive,
            "evidence": None,
            "person": PERSON,
            "engine_version": 1,
        },
        AccessReleased: at
        | {
            "custodian": 1,
            "epoch": 1,
            "manifest_digest": b"\1" * 32,
            "key_version": 1,
            "envelope_digest": b"\3" * 32,
            "directive_hash": story.directive_hash,
            "evidence": None,
            "person": PERSON,
            "engine_version": 1,
        },
        AccessConfirmed: at | {"epoch": 1, "person": PERSON},
        AccessDisputed: at | {"epoch": 1, "failure": 8, "person": PERSON},
        AccessRefused: at | {"custodian": 1, "reason": 403, "person": PERSON},
        DirectiveRevoked: {"subject": patient, "directive": story.directive_hash, "appointment": 0},
        AllRevoked: {"subject": patient, "generation": 1, "appointment": 0},
        RefusalSet: {
            "subject": patient,
            "custodian": 0,
            "study": bytes(32),
            "grantee": 3,
            "purposes": 1 << 7,
            "sequence": 2**64 - 1,
            "appointment": 0,
        },
        StudyRotated: {
            "study": study,
            "custodian": 1,
            "epoch": 2,
            "manifest_digest": b"\4" * 32,
            "previous_manifest_digest": b"\1" * 32,
        },
        DisposalAttested: {
            "study": study,
            "custodian": 1,
            "epoch": 1,
            "blocks": 17,
            "nodes": 2,
            "report": b"\5" * 32,
        },
        StudyErased: {"study": study, "custodian": 1, "certificate": b"\6" * 32},
        InstitutionSuspended: {"institution": 4, "by": told.d.address},
    }
    for kind, said in expected.items():
        event = story.receipts[kind.__name__].event(kind)
        assert {name: values(event)[name] for name in said} == said
        assert set(said) | ({"digest"} if kind is KeyPublished else set()) == set(values(event))


def test_a_request_without_a_directive_has_none(story: Story):
    denied = story.receipts["denied"].event(AccessRequested)
    assert (denied.reason, denied.directive, denied.directive_hash) == (40, None, bytes(32))


def test_events_come_in_order_and_are_those_of_the_receipts(story: Story, events: list[Event]):
    places = [(event.block, event.index) for event in events]
    assert places == sorted(set(places))
    by_receipts = [event for receipt in story.receipts.values() for event in receipt.events]
    founding, *events = events
    assert isinstance(founding, ConsortiumFounded)
    assert founding.terms == RECOMMENDED_TERMS
    assert [event for event in events if not isinstance(event, InstitutionAdmitted)] == by_receipts


def test_blocks_and_times_are_the_chains(chain: Chain, events: list[Event]):
    for event in events[::5]:
        block = chain.block(event.block)
        assert (event.block_hash, event.timestamp) == (block.hash, block.timestamp)


def test_a_range_gives_its_own_events_only(chain: Chain, events: list[Event]):
    first, last = events[6].block, events[12].block
    assert list(chain.events(first, last)) == [event for event in events if first <= event.block <= last]
    assert list(chain.events(last, first - 1)) == []


def test_by_default_events_end_at_the_final_head(chain: Chain, events: list[Event]):
    final = chain.final_head().number
    assert list(chain.events()) == [event for event in events if event.block <= final]


def test_finding_by_indexed_fields(chain: Chain, story: Story, events: list[Event]):
    last = chain.head().number
    assert list(chain.find(AccessRequested, last=last, request=story.request)) == [
        story.receipts["AccessRequested"].event(AccessRequested)
    ]
    assert len(list(chain.find(AccessRequested, last=last, study=story.study, requester=2))) == 2
    assert list(chain.find(AccessRequested, last=last, requester=3)) == []
    assert list(chain.find(DirectiveRecorded, last=last, subject=story.patient.address)) != []
    assert len(list(chain.find(InstitutionAdmitted, last=last))) == 4
    with pytest.raises(ValueError, match="no indexed field reason"):
        list(chain.find(AccessRequested, reason=0))


# What is no event of ours


def as_log(chain: Chain, event: Event, **changes: object) -> Log:
    log = Log(
        address=chain.network.address(event.contract),
        topics=event.topics,
        data=event.data,
        block_number=event.block,
        block_hash=event.block_hash,
        transaction=event.transaction,
        index=event.index,
    )
    return replace(log, **changes)  # type: ignore[arg-type]


def test_a_log_decodes_to_the_event_it_came_from(chain: Chain, events: list[Event]):
    for event in events:
        assert decode_event(chain.network, as_log(chain, event), event.timestamp) == event


def test_other_logs_are_refused(chain: Chain, events: list[Event]):
    for event in events:
        topics, data = event.topics, event.data
        for changes in (
            {"address": b"\1" * 20},
            {"address": chain.network.address("PolicyEngine")},
            {"topics": ()},
            {"topics": (b"\1" * 32, *topics[1:])},
            {"topics": (keccak(text="EIP712DomainChanged()"),), "data": b""},
            {"topics": topics[:-1]},
            {"topics": (*topics, bytes(32))},
            {"data": data + bytes(32)},
            {"data": data + b"\0"},
            {"data": data[:-1]} if data else {"data": b"\1"},
        ):
            with pytest.raises(ChainError, match="is not one that PixelPact's contracts write"):
                decode_event(chain.network, as_log(chain, event, **changes), event.timestamp)


def test_numbers_beyond_their_type_are_refused(chain: Chain, story: Story):
    event = story.receipts["OperatorSet"].event(OperatorSet)
    wide = event.topics[1][:20] + b"\1" + event.topics[1][21:]
    with pytest.raises(ChainError):
        decode_event(chain.network, as_log(chain, event, topics=(event.topics[0], wide, event.topics[2])), 1)
    with pytest.raises(ChainError):
        decode_event(chain.network, as_log(chain, event, data=(256).to_bytes(32, "big")), 1)
