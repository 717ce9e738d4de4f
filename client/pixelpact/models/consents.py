"""What a patient wants, as it is signed: directives, refusals, appointments; and what shows a consent."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ANY_INSTITUTION",
    "ANY_INSTITUTION_LATER_TOO",
    "WHOLE_RECORD",
    "ZERO32",
    "Appointment",
    "Directive",
    "Evidence",
    "Modifier",
    "Refusal",
]

ZERO32 = bytes(32)

#: Directive.grantee: any institution that was a requester before the directive was recorded.
ANY_INSTITUTION = 0
#: Directive.grantee: any requester, also one that joins later.
ANY_INSTITUTION_LATER_TOO = 2**32 - 1
#: Directive.study: everything that this custodian holds of this subject.
WHOLE_RECORD = ZERO32


@dataclass(frozen=True, slots=True, order=True)
class Modifier:
    """One DUO data use modifier of a directive: its DUO number and its value (32 bytes), if it has one."""

    code: int
    value: bytes = ZERO32


@dataclass(frozen=True, slots=True)
class Directive:
    """What a patient allows, as signed (docs/contracts.md). ``modifiers`` ascend strictly by code."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    categories: int
    purposes: int
    permission: int
    vocabulary: int
    generation: int
    not_before: int
    expiry: int
    salt: bytes
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a patient refuses whatever was allowed. One of custodian, study, grantee is set, or none: all."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    purposes: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows a consent that was not recorded by itself: its place in an anchored batch, and who signed.

    Attributes:
        poster: the institution that anchored the batch.
        root: the batch's Merkle root, 32 bytes, not zero.
        path: the hashes beside the way from the consent's leaf up to the root, at most 32.
        appointment: the guardian's appointment that signed it; 0: the patient.
        signature: over the directive, by a key (no EIP-1271 in a batch), 65 bytes.
    """

    poster: int
    root: bytes
    path: tuple[bytes, ...]
    appointment: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Appointment:
    """A guardian of a patient, as it is signed or attested.

    Attributes:
        subject: the patient's address, 20 bytes.
        guardian: the guardian's address, 20 bytes.
        powers: a bit each (docs/policy.md, Guardians); withdrawing and refusing more needs none.
        custodian: only for the images of this institution; 0: of all.
        until: when it ends at the latest, seconds.
        number: the patient's appointments before it + 1.
    """

    subject: bytes
    guardian: bytes
    powers: int
    custodian: int
    until: int
    number: int
