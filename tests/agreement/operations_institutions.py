"""The InstitutionRegistry and the Consortium: what each function asks for, and what it reports."""

from __future__ import annotations

from typing import Any

from operations_model import NOBODY, Model, Refused, is_country, require

from pixelpact.policy import Attribute, InstitutionStatus, OperatorPermission, Role
from pixelpact.policy.state import Proposal, ProposalState

ALL_ROLES, ALL_ATTRIBUTES, ALL_PERMISSIONS = sum(Role), sum(Attribute), sum(OperatorPermission)
KEY_LENGTH = 1_216
ADMIT, SUSPEND, REINSTATE, CHANGE, RECOVER_ADMIN, REPLACE_ENGINE, STOP = range(1, 8)

#: action, institution, account, roles, country, attributes, code hash, duration
Motion = tuple[int, int, bytes, int, bytes, int, bytes, int]
_EMPTY: tuple[Any, ...] = (0, NOBODY, 0, bytes(2), 0, bytes(32), 0)
#: The places, after the action, of the fields that each action uses.
_USED = {
    ADMIT: {1, 2, 3, 4},
    SUSPEND: {0},
    REINSTATE: {0},
    CHANGE: {0, 2, 3, 4},
    RECOVER_ADMIN: {0, 1},
    REPLACE_ENGINE: {1, 5},
    STOP: {6},
}


def _admin(model: Model, by: bytes) -> int:
    institution, _ = model.state.institutions.acting_for(by)
    member = model.state.institutions.members.get(institution)
    require(member is not None and member.admin == by, "InstitutionRegistry_NotAdmin")
    require(model.is_active(institution), "InstitutionRegistry_NotActive")
    return institution


def set_operator(model: Model, by: bytes, account: bytes, permissions: int) -> None:
    institution = _admin(model, by)
    require(account != NOBODY, "InstitutionRegistry_AccountMissing")
    require(not permissions & ~ALL_PERMISSIONS, "InstitutionRegistry_PermissionsUnknown")
    require(account != by, "InstitutionRegistry_AdminFixed")
    current, _ = model.state.institutions.acting_for(account)
    require(current in (0, institution), "InstitutionRegistry_AccountTaken")
    require(permissions or current, "InstitutionRegistry_NotOperator")
    model.emit("OperatorSet", institution, account, permissions)


def resign(model: Model, by: bytes) -> None:
    institution, _ = model.state.institutions.acting_for(by)
    require(institution, "InstitutionRegistry_NotOperator")
    require(model.state.institutions.members[institution].admin != by, "InstitutionRegistry_AdminFixed")
    model.emit("OperatorSet", institution, by, 0)


def publish_key(model: Model, by: bytes, public_key: bytes, digest: bytes) -> None:
    institution = _admin(model, by)
    require(len(public_key) == KEY_LENGTH, "InstitutionRegistry_KeyLength")
    version = model.facts(institution).key_version + 1
    model.emit("KeyPublished", institution, version, digest, public_key)


def suspend_self(model: Model, by: bytes) -> None:
    model.emit("InstitutionSuspended", _admin(model, by), by)


# Votes


def _voter(model: Model, by: bytes) -> int:
    institution, permissions = model.state.institutions.acting_for(by)
    require(permissions & OperatorPermission.VOTES, "Consortium_NotVoter")
    require(model.is_active(institution), "InstitutionRegistry_NotActive")
    require(model.has_role(institution, Role.VOTER), "Consortium_LacksRole")
    return institution


def _check_motion(model: Model, motion: Motion, *, engines: dict[bytes, tuple[bytes, int]]) -> None:
    """That it could be carried out now."""
    action, institution, account, roles, country, attributes, code_hash, duration = motion
    if action in (ADMIT, CHANGE):
        require(not roles & ~ALL_ROLES, "InstitutionRegistry_RolesUnknown")
        require(not attributes & ~ALL_ATTRIBUTES, "InstitutionRegistry_AttributesUnknown")
        require(is_country(country), "InstitutionRegistry_CountryMalformed")
    status = model.facts(institution).status
    if action in (SUSPEND, REINSTATE, CHANGE, RECOVER_ADMIN):
        require(status != InstitutionStatus.UNKNOWN, "InstitutionRegistry_Unknown")
    if action == SUSPEND:
        require(status == InstitutionStatus.ACTIVE, "InstitutionRegistry_NotActive")
    if action == REINSTATE:
        require(status == InstitutionStatus.SUSPENDED, "InstitutionRegistry_NotSuspended")
    if action == REPLACE_ENGINE:
        found = engines.get(account)
        require(found is not None and found[0] == code_hash, "Consortium_CodeDiffers")
        assert found is not None
        require(found[1] > max(model.state.institutions.engine_version, 1), "Consortium_EngineNotNewer")
    if action == STOP:
        require(duration <= model.terms.longest_stop, "Consortium_StopTooLong")


def _check_account(model: Model, account: bytes, *, may_be_operator: bool) -> None:
    """That an account can become an admin. An operator of somebody is freed when the vote is carried out."""
    require(account != NOBODY, "InstitutionRegistry_AccountMissing")
    current, _ = model.state.institutions.acting_for(account)
    is_admin = current and model.state.institutions.members[current].admin == account
    require(not current or (may_be_operator and not is_admin), "InstitutionRegistry_AccountTaken")


def propose(model: Model, by: bytes, motion: Motion, engines: dict[bytes, tuple[bytes, int]]) -> None:
    institution = _voter(model, by)
    action, about = motion[0], motion[1]
    used = _USED.get(action, set())
    strays = any(motion[place + 1] != _EMPTY[place] for place in range(7) if place not in used)
    require(action and not strays, "Consortium_MotionMalformed")
    if action in (ADMIT, RECOVER_ADMIN):
        if action == RECOVER_ADMIN:
            known = model.facts(about).status != InstitutionStatus.UNKNOWN
            require(known, "InstitutionRegistry_Unknown")
        _check_account(model, motion[2], may_be_operator=False)
    _check_motion(model, motion, engines=engines)
    number = len(model.state.institutions.proposals) + 1
    model.emit("Proposed", number, institution, about, motion)
    if about != institution:
        _count(model, number, institution)


def vote(model: Model, by: bytes, number: int) -> None:
    institution = _voter(model, by)
    proposal = _open(model, number)
    require(proposal.institution != institution, "Consortium_OwnMatter")
    require(model.time < proposal.proposed_at + model.terms.vote_lifetime, "Consortium_Lapsed")
    bit = 1 << model.state.institutions.members[institution].voter_index - 1
    require(not proposal.votes & bit, "Consortium_AlreadyVoted")
    _count(model, number, institution)


def _count(model: Model, number: int, institution: int) -> None:
    model.emit("Voted", number, institution)
    proposal = model.state.institutions.proposals[number]
    if not proposal.passed_at and _has_two_thirds(model, proposal):
        model.emit("Passed", number)


def _has_two_thirds(model: Model, proposal: Proposal) -> bool:
    electorate = model.state.institutions.electorate(proposal.institution)
    yes = (proposal.votes & electorate).bit_count()
    return yes >= 1 and yes * 3 >= electorate.bit_count() * 2


def _open(model: Model, number: int) -> Proposal:
    proposal = model.state.institutions.proposals.get(number)
    if proposal is None or proposal.state != ProposalState.OPEN:
        raise Refused("Consortium_NotOpen")
    return proposal


def carry_out(
    model: Model, by: bytes, number: int, motion: Motion, engines: dict[bytes, tuple[bytes, int]]
) -> None:
    proposal = _open(model, number)
    require(motion == proposal.motion, "Consortium_MotionDiffers")
    require(proposal.passed_at and _has_two_thirds(model, proposal), "Consortium_NotPassed")
    action, about, account = motion[:3]
    notices = {REPLACE_ENGINE: model.terms.engine_notice, RECOVER_ADMIN: model.terms.recovery_notice}
    earliest = proposal.passed_at + notices.get(action, 0)
    require(model.time >= earliest, "Consortium_TooEarly")
    require(model.time < earliest + model.terms.vote_lifetime, "Consortium_Lapsed")
    require(action == ADMIT or not _is_overtaken(model, number, proposal), "Consortium_Overtaken")
    if action in (ADMIT, RECOVER_ADMIN):
        _check_account(model, account, may_be_operator=True)
    _check_motion(model, motion, engines=engines)
    if action in (SUSPEND, REINSTATE):
        since = model.state.institutions.members[about].status_since
        require(since <= proposal.proposed_at, "InstitutionRegistry_StatusNewer")
    model.emit("CarriedOut", number, by)
    _do(model, by, motion, engines)


def _is_overtaken(model: Model, number: int, proposal: Proposal) -> bool:
    return any(
        younger > number
        and other.state == ProposalState.CARRIED_OUT
        and other.motion[0] == proposal.motion[0]
        and other.institution == proposal.institution
        for younger, other in model.state.institutions.proposals.items()
    )


def _do(model: Model, by: bytes, motion: Motion, engines: dict[bytes, tuple[bytes, int]]) -> None:
    action, about, account, roles, country, attributes, code_hash, duration = motion
    institutions = model.state.institutions
    if action in (ADMIT, RECOVER_ADMIN):
        current, _ = institutions.acting_for(account)
        if current not in (0, about):
            model.emit("OperatorSet", current, account, 0)
    if action == ADMIT:
        number = len(institutions.members) + 1
        model.emit("InstitutionAdmitted", number, account, roles, country, attributes)
    elif action == SUSPEND:
        model.emit("InstitutionSuspended", about, by)
    elif action == REINSTATE:
        model.emit("InstitutionReinstated", about)
    elif action == CHANGE:
        model.emit("InstitutionChanged", about, roles, country, attributes)
    elif action == RECOVER_ADMIN:
        model.emit("AdminRecovered", about, institutions.members[about].admin, account)
    elif action == REPLACE_ENGINE:
        model.emit("EngineReplaced", account, code_hash, engines[account][1])
    else:
        model.emit("SharingStopped", model.time + duration)


def veto(model: Model, by: bytes, number: int) -> None:
    proposal = _open(model, number)
    require(proposal.motion[0] == RECOVER_ADMIN, "Consortium_NotVetoable")
    admin = model.state.institutions.members[proposal.institution].admin
    require(by == admin, "Consortium_NotItsAdmin")
    model.emit("Vetoed", number, by)
