"""The InstitutionRegistry's calls."""

from __future__ import annotations

from eth_utils.crypto import keccak

from pixelpact.chain.records import (
    InstitutionRecord,
    Operator,
    Proposal,
    Rule,
    Terms,
    institution_of,
    proposal_of,
    struct_of,
    terms_of,
)
from pixelpact.chain.transactions import Call
from pixelpact.models import Motion

from .contract import At, Contract

__all__ = ["InstitutionRegistry"]


class InstitutionRegistry(Contract):
    """Who may take part, and what its members decide together."""

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

    def terms(self, *, at: At = "latest") -> Terms:
        """The consortium's terms."""
        return terms_of(self._read("terms", at=at))

    def rule(self, *, at: At = "latest") -> Rule:
        """The policy engine that was voted for, and until when sharing is stopped."""
        return Rule(*self._read("rule", at=at))

    def proposal(self, number: int, *, at: At = "latest") -> Proposal:
        """All that is kept of a proposal; state UNKNOWN when there is none."""
        return proposal_of(self._read("proposal", number, at=at))

    def proposal_count(self, *, at: At = "latest") -> int:
        """How much was ever proposed: the numbers are 1 to this."""
        return int(self._read("proposalCount", at=at))

    def electorate(self, institution: int, *, at: At = "latest") -> int:
        """Who may vote on what concerns an institution: a bit each (``voter_index``), without itself."""
        return int(self._read("electorate", institution, at=at))

    def voter_index(self, institution: int, *, at: At = "latest") -> int | None:
        """The place of an institution's bit among the votes; None: it never was a voter."""
        place = int(self._read("voterIndex", institution, at=at))
        return place - 1 if place else None

    def propose(self, motion: Motion) -> Call:
        """Propose something, and vote for it; ``Proposed`` carries its number. By an operator (VOTES)."""
        return self._call("propose", struct_of(motion))

    def vote(self, proposal: int) -> Call:
        """Vote for a proposal, once and for good. By an operator (VOTES) of an active voter."""
        return self._call("vote", proposal)

    def carry_out(self, proposal: int, motion: Motion) -> Call:
        """Carry out what was decided; the motion is that of its ``Proposed``. By anybody."""
        return self._call("carryOut", proposal, struct_of(motion))

    def motion_digest(self, motion: Motion) -> bytes:
        """What a proposal keeps of its motion (``Proposal.motion``), 32 bytes; asks nobody."""
        # Of its ABI encoding, all of fixed length, which stands behind carryOut's selector and number.
        return keccak(self.carry_out(0, motion).data[36:])

    def veto(self, proposal: int) -> Call:
        """Stop a vote for another admin. By the present admin of that institution."""
        return self._call("veto", proposal)
