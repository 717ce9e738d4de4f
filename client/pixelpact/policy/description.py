"""What a directive allows and what a query asks, in plain sentences: read to the patient before signing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO, WHOLE_RECORD, ZERO32
from pixelpact.policy import wording
from pixelpact.policy._generated import Category, ModifierCode, Permission, Purpose, Trait
from pixelpact.policy.vocabulary import (
    MODIFIERS,
    MONTH,
    VOCABULARY_VERSION,
    covers,
    descendants,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pixelpact.models import AccessQuery, Directive, Modifier, Refusal

_NOBODY: dict[int, str] = {}
#: Conditions that are denied where no project is cited.
_ON_A_PROJECT = frozenset(
    (ModifierCode.DS, ModifierCode.RS, ModifierCode.GSO, ModifierCode.IRB, ModifierCode.PS)
)


def describe(directive: Directive, names: Mapping[int, str] = _NOBODY) -> list[str]:
    """What a directive allows, a plain sentence each: what, to whom, what for, on which terms, how long.

    Args:
        directive: as it is or will be signed.
        names: the institutions' names by their numbers, as far as they are known.
    """
    return [
        _images(directive, names),
        _grantee(directive, names),
        _purposes(directive),
        *_permission(directive),
        *(_condition(modifier, names) for modifier in directive.modifiers),
        *_vocabulary(directive),
        f"It is valid from {wording.moment(directive.not_before)} until {wording.moment(directive.expiry)}.",
        "You can withdraw it at any time. What was opened by then can't be called back.",
    ]


def summarize(directive: Directive, names: Mapping[int, str] = _NOBODY) -> str:
    """A directive in one line, for a list: to whom and what for. The terms are ``describe``'s to say."""
    to = {
        ANY_INSTITUTION: "any institution of its time",
        ANY_INSTITUTION_LATER_TOO: "any institution, also later ones",
    }.get(directive.grantee, wording.institution(directive.grantee, names))
    what = "all studies" if directive.study == WHOLE_RECORD else f"study 0x{directive.study.hex()[:8]}"
    holder = wording.institution(directive.custodian, names)
    return f"{what} of {holder} to {to} for {wording.purposes(directive.purposes)}"


def describe_refusal(refusal: Refusal, custodian: int, names: Mapping[int, str] = _NOBODY) -> list[str]:
    """What a refusal says, a plain sentence each.

    Args:
        refusal: as it is or will be signed.
        custodian: the hospital that its address is for; 0 when it is not known.
        names: the institutions' names by their numbers, as far as they are known.
    """
    holder = wording.institution(custodian, names) if custodian else "the hospital of this address"
    what = "your images"
    if refusal.study != WHOLE_RECORD:
        what = f"the study 0x{refusal.study.hex()}"
    to = f" with {wording.institution(refusal.grantee, names)}" if refusal.grantee else ""
    if not refusal.purposes:
        return [f"{_upper(holder)} may share {what}{to} again for whatever you have allowed."]
    why = f"for {wording.purposes(refusal.purposes)}, with all that these include"
    return [
        f"{_upper(holder)} may not share {what}{to} {why}, whatever you have allowed.",
        "It takes the place of an earlier refusal of the same kind. You can lift it at any time.",
    ]


def describe_query(query: AccessQuery, names: Mapping[int, str] = _NOBODY, requester: int = 0) -> list[str]:
    """What a query asks, a plain sentence each.

    Args:
        query: what is asked.
        names: the institutions' names by their numbers, as far as they are known.
        requester: the institution that asks; 0 leaves it unnamed.
    """
    who = wording.institution(requester, names) if requester else "an institution"
    sentences = [
        f"{_upper(who)} asks for the study 0x{query.study.hex()}.",
        f"It asks for {wording.purpose(query.purpose)}.",
        f"It asks for images of these kinds: {wording.categories(query.categories)}.",
    ]
    if query.project != ZERO32:
        sentences.append(f"It asks for the research project 0x{query.project.hex()}.")
    if query.obligations:
        sentences.append(f"It accepts to {wording.obligations(query.obligations)}.")
    return sentences


class ProjectBody(Protocol):
    """What a research project says of itself when it is registered (docs/contracts.md)."""

    @property
    def lead(self) -> int:
        """The institution that leads it."""
        ...

    @property
    def partners(self) -> Sequence[int]:
        """The others that take part."""
        ...

    @property
    def traits(self) -> int:
        """A set of Trait."""
        ...

    @property
    def country(self) -> bytes:
        """Where the data is used, two ASCII capital letters; zeros when it says nothing."""
        ...

    @property
    def codes(self) -> Sequence[bytes]:
        """The diseases and kinds of research that it is for, 32 bytes each."""
        ...


def describe_project(project: ProjectBody, names: Mapping[int, str] = _NOBODY) -> list[str]:
    """What a research project says of itself, a plain sentence each: read out before a board approves it.

    Args:
        project: as it is or will be registered.
        names: the institutions' names by their numbers, as far as they are known.
    """
    others = wording.series([wording.institution(one, names) for one in project.partners])
    listed = wording.series([wording.code(one) for one in project.codes])
    does = wording.series([trait.label for trait in Trait if project.traits & trait])
    return [
        f"It is led by {wording.institution(project.lead, names)}"
        + (f", with {others}." if others else " alone."),
        f"It is for {listed}." if listed else "It names no disease and no kind of research.",
        f"It {does}."
        if does
        else "It develops no methods, studies neither genes nor ancestry, and is not commercial.",
        f"The data is used in {wording.country(project.country)}.",
    ]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _images(directive: Directive, names: Mapping[int, str]) -> str:
    holder = _upper(wording.institution(directive.custodian, names))
    what = "all studies that it holds of you, now and later"
    if directive.study != WHOLE_RECORD:
        what = f"the study 0x{directive.study.hex()}"
    if directive.categories == sum(Category):
        return f"{holder} may share {what}, whatever kinds of images they hold."
    return f"{holder} may share {what}, if they hold nothing but: {wording.categories(directive.categories)}."


def _grantee(directive: Directive, names: Mapping[int, str]) -> str:
    if directive.grantee == ANY_INSTITUTION:
        return (
            "It may share them with every institution that was a requester before this consent is recorded."
        )
    if directive.grantee == ANY_INSTITUTION_LATER_TOO:
        return (
            "It may share them with every institution that is a requester, also with those that join later."
        )
    return f"It may share them with {wording.institution(directive.grantee, names)} and nobody else."


def _purposes(directive: Directive) -> str:
    narrower = {
        other
        for one in Purpose
        if directive.purposes >> one & 1
        for other in descendants(one)
        if other != one
    }
    listed = [other.label for other in Purpose if other in narrower]
    tail = f", with all that these include: {wording.series(listed)}" if listed else ""
    return f"The images may be used for {wording.purposes(directive.purposes)}{tail}."


def _permission(directive: Directive) -> list[str]:
    research = any(covers(directive.purposes, one) for one in descendants(Purpose.HRESCH))
    if directive.permission == 0 or not research:
        return ["They may not be used for research."]
    known = wording.permission(directive.permission)
    if directive.permission == Permission.CC:
        return [f"They may not be used for research: {known}."]
    if directive.permission == Permission.DS:
        if all(modifier.code != ModifierCode.DS for modifier in directive.modifiers):
            return [f"Research is limited to {known}; no disease is named, so research is denied."]
        why = "within a project that an ethics board approved and that lists the disease named below"
        return [f"Research is limited to {known}, {why}."]
    return [f"Research is limited to what this permission allows: {known}."]


def _condition(modifier: Modifier, names: Mapping[int, str]) -> str:
    text = wording.condition(modifier.code)
    if modifier.code not in MODIFIERS:
        return f"Condition: {text}. There is no rule for it: nothing is shared under this consent."
    code, value = ModifierCode(modifier.code), int.from_bytes(modifier.value)
    detail = {
        ModifierCode.DS: f": {wording.code(modifier.value)}",
        ModifierCode.RS: f": {wording.code(modifier.value)}",
        ModifierCode.PS: f": {modifier.value.hex()}",
        ModifierCode.US: f", in a list with the digest {modifier.value.hex()}",
        ModifierCode.IS: f": {wording.institution(value, names)}",
        ModifierCode.GS: f": {_country(modifier.value)}",
        ModifierCode.TS: f": {value} of 30 days each, {value * MONTH // 86_400} days from its recording",
        ModifierCode.MOR: f": {wording.moment(value)}",
    }.get(code, "")
    shown = " Only an approved research project can show that it holds." if code in _ON_A_PROJECT else ""
    return f"Condition: {text}{detail}.{shown}"


def _country(value: bytes) -> str:
    letters = value[:2]
    if letters.isalpha() and letters.isupper() and not any(value[2:]):
        return letters.decode("ascii")
    return f"0x{value.hex()}, which is no country"


def _vocabulary(directive: Directive) -> list[str]:
    if directive.vocabulary == VOCABULARY_VERSION:
        return []
    return [f"It speaks vocabulary {directive.vocabulary}, which is not known: nothing is shared under it."]
