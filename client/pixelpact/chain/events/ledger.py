"""What the AccessLedger reports: the decision and what happened."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.models import AccessQuery, Directive, Evidence

from .event import Event

__all__ = [
    "AccessConfirmed",
    "AccessDisputed",
    "AccessRefused",
    "AccessReleased",
    "AccessRequested",
    "EmergencyRequested",
    "EmergencyReviewed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequested(Event):
    """An institution asked, and was permitted or denied.

    ``directive`` is None when none was cited, ``evidence`` when none was shown.
    """

    request: bytes
    study: bytes
    requester: int
    reason: int
    nonce: int
    query: AccessQuery
    directive_hash: bytes
    directive: Directive | None
    evidence: Evidence | None
    person: bytes
    engine_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReleased(Event):
    """A custodian released the study's key of this epoch to a requester.

    ``evidence``: what showed the directive then; None when it was recorded by itself, or there is none.
    """

    request: bytes
    study: bytes
    requester: int
    custodian: int
    epoch: int
    manifest_digest: bytes
    key_version: int
    envelope_digest: bytes
    directive_hash: bytes
    evidence: Evidence | None
    person: bytes
    engine_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessConfirmed(Event):
    """The requester opened what it was released and found it to be what was registered."""

    request: bytes
    study: bytes
    requester: int
    epoch: int
    person: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDisputed(Event):
    """The requester found other than what was registered; ``failure``: the class of the check."""

    request: bytes
    study: bytes
    requester: int
    epoch: int
    failure: int
    person: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused(Event):
    """The custodian will not serve a request that the decision permitted."""

    request: bytes
    study: bytes
    requester: int
    custodian: int
    reason: int
    person: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyRequested(Event):
    """Two people of an institution opened a record in an emergency, or were denied it.

    ``until``: what the second signed was good before then. ``review_by``: a review is late from then on.
    """

    request: bytes
    subject: bytes
    requester: int
    study: bytes
    custodian: int
    reason: int
    nonce: int
    categories: int
    justification: bytes
    first: bytes
    second: bytes
    person: bytes
    second_person: bytes
    until: int
    review_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyReviewed(Event):
    """An emergency was reviewed; ``verdict`` as ``Verdict`` has it."""

    request: bytes
    reviewer: int
    requester: int
    verdict: int
    report: bytes
    late: bool
    person: bytes
