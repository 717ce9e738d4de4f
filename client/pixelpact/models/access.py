"""What a requester asks, and what a study's keys and their envelopes are bound to."""

from __future__ import annotations

from dataclasses import dataclass

from .consents import ZERO32

__all__ = ["AccessQuery", "Emergency", "EnvelopeContext", "KeyRelease", "StudyContext"]


@dataclass(frozen=True, slots=True)
class AccessQuery:
    """What a requester asks: a study, one purpose (its index), categories, a project, obligations."""

    study: bytes
    purpose: int
    categories: int
    project: bytes = ZERO32
    obligations: int = 0


@dataclass(frozen=True, slots=True)
class KeyRelease:
    """What a custodian releases for a request.

    Attributes:
        requester: who asked.
        epoch: the study's, whose key is released.
        key_version, key_digest: the requester's encryption key that the envelope is sealed to; SHA-256.
        envelope_digest: SHA-256 of the envelope.
        person: keyed digest of who releases, 32 bytes.
    """

    requester: int
    epoch: int
    key_version: int
    key_digest: bytes
    envelope_digest: bytes
    person: bytes


@dataclass(frozen=True, slots=True)
class Emergency:
    """What two people of one institution ask for when there is no time for a consent.

    Attributes:
        study: its number.
        categories: the kinds of images, a bit each.
        justification: salted digest of why, 32 bytes.
        second: the address (20 bytes) of the second operator, who signs.
        person, second_person: keyed digests of the two, 32 bytes each.
        until: what the second signed is good before then (seconds).
    """

    study: bytes
    categories: int
    justification: bytes
    second: bytes
    person: bytes
    second_person: bytes
    until: int


@dataclass(frozen=True, slots=True)
class StudyContext:
    """What a sealed study's keys are bound to."""

    genesis: bytes
    chain_id: int
    registry: bytes
    study_id: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class EnvelopeContext:
    """What a key envelope is bound to; any field changed and it does not open."""

    genesis: bytes
    chain_id: int
    ledger: bytes
    request_id: bytes
    study_id: bytes
    epoch: int
    manifest_digest: bytes
    custodian: int
    requester: int
    key_version: int
