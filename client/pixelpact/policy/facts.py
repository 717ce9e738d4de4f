"""What a decision is made from, as the chain shows it at one block (docs/policy.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from pixelpact.models import ZERO32
from pixelpact.policy._generated import Reason

__all__ = [
    "CommitmentFacts",
    "ConsentKind",
    "Facts",
    "InstitutionFacts",
    "InstitutionStatus",
    "ProjectFacts",
    "ProjectStatus",
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


class ConsentKind(IntEnum):
    """How it is shown that a consent was given (ConsentRegistry)."""

    NONE = 0
    SIGNED = 1
    GUARDIAN = 2
    PAPER = 3


class ProjectStatus(IntEnum):
    """Whether a research project is in force (ProjectRegistry)."""

    UNKNOWN = 0
    REGISTERED = 1
    APPROVED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the StudyRegistry says of the study that is asked for; the defaults are an unknown study.

    Attributes:
        status: whether it may be shared.
        subject: the patient's address, 20 bytes.
        custodian: the institution that holds it.
        categories: the kinds of images in it, a set of bits.
        epoch: counts its sealings, from 1.
        formers: the institutions that held it before, the latest first; at most four.
    """

    status: StudyStatus = StudyStatus.UNKNOWN
    subject: bytes = bytes(20)
    custodian: int = 0
    categories: int = 0
    epoch: int = 0
    formers: tuple[int, ...] = ()


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
    """The purposes that the study's subject refuses, a set for each scope that this request falls under.

    Attributes:
        everything: signed, to everybody.
        custodian: signed, for all that the study's custodian holds.
        study: signed, for this study.
        requester: signed, for the institution that asks.
        formers: signed, for what one of the former custodians of the study holds.
        taken: taken on paper or by phone, for the custodian, a former one or this study.
    """

    everything: int = 0
    custodian: int = 0
    study: int = 0
    requester: int = 0
    formers: int = 0
    taken: int = 0

    @property
    def union(self) -> int:
        """All of them."""
        return self.everything | self.custodian | self.study | self.requester | self.formers | self.taken


@dataclass(frozen=True, slots=True)
class CommitmentFacts:
    """What the ConsentRegistry says of the directive under the study's subject.

    Attributes:
        recorded_at: when it was recorded, or the batch that shows it anchored, in seconds; 0: never.
        revoked_at: when it was withdrawn, in seconds; 0: never.
        kind: how it is shown that it was given.
        stands_from: before this time it does not count yet, in seconds (a consent on paper).
        flaw: why it does not count: EVIDENCE_INVALID where nothing was recorded; GUARDIAN_ENDED,
            AUTHORITY_EXCEEDED or PAPER_ENDED of what was; PERMITTED when there is nothing.
    """

    recorded_at: int = 0
    revoked_at: int = 0
    kind: ConsentKind = ConsentKind.NONE
    stands_from: int = 0
    flaw: Reason = Reason.PERMITTED


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What the ProjectRegistry says of the project that is cited; the defaults are an unknown one.

    Attributes:
        status: whether it is in force.
        lead: the institution that leads it.
        board: the ethics board that approved it; the default when none did.
        until: when its approval ends, in seconds.
        traits: a set of Trait.
        country: where the data is used, two ASCII capital letters; zeros when it says nothing.
        participates: whether the institution that asks leads it or is a partner.
        codes: the diseases and kinds of research that it is for, 32 bytes each.
    """

    status: ProjectStatus = ProjectStatus.UNKNOWN
    lead: int = 0
    board: InstitutionFacts = field(default_factory=InstitutionFacts)
    until: int = 0
    traits: int = 0
    country: bytes = bytes(2)
    participates: bool = False
    codes: frozenset[bytes] = frozenset()


#: What most patients refuse.
NO_REFUSALS = RefusalFacts()
_NO_COMMITMENT = CommitmentFacts()
_NO_PROJECT = ProjectFacts()


@dataclass(slots=True)
class Facts:
    """All that a decision needs to know beside the query and the directive.

    Made for one decision and dropped, millions of times: not frozen, since to make a frozen one takes long
    beside a decision. What it holds is frozen.

    Attributes:
        time: the block's timestamp, in seconds.
        study: of the study that is asked for.
        requester: of the institution that asks.
        custodian: of the institution that holds the study.
        refusals: of the study's subject.
        generation: of the study's subject.
        commitment: of the directive, under the study's subject.
        engine_answers: whether the ledger's engine answers at all, with 0 or a reason of its own.
        generation_since: when the subject's generation began, in seconds; 0 in the first.
        project: of the research project that is cited.
        stopped_until: until when all sharing is stopped, in seconds; not stopped from then on.
    """

    time: int
    study: StudyFacts
    requester: InstitutionFacts
    custodian: InstitutionFacts
    refusals: RefusalFacts = NO_REFUSALS
    generation: int = 0
    commitment: CommitmentFacts = _NO_COMMITMENT
    engine_answers: bool = True
    generation_since: int = 0
    project: ProjectFacts = _NO_PROJECT
    stopped_until: int = 0


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a release names, and what the ledger says of the request that it answers.

    Attributes:
        epoch: the epoch whose key is released.
        key_version: the version of the requester's key that the envelope is sealed to.
        requested_at: when the request was made, in seconds.
        served: whether a release of this request stands in the ledger, in whatever epoch.
        key_digest: SHA-256 of the requester's public key that the envelope is sealed to.
        published_digest: the one that the requester published under that version.
        is_emergency: whether the request opened the study in an emergency.
    """

    epoch: int
    key_version: int
    requested_at: int
    served: bool = False
    key_digest: bytes = ZERO32
    published_digest: bytes = ZERO32
    is_emergency: bool = False
