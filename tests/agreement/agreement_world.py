"""A consortium built by real transactions, and beside it, in plain Python, what those transactions mean.

The model is given the Python side only. So contract and model agree only if the contracts keep and read back
what they were told, and decide from it as the page says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from agreement_chain import CHAIN_ID, Chain, Contract, Reverted, error, functions
from coincurve import PrivateKey
from eth_abi import decode, encode
from eth_utils import keccak

from pixelpact.models import AccessQuery, Directive
from pixelpact.policy import (
    CommitmentFacts,
    ConsentKind,
    Facts,
    GuardianPower,
    InstitutionFacts,
    InstitutionStatus,
    OperatorPermission,
    ProjectFacts,
    ProjectStatus,
    Reason,
    RefusalFacts,
    ReleaseFacts,
    Role,
    StudyFacts,
    StudyStatus,
)

NOBODY = Directive(bytes(20), 0, bytes(32), 0, 0, 0, 0, 0, 0, 0, 0, bytes(32))
PERSON = b"\x0e" * 32
#: Vote, engine, recovery, stop, paper, key, review: any that a consortium can be founded on.
TERMS = (1_000, 100, 100, 100, 100, 100, 100)
PAPER_DELAY = TERMS[4]
STRANGER = "0x" + "57" * 20
ALL_ROLES = Role.CUSTODIAN | Role.REQUESTER | Role.ETHICS_BOARD | Role.VOTER

_MODIFIER_TYPE = keccak(text="Modifier(uint16 code,bytes32 value)")
_DIRECTIVE_TYPE = keccak(
    text="Directive(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 categories,"
    "uint64 purposes,uint16 permission,uint16 vocabulary,uint32 generation,uint64 notBefore,uint64 expiry,"
    "bytes32 salt,Modifier[] modifiers)Modifier(uint16 code,bytes32 value)"
)
_REVOCATION_TYPE = keccak(text="Revocation(address subject,bytes32 directive)")
_REVOCATION_OF_ALL_TYPE = keccak(text="RevocationOfAll(address subject,uint32 generation)")
_REFUSAL_TYPE = keccak(
    text="Refusal(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 purposes,"
    "uint64 sequence)"
)
_APPOINTMENT_TYPE = keccak(
    text="Appointment(address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,"
    "uint32 number)"
)
_DISMISSAL_TYPE = keccak(text="Dismissal(address subject,uint32 number)")
_PAPER_TYPE = keccak(text="PaperConsent(address subject,bytes32 directive,uint32 custodian,bytes32 form)")
_END_OF_PAPER_TYPE = keccak(text="EndOfPaper(address subject)")
_APPROVAL_TYPE = keccak(text="Approval(bytes32 project,uint32 board,uint64 until)")
_BATCH = keccak(text="PixelPact consent batch")
#: SHA-256 of the encryption key that every institution publishes.
KEY = bytes(1216)
KEY_DIGEST = sha256(KEY).digest()
NO_EVIDENCE: tuple[Any, ...] = (0, bytes(32), (), 0, b"")
FORM = b"\x0f" * 32
STOP = 7
#: How long a guardian may act at most, in seconds.
LONGEST = 568_080_000
_DOMAIN_TYPE = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_DENIED, _ = error("AccessLedger", "AccessLedger_Denied")


@lru_cache(maxsize=16)
def directive_hash(directive: Directive) -> bytes:
    """The EIP-712 struct hash; zeros for none."""
    if not any(directive.subject):
        return bytes(32)
    modifiers = b"".join(
        keccak(encode(["bytes32", "uint16", "bytes32"], [_MODIFIER_TYPE, one.code, one.value]))
        for one in directive.modifiers
    )
    *fields, _ = (getattr(directive, name) for name in Directive.__slots__)
    types = ["bytes32", "address", "uint32", "bytes32", "uint32", "uint64", "uint64", "uint16", "uint16"]
    types += ["uint32", "uint64", "uint64", "bytes32", "bytes32"]
    return keccak(encode(types, [_DIRECTIVE_TYPE, *fields, keccak(modifiers)]))


def query_tuple(query: AccessQuery) -> tuple[Any, ...]:
    """A query as the ABI has it."""
    return query.study, query.purpose, query.categories, query.project, query.obligations


@lru_cache(maxsize=16)
def encoded_directive(directive: Directive) -> bytes:
    """A directive as the ABI lays it out behind the arguments that have a fixed length."""
    *fields, modifiers = (getattr(directive, name) for name in Directive.__slots__)
    (kind,) = (kind for kind in functions("AccessLedger")["decide"].inputs if kind.endswith("[])"))
    return encode([kind], [(*fields, [(one.code, one.value) for one in modifiers])])[32:]


@lru_cache(maxsize=16)
def encoded_evidence(evidence: tuple[Any, ...]) -> bytes:
    """Evidence as the ABI lays it out behind the arguments that have a fixed length."""
    return encode(["(uint32,bytes32,bytes32[],uint32,bytes)"], [evidence])[32:]


class Account:
    """A key and its address."""

    def __init__(self, number: int) -> None:
        self.key = PrivateKey(number.to_bytes(32))
        self.raw = keccak(self.key.public_key.format(compressed=False)[1:])[12:]
        self.address = "0x" + self.raw.hex()

    def sign(self, digest: bytes) -> bytes:
        """r, s and v (27 or 28); s is low."""
        signature = self.key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])


@dataclass(frozen=True)
class Founder:
    """What an institution is admitted with."""

    roles: int
    country: bytes = b"CH"
    attributes: int = 0


@dataclass
class _Known:
    """What the transactions so far mean."""

    institutions: dict[int, InstitutionFacts] = field(default_factory=dict)
    studies: dict[bytes, StudyFacts] = field(default_factory=dict)
    generations: dict[bytes, int] = field(default_factory=dict)
    refusals: dict[tuple[bytes, str, object], int] = field(default_factory=dict)
    commitments: dict[tuple[bytes, bytes], CommitmentFacts] = field(default_factory=dict)
    requests: dict[tuple[int, int], ReleaseFacts] = field(default_factory=dict)
    recorded_under: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    generations_since: dict[bytes, int] = field(default_factory=dict)
    taken: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    own_keys: dict[bytes, bool] = field(default_factory=dict)
    guardians: dict[bytes, int] = field(default_factory=dict)
    evidence: dict[bytes, tuple[Any, ...]] = field(default_factory=dict)
    shown: dict[tuple[bytes, bytes], CommitmentFacts] = field(default_factory=dict)
    projects: dict[bytes, tuple[ProjectFacts, frozenset[int], int]] = field(default_factory=dict)
    stops: dict[str, int] = field(default_factory=dict)

    def copy(self) -> _Known:
        return _Known(*(dict(getattr(self, name)) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Answer:
    """What a transaction on the ledger came to: the reason, and the log that says so."""

    reason: int
    topics: tuple[bytes, ...] = ()
    data: bytes = b""


class World:
    """Five contracts, institutions from 1, and patients.

    Args:
        founders: the institutions that the ledger knows.
        time: when they are admitted.
        apart: let the study registry trust another institution registry, where all may register studies; so
            that a custodian can lack its role, which in this release it can't lose.
    """

    def __init__(self, founders: list[Founder], time: int, *, apart: bool = False) -> None:
        self.chain = Chain(time)
        self.known = _Known()
        self.admins = [Account(1000 + number) for number in range(1, len(founders) + 1)]
        self._sequence = 0
        self._nonce = 0
        self.institutions = self._admit(founders)
        everywhere = [replace(founder, roles=ALL_ROLES) for founder in founders]
        enrolment = self._admit(everywhere) if apart else self.institutions
        self.studies = self.chain.deploy("StudyRegistry", enrolment.address)
        self.consents = self.chain.deploy("ConsentRegistry", self.institutions.address, self.studies.address)
        self.projects = self.chain.deploy("ProjectRegistry", self.institutions.address)
        self.engine = self.chain.deploy("PolicyEngine", self.institutions.address, self.projects.address, 1)
        self.ledger = self.ledger_with(self.engine.address)
        for number, founder in enumerate(founders, 1):
            since = time if founder.roles & Role.REQUESTER else 0
            self.known.institutions[number] = InstitutionFacts(
                number, InstitutionStatus.ACTIVE, founder.roles, founder.country, founder.attributes, since
            )
        self._domains = {one.name: self._domain(one) for one in (self.consents, self.projects)}
        self.seconds = [Account(2000 + number) for number in range(1, len(founders) + 1)]
        for number, second in enumerate(self.seconds, 1):
            permissions = int(OperatorPermission.CONSENTS)
            where = self.admin(number), self.institutions
            self.chain.send(*where, "setOperator", second.address, permissions)

    @staticmethod
    def _domain(contract: Contract) -> bytes:
        return keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address"],
                [_DOMAIN_TYPE, keccak(text="PixelPact"), keccak(text="1"), CHAIN_ID, contract.address],
            )
        )

    def _admit(self, founders: list[Founder]) -> Contract:
        rows = [
            (admin.address, founder.roles, founder.country, founder.attributes)
            for admin, founder in zip(self.admins, founders, strict=True)
        ]
        return self.chain.deploy("InstitutionRegistry", rows, TERMS)

    def ledger_with(self, engine: str) -> Contract:
        """Another ledger over the same registries, with the engine at this address."""
        return self.chain.deploy(
            "AccessLedger", self.institutions.address, self.studies.address, self.consents.address, engine
        )

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside did not happen afterwards."""
        checkpoint, known, time = self.chain.evm.snapshot(), self.known, self.chain.time
        self.known = known.copy()
        try:
            yield
        finally:
            self.chain.evm.revert(checkpoint)
            self.known, self.chain.time = known, time

    # Institutions and studies

    def admin(self, number: int) -> str:
        """The address that acts for an institution; that of a stranger for an unknown one."""
        return self.admins[number - 1].address if 1 <= number <= len(self.admins) else STRANGER

    def suspend(self, number: int) -> None:
        """The institution suspends itself."""
        self.chain.send(self.admin(number), self.institutions, "suspendSelf")
        self._change(self.known.institutions, number, status=InstitutionStatus.SUSPENDED)

    def publish_key(self, number: int) -> None:
        """The institution publishes its next encryption key."""
        self.chain.send(self.admin(number), self.institutions, "publishKey", KEY)
        version = self.known.institutions[number].key_version + 1
        self._change(self.known.institutions, number, key_version=version)

    def register(self, custodian: int, subject: Account, categories: int, local: int) -> bytes:
        """A study of a patient; its number."""
        arguments = (local.to_bytes(32), subject.address, categories, b"\2" * 32, b"\3" * 32)
        (study,) = self.chain.send(self.admin(custodian), self.studies, "register", *arguments)
        self.known.studies[study] = StudyFacts(StudyStatus.ACTIVE, subject.raw, custodian, categories, 1)
        return bytes(study)

    def withdraw(self, study: bytes) -> None:
        """The custodian withdraws the study."""
        self._of_study(study, "withdraw", study)
        self._change(self.known.studies, study, status=StudyStatus.WITHDRAWN)

    def erase(self, study: bytes) -> None:
        """The custodian erases the study."""
        self._of_study(study, "erase", study, b"\4" * 32)
        self._change(self.known.studies, study, status=StudyStatus.ERASED)

    def rotate(self, study: bytes) -> None:
        """The custodian seals the study anew."""
        epoch = self.known.studies.get(study, StudyFacts()).epoch
        self._of_study(study, "rotate", study, epoch, (epoch + 100).to_bytes(32))
        self._change(self.known.studies, study, epoch=epoch + 1)

    def _of_study(self, study: bytes, name: str, *arguments: Any) -> None:
        custodian = self.known.studies.get(study, StudyFacts()).custodian
        self.chain.send(self.admin(custodian), self.studies, name, *arguments)

    @staticmethod
    def _change(table: dict[Any, Any], key: object, **parts: Any) -> None:
        table[key] = replace(table[key], **parts)

    # Consents

    def record(self, subject: Account, directive: Directive) -> None:
        """Record a directive under the subject who signs it."""
        digest = directive_hash(directive)
        self._signed(subject, digest, "record", subject.address, digest, 0)
        self._recorded(subject, digest, ConsentKind.SIGNED)

    def _recorded(
        self, subject: Account, digest: bytes, kind: ConsentKind, flaw: Reason = Reason.PERMITTED
    ) -> None:
        key = subject.raw, digest
        stands_from = self.chain.time + PAPER_DELAY if kind == ConsentKind.PAPER else 0
        self.known.commitments[key] = CommitmentFacts(self.chain.time, 0, kind, stands_from, flaw)
        self.known.recorded_under[key] = self.known.generations.get(subject.raw, 0)

    def record_by_guardian(self, subject: Account, directive: Directive, elsewhere: int = 0) -> None:
        """Appoint a guardian, for all or for another custodian than the study's, who records a directive."""
        number = self.known.guardians.get(subject.raw, 0) + 1
        powers, until = int(GuardianPower.GRANT), self.chain.time + LONGEST
        values = (subject.address, GUARDIAN.address, powers, elsewhere, until, number)
        types = ["bytes32", "address", "address", "uint8", "uint32", "uint64", "uint32"]
        self._signed(subject, keccak(encode(types, [_APPOINTMENT_TYPE, *values])), "appoint", values)
        self._signs(subject)
        self.known.guardians[subject.raw] = number
        digest = directive_hash(directive)
        self._signed(GUARDIAN, digest, "record", subject.address, digest, number)
        flaw = Reason.AUTHORITY_EXCEEDED if elsewhere else Reason.PERMITTED
        self._recorded(subject, digest, ConsentKind.GUARDIAN, flaw)

    def dismiss(self, subject: Account, directive: Directive) -> None:
        """Dismiss the guardian who recorded a directive."""
        number = self.known.guardians.get(subject.raw, 0)
        struct = encode(["bytes32", "address", "uint32"], [_DISMISSAL_TYPE, subject.address, number])
        self._signed(subject, keccak(struct), "dismiss", subject.address, number)
        self._signs(subject)
        key = subject.raw, directive_hash(directive)
        self._change(self.known.commitments, key, flaw=Reason.GUARDIAN_ENDED)

    def record_paper(self, subject: Account, directive: Directive, by: int) -> None:
        """Two people of the study's custodian record a directive on paper."""
        digest, second = directive_hash(directive), self.seconds[by - 1]
        types = ["bytes32", "address", "bytes32", "uint32", "bytes32"]
        struct = encode(types, [_PAPER_TYPE, subject.address, digest, by, FORM])
        signature = self._signature(self.consents, second, keccak(struct))
        arguments = (subject.address, digest, FORM, second.address, signature)
        self.chain.send(self.admin(by), self.consents, "recordPaper", *arguments)
        self._recorded(subject, digest, ConsentKind.PAPER)

    def end_paper(self, subject: Account) -> None:
        """The subject signs with a key."""
        struct = encode(["bytes32", "address"], [_END_OF_PAPER_TYPE, subject.address])
        self._signed(subject, keccak(struct), "endPaper", subject.address)
        self._signs(subject)

    def _signs(self, subject: Account) -> None:
        """Whatever stands on paper ends."""
        if self.known.own_keys.get(subject.raw):
            return
        self.known.own_keys[subject.raw] = True
        for key, found in self.known.commitments.items():
            if key[0] == subject.raw and found.kind == ConsentKind.PAPER:
                self.known.commitments[key] = replace(found, flaw=Reason.PAPER_ENDED)

    def _has_paper(self, subject: Account) -> bool:
        kept = self.known.commitments.items()
        return any(key[0] == subject.raw and found.kind == ConsentKind.PAPER for key, found in kept)

    def anchor(self, subject: Account, directive: Directive, poster: int, *, good: bool) -> None:
        """Anchor a batch of a directive and something else, that shows it or not."""
        digest = directive_hash(directive)
        types = ["bytes32", "uint256", "address", "uint32", "address", "bytes32"]
        fields = [_BATCH, CHAIN_ID, self.consents.address, poster, subject.address, digest]
        leaf, other = keccak(keccak(encode(types, fields))), b"\xee" * 32
        root = keccak(min(leaf, other) + max(leaf, other))
        self.chain.send(self.admin(poster), self.consents, "anchor", root)
        path = (other,) if good else (leaf,)
        self.known.evidence[digest] = (poster, root, path, 0, self._signature(self.consents, subject, digest))
        shown = CommitmentFacts(self.chain.time, kind=ConsentKind.SIGNED)
        bad = CommitmentFacts(flaw=Reason.EVIDENCE_INVALID)
        self.known.shown[subject.raw, digest] = shown if good else bad

    def revoke(self, subject: Account, directive: Directive) -> None:
        """Withdraw a directive, recorded or not."""
        digest = directive_hash(directive)
        struct = encode(["bytes32", "address", "bytes32"], [_REVOCATION_TYPE, subject.address, digest])
        had_paper = self._has_paper(subject)
        self._signed(subject, keccak(struct), "revoke", subject.address, digest, 0)
        if had_paper:
            self._signs(subject)
        before = self.known.commitments.get((subject.raw, digest), CommitmentFacts())
        self.known.commitments[subject.raw, digest] = replace(before, revoked_at=self.chain.time)

    def revoke_all(self, subject: Account) -> None:
        """Withdraw all directives of the present generation."""
        following = self.known.generations.get(subject.raw, 0) + 1
        struct = encode(
            ["bytes32", "address", "uint32"], [_REVOCATION_OF_ALL_TYPE, subject.address, following]
        )
        self._signed(subject, keccak(struct), "revokeAll", subject.address, following, 0)
        self._signs(subject)
        self.known.generations[subject.raw] = following
        self.known.generations_since[subject.raw] = self.chain.time + 1

    def refuse(self, subject: Account, purposes: int, scope: str = "", of: Any = None) -> None:
        """Refuse purposes: to all, or for one ``custodian``, ``study`` or ``grantee``."""
        self._sequence += 1
        row = {"custodian": 0, "study": bytes(32), "grantee": 0} | ({scope: of} if scope else {})
        values = (subject.address, *row.values(), purposes, self._sequence)
        types = ["bytes32", "address", "uint32", "bytes32", "uint32", "uint64", "uint64"]
        self._signed(subject, keccak(encode(types, [_REFUSAL_TYPE, *values])), "refuse", values, 0)
        self._signs(subject)
        self.known.refusals[subject.raw, scope, of] = purposes

    def take_refusal(self, subject: Account, study: bytes, purposes: int) -> None:
        """The study's custodian takes a refusal by phone."""
        custodian = self.known.studies.get(study, StudyFacts()).custodian
        arguments = (subject.address, study, purposes, 2, FORM)
        self.chain.send(self.admin(custodian), self.consents, "takeRefusal", *arguments)
        before = self.known.taken.get((subject.raw, study), 0)
        self.known.taken[subject.raw, study] = before | purposes

    def _signed(self, signer: Account, struct_hash: bytes, name: str, *arguments: Any) -> None:
        signature = self._signature(self.consents, signer, struct_hash)
        self.chain.send(STRANGER, self.consents, name, *arguments, signature)

    def _signature(self, contract: Contract, signer: Account, struct_hash: bytes) -> bytes:
        return signer.sign(keccak(b"\x19\x01" + self._domains[contract.name] + struct_hash))

    # Projects and votes

    def register_project(self, number: int, lead: int, partners: tuple[int, ...], **parts: Any) -> bytes:
        """A research project; its number."""
        facts = ProjectFacts(ProjectStatus.REGISTERED, lead, **parts)
        codes = tuple(sorted(facts.codes))
        body = (lead, partners, facts.traits, facts.country, b"\7" * 32, codes, number.to_bytes(32))
        (project,) = self.chain.send(self.admin(lead), self.projects, "register", body)
        self.known.projects[project] = (facts, frozenset((lead, *partners)), 0)
        return bytes(project)

    def approve(self, project: bytes, board: int, until: int) -> None:
        """The board's admin puts a project in force."""
        struct = encode(["bytes32", "bytes32", "uint32", "uint64"], [_APPROVAL_TYPE, project, board, until])
        signer = self.admins[board - 1]
        signature = self._signature(self.projects, signer, keccak(struct))
        arguments = (project, board, until, signer.address, signature)
        self.chain.send(STRANGER, self.projects, "approve", *arguments)
        facts, members, _ = self.known.projects[project]
        approved = replace(facts, status=ProjectStatus.APPROVED, until=until)
        self.known.projects[project] = (approved, members, board)

    def withdraw_project(self, project: bytes) -> None:
        """Its lead withdraws a project."""
        facts, members, board = self.known.projects[project]
        self.chain.send(self.admin(facts.lead), self.projects, "withdraw", project)
        self.known.projects[project] = (replace(facts, status=ProjectStatus.WITHDRAWN), members, board)

    def stop(self, voters: tuple[int, ...], duration: int) -> None:
        """So many voters stop all sharing for a while."""
        motion = (STOP, 0, "0x" + "00" * 20, 0, bytes(2), 0, bytes(32), duration)
        first, *others = voters
        (number,) = self.chain.send(self.admin(first), self.institutions, "propose", motion)
        for other in others:
            self.chain.send(self.admin(other), self.institutions, "vote", number)
        self.chain.send(STRANGER, self.institutions, "carryOut", number, motion)
        self.known.stops["until"] = self.chain.time + duration

    # The decision

    def facts(self, requester: int, query: AccessQuery, directive: Directive) -> Facts:
        """What the model is told, from what the transactions meant."""
        known = self.known
        study = known.studies.get(query.study, StudyFacts())
        custodian = study.custodian

        def refused(scope: str, of: object) -> int:
            return known.refusals.get((study.subject, scope, of), 0)

        digest = directive_hash(directive)
        commitment = known.commitments.get((study.subject, digest), CommitmentFacts())
        over = self.chain.time >= commitment.recorded_at + LONGEST
        if commitment.kind == ConsentKind.GUARDIAN and over:
            commitment = replace(commitment, flaw=Reason.GUARDIAN_ENDED)
        generation = known.generations.get(study.subject, 0)
        since = known.generations_since.get(study.subject, 0)
        if commitment.recorded_at:
            since = 0 if known.recorded_under[study.subject, digest] == generation else since
        elif digest in known.evidence:  # a leaf of another subject shows nothing
            bad = CommitmentFacts(flaw=Reason.EVIDENCE_INVALID)
            shown = known.shown.get((study.subject, digest), bad)
            commitment = replace(shown, revoked_at=commitment.revoked_at)
        return Facts(
            time=self.chain.time,
            study=study,
            requester=known.institutions.get(requester, InstitutionFacts(requester)),
            custodian=known.institutions.get(custodian, InstitutionFacts(custodian)),
            refusals=RefusalFacts(
                refused("", None),
                refused("custodian", custodian),
                refused("study", query.study),
                refused("grantee", requester),
                taken=known.taken.get((study.subject, query.study), 0),
            ),
            generation=generation,
            commitment=commitment,
            generation_since=since,
            project=self._project_facts(query.project, requester),
            stopped_until=known.stops.get("until", 0),
        )

    def _project_facts(self, project: bytes, requester: int) -> ProjectFacts:
        if project not in self.known.projects:
            return ProjectFacts()
        facts, members, board = self.known.projects[project]
        who = self.known.institutions.get(board, InstitutionFacts(board))
        return replace(facts, board=who, participates=requester in members)

    def _ask(
        self, sender: str, ledger: Contract, name: str, *arguments: Any, static: bool = False
    ) -> tuple[Any, ...]:
        """Call the ledger; a directive is laid out once, however often it is sent, with what shows it."""
        function = functions(ledger.name)[name]
        values = [query_tuple(one) if isinstance(one, AccessQuery) else one for one in arguments]
        (directive,) = (one for one in arguments if isinstance(one, Directive))
        place = arguments.index(directive)
        body = encoded_directive(directive)
        # In place of the two stands where they begin, behind all that has a fixed length.
        types = list(function.inputs)
        types[place : place + 2] = ["uint256", "uint256"]
        values[place : place + 1] = [0, 0]
        begin = len(encode(types, values))
        values[place : place + 2] = [begin, begin + len(body)]
        evidence = self.known.evidence.get(directive_hash(directive), NO_EVIDENCE)
        data = function.selector + encode(types, values) + body + encoded_evidence(evidence)
        return decode(function.outputs, self.chain.raw(sender, ledger.address, data, static=static))

    def decide(self, requester: int, query: AccessQuery, directive: Directive, ledger: Contract) -> int:
        """What the ledger says it would answer now."""
        (reason,) = self._ask(STRANGER, ledger, "decide", requester, query, directive, static=True)
        return int(reason)

    def request(
        self, requester: int, query: AccessQuery, directive: Directive, ledger: Contract
    ) -> tuple[int, Answer]:
        """Ask; the request's nonce, and the answer as the log records it."""
        self._nonce += 1
        sender = self.admin(requester)
        _, returned = self._ask(sender, ledger, "request", self._nonce, query, directive, PERSON)
        ((topics, data),) = self.chain.logs()
        answer = Answer(int.from_bytes(data[:32]), tuple(topics), data)
        assert returned == answer.reason
        self.known.requests[requester, self._nonce] = ReleaseFacts(0, 0, self.chain.time)
        return self._nonce, answer

    def release(
        self,
        nonce: int,
        requester: int,
        query: AccessQuery,
        directive: Directive,
        named: tuple[int, int, bytes],
    ) -> Answer:
        """Release the key of a permitted request; the answer, as the log or the revert says it."""
        sender = self.admin(self.known.studies[query.study].custodian)
        what = (requester, *named, b"\5" * 32, PERSON)
        try:
            self._ask(sender, self.ledger, "release", nonce, query, directive, what)
        except Reverted as answer:
            if answer.data[:4] != _DENIED:
                raise
            return Answer(int.from_bytes(answer.data[36:68]))
        ((topics, data),) = self.chain.logs()
        self._change(self.known.requests, (requester, nonce), served=True)
        return Answer(0, tuple(topics), data)

    def release_facts(self, nonce: int, requester: int, named: tuple[int, int, bytes]) -> ReleaseFacts:
        """What the model is told of a release that names an epoch, a key's version and its digest."""
        epoch, key, digest = named
        published = self.known.institutions[requester].key_version
        return replace(
            self.known.requests[requester, nonce],
            epoch=epoch,
            key_version=key,
            key_digest=digest,
            published_digest=KEY_DIGEST if 0 < key <= published else bytes(32),
        )


#: Who acts for patients here.
GUARDIAN = Account(9)

#: Something that happens in a world before it is asked.
Action = Callable[[World], None]
