"""The vocabularies at work: which purpose covers which, what a permission allows, what a modality is.

Purposes are HL7 v3 PurposeOfUse, permissions and modifiers those of the Data Use Ontology (GA4GH). Purposes,
kinds of images and obligations travel as sets of bits; the enumerations name the bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pixelpact.errors import InputError
from pixelpact.policy._generated import (
    MODALITIES,
    RESEARCH_ROOTS,
    Category,
    ModifierCode,
    Permission,
    Purpose,
    Reason,
    RefusalReason,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The release of these tables, named by a directive that is signed under it.
VOCABULARY_VERSION = 1
#: The longest term of a directive: ten years of 365.25 days, in seconds.
MAX_TERM = 315_576_000
#: The most modifiers that a directive may carry.
MAX_MODIFIERS = 8
#: A month of the modifier TS: 30 days, in seconds.
MONTH = 2_592_000
#: How old a request may be when it is served for the first time, in seconds.
REQUEST_LIFETIME = 86_400

#: The numbers that have a meaning; what travels are plain integers, which need not be any of them.
PURPOSES: Final = frozenset(Purpose)
PERMISSIONS: Final = frozenset(Permission)
MODIFIERS: Final = frozenset(ModifierCode)


def sentence_of(reason: int) -> str:
    """A reason that stands on the chain, for people; also one that a later engine answered with.

    Args:
        reason: of a decision (0 to 399) or of a custodian's refusal (400 to 499).
    """
    if reason in frozenset(Reason):
        return Reason(reason).sentence
    if reason in frozenset(RefusalReason):
        return RefusalReason(reason).sentence
    return f"Reason {reason}, which this version of PixelPact does not know."


def ancestors(purpose: Purpose) -> tuple[Purpose, ...]:
    """The purpose itself, then each wider one, up to the root."""
    chain = [purpose]
    while (parent := chain[-1].parent) is not None:
        chain.append(parent)
    return tuple(chain)


def descendants(purpose: Purpose) -> tuple[Purpose, ...]:
    """The purpose itself and every narrower one."""
    return tuple(other for other in Purpose if purpose in ancestors(other))


def purpose_set(*purposes: Purpose) -> int:
    """The set of bits that names these purposes, as a directive or a refusal carries it."""
    return sum(1 << purpose for purpose in set(purposes))


def outside(bits: int, allowed: int) -> int:
    """The bits of a set that another one lacks.

    An IntFlag's own complement keeps to the bits that have names, so it would lose an unknown bit.
    """
    return int(bits) & ~int(allowed)


_UPWARDS = {int(purpose): purpose_set(*ancestors(purpose)) for purpose in Purpose}


def covers(purposes: int, purpose: int) -> bool:
    """Whether a set of purposes has this one or one of its ancestors.

    A number that the vocabulary does not have has no ancestors: only its own bit counts.
    """
    return purposes & _UPWARDS.get(purpose, 1 << purpose) != 0


def allows_research(permission: int, purpose: int) -> bool:
    """Whether a DUO permission allows a research purpose. A code that is not a permission allows none."""
    if permission not in PERMISSIONS:
        return False
    return covers(purpose_set(*RESEARCH_ROOTS[Permission(permission)]), purpose)


def categories_of(modalities: Iterable[str]) -> Category:
    """The kinds of images of a study, from its values of Modality (0008,0060).

    A value without a category of its own, also an empty one, is OTHER, which a consent must grant as any.

    Raises:
        InputError: there is no instance, so no modality either.
    """
    found = Category(0)
    for modality in modalities:
        found |= MODALITIES.get(modality.strip(), Category.OTHER)
    if not found:
        raise InputError(
            "The kinds of images in the study are not known",
            why="it has no instance",
            remedy="Give a study with at least one image",
        )
    return found
