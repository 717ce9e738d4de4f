"""The InstitutionRegistry's events: who may take part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from pixelpact.audit import words
from pixelpact.audit.findings import Code
from pixelpact.audit.state import ZERO_ADDRESS, Institution
from pixelpact.audit.step import Step
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
    Terms,
    Vetoed,
    Voted,
    engine_hash,
)
from pixelpact.models import Action
from pixelpact.policy import Attribute, OperatorPermission, Role

__all__ = ["HANDLERS", "expect_active"]

_KEY_LENGTH = 1_216
_LONGEST_TERM = 315_576_000
_ALL_ROLES = sum(Role)
_ALL_ATTRIBUTES = sum(Attribute)
_ALL_PERMISSIONS = sum(OperatorPermission)


def expect_active(step: Step, number: int) -> None:
    """Find fault with an event that only an active institution can cause."""
    institution = step.state.institutions.get(number)
    if institution is None:
        step.find(Code.INSTITUTION_UNKNOWN, f"There is no {step.name(number)}, yet it acts here.", number)
    elif institution.suspended is not None:
        step.find(
            Code.INSTITUTION_STATUS,
            f"{words.capital(step.name(number))} was suspended in block {institution.suspended.block}; the "
            "contracts let it do nothing of this kind.",
            number,
        )


def _founded(step: Step, event: ConsortiumFounded) -> None:
    if step.state.terms is not None:
        step.find(Code.FOUNDING, "The consortium was founded a second time.", step.at.tx)
        return
    shortest = {name: int(name != "paper_delay") for name in Terms.__slots__}
    wrong = [
        name for name, least in shortest.items() if not least <= getattr(event.terms, name) <= _LONGEST_TERM
    ]
    if wrong:
        step.find(
            Code.FOUNDING,
            f"The consortium was founded on times of zero or over ten years: {words.series(wrong)}.",
            step.at.tx,
        )
    step.state.terms = event.terms


def _admitted(step: Step, event: InstitutionAdmitted) -> None:
    state, number = step.state, event.institution
    expected = len(state.institutions) + 1
    if number != expected:
        step.find(
            Code.INSTITUTION_SEQUENCE,
            f"{words.capital(step.name(number))} was admitted where only number {expected} could be.",
            number,
        )
    if number in state.institutions:
        return
    malformed = (
        event.admin == ZERO_ADDRESS
        or event.roles & ~_ALL_ROLES
        or event.attributes & ~_ALL_ATTRIBUTES
        or not (event.country.isalpha() and event.country.isupper())
    )
    if malformed:
        step.find(
            Code.INSTITUTION_MALFORMED,
            f"{words.capital(step.name(number))} was admitted without an admin, or with roles, attributes or "
            "a country that the vocabulary does not have.",
            number,
        )
    if event.admin in state.operators:
        step.find(
            Code.OPERATOR,
            f"The admin of {step.name(number)}, {words.short(event.admin)}, acts for "
            f"{step.name(state.operators[event.admin][0])} already.",
            event.admin,
            number,
        )
    state.institutions[number] = Institution(
        admin=event.admin,
        roles=event.roles,
        country=event.country,
        attributes=event.attributes,
        requester_since=step.at.time if event.roles & Role.REQUESTER else 0,
    )
    state.operators[event.admin] = (number, _ALL_PERMISSIONS)


def _operator_set(step: Step, event: OperatorSet) -> None:
    state, number = step.state, event.institution
    if event.permissions:
        # Whoever resigns may do so for a suspended institution too.
        expect_active(step, number)
    institution = state.institutions.get(number)
    current, _ = state.operators.get(event.account, (0, 0))
    impossible = (
        event.account == ZERO_ADDRESS
        or event.permissions & ~_ALL_PERMISSIONS
        or (institution is not None and institution.admin == event.account)
        or current not in (0, number)
        or (event.permissions == 0 and current != number)
    )
    if impossible:
        step.find(
            Code.OPERATOR,
            f"The permissions of {words.short(event.account)} for {step.name(number)} became "
            f"{event.permissions}: it is nobody's account, an admin's, another institution's, or had none to "
            "lose.",
            event.account,
            number,
        )
        return
    if event.permissions:
        state.operators[event.account] = (number, event.permissions)
    else:
        del state.operators[event.account]


def _key_published(step: Step, event: KeyPublished) -> None:
    expect_active(step, event.institution)
    institution = step.state.institutions.get(event.institution)
    if institution is None:
        return
    if hashlib.sha256(event.public_key).digest() != event.digest or len(event.public_key) != _KEY_LENGTH:
        step.find(
            Code.KEY_DIGEST,
            f"Key version {event.version} of {step.name(event.institution)} is not {_KEY_LENGTH} bytes whose "
            "SHA-256 is the digest beside it.",
            event.institution,
            event.digest,
        )
    expected = institution.key_version + 1
    if event.version != expected:
        step.find(
            Code.KEY_SEQUENCE,
            f"{words.capital(step.name(event.institution))} published key version {event.version}; only "
            f"version {expected} could follow.",
            event.institution,
        )
        return
    institution.key_version = event.version


def _suspended(step: Step, event: InstitutionSuspended) -> None:
    expect_active(step, event.institution)
    institution = step.state.institutions.get(event.institution)
    if institution is None or institution.suspended is not None:
        return
    if event.by != institution.admin and not _is_decided(step, Action.SUSPEND, event.institution):
        step.find(
            Code.INSTITUTION_STATUS,
            f"{words.capital(step.name(event.institution))} was suspended by {words.short(event.by)}, who is "
            "not its admin.",
            event.institution,
            event.by,
        )
    institution.suspended = step.at


def _reinstated(step: Step, event: InstitutionReinstated) -> None:
    _expect_decided(step, Action.REINSTATE, event.institution)
    institution = step.state.institutions.get(event.institution)
    if institution is not None:
        institution.suspended = None


def _changed(step: Step, event: InstitutionChanged) -> None:
    _expect_decided(step, Action.CHANGE, event.institution)
    institution = step.state.institutions.get(event.institution)
    if institution is None:
        return
    if not event.roles & Role.REQUESTER:
        institution.requester_since = 0
    elif not institution.roles & Role.REQUESTER:
        institution.requester_since = step.at.time
    institution.roles, institution.country = event.roles, event.country
    institution.attributes = event.attributes


def _admin_recovered(step: Step, event: AdminRecovered) -> None:
    state, number = step.state, event.institution
    _expect_decided(step, Action.RECOVER_ADMIN, number)
    institution = state.institutions.get(number)
    if institution is None:
        return
    for account in [each for each, (whose, _) in state.operators.items() if whose == number]:
        del state.operators[account]
    institution.admin = event.to
    state.operators[event.to] = (number, _ALL_PERMISSIONS)


def _proposed(step: Step, event: Proposed) -> None:
    step.state.proposals[event.proposal] = event.motion


def _carried_out(step: Step, event: CarriedOut) -> None:
    motion = step.state.proposals.get(event.proposal)
    if motion is None:
        step.find(
            Code.WITHOUT_VOTE,
            f"Proposal {event.proposal} was carried out, though it was never made.",
            event.by,
        )
        return
    step.state.enacting = (step.at.tx, motion)


def _engine_replaced(step: Step, event: EngineReplaced) -> None:
    _expect_decided(step, Action.REPLACE_ENGINE)
    step.state.engine_version = event.version
    # Its code was compared with this hash by the contract.
    if event.code_hash == engine_hash(step.network, event.version):
        step.state.known_engines.add(event.version)
    else:
        step.state.known_engines.discard(event.version)


def _sharing_stopped(step: Step, event: SharingStopped) -> None:
    _expect_decided(step, Action.STOP)
    step.state.stopped_until = event.until


def _is_decided(step: Step, action: Action, institution: int = 0) -> bool:
    """Whether the proposal that is being carried out, in this transaction, is for this."""
    if step.state.enacting is None:
        return False
    transaction, motion = step.state.enacting
    return transaction == step.at.tx and (motion.action, motion.institution) == (action, institution)


def _expect_decided(step: Step, action: Action, institution: int = 0) -> None:
    """Find fault with what only the consortium's vote can do."""
    if not _is_decided(step, action, institution):
        whom = f" with {step.name(institution)}" if institution else ""
        step.find(
            Code.WITHOUT_VOTE,
            f"This was done{whom} without a proposal for it that was carried out ({action.name}).",
            institution,
        )


def _nothing_kept(_step: Step, _event: Event) -> None:
    """What changes nothing that a decision is made from."""


HANDLERS: Mapping[type, Callable[[Step, Any], None]] = {
    ConsortiumFounded: _founded,
    InstitutionAdmitted: _admitted,
    OperatorSet: _operator_set,
    KeyPublished: _key_published,
    InstitutionSuspended: _suspended,
    InstitutionReinstated: _reinstated,
    InstitutionChanged: _changed,
    AdminRecovered: _admin_recovered,
    EngineReplaced: _engine_replaced,
    SharingStopped: _sharing_stopped,
    Proposed: _proposed,
    Voted: _nothing_kept,
    Passed: _nothing_kept,
    Vetoed: _nothing_kept,
    CarriedOut: _carried_out,
}
