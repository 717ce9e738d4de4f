"""What the contracts do beside consents, requests and releases, through the client's typed calls."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from chain_engines import Consortium, Embedded, founders
from chain_matters import PERSONS, A, B, C, Cast, D, Driver, Matters
from chain_story import tell

from pixelpact.chain import (
    EVENTS,
    RECOMMENDED_TERMS,
    AccessRequested,
    Account,
    AdminRecovered,
    BatchAnchored,
    Call,
    CarriedOut,
    Chain,
    CommitmentKind,
    ConsortiumFounded,
    CustodyTransferred,
    DirectiveRecorded,
    EmergencyRequested,
    EmergencyReviewed,
    Event,
    GuardianAppointed,
    InstitutionAdmitted,
    InstitutionChanged,
    InstitutionStatus,
    Means,
    PaperRecorded,
    ProjectRegistered,
    ProjectStatus,
    Proposed,
    RefusalRecord,
    RefusalTaken,
    RevocationTaken,
    Scope,
    SubjectFlag,
    Terms,
    Trail,
    Verdict,
    deploy,
    eip712,
)
from pixelpact.chain import contracts as typed
from pixelpact.chain.abi import contract_abi
from pixelpact.chain.answers import Log
from pixelpact.chain.client import CONTRACTS
from pixelpact.chain.deploy import send
from pixelpact.chain.events import decode_event
from pixelpact.errors import ChainError
from pixelpact.models import Action
from pixelpact.policy import GuardianPower, Role

TERMS = Terms(3_600, 5, 5, 600, 0, 5, 3_600)
#: What nobody asks a contract for: which others it was built upon, and what only they need of it.
NOT_TYPED = {
    "InstitutionRegistry": {"actingFor", "standing"},
    "StudyRegistry": {"institutions", "manifestDigest", "standing"},
    "ConsentRegistry": {"institutions", "studies", "eip712Domain"},
    "ProjectRegistry": {"institutions", "eip712Domain"},
    "PolicyEngine": {"evaluate"},
    "AccessLedger": {"institutions", "studies", "consents", "firstEngine", "eip712Domain"},
}


@dataclass
class Told:
    """The story on the embedded chain."""

    matters: Matters
    reader: Chain
    cast: Cast

    def all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.matters.events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def told(embedded_engine: Embedded) -> Told:
    engine = embedded_engine
    deployer = engine.funded()
    cast = Cast(*(engine.funded() for _ in range(6)))
    network = deploy(engine.network, deployer, cast.founders(), TERMS)
    reader = Chain.connect(network)
    chains: dict[bytes, Chain] = {}

    def connected(account: Account) -> Chain:
        return chains.setdefault(account.address, Chain.connect(network, account))

    def create(code: bytes) -> bytes:
        chain = connected(deployer)
        call = Call("PolicyEngine", "constructor", None, code)
        made = send(chain._node, chain._signer().prepare(call, base_fee=chain.head().base_fee), 60).created
        assert made is not None
        return made

    driver = Driver(
        network=network,
        contracts=reader,
        send=lambda call, account: connected(account).transact(call).events,
        wait=engine.chain.travel,
        now=reader.now,
        create=create,
        code=reader._node.code,
    )
    matters = Matters(driver, cast)
    matters.tell()
    return Told(matters, reader, cast)


def test_every_function_of_the_contracts_has_a_typed_call():
    for name in CONTRACTS:
        source = inspect.getsource(getattr(typed, name))
        called = set(re.findall(r'_(?:read|call)\(\s*"(\w+)"', source))
        assert set(contract_abi(name).functions) - called == NOT_TYPED[name]


def test_every_kind_of_event_happens_in_one_of_the_stories(told: Told, embedded_engine: Embedded):
    deployer, *admins = (embedded_engine.funded() for _ in range(5))
    network = deploy(embedded_engine.network, deployer, founders(*admins))
    story = tell(Consortium(embedded_engine, network, deployer, *admins))
    others = [event for receipt in story.receipts.values() for event in receipt.events]
    happened: list[Event] = [*told.matters.events, *others, *told.reader.find(ConsortiumFounded)]
    assert {type(event).__name__ for event in happened} == set(EVENTS)


def test_all_of_it_comes_back_from_a_trail(told: Told):
    trail = Trail.of(told.reader, last=told.reader.head().number)
    assert [event for event in trail.events if event in told.matters.events] == told.matters.events
    assert Trail.from_json(trail.to_json()) == trail


def test_a_consortium_keeps_the_terms_that_it_was_founded_on(told: Told, embedded_engine: Embedded):
    assert told.reader.institutions.terms() == TERMS
    account = embedded_engine.funded()
    network = deploy(embedded_engine.network, account, founders(account))
    assert Chain.connect(network).institutions.terms() == RECOMMENDED_TERMS


def test_paper_and_phone_say_who_took_what(told: Told):
    cast, consents = told.cast, told.reader.consents
    (recorded,) = told.all(PaperRecorded)
    assert (recorded.subject, recorded.custodian) == (cast.minor.address, A)
    assert (recorded.first, recorded.second) == (cast.a.address, cast.a_second.address)
    kept = consents.commitment(cast.minor.address, recorded.directive)
    assert (kept.kind, kept.authority) == (CommitmentKind.PAPER, A)
    (withdrawn,) = told.all(RevocationTaken)
    assert (withdrawn.directive, withdrawn.means) == (recorded.directive, Means.PAPER)
    assert kept.revoked_at == withdrawn.timestamp
    by_phone, on_paper = told.all(RefusalTaken)
    assert (by_phone.purposes, by_phone.means, on_paper.study) == (0b110, Means.PHONE, bytes(32))
    patient = cast.patient.address
    assert consents.taken_refusal(patient, A, bytes(32)) == RefusalRecord(0b10, 1)
    assert consents.refused_purposes(patient, Scope(A, (), told.matters.study, B)) == 0b10
    assert consents.refused_purposes(patient, Scope(B, (A,), told.matters.study, B)) == 0b10
    assert consents.refused_purposes(patient, Scope(B, (), told.matters.study, B)) == 0


def test_guardians_are_kept_as_they_were_appointed(told: Told):
    cast, consents = told.cast, told.reader.consents
    of_minor, of_patient = told.all(GuardianAppointed)
    assert (of_minor.first, of_minor.second) == (cast.a.address, cast.a_second.address)
    assert (of_patient.form, of_patient.first) == (bytes(32), bytes(20))
    minor = consents.appointment(cast.minor.address, 1)
    assert (minor.guardian, minor.custodian, minor.attested, minor.ended) == (
        cast.guardian.address,
        A,
        True,
        True,
    )
    patient = consents.appointment(cast.patient.address, 1)
    assert (patient.attested, patient.ended, patient.until) == (False, False, of_patient.until)
    assert patient.powers == int(GuardianPower.GRANT | GuardianPower.RECOVER)
    assert [event.kind for event in told.all(DirectiveRecorded)] == [
        CommitmentKind.PAPER,
        CommitmentKind.GUARDIAN,
    ]


def test_a_request_carries_what_shows_its_consent(told: Told):
    (asked,) = told.all(AccessRequested)
    assert (asked.evidence, asked.directive) == (told.matters.evidence, told.matters.shown)
    (anchored,) = told.all(BatchAnchored)
    assert told.matters.evidence is not None
    assert (anchored.poster, anchored.root) == (A, told.matters.evidence.root)
    assert told.reader.consents.anchored_at(A, anchored.root) == anchored.timestamp
    assert told.reader.consents.anchored_at(B, anchored.root) == 0


def test_a_new_key_signs_and_the_generation_moves_on(told: Told):
    cast, consents = told.cast, told.reader.consents
    kept = consents.subject(cast.patient.address)
    assert kept.flags == SubjectFlag.TAKEN | SubjectFlag.OWN_KEY | SubjectFlag.SUCCESSOR
    assert (kept.generation, kept.appointment_count) == (1, 1)
    assert consents.recovery(cast.patient.address).attempt == 2
    network = told.reader.network
    message = eip712.Recoverer(cast.patient.address, cast.friend.address, 2)
    taken = consents.name_recovery(
        cast.patient.address, cast.friend.address, 2, eip712.sign(cast.new_key, network, message)
    )
    told.matters.driver.send(taken, cast.d)
    assert consents.recovery(cast.patient.address).sequence == 2


def test_projects_emergencies_and_handovers_are_told_whole(told: Told):
    cast, reader = told.cast, told.reader
    (registered,) = told.all(ProjectRegistered)
    assert (registered.lead, registered.body.partners) == (B, (D,))
    assert reader.projects.project_id(registered.body) == registered.project
    assert reader.projects.standing(registered.project, C).status is ProjectStatus.WITHDRAWN
    (opened,) = told.all(EmergencyRequested)
    assert (opened.person, opened.second_person) == PERSONS
    assert (opened.first, opened.second) == (cast.b.address, cast.b_second.address)
    assert opened.review_by == opened.timestamp + TERMS.review_term
    (reviewed,) = told.all(EmergencyReviewed)
    assert (reviewed.reviewer, reviewed.verdict, reviewed.late) == (A, Verdict.JUSTIFIED, False)
    (moved,) = told.all(CustodyTransferred)
    assert (moved.study, moved.from_, moved.to) == (told.matters.study, A, B)


def test_votes_change_what_they_say(told: Told):
    institutions = told.reader.institutions
    assert len(told.all(CarriedOut)) == 7
    (admitted,) = told.all(InstitutionAdmitted)
    assert institutions.institution(5).admin == admitted.admin
    fourth = institutions.institution(D)
    assert (fourth.status, fourth.country, fourth.operator_epoch) == (InstitutionStatus.ACTIVE, b"LI", 1)
    assert fourth.roles == Role.REQUESTER | Role.VOTER
    (changed,) = told.all(InstitutionChanged)
    (recovered,) = told.all(AdminRecovered)
    assert (changed.roles, recovered.to) == (fourth.roles, fourth.admin)
    assert recovered.from_ == told.cast.d.address
    assert [institutions.voter_index(number) for number in (A, B, C, D, 5)] == [0, 1, 2, 3, None]
    assert institutions.electorate(D) == 0b0111
    first = institutions.proposal(1)
    assert (first.action, first.proposer, first.institution, first.votes) == (Action.ADMIT, A, 0, 0b111)


def test_a_log_with_an_action_that_nobody_knows_is_refused(told: Told):
    event = told.all(Proposed)[0]
    log = Log(
        told.reader.network.address(event.contract),
        event.topics,
        (9).to_bytes(32, "big") + event.data[32:],
        event.block,
        event.block_hash,
        event.transaction,
        event.index,
    )
    assert decode_event(told.reader.network, replace(log, data=event.data), event.timestamp) == event
    with pytest.raises(ChainError, match="is not one that PixelPact's contracts write"):
        decode_event(told.reader.network, log, event.timestamp)
