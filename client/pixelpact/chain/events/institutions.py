"""What the InstitutionRegistry reports: who takes part, and what is decided together."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.chain.records import Terms
from pixelpact.models import Motion

from .event import Event

__all__ = [
    "AdminRecovered",
    "CarriedOut",
    "ConsortiumFounded",
    "EngineReplaced",
    "InstitutionAdmitted",
    "InstitutionChanged",
    "InstitutionReinstated",
    "InstitutionSuspended",
    "KeyPublished",
    "OperatorSet",
    "Passed",
    "Proposed",
    "SharingStopped",
    "Vetoed",
    "Voted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsortiumFounded(Event):
    """The consortium was founded on these terms; the first event of all."""

    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionAdmitted(Event):
    """An institution was admitted, with its admin."""

    institution: int
    admin: bytes
    roles: int
    country: bytes
    attributes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSet(Event):
    """An account was given these permissions for an institution; 0: it acts for it no more."""

    institution: int
    account: bytes
    permissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPublished(Event):
    """An institution published an encryption key; ``digest`` is its SHA-256."""

    institution: int
    version: int
    digest: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionSuspended(Event):
    """An institution was suspended."""

    institution: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionReinstated(Event):
    """A suspended institution takes part again."""

    institution: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionChanged(Event):
    """An institution has other roles, another country or other attributes from now on."""

    institution: int
    roles: int
    country: bytes
    attributes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRecovered(Event):
    """An institution's admin was replaced; its operators act for it no more."""

    institution: int
    from_: bytes
    to: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(Event):
    """Something was proposed; its proposer voted for it, unless it is the institution that it is about."""

    proposal: int
    proposer: int
    institution: int
    motion: Motion


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted(Event):
    """An institution voted for a proposal."""

    proposal: int
    institution: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(Event):
    """Two thirds of the voters were for a proposal."""

    proposal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetoed(Event):
    """The present admin stopped a vote for another one."""

    proposal: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOut(Event):
    """What was decided was carried out, by whichever account."""

    proposal: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReplaced(Event):
    """Decisions follow another policy engine from now on; ``code_hash``: Keccak-256 of its code."""

    engine: bytes
    code_hash: bytes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingStopped(Event):
    """Nothing is shared before this time (seconds); a time that is over lifts a stop."""

    until: int
