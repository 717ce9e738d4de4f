"""What a patient or a guardian signed, on its way to whoever brings it to the chain; and invitations.

``signer`` is the address (20 bytes) of the key that signed: the patient's, its successor's after a recovery,
or a guardian's. ``appointment`` says which guardian's: the number of its appointment, 0 for the patient.
"""

from __future__ import annotations

from dataclasses import dataclass

from .consents import Appointment, Directive, Evidence, Refusal

__all__ = [
    "Invitation",
    "SignedAppointment",
    "SignedDirective",
    "SignedDismissal",
    "SignedEndOfPaper",
    "SignedInvitation",
    "SignedRecovery",
    "SignedRecoveryName",
    "SignedRecoveryStop",
    "SignedRefusal",
    "SignedRevocation",
    "SignedRevocationOfAll",
]


@dataclass(frozen=True, slots=True)
class SignedDirective:
    """A directive as the wallet hands it out: its number is the struct hash, the signature has 65 bytes."""

    directive: Directive
    number: bytes
    signature: bytes
    signer: bytes
    appointment: int = 0


@dataclass(frozen=True, slots=True)
class SignedRevocation:
    """The withdrawal of the directive of this number (struct hash)."""

    subject: bytes
    directive: bytes
    signature: bytes
    signer: bytes
    appointment: int = 0


@dataclass(frozen=True, slots=True)
class SignedRevocationOfAll:
    """The withdrawal of everything: ``generation`` is the subject's on the chain + 1."""

    subject: bytes
    generation: int
    signature: bytes
    signer: bytes
    appointment: int = 0


@dataclass(frozen=True, slots=True)
class SignedRefusal:
    """A refusal, signed. A guardian's only adds to what is refused, with the next sequence."""

    refusal: Refusal
    signature: bytes
    signer: bytes
    appointment: int = 0


@dataclass(frozen=True, slots=True)
class SignedAppointment:
    """The patient appoints a guardian."""

    appointment: Appointment
    signature: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class SignedDismissal:
    """The guardian of this appointment acts no more, by the patient's wish or its own."""

    subject: bytes
    number: int
    signature: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class SignedRecoveryName:
    """The patient names the account that may give it a new key; zeros take it away.

    ``sequence`` is above that of the name before.
    """

    subject: bytes
    account: bytes
    sequence: int
    signature: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class SignedRecovery:
    """Whoever was named, or a guardian, begins to give a patient the candidate's key.

    ``attempt`` is that of the last recovery + 1.
    """

    subject: bytes
    candidate: bytes
    attempt: int
    signature: bytes
    signer: bytes
    appointment: int = 0


@dataclass(frozen=True, slots=True)
class SignedRecoveryStop:
    """The patient's present key stops the recovery of this attempt."""

    subject: bytes
    attempt: int
    signature: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class SignedEndOfPaper:
    """The patient signs from now on: no consent on paper and no attested guardian counts any more."""

    subject: bytes
    signature: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class Invitation:
    """How a requester learns that a study exists: from the patient or the custodian, never by searching.

    Attributes:
        genesis, chain_id: the network it is on.
        custodian: whom to ask.
        study: its number.
        categories: the kinds of images in it, a bit each.
        expiry: until when one may ask with it (seconds).
        directive: the consent to cite, once there is one.
        evidence: what shows that consent, when it stands in a batch.
    """

    genesis: bytes
    chain_id: int
    custodian: int
    study: bytes
    categories: int
    expiry: int
    directive: Directive | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class SignedInvitation:
    """An invitation with who invites, an operator of the custodian or the patient: 65 bytes sign it."""

    invitation: Invitation
    inviter: bytes
    signature: bytes
