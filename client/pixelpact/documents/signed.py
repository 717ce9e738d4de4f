"""What a patient, a guardian or a second operator signed, as a document: on its way to whoever acts on it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pixelpact.chain import Network, eip712
from pixelpact.documents.fields import (
    Bytes,
    Shape,
    Uint,
    is_version,
    message_fields,
    object_of,
    read_fields,
    read_message,
    refused,
)
from pixelpact.documents.messages import BY_GUARDIANS, Signed, appointment_of, message_of, signed_of
from pixelpact.errors import InputError
from pixelpact.models import (
    Appointment,
    Approval,
    AttestedAppointment,
    Directive,
    EmergencyAccess,
    PaperConsent,
    Refusal,
    RefusalLift,
    SignedAttestation,
)

__all__ = ["kind_of", "parse_attestation", "parse_signed", "require_network", "signed_text"]

_VERSION = 2
_PREFIX = "pixelpact-"
#: What is signed by whom it concerns, by the document's format.
_MESSAGES: Mapping[str, type[eip712.Message]] = {
    "consent": Directive,
    "withdrawal": eip712.Revocation,
    "withdrawal-of-all": eip712.RevocationOfAll,
    "refusal": Refusal,
    "appointment": Appointment,
    "dismissal": eip712.Dismissal,
    "recovery-name": eip712.Recoverer,
    "recovery": eip712.Recovery,
    "recovery-stop": eip712.RecoveryStop,
    "end-of-paper": eip712.EndOfPaper,
}
#: What an operator attests for another one, or an ethics board for a project.
_ATTESTATIONS: Mapping[str, type[eip712.Message]] = {
    "paper-consent": PaperConsent,
    "refusal-lift": RefusalLift,
    "attested-appointment": AttestedAppointment,
    "emergency": EmergencyAccess,
    "approval": Approval,
}
_FORMATS = {kind: name for name, kind in {**_MESSAGES, **_ATTESTATIONS}.items()}

_NETWORK: Shape = {"chain_id": Uint(64), "genesis": Bytes(32), "contract": Bytes(20)}
_SIGNATURE: Shape = {"signer": Bytes(20), "signature": Bytes(65)}
_BY_GUARDIAN: Shape = {"appointment": Uint(32)}
_KEYS = ("format", "version", "network", "content")


def kind_of(signed: Signed | SignedAttestation) -> str:
    """What kind of document it is: its format, after the first word."""
    return _FORMATS[type(message_of(signed))]


def signed_text(signed: Signed | SignedAttestation, network: Network) -> str:
    """The document's text."""
    message, appointment = message_of(signed), appointment_of(signed)
    document = {
        "format": _PREFIX + kind_of(signed),
        "version": _VERSION,
        "network": {
            "chain_id": network.chain_id,
            "genesis": "0x" + network.genesis.hex(),
            "contract": "0x" + network.address(eip712.contract_of(message)).hex(),
        },
        "content": message_fields(message),
        **({} if appointment is None else {"appointment": appointment}),
        "signer": "0x" + signed.signer.hex(),
        "signature": "0x" + signed.signature.hex(),
    }
    return json.dumps(document, indent=2) + "\n"


def parse_signed(text: str, network: Network) -> Signed:
    """Read what a patient or a guardian signed, and check that it is its signer's, for this network.

    Whether the signer may is the chain's to say.

    Raises:
        InputError: no such document, another network's, or not the signer's signature over this text.
    """
    signed = _parse(text, network, _MESSAGES, "it is neither a consent, nor a withdrawal, nor a refusal")
    if isinstance(signed, SignedAttestation):
        raise TypeError(type(signed.attestation).__name__)
    return signed


def parse_attestation(text: str, network: Network) -> SignedAttestation:
    """Read what a second operator or an ethics board signed. As ``parse_signed``.

    Raises:
        InputError: no such document, another network's, or not the signer's signature over this text.
    """
    signed = _parse(text, network, _ATTESTATIONS, "it is nothing that a second person attests")
    if not isinstance(signed, SignedAttestation):
        raise TypeError(type(signed).__name__)
    return signed


def _parse(
    text: str, network: Network, kinds: Mapping[str, type[eip712.Message]], otherwise: str
) -> Signed | SignedAttestation:
    value = object_of(text)
    name = value.get("format")
    kind = kinds.get(name.removeprefix(_PREFIX)) if isinstance(name, str) else None
    if kind is None or not str(name).startswith(_PREFIX):
        raise refused(otherwise)
    if not is_version(value.get("version"), _VERSION):
        raise refused(f"it is not version {_VERSION} of its format")
    by_guardian = _BY_GUARDIAN if kind in BY_GUARDIANS else {}
    who = read_fields(value, {**_SIGNATURE, **by_guardian}, more=_KEYS)
    message = read_message(kind, value["content"])
    require_network(value["network"], network, eip712.contract_of(message))
    eip712.verify(network, message, who["signature"], who["signer"])
    return signed_of(message, **who)


def require_network(value: object, network: Network, contract: str) -> None:
    """Check that a document is for this network, and for this contract of it.

    Raises:
        InputError: it is for another.
    """
    fields = read_fields(value, _NETWORK)
    here = (network.chain_id, network.genesis, network.address(contract))
    if (fields["chain_id"], fields["genesis"], fields["contract"]) != here:
        raise InputError(
            "The document is for another network",
            why="its chain id, its genesis or its contract is not that of the network in use",
            remedy="Use the network that it was made for, or have it signed anew",
        )
