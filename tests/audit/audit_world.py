"""The six contracts as shipped on a fast EVM (pyrevm), and the verbs of a consortium's life on them.

The patients are wallets that sign whatever they are asked (EIP-1271): thousands of events cost seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyrevm
from eth_utils.crypto import keccak

from pixelpact.chain import CONTRACTS, Call, Event, Founder, Network, Trail, eip712
from pixelpact.chain.abi import Entry, contract_abi
from pixelpact.chain.answers import Log
from pixelpact.chain.artifact import load_artifact
from pixelpact.chain.contracts import (
    AccessLedger,
    ConsentRegistry,
    InstitutionRegistry,
    ProjectRegistry,
    StudyRegistry,
)
from pixelpact.chain.deploy import constructor_arguments
from pixelpact.chain.events import (
    AccessReleased,
    AccessRequested,
    StudyRegistered,
    decode_event,
)
from pixelpact.models import ZERO32, AccessQuery, Directive, KeyRelease, Refusal
from pixelpact.policy import VOCABULARY_VERSION, Attribute, Category, Purpose, Role, purpose_set

START = 1_800_000_000
CHAIN_ID = 7_081_976
PERSON = b"\x0f" * 32
SIGNATURE = bytes(65)
KEY = bytes(1_216)

# Answers every question with EIP-1271's magic value.
YES = bytes.fromhex("631626ba7e60e01b60005260206000f3")
PATIENT = bytes.fromhex("51" * 20)
OTHER_PATIENT = bytes.fromhex("52" * 20)
DEPLOYER = bytes.fromhex("dd" * 20)
STRANGER = bytes.fromhex("5a" * 20)

A, B, C, D = 1, 2, 3, 4
CT = int(Category.CT)
TREAT = int(Purpose.TREAT)

E = TypeVar("E", bound=Event)


class RefusedError(Exception):
    """A contract refused a call."""


def admin(institution: int) -> bytes:
    return bytes([0xA0 + institution]) * 20


FOUNDERS = (
    Founder(admin(A), int(Role.CUSTODIAN | Role.VOTER), "CH", int(Attribute.NOT_FOR_PROFIT)),
    Founder(admin(B), int(Role.CUSTODIAN | Role.REQUESTER), "AT"),
    Founder(admin(C), int(Role.REQUESTER), "DE", int(Attribute.NOT_FOR_PROFIT)),
    Founder(admin(D), int(Role.REQUESTER), "CH"),
)


@dataclass(frozen=True)
class Asked:
    """A request as it was made."""

    id: bytes
    requester: int
    nonce: int
    query: AccessQuery
    directive: Directive | None
    reason: int

    @property
    def directive_hash(self) -> bytes:
        return eip712.struct_hash(self.directive) if self.directive else ZERO32


class World:
    """One chain. Each transaction stands in a block of its own, a second after the one before.

    While it is ``crowded``, they all go into one block.
    """

    def __init__(self, founders: Sequence[Founder] = FOUNDERS) -> None:
        self.block, self.time = 0, START
        self._count = self._next_index = self._pause = 0
        self.crowded = False
        self.events: list[Event] = []
        self.network = Network(
            name="world",
            chain_id=CHAIN_ID,
            genesis=b"\x9e" * 32,
            finality_depth=0,
            clock=None,
            rpc="embedded",
        )
        self._evm = pyrevm.EVM(
            pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=CHAIN_ID)), gas_limit=2**63, spec_id="MERGE"
        )
        for wallet in (PATIENT, OTHER_PATIENT):
            self._evm.insert_account_info(_hex(wallet), pyrevm.AccountInfo(code=YES))
        self._deploy(founders)
        self.institutions = InstitutionRegistry(self.network, self._read)
        self.studies = StudyRegistry(self.network, self._read)
        self.consents = ConsentRegistry(self.network, self._read)
        self.projects = ProjectRegistry(self.network, self._read)
        self.ledger = AccessLedger(self.network, self._read)

    # The chain

    def trail(self) -> Trail:
        return Trail(self.network, 0, self.block, _hash(self.block), tuple(self.events))

    def wait(self, seconds: int) -> None:
        """Let the next block come so much later."""
        self._pause += seconds

    def send(self, call: Call, sender: bytes) -> tuple[Event, ...]:
        """Carry a call out; RefusedError when the contract does not want it."""
        if not self.crowded:
            self.next_block()
        assert call.to is not None
        before = len(self.events)
        try:
            self._evm.message_call(_hex(sender), _hex(call.to), calldata=call.data, gas=5_000_000)
        except RuntimeError as error:
            raise RefusedError(call.name) from error
        self.events += [decode_event(self.network, log, self.time) for log in self._logs()]
        return tuple(self.events[before:])

    def create(self, code: bytes) -> bytes:
        """Deploy code; its address."""
        return _bytes(self._evm.deploy(_hex(DEPLOYER), code))

    def code(self, address: bytes) -> bytes:
        """What stands at an address where a PolicyEngine does: the EVM pads it with zeros."""
        return bytes(self._evm.get_code(_hex(address)))[: len(load_artifact("PolicyEngine").runtime_code)]

    def next_block(self) -> None:
        """Begin another block."""
        self.block, self.time, self._next_index = self.block + 1, self.time + 1 + self._pause, 0
        self._pause = 0
        self._evm.set_block_env(pyrevm.BlockEnv(number=self.block, timestamp=self.time, prevrandao=bytes(32)))

    def _logs(self) -> list[Log]:
        """What the last transaction logged."""
        self._count += 1
        logs = []
        result = self._evm.result
        assert result is not None
        for found in result.logs:
            topics, data = found.data
            logs.append(
                Log(
                    address=_bytes(found.address),
                    topics=tuple(bytes(topic) for topic in topics),
                    data=bytes(data),
                    block_number=self.block,
                    block_hash=_hash(self.block),
                    transaction=keccak(self._count.to_bytes(8, "big")),
                    index=self._next_index,
                )
            )
            self._next_index += 1
        return logs

    def _deploy(self, founders: Sequence[Founder]) -> None:
        at: dict[str, bytes] = {}
        self.next_block()
        logs = []
        for name in CONTRACTS:
            code = load_artifact(name).creation_code
            code += contract_abi(name).encode_constructor(constructor_arguments(name, founders, at))
            at[name] = _bytes(self._evm.deploy(_hex(DEPLOYER), code))
            logs += self._logs()
        self.network = self.network.with_contracts(at)
        self.events = [decode_event(self.network, log, self.time) for log in logs]

    def _read(self, entry: Entry, address: bytes, data: bytes, at: Any) -> Any:
        assert at == "latest"
        answer = self._evm.message_call(_hex(STRANGER), _hex(address), calldata=data, is_static=True)
        return entry.decode_result(bytes(answer))

    # The verbs

    def keys(self, *institutions: int) -> None:
        """Each publishes an encryption key."""
        for institution in institutions:
            self.send(self.institutions.publish_key(KEY), admin(institution))

    def register(self, *, custodian: int = A, subject: bytes = PATIENT, local: int = 1) -> bytes:
        """A study of one CT image; its number."""
        call = self.studies.register(word(local), subject, CT, word(0x1000 + local), word(0x2000 + local))
        return self.one(StudyRegistered, self.send(call, admin(custodian))).study

    def rotate(self, study: bytes, manifest: bytes | None = None, sender: bytes = b"") -> None:
        """Seal it anew; by the custodian's usual admin unless told."""
        found = self.studies.study(study)
        call = self.studies.rotate(study, found.epoch, manifest or keccak(found.manifest_digest))
        self.send(call, sender or admin(found.custodian))

    def dispose(self, study: bytes, epoch: int, sender: bytes = b"") -> None:
        """Attest that the blocks of an epoch are gone; by the custodian's usual admin unless told."""
        custodian = self.studies.study(study).custodian
        call = self.studies.attest_disposal(study, epoch, 3, 1, b"\x77" * 32)
        self.send(call, sender or admin(custodian))

    def directive(self, **changes: Any) -> Directive:
        """What the patient would sign: B may have all that A holds, for treatment."""
        usual = Directive(
            subject=PATIENT,
            custodian=A,
            study=ZERO32,
            grantee=B,
            categories=CT,
            purposes=purpose_set(Purpose.TREAT),
            permission=0,
            vocabulary=VOCABULARY_VERSION,
            generation=0,
            not_before=START,
            expiry=START + 10_000_000,
            salt=word(len(self.events)),
        )
        return replace(usual, **changes)

    def consent(self, **changes: Any) -> Directive:
        """The same, recorded."""
        directive = self.directive(**changes)
        call = self.consents.record(directive.subject, eip712.struct_hash(directive), 0, SIGNATURE)
        self.send(call, STRANGER)
        return directive

    def revoke(self, directive: Directive) -> None:
        """The patient withdraws it."""
        call = self.consents.revoke(directive.subject, eip712.struct_hash(directive), 0, SIGNATURE)
        self.send(call, STRANGER)

    def revoke_all(self, subject: bytes = PATIENT) -> None:
        """The patient withdraws everything."""
        following = self.consents.generation(subject) + 1
        self.send(self.consents.revoke_all(subject, following, 0, SIGNATURE), STRANGER)

    def refuse(
        self, purposes: int, *, custodian: int = 0, study: bytes = ZERO32, grantee: int = 0, sequence: int = 0
    ) -> None:
        """The patient's refusal in a scope becomes these purposes."""
        refusal = Refusal(PATIENT, custodian, study, grantee, purposes, sequence or self.block)
        self.send(self.consents.refuse(refusal, 0, SIGNATURE), STRANGER)

    def ask(
        self, requester: int, study: bytes, directive: Directive | None = None, purpose: int = TREAT
    ) -> Asked:
        """A request and its answer."""
        query = AccessQuery(study, purpose, CT)
        nonce = len(self.events)
        call = self.ledger.request(nonce, query, directive, PERSON)
        event = self.one(AccessRequested, self.send(call, admin(requester)))
        return Asked(event.request, requester, nonce, query, directive, event.reason)

    def release(self, asked: Asked, **changes: Any) -> AccessReleased:
        """The key of the present epoch goes out."""
        study = self.studies.study(asked.query.study)
        usual = KeyRelease(
            requester=asked.requester,
            epoch=study.epoch,
            key_version=self.institutions.institution(asked.requester).key_version,
            key_digest=hashlib.sha256(KEY).digest(),
            envelope_digest=keccak(asked.id + word(study.epoch)),
            person=PERSON,
        )
        call = self.ledger.release(asked.nonce, asked.query, asked.directive, replace(usual, **changes))
        return self.one(AccessReleased, self.send(call, admin(study.custodian)))

    def confirm(self, asked: Asked, epoch: int) -> None:
        """The requester found what was registered."""
        call = self.ledger.confirm(asked.nonce, asked.query, asked.directive_hash, epoch, PERSON)
        self.send(call, admin(asked.requester))

    def dispute(self, asked: Asked, epoch: int, failure: int) -> None:
        """The requester did not find what was registered."""
        call = self.ledger.dispute(asked.nonce, asked.query, asked.directive_hash, epoch, failure, PERSON)
        self.send(call, admin(asked.requester))

    def turn_down(self, asked: Asked, reason: int = 401) -> None:
        """The custodian refuses a permitted request."""
        custodian = self.studies.study(asked.query.study).custodian
        call = self.ledger.refuse(
            asked.nonce, asked.query, asked.directive_hash, asked.requester, reason, PERSON
        )
        self.send(call, admin(custodian))

    def one(self, kind: type[E], events: Sequence[Event]) -> E:
        """The one event, of this kind."""
        (event,) = events
        assert isinstance(event, kind)
        return event


def word(number: int) -> bytes:
    """32 bytes."""
    return number.to_bytes(32, "big")


def _hash(block: int) -> bytes:
    return keccak(b"block" + block.to_bytes(8, "big"))


def _hex(address: bytes) -> str:
    return "0x" + address.hex()


def _bytes(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
