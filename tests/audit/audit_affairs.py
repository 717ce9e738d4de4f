"""One honest life of a consortium, to be forged: votes, guardians, paper, batches, research, emergencies.

Its last events stop all sharing for a minute. Of each kind of consent one request was served, one not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from audit_life import Life
from audit_world import KEY, Asked, word
from chain_matters import DAY, FORM, PERSONS, A, B, C, D, Matters, only
from eth_utils.crypto import keccak

from pixelpact.chain import (
    AccessReleased,
    AccessRequested,
    Account,
    Batch,
    Event,
    ProjectRegistered,
    Proposed,
    StudyRegistered,
    Trail,
    batches,
    eip712,
)
from pixelpact.models import (
    ZERO32,
    AccessQuery,
    Action,
    Appointment,
    Approval,
    AttestedAppointment,
    Directive,
    Evidence,
    KeyRelease,
    Motion,
    Project,
)
from pixelpact.policy import GuardianPower, Permission, Purpose, Role, purpose_set

#: How much later than the last event a forged one must come so that sharing goes on again.
AFTER_THE_STOP = 61
STOP = 60


@dataclass
class Affairs:
    """The trail, and what stands in it."""

    trail: Trail
    life: Life
    old: bytes
    moved: bytes
    offered: bytes
    paper_study: bytes
    project: bytes
    unapproved: bytes
    withdrawn: bytes
    emergency: bytes
    evidence: Evidence
    unserved: dict[str, Asked]
    served: dict[str, Asked]

    @property
    def matters(self) -> Matters:
        return self.life.matters

    @property
    def patient(self) -> bytes:
        return self.life.cast.patient.address

    @property
    def minor(self) -> bytes:
        return self.life.cast.minor.address

    def event(self, kind: type[Event], **fields: Any) -> Any:
        """The first event of a kind with these fields."""
        return next(
            event
            for event in self.trail.events
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
        )

    def number_of(self, action: Action) -> int:
        """The last proposal for an action."""
        return max(
            event.proposal
            for event in self.trail.events
            if isinstance(event, Proposed) and event.motion.action is action
        )


class _Teller:
    """Tells it, on the contracts."""

    def __init__(self) -> None:
        self.life = Life()
        self.world, self.cast, self.matters = self.life.world, self.life.cast, self.life.matters
        self.old = Account(b"\x09" * 32)
        self.nonce = 100

    def study(self, local: int, subject: bytes) -> bytes:
        call = self.world.studies.register(word(local), subject, 1, word(local), word(local + 1))
        return only(StudyRegistered, self.matters.send(call, self.cast.a)).study

    def votes(self) -> None:
        decide, newcomer = self.matters.decide, Account(b"\x0a" * 32).address
        decide(Motion(Action.ADMIT, account=newcomer, roles=int(Role.REQUESTER), country=b"FR"))
        decide(Motion(Action.SUSPEND, institution=D))
        decide(Motion(Action.REINSTATE, institution=D))
        roles = int(Role.REQUESTER | Role.VOTER)
        decide(Motion(Action.CHANGE, institution=D, roles=roles, country=b"LI"))
        recover = Motion(Action.RECOVER_ADMIN, institution=D, account=Account(b"\x0b" * 32).address)
        vetoed = only(Proposed, self.matters.send(self.world.institutions.propose(recover), self.cast.a))
        self.matters.send(self.world.institutions.veto(vetoed.proposal), self.cast.d)
        decide(recover)
        engine = self.world.create(self.matters.engine())
        code_hash = keccak(self.world.code(engine))
        decide(Motion(Action.REPLACE_ENGINE, account=engine, code_hash=code_hash))

    def projects(self) -> tuple[bytes, bytes, bytes]:
        """One in force, one that nobody approved, one that was withdrawn."""
        found = []
        for salt in (1, 2, 3):
            body = Project(B, (D,), 0, b"DE", word(5), (), word(salt))
            made = self.matters.send(self.world.projects.register(body), self.cast.b)
            found.append(only(ProjectRegistered, made).project)
        for number in (found[0], found[2]):
            until = self.world.time + 100 * DAY
            signed = self.matters.sign(self.cast.c, Approval(number, C, until))
            call = self.world.projects.approve(number, C, until, self.cast.c.address, signed)
            self.matters.send(call, self.cast.a)
        self.matters.send(self.world.projects.withdraw(found[2]), self.cast.c)
        return found[0], found[1], found[2]

    def directive(self, subject: bytes, **changes: Any) -> Directive:
        return self.matters.directive(subject, salt=word(1_000 + self.nonce), **changes)

    def record(self, directive: Directive, signer: Account, appointment: int = 0) -> Directive:
        number = eip712.struct_hash(directive)
        signature = self.matters.sign(signer, directive)
        call = self.world.consents.record(directive.subject, number, appointment, signature)
        self.matters.send(call, self.cast.b)
        return directive

    def attested_guardian(self) -> None:
        until = self.world.time + 1_000 * DAY
        appointment = Appointment(
            self.old.address, self.cast.guardian.address, int(GuardianPower.GRANT), A, until, 1
        )
        attested = self.matters.sign(self.cast.a_second, AttestedAppointment(appointment, FORM))
        call = self.world.consents.appoint_attested(appointment, FORM, self.cast.a_second.address, attested)
        self.matters.send(call, self.cast.a)

    def anchored(self) -> tuple[Directive, Evidence]:
        patient = self.cast.patient.address
        directives = [self.matters.directive(patient, generation=1, salt=word(each)) for each in range(3)]
        leaves = [
            batches.leaf_of(self.world.network, A, patient, eip712.struct_hash(each)) for each in directives
        ]
        made = Batch.of(leaves)
        self.matters.send(self.world.consents.anchor(made.root), self.cast.a)
        signature = self.matters.sign(self.cast.new_key, directives[0])
        return directives[0], Evidence(A, made.root, made.path(leaves[0]), 0, signature)

    def ask(
        self,
        study: bytes,
        directive: Directive,
        purpose: int = Purpose.TREAT,
        project: bytes = ZERO32,
        evidence: Evidence | None = None,
    ) -> Asked:
        self.nonce += 1
        query = AccessQuery(study, int(purpose), 1, project)
        call = self.world.ledger.request(self.nonce, query, directive, PERSONS[0], evidence=evidence)
        made = only(AccessRequested, self.matters.send(call, self.cast.b))
        assert made.reason == 0
        return Asked(made.request, B, self.nonce, query, directive, made.reason)

    def release(self, asked: Asked, evidence: Evidence | None = None) -> None:
        study = self.world.studies.study(asked.query.study)
        digest = hashlib.sha256(KEY).digest()
        released = KeyRelease(B, study.epoch, 1, digest, word(9_000 + asked.nonce), PERSONS[1])
        call = self.world.ledger.release(
            asked.nonce, asked.query, asked.directive, released, evidence=evidence
        )
        self.matters.send(call, self.cast.a)


def tell() -> Affairs:
    it = _Teller()
    matters, cast, world = it.matters, it.cast, it.world
    matters.begin()
    matters.send(world.institutions.publish_key(KEY), cast.b)
    paper_study, moved, offered = (
        it.study(local, subject)
        for local, subject in (
            (11, it.old.address),
            (12, cast.minor.address),
            (13, cast.minor.address),
        )
    )
    matters.on_paper()
    matters.taken()
    matters.guardians()
    matters.recovery()
    it.votes()
    for study, accepts in ((moved, True), (offered, False)):
        matters.send(world.studies.offer_custody(study, B), cast.a)
        if accepts:
            matters.send(world.studies.accept_custody(study), cast.b)
    world.rotate(matters.study, sender=cast.a.address)
    world.dispose(matters.study, 1, sender=cast.a.address)
    it.attested_guardian()
    on_paper = matters.paper(it.old.address)
    world.wait(world.institutions.terms().paper_delay)
    project, unapproved, withdrawn = it.projects()
    patient = cast.patient.address
    by_guardian = it.record(it.directive(patient, generation=1), cast.guardian, 1)
    research = it.record(
        it.directive(
            patient, generation=1, purposes=purpose_set(Purpose.HRESCH), permission=int(Permission.GRU)
        ),
        cast.new_key,
    )
    in_batch, evidence = it.anchored()
    matters.emergency()
    emergency = matters.events[-1]
    unserved, served = {}, {}
    for found, is_served in ((served, True), (unserved, False)):
        found["guardian"] = it.ask(matters.study, by_guardian)
        found["paper"] = it.ask(paper_study, on_paper)
        found["project"] = it.ask(matters.study, research, Purpose.BIORCH, project)
        found["batch"] = it.ask(matters.study, in_batch, evidence=evidence)
        if is_served:
            for name, asked in found.items():
                it.release(asked, evidence if name == "batch" else None)
    matters.decide(Motion(Action.STOP, duration=STOP))
    return Affairs(
        world.trail(),
        it.life,
        it.old.address,
        moved,
        offered,
        paper_study,
        project,
        unapproved,
        withdrawn,
        emergency.request,  # type: ignore[attr-defined]
        evidence,
        unserved,
        served,
    )


def release_of(affairs: Affairs, name: str, **changes: Any) -> dict[str, Any]:
    """A release of an unserved request, as an event has it."""
    asked = affairs.unserved[name]
    like = affairs.event(AccessReleased, request=affairs.served[name].id)
    usual = {each: getattr(like, each) for each in _RELEASE_FIELDS}
    return usual | {"request": asked.id, "envelope_digest": word(77)} | changes


_RELEASE_FIELDS = (
    "study",
    "requester",
    "custodian",
    "epoch",
    "manifest_digest",
    "key_version",
    "directive_hash",
    "evidence",
    "person",
    "engine_version",
)
