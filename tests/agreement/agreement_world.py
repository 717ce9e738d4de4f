"""A consortium built by real transactions, and beside it, in plain Python, what those transactions mean.

The model is given the Python side only. So contract and model agree only if the contracts keep and read back
what they were told, and decide from it as the page says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from agreement_chain import CHAIN_ID, Chain, Contract, Reverted, error, functions
from coincurve import PrivateKey
from eth_abi import decode, encode
from eth_utils import keccak

from pixelpact.models import AccessQuery, Directive
from pixelpact.policy import (
    CommitmentFacts,
    Facts,
    InstitutionFacts,
    InstitutionStatus,
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
        self._domain = keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address"],
                [_DOMAIN_TYPE, keccak(text="PixelPact"), keccak(text="1"), CHAIN_ID, self.consents.address],
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
        self.chain.send(self.admin(number), self.institutions, "publishKey", bytes(1216))
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
        self._signed(subject, digest, "record", subject.address, digest)
        self.known.commitments[subject.raw, digest] = CommitmentFacts(recorded_at=self.chain.time)

    def revoke(self, subject: Account, directive: Directive) -> None:
        """Withdraw a directive, recorded or not."""
        digest = directive_hash(directive)
        struct = encode(["bytes32", "address", "bytes32"], [_REVOCATION_TYPE, subject.address, digest])
        self._signed(subject, keccak(struct), "revoke", subject.address, digest)
        before = self.known.commitments.get((subject.raw, digest), CommitmentFacts())
        self.known.commitments[subject.raw, digest] = replace(before, revoked_at=self.chain.time)

    def revoke_all(self, subject: Account) -> None:
        """Withdraw all directives of the present generation."""
        following = self.known.generations.get(subject.raw, 0) + 1
        struct = encode(
            ["bytes32", "address", "uint32"], [_REVOCATION_OF_ALL_TYPE, subject.address, following]
        )
        self._signed(subject, keccak(struct), "revokeAll", subject.address, following)
        self.known.generations[subject.raw] = following

    def refuse(self, subject: Account, purposes: int, scope: str = "", of: Any = None) -> None:
        """Refuse purposes: to all, or for one ``custodian``, ``study`` or ``grantee``."""
        self._sequence += 1
        row = {"custodian": 0, "study": bytes(32), "grantee": 0} | ({scope: of} if scope else {})
        values = (subject.address, *row.values(), purposes, self._sequence)
        types = ["bytes32", "address", "uint32", "bytes32", "uint32", "uint64", "uint64"]
        self._signed(subject, keccak(encode(types, [_REFUSAL_TYPE, *values])), "refuse", values)
        self.known.refusals[subject.raw, scope, of] = purposes

    def _signed(self, subject: Account, struct_hash: bytes, name: str, *arguments: Any) -> None:
        signature = subject.sign(keccak(b"\x19\x01" + self._domain + struct_hash))
        self.chain.send(STRANGER, self.consents, name, *arguments, signature)

    # The decision

    def facts(self, requester: int, query: AccessQuery, directive: Directive) -> Facts:
        """What the model is told, from what the transactions meant."""
        known = self.known
        study = known.studies.get(query.study, StudyFacts())
        custodian = study.custodian

        def refused(scope: str, of: object) -> int:
            return known.refusals.get((study.subject, scope, of), 0)

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
            ),
            generation=known.generations.get(study.subject, 0),
            commitment=known.commitments.get((study.subject, directive_hash(directive)), CommitmentFacts()),
        )

    def _ask(
        self, sender: str, ledger: Contract, name: str, *arguments: Any, static: bool = False
    ) -> tuple[Any, ...]:
        """Call the ledger; a directive among the arguments is laid out once, however often it is sent."""
        function = functions(ledger.name)[name]
        values = [query_tuple(one) if isinstance(one, AccessQuery) else one for one in arguments]
        (directive,) = (one for one in arguments if isinstance(one, Directive))
        place = arguments.index(directive)
        # In place of the directive stands where it begins: a query is five words long, all else is one.
        types = list(function.inputs)
        types[place], values[place] = "uint256", 32 * (len(arguments) + 4)
        data = function.selector + encode(types, values) + encoded_directive(directive)
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
        self, nonce: int, requester: int, query: AccessQuery, directive: Directive, epoch: int, key: int
    ) -> Answer:
        """Release the key of a permitted request; the answer, as the log or the revert says it."""
        sender = self.admin(self.known.studies[query.study].custodian)
        named = (requester, epoch, key, b"\5" * 32, PERSON)
        try:
            self._ask(sender, self.ledger, "release", nonce, query, directive, *named)
        except Reverted as answer:
            if answer.data[:4] != _DENIED:
                raise
            return Answer(int.from_bytes(answer.data[36:68]))
        ((topics, data),) = self.chain.logs()
        self._change(self.known.requests, (requester, nonce), served=True)
        return Answer(0, tuple(topics), data)

    def release_facts(self, nonce: int, requester: int, epoch: int, key: int) -> ReleaseFacts:
        """What the model is told of a release."""
        return replace(self.known.requests[requester, nonce], epoch=epoch, key_version=key)


#: Something that happens in a world before it is asked.
Action = Callable[[World], None]
