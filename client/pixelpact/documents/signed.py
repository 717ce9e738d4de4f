"""What a patient signed, as a document: on its way to whoever brings it to the chain."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from pixelpact.chain import Network, eip712
from pixelpact.documents.fields import (
    REFUSAL,
    Bytes,
    Shape,
    Uint,
    directive_fields,
    directive_of,
    fields_of,
    is_version,
    object_of,
    read_fields,
    refusal_of,
    refused,
)
from pixelpact.errors import InputError
from pixelpact.models import SignedDirective, SignedRefusal, SignedRevocation, SignedRevocationOfAll

__all__ = ["Signed", "parse_signed", "require_network", "signed_text"]

#: Everything a patient signs and anyone may bring to the chain.
Signed: TypeAlias = SignedDirective | SignedRevocation | SignedRevocationOfAll | SignedRefusal

_VERSION = 1
_NETWORK: Shape = {"chain_id": Uint(64), "genesis": Bytes(32), "contract": Bytes(20)}
_SIGNATURE: Shape = {"signature": Bytes(65)}
_WITHDRAWAL: Shape = {"subject": Bytes(20), "directive": Bytes(32)}
_WITHDRAWAL_OF_ALL: Shape = {"subject": Bytes(20), "generation": Uint(32)}
_KEYS = ("format", "version", "network", "content")


def signed_text(signed: Signed, network: Network) -> str:
    """The document's text."""
    name, content = _content(signed)
    document = {
        "format": f"pixelpact-{name}",
        "version": _VERSION,
        "network": {
            "chain_id": network.chain_id,
            "genesis": "0x" + network.genesis.hex(),
            "contract": "0x" + network.address("ConsentRegistry").hex(),
        },
        "content": content,
        "signature": "0x" + signed.signature.hex(),
    }
    return json.dumps(document, indent=2) + "\n"


def parse_signed(text: str, network: Network) -> Signed:
    """Read a document and check that its patient signed it for this network.

    Raises:
        InputError: no such document, another network's, or not the patient's signature over this text.
    """
    value = object_of(text)
    signature = read_fields(value, _SIGNATURE, more=_KEYS)["signature"]
    if not is_version(value["version"], _VERSION):
        raise refused(f"it is not version {_VERSION} of its format")
    require_network(value["network"], network)
    content = value["content"]
    match value["format"]:
        case "pixelpact-consent":
            directive = directive_of(content)
            eip712.verify(network, directive, signature)
            return SignedDirective(directive, eip712.struct_hash(directive), signature)
        case "pixelpact-withdrawal":
            withdrawal = read_fields(content, _WITHDRAWAL)
            eip712.verify(network, eip712.Revocation(**withdrawal), signature)
            return SignedRevocation(**withdrawal, signature=signature)
        case "pixelpact-withdrawal-of-all":
            of_all = read_fields(content, _WITHDRAWAL_OF_ALL)
            eip712.verify(network, eip712.RevocationOfAll(**of_all), signature)
            return SignedRevocationOfAll(**of_all, signature=signature)
        case "pixelpact-refusal":
            refusal = refusal_of(content)
            eip712.verify(network, refusal, signature)
            return SignedRefusal(refusal, signature)
        case _:
            raise refused("it is neither a consent, nor a withdrawal, nor a refusal")


def require_network(value: object, network: Network) -> None:
    """Check that a document is for this network.

    Raises:
        InputError: it is for another.
    """
    fields = read_fields(value, _NETWORK)
    here = (network.chain_id, network.genesis, network.address("ConsentRegistry"))
    if (fields["chain_id"], fields["genesis"], fields["contract"]) != here:
        raise InputError(
            "The document is for another network",
            why="its chain id, its genesis or its contract is not that of the network in use",
            remedy="Use the network that it was made for, or have it signed anew",
        )


def _content(signed: Signed) -> tuple[str, dict[str, Any]]:
    match signed:
        case SignedDirective():
            return "consent", directive_fields(signed.directive)
        case SignedRevocation():
            return "withdrawal", fields_of(signed, _WITHDRAWAL)
        case SignedRevocationOfAll():
            return "withdrawal-of-all", fields_of(signed, _WITHDRAWAL_OF_ALL)
        case SignedRefusal():
            return "refusal", fields_of(signed.refusal, REFUSAL)
