"""Directives and refusals as they are drafted, whoever is to sign them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NotRequired, TypedDict

from pixelpact.chain import Chain
from pixelpact.errors import InputError
from pixelpact.models import WHOLE_RECORD, Directive, Modifier
from pixelpact.policy import VOCABULARY_VERSION, Category, Permission, Purpose, check_directive, purpose_set

__all__ = ["YEAR", "DirectiveTerms", "directive_of", "refused_of", "require_institution", "require_one_scope"]

YEAR = timedelta(days=365)
#: Whatever is below these is all that there is.
_EVERYTHING = tuple(purpose for purpose in Purpose if purpose.parent is None)


class DirectiveTerms(TypedDict):
    """What ``Patient.draft`` and ``Guardian.draft`` take."""

    custodian: int
    grantee: int
    purposes: Iterable[Purpose]
    categories: Category | int
    study: NotRequired[bytes]
    term: NotRequired[timedelta]
    permission: NotRequired[Permission | int]
    modifiers: NotRequired[Sequence[Modifier]]


def directive_of(  # noqa: PLR0913 - by name, as the patient is asked
    chain: Chain,
    subject: bytes,
    *,
    custodian: int,
    grantee: int,
    purposes: Iterable[Purpose],
    categories: Category | int,
    study: bytes = WHOLE_RECORD,
    term: timedelta = YEAR,
    permission: Permission | int = 0,
    modifiers: Sequence[Modifier] = (),
) -> Directive:
    """A directive of this subject, valid from now on.

    Raises:
        InputError: a directive that could never count.
        ChainError: the chain can't be asked.
    """
    wanted = _purposes(purposes)
    now = chain.now()
    directive = Directive(
        subject=subject,
        custodian=custodian,
        study=study,
        grantee=grantee,
        categories=int(categories),
        purposes=wanted,
        permission=int(permission),
        vocabulary=VOCABULARY_VERSION,
        generation=chain.consents.generation(subject),
        not_before=now,
        expiry=now + int(term.total_seconds()),
        salt=secrets.token_bytes(32),
        modifiers=tuple(modifiers),
    )
    check_directive(directive)
    return directive


def refused_of(purposes: Iterable[Purpose] | None) -> int:
    """The purposes that are refused, a bit each; None: everything.

    Raises:
        InputError: none, or what is no purpose.
    """
    refused = _EVERYTHING if purposes is None else purposes
    found = _purposes(refused)
    if not found:
        raise InputError(
            "The refusal refuses nothing",
            why="it names no purpose",
            remedy="Name what is refused; to lift an earlier refusal, lift it",
        )
    return found


def require_one_scope(study: bytes, grantee: int) -> None:
    """Check that a refusal is for one scope.

    Raises:
        InputError: for a study and for an institution.
    """
    if any(study) and grantee:
        raise InputError(
            "A refusal is for one study or for one institution, not both",
            why="each refusal has one scope",
            remedy="Sign two refusals",
        )


def require_institution(number: int) -> None:
    """Check that this can be an institution's number.

    Raises:
        InputError: it can't.
    """
    if not 0 < number < 2**32:
        raise InputError(
            f"There is no institution {number}",
            why="institutions are numbered from 1",
            remedy="Give the custodian's number",
        )


def _purposes(purposes: Iterable[Purpose]) -> int:
    # Named in a text or alone they are easily given, and would fail far from here.
    given: object = purposes
    found: list[object] = [given] if isinstance(given, Purpose) else list(purposes)
    wrong = [each for each in found if not isinstance(each, Purpose)]
    if wrong:
        raise InputError(
            f"{wrong[0]!r} is not a purpose",
            why="purposes are members of pixelpact.Purpose",
            remedy="Give Purpose.TREAT, for one",
        )
    return purpose_set(*(each for each in found if isinstance(each, Purpose)))
