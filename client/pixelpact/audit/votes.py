"""What the consortium decides: every vote counted again against those who might vote at that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.matters import Due, Proposal, ProposalState
from pixelpact.audit.state import State
from pixelpact.audit.step import Step
from pixelpact.chain import CarriedOut, Passed, Proposed, Terms, Vetoed, Voted
from pixelpact.models import Action, Motion
from pixelpact.policy import Role

__all__ = ["HANDLERS", "decided", "electorate", "expect_decided", "notice_of", "tally"]

#: The event that each action ends in.
_EVENTS: Mapping[Action, str] = {
    Action.ADMIT: "InstitutionAdmitted",
    Action.SUSPEND: "InstitutionSuspended",
    Action.REINSTATE: "InstitutionReinstated",
    Action.CHANGE: "InstitutionChanged",
    Action.RECOVER_ADMIN: "AdminRecovered",
    Action.REPLACE_ENGINE: "EngineReplaced",
    Action.STOP: "SharingStopped",
}


def electorate(state: State, about: int) -> frozenset[int]:
    """Who may vote now on what is about an institution (0: about none): active, with the role, and not it."""
    return frozenset(
        number
        for number, each in state.institutions.items()
        if each.suspended is None and each.roles & Role.VOTER and number != about
    )


def _named(number: int) -> str:
    return f"proposal {number}"


def tally(state: State, proposal: Proposal) -> tuple[int, int]:
    """How many of those who may vote now are for it, and how many may."""
    voters = electorate(state, proposal.motion.institution)
    return len(voters & proposal.votes.keys()), len(voters)


def decided(step: Step, action: Action, institution: int = 0) -> Motion | None:
    """The motion that is being carried out, in this transaction, if it is this one."""
    if step.state.enacting is None:
        return None
    number, at = step.state.enacting
    motion = step.state.proposals[number].motion
    if not step.at.beside(at) or (motion.action, motion.institution) != (action, institution):
        return None
    return motion


def expect_decided(step: Step, action: Action, institution: int, **done: object) -> None:
    """Find fault with what only the consortium's vote can do, and with what it did not vote for so."""
    motion = decided(step, action, institution)
    whom = f" with {step.name(institution)}" if institution else ""
    if motion is None:
        step.find(
            Code.WITHOUT_VOTE,
            f"This was done{whom} without a proposal for it that was carried out ({action.name}).",
            institution,
        )
        return
    others = [name.replace("_", " ") for name, value in done.items() if getattr(motion, name) != value]
    if others:
        step.find(
            Code.MOTION_DIFFERS,
            f"What was done{whom} is not what was voted on ({action.name}): another {words.series(others)}.",
            institution,
        )


def _proposed(step: Step, event: Proposed) -> None:
    state, motion = step.state, event.motion
    expected = len(state.proposals) + 1
    if event.proposal != expected:
        step.find(
            Code.PROPOSAL,
            f"Proposal {event.proposal} was made where only number {expected} could be.",
            event.proposer,
        )
    if event.proposal in state.proposals:
        return
    if (why := _no_voter(step, event.proposer)) or (why := _impossible(step, event)):
        step.find(Code.PROPOSAL, f"Proposal {event.proposal} could not be made: {why}.", event.proposer)
    state.proposals[event.proposal] = Proposal(motion, event.proposer, step.at)


def _no_voter(step: Step, number: int) -> str:
    """Why an institution does not vote now; empty when it does."""
    institution = step.state.institutions.get(number)
    if institution is None:
        return f"there is no {step.name(number)}"
    if institution.suspended is not None:
        return f"{step.name(number)} was suspended in block {institution.suspended.block}"
    return "" if institution.roles & Role.VOTER else f"{step.name(number)} has no vote"


def _impossible(step: Step, event: Proposed) -> str:
    """Why a motion could not be proposed; empty when it could."""
    motion, state = event.motion, step.state
    if motion.action is Action.NONE or event.institution != motion.institution:
        return "it is for nothing, or about another institution than it says"
    if motion.action is Action.STOP:
        longest = state.terms.longest_stop if state.terms else motion.duration
        too_long = motion.duration > longest
        return f"it is to stop sharing for longer than {words.duration(longest)}" if too_long else ""
    if motion.action in (Action.ADMIT, Action.REPLACE_ENGINE):
        return ""
    about, whom = state.institutions.get(motion.institution), step.name(motion.institution)
    if about is None:
        return f"there is no {whom}"
    had = {Action.SUSPEND: about.suspended is not None, Action.REINSTATE: about.suspended is None}
    return f"{whom} has that status already" if had.get(motion.action) else ""


def _open(step: Step, number: int, done: str) -> Proposal | None:
    """A proposal that is open; None, with a finding, if it is not."""
    proposal = step.state.proposals.get(number)
    if proposal is not None and proposal.state is ProposalState.OPEN:
        return proposal
    why = "never made" if proposal is None else f"{proposal.state.value} before"
    step.find(Code.PROPOSAL_STATUS, f"Proposal {number} was {done}, though it was {why}.", _named(number))
    return None


def _voted(step: Step, event: Voted) -> None:
    proposal = _open(step, event.proposal, "voted on")
    if proposal is None:
        return
    who = step.name(event.institution)
    why = _no_voter(step, event.institution)
    if event.institution == proposal.motion.institution:
        why = f"it is about {who} itself"
    if why:
        step.find(
            Code.VOTE_NOT_ENTITLED,
            f"{words.capital(who)} voted for proposal {event.proposal}, though {why}; the vote does not "
            "count.",
            event.institution,
        )
        return
    terms = step.state.terms
    if terms and step.at.time >= proposal.at.time + terms.vote_lifetime:
        step.find(
            Code.VOTE_LATE,
            f"{words.capital(who)} voted for proposal {event.proposal} after voting had ended, at "
            f"{words.moment(proposal.at.time + terms.vote_lifetime)}; the vote does not count.",
            event.institution,
        )
        return
    if event.institution in proposal.votes:
        step.find(
            Code.VOTE_REPEATED,
            f"{words.capital(who)} voted for proposal {event.proposal} a second time; it counts once.",
            event.institution,
        )
        return
    proposal.votes[event.institution] = step.at


def _passed(step: Step, event: Passed) -> None:
    proposal = _open(step, event.proposal, "said to have passed")
    if proposal is None:
        return
    if proposal.passed is not None:
        step.find(
            Code.PROPOSAL_STATUS,
            f"Proposal {event.proposal} passed a second time; it had in block {proposal.passed.block}.",
            _named(event.proposal),
        )
        return
    if missing := _no_majority(step.state, proposal):
        step.find(
            Code.PASSED_WITHOUT_MAJORITY,
            f"Proposal {event.proposal} is said to have passed: {missing}.",
            _named(event.proposal),
        )
    proposal.passed = step.at


def _no_majority(state: State, proposal: Proposal) -> str:
    """What is missing to two thirds of those who may vote now; empty when they are there."""
    votes, voters = tally(state, proposal)
    if votes and votes * 3 >= voters * 2:
        return ""
    return f"{votes} of the {voters} institutions that may vote are for it, which is not two thirds"


def _vetoed(step: Step, event: Vetoed) -> None:
    proposal = _open(step, event.proposal, "vetoed")
    if proposal is None:
        return
    about = step.state.institutions.get(proposal.motion.institution)
    if proposal.motion.action is not Action.RECOVER_ADMIN or about is None or about.admin != event.by:
        step.find(
            Code.VETO,
            f"Proposal {event.proposal} was vetoed by {words.short(event.by)}; only a new admin can be "
            "vetoed, and only by the present one.",
            _named(event.proposal),
            event.by,
        )
    proposal.state, proposal.ended = ProposalState.VETOED, step.at
    proposal.tally = tally(step.state, proposal)


def _carried_out(step: Step, event: CarriedOut) -> None:
    proposal = _open(step, event.proposal, "carried out")
    if proposal is None:
        return
    state, motion, number = step.state, proposal.motion, event.proposal
    proposal.tally = tally(state, proposal)
    if missing := _no_majority(state, proposal):
        step.find(
            Code.CARRIED_OUT_WITHOUT_MAJORITY,
            f"Proposal {number} was carried out without its majority: {missing}.",
            _named(number),
            event.by,
        )
    if wrong := _wrong_time(step, proposal):
        step.find(
            Code.CARRIED_OUT_TIME, f"Proposal {number} was carried out {wrong}.", _named(number), event.by
        )
    if older := _overtaken(step, number, proposal):
        step.find(
            Code.CARRIED_OUT_OVERTAKEN, f"Proposal {number} was carried out, though {older}.", _named(number)
        )
    matter = (int(motion.action), motion.institution)
    state.carried[matter] = max(number, state.carried.get(matter, 0))
    proposal.state, proposal.ended = ProposalState.CARRIED_OUT, step.at
    state.enacting = (number, step.at)
    if event_name := _EVENTS.get(motion.action):
        sentence = (
            f"Proposal {number} was carried out, and what it decided ({motion.action.name}) was not done."
        )
        state.due = Due(step.at, event_name, sentence, Code.CARRIED_OUT_NOTHING, _named(number))


def notice_of(terms: Terms, action: Action) -> int:
    """How long after its vote an action waits at least, seconds."""
    notices = {Action.REPLACE_ENGINE: terms.engine_notice, Action.RECOVER_ADMIN: terms.recovery_notice}
    return notices.get(action, 0)


def _wrong_time(step: Step, proposal: Proposal) -> str:
    """Why it was not the time to carry a proposal out; empty when it was, or the terms are not known."""
    terms, action = step.state.terms, proposal.motion.action
    if proposal.passed is None:
        return "before it had passed"
    if terms is None:
        return ""
    earliest = proposal.passed.time + notice_of(terms, action)
    end = earliest + terms.vote_lifetime
    if step.at.time < earliest:
        return f"before its notice was over, at {words.moment(earliest)}"
    return f"after its time was over, at {words.moment(end)}" if step.at.time >= end else ""


def _overtaken(step: Step, number: int, proposal: Proposal) -> str:
    """Which younger vote or status stands in the way of an older vote; empty when none does."""
    motion = proposal.motion
    younger = step.state.carried.get((int(motion.action), motion.institution), 0)
    if motion.action is not Action.ADMIT and younger > number:
        return f"the younger proposal {younger} on the same matter was"
    if motion.action not in (Action.SUSPEND, Action.REINSTATE):
        return ""
    about, whom = step.state.institutions.get(motion.institution), step.name(motion.institution)
    if about is None or (about.suspended is None) != (motion.action is Action.SUSPEND):
        return f"{whom} had that status already"
    return f"{whom} got its status after it was proposed" if about.status_since > proposal.at.time else ""


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    Proposed: _proposed,
    Voted: _voted,
    Passed: _passed,
    Vetoed: _vetoed,
    CarriedOut: _carried_out,
}
