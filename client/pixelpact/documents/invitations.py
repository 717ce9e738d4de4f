"""Invitations: signed by whoever invites, read from a file or a link, and checked before anybody asks."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from datetime import timedelta
from typing import Any

from eth_account import Account as EthAccount
from eth_account.messages import SignableMessage, encode_defunct

from pixelpact.chain import Account, Chain, Network, StudyRecord, StudyStatus, batches
from pixelpact.documents.evidence import require_evidence
from pixelpact.documents.fields import (
    Bytes,
    Shape,
    Uint,
    evidence_fields,
    fields_of,
    is_version,
    message_fields,
    object_of,
    read_evidence,
    read_fields,
    read_message,
    refused,
)
from pixelpact.documents.files import LONGEST
from pixelpact.errors import InputError
from pixelpact.models import (
    WHOLE_RECORD,
    Directive,
    Evidence,
    Invitation,
    PaperDirective,
    SignedDirective,
    SignedInvitation,
)

__all__ = [
    "invitation_link",
    "invitation_text",
    "invite",
    "parse_invitation",
    "sign_invitation",
    "verify_invitation",
]

_FORMAT = "pixelpact-invitation"
_VERSION = 2
_LINK = "pixelpact:invitation:"
_LABEL = b"PixelPact/v2/invitation\n"
_INVITATION: Shape = {
    "genesis": Bytes(32),
    "chain_id": Uint(64),
    "custodian": Uint(32),
    "study": Bytes(32),
    "categories": Uint(64),
    "expiry": Uint(64),
}
_SIGNED: Shape = {"inviter": Bytes(20), "signature": Bytes(65)}


def invite(  # noqa: PLR0913  (who invites to what, citing what, for how long)
    chain: Chain,
    account: Account,
    study: bytes,
    consent: SignedDirective | PaperDirective | None,
    term: timedelta,
    *,
    evidence: Evidence | None = None,
) -> SignedInvitation:
    """An invitation to a study as the chain has it, from one of its custodian's operators or its patient.

    Args:
        chain: is asked for the study, at a final block.
        account: who invites.
        study: its number, 32 bytes.
        consent: to cite; without one it can be asked for, and is denied.
        term: for how long one may ask with it.
        evidence: what shows the consent, when it stands in a batch.

    Raises:
        InputError: the study is not shared, the consent is another patient's, its evidence is none, or there
            is no time.
    """
    if term <= timedelta(0):
        raise InputError(
            "The invitation would have expired before it is made", remedy="Give a time that is not over"
        )
    record = chain.studies.study(study, at="final")
    if record.status is not StudyStatus.ACTIVE:
        raise InputError(
            "The study is not shared",
            why=f"the chain has it as {record.status.name.lower()}",
            remedy="Register it, or reinstate it; an erased study does not come back",
        )
    directive = consent.directive if consent else None
    if directive is not None:
        _require_about(directive, study, record)
    require_evidence(chain, directive, evidence)
    invitation = Invitation(
        genesis=chain.network.genesis,
        chain_id=chain.network.chain_id,
        custodian=record.custodian,
        study=study,
        categories=record.categories,
        expiry=chain.now() + int(term.total_seconds()),
        directive=directive,
        evidence=evidence,
    )
    return sign_invitation(account, invitation)


def sign_invitation(account: Account, invitation: Invitation) -> SignedInvitation:
    """Sign an invitation (EIP-191) as an operator of its custodian, or as its patient."""
    return SignedInvitation(invitation, account.address, account.sign_message(_message(invitation)))


def verify_invitation(chain: Chain, signed: SignedInvitation) -> Invitation:
    """Check an invitation against the chain: its network, its time, and that whoever signed it may invite.

    Raises:
        InputError: another network's, expired, changed since it was signed, or a stranger's.
        ChainError: the chain can't be asked.
    """
    invitation = signed.invitation
    require_same_network(invitation, chain.network)
    require_unchanged(signed)
    if chain.now() > invitation.expiry:
        raise InputError(
            "The invitation has expired",
            why="its time is over by the chain's clock",
            remedy="Ask whoever invited you for a new one",
        )
    study = chain.studies.study(invitation.study, at="final")
    operator = chain.institutions.operator(signed.inviter, at="final")
    # After a recovery it is the new key's to invite, and the lost one's no more.
    invites = study.custodian != 0 and (
        operator.institution == study.custodian
        or signed.inviter == chain.consents.key_of(study.subject, at="final")
    )
    if not invites or (study.custodian, study.categories) != (invitation.custodian, invitation.categories):
        raise InputError(
            "The invitation is not from the study's hospital or patient",
            why="the chain names another custodian or other images for it, or its signer is a stranger",
            remedy="Don't ask with it; show it to the hospital that it names",
        )
    if invitation.directive is not None:
        _require_about(invitation.directive, invitation.study, study)
    require_evidence(chain, invitation.directive, invitation.evidence)
    return invitation


def _require_about(directive: Directive, study: bytes, record: StudyRecord) -> None:
    """Check that a directive is about a study: asking with it would show it to all who read the chain."""
    if directive.subject != record.subject:
        why = "it is another patient's: its address is not the one that the study is registered for"
    elif directive.custodian != record.custodian:
        why = "it is about the images of another institution"
    elif directive.study not in (WHOLE_RECORD, study):
        why = "it is about another study"
    else:
        return
    raise InputError("The consent is not about this study", why=why, remedy="Cite a consent that is, or none")


def invitation_text(signed: SignedInvitation) -> str:
    """The document's text."""
    return json.dumps(_document(signed), indent=2) + "\n"


def invitation_link(signed: SignedInvitation) -> str:
    """The same as one line, for a message or a QR code."""
    compact = json.dumps(_document(signed), separators=(",", ":")).encode()
    return _LINK + base64.urlsafe_b64encode(zlib.compress(compact, 9)).decode("ascii").rstrip("=")


def parse_invitation(text: str) -> SignedInvitation:
    """Read a document's text or a link, and check that it is what its signer signed.

    Raises:
        InputError: no invitation, or changed since it was signed.
    """
    text = text.strip()
    value = object_of(_unpacked(text.removeprefix(_LINK)) if text.startswith(_LINK) else text)
    if value.get("format") != _FORMAT or not is_version(value.get("version"), _VERSION):
        raise refused(f"it is not version {_VERSION} of an invitation")
    fields = read_fields(value, _SIGNED, more=("format", "version", "invitation"))
    signed = SignedInvitation(_invitation(value["invitation"]), **fields)
    require_unchanged(signed)
    return signed


def _invitation(content: Any) -> Invitation:
    fields = read_fields(content, _INVITATION, more=("directive", "evidence"))
    directive = content["directive"]
    evidence = read_evidence(content["evidence"], batches.DEEPEST)
    if directive is None and evidence is not None:
        raise refused("it shows evidence of no consent")
    cited = None if directive is None else read_message(Directive, directive)
    return Invitation(**fields, directive=cited, evidence=evidence)


def require_same_network(invitation: Invitation, network: Network) -> None:
    """Check that an invitation is to this network.

    Raises:
        InputError: it is to another.
    """
    if (invitation.genesis, invitation.chain_id) != (network.genesis, network.chain_id):
        raise InputError(
            "The invitation is to another network",
            why="its chain id or genesis is not that of the network in use",
            remedy="Use the network that the invitation names",
        )


def require_unchanged(signed: SignedInvitation) -> None:
    """Check that an invitation is what its signer signed.

    Raises:
        InputError: it was changed, or its signature is none.
    """
    try:
        signer = EthAccount.recover_message(_message(signed.invitation), signature=signed.signature)
    except Exception:  # noqa: BLE001  (what eth-keys raises depends on its backend)
        signer = ""
    if signer.lower() != "0x" + signed.inviter.hex():
        raise InputError(
            "The invitation was changed after it was signed",
            why="the signature is not its inviter's over this text",
            remedy="Don't use it; ask whoever invited you to send it again",
        )


def _message(invitation: Invitation) -> SignableMessage:
    canonical = json.dumps(_content(invitation), sort_keys=True, separators=(",", ":"))
    return encode_defunct(primitive=_LABEL + canonical.encode())


def _content(invitation: Invitation) -> dict[str, Any]:
    directive = invitation.directive
    return {
        **fields_of(invitation, _INVITATION),
        "directive": None if directive is None else message_fields(directive),
        "evidence": evidence_fields(invitation.evidence),
    }


def _document(signed: SignedInvitation) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "invitation": _content(signed.invitation),
        **fields_of(signed, _SIGNED),
    }


def _unpacked(text: str) -> str:
    unpacker = zlib.decompressobj()
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = unpacker.decompress(packed, LONGEST)
        if not unpacker.eof or unpacker.unused_data:
            raise refused("the link is not whole")
        return found.decode("utf-8")
    except (binascii.Error, zlib.error, ValueError) as error:
        raise refused("the link is not whole") from error
