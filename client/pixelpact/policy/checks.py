"""The checks of docs/policy.md, in its order. Each gives every reason it finds, the deciding one first.

The first reason of the first check that finds one is the decision's; the rest is for `explain`. A check that
looks at a directive finds nothing when there is none: the check `directive`, before it, has said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pixelpact.models import ZERO32
from pixelpact.policy import floor
from pixelpact.policy._generated import (
    OBLIGATION_OF,
    Check,
    ModifierCode,
    Permission,
    Reason,
    Role,
)
from pixelpact.policy.case import Case, Reasons
from pixelpact.policy.facts import InstitutionStatus, ProjectStatus
from pixelpact.policy.modifiers import modifier_reason
from pixelpact.policy.vocabulary import RESEARCH, TREATMENT, VOCABULARY_VERSION, allows_research

_NOTHING: Final[Reasons] = ()
_HOLDS: Final = Reason.PERMITTED
_CC: Final = int(Permission.CC)
_DS: Final = int(Permission.DS)
_DISEASE: Final = int(ModifierCode.DS)
_BOARD: Final = int(Role.ETHICS_BOARD)
_APPROVED: Final = ProjectStatus.APPROVED
_ACTIVE: Final = InstitutionStatus.ACTIVE
_OBLIGATIONS: Final = {int(code): int(obligation) for code, obligation in OBLIGATION_OF.items()}
_OF_A_PROJECT: Final[Mapping[int, Reasons]] = {
    ProjectStatus.UNKNOWN: (Reason.PROJECT_UNKNOWN,),
    ProjectStatus.REGISTERED: (Reason.PROJECT_NOT_APPROVED,),
    ProjectStatus.WITHDRAWN: (Reason.PROJECT_WITHDRAWN,),
}


def _engine(case: Case) -> Reasons:
    return _NOTHING if case.facts.engine_answers else (Reason.ENGINE_FAILED,)


def _vocabulary(case: Case) -> Reasons:
    if case.directive is not None and case.directive.vocabulary != VOCABULARY_VERSION:
        return (Reason.VOCABULARY_UNKNOWN,)
    return _NOTHING


def _permission(case: Case) -> Reasons:
    if case.directive is None:
        return _NOTHING
    permission, purpose = case.directive.permission, case.query.purpose
    if purpose not in RESEARCH:
        excluded = permission == _CC and purpose not in TREATMENT
        return (Reason.PERMISSION_EXCLUDES_PURPOSE,) if excluded else _NOTHING
    if permission == 0:
        return (Reason.PERMISSION_ABSENT,)
    if not allows_research(permission, purpose):
        return (Reason.PERMISSION_EXCLUDES_PURPOSE,)
    return _for_one_disease(case) if permission == _DS else _NOTHING


def _for_one_disease(case: Case) -> Reasons:
    """What the permission DS needs beside the purpose; which disease it is, its modifier decides."""
    reasons: list[Reason] = []
    if case.query.project == ZERO32:
        reasons.append(Reason.PERMISSION_NEEDS_PROJECT)
    if case.directive is not None and all(one.code != _DISEASE for one in case.directive.modifiers):
        reasons.append(Reason.PERMISSION_NAMES_NO_DISEASE)
    return tuple(reasons)


def _modifiers(case: Case) -> Reasons:
    if case.directive is None or not case.directive.modifiers:
        return _NOTHING
    reasons: list[Reason] = []
    for modifier in case.directive.modifiers:
        reason = modifier_reason(case, modifier)
        if reason is not _HOLDS:
            reasons.append(reason)
    return tuple(reasons)


def _project(case: Case) -> Reasons:
    if case.query.project == ZERO32:
        return _NOTHING
    project, facts = case.facts.project, case.facts
    if project.status != _APPROVED:
        return _OF_A_PROJECT[project.status]
    reasons = [Reason.PROJECT_EXPIRED] if facts.time >= project.until else []
    board = project.board
    if board.status != _ACTIVE or not board.roles & _BOARD or board.number == facts.study.custodian:
        reasons.append(Reason.PROJECT_BOARD_DEPENDENT)
    if not project.participates:
        reasons.append(Reason.PROJECT_NOT_PARTNER)
    return tuple(reasons)


def missing_obligations(case: Case) -> int:
    """The obligations that the directive carries and the query did not accept, a set of bits."""
    carried = 0
    if case.directive is not None:
        for modifier in case.directive.modifiers:
            carried |= _OBLIGATIONS.get(modifier.code, 0)
    return carried & ~int(case.query.obligations)


def _obligations(case: Case) -> Reasons:
    if case.directive is None or not case.directive.modifiers:
        return _NOTHING
    return (Reason.OBLIGATION_NOT_ACCEPTED,) if missing_obligations(case) else _NOTHING


#: The floor, then the engine, in the order in which they decide.
CHECKS: Final[Mapping[Check, Callable[[Case], Reasons]]] = {
    Check.STUDY: floor.study,
    Check.STOP: floor.stop,
    Check.REQUESTER: floor.requester,
    Check.CUSTODIAN: floor.custodian,
    Check.REFUSALS: floor.refusals,
    Check.DIRECTIVE: floor.directive,
    Check.TIME: floor.time,
    Check.SCOPE: floor.scope,
    Check.GRANTEE: floor.grantee,
    Check.CATEGORIES: floor.categories,
    Check.PURPOSE: floor.purpose,
    Check.ENGINE: _engine,
    Check.VOCABULARY: _vocabulary,
    Check.PERMISSION: _permission,
    Check.MODIFIERS: _modifiers,
    Check.PROJECT: _project,
    Check.OBLIGATIONS: _obligations,
}
#: What is left of them in an emergency, where no consent is asked for.
EMERGENCY_CHECKS: Final[Mapping[Check, Callable[[Case], Reasons]]] = {
    check: CHECKS[check]
    for check in (
        Check.STUDY,
        Check.STOP,
        Check.REQUESTER,
        Check.CUSTODIAN,
        Check.REFUSALS,
        Check.CATEGORIES,
    )
}
