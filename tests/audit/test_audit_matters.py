"""What a consortium does beside consents and requests: audited, with every decision taken again."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from audit_life import Life
from audit_story import append, change, place
from audit_world import KEY
from chain_matters import ONLY_HERE, PERSONS, A, B, C, D

from pixelpact.audit import Auditor, Code, words
from pixelpact.audit.facts import Asked
from pixelpact.chain import (
    EmergencyRequested,
    InstitutionStatus,
    InstitutionSuspended,
    eip712,
)
from pixelpact.models import ZERO32, AccessQuery, Directive, KeyRelease
from pixelpact.policy import Purpose, Reason, decide_emergency


@pytest.fixture(scope="module")
def told() -> Life:
    life = Life()
    life.matters.tell()
    return life


def test_all_of_it_is_told_and_nothing_is_wrong(told: Life):
    report = Auditor(told.world.trail()).report()
    assert report.findings == ()
    assert {type(event).__name__ for event in told.world.events} >= ONLY_HERE
    assert all(entry.sentence.endswith(".") and "{" not in entry.sentence for entry in report.trail)
    assert len({entry.what for entry in report.trail}) > len(ONLY_HERE)
    assert report.decisions_rechecked == 2


def test_the_state_is_the_contracts(told: Life):
    state, world = told.replayed().state, told.world
    for number in (A, B, C, D, 5):
        real, ours = world.institutions.institution(number), state.institutions[number]
        assert (real.admin, real.roles, real.country, real.requester_since) == (
            ours.admin,
            ours.roles,
            ours.country,
            ours.requester_since,
        )
        assert (real.status is InstitutionStatus.SUSPENDED) == (ours.suspended is not None)
    for account in vars(told.cast).values():
        operator = world.institutions.operator(account.address)
        assert (operator.institution, operator.permissions) == state.operators.get(account.address, (0, 0))
    study = world.studies.study(told.matters.study)
    assert (study.custodian, study.formers) == (
        state.studies[told.matters.study].custodian,
        state.studies[told.matters.study].formers,
    )
    for person in (told.cast.patient, told.cast.minor):
        subject, kept = state.subjects[person.address], world.consents.subject(person.address)
        assert subject.key == world.consents.key_of(person.address)
        assert (subject.signs is not None) == bool(kept.flags & 8)
        assert state.generation(person.address) == kept.generation
        assert len(subject.guardians) == kept.appointment_count
    rule = world.institutions.rule()
    assert (state.engine.version, state.stopped_until) == (rule.engine_version, rule.stopped_until)


def test_evidence_is_judged_as_the_contract_judges_it():
    life = Life()
    for part in (life.matters.begin, life.matters.taken, life.matters.guardians, life.matters.batch):
        part()
    shown, evidence = life.matters.shown, life.matters.evidence
    assert shown is not None
    assert evidence is not None
    by_guardian = replace(evidence, appointment=1, signature=life.matters.sign(life.cast.guardian, shown))
    answers = {
        "good": evidence,
        "by the guardian": by_guardian,
        "no such appointment": replace(by_guardian, appointment=2),
        "another signature": replace(evidence, signature=by_guardian.signature),
        "cut signature": replace(evidence, signature=evidence.signature[:64]),
        "another path": replace(evidence, path=evidence.path[:-1]),
        "another poster": replace(evidence, poster=B),
        "none": None,
    }
    assert {name: life.both(shown, each) for name, each in answers.items()} == {
        "good": Reason.PERMITTED,
        "by the guardian": Reason.PERMITTED,
        "no such appointment": Reason.EVIDENCE_INVALID,
        "another signature": Reason.EVIDENCE_INVALID,
        "cut signature": Reason.EVIDENCE_INVALID,
        "another path": Reason.EVIDENCE_INVALID,
        "another poster": Reason.DIRECTIVE_NOT_RECORDED,
        "none": Reason.DIRECTIVE_NOT_RECORDED,
    }
    dismissal = eip712.Dismissal(life.cast.patient.address, 1)
    ended = life.matters.sign(life.cast.guardian, dismissal)
    life.matters.send(life.world.consents.dismiss(life.cast.patient.address, 1, ended), life.cast.d)
    assert life.both(shown, by_guardian) == Reason.GUARDIAN_ENDED
    life.matters.recovery_by_friend()
    assert life.both(shown, evidence) == Reason.EVIDENCE_INVALID


def test_a_release_is_judged_by_the_evidence_that_it_shows():
    """The request shows what a guardian signed, dismissed since; the release what the patient did."""
    life = Life()
    for part in (life.matters.begin, life.matters.taken, life.matters.guardians, life.matters.batch):
        part()
    world, cast, matters = life.world, life.cast, life.matters
    shown, evidence = matters.shown, matters.evidence
    assert shown is not None
    assert evidence is not None
    by_guardian = replace(evidence, appointment=1, signature=matters.sign(cast.guardian, shown))
    query = AccessQuery(matters.study, int(Purpose.TREAT), 1)
    matters.send(world.institutions.publish_key(KEY), cast.b)
    matters.send(world.ledger.request(2, query, shown, PERSONS[0], evidence=by_guardian), cast.b)
    ended = matters.sign(cast.guardian, eip712.Dismissal(cast.patient.address, 1))
    matters.send(world.consents.dismiss(cast.patient.address, 1, ended), cast.d)
    released = KeyRelease(B, 1, 1, hashlib.sha256(KEY).digest(), b"\5" * 32, PERSONS[1])
    matters.send(world.ledger.release(2, query, shown, released, evidence=evidence), cast.a)
    trail = world.trail()
    report = Auditor(trail).report()
    assert report.findings == ()
    batch = f"the batch {words.short(evidence.root)} of institution {A}"
    consent = words.short(eip712.struct_hash(shown))
    assert report.trail[-1].sentence.endswith(
        f", to institution {B}, by consent {consent}, which {batch} shows."
    )
    for forged, code in (
        (None, Code.RELEASE_AGAINST_POLICY),
        (by_guardian, Code.RELEASE_GUARDIAN),
        (replace(evidence, path=evidence.path[1:]), Code.RELEASE_AGAINST_POLICY),
    ):
        other = change(trail, len(trail.events) - 1, evidence=forged)
        assert [each.code for each in Auditor(other).findings()] == [code]


def test_a_release_says_by_which_consent_and_how_it_was_given():
    life = Life()
    life.matters.begin()
    world, cast, matters = life.world, life.cast, life.matters
    matters.send(world.institutions.publish_key(KEY), cast.b)
    query = AccessQuery(matters.study, int(Purpose.TREAT), 1)

    def released_by(directive: Directive, nonce: int) -> tuple[str, str]:
        """The end of the release's sentence, and how the consent's number is told."""
        matters.send(world.ledger.request(nonce, query, directive, PERSONS[0]), cast.b)
        digest = hashlib.sha256(KEY).digest()
        release = KeyRelease(B, 1, 1, digest, bytes([nonce]) * 32, PERSONS[1])
        matters.send(world.ledger.release(nonce, query, directive, release), cast.a)
        sentence = Auditor(world.trail()).report().trail[-1].sentence
        return sentence.partition(", by ")[2], f"consent {words.short(eip712.struct_hash(directive))}"

    on_paper = matters.paper(cast.patient.address)
    world.wait(world.institutions.terms().paper_delay)
    said, consent = released_by(on_paper, 2)
    assert said == f"{consent}, which institution {A} recorded on paper."
    said, consent = released_by(matters.recorded(cast.patient.address), 3)
    assert said == f"{consent}."


def test_paper_is_judged_as_the_contract_judges_it():
    life = Life()
    life.matters.begin()
    cast, consents = life.cast, life.world.consents
    patient = cast.patient.address
    directive = life.matters.paper(patient)
    assert life.both(directive) == Reason.PAPER_TOO_NEW
    life.world.wait(life.world.institutions.terms().paper_delay)
    life.world.next_block()
    assert life.both(directive) == Reason.PERMITTED
    life.matters.custody()
    assert life.both(directive) == Reason.CUSTODIAN_DIFFERS
    end = life.matters.sign(cast.patient, eip712.EndOfPaper(patient))
    life.matters.send(consents.end_paper(patient, end), cast.d)
    assert life.both(replace(directive, custodian=B)) == Reason.DIRECTIVE_NOT_RECORDED
    replay = life.replayed()
    assert replay.state.subject(patient).signs


def test_a_refusal_that_was_taken_follows_the_study_to_its_next_custodian():
    life = Life()
    life.matters.begin()
    patient = life.cast.patient.address
    own = life.matters.recorded(patient)
    assert life.both(own) == Reason.PERMITTED
    from_a = life.world.consents.take_refusal(patient, ZERO32, 1, 2, b"\1" * 32)  # type: ignore[arg-type]
    life.matters.send(from_a, life.cast.a)
    assert life.both(own) == Reason.REFUSED_BY_PATIENT
    life.matters.custody()
    theirs = life.matters.recorded(patient, custodian=B)
    assert life.both(theirs) == Reason.REFUSED_BY_PATIENT


def test_an_emergency_is_decided_again(told: Life):
    world, study = told.world, told.matters.study
    facts = told.replayed().facts(Asked(study, A), time=world.time)
    for categories in (0, 1, 2, 3):
        assert (
            world.ledger.decide_emergency(A, study, categories) == decide_emergency(facts, categories).reason
        )
    assert PERSONS[0] != PERSONS[1]


def test_what_was_not_so_is_found(told: Life):
    trail = told.world.trail()
    suspended = place(trail, InstitutionSuspended)
    vote = trail.events[suspended - 1]
    for forged, code in (
        (change(trail, place(trail, EmergencyRequested), reason=30), Code.DECISION_DIFFERS),
        (append(trail, InstitutionSuspended, institution=A, by=b"\7" * 20), Code.INSTITUTION_STATUS),
        (change(trail, suspended, institution=C), Code.INSTITUTION_STATUS),
    ):
        assert code in {finding.code for finding in Auditor(forged).findings()}
    assert type(vote).__name__ == "CarriedOut"
