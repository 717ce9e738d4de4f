"""The checks of docs/policy.md, in its order. Each gives every reason it finds, the deciding one first.

The first reason of the first check that finds one is the decision's; the rest is for `explain`. A check that
looks at a directive finds nothing when there is none: the check `directive`, before it, has said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pixelpact.models import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    WHOLE_RECORD,
    ZERO32,
    AccessQuery,
    Directive,
    Modifier,
)
from pixelpact.policy._generated import (
    OBLIGATION_OF,
    Attribute,
    Check,
    ModifierCode,
    ModifierHandling,
    Permission,
    Purpose,
    Reason,
    Role,
)
from pixelpact.policy.facts import Facts, InstitutionStatus, StudyStatus
from pixelpact.policy.vocabulary import (
    MAX_MODIFIERS,
    MAX_TERM,
    MODIFIERS,
    MONTH,
    PURPOSES,
    VOCABULARY_VERSION,
    allows_research,
    covers,
    outside,
    purpose_set,
)

RESEARCH: Final = purpose_set(Purpose.HRESCH)
TREATMENT: Final = purpose_set(Purpose.TREAT)

Reasons = Iterator[Reason]


@dataclass(frozen=True, slots=True)
class Case:
    """One question to decide. A directive whose subject is the zero address is none (`of`)."""

    facts: Facts
    query: AccessQuery
    directive: Directive | None

    @classmethod
    def of(cls, facts: Facts, query: AccessQuery, directive: Directive | None) -> Case:
        """The case, with a directive of the zero address taken for none."""
        if directive is not None and not any(directive.subject):
            directive = None
        return cls(facts, query, directive)


def _study(case: Case) -> Reasons:
    status = case.facts.study.status
    if status == StudyStatus.UNKNOWN:
        yield Reason.STUDY_UNKNOWN
    if status == StudyStatus.WITHDRAWN:
        yield Reason.STUDY_WITHDRAWN
    if status == StudyStatus.ERASED:
        yield Reason.STUDY_ERASED


def _requester(case: Case) -> Reasons:
    requester = case.facts.requester
    if requester.status != InstitutionStatus.ACTIVE:
        yield Reason.REQUESTER_NOT_ACTIVE
    if not requester.roles & Role.REQUESTER:
        yield Reason.REQUESTER_LACKS_ROLE


def _custodian(case: Case) -> Reasons:
    custodian = case.facts.custodian
    if custodian.status != InstitutionStatus.ACTIVE:
        yield Reason.CUSTODIAN_NOT_ACTIVE
    if not custodian.roles & Role.CUSTODIAN:
        yield Reason.CUSTODIAN_LACKS_ROLE
    if case.directive is not None and case.directive.custodian != case.facts.study.custodian:
        yield Reason.CUSTODIAN_DIFFERS


def _refusals(case: Case) -> Reasons:
    if covers(case.facts.refusals.union, case.query.purpose):
        yield Reason.REFUSED_BY_PATIENT


def is_malformed(directive: Directive) -> bool:
    """Whether a directive breaks the rules of its form: term, number and order of modifiers."""
    term = directive.expiry - directive.not_before
    codes = [modifier.code for modifier in directive.modifiers]
    return (
        directive.expiry == 0
        or term <= 0
        or term > MAX_TERM
        or len(codes) > MAX_MODIFIERS
        or any(code <= before for before, code in pairwise(codes))
    )


def _directive(case: Case) -> Reasons:
    directive, commitment = case.directive, case.facts.commitment
    if directive is None:
        yield Reason.DIRECTIVE_ABSENT
        return
    if is_malformed(directive):
        yield Reason.DIRECTIVE_MALFORMED
    if directive.subject != case.facts.study.subject:
        yield Reason.SUBJECT_DIFFERS
    elif commitment.revoked_at:  # absorbing, also before it was recorded
        yield Reason.DIRECTIVE_REVOKED
    elif not commitment.recorded_at:
        yield Reason.DIRECTIVE_NOT_RECORDED
    if directive.generation != case.facts.generation:
        yield Reason.GENERATION_PAST


def _time(case: Case) -> Reasons:
    if case.directive is None:
        return
    if case.facts.time < case.directive.not_before:
        yield Reason.NOT_YET_VALID
    if case.facts.time >= case.directive.expiry:
        yield Reason.EXPIRED


def _scope(case: Case) -> Reasons:
    if case.directive is not None and case.directive.study not in (WHOLE_RECORD, case.query.study):
        yield Reason.STUDY_NOT_COVERED


def _grantee(case: Case) -> Reasons:
    if case.directive is None:
        return
    grantee, requester = case.directive.grantee, case.facts.requester
    if grantee == ANY_INSTITUTION:
        if requester.requester_since >= case.facts.commitment.recorded_at:
            yield Reason.GRANTEE_JOINED_LATER
    elif grantee not in (ANY_INSTITUTION_LATER_TOO, requester.number):
        yield Reason.GRANTEE_DIFFERS


def _categories(case: Case) -> Reasons:
    asked = case.query.categories
    if outside(case.facts.study.categories, asked):
        yield Reason.CATEGORY_NOT_ASKED
    if case.directive is not None and outside(asked, case.directive.categories):
        yield Reason.CATEGORY_NOT_GRANTED


def _purpose(case: Case) -> Reasons:
    if case.query.purpose not in PURPOSES:
        yield Reason.PURPOSE_UNKNOWN
    elif case.directive is not None and not covers(case.directive.purposes, case.query.purpose):
        yield Reason.PURPOSE_NOT_GRANTED


def _engine(case: Case) -> Reasons:
    if not case.facts.engine_answers:
        yield Reason.ENGINE_FAILED


def _vocabulary(case: Case) -> Reasons:
    if case.directive is not None and case.directive.vocabulary != VOCABULARY_VERSION:
        yield Reason.VOCABULARY_UNKNOWN


def _permission(case: Case) -> Reasons:
    if case.directive is None:
        return
    permission, purpose = case.directive.permission, case.query.purpose
    if not covers(RESEARCH, purpose):
        if permission == Permission.CC and not covers(TREATMENT, purpose):
            yield Reason.PERMISSION_EXCLUDES_PURPOSE
    elif permission == 0:
        yield Reason.PERMISSION_ABSENT
    elif not allows_research(permission, purpose):
        yield Reason.PERMISSION_EXCLUDES_PURPOSE
    elif permission == Permission.DS:
        yield Reason.PERMISSION_NEEDS_PROJECT


def modifier_reason(case: Case, modifier: Modifier) -> Reason:
    """Why a modifier does not hold, or PERMITTED. An obligation holds: it has a check of its own."""
    if modifier.code not in MODIFIERS:
        return Reason.MODIFIER_UNDECIDABLE
    facts, value = case.facts, int.from_bytes(modifier.value)
    match ModifierCode(modifier.code).handling:
        case ModifierHandling.INSTITUTION:
            holds, reason = value == facts.requester.number, Reason.MODIFIER_INSTITUTION
        case ModifierHandling.COUNTRY:
            holds, reason = modifier.value == facts.requester.country + bytes(30), Reason.MODIFIER_COUNTRY
        case ModifierHandling.TIME:
            end = facts.commitment.recorded_at + value * MONTH
            holds, reason = facts.time < end, Reason.MODIFIER_TIME
        case ModifierHandling.NOT_FOR_PROFIT:
            attributed = facts.requester.attributes & Attribute.NOT_FOR_PROFIT
            holds, reason = attributed != 0, Reason.MODIFIER_NOT_FOR_PROFIT
        case ModifierHandling.ANCESTRY:
            ancestry = (Purpose.HRESCH, Purpose.POARCH)  # research of no stated kind might be such
            holds, reason = case.query.purpose not in ancestry, Reason.MODIFIER_ANCESTRY
        case ModifierHandling.OBLIGATION:
            holds, reason = True, Reason.PERMITTED
        case ModifierHandling.UNDECIDABLE:
            holds, reason = False, Reason.MODIFIER_UNDECIDABLE
    return Reason.PERMITTED if holds else reason


def _modifiers(case: Case) -> Reasons:
    if case.directive is None:
        return
    for modifier in case.directive.modifiers:
        reason = modifier_reason(case, modifier)
        if reason != Reason.PERMITTED:
            yield reason


def _project(case: Case) -> Reasons:
    if case.query.project != ZERO32:
        yield Reason.PROJECT_UNKNOWN


def missing_obligations(case: Case) -> int:
    """The obligations that the directive carries and the query did not accept, a set of bits."""
    if case.directive is None:
        return 0
    codes = {modifier.code for modifier in case.directive.modifiers}
    carried = sum(obligation for code, obligation in OBLIGATION_OF.items() if code in codes)
    return outside(carried, case.query.obligations)


def _obligations(case: Case) -> Reasons:
    if missing_obligations(case):
        yield Reason.OBLIGATION_NOT_ACCEPTED


#: The floor, then the engine, in the order in which they decide.
CHECKS: Final[Mapping[Check, Callable[[Case], Reasons]]] = {
    Check.STUDY: _study,
    Check.REQUESTER: _requester,
    Check.CUSTODIAN: _custodian,
    Check.REFUSALS: _refusals,
    Check.DIRECTIVE: _directive,
    Check.TIME: _time,
    Check.SCOPE: _scope,
    Check.GRANTEE: _grantee,
    Check.CATEGORIES: _categories,
    Check.PURPOSE: _purpose,
    Check.ENGINE: _engine,
    Check.VOCABULARY: _vocabulary,
    Check.PERMISSION: _permission,
    Check.MODIFIERS: _modifiers,
    Check.PROJECT: _project,
    Check.OBLIGATIONS: _obligations,
}
