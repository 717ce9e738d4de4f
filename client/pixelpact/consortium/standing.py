"""What was proposed, how the votes stand, and when something comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pixelpact.chain import CarriedOut, Chain, InstitutionStatus, Proposal, ProposalState, Proposed, Terms
from pixelpact.errors import ChainError, InputError
from pixelpact.models import Action, Motion

__all__ = ["ProposalStanding", "Stage", "find_proposal", "proposals"]


class Stage(StrEnum):
    """How far a proposal is."""

    VOTING = "voting"
    NOTICE = "notice"
    READY = "ready"
    CARRIED_OUT = "carried out"
    VETOED = "vetoed"
    LAPSED = "lapsed"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class ProposalStanding:
    """A proposal as the newest block has it. Times are in seconds.

    Attributes:
        number: its number.
        motion: what it would do.
        proposer: the institution that proposed it.
        stage: how far it is.
        voted: the institutions whose votes for it count today.
        voters: those that may vote on it today; never the one that it is about.
        needed: how many of them must be for it.
        proposed_at, vote_until: when it may be voted on; the first second in which it may not be.
        passed_at: when two thirds were for it; 0: not yet.
        from_, until: when it may be carried out; 0 while it has not passed.
    """

    number: int
    motion: Motion
    proposer: int
    stage: Stage
    voted: tuple[int, ...]
    voters: tuple[int, ...]
    needed: int
    proposed_at: int
    vote_until: int
    passed_at: int
    from_: int
    until: int

    @property
    def missing(self) -> int:
        """How many more votes it needs."""
        return max(0, self.needed - len(self.voted))


def proposals(chain: Chain) -> list[ProposalStanding]:
    """Everything that was ever proposed, oldest first.

    Raises:
        ChainError: the chain can't be asked, or the node answers wrongly.
    """
    head = chain.head()
    made = {each.proposal: each for each in chain.find(Proposed, last=head.number)}
    done = [each.proposal for each in chain.find(CarriedOut, last=head.number)]
    view = _View.of(chain, done, {number: each.motion for number, each in made.items()})
    return [view.standing(each) for each in made.values()]


def find_proposal(chain: Chain, number: int) -> ProposalStanding:
    """One of ``proposals``.

    Raises:
        InputError: there is none of this number.
        ChainError: the chain can't be asked, or the node answers wrongly.
    """
    for each in proposals(chain):
        if each.number == number:
            return each
    raise InputError(
        f"There is no proposal {number}",
        why="nothing was proposed under this number on this network",
        remedy="Look at those there are: pixelpact institution proposals",
    )


@dataclass(frozen=True, slots=True)
class _View:
    """What the standing of a proposal is told from, read once for all of them."""

    chain: Chain
    terms: Terms
    now: int
    bits: dict[int, int]
    youngest: dict[tuple[Action, int], int]

    @classmethod
    def of(cls, chain: Chain, done: Iterable[int], motions: dict[int, Motion]) -> _View:
        registry = chain.institutions
        bits = {}
        for institution in range(1, registry.count() + 1):
            index = registry.voter_index(institution)
            if index is not None:
                bits[institution] = 1 << index
        youngest: dict[tuple[Action, int], int] = {}
        for number in done:
            motion = motions[number]
            matter = (motion.action, motion.institution)
            youngest[matter] = max(number, youngest.get(matter, 0))
        return cls(chain, registry.terms(), chain.now(), bits, youngest)

    def standing(self, event: Proposed) -> ProposalStanding:
        registry = self.chain.institutions
        kept, motion = registry.proposal(event.proposal), event.motion
        # A node's log alone is not believed: people vote for what is read out of it.
        if kept.motion != registry.motion_digest(motion):
            raise ChainError(
                f"The node tells another motion for proposal {event.proposal} than the one that is voted on",
                why="its hash is not the one that the contract keeps",
                remedy="Ask another node: this one answers wrongly",
            )
        electorate = registry.electorate(kept.institution)
        voters = tuple(each for each, bit in self.bits.items() if bit & electorate)
        voted = tuple(each for each in voters if self.bits[each] & kept.votes)
        needed = max(1, -(-2 * len(voters) // 3))
        from_ = kept.passed_at + self._notice(motion.action) if kept.passed_at else 0
        until = from_ + self.terms.vote_lifetime if kept.passed_at else 0
        return ProposalStanding(
            number=event.proposal,
            motion=motion,
            proposer=event.proposer,
            stage=self._stage(event.proposal, kept, from_, until, passed=len(voted) >= needed),
            voted=voted,
            voters=voters,
            needed=needed,
            proposed_at=kept.proposed_at,
            vote_until=kept.proposed_at + self.terms.vote_lifetime,
            passed_at=kept.passed_at,
            from_=from_,
            until=until,
        )

    def _stage(self, number: int, kept: Proposal, from_: int, until: int, *, passed: bool) -> Stage:
        if kept.state is not ProposalState.OPEN:
            return Stage.VETOED if kept.state is ProposalState.VETOED else Stage.CARRIED_OUT
        if self._is_overtaken(number, kept):
            return Stage.OVERTAKEN
        votable = self.now < kept.proposed_at + self.terms.vote_lifetime
        if not kept.passed_at:
            return Stage.VOTING if votable else Stage.LAPSED
        if self.now >= until:
            return Stage.LAPSED
        if not passed:
            # Membership changed since: whoever has not voted can still do so.
            return Stage.VOTING if votable else Stage.LAPSED
        return Stage.NOTICE if self.now < from_ else Stage.READY

    def _is_overtaken(self, number: int, kept: Proposal) -> bool:
        matter = (kept.action, kept.institution)
        if kept.action is not Action.ADMIT and self.youngest.get(matter, 0) > number:
            return True
        if kept.action not in (Action.SUSPEND, Action.REINSTATE):
            return False
        record = self.chain.institutions.institution(kept.institution)
        due = InstitutionStatus.ACTIVE if kept.action is Action.SUSPEND else InstitutionStatus.SUSPENDED
        return record.status is not due or record.status_since > kept.proposed_at

    def _notice(self, action: Action) -> int:
        return {
            Action.REPLACE_ENGINE: self.terms.engine_notice,
            Action.RECOVER_ADMIN: self.terms.recovery_notice,
        }.get(action, 0)
