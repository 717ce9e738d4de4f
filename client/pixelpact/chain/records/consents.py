"""What the ConsentRegistry keeps: commitments, guardians, recoveries, and what a decision needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from .structs import Struct, fields_of
from .studies import packed_formers

__all__ = [
    "AppointmentRecord",
    "Commitment",
    "CommitmentKind",
    "ConsentStanding",
    "Means",
    "RecoveryRecord",
    "RefusalRecord",
    "Scope",
    "SubjectFlag",
    "SubjectRecord",
    "appointment_record_of",
    "commitment_of",
    "scope_struct",
    "standing_of",
    "subject_of",
]


class CommitmentKind(IntEnum):
    """How consent was shown (``ConsentRegistry.Kind``)."""

    NONE = 0
    SIGNED = 1
    GUARDIAN = 2
    PAPER = 3


class Means(IntEnum):
    """How a hospital took a withdrawal or a refusal."""

    PAPER = 1
    PHONE = 2


class SubjectFlag(IntFlag):
    """What ever happened with a patient (``ConsentRegistry.Subject``)."""

    #: A refusal for less than everybody was set.
    NARROW = 1
    #: A hospital took a refusal.
    TAKEN = 2
    #: A hospital recorded paper, or attested a guardian.
    PAPER = 4
    #: The patient signed with a key, which ends those.
    OWN_KEY = 8
    #: Another key took over.
    SUCCESSOR = 16


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the chain keeps of a directive.

    Attributes:
        kind: how consent was shown.
        recorded_at: seconds, 0 for never.
        revoked_at: seconds, 0 for never; may be set though it was never recorded.
        authority: the guardian's appointment, or the institution that recorded it from paper; else 0.
        generation: the subject's when it was recorded.
    """

    kind: CommitmentKind
    recorded_at: int
    revoked_at: int
    authority: int
    generation: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a decision is about: it says which refusals apply, and where a guardian's or a paper's word ends.

    Attributes:
        custodian: who holds the study.
        formers: who held it before, the latest first; at most four.
        study: its number, 32 bytes.
        grantee: who asks.
    """

    custodian: int
    formers: tuple[int, ...]
    study: bytes
    grantee: int


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """What one decision needs of the ConsentRegistry.

    Attributes:
        kind, recorded_at, revoked_at: of the directive, as it is recorded or as the evidence shows it.
        generation: the subject's.
        generation_since: what was recorded before is of a generation before (seconds); 0 if it is of this
            one.
        refused: the purposes refused in this scope, a bit each.
        stands_from: nothing that is recorded counts before, seconds.
        flaw: the reason (docs/policy.md) why what is recorded or shown does not count; 0 for none.
    """

    kind: CommitmentKind
    recorded_at: int
    revoked_at: int
    generation: int
    generation_since: int
    refused: int
    stands_from: int
    flaw: int


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """What the chain keeps of a patient.

    Attributes:
        generation: only directives of this one count.
        refused_purposes, refusal_sequence: what is refused to everybody, a bit each, and its sequence.
        appointment_count: how many appointments there ever were.
        generation_since: from when a directive of this generation could be recorded, seconds; 0: the first.
        flags: what ever happened.
    """

    generation: int
    refused_purposes: int
    refusal_sequence: int
    appointment_count: int
    generation_since: int
    flags: SubjectFlag


@dataclass(frozen=True, slots=True)
class RefusalRecord:
    """What is refused in one scope: the purposes, a bit each, and the sequence of the last change."""

    purposes: int
    sequence: int


@dataclass(frozen=True, slots=True)
class AppointmentRecord:
    """What the chain keeps of a guardian's appointment; zeros when there is none of this number.

    Attributes:
        guardian: its address, 20 bytes.
        until: when it ends at the latest, seconds.
        custodian: only for the images of this institution; 0: of all.
        powers: a bit each.
        attested: whether two operators attested it, instead of the patient's signature.
        ended: whether it was dismissed.
    """

    guardian: bytes
    until: int
    custodian: int
    powers: int
    attested: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class RecoveryRecord:
    """Whom a patient named for a recovery, and the recovery that is under way.

    Attributes:
        named: who may begin one, 20 bytes; zeros for nobody.
        sequence: of the last naming.
        candidate: whose key is to be the patient's; zeros while none is under way.
        ready_at: from when it can be finished, seconds.
        attempt: of the last recovery, counted from 1.
    """

    named: bytes
    sequence: int
    candidate: bytes
    ready_at: int
    attempt: int


def commitment_of(struct: Struct) -> Commitment:
    """Read ``ConsentRegistry.Commitment``."""
    return Commitment(**fields_of(struct) | {"kind": CommitmentKind(struct["kind"])})


def scope_struct(scope: Scope) -> Struct:
    """``ConsentRegistry.Scope``."""
    return {
        "custodian": scope.custodian,
        "formers": packed_formers(scope.formers),
        "study": scope.study,
        "grantee": scope.grantee,
    }


def standing_of(struct: Struct) -> ConsentStanding:
    """Read ``ConsentRegistry.Standing``."""
    return ConsentStanding(**fields_of(struct) | {"kind": CommitmentKind(struct["kind"])})


def appointment_record_of(struct: Struct) -> AppointmentRecord:
    """Read ``ConsentRegistry.AppointmentState``."""
    return AppointmentRecord(**fields_of(struct))


def subject_of(struct: Struct) -> SubjectRecord:
    """Read ``ConsentRegistry.Subject``."""
    return SubjectRecord(**fields_of(struct) | {"flags": SubjectFlag(struct["flags"])})
