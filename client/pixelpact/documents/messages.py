"""What was signed (EIP-712), with and without the signature: one message for each kind of document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TypeAlias

from pixelpact.chain import eip712
from pixelpact.models import (
    Appointment,
    Approval,
    AttestedAppointment,
    Directive,
    EmergencyAccess,
    PaperConsent,
    Refusal,
    RefusalLift,
    SignedAppointment,
    SignedAttestation,
    SignedDirective,
    SignedDismissal,
    SignedEndOfPaper,
    SignedRecovery,
    SignedRecoveryName,
    SignedRecoveryStop,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
)

__all__ = ["BY_GUARDIANS", "Signed", "appointment_of", "message_of", "signed_of"]

#: Everything a patient or a guardian signs and anyone may bring to the chain.
Signed: TypeAlias = (
    SignedDirective
    | SignedRevocation
    | SignedRevocationOfAll
    | SignedRefusal
    | SignedAppointment
    | SignedDismissal
    | SignedRecoveryName
    | SignedRecovery
    | SignedRecoveryStop
    | SignedEndOfPaper
)

#: What a guardian may sign too: the contracts are told of which appointment.
BY_GUARDIANS = (Directive, eip712.Revocation, eip712.RevocationOfAll, Refusal, eip712.Recovery)

_BY_GUARDIANS = (SignedDirective, SignedRevocation, SignedRevocationOfAll, SignedRefusal, SignedRecovery)
#: The messages whose fields stand beside the signature.
_FLAT: Mapping[type[Signed], Callable[..., eip712.Message]] = {
    SignedRevocation: eip712.Revocation,
    SignedRevocationOfAll: eip712.RevocationOfAll,
    SignedDismissal: eip712.Dismissal,
    SignedRecoveryName: eip712.Recoverer,
    SignedRecovery: eip712.Recovery,
    SignedRecoveryStop: eip712.RecoveryStop,
    SignedEndOfPaper: eip712.EndOfPaper,
}
_SIGNED: Mapping[object, Callable[..., Signed]] = {kind: signed for signed, kind in _FLAT.items()}


def message_of(signed: Signed | SignedAttestation) -> eip712.Message:
    """The message that was signed."""
    match signed:
        case SignedDirective():
            return signed.directive
        case SignedRefusal():
            return signed.refusal
        case SignedAppointment():
            return signed.appointment
        case SignedAttestation():
            return signed.attestation
        case _:
            kind = _FLAT[type(signed)]
            return kind(*(getattr(signed, each.name) for each in fields(kind)))  # type: ignore[arg-type]


def appointment_of(signed: Signed | SignedAttestation) -> int | None:
    """Whose appointment it was signed under, 0 for the patient; None for what no guardian signs."""
    return signed.appointment if isinstance(signed, _BY_GUARDIANS) else None


def signed_of(
    message: eip712.Message, signature: bytes, signer: bytes, appointment: int = 0
) -> Signed | SignedAttestation:
    """A message with its signature.

    Args:
        message: what was signed.
        signature: 65 bytes.
        signer: whose, an address of 20 bytes.
        appointment: the guardian's, for one of ``BY_GUARDIANS``; 0 for the patient.
    """
    match message:
        case Directive():
            return SignedDirective(message, eip712.struct_hash(message), signature, signer, appointment)
        case Refusal():
            return SignedRefusal(message, signature, signer, appointment)
        case Appointment():
            return SignedAppointment(message, signature, signer)
        case PaperConsent() | RefusalLift() | AttestedAppointment() | EmergencyAccess() | Approval():
            return SignedAttestation(message, signer, signature)
    by_guardian = {"appointment": appointment} if isinstance(message, BY_GUARDIANS) else {}
    own = {each.name: getattr(message, each.name) for each in fields(message)}
    return _SIGNED[type(message)](**own, signature=signature, signer=signer, **by_guardian)
