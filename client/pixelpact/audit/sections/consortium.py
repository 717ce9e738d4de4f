"""What the consortium decided: votes with their tally, engines, stops."""

from __future__ import annotations

from collections import Counter

from pixelpact.audit import words
from pixelpact.audit.matters import Proposal, ProposalState
from pixelpact.audit.sections.section import Row, Section, View, count, when
from pixelpact.audit.telling.institutions import motion_in_words
from pixelpact.audit.votes import notice_of, tally

__all__ = ["engines", "stops", "votes"]


def votes(view: View) -> Section:
    """Every proposal, with the votes for it counted again."""
    found = view.state.proposals
    states = Counter(each.state for each in found.values())
    sentence = (
        f"{words.capital(count(states[ProposalState.OPEN], 'proposal'))} open, "
        f"{states[ProposalState.CARRIED_OUT]} carried out, {states[ProposalState.VETOED]} vetoed."
        if found
        else "Nothing was voted on."
    )
    return Section(
        "votes",
        "Votes",
        sentence,
        ("Number", "What", "Proposed by", "Proposed", "Votes", "Voters", "Voted for it", "Stands"),
        tuple(_vote(view, number, each) for number, each in found.items()),
        {state.name.lower(): states[state] for state in ProposalState},
    )


def _vote(view: View, number: int, proposal: Proposal) -> Row:
    yes, voters = proposal.tally or tally(view.state, proposal)
    return (
        number,
        motion_in_words(proposal.motion, view.name),
        view.name(proposal.proposer),
        when(proposal.at),
        yes,
        voters,
        view.list_of(sorted(proposal.votes)),
        _standing(view, proposal),
    )


def _standing(view: View, proposal: Proposal) -> str:
    if proposal.state is not ProposalState.OPEN:
        return f"{proposal.state.value} {when(proposal.ended)}"
    terms = view.state.terms
    if proposal.passed is None:
        over = terms is not None and view.time >= proposal.at.time + terms.vote_lifetime
        return "over, without two thirds" if over else "open"
    if terms is None:
        return f"passed {when(proposal.passed)}"
    earliest = proposal.passed.time + notice_of(terms, proposal.motion.action)
    if view.time >= earliest + terms.vote_lifetime:
        return "passed, and never carried out"
    return f"passed; it may be carried out from {words.moment(earliest)} on"


def engines(view: View) -> Section:
    """The policy engines that were in force, the present one last."""
    unknown = sum(not each.known for each in view.state.engines)
    present = view.state.engine
    sentence = f"Requests are decided by version {present.version} of the rules."
    if unknown:
        sentence += (
            f" {words.capital(count(unknown, 'engine'))} voted for that PixelPact does not ship: of what "
            "such an engine decided, only the floor was taken again."
        )
    return Section(
        "engines",
        "Rules in force",
        sentence,
        ("Version", "Engine", "In force from", "Rules known here"),
        tuple(
            (
                each.version,
                each.address if any(each.address) else "the first one",
                when(each.at) or "the beginning",
                "yes" if each.known else "no",
            )
            for each in view.state.engines
        ),
        {"engines": len(view.state.engines), "unknown": unknown},
    )


def stops(view: View) -> Section:
    """Every stop of all sharing."""
    rows: list[Row] = []
    for at, each in enumerate(view.state.stops):
        if each.until <= each.at.time:
            continue
        following = view.state.stops[at + 1] if at + 1 < len(view.state.stops) else None
        if following is not None and following.at.time < each.until:
            lifted = following.until <= following.at.time
            ended = f"{'lifted' if lifted else 'replaced'} {when(following.at)}"
        else:
            ended = "ended by itself" if view.time >= each.until else "in force"
        rows.append((when(each.at), words.moment(each.until), each.proposal or "none", ended))
    stopped = view.time < view.state.stopped_until
    sentence = (
        f"Sharing is stopped until {words.moment(view.state.stopped_until)}. "
        if stopped
        else "Sharing is not stopped. "
    ) + f"It was stopped {len(rows)} time{'' if len(rows) == 1 else 's'}."
    return Section(
        "stops",
        "Stops of all sharing",
        sentence,
        ("Stopped", "Until", "By proposal", "What became of it"),
        tuple(rows),
        {"stops": len(rows), "stopped_now": int(stopped)},
    )
