"""What the InstitutionRegistry keeps: who takes part, acts for whom, is voted on (docs/contracts.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from pixelpact.policy._generated import OperatorPermission, Role
from pixelpact.policy.facts import InstitutionFacts, InstitutionStatus

__all__ = ["Institutions", "Member", "Operator", "Proposal", "ProposalState"]

_ALL_PERMISSIONS = int(sum(OperatorPermission))
_REQUESTER = int(Role.REQUESTER)
_VOTER = int(Role.VOTER)
_ACTIVE = InstitutionStatus.ACTIVE
_NOBODY = bytes(20)


@dataclass(slots=True)
class Member:
    """One institution.

    Attributes:
        facts: what a decision needs to know of it.
        admin: the account that speaks for it, 20 bytes.
        status_since: when it got its present status, in seconds.
        operator_epoch: counts the recoveries of its admin.
        keys: SHA-256 of each of its encryption keys, that of version 1 first.
        voter_index: its bit among those that vote, from 1; 0: it never voted.
    """

    facts: InstitutionFacts
    admin: bytes
    status_since: int
    operator_epoch: int = 0
    keys: tuple[bytes, ...] = ()
    voter_index: int = 0


@dataclass(frozen=True, slots=True)
class Operator:
    """For whom an account acts; of an epoch that is not its institution's, it acts for nobody."""

    institution: int
    permissions: int
    epoch: int


_NO_OPERATOR = Operator(0, 0, 0)


class ProposalState(IntEnum):
    """What became of a proposal."""

    UNKNOWN = 0
    OPEN = 1
    CARRIED_OUT = 2
    VETOED = 3


@dataclass(slots=True)
class Proposal:
    """What is voted on.

    Attributes:
        motion: what would be done, as its event carries it.
        proposer, institution: who proposed it, and whom it is about (0: nobody).
        proposed_at, passed_at: in seconds; 0: two thirds have not voted for it.
        votes: who voted for it, a bit each by `voter_index` less one.
    """

    motion: Any
    proposer: int
    institution: int
    proposed_at: int
    state: ProposalState = ProposalState.OPEN
    passed_at: int = 0
    votes: int = 0


class Institutions:
    """All of it, as the events leave it.

    Attributes:
        members: by their numbers, from 1.
        operators: what stands of each account; `acting_for` says for whom it acts.
        proposals: by their numbers, from 1.
        voters: how many institutions ever got a bit to vote with.
        engine, engine_version: what the consortium replaced the first engine by; zeros while it did not.
        stopped_until: until when all sharing is stopped, in seconds.
    """

    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self.operators: dict[bytes, Operator] = {}
        self.proposals: dict[int, Proposal] = {}
        self.voters = 0
        self.engine = _NOBODY
        self.engine_version = 0
        self.stopped_until = 0

    @property
    def handlers(self) -> Mapping[str, Callable[[Any, int], None]]:
        """What each event changes, by its name; called with the event and its block's time."""
        return {
            "InstitutionAdmitted": self._admitted,
            "InstitutionSuspended": self._suspended,
            "InstitutionReinstated": self._reinstated,
            "InstitutionChanged": self._changed,
            "AdminRecovered": self._admin_recovered,
            "OperatorSet": self._operator_set,
            "KeyPublished": self._key_published,
            "Proposed": self._proposed,
            "Voted": self._voted,
            "Passed": self._passed,
            "Vetoed": self._vetoed,
            "CarriedOut": self._carried_out,
            "EngineReplaced": self._engine_replaced,
            "SharingStopped": self._sharing_stopped,
        }

    def facts(self, number: int) -> InstitutionFacts:
        """What a decision needs to know of an institution, an unknown one too."""
        member = self.members.get(number)
        return member.facts if member is not None else InstitutionFacts(number)

    def acting_for(self, account: bytes) -> tuple[int, int]:
        """For which institution an account acts, and with which permissions; zeros for none."""
        found = self.operators.get(account, _NO_OPERATOR)
        member = self.members.get(found.institution)
        if member is None or member.operator_epoch != found.epoch:
            return 0, 0
        return found.institution, found.permissions

    def key_digest(self, number: int, version: int) -> bytes:
        """SHA-256 of an institution's encryption key of this version; zeros for none."""
        member = self.members.get(number)
        if member is None or not 0 < version <= len(member.keys):
            return bytes(32)
        return member.keys[version - 1]

    def electorate(self, institution: int) -> int:
        """Who may vote now on what is about this institution (0: about none): a bit each."""
        return sum(
            1 << member.voter_index - 1
            for number, member in self.members.items()
            if number != institution and member.facts.roles & _VOTER and member.facts.status == _ACTIVE
        )

    def _admitted(self, event: Any, time: int) -> None:
        roles = event.roles
        facts = InstitutionFacts(
            event.institution,
            _ACTIVE,
            roles,
            event.country,
            event.attributes,
            time if roles & _REQUESTER else 0,
        )
        self.members[event.institution] = Member(facts, event.admin, time)
        self.operators[event.admin] = Operator(event.institution, _ALL_PERMISSIONS, 0)
        self._give_a_bit(self.members[event.institution])

    def _give_a_bit(self, member: Member) -> None:
        if member.facts.roles & _VOTER and not member.voter_index:
            self.voters += 1
            member.voter_index = self.voters

    def _suspended(self, event: Any, time: int) -> None:
        self._set_status(event.institution, InstitutionStatus.SUSPENDED, time)

    def _reinstated(self, event: Any, time: int) -> None:
        self._set_status(event.institution, _ACTIVE, time)

    def _set_status(self, number: int, status: InstitutionStatus, time: int) -> None:
        member = self.members[number]
        member.facts = replace(member.facts, status=status)
        member.status_since = time

    def _changed(self, event: Any, time: int) -> None:
        member = self.members[event.institution]
        had, has = member.facts.roles & _REQUESTER, event.roles & _REQUESTER
        since = 0
        if has:
            since = member.facts.requester_since if had else time
        member.facts = replace(
            member.facts,
            roles=event.roles,
            country=event.country,
            attributes=event.attributes,
            requester_since=since,
        )
        self._give_a_bit(member)

    def _admin_recovered(self, event: Any, _time: int) -> None:
        member = self.members[event.institution]
        member.operator_epoch += 1
        member.admin = event.to
        self.operators[event.to] = Operator(event.institution, _ALL_PERMISSIONS, member.operator_epoch)

    def _operator_set(self, event: Any, _time: int) -> None:
        if event.permissions:
            epoch = self.members[event.institution].operator_epoch
            self.operators[event.account] = Operator(event.institution, event.permissions, epoch)
        else:
            self.operators.pop(event.account, None)

    def _key_published(self, event: Any, _time: int) -> None:
        member = self.members[event.institution]
        member.keys = (*member.keys, event.digest)
        member.facts = replace(member.facts, key_version=event.version)

    def _proposed(self, event: Any, time: int) -> None:
        self.proposals[event.proposal] = Proposal(event.motion, event.proposer, event.institution, time)

    def _voted(self, event: Any, _time: int) -> None:
        bit = 1 << self.members[event.institution].voter_index - 1
        self.proposals[event.proposal].votes |= bit

    def _passed(self, event: Any, time: int) -> None:
        self.proposals[event.proposal].passed_at = time

    def _vetoed(self, event: Any, _time: int) -> None:
        self.proposals[event.proposal].state = ProposalState.VETOED

    def _carried_out(self, event: Any, _time: int) -> None:
        self.proposals[event.proposal].state = ProposalState.CARRIED_OUT

    def _engine_replaced(self, event: Any, _time: int) -> None:
        self.engine, self.engine_version = event.engine, event.version

    def _sharing_stopped(self, event: Any, _time: int) -> None:
        self.stopped_until = event.until
