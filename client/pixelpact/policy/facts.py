"""What a decision is made from, as the chain shows it at one block (docs/policy.md). All of it is frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

__all__ = [
    "CommitmentFacts",
    "Facts",
    "InstitutionFacts",
    "InstitutionStatus",
    "RefusalFacts",
    "ReleaseFacts",
    "StudyFacts",
    "StudyStatus",
]


class StudyStatus(IntEnum):
    """Whether a study may be shared (StudyRegistry)."""

    UNKNOWN = 0
    ACTIVE = 1
    WITHDRAWN = 2
    ERASED = 3


class InstitutionStatus(IntEnum):
    """Whether an institution takes part (InstitutionRegistry)."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the StudyRegistry says of the study that is asked for; the defaults are an unknown study.

    Attributes:
        status: whether it may be shared.
        subject: the patient's address, 20 bytes.
        custodian: the institution that holds it.
        categories: the kinds of images in it, a set of bits.
        epoch: counts its sealings, from 1.
    """

    status: StudyStatus = StudyStatus.UNKNOWN
    subject: bytes = bytes(20)
    custodian: int = 0
    categories: int = 0
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class InstitutionFacts:
    """What the InstitutionRegistry says of an institution; the defaults are an unknown one.

    Attributes:
        number: the institution's number, from 1.
        status: whether it takes part.
        roles: a set of Role.
        country: ISO 3166-1 alpha-2, two ASCII capital letters.
        attributes: a set of Attribute.
        requester_since: when it got the requester role, in seconds; 0 while it does not hold it.
        key_version: the version of its encryption key; 0 while it has none.
    """

    number: int = 0
    status: InstitutionStatus = InstitutionStatus.UNKNOWN
    roles: int = 0
    country: bytes = bytes(2)
    attributes: int = 0
    requester_since: int = 0
    key_version: int = 0


@dataclass(frozen=True, slots=True)
class RefusalFacts:
    """The purposes that the study's subject refuses, a set for each scope that this request falls under."""

    everything: int = 0
    custodian: int = 0
    study: int = 0
    requester: int = 0

    @property
    def union(self) -> int:
        """All of them."""
        return self.everything | self.custodian | self.study | self.requester


@dataclass(frozen=True, slots=True)
class CommitmentFacts:
    """What the ConsentRegistry says of the directive under the study's subject; in seconds, 0: never."""

    recorded_at: int = 0
    revoked_at: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision needs to know beside the query and the directive.

    Attributes:
        time: the block's timestamp, in seconds.
        study: of the study that is asked for.
        requester: of the institution that asks.
        custodian: of the institution that holds the study.
        refusals: of the study's subject.
        generation: of the study's subject.
        commitment: of the directive, under the study's subject.
        engine_answers: whether the ledger's engine answers at all, with 0 or a reason of its own.
    """

    time: int
    study: StudyFacts
    requester: InstitutionFacts
    custodian: InstitutionFacts
    refusals: RefusalFacts = field(default_factory=RefusalFacts)
    generation: int = 0
    commitment: CommitmentFacts = field(default_factory=CommitmentFacts)
    engine_answers: bool = True


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a release names, and what the ledger says of the request that it answers.

    Attributes:
        epoch: the epoch whose key is released.
        key_version: the version of the requester's key that the envelope is sealed to.
        requested_at: when the request was made, in seconds.
        served: whether a release of this request stands in the ledger, in whatever epoch.
    """

    epoch: int
    key_version: int
    requested_at: int
    served: bool = False
