"""Proposing, voting, vetoing, carrying out: each once, whatever interrupts."""

from __future__ import annotations

from pixelpact.chain import (
    CarriedOut,
    Event,
    Proposed,
    Vetoed,
    Voted,
    inspect_engine,
)
from pixelpact.consortium.motions import check_motion
from pixelpact.consortium.once import once
from pixelpact.consortium.standing import ProposalStanding, Stage, find_proposal, proposals
from pixelpact.errors import InputError, TransactionError
from pixelpact.models import Action, Motion
from pixelpact.policy import moment
from pixelpact.profile import Profile

__all__ = ["carry_out", "propose", "require_engine", "veto", "vote"]

_ALIVE = (Stage.VOTING, Stage.NOTICE, Stage.READY)


def propose(profile: Profile, motion: Motion, *, foreign_engine: bool) -> int:
    """See ``Delegate.propose``."""
    check_motion(motion)
    if motion.action is Action.REPLACE_ENGINE:
        require_engine(profile, motion, foreign=foreign_engine)
    # The chain has the journal's key too: whatever tells two motions apart is in the digest.
    work = ("propose", profile.chain.institutions.motion_digest(motion).hex())
    make = lambda: profile.chain.institutions.propose(motion)  # noqa: E731
    return once(profile, work, make, Proposed, lambda: _same(profile, motion)).proposal


def vote(profile: Profile, number: int) -> None:
    """See ``Delegate.vote``."""
    chain, institution = profile.chain, profile.institution
    find_proposal(chain, number)

    def found() -> Voted | None:
        last = chain.head().number
        return next(chain.find(Voted, last=last, proposal=number, institution=institution), None)

    once(profile, ("vote", str(number)), lambda: chain.institutions.vote(number), Voted, found)


def veto(profile: Profile, number: int) -> None:
    """See ``Delegate.veto``."""
    chain = profile.chain
    find_proposal(chain, number)

    def found() -> Vetoed | None:
        return next(chain.find(Vetoed, last=chain.head().number, proposal=number), None)

    once(profile, ("veto", str(number)), lambda: chain.institutions.veto(number), Vetoed, found)


def carry_out(profile: Profile, number: int) -> tuple[Event, ...]:
    """See ``Delegate.carry_out``."""
    chain = profile.chain
    standing = find_proposal(chain, number)
    _require_ready(standing)

    def found() -> CarriedOut | None:
        return next(chain.find(CarriedOut, last=chain.head().number, proposal=number), None)

    make = lambda: chain.institutions.carry_out(number, standing.motion)  # noqa: E731
    done = once(profile, ("carry-out", str(number)), make, CarriedOut, found)
    receipt = chain.receipt(done.transaction)
    if receipt is None:
        raise TransactionError(
            "What was carried out was undone",
            why="the chain was reorganised",
            remedy="Run this again",
        )
    return tuple(each for each in receipt.events if not isinstance(each, CarriedOut))


def require_engine(profile: Profile, motion: Motion, *, foreign: bool) -> None:
    """Check that the engine voted on is one that this package knows, for this network.

    Args:
        profile: whose chain is asked.
        motion: for another engine.
        foreign: whether code of somebody else is meant.

    Raises:
        InputError: no code, other code than the hash says, or (unless meant) not the engine that is shipped.
    """
    engine = inspect_engine(profile.chain, motion.account)
    shown = f"0x{motion.account.hex()}"
    if not engine.is_code:
        raise InputError(
            f"There is no policy engine at {shown}",
            why="there is no code at this address on this network",
            remedy="Deploy it first, on this network: pixelpact institution deploy-engine",
        )
    if engine.code_hash != motion.code_hash:
        raise InputError(
            f"The code at {shown} is not that of the engine that is meant",
            why=f"its hash is 0x{engine.code_hash.hex()}, not 0x{motion.code_hash.hex()}",
            remedy="Compare the address and the hash with those of whoever deployed it",
        )
    if foreign:
        return
    if not engine.is_shipped:
        raise InputError(
            f"The code at {shown} is not the policy engine that this version of PixelPact ships",
            why="nobody here can say what it would decide",
            remedy="Read that code; if it is meant, give its hash yourself",
        )
    if not engine.fits:
        raise InputError(
            f"The policy engine at {shown} is for another network",
            why="it asks other registries of institutions and projects than this network's",
            remedy="Deploy one for this network: pixelpact institution deploy-engine",
        )


def _same(profile: Profile, motion: Motion) -> Proposed | None:
    """The event of this very motion, proposed by this institution and still open to votes or to its end."""
    chain = profile.chain
    for each in proposals(chain):
        if each.motion != motion or each.stage not in _ALIVE:
            continue
        if each.proposer == profile.institution:
            found = chain.find(Proposed, last=chain.head().number, proposal=each.number)
            return next(found, None)
        raise InputError(
            f"This is proposed already: proposal {each.number}, by institution {each.proposer}",
            why="two proposals of the same would split the votes",
            remedy=f"Vote for it: pixelpact institution vote {each.number}",
        )
    return None


def _require_ready(standing: ProposalStanding) -> None:
    """Say in words what the contract would say in numbers."""
    if standing.stage is Stage.VOTING:
        raise InputError(
            f"Proposal {standing.number} can't be carried out yet",
            why=f"it needs {standing.missing} more of the votes of institutions "
            f"{', '.join(str(each) for each in standing.voters if each not in standing.voted)}",
            remedy=f"They vote until {moment(standing.vote_until)}",
        )
    if standing.stage is Stage.NOTICE:
        raise InputError(
            f"Proposal {standing.number} can't be carried out yet",
            why=f"its notice ends at {moment(standing.from_)}",
            remedy=f"Carry it out from then on, before {moment(standing.until)}",
        )
