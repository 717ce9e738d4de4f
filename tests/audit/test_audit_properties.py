"""Whatever a consortium does with the real contracts, the replay ends in their state and decides alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from audit_world import (
    CT,
    OTHER_PATIENT,
    PATIENT,
    SIGNATURE,
    START,
    STRANGER,
    A,
    Asked,
    B,
    C,
    D,
    RefusedError,
    World,
    admin,
    word,
)
from chain_matters import ONLY_HERE
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.audit import Auditor, AuditReport, Code
from pixelpact.audit import facts as of_decision
from pixelpact.audit.replay import Replay, until
from pixelpact.audit.requests import directive_hash_of
from pixelpact.chain import (
    EVENTS,
    AccessReleased,
    AccessRequested,
    InstitutionStatus,
    RequestStatus,
    Scope,
    StudyStatus,
    eip712,
)
from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO, ZERO32, AccessQuery, Directive
from pixelpact.policy import OperatorPermission, Permission, Purpose, Reason, covers, decide, purpose_set

INSTITUTIONS = (A, B, C, D)
SUBJECTS = (PATIENT, OTHER_PATIENT)
PURPOSES = (Purpose.TREAT, Purpose.ERTREAT, Purpose.HRESCH, Purpose.BIORCH, 61, 200)
SETS = tuple(
    purpose_set(*each)
    for each in ((Purpose.TREAT,), (Purpose.ETREAT,), (Purpose.HRESCH,), (Purpose.TREAT, Purpose.HRESCH), ())
)
PAUSES = (1, 3_600, 90_000, 6_000_000)
DUTIES = {Code.ROTATION_OWED, Code.DISPUTED, Code.DISPOSAL_NOT_ATTESTED}


class Life:
    """A world, and what a random number does in it. What the contracts refuse did not happen."""

    def __init__(self) -> None:
        self.world = World()
        self.studies: list[bytes] = []
        self.directives: list[Directive] = []
        self.asked: list[Asked] = []
        self.served: list[Asked] = []
        self.world.keys(B, C)
        self.register(0)
        self.consent(35)

    def live(self, deeds: list[tuple[str, int]]) -> None:
        for name, chance in deeds:
            act: Callable[[int], None] = getattr(self, name)
            try:
                act(chance)
            except RefusedError:
                continue

    def register(self, chance: int) -> None:
        custodian, subject = (A, B)[chance % 2], SUBJECTS[chance // 2 % 2]
        study = self.world.register(custodian=custodian, subject=subject, local=len(self.studies) + 1)
        self.studies.append(study)

    def consent(self, chance: int) -> None:
        """A consent is signed, and mostly recorded."""
        subject = SUBJECTS[chance // 3 % 2]
        directive = self.world.directive(
            subject=subject,
            custodian=(A, A, B)[chance % 3],
            study=(ZERO32, self.studies[chance % len(self.studies)])[chance // 5 % 2],
            grantee=(B, C, D, ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO)[chance % 5],
            purposes=SETS[chance // 7 % 4],
            permission=(0, int(Permission.GRU), int(Permission.HMB))[chance // 11 % 3],
            generation=self.world.consents.generation(subject) + (chance % 13 == 0),
            expiry=START + (10_000_000, 100_000)[chance // 17 % 2],
        )
        self.directives.append(directive)
        if chance % 4:
            call = self.world.consents.record(subject, eip712.struct_hash(directive), 0, SIGNATURE)
            self.world.send(call, STRANGER)

    def ask(self, chance: int) -> None:
        """Mostly a question that has a chance: random ones are nearly all denied."""
        cited = [None, *self.directives]
        directive = cited[chance // 2 % len(cited)]
        if chance % 4 == 0 or directive is None:
            study = self.studies[chance % len(self.studies)] if chance % 3 else word(7)
            requester, purpose = INSTITUTIONS[chance // 3 % 4], PURPOSES[chance // 5 % len(PURPOSES)]
        else:
            study = self.fitting(directive)
            requester = directive.grantee if directive.grantee in INSTITUTIONS and chance % 5 else B
            purpose = Purpose.TREAT if directive.purposes & 1 else Purpose.ERTREAT
        self.asked.append(self.world.ask(requester, study, directive, purpose))

    def fitting(self, directive: Directive) -> bytes:
        """The first study that a directive covers, if there is one."""
        for study in self.studies:
            found = self.world.studies.study(study)
            fits = (found.subject, found.custodian) == (directive.subject, directive.custodian)
            if fits and directive.study in (ZERO32, study):
                return study
        return self.studies[0]

    def release(self, chance: int) -> None:
        permitted = [asked for asked in self.asked if asked.reason == Reason.PERMITTED]
        if permitted:
            asked = permitted[chance % len(permitted)]
            self.world.release(asked)
            self.served.append(asked)

    def confirm(self, chance: int) -> None:
        if self.served:
            self.world.confirm(self.served[chance % len(self.served)], 1 + chance % 2)

    def dispute(self, chance: int) -> None:
        if self.served:
            self.world.dispute(self.served[chance % len(self.served)], 1 + chance % 2, 1 + chance % 11)

    def turn_down(self, chance: int) -> None:
        permitted = [asked for asked in self.asked if asked.reason == Reason.PERMITTED]
        if permitted and chance % 3 == 0:
            self.world.turn_down(permitted[chance // 3 % len(permitted)])

    def revoke(self, chance: int) -> None:
        self.world.revoke(self.directives[chance % len(self.directives)])

    def revoke_all(self, chance: int) -> None:
        if chance % 3 == 0:
            self.world.revoke_all(SUBJECTS[chance % 2])

    def refuse(self, chance: int) -> None:
        scope: tuple[dict[str, Any], ...]
        scope = ({}, {"custodian": A}, {"study": self.studies[chance % len(self.studies)]}, {"grantee": B})
        self.world.refuse(SETS[chance // 4 % 5], **scope[chance % 4])

    def rotate(self, chance: int) -> None:
        self.world.rotate(self.studies[chance % len(self.studies)])

    def dispose(self, chance: int) -> None:
        self.world.dispose(self.studies[chance % len(self.studies)], 1 + chance % 3)

    def change_status(self, chance: int) -> None:
        study = self.studies[chance % len(self.studies)]
        calls = self.world.studies
        call = (calls.withdraw(study), calls.reinstate(study), calls.erase(study, word(1)))[
            2 if chance % 11 == 0 else chance % 2
        ]
        self.world.send(call, admin(self.world.studies.study(study).custodian))

    def suspend(self, chance: int) -> None:
        if chance % 5 == 0:
            self.world.send(self.world.institutions.suspend_self(), admin(INSTITUTIONS[chance % 4]))

    def publish_key(self, chance: int) -> None:
        self.world.keys(INSTITUTIONS[chance % 4])

    def set_operator(self, chance: int) -> None:
        call = self.world.institutions.set_operator(
            word(chance % 3)[12:], chance % 5 & OperatorPermission.STUDIES
        )
        self.world.send(call, admin(INSTITUTIONS[chance % 4]))

    def wait(self, chance: int) -> None:
        self.world.wait(PAUSES[chance % 4])

    def crowd(self, chance: int) -> None:
        self.world.crowded = chance % 2 == 0


DEEDS = [
    *(
        "ask",
        "ask",
        "ask",
        "ask",
        "release",
        "release",
        "release",
        "consent",
        "consent",
        "confirm",
        "confirm",
    ),
    *(
        "dispute",
        "turn_down",
        "revoke",
        "revoke_all",
        "refuse",
        "rotate",
        "dispose",
        "change_status",
        "suspend",
    ),
    *("publish_key", "set_operator", "register", "wait", "crowd"),
]


def _deeds(seed: int, count: int) -> list[tuple[str, int]]:
    """Drawn evenly: Hypothesis' own integers are mostly small, and nearly every life would be the same."""
    chance = random.Random(seed)
    return [(chance.choice(DEEDS), chance.randrange(10_000)) for _ in range(count)]


lives = st.builds(_deeds, st.integers(0, 2**64 - 1), st.integers(10, 80))


@settings(max_examples=120, deadline=None)
@given(lives)
def test_the_replay_of_any_life_finds_no_violation_and_ends_where_the_contracts_do(
    deeds: list[tuple[str, int]],
) -> None:
    life = Life()
    life.live(deeds)
    life.world.next_block()
    trail = life.world.trail()
    report = Auditor(trail).report()
    assert {finding.code for finding in report.findings} <= DUTIES
    assert len(report.trail) == report.events == len(trail.events)
    replay = Replay(trail.network, {})
    replay.feed(trail.events)
    _same_institutions(life, replay)
    _same_studies(life, replay)
    _same_consents(life, replay)
    _same_requests(life, replay)
    _same_debts(life, report)
    _same_decisions(life, replay, [chance for _, chance in deeds[:20]])


@settings(max_examples=30, deadline=None)
@given(lives)
def test_facts_at_the_place_of_a_request_give_the_answer_that_it_got(deeds: list[tuple[str, int]]) -> None:
    life = Life()
    life.live(deeds)
    trail = life.world.trail()
    auditor = Auditor(trail)
    requests = [event for event in trail.events if isinstance(event, AccessRequested)]
    for event in requests[-3:]:
        facts = auditor.facts(
            study=event.study,
            requester=event.requester,
            directive=event.directive,
            block=event.block,
            index=event.index,
        )
        assert facts.time == event.timestamp
        assert decide(facts, event.query, event.directive).reason == event.reason


@settings(max_examples=30, deadline=None)
@given(lives, lives)
def test_a_replay_up_to_a_block_knows_nothing_of_what_came_after(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    life = Life()
    life.live(before)
    early = life.world.trail()
    life.world.next_block()
    life.live(after)
    then, now = Replay(early.network, {}), Replay(early.network, {})
    then.feed(early.events)
    now.feed(until(life.world.events, early.last))
    assert now.state == then.state


def test_lives_come_to_permits_releases_disputes_and_debts() -> None:
    """What the lives above reach is worth as much as what is asserted of them."""
    reached: set[str] = set()
    for seed in range(40):
        life = Life()
        life.live(_deeds(seed, 60))
        reached.update(type(event).__name__ for event in life.world.events)
        reached.update(f"reason {asked.reason}" for asked in life.asked)
        reached.update(finding.code.value for finding in Auditor(life.world.trail()).findings())
    # The others are told, audited and decided again in test_audit_matters.
    assert set(EVENTS) - ONLY_HERE <= reached
    assert {
        f"reason {reason}" for reason in (0, 1, 2, 3, 10, 11, 22, 30, 40, 42, 43, 44, 45, 51, 70, 91)
    } <= reached
    assert {code.value for code in DUTIES} <= reached


def _same_institutions(life: Life, replay: Replay) -> None:
    for number in INSTITUTIONS:
        real, ours = life.world.institutions.institution(number), replay.state.institutions[number]
        assert (real.admin, real.roles, real.country, real.attributes) == (
            ours.admin,
            ours.roles,
            ours.country,
            ours.attributes,
        )
        assert real.key_version == ours.key_version
        assert real.requester_since == ours.requester_since
        assert (real.status == InstitutionStatus.SUSPENDED) == (ours.suspended is not None)
    for account in (*(admin(number) for number in INSTITUTIONS), *(word(each)[12:] for each in range(3))):
        operator = life.world.institutions.operator(account)
        assert (operator.institution, operator.permissions) == replay.state.operators.get(account, (0, 0))


def _same_studies(life: Life, replay: Replay) -> None:
    assert set(replay.state.studies) == set(life.studies)
    for number, ours in replay.state.studies.items():
        real = life.world.studies.study(number)
        assert (real.subject, real.custodian, real.epoch, real.manifest_digest, real.categories) == (
            ours.subject,
            ours.custodian,
            ours.epoch,
            ours.manifest_digest,
            ours.categories,
        )
        assert (real.status == StudyStatus.ERASED) == (ours.erased is not None)
        assert (real.status == StudyStatus.WITHDRAWN) == (ours.withdrawn and ours.erased is None)


def _same_consents(life: Life, replay: Replay) -> None:
    for subject in SUBJECTS:
        assert life.world.consents.generation(subject) == replay.state.generation(subject)
        for study in life.studies:
            for custodian, requester in ((A, B), (B, C)):
                here = Scope(custodian, (), study, requester)
                real = life.world.consents.refused_purposes(subject, here)
                union = 0
                for scope in replay.state.refusals(subject, custodian, study, requester):
                    union |= scope.purposes
                assert real == union
    for directive in life.directives:
        number = eip712.struct_hash(directive)
        kept = life.world.consents.commitment(directive.subject, number)
        ours = replay.state.commitments.get((directive.subject, number))
        assert kept.recorded_at == (ours.recorded.time if ours and ours.recorded else 0)
        assert kept.revoked_at == (ours.revoked.time if ours and ours.revoked else 0)


def _same_requests(life: Life, replay: Replay) -> None:
    assert set(replay.state.requests) == {asked.id for asked in life.asked}
    for number, ours in replay.state.requests.items():
        real = life.world.ledger.request_of(number)
        assert (real.requester, real.requested_at) == (ours.requester, ours.at.time)
        assert (real.served_epoch, real.confirmed_epoch, real.disputed_epoch) == (
            ours.last_served,
            ours.last_confirmed,
            ours.last_disputed,
        )
        assert (real.status == RequestStatus.DENIED) == (ours.reason != Reason.PERMITTED)
        assert (real.status == RequestStatus.REFUSED) == (ours.refused is not None)


def _same_decisions(life: Life, replay: Replay, chances: list[int]) -> None:
    cited = [None, *life.directives]
    for chance in chances:
        query = AccessQuery(
            study=(*life.studies, word(7))[chance % (len(life.studies) + 1)],
            purpose=PURPOSES[chance // 3 % len(PURPOSES)],
            categories=(CT, CT, 0, CT | 2)[chance // 5 % 4],
        )
        directive, requester = cited[chance // 7 % len(cited)], chance // 11 % 6
        asked = of_decision.Asked(query.study, requester, directive_hash=directive_hash_of(directive))
        facts = replay.facts(asked, time=life.world.time)
        expected = life.world.ledger.decide(requester, query, directive)
        assert decide(facts, query, directive).reason == expected


def _same_debts(life: Life, report: AuditReport) -> None:
    for debt in report.owed:
        assert debt.epoch == life.world.studies.study(debt.study).epoch
    owed = {(debt.study, cause.requester) for debt in report.owed for cause in debt.causes}
    assert owed == set(_owed_by_the_contracts(life))


def _owed_by_the_contracts(life: Life) -> Iterator[tuple[bytes, int]]:
    """The studies whose key left to somebody who may not have it (docs/audit.md), by the getters."""
    requests = {event.request: event for event in life.world.events if isinstance(event, AccessRequested)}
    for release in life.world.events:
        if not isinstance(release, AccessReleased):
            continue
        study = life.world.studies.study(release.study)
        if study.epoch != release.epoch or study.status == StudyStatus.ERASED:
            continue
        asked = requests[release.request]
        assert asked.directive is not None
        commitment, generation, refused = _standing(life, release, study.subject, study.custodian)
        holder = life.world.institutions.institution(release.requester)
        if (
            commitment
            or generation > asked.directive.generation
            or covers(refused, asked.query.purpose)
            or holder.status == InstitutionStatus.SUSPENDED
        ):
            yield release.study, release.requester


def _standing(life: Life, release: AccessReleased, subject: bytes, custodian: int) -> tuple[int, int, int]:
    scope = Scope(custodian, (), release.study, release.requester)
    found = life.world.consents.standing(subject, release.directive_hash, scope)
    return found.revoked_at, found.generation, found.refused
