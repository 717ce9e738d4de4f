"""What people sign: EIP-712 typed data under PixelPact's domain, of the contract that checks it.

A patient's or a guardian's messages, and what a second operator attests of paper, are the ConsentRegistry's;
an ethics board's ``Approval`` is the ProjectRegistry's, an ``EmergencyAccess`` the AccessLedger's
(docs/contracts.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from eth_account import Account as EthAccount
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from pixelpact.errors import InputError
from pixelpact.models import Appointment, Approval, Attestation, Directive, EmergencyAccess, Refusal

from .account import Account
from .network import Network
from .records import snake_case, struct_of

__all__ = [
    "Dismissal",
    "EndOfPaper",
    "Message",
    "Recoverer",
    "Recovery",
    "RecoveryStop",
    "Revocation",
    "RevocationOfAll",
    "contract_of",
    "digest",
    "field_types",
    "recover",
    "sign",
    "struct_hash",
    "verify",
]

# Half the order of secp256k1: of the two valid s, the contract takes the lower one (EIP-2).
_HALF_ORDER = 0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_5D576E73_57A4501D_DFE92F46_681B20A0

_TYPES = {
    "Directive": (
        "address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 categories,uint64 purposes,"
        "uint16 permission,uint16 vocabulary,uint32 generation,uint64 notBefore,uint64 expiry,bytes32 salt,"
        "Modifier[] modifiers"
    ),
    "Modifier": "uint16 code,bytes32 value",
    "Revocation": "address subject,bytes32 directive",
    "RevocationOfAll": "address subject,uint32 generation",
    "Refusal": (
        "address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 purposes,uint64 sequence"
    ),
    "Appointment": (
        "address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,uint32 number"
    ),
    "Dismissal": "address subject,uint32 number",
    "Recoverer": "address subject,address account,uint64 sequence",
    "Recovery": "address subject,address candidate,uint32 attempt",
    "RecoveryStop": "address subject,uint32 attempt",
    "EndOfPaper": "address subject",
    "PaperConsent": "address subject,bytes32 directive,uint32 custodian,bytes32 form",
    "RefusalLift": "address subject,uint32 custodian,bytes32 study,bytes32 form,uint64 sequence",
    "AttestedAppointment": "Appointment appointment,bytes32 form",
    "EmergencyAccess": (
        "bytes32 request,bytes32 justification,bytes32 person,bytes32 secondPerson,uint64 until"
    ),
    "Approval": "bytes32 project,uint32 board,uint64 until",
}
#: The types within a type.
_WITHIN = {"Directive": ("Modifier",), "AttestedAppointment": ("Appointment",)}


@dataclass(frozen=True, slots=True)
class Revocation:
    """One directive is withdrawn for good: its subject (20 bytes) and struct hash (32 bytes)."""

    subject: bytes
    directive: bytes


@dataclass(frozen=True, slots=True)
class RevocationOfAll:
    """Everything is withdrawn: ``generation`` is the present one + 1."""

    subject: bytes
    generation: int


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The guardian of a patient's appointment of this number acts no more; by the patient or the guardian."""

    subject: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Recoverer:
    """A patient names the account (20 bytes) that may begin a recovery; zeros: nobody."""

    subject: bytes
    account: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """The account that was named, or a guardian, begins to make the candidate's key the patient's.

    ``attempt`` is that of the last recovery + 1.
    """

    subject: bytes
    candidate: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class RecoveryStop:
    """The patient's present key stops the recovery of this attempt."""

    subject: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class EndOfPaper:
    """The patient signs: no consent on paper and no attested guardian counts any more."""

    subject: bytes


#: Everything that is signed.
Message: TypeAlias = (
    Directive
    | Revocation
    | RevocationOfAll
    | Refusal
    | Appointment
    | Dismissal
    | Recoverer
    | Recovery
    | RecoveryStop
    | EndOfPaper
    | Attestation
)


def contract_of(message: Message) -> str:
    """The name of the contract that checks a message."""
    match message:
        case Approval():
            return "ProjectRegistry"
        case EmergencyAccess():
            return "AccessLedger"
        case _:
            return "ConsentRegistry"


def field_types(kind: type) -> Mapping[str, str]:
    """The Solidity types of a message's fields, by their names in Python; of what stands in a message too."""
    parts = (each.split(" ") for each in _TYPES[kind.__name__].split(","))
    return {snake_case(name): solidity for solidity, name in parts}


def struct_hash(message: Message) -> bytes:
    """EIP-712 ``hashStruct``, 32 bytes, the same on every chain: what a directive is recorded by."""
    # The domain is no part of it: any will do.
    return bytes(_encoded(message, {"name": "PixelPact"}).body)


def digest(network: Network, message: Message) -> bytes:
    """What is signed: 32 bytes, bound to the chain id and the address of the contract that checks it."""
    encoded = _encoded(message, _domain(network, message))
    return keccak(b"\x19\x01" + encoded.header + encoded.body)


def sign(account: Account, network: Network, message: Message) -> bytes:
    """Sign for this network: 65 bytes r, s, v with low s; whether this account may, the contract says."""
    return account.sign_message(_encoded(message, _domain(network, message)))


def recover(network: Network, message: Message, signature: bytes) -> bytes:
    """The address (20 bytes) whose signature over this message this is.

    Raises:
        InputError: not 65 bytes, v neither 27 nor 28, s not low, or no point of the curve.
    """
    s = int.from_bytes(signature[32:64], "big")
    if len(signature) != 65 or signature[64] not in (27, 28) or s > _HALF_ORDER:
        raise _not_signed("it is not 65 bytes with low s and v 27 or 28")
    try:
        encoded = _encoded(message, _domain(network, message))
        signer = EthAccount.recover_message(encoded, signature=signature)
    except Exception as error:  # eth-keys raises ValueError, BadSignature or ValidationError by its backend.
        raise _not_signed("no key could have made it") from error
    return bytes.fromhex(signer[2:])


def verify(network: Network, message: Message, signature: bytes, signer: bytes) -> None:
    """Check that this key (an address of 20 bytes) signed a message for this network (not by EIP-1271).

    Raises:
        InputError: it is not that key's signature.
    """
    found = recover(network, message, signature)
    if found != signer:
        raise _not_signed(
            f"it is another key's than 0x{signer.hex()}, or was made for another network, contract or text "
            f"(it recovers to 0x{found.hex()})"
        )


def _encoded(message: Message, domain: dict[str, Any]) -> SignableMessage:
    primary = type(message).__name__
    names = (primary, *_WITHIN.get(primary, ()))
    types = {name: [_field(each) for each in _TYPES[name].split(",")] for name in names}
    return encode_typed_data(domain, types, dict(struct_of(message)))


def _field(text: str) -> dict[str, str]:
    kind, name = text.split(" ")
    return {"name": name, "type": kind}


def _domain(network: Network, message: Message) -> dict[str, Any]:
    return {
        "name": "PixelPact",
        "version": "1",
        "chainId": network.chain_id,
        "verifyingContract": network.address(contract_of(message)),
    }


def _not_signed(why: str) -> InputError:
    return InputError(
        "The signature is not the signer's over this text",
        why=why,
        remedy="Have it signed anew with the signer's key for this network",
    )
