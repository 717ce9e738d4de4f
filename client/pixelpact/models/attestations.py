"""What a second person signs, so that nobody can do alone what concerns a patient or a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .consents import Appointment

__all__ = [
    "Approval",
    "Attestation",
    "AttestedAppointment",
    "EmergencyAccess",
    "PaperConsent",
    "RefusalLift",
    "SignedAttestation",
]


@dataclass(frozen=True, slots=True)
class PaperConsent:
    """An operator saw the patient's consent on paper; ``form`` is the salted digest of the form, 32 bytes."""

    subject: bytes
    directive: bytes
    custodian: int
    form: bytes


@dataclass(frozen=True, slots=True)
class RefusalLift:
    """An operator saw on paper that the patient lifts what was refused on paper or by phone in this scope.

    Attributes:
        subject: the patient's address, 20 bytes.
        custodian: the institution that takes it.
        study: one study's number; zeros for all that this institution holds.
        form: the salted digest of the form, 32 bytes.
        sequence: the scope's present one + 1.
    """

    subject: bytes
    custodian: int
    study: bytes
    form: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class AttestedAppointment:
    """An operator saw who acts for a patient who can't sign, a minor for one; ``form`` as above."""

    appointment: Appointment
    form: bytes


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """The second person of an emergency agrees to it.

    Attributes:
        request: the emergency's number on the ledger, 32 bytes.
        justification: salted digest of why, 32 bytes.
        person, second_person: keyed digests of the two who act, 32 bytes each.
        until: good before then (seconds); at most an hour after it is used.
    """

    request: bytes
    justification: bytes
    person: bytes
    second_person: bytes
    until: int


@dataclass(frozen=True, slots=True)
class Approval:
    """An ethics board (its institution's number) puts a project in force until then (seconds)."""

    project: bytes
    board: int
    until: int


#: Everything of that kind.
Attestation: TypeAlias = PaperConsent | RefusalLift | AttestedAppointment | EmergencyAccess | Approval


@dataclass(frozen=True, slots=True)
class SignedAttestation:
    """An attestation with whoever made it, an operator's address (20 bytes), and the signature."""

    attestation: Attestation
    signer: bytes
    signature: bytes
