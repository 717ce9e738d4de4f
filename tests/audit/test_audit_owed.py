"""Promise 4: when a rotation is owed, since when, and when not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from audit_world import OTHER_PATIENT, PATIENT, A, Asked, B, C, D, World, admin, word

from pixelpact.audit import Auditor, AuditReport, Code
from pixelpact.chain import Means
from pixelpact.models import ANY_INSTITUTION_LATER_TOO, ZERO32, Directive
from pixelpact.policy import Purpose, purpose_set


class Shared:
    """A study of A's whose key B and D hold under a consent each."""

    def __init__(self) -> None:
        self.world = World()
        self.world.keys(B, C, D)
        self.study = self.world.register()
        self.for_b = self.world.consent(grantee=B)
        self.for_d = self.world.consent(grantee=D)
        self.b = self.served(B, self.for_b)
        self.d = self.served(D, self.for_d)

    def served(self, requester: int, directive: Directive) -> Asked:
        asked = self.world.ask(requester, self.study, directive)
        self.world.release(asked)
        return asked

    def taken(self, study: bytes) -> None:
        """A takes a refusal of treatment from the patient by phone, for the study or all that it holds."""
        call = self.world.consents.take_refusal(
            PATIENT, study, purpose_set(Purpose.TREAT), Means.PHONE, word(0xF)
        )
        self.world.send(call, admin(A))

    def report(self) -> AuditReport:
        report = Auditor(self.world.trail()).report()
        assert {finding.code for finding in report.findings} <= {
            Code.ROTATION_OWED,
            Code.DISPOSAL_NOT_ATTESTED,
        }
        return report


@pytest.fixture
def shared() -> Shared:
    return Shared()


WITHDRAWALS: dict[str, tuple[Callable[[Shared], object], set[int], str]] = {
    "a consent withdrawn": (lambda s: s.world.revoke(s.for_b), {B}, "withdrew the consent"),
    "all consents withdrawn": (lambda s: s.world.revoke_all(), {B, D}, "withdrew all consents"),
    "the purpose refused to everybody": (
        lambda s: s.world.refuse(purpose_set(Purpose.TREAT)),
        {B, D},
        "refuses the purpose",
    ),
    "the purpose refused to all that A holds": (
        lambda s: s.world.refuse(purpose_set(Purpose.TREAT), custodian=A),
        {B, D},
        "refuses the purpose",
    ),
    "the purpose refused for the study": (
        lambda s: s.world.refuse(purpose_set(Purpose.TREAT), study=s.study),
        {B, D},
        "refuses the purpose",
    ),
    "the purpose refused to D": (
        lambda s: s.world.refuse(purpose_set(Purpose.TREAT), grantee=D),
        {D},
        "refuses the purpose",
    ),
    "the purpose refused by phone for all that A holds": (
        lambda s: s.taken(ZERO32),
        {B, D},
        "refuses the purpose",
    ),
    "the purpose refused on paper for the study": (lambda s: s.taken(s.study), {B, D}, "refuses the purpose"),
    "D suspended": (
        lambda s: s.world.send(s.world.institutions.suspend_self(), admin(D)),
        {D},
        "was suspended",
    ),
}


@pytest.mark.parametrize("name", WITHDRAWALS)
def test_a_rotation_is_owed_from_the_block_in_which_the_right_ended(shared: Shared, name: str) -> None:
    act, holders, why = WITHDRAWALS[name]
    assert shared.report().owed == ()
    act(shared)
    block, time = shared.world.block, shared.world.time
    shared.world.register(local=2)
    report = shared.report()
    (owed,) = report.owed
    assert (owed.study, owed.custodian, owed.epoch) == (shared.study, A, 1)
    assert (owed.since.block, owed.since.time) == (block, time)
    assert {cause.requester for cause in owed.causes} == holders
    assert all(why in cause.why for cause in owed.causes)
    (finding,) = report.findings
    assert (finding.code, finding.at) == (Code.ROTATION_OWED, owed.since)
    assert f"since block {block}" in finding.sentence


@pytest.mark.parametrize("name", WITHDRAWALS)
def test_a_rotation_pays_the_debt_and_the_trail_says_so(shared: Shared, name: str) -> None:
    act, _, _ = WITHDRAWALS[name]
    act(shared)
    owed_since = shared.world.block
    shared.world.rotate(shared.study)
    shared.world.dispose(shared.study, 1)
    report = shared.report()
    assert report.owed == ()
    assert report.findings == ()
    assert report.trail[-2].sentence.endswith(f"as it owed since block {owed_since}.")


NOT_OWED: dict[str, Callable[[Shared], object]] = {
    "mere expiry": lambda s: s.world.wait(20_000_000),
    "another consent withdrawn": lambda s: s.world.revoke(s.world.consent(grantee=C)),
    "another purpose refused": lambda s: s.world.refuse(purpose_set(Purpose.HRESCH)),
    "a narrower purpose refused": lambda s: s.world.refuse(purpose_set(Purpose.ETREAT)),
    "the purpose refused to another": lambda s: s.world.refuse(purpose_set(Purpose.TREAT), grantee=C),
    "the purpose refused for another custodian": lambda s: s.world.refuse(
        purpose_set(Purpose.TREAT), custodian=B
    ),
    "the purpose refused for another study": lambda s: s.world.refuse(
        purpose_set(Purpose.TREAT), study=s.world.register(local=2)
    ),
    "another institution suspended": lambda s: s.world.send(s.world.institutions.suspend_self(), admin(C)),
    "the study withdrawn by its custodian": lambda s: s.world.send(
        s.world.studies.withdraw(s.study), admin(A)
    ),
    "all consents of another patient withdrawn": lambda s: s.world.revoke_all(OTHER_PATIENT),
}


@pytest.mark.parametrize("name", NOT_OWED)
def test_nothing_is_owed_for_what_takes_no_right_away(shared: Shared, name: str) -> None:
    NOT_OWED[name](shared)
    shared.world.consent(grantee=C)
    report = shared.report()
    assert report.owed == ()
    assert report.findings == ()


def test_a_refused_parent_takes_the_right_to_its_descendants(shared: Shared) -> None:
    asked = shared.world.ask(B, shared.study, shared.for_b, Purpose.ERTREAT)
    shared.world.rotate(shared.study)
    shared.world.dispose(shared.study, 1)
    shared.world.release(asked)
    shared.world.refuse(purpose_set(Purpose.ETREAT))
    (owed,) = shared.report().owed
    assert {cause.requester for cause in owed.causes} == {B}


def test_a_key_of_an_epoch_that_is_over_owes_nothing(shared: Shared) -> None:
    shared.world.rotate(shared.study)
    shared.world.dispose(shared.study, 1)
    shared.world.revoke(shared.for_b)
    assert shared.report().owed == ()


def test_who_is_served_again_and_withdrawn_from_then_makes_a_new_debt(shared: Shared) -> None:
    shared.world.rotate(shared.study)
    shared.world.release(shared.d)
    shared.world.revoke(shared.for_d)
    (owed,) = shared.report().owed
    assert (owed.epoch, owed.since.block) == (2, shared.world.block)


def test_a_refusal_that_was_lifted_owes_nothing_any_more(shared: Shared) -> None:
    shared.world.refuse(purpose_set(Purpose.TREAT), sequence=1)
    assert len(shared.report().owed) == 1
    shared.world.refuse(0, sequence=2)
    assert shared.report().owed == ()


def test_a_refusal_that_is_widened_counts_from_its_beginning(shared: Shared) -> None:
    shared.world.refuse(purpose_set(Purpose.TREAT), sequence=1)
    block = shared.world.block
    shared.world.refuse(purpose_set(Purpose.TREAT, Purpose.HRESCH), sequence=2)
    assert shared.report().owed[0].since.block == block


def test_a_second_reason_does_not_move_the_debt(shared: Shared) -> None:
    shared.world.revoke(shared.for_b)
    block = shared.world.block
    shared.world.revoke_all()
    (owed,) = shared.report().owed
    assert owed.since.block == block
    assert [(cause.requester, cause.since.block) for cause in owed.causes] == [(B, block), (D, block + 1)]


def test_an_erased_study_owes_nothing(shared: Shared) -> None:
    shared.world.revoke(shared.for_b)
    shared.world.send(shared.world.studies.erase(shared.study, b"\x01" * 32), admin(A))
    report = shared.report()
    assert report.owed == ()
    (note,) = report.findings
    assert note.code == Code.DISPOSAL_NOT_ATTESTED
    assert note.sentence.endswith("epoch 1, are gone from its nodes.")


def test_one_note_says_which_epochs_are_not_vouched_for(shared: Shared) -> None:
    for _ in range(3):
        shared.world.rotate(shared.study)
    shared.world.dispose(shared.study, 2)
    (note,) = shared.report().findings
    assert note.code == Code.DISPOSAL_NOT_ATTESTED
    assert "2 epochs from 1 on" in note.sentence


def test_a_consent_withdrawn_before_any_release_owes_nothing() -> None:
    world = World()
    world.keys(B)
    study = world.register()
    directive = world.consent(grantee=ANY_INSTITUTION_LATER_TOO)
    world.ask(B, study, directive)
    world.revoke(directive)
    report = Auditor(world.trail()).report()
    assert report.owed == ()
    assert report.findings == ()


def test_the_debt_travels_as_json(shared: Shared) -> None:
    shared.world.revoke(shared.for_b)
    (owed,) = shared.report().to_json()["owed"]
    assert owed == {
        "study": "0x" + shared.study.hex(),
        "custodian": A,
        "epoch": 1,
        "since_block": shared.world.block,
        "since_time": shared.world.time,
        "requesters": [B],
        "why": ["the patient withdrew the consent"],
    }
    assert PATIENT.hex() not in str(owed)
