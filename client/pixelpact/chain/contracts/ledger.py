"""The AccessLedger's calls."""

from __future__ import annotations

from pixelpact.chain.records import (
    EmergencyCount,
    RequestRecord,
    Verdict,
    directive_struct,
    evidence_struct,
    request_of,
    struct_of,
)
from pixelpact.chain.transactions import Call
from pixelpact.models import AccessQuery, Directive, Emergency, Evidence, KeyRelease

from .contract import At, Contract

__all__ = ["AccessLedger"]


class AccessLedger(Contract):
    """The decision and what happened. ``person``: a keyed digest of the person who acts, 32 bytes.

    ``evidence`` shows a directive that stands in a batch; None for one that was recorded by itself.
    """

    def engine(self, *, at: At = "latest") -> bytes:
        """The address (20 bytes) of the engine that decisions follow: the first, or the last voted for."""
        return bytes(self._read("engine", at=at))

    def decide(
        self,
        requester: int,
        query: AccessQuery,
        directive: Directive | None,
        evidence: Evidence | None = None,
        *,
        at: At = "latest",
    ) -> int:
        """What a request would be answered at that block: 0, or the reason's number."""
        asked = (struct_of(query), directive_struct(directive), evidence_struct(evidence))
        return int(self._read("decide", requester, *asked, at=at))

    def decide_emergency(self, requester: int, study: bytes, categories: int, *, at: At = "latest") -> int:
        """What an emergency would be answered at that block: 0, or the reason's number."""
        return int(self._read("decideEmergency", requester, study, categories, at=at))

    def request_id(
        self, requester: int, nonce: int, query: AccessQuery, directive_hash: bytes, *, at: At = "latest"
    ) -> bytes:
        """The number of a request."""
        return bytes(self._read("requestId", requester, nonce, struct_of(query), directive_hash, at=at))

    def request_of(self, request: bytes, *, at: At = "latest") -> RequestRecord:
        """What is kept of a request; status UNKNOWN when there is none."""
        return request_of(self._read("requestOf", request, at=at))

    def emergencies_of(self, requester: int, *, at: At = "latest") -> EmergencyCount:
        """How many emergencies of an institution were permitted, and how many are not reviewed."""
        return EmergencyCount(*self._read("emergenciesOf", requester, at=at))

    def request(
        self,
        nonce: int,
        query: AccessQuery,
        directive: Directive | None,
        person: bytes,
        *,
        evidence: Evidence | None = None,
    ) -> Call:
        """Ask for a study; ``AccessRequested`` carries number and reason. By an operator (REQUESTS)."""
        return self._call(
            "request", nonce, struct_of(query), directive_struct(directive), evidence_struct(evidence), person
        )

    def release(
        self,
        nonce: int,
        query: AccessQuery,
        directive: Directive | None,
        release: KeyRelease,
        *,
        evidence: Evidence | None = None,
    ) -> Call:
        """Record that the key goes to the requester. By an operator (RELEASES) of the study's custodian.

        When the decision, taken again, is no, the transaction fails with ``AccessLedger_Denied``.
        """
        return self._call(
            "release",
            nonce,
            struct_of(query),
            directive_struct(directive),
            evidence_struct(evidence),
            struct_of(release),
        )

    def confirm(
        self, nonce: int, query: AccessQuery, directive_hash: bytes, epoch: int, person: bytes
    ) -> Call:
        """Confirm what was released in this epoch. By an operator (REQUESTS) of the requester."""
        return self._call("confirm", nonce, struct_of(query), directive_hash, epoch, person)

    def dispute(
        self, nonce: int, query: AccessQuery, directive_hash: bytes, epoch: int, failure: int, person: bytes
    ) -> Call:
        """Say which check failed (the failure class's number). By an operator (REQUESTS) of the requester."""
        return self._call("dispute", nonce, struct_of(query), directive_hash, epoch, failure, person)

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
        return self._call("refuse", nonce, struct_of(query), directive_hash, requester, reason, person)

    def emergency(self, nonce: int, emergency: Emergency, signature: bytes) -> Call:
        """Open a record in an emergency; ``EmergencyRequested`` carries number and reason.

        By an operator (EMERGENCIES); another one of the same institution signed ``EmergencyAccess``.
        """
        return self._call("emergency", nonce, struct_of(emergency), signature)

    def review(self, request: bytes, verdict: Verdict, report: bytes, person: bytes) -> Call:
        """Say whether an emergency was justified; ``report``: the review's digest, 32 bytes.

        By an operator (RELEASES) of the custodian that it was asked of, or (PROJECTS) of an ethics board.
        """
        return self._call("review", request, int(verdict), report, person)
