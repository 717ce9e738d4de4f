"""What happens among the institutions, told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixelpact.audit import words
from pixelpact.audit.step import Step
from pixelpact.audit.telling.told import Teller, Told
from pixelpact.chain import (
    AdminRecovered,
    CarriedOut,
    ConsortiumFounded,
    EngineReplaced,
    Event,
    InstitutionAdmitted,
    InstitutionChanged,
    InstitutionReinstated,
    InstitutionSuspended,
    KeyPublished,
    OperatorSet,
    Passed,
    Proposed,
    SharingStopped,
    Vetoed,
    Voted,
)
from pixelpact.models import Action, Motion
from pixelpact.policy import OperatorPermission, Role

__all__ = ["TELLERS", "motion_in_words"]


def _founded(_step: Step, event: ConsortiumFounded) -> Told:
    terms = event.terms
    text = (
        f"was founded: a proposal may be voted on for {words.duration(terms.vote_lifetime)}; an engine is "
        f"announced for {words.duration(terms.engine_notice)}, another admin for "
        f"{words.duration(terms.recovery_notice)}; a stop lasts at most "
        f"{words.duration(terms.longest_stop)}; paper counts after {words.duration(terms.paper_delay)}, a "
        f"patient's new key after {words.duration(terms.key_recovery_delay)}; an emergency is reviewed "
        f"within {words.duration(terms.review_term)}"
    )
    return "the consortium", "founded", text


def _admitted(step: Step, event: InstitutionAdmitted) -> Told:
    text = f"joined the consortium from {_country(event.country)}; it {_roles(event.roles)}"
    return step.name(event.institution), "joined", text


def _operator_set(step: Step, event: OperatorSet) -> Told:
    account = words.short(event.account)
    if event.permissions == 0:
        return step.name(event.institution), "operator removed", f"is no more acted for by {account}"
    held = [str(each.name) for each in OperatorPermission if event.permissions & each]
    what = (
        f"the permission{'s' if len(held) > 1 else ''} {words.series(held)}"
        if held
        else "unknown permissions"
    )
    return step.name(event.institution), "operator set", f"gave the account {account} {what}"


def _key_published(step: Step, event: KeyPublished) -> Told:
    return (
        step.name(event.institution),
        "key published",
        f"published version {event.version} of its encryption key",
    )


def _suspended(step: Step, event: InstitutionSuspended) -> Told:
    number, _ = step.state.operators.get(event.by, (0, 0))
    how = "suspended itself" if number == event.institution else f"was suspended by {_whose(step, event.by)}"
    return step.name(event.institution), "suspended", how


def _reinstated(step: Step, event: InstitutionReinstated) -> Told:
    return step.name(event.institution), "reinstated", "takes part again"


def _changed(step: Step, event: InstitutionChanged) -> Told:
    text = f"is in {_country(event.country)} from now on; it {_roles(event.roles)}"
    return step.name(event.institution), "changed", text


def _admin_recovered(step: Step, event: AdminRecovered) -> Told:
    text = f"got another admin, {words.short(event.to)}; its operators so far act for it no more"
    return step.name(event.institution), "admin recovered", text


def _proposed(step: Step, event: Proposed) -> Told:
    what = motion_in_words(event.motion, step.name)
    return step.name(event.proposer), "proposed", f"proposed (number {event.proposal}) {what}"


def _voted(step: Step, event: Voted) -> Told:
    return step.name(event.institution), "voted", f"voted for proposal {event.proposal}"


def _passed(_step: Step, event: Passed) -> Told:
    return f"proposal {event.proposal}", "passed", "has two thirds of the voters for it"


def _vetoed(_step: Step, event: Vetoed) -> Told:
    return f"proposal {event.proposal}", "vetoed", f"was vetoed by the present admin, {words.short(event.by)}"


def _carried_out(step: Step, event: CarriedOut) -> Told:
    return f"proposal {event.proposal}", "carried out", f"was carried out by {_whose(step, event.by)}"


def _engine_replaced(_step: Step, event: EngineReplaced) -> Told:
    text = f"decides by version {event.version} of its rules, the engine {words.short(event.engine)}"
    return "the consortium", "engine replaced", text


def _sharing_stopped(step: Step, event: SharingStopped) -> Told:
    if event.until <= step.at.time:
        return "the consortium", "stop lifted", "shares again"
    return "the consortium", "sharing stopped", f"shares nothing until {words.moment(event.until)}"


def motion_in_words(motion: Motion, name: Callable[[int], str]) -> str:
    """What was proposed, after the verb; ``name`` calls an institution by its number."""
    whom = name(motion.institution)
    of_admin = f"to make {words.short(motion.account)} the admin of {whom}"
    return {
        Action.ADMIT: f"to admit an institution from {_country(motion.country)} that {_roles(motion.roles)}",
        Action.SUSPEND: f"to suspend {whom}",
        Action.REINSTATE: f"to let {whom} take part again",
        Action.CHANGE: f"that {whom} is in {_country(motion.country)} and {_roles(motion.roles)}",
        Action.RECOVER_ADMIN: of_admin,
        Action.REPLACE_ENGINE: f"to decide by the engine {words.short(motion.account)}",
        Action.STOP: f"to share nothing for {words.duration(motion.duration)}"
        if motion.duration
        else "to share again",
        Action.NONE: "nothing",
    }[motion.action]


def _whose(step: Step, account: bytes) -> str:
    """The institution that an account acts for; the account itself when it is of none."""
    number, _ = step.state.operators.get(account, (0, 0))
    return step.name(number) if number else words.short(account)


def _roles(roles: int) -> str:
    return words.series([role.label for role in Role if role & roles] or ["has no role"])


def _country(country: bytes) -> str:
    # Only letters are shown as such: a forged trail could hold what a terminal obeys.
    return country.decode("ascii") if country.isalpha() else "0x" + country.hex()


TELLERS: Mapping[type[Event], Teller] = {
    ConsortiumFounded: _founded,
    InstitutionAdmitted: _admitted,
    OperatorSet: _operator_set,
    KeyPublished: _key_published,
    InstitutionSuspended: _suspended,
    InstitutionReinstated: _reinstated,
    InstitutionChanged: _changed,
    AdminRecovered: _admin_recovered,
    Proposed: _proposed,
    Voted: _voted,
    Passed: _passed,
    Vetoed: _vetoed,
    CarriedOut: _carried_out,
    EngineReplaced: _engine_replaced,
    SharingStopped: _sharing_stopped,
}
