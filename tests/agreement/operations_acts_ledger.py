"""Random operations on the ProjectRegistry and the AccessLedger; most of them go well."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import operations_ledger as rules
import operations_projects as project_rules
from eth_abi import encode
from eth_utils import keccak
from operations_chain import struct, words
from operations_drafts import DISEASES, NO_DIGEST, NOTHING, Draft, Drafts
from operations_ledger import Emergency, Release
from operations_projects import Body

from pixelpact.models import AccessQuery
from pixelpact.policy import (
    OperatorPermission,
    ProjectStatus,
    Reason,
    Role,
    decide,
    decide_emergency,
)
from pixelpact.policy.state import RequestStatus

APPROVAL = "Approval(bytes32 project,uint32 board,uint64 until)"
EMERGENCY = (
    "EmergencyAccess(bytes32 request,bytes32 justification,bytes32 person,bytes32 secondPerson,uint64 until)"
)
_BODY = "(uint32,uint32[],uint16,bytes2,bytes32,bytes32[],bytes32)"


class Asked(NamedTuple):
    """A request that was made, with what it was made of."""

    requester: int
    nonce: int
    query: AccessQuery
    draft: Draft
    number: bytes


def query_words(query: AccessQuery) -> tuple[Any, ...]:
    """A query as the ABI has it."""
    return query.study, query.purpose, query.categories, query.project, query.obligations


class LedgerActs(Drafts):
    """What is asked, released, confirmed, opened in an emergency and reviewed; and projects."""

    broken: set[bytes]

    def open(self) -> None:
        """Nothing was asked yet."""
        self.asked: list[Asked] = []
        self.bodies: dict[bytes, Body] = {}
        self._nonce = 0

    def _person(self) -> bytes:
        return NO_DIGEST if self.slips(0.01) else self.rng.randbytes(32)

    # Projects

    def register_project(self) -> None:
        rng = self.rng
        lead = self.requesting()
        others = rng.sample(range(1, len(self.team) + 1), 3)
        partners = tuple(sorted(one for one in others if one != lead and one not in (5, 6)))
        codes = tuple(sorted(rng.sample(DISEASES, rng.choice((1, 2, 3)))))
        body = Body(
            lead,
            partners,
            rng.choice((2, 2, 0, 3, 6, 10, 15)),
            rng.choice((b"CH", b"CH", b"AT", bytes(2))),
            rng.randbytes(32),
            codes,
            rng.randbytes(32),
        )
        if self.slips(0.1):
            body = body._replace(**self._slip_of_body(body))
        by = self.who(lead, OperatorPermission.PROJECTS)
        project = keccak(encode([_BODY], [body]))
        if self.slips() and self.projects:
            project = self.projects[-1]
            body = self.bodies[project]
        rule = partial(project_rules.register, self.model, by, body, project)
        if self.do(by, self.deployed.projects, "register", (body,), rule, lambda _: project):
            self.projects.append(project)
            self.bodies[project] = body

    def _slip_of_body(self, body: Body) -> dict[str, Any]:
        return self.rng.choice(
            (
                {"lead": body.lead % 6 + 1},
                {"partners": (body.lead,)},
                {"partners": (3, 2)},
                {"partners": (0, 2)},
                {"partners": tuple(range(20, 37))},
                {"traits": 16},
                {"country": b"c1"},
                {"protocol": NO_DIGEST},
                {"codes": (*body.codes, body.codes[0])},
                {"codes": (NO_DIGEST,)},
                {"codes": tuple(bytes([one]) * 32 for one in range(1, 10))},
            )
        )

    def _some_project(self) -> bytes:
        if not self.projects or self.slips():
            return b"\x09" * 32
        return self.rng.choice(self.projects[-8:])

    def approve(self) -> None:
        rng = self.rng
        fresh = [
            one
            for one in self.projects[-8:]
            if self.state.projects.known[one].status == ProjectStatus.REGISTERED
        ]
        project = rng.choice(fresh) if fresh and rng.random() < 0.7 else self._some_project()
        known = self.state.projects.known.get(project)
        board = known.board if known and known.board and not self.slips() else self.holding(Role.ETHICS_BOARD)
        signer = self.who(board, OperatorPermission.PROJECTS)
        until = max(self.model.time, known.until if known else 0) + rng.choice((1, 500, 8_000, 30_000))
        if self.slips():
            until = self.model.time + self.rng.choice((0, 157_788_001))
        signed_by = signer if not self.slips() else self.somebody()
        values = project, board, until
        signature = self.signature(self.deployed.projects, signed_by, struct(APPROVAL, *values))
        arguments = *values, signer, signature
        rule = partial(project_rules.approve, self.model, *values, signer, signed_by)
        self.do(self.stranger.raw, self.deployed.projects, "approve", arguments, rule)

    def withdraw_project(self) -> None:
        project = self._some_project()
        known = self.state.projects.known.get(project)
        responsible = self.rng.choice((known.lead, known.board or known.lead)) if known else 1
        by = self.who(responsible, OperatorPermission.PROJECTS)
        rule = partial(project_rules.withdraw, self.model, by, project)
        self.do(by, self.deployed.projects, "withdraw", (project,), rule)

    # Requests

    def _asking(self, draft: Draft) -> int:
        """Who asks under a directive, mostly whom it names."""
        grantee = draft.directive.grantee
        if 0 < grantee <= len(self.team) and not self.slips(0.1):
            return grantee
        return self.requesting()

    def request(self) -> None:
        draft = self.ready() if not self.slips() else NOTHING
        requester = self._asking(draft)
        query = self.query_for(draft, requester)
        cited, person = self.cited(draft), self._person()
        self._nonce += 1
        nonce = self._nonce if not self.slips(0.01) else 1
        by = self.who(requester, OperatorPermission.REQUESTS)
        if self.slips(0.01) and self.asked:
            again = self.rng.choice(self.asked[-20:])
            draft, query, nonce = again.draft, again.query, again.nonce
            cited, by = self.cited(draft), self.who(again.requester, OperatorPermission.REQUESTS)
        acting, _ = self.state.institutions.acting_for(by)
        number = self.number_of(acting, nonce, query, draft.number)
        arguments = nonce, query_words(query), cited.body, cited.evidence, person
        rule = partial(rules.request, self.model, by, nonce, query, cited, person, number, self.broken)
        answer = self._answers("request", number)
        if self.do(by, self.deployed.ledger, "request", arguments, rule, answer):
            self.asked.append(Asked(acting, nonce, query, draft, number))

    def _answers(self, name: str, number: bytes) -> Any:
        """What a request returns; the reason is counted."""

        def answer(reason: Reason) -> bytes:
            self.met[f"AccessLedger.{name}", f"answers {int(reason)}"] += 1
            return words(number, int(reason))

        return answer

    def decide(self) -> None:
        """Ask what would be answered, and compare."""
        draft = self.ready()
        requester = self._asking(draft)
        query, cited = self.query_for(draft, requester), self.cited(draft)
        known = rules.facts(self.model, requester, query, cited, self.broken)
        reason = decide(known, query, cited.directive).reason
        arguments = requester, query_words(query), cited.body, cited.evidence
        self.ask(self.deployed.ledger, "decide", arguments, int(reason))

    def decide_emergency(self) -> None:
        """Ask what an emergency would be answered, and compare."""
        study, facts = self.held_study()
        requester = self.requesting()
        categories = facts.categories if not self.slips() else 1
        query = self.emergency_query(study, categories)
        reason = decide_emergency(self.model.state.facts(self.model.time, requester, query), categories)
        arguments = requester, study, categories
        self.ask(self.deployed.ledger, "decideEmergency", arguments, int(reason.reason))

    def _served_or_not(self, *, served: bool, of: str = "") -> Asked | None:
        """A permitted request of the latest, that was served or not; sometimes any.

        Args:
            served: whether it was.
            of: if given, one whose epoch of this name is not the served one.
        """
        fitting = [
            one
            for one in self.asked[-80:]
            if (found := self.state.ledger.requests[one.number]).status == RequestStatus.PERMITTED
            and (found.served_epoch > 0) == served
            and (not of or getattr(found, of) != found.served_epoch)
        ]
        if self.asked and self.slips():
            return self.rng.choice(self.asked[-60:])
        if not fitting:
            return None
        return self.rng.choice(fitting)

    def release(self) -> None:
        one = self._served_or_not(served=self.slips(0.1))
        if one is None:
            self.request()
            return
        rng, institutions = self.rng, self.state.institutions
        requester = one.requester if not self.slips(0.01) else self.requesting()
        study = self.state.studies.facts(one.query.study)
        version = self.model.facts(requester).key_version + rng.choices((0, 1, -1), (96, 2, 2))[0]
        version = max(version, 0)
        digest = institutions.key_digest(requester, version) if not self.slips() else b"\x0d" * 32
        epoch = max(study.epoch + rng.choices((0, 1, -1), (96, 2, 2))[0], 0)
        envelope = rng.randbytes(32) if not self.slips(0.01) else NO_DIGEST
        named = Release(requester, epoch, version, digest, envelope, self._person())
        cited = self.cited(one.draft)
        by = self.who(study.custodian, OperatorPermission.RELEASES)
        number = self.number_of(requester, one.nonce, one.query, one.draft.number)
        rule = partial(rules.release, self.model, by, one.query, cited, named, number, self.broken)
        arguments = one.nonce, query_words(one.query), cited.body, cited.evidence, named
        self.do(by, self.deployed.ledger, "release", arguments, rule)

    def _finding(self, name: str, rule: Any, *parts: Any) -> None:
        one = self._served_or_not(served=True, of=f"{name.removesuffix('e')}ed_epoch")
        if one is None:
            self.release()
            return
        by = self.who(one.requester, OperatorPermission.REQUESTS)
        acting, _ = self.state.institutions.acting_for(by)
        number = self.number_of(acting, one.nonce, one.query, one.draft.number)
        epoch = self.state.ledger.requests[one.number].served_epoch + self.slips()
        person = self._person()
        arguments = one.nonce, query_words(one.query), one.draft.number, epoch, *parts, person
        told = by, one.query.study, epoch, *parts, person, number
        self.do(by, self.deployed.ledger, name, arguments, partial(rule, self.model, *told))

    def confirm(self) -> None:
        self._finding("confirm", rules.confirm)

    def dispute(self) -> None:
        failure = self.rng.randrange(1, 12) if not self.slips() else self.rng.choice((0, 12, 255))
        self._finding("dispute", rules.dispute, failure)

    def refuse_request(self) -> None:
        one = self._served_or_not(served=self.slips(0.5))
        if one is None:
            self.request()
            return
        custodian = self.state.studies.facts(one.query.study).custodian
        by = self.who(custodian, OperatorPermission.RELEASES)
        reason = self.rng.choice((400, 401, 499)) if not self.slips() else self.rng.choice((0, 399, 500))
        person = self._person()
        arguments = one.nonce, query_words(one.query), one.draft.number, one.requester, reason, person
        told = by, one.query.study, one.requester, reason, person, one.number
        self.do(by, self.deployed.ledger, "refuse", arguments, partial(rules.refuse, self.model, *told))

    # Emergencies

    def emergency(self) -> None:
        study, facts = self.held_study()
        if self.slips():
            study = b"\x77" * 32
        requester = self.requesting()
        by = self.who(requester, OperatorPermission.EMERGENCIES)
        acting, _ = self.state.institutions.acting_for(by)
        second = self.who(acting or requester, OperatorPermission.EMERGENCIES)
        for _ in range(4):
            if second != by:
                break
            second = self.who(acting or requester, OperatorPermission.EMERGENCIES)
        categories = facts.categories if not self.slips(0.05) else 1
        persons = self._person(), self._person()
        if self.slips(0.01):
            persons = persons[0], persons[0]
        justification = self.rng.randbytes(32) if not self.slips(0.01) else NO_DIGEST
        until = self.model.time + self.rng.choice((1, 1_800, 3_600))
        if self.slips():
            until = self.model.time + self.rng.choice((-1, 0, 3_601, 2**63))
        asked = Emergency(study, categories, justification, second, *persons, until)
        self._nonce += 1
        query = self.emergency_query(study, categories)
        number = self.number_of(acting, self._nonce, query, NO_DIGEST)
        signer = second if not self.slips() else self.somebody()
        signature = self.signature(
            self.deployed.ledger, signer, struct(EMERGENCY, number, justification, *persons, until)
        )
        rule = partial(rules.emergency, self.model, by, self._nonce, asked, number, signer)
        arguments = self._nonce, asked, signature
        answer = self._answers("emergency", number)
        if self.do(by, self.deployed.ledger, "emergency", arguments, rule, answer):
            self.asked.append(Asked(acting, self._nonce, query, NOTHING, number))

    def review(self) -> None:
        owed = [
            one
            for one in self.asked[-120:]
            if (kept := self.state.ledger.requests[one.number]).is_emergency
            and kept.status != RequestStatus.DENIED
            and (not kept.is_reviewed or self.slips(0.05))
        ]
        if not owed and not (self.asked and self.slips()):
            self.emergency()
            return
        one = self.rng.choice(owed) if owed and not self.slips() else self.rng.choice(self.asked[-60:])
        found = self.state.ledger.requests[one.number]
        board = self.rng.random() < 0.5
        permission = OperatorPermission.PROJECTS if board else OperatorPermission.RELEASES
        by = self.who(self.holding(Role.ETHICS_BOARD) if board else found.custodian, permission)
        verdict = self.rng.choice((1, 2)) if not self.slips() else 0
        report = self.rng.randbytes(32) if not self.slips() else NO_DIGEST
        arguments = one.number, verdict, report, self._person()
        rule = partial(rules.review, self.model, by, *arguments)
        self.do(by, self.deployed.ledger, "review", arguments, rule)
