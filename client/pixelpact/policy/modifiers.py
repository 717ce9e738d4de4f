"""Whether a data use modifier holds (docs/policy.md, step 15): one rule for each way to decide one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pixelpact.models import ZERO32, Modifier
from pixelpact.policy._generated import Attribute, ModifierCode, ModifierHandling, Purpose, Reason, Trait
from pixelpact.policy.case import Case
from pixelpact.policy.vocabulary import MARKETING, MONTH, RESEARCH

_HOLDS: Final = Reason.PERMITTED
_NOT_FOR_PROFIT: Final = int(Attribute.NOT_FOR_PROFIT)
_METHODS, _GENETIC, _COMMERCIAL, _ANCESTRY = (
    int(trait) for trait in (Trait.METHODS, Trait.GENETIC, Trait.COMMERCIAL, Trait.ANCESTRY)
)
_PADDING: Final = bytes(30)
#: Research of no stated kind might be such.
_ANCESTRY_RESEARCH: Final = frozenset((int(Purpose.HRESCH), int(Purpose.POARCH)))


def _names_no_project(case: Case) -> bool:
    return case.query.project == ZERO32


def _disease(case: Case, value: bytes) -> Reason:
    if _names_no_project(case):
        return Reason.MODIFIER_NEEDS_PROJECT
    return _HOLDS if value in case.facts.project.codes else Reason.MODIFIER_DISEASE


def _research_type(case: Case, value: bytes) -> Reason:
    if _names_no_project(case):
        return Reason.MODIFIER_NEEDS_PROJECT
    return _HOLDS if value in case.facts.project.codes else Reason.MODIFIER_RESEARCH_TYPE


def _methods(case: Case, _value: bytes) -> Reason:
    if case.query.purpose not in RESEARCH:
        return _HOLDS
    if _names_no_project(case):
        return Reason.MODIFIER_NEEDS_PROJECT
    return Reason.MODIFIER_METHODS if case.facts.project.traits & _METHODS else _HOLDS


def _genetic(case: Case, _value: bytes) -> Reason:
    if _names_no_project(case):
        return Reason.MODIFIER_NEEDS_PROJECT
    return _HOLDS if case.facts.project.traits & _GENETIC else Reason.MODIFIER_GENETIC


def _approval(case: Case, _value: bytes) -> Reason:
    return Reason.MODIFIER_NEEDS_PROJECT if _names_no_project(case) else _HOLDS


def _project(case: Case, value: bytes) -> Reason:
    if _names_no_project(case):
        return Reason.MODIFIER_NEEDS_PROJECT
    return _HOLDS if value == case.query.project else Reason.MODIFIER_PROJECT


def _country(case: Case, value: bytes) -> Reason:
    facts = case.facts
    letters = value[:2]
    if letters != facts.requester.country or value[2:] != _PADDING:
        return Reason.MODIFIER_COUNTRY
    if _names_no_project(case) or letters == facts.project.country:
        return _HOLDS
    return Reason.MODIFIER_COUNTRY


def _time(case: Case, value: bytes) -> Reason:
    end = case.facts.commitment.recorded_at + int.from_bytes(value) * MONTH
    return _HOLDS if case.facts.time < end else Reason.MODIFIER_TIME


def _institution(case: Case, value: bytes) -> Reason:
    named = int.from_bytes(value)
    return _HOLDS if named == case.facts.requester.number else Reason.MODIFIER_INSTITUTION


def _not_for_profit(case: Case, _value: bytes) -> Reason:
    attributed = case.facts.requester.attributes & _NOT_FOR_PROFIT
    return _HOLDS if attributed else Reason.MODIFIER_NOT_FOR_PROFIT


def _non_commercial(case: Case, _value: bytes) -> Reason:
    commercial = case.query.purpose in MARKETING or case.facts.project.traits & _COMMERCIAL
    return Reason.MODIFIER_COMMERCIAL if commercial else _HOLDS


def _not_for_profit_non_commercial(case: Case, value: bytes) -> Reason:
    reason = _not_for_profit(case, value)
    return reason if reason is not _HOLDS else _non_commercial(case, value)


def _ancestry(case: Case, _value: bytes) -> Reason:
    is_such = case.query.purpose in _ANCESTRY_RESEARCH or case.facts.project.traits & _ANCESTRY
    return Reason.MODIFIER_ANCESTRY if is_such else _HOLDS


def _obligation(_case: Case, _value: bytes) -> Reason:
    return _HOLDS  # obligations have a check of their own


_BY_HANDLING: Final[Mapping[ModifierHandling, Callable[[Case, bytes], Reason]]] = {
    ModifierHandling.DISEASE: _disease,
    ModifierHandling.RESEARCH_TYPE: _research_type,
    ModifierHandling.METHODS: _methods,
    ModifierHandling.GENETIC: _genetic,
    ModifierHandling.NOT_FOR_PROFIT_NON_COMMERCIAL: _not_for_profit_non_commercial,
    ModifierHandling.OBLIGATION: _obligation,
    ModifierHandling.APPROVAL: _approval,
    ModifierHandling.COUNTRY: _country,
    ModifierHandling.TIME: _time,
    ModifierHandling.PROJECT: _project,
    ModifierHandling.INSTITUTION: _institution,
    ModifierHandling.ANCESTRY: _ancestry,
    ModifierHandling.NOT_FOR_PROFIT: _not_for_profit,
    ModifierHandling.NON_COMMERCIAL: _non_commercial,
}
_RULES: Final = {int(code): _BY_HANDLING[code.handling] for code in ModifierCode}


def modifier_reason(case: Case, modifier: Modifier) -> Reason:
    """Why a modifier does not hold, or PERMITTED. An obligation holds: it has a check of its own."""
    rule = _RULES.get(modifier.code)
    return rule(case, modifier.value) if rule is not None else Reason.MODIFIER_UNDECIDABLE
