"""A story of everything that a consortium does beside consents, requests and releases: every other event.

It is told on whatever carries calls out: the client on a chain, or a fast EVM (tests/audit).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from eth_utils.crypto import keccak

from pixelpact.chain import (
    AccessRequested,
    Account,
    Batch,
    Call,
    EmergencyRequested,
    Event,
    Founder,
    KeyReplaced,
    Means,
    Network,
    ProjectRegistered,
    Proposed,
    StudyRegistered,
    Verdict,
    batches,
    eip712,
)
from pixelpact.chain.abi import contract_abi
from pixelpact.chain.artifact import load_artifact
from pixelpact.models import (
    ZERO32,
    AccessQuery,
    Action,
    Appointment,
    Approval,
    AttestedAppointment,
    Directive,
    Emergency,
    EmergencyAccess,
    Evidence,
    Motion,
    PaperConsent,
    Project,
    RefusalLift,
)
from pixelpact.policy import GuardianPower, OperatorPermission, Purpose, Role, Trait

E = TypeVar("E", bound=Event)
DAY = 86_400
FORM = b"\x0f" * 32
PERSONS = (b"\x11" * 32, b"\x12" * 32)
TREAT = 1 << Purpose.TREAT
A, B, C, D = 1, 2, 3, 4


#: The events that no other story has.
ONLY_HERE = frozenset(
    {
        "AdminRecovered",
        "BatchAnchored",
        "CarriedOut",
        "CustodyOffered",
        "CustodyTransferred",
        "EmergencyRequested",
        "EmergencyReviewed",
        "EngineReplaced",
        "GuardianAppointed",
        "GuardianDismissed",
        "InstitutionChanged",
        "InstitutionReinstated",
        "KeyReplaced",
        "PaperRecorded",
        "Passed",
        "ProjectApproved",
        "ProjectRegistered",
        "ProjectWithdrawn",
        "Proposed",
        "RecoveryNamed",
        "RecoveryStarted",
        "RecoveryStopped",
        "RefusalTaken",
        "RevocationTaken",
        "SharingStopped",
        "TakenRefusalLifted",
        "Vetoed",
        "Voted",
    }
)


@dataclass
class Cast:
    """Who takes part, each with a key of their own."""

    a: Account
    b: Account
    c: Account
    d: Account
    a_second: Account
    b_second: Account
    patient: Account = field(default_factory=Account.generate)
    minor: Account = field(default_factory=Account.generate)
    guardian: Account = field(default_factory=Account.generate)
    friend: Account = field(default_factory=Account.generate)
    new_key: Account = field(default_factory=Account.generate)

    def founders(self) -> list[Founder]:
        """A and B hold and ask, C is an ethics board, D asks; all but D vote."""
        both = int(Role.CUSTODIAN | Role.REQUESTER | Role.VOTER)
        return [
            Founder(self.a.address, both, "CH", 1),
            Founder(self.b.address, both, "DE"),
            Founder(self.c.address, int(Role.ETHICS_BOARD | Role.VOTER), "CH"),
            Founder(self.d.address, int(Role.REQUESTER), "AT"),
        ]


@dataclass
class Driver:
    """What carries calls out: the contracts' calls, and how one is sent, waited for and deployed.

    Attributes:
        contracts: has institutions, studies, consents, projects and ledger, as ``Chain`` does.
        send: carries a call out for an account and gives its events.
        wait: lets so many seconds pass.
        now: the chain's time.
        create: deploys code and gives its address.
        code: what stands at an address.
    """

    network: Network
    contracts: Any
    send: Callable[[Call, Account], tuple[Event, ...]]
    wait: Callable[[int], None]
    now: Callable[[], int]
    create: Callable[[bytes], bytes]
    code: Callable[[bytes], bytes]


def only(kind: type[E], events: tuple[Event, ...]) -> E:
    """The one event of a kind."""
    (found,) = (event for event in events if isinstance(event, kind))
    return found


class Matters:
    """The story, in parts that build on each other."""

    def __init__(self, driver: Driver, cast: Cast) -> None:
        self.driver, self.cast = driver, cast
        self.chain = driver.contracts
        self.events: list[Event] = []
        self.study = ZERO32
        self.evidence: Evidence | None = None
        self.shown: Directive | None = None

    def tell(self) -> None:
        self.begin()
        self.on_paper()
        self.taken()
        self.guardians()
        self.batch()
        self.recovery()
        self.project()
        self.emergency()
        self.custody()
        self.votes()

    def send(self, call: Call, account: Account) -> tuple[Event, ...]:
        events = self.driver.send(call, account)
        self.events += events
        return events

    def sign(self, account: Account, message: eip712.Message) -> bytes:
        return eip712.sign(account, self.driver.network, message)

    def directive(self, subject: bytes, **changes: Any) -> Directive:
        now = self.driver.now()
        usual = Directive(
            subject, A, ZERO32, B, 1, TREAT, 0, 1, 0, now, now + 300 * DAY, secrets.token_bytes(32)
        )
        return replace(usual, **changes)

    def begin(self) -> None:
        cast, institutions = self.cast, self.chain.institutions
        everything = int(sum(OperatorPermission))
        self.send(institutions.set_operator(cast.a_second.address, everything), cast.a)
        self.send(institutions.set_operator(cast.b_second.address, everything), cast.b)
        for subject, local in ((cast.patient, b"\1" * 32), (cast.minor, b"\2" * 32)):
            call = self.chain.studies.register(local, subject.address, 1, local, b"\3" * 32)
            study = only(StudyRegistered, self.send(call, cast.a)).study
            self.study = self.study if any(self.study) else study

    def on_paper(self) -> None:
        directive = self.paper(self.cast.minor.address)
        self.send(self.chain.consents.take_revocation(directive, Means.PAPER, FORM), self.cast.a)

    def paper(self, subject: bytes) -> Directive:
        """A consent on paper, recorded by A and attested by its second operator."""
        directive, second = self.directive(subject), self.cast.a_second
        number = eip712.struct_hash(directive)
        attested = self.sign(second, PaperConsent(subject, number, A, FORM))
        call = self.chain.consents.record_paper(subject, number, FORM, second.address, attested)
        self.send(call, self.cast.a)
        return directive

    def recorded(self, subject: bytes, **changes: Any) -> Directive:
        """A consent that the patient signed."""
        directive = self.directive(subject, **changes)
        signature = self.sign(self.cast.patient, directive)
        number = eip712.struct_hash(directive)
        self.send(self.chain.consents.record(subject, number, 0, signature), self.cast.d)
        return directive

    def taken(self) -> None:
        cast, consents, patient = self.cast, self.chain.consents, self.cast.patient.address
        self.send(consents.take_refusal(patient, self.study, 0b110, Means.PHONE, FORM), cast.a)
        self.send(consents.take_refusal(patient, ZERO32, 0b10, Means.PAPER, FORM), cast.a_second)
        lift = RefusalLift(patient, A, self.study, FORM, 2)
        lifted = self.sign(cast.a, lift)
        call = consents.lift_taken_refusal(patient, self.study, FORM, 2, cast.a.address, lifted)
        self.send(call, cast.a_second)

    def guardians(self) -> None:
        cast, consents, until = self.cast, self.chain.consents, self.driver.now() + 3_000 * DAY
        grant = int(GuardianPower.GRANT)
        of_minor = Appointment(cast.minor.address, cast.guardian.address, grant, A, until, 1)
        attested = self.sign(cast.a_second, AttestedAppointment(of_minor, FORM))
        self.send(consents.appoint_attested(of_minor, FORM, cast.a_second.address, attested), cast.a)
        powers = int(GuardianPower.GRANT | GuardianPower.RECOVER)
        of_patient = Appointment(cast.patient.address, cast.guardian.address, powers, 0, until, 1)
        self.send(consents.appoint(of_patient, self.sign(cast.patient, of_patient)), cast.b)
        directive = self.directive(cast.patient.address)
        number = eip712.struct_hash(directive)
        given = self.sign(cast.guardian, directive)
        self.send(consents.record(cast.patient.address, number, 1, given), cast.b)
        dismissal = eip712.Dismissal(cast.minor.address, 1)
        self.send(consents.dismiss(cast.minor.address, 1, self.sign(cast.guardian, dismissal)), cast.b)
        end = eip712.EndOfPaper(cast.minor.address)
        self.send(consents.end_paper(cast.minor.address, self.sign(cast.minor, end)), cast.b)

    def batch(self) -> None:
        cast, patient, network = self.cast, self.cast.patient.address, self.driver.network
        directives = [self.directive(patient) for _ in range(5)]
        leaves = [
            batches.leaf_of(network, A, patient, eip712.struct_hash(directive)) for directive in directives
        ]
        made = Batch.of(leaves)
        self.send(self.chain.consents.anchor(made.root), cast.a)
        self.shown = directives[2]
        signature = self.sign(cast.patient, self.shown)
        self.evidence = Evidence(A, made.root, made.path(leaves[2]), 0, signature)
        query = AccessQuery(self.study, int(Purpose.TREAT), 1)
        call = self.chain.ledger.request(1, query, self.shown, PERSONS[0], evidence=self.evidence)
        assert only(AccessRequested, self.send(call, cast.b)).reason == 0

    def recovery_by_friend(self) -> None:
        """The friend that the patient named gives the patient a new key."""
        cast, consents, patient = self.cast, self.chain.consents, self.cast.patient.address
        named = self.sign(cast.patient, eip712.Recoverer(patient, cast.friend.address, 1))
        self.send(consents.name_recovery(patient, cast.friend.address, 1, named), cast.b)
        candidate = cast.new_key.address
        begun = self.sign(cast.friend, eip712.Recovery(patient, candidate, 1))
        self.send(consents.start_recovery(patient, candidate, 1, begun), cast.b)
        self.driver.wait(consents.recovery(patient).ready_at - self.driver.now())
        self.send(consents.finish_recovery(patient), cast.d)

    def recovery(self) -> None:
        cast, consents, patient = self.cast, self.chain.consents, self.cast.patient.address
        named = self.sign(cast.patient, eip712.Recoverer(patient, cast.friend.address, 1))
        self.send(consents.name_recovery(patient, cast.friend.address, 1, named), cast.b)
        candidate = cast.new_key.address
        first = self.sign(cast.friend, eip712.Recovery(patient, candidate, 1))
        self.send(consents.start_recovery(patient, candidate, 1, first), cast.b)
        stop = self.sign(cast.patient, eip712.RecoveryStop(patient, 1))
        self.send(consents.stop_recovery(patient, 1, stop), cast.b)
        again = self.sign(cast.guardian, eip712.Recovery(patient, candidate, 2))
        call = consents.start_recovery_by_guardian(patient, candidate, 2, 1, self.study, again)
        self.send(call, cast.a)
        assert consents.recovery(patient).candidate == candidate
        self.driver.wait(max(0, consents.recovery(patient).ready_at - self.driver.now()))
        assert only(KeyReplaced, self.send(consents.finish_recovery(patient), cast.d)).to == candidate
        assert consents.key_of(patient) == candidate

    def project(self) -> None:
        cast, projects = self.cast, self.chain.projects
        codes = tuple(sorted(keccak(text=code) for code in ("D1", "D2")))
        body = Project(B, (D,), int(Trait.GENETIC), b"DE", b"\5" * 32, codes, b"\6" * 32)
        number = only(ProjectRegistered, self.send(projects.register(body), cast.b)).project
        assert number == projects.project_id(body)
        until = self.driver.now() + 100 * DAY
        approval = self.sign(cast.c, Approval(number, C, until))
        self.send(projects.approve(number, C, until, cast.c.address, approval), cast.a)
        standing = projects.standing(number, D)
        assert (standing.board, standing.until, standing.participates) == (C, until, True)
        assert projects.concerns(number, codes[0])
        self.send(projects.withdraw(number), cast.b)

    def emergency(self) -> None:
        cast, ledger = self.cast, self.chain.ledger
        until = self.driver.now() + 1_800
        asked = Emergency(self.study, 1, FORM, cast.b_second.address, *PERSONS, until)
        query = AccessQuery(self.study, int(Purpose.BTG), 1)
        number = ledger.request_id(B, 5, query, ZERO32)
        agreed = self.sign(cast.b_second, EmergencyAccess(number, FORM, *PERSONS, until))
        made = only(EmergencyRequested, self.send(ledger.emergency(5, asked, agreed), cast.b))
        assert (made.request, made.reason) == (number, ledger.decide_emergency(B, self.study, 1))
        assert ledger.emergencies_of(B).unreviewed == 1
        self.send(ledger.review(number, Verdict.JUSTIFIED, FORM, PERSONS[0]), cast.a)
        assert (ledger.emergencies_of(B).total, ledger.emergencies_of(B).unreviewed) == (1, 0)
        assert ledger.request_of(number).is_reviewed

    def custody(self) -> None:
        cast, studies = self.cast, self.chain.studies
        self.send(studies.offer_custody(self.study, B), cast.a)
        assert studies.offered_to(self.study) == B
        self.send(studies.accept_custody(self.study), cast.b)
        assert (studies.study(self.study).custodian, studies.study(self.study).formers) == (B, (A,))

    def votes(self) -> None:
        cast, newcomer = self.cast, Account.generate().address
        self.decide(
            Motion(Action.ADMIT, account=newcomer, roles=int(Role.REQUESTER), country=b"FR", attributes=1)
        )
        self.decide(Motion(Action.SUSPEND, institution=D))
        self.decide(Motion(Action.REINSTATE, institution=D))
        roles = int(Role.REQUESTER | Role.VOTER)
        self.decide(Motion(Action.CHANGE, institution=D, roles=roles, country=b"LI"))
        recover = Motion(Action.RECOVER_ADMIN, institution=D, account=Account.generate().address)
        vetoed = only(Proposed, self.send(self.chain.institutions.propose(recover), cast.a)).proposal
        self.send(self.chain.institutions.veto(vetoed), cast.d)
        self.decide(recover)
        engine = self.driver.create(self.engine())
        code_hash = keccak(self.driver.code(engine))
        self.decide(Motion(Action.REPLACE_ENGINE, account=engine, code_hash=code_hash))
        assert self.chain.ledger.engine() == engine
        self.decide(Motion(Action.STOP, duration=60))
        rule = self.chain.institutions.rule()
        assert (rule.engine, rule.engine_version) == (engine, 2)
        assert rule.stopped_until > self.driver.now()
        assert self.chain.institutions.proposal_count() == 8

    def decide(self, motion: Motion) -> None:
        """Propose, vote and carry out."""
        institutions, cast = self.chain.institutions, self.cast
        number = only(Proposed, self.send(institutions.propose(motion), cast.a)).proposal
        for voter in (cast.b, cast.c):
            self.send(institutions.vote(number), voter)
        terms = institutions.terms()
        notice = {Action.REPLACE_ENGINE: terms.engine_notice, Action.RECOVER_ADMIN: terms.recovery_notice}
        self.driver.wait(notice.get(motion.action, 0))
        self.send(institutions.carry_out(number, motion), cast.d)
        assert institutions.proposal(number).action is motion.action

    def engine(self) -> bytes:
        """The same engine, said to be of version 2."""
        at = self.driver.network.contracts
        arguments = (at["InstitutionRegistry"], at["ProjectRegistry"], 2)
        abi = contract_abi("PolicyEngine")
        return load_artifact("PolicyEngine").creation_code + abi.encode_constructor(arguments)
