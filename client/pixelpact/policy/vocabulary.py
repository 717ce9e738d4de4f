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
#: The same for an emergency.
EMERGENCY_LIFETIME = 3_600
#: The longest term of a directive that stands on paper: a year of 365.25 days, in seconds.
MAX_PAPER_TERM = 31_557_600
#: The longest appointment of a guardian, in seconds: 18 years of 365.25 days.
MAX_APPOINTMENT = 568_080_000

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


def _upwards(purpose: int) -> int:
    if purpose in PURPOSES:
        return purpose_set(*ancestors(Purpose(purpose)))
    return 1 << purpose if purpose < 64 else 0


#: For every number that a query can carry: the set of itself and what is wider.
_UPWARDS: Final = tuple(map(_upwards, range(256)))


def covers(purposes: int, purpose: int) -> bool:
    """Whether a set of purposes has this one or one of its ancestors.

    A number that the vocabulary does not have has no ancestors: only its own bit counts, none from 64 on.

    Args:
        purposes: a set of bits.
        purpose: a purpose's number, 0 to 255.
    """
    return int(purposes) & _UPWARDS[purpose] != 0


#: The numbers of the purposes that are research, treatment, and marketing.
RESEARCH: Final = frozenset(map(int, descendants(Purpose.HRESCH)))
TREATMENT: Final = frozenset(map(int, descendants(Purpose.TREAT)))
MARKETING: Final = frozenset(map(int, descendants(Purpose.HMARKT)))
_ALLOWED_RESEARCH: Final = {
    int(permission): frozenset(int(one) for root in roots for one in descendants(root))
    for permission, roots in RESEARCH_ROOTS.items()
}


def allows_research(permission: int, purpose: int) -> bool:
    """Whether a DUO permission allows a research purpose. A code that is not a permission allows none."""
    return purpose in _ALLOWED_RESEARCH.get(permission, ())


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
