"""The checks of the floor (docs/policy.md, steps 1 to 11), in its order.

They are plain functions over constants of plain integers: a decision takes some microseconds, and an
auditor takes millions of them.
"""

from __future__ import annotations

from typing import Final

from pixelpact.models import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    WHOLE_RECORD,
    Directive,
)
from pixelpact.policy._generated import Reason, Role
from pixelpact.policy.case import Case, Reasons
from pixelpact.policy.facts import NO_REFUSALS, ConsentKind, InstitutionStatus, StudyStatus
from pixelpact.policy.vocabulary import MAX_MODIFIERS, MAX_PAPER_TERM, MAX_TERM, PURPOSES, covers

_NOTHING: Final[Reasons] = ()
_OF_A_STUDY: Final[dict[int, Reasons]] = {
    StudyStatus.UNKNOWN: (Reason.STUDY_UNKNOWN,),
    StudyStatus.ACTIVE: (),
    StudyStatus.WITHDRAWN: (Reason.STUDY_WITHDRAWN,),
    StudyStatus.ERASED: (Reason.STUDY_ERASED,),
}
_ACTIVE: Final = InstitutionStatus.ACTIVE
_REQUESTER: Final = int(Role.REQUESTER)
_CUSTODIAN: Final = int(Role.CUSTODIAN)
_PAPER: Final = ConsentKind.PAPER


def study(case: Case) -> Reasons:
    """Step 1: the study is registered, and neither withdrawn nor erased."""
    return _OF_A_STUDY[case.facts.study.status]


def stop(case: Case) -> Reasons:
    """Step 2: the consortium has not stopped all sharing."""
    if case.facts.time < case.facts.stopped_until:
        return (Reason.SHARING_STOPPED,)
    return _NOTHING


def requester(case: Case) -> Reasons:
    """Step 3: the institution that asks is active and a requester."""
    found = case.facts.requester
    if found.status == _ACTIVE and found.roles & _REQUESTER:
        return _NOTHING
    reasons = [] if found.status == _ACTIVE else [Reason.REQUESTER_NOT_ACTIVE]
    if not found.roles & _REQUESTER:
        reasons.append(Reason.REQUESTER_LACKS_ROLE)
    return tuple(reasons)


def custodian(case: Case) -> Reasons:
    """Step 4: the institution that holds the study is active, a custodian, and the one that was named."""
    found, directive = case.facts.custodian, case.directive
    differs = directive is not None and directive.custodian != case.facts.study.custodian
    if found.status == _ACTIVE and found.roles & _CUSTODIAN and not differs:
        return _NOTHING
    reasons = [] if found.status == _ACTIVE else [Reason.CUSTODIAN_NOT_ACTIVE]
    if not found.roles & _CUSTODIAN:
        reasons.append(Reason.CUSTODIAN_LACKS_ROLE)
    if differs:
        reasons.append(Reason.CUSTODIAN_DIFFERS)
    return tuple(reasons)


def refusals(case: Case) -> Reasons:
    """Step 5: the patient refuses neither the purpose nor what it belongs to."""
    found = case.facts.refusals
    if found is not NO_REFUSALS and covers(found.union, case.query.purpose):
        return (Reason.REFUSED_BY_PATIENT,)
    return _NOTHING


def is_malformed(directive: Directive) -> bool:
    """Whether a directive breaks the rules of its form: term, number and order of modifiers."""
    term = directive.expiry - directive.not_before
    if directive.expiry == 0 or term <= 0 or term > MAX_TERM:
        return True
    before = -1
    for modifier in directive.modifiers:
        if modifier.code <= before:
            return True
        before = modifier.code
    return len(directive.modifiers) > MAX_MODIFIERS


def directive(case: Case) -> Reasons:
    """Step 6: there is a directive, it is this patient's, and it was given and stands."""
    cited, facts = case.directive, case.facts
    if cited is None:
        return (Reason.DIRECTIVE_ABSENT,)
    commitment = facts.commitment
    recorded_at = commitment.recorded_at
    malformed = is_malformed(cited) or (
        commitment.kind == _PAPER and cited.expiry - cited.not_before > MAX_PAPER_TERM
    )
    is_past = cited.generation != facts.generation or (
        facts.generation != 0 and 0 < recorded_at < facts.generation_since
    )
    differs = cited.subject != facts.study.subject
    if not (malformed or is_past or differs or commitment.revoked_at or commitment.flaw) and recorded_at:
        return _NOTHING
    reasons = [Reason.DIRECTIVE_MALFORMED] if malformed else []
    if differs:
        reasons.append(Reason.SUBJECT_DIFFERS)
    elif commitment.revoked_at:  # absorbing, also before it was recorded
        reasons.append(Reason.DIRECTIVE_REVOKED)
    elif not recorded_at:
        # A batch that does not show it says more than that nothing is recorded.
        bad_evidence = commitment.flaw == Reason.EVIDENCE_INVALID
        reasons.append(Reason.EVIDENCE_INVALID if bad_evidence else Reason.DIRECTIVE_NOT_RECORDED)
    if is_past:
        reasons.append(Reason.GENERATION_PAST)
    if recorded_at and commitment.flaw and not differs:
        reasons.append(commitment.flaw)
    return tuple(reasons)


def time(case: Case) -> Reasons:
    """Step 7: the directive is valid now; one on paper has stood long enough."""
    cited, now = case.directive, case.facts.time
    if cited is None:
        return _NOTHING
    if cited.not_before <= now < cited.expiry and now >= case.facts.commitment.stands_from:
        return _NOTHING
    reasons = [Reason.NOT_YET_VALID] if now < cited.not_before else []
    if now >= cited.expiry:
        reasons.append(Reason.EXPIRED)
    if now < case.facts.commitment.stands_from:
        reasons.append(Reason.PAPER_TOO_NEW)
    return tuple(reasons)


def scope(case: Case) -> Reasons:
    """Step 8: the directive is for this study, or for all."""
    cited = case.directive
    if cited is None or cited.study in (WHOLE_RECORD, case.query.study):
        return _NOTHING
    return (Reason.STUDY_NOT_COVERED,)


def grantee(case: Case) -> Reasons:
    """Step 9: the directive is for the institution that asks."""
    cited, asking = case.directive, case.facts.requester
    if cited is None:
        return _NOTHING
    if cited.grantee == ANY_INSTITUTION:
        joined_later = asking.requester_since >= case.facts.commitment.recorded_at
        return (Reason.GRANTEE_JOINED_LATER,) if joined_later else _NOTHING
    if cited.grantee in (asking.number, ANY_INSTITUTION_LATER_TOO):
        return _NOTHING
    return (Reason.GRANTEE_DIFFERS,)


def categories(case: Case) -> Reasons:
    """Step 10: all that is in the study was asked for, and all that was asked for is granted."""
    # Plain integers: the complement of an IntFlag keeps to the bits that have names.
    asked, cited = int(case.query.categories), case.directive
    not_asked = case.facts.study.categories & ~asked
    not_granted = 0 if cited is None else asked & ~int(cited.categories)
    if not (not_asked or not_granted):
        return _NOTHING
    reasons = [Reason.CATEGORY_NOT_ASKED] if not_asked else []
    if not_granted:
        reasons.append(Reason.CATEGORY_NOT_GRANTED)
    return tuple(reasons)


def purpose(case: Case) -> Reasons:
    """Step 11: the purpose is known, and it or something wider is granted."""
    if case.query.purpose not in PURPOSES:
        return (Reason.PURPOSE_UNKNOWN,)
    if case.directive is not None and not covers(case.directive.purposes, case.query.purpose):
        return (Reason.PURPOSE_NOT_GRANTED,)
    return _NOTHING
