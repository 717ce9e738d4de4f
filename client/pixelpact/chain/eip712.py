"""What a patient signs: EIP-712 typed data under PixelPact's domain (docs/contracts.md, ConsentRegistry)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from eth_account import Account as EthAccount
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from pixelpact.errors import InputError
from pixelpact.models import Directive, Refusal

from .account import Account
from .network import Network
from .records import directive_struct, refusal_struct

__all__ = [
    "Message",
    "Revocation",
    "RevocationOfAll",
    "digest",
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
}


@dataclass(frozen=True, slots=True)
class Revocation:
    """A patient withdraws one directive for good: its subject (20 bytes) and struct hash (32 bytes)."""

    subject: bytes
    directive: bytes


@dataclass(frozen=True, slots=True)
class RevocationOfAll:
    """A patient withdraws everything: ``generation`` is the present one + 1."""

    subject: bytes
    generation: int


#: Everything that a patient signs.
Message: TypeAlias = Directive | Revocation | RevocationOfAll | Refusal


def struct_hash(message: Message) -> bytes:
    """EIP-712 ``hashStruct``, 32 bytes, the same on every chain: what a directive is recorded by."""
    # The domain is no part of it: any will do.
    return bytes(_encoded(message, {"name": "PixelPact"}).body)


def digest(network: Network, message: Message) -> bytes:
    """What is signed: 32 bytes, bound to the chain id and the ConsentRegistry's address."""
    encoded = _encoded(message, _domain(network))
    return keccak(b"\x19\x01" + encoded.header + encoded.body)


def sign(account: Account, network: Network, message: Message) -> bytes:
    """Sign for this network: 65 bytes r, s, v with low s.

    Raises:
        InputError: the account is not the message's subject.
    """
    if account.address != message.subject:
        raise InputError(
            f"The account 0x{account.address.hex()} can't sign this",
            why=f"it speaks for the patient 0x{message.subject.hex()}",
            remedy="Sign with that patient's key",
        )
    return account.sign_message(_encoded(message, _domain(network)))


def recover(network: Network, message: Message, signature: bytes) -> bytes:
    """The address (20 bytes) whose signature over this message this is.

    Raises:
        InputError: not 65 bytes, v neither 27 nor 28, s not low, or no point of the curve.
    """
    s = int.from_bytes(signature[32:64], "big")
    if len(signature) != 65 or signature[64] not in (27, 28) or s > _HALF_ORDER:
        raise _not_signed("it is not 65 bytes with low s and v 27 or 28")
    try:
        signer = EthAccount.recover_message(_encoded(message, _domain(network)), signature=signature)
    except Exception as error:  # eth-keys raises ValueError, BadSignature or ValidationError by its backend.
        raise _not_signed("no key could have made it") from error
    return bytes.fromhex(signer[2:])


def verify(network: Network, message: Message, signature: bytes) -> None:
    """Check that the message's subject signed it for this network with a key (not by EIP-1271).

    Raises:
        InputError: it is not the subject's signature.
    """
    signer = recover(network, message, signature)
    if signer != message.subject:
        raise _not_signed(
            f"it is another key's, or was made for another network, contract or text "
            f"(it recovers to 0x{signer.hex()})"
        )


def _encoded(message: Message, domain: dict[str, Any]) -> SignableMessage:
    primary = type(message).__name__
    names = ("Directive", "Modifier") if primary == "Directive" else (primary,)
    types = {name: [_field(each) for each in _TYPES[name].split(",")] for name in names}
    return encode_typed_data(domain, types, _values(message))


def _field(text: str) -> dict[str, str]:
    kind, name = text.split(" ")
    return {"name": name, "type": kind}


def _values(message: Message) -> dict[str, Any]:
    match message:
        case Directive():
            return dict(directive_struct(message))
        case Revocation():
            return {"subject": message.subject, "directive": message.directive}
        case RevocationOfAll():
            return {"subject": message.subject, "generation": message.generation}
        case Refusal():
            return dict(refusal_struct(message))


def _domain(network: Network) -> dict[str, Any]:
    return {
        "name": "PixelPact",
        "version": "1",
        "chainId": network.chain_id,
        "verifyingContract": network.address("ConsentRegistry"),
    }


def _not_signed(why: str) -> InputError:
    return InputError(
        "The signature is not the patient's over this text",
        why=why,
        remedy="Have it signed anew with the patient's key for this network",
    )
