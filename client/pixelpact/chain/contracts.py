"""The contracts' calls, typed (docs/contracts.md).

What reads asks the chain at once, and takes ``at``: a block number, ``"latest"`` or ``"final"``. What writes
returns a ``Call`` for ``Chain.transact`` or ``Chain.prepare``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pixelpact.models import AccessQuery, Directive, Refusal

from .abi import Entry, contract_abi
from .network import Network
from .records import (
    Commitment,
    ConsentStanding,
    InstitutionRecord,
    Operator,
    RequestRecord,
    StudyRecord,
    commitment_of,
    directive_struct,
    institution_of,
    query_struct,
    refusal_struct,
    request_of,
    study_of,
)
from .transactions import Call

__all__ = [
    "AccessLedger",
    "At",
    "ConsentRegistry",
    "InstitutionRegistry",
    "PolicyEngine",
    "StudyRegistry",
]

#: When a read is made: a block's number, the newest block, or the newest final one.
At = int | Literal["latest", "final"]
Read = Callable[[Entry, bytes, bytes, At], Any]


class _Contract:
    """One deployed contract.

    Args:
        network: says where it stands.
        read: carries a read out.
    """

    def __init__(self, network: Network, read: Read) -> None:
        self._name = type(self).__name__
        self.address = network.address(self._name)
        self._read_at = read
        self._functions = contract_abi(self._name).functions

    def _read(self, function: str, *arguments: Any, at: At) -> Any:
        entry = self._functions[function]
        return self._read_at(entry, self.address, entry.encode(arguments), at)

    def _call(self, function: str, *arguments: Any) -> Call:
        return Call(self._name, function, self.address, self._functions[function].encode(arguments))


class InstitutionRegistry(_Contract):
    """Who may take part."""

    def institution(self, number: int, *, at: At = "latest") -> InstitutionRecord:
        """All that is kept of an institution; status UNKNOWN when there is none."""
        return institution_of(self._read("institution", number, at=at))

    def count(self, *, at: At = "latest") -> int:
        """How many institutions were ever admitted: their numbers are 1 to this."""
        return int(self._read("institutionCount", at=at))

    def operator(self, account: bytes, *, at: At = "latest") -> Operator:
        """For whom an account acts."""
        return Operator(*self._read("operator", account, at=at))

    def key_digest(self, number: int, version: int, *, at: At = "latest") -> bytes:
        """SHA-256 of an institution's encryption key of this version; zeros for none."""
        return bytes(self._read("keyDigest", number, version, at=at))

    def set_operator(self, account: bytes, permissions: int) -> Call:
        """Give an account permissions for the caller's institution; 0 takes all away. By its admin."""
        return self._call("setOperator", account, permissions)

    def resign(self) -> Call:
        """Stop acting for an institution. By an operator who is not its admin."""
        return self._call("resign")

    def publish_key(self, public_key: bytes) -> Call:
        """Publish the institution's encryption key (1,216 bytes), which replaces its last. By its admin."""
        return self._call("publishKey", public_key)

    def suspend_self(self) -> Call:
        """Suspend the caller's own institution. By its admin; coming back is the consortium's to decide."""
        return self._call("suspendSelf")


class StudyRegistry(_Contract):
    """What may be shared. Everything that writes is for an operator (STUDIES) of the study's custodian."""

    def study(self, study: bytes, *, at: At = "latest") -> StudyRecord:
        """All that is kept of a study; status UNKNOWN when there is none."""
        return study_of(self._read("study", study, at=at))

    def study_id(self, custodian: int, local_id: bytes, *, at: At = "latest") -> bytes:
        """The number of a custodian's study."""
        return bytes(self._read("studyId", custodian, local_id, at=at))

    def register(
        self,
        local_id: bytes,
        subject: bytes,
        categories: int,
        manifest_digest: bytes,
        content_commitment: bytes,
    ) -> Call:
        """Register a sealed study of a patient; its event carries the study's number."""
        return self._call("register", local_id, subject, categories, manifest_digest, content_commitment)

    def rotate(self, study: bytes, expected_epoch: int, manifest_digest: bytes) -> Call:
        """Replace the ciphertext by one under a new key; the epoch becomes ``expected_epoch`` + 1."""
        return self._call("rotate", study, expected_epoch, manifest_digest)

    def withdraw(self, study: bytes) -> Call:
        """Withdraw a study from sharing until it is reinstated."""
        return self._call("withdraw", study)

    def reinstate(self, study: bytes) -> Call:
        """Share a withdrawn study again."""
        return self._call("reinstate", study)

    def erase(self, study: bytes, certificate: bytes) -> Call:
        """Record that a study was erased, for good; ``certificate`` is the digest of its certificate."""
        return self._call("erase", study, certificate)

    def attest_disposal(self, study: bytes, epoch: int, blocks: int, nodes: int, report: bytes) -> Call:
        """Attest that a past epoch's blocks were unpinned, collected and found absent at so many nodes."""
        return self._call("attestDisposal", study, epoch, blocks, nodes, report)


class ConsentRegistry(_Contract):
    """What the patient wants. Anyone may send what writes: the patient's signature is what counts."""

    def commitment(self, subject: bytes, directive_hash: bytes, *, at: At = "latest") -> Commitment:
        """What is kept of a directive; zeros for an unknown one."""
        return commitment_of(self._read("commitment", subject, directive_hash, at=at))

    def generation(self, subject: bytes, *, at: At = "latest") -> int:
        """The subject's generation, from 0; only directives of this generation count."""
        return int(self._read("generation", subject, at=at))

    def refused_purposes(
        self, subject: bytes, custodian: int, study: bytes, grantee: int, *, at: At = "latest"
    ) -> int:
        """The purposes refused (a bit each): the union of the four scopes that apply."""
        return int(self._read("refusedPurposes", subject, custodian, study, grantee, at=at))

    def standing(
        self,
        subject: bytes,
        directive_hash: bytes,
        custodian: int,
        study: bytes,
        grantee: int,
        *,
        at: At = "latest",
    ) -> ConsentStanding:
        """Everything that one decision needs from this registry, in one read."""
        commitment, generation, refused = self._read(
            "standing", subject, directive_hash, custodian, study, grantee, at=at
        )
        return ConsentStanding(commitment_of(commitment), generation, refused)

    def hash_directive(self, directive: Directive, *, at: At = "latest") -> bytes:
        """The EIP-712 struct hash as the contract computes it; ``eip712.struct_hash`` asks nobody."""
        return bytes(self._read("hashDirective", directive_struct(directive), at=at))

    def record(self, subject: bytes, directive_hash: bytes, signature: bytes) -> Call:
        """Record a directive by its struct hash, with the patient's signature over the directive."""
        return self._call("record", subject, directive_hash, signature)

    def revoke(self, subject: bytes, directive_hash: bytes, signature: bytes) -> Call:
        """Withdraw a directive for good, with the patient's signature over ``eip712.Revocation``."""
        return self._call("revoke", subject, directive_hash, signature)

    def revoke_all(self, subject: bytes, generation: int, signature: bytes) -> Call:
        """Begin a new generation, with the patient's signature over ``eip712.RevocationOfAll``."""
        return self._call("revokeAll", subject, generation, signature)

    def refuse(self, refusal: Refusal, signature: bytes) -> Call:
        """Set the purposes refused in a scope, with the patient's signature over the refusal."""
        return self._call("refuse", refusal_struct(refusal), signature)


class PolicyEngine(_Contract):
    """What else must hold (docs/policy.md, Engine)."""

    def version(self, *, at: At = "latest") -> int:
        """The version of the engine's rules."""
        return int(self._read("VERSION", at=at))


class AccessLedger(_Contract):
    """The decision and what happened. ``person``: a keyed digest of the person who acts, 32 bytes."""

    def decide(
        self, requester: int, query: AccessQuery, directive: Directive | None, *, at: At = "latest"
    ) -> int:
        """What a request would be answered at that block: 0, or the reason's number."""
        return int(self._read("decide", requester, query_struct(query), directive_struct(directive), at=at))

    def request_id(
        self, requester: int, nonce: int, query: AccessQuery, directive_hash: bytes, *, at: At = "latest"
    ) -> bytes:
        """The number of a request."""
        return bytes(self._read("requestId", requester, nonce, query_struct(query), directive_hash, at=at))

    def request_of(self, request: bytes, *, at: At = "latest") -> RequestRecord:
        """What is kept of a request; status UNKNOWN when there is none."""
        return request_of(self._read("requestOf", request, at=at))

    def request(self, nonce: int, query: AccessQuery, directive: Directive | None, person: bytes) -> Call:
        """Ask for a study; ``AccessRequested`` carries number and reason. By an operator (REQUESTS)."""
        return self._call("request", nonce, query_struct(query), directive_struct(directive), person)

    def release(
        self,
        nonce: int,
        query: AccessQuery,
        directive: Directive | None,
        requester: int,
        expected_epoch: int,
        key_version: int,
        envelope_digest: bytes,
        person: bytes,
    ) -> Call:
        """Record that the key goes to the requester. By an operator (RELEASES) of the study's custodian.

        When the decision, taken again, is no, the transaction fails with ``AccessLedger_Denied``.
        """
        return self._call(
            "release",
            nonce,
            query_struct(query),
            directive_struct(directive),
            requester,
            expected_epoch,
            key_version,
            envelope_digest,
            person,
        )

    def confirm(
        self, nonce: int, query: AccessQuery, directive_hash: bytes, epoch: int, person: bytes
    ) -> Call:
        """Confirm what was released in this epoch. By an operator (REQUESTS) of the requester."""
        return self._call("confirm", nonce, query_struct(query), directive_hash, epoch, person)

    def dispute(
        self, nonce: int, query: AccessQuery, directive_hash: bytes, epoch: int, failure: int, person: bytes
    ) -> Call:
        """Say which check failed (the failure class's number). By an operator (REQUESTS) of the requester."""
        return self._call("dispute", nonce, query_struct(query), directive_hash, epoch, failure, person)

    def refuse(
        self,
        nonce: int,
        query: AccessQuery,
        directive_hash: bytes,
        requester: int,
        reason: int,
        person: bytes,
    ) -> Call:
        """Refuse a request for good (reasons 400 to 499). By an operator (RELEASES) of the custodian."""
        return self._call("refuse", nonce, query_struct(query), directive_hash, requester, reason, person)
