"""Drafts for a second person, handovers and evidence as documents. None of them is signed.

A paper's or an emergency's draft is worth what the second person makes of it, who reads it, compares it with
the form, and signs an attestation; a handover's envelope opens for one institution; evidence is checked
against the chain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pixelpact.chain import Network, batches, eip712
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
from pixelpact.documents.signed import require_network
from pixelpact.errors import InputError
from pixelpact.models import (
    AttestedAppointment,
    BatchedConsent,
    Directive,
    EmergencyDraft,
    Handover,
    PaperDirective,
    PaperDraft,
    PaperStatement,
    RefusalLift,
)

__all__ = [
    "LONGEST_REASON",
    "batched_text",
    "draft_text",
    "emergency_draft_text",
    "handover_text",
    "parse_batched",
    "parse_draft",
    "parse_emergency_draft",
    "parse_handover",
    "require_reason",
]

_VERSION = 2
#: The longest reason of an emergency, in characters.
LONGEST_REASON = 2_000
_PAPER = "pixelpact-paper-draft"
_STATEMENTS: Mapping[str, type[RefusalLift | AttestedAppointment]] = {
    "pixelpact-refusal-lift-draft": RefusalLift,
    "pixelpact-attested-appointment-draft": AttestedAppointment,
}
_EMERGENCY = "pixelpact-emergency-draft"
_BATCHED = "pixelpact-batched-consent"
_HANDOVER = "pixelpact-handover"

_FORM: Shape = {"form": Bytes(32), "salt": Bytes(32)}
_SALT: Shape = {"salt": Bytes(32)}
_EMERGENCY_FIELDS: Shape = {
    "requester": Uint(32),
    "nonce": Uint(64),
    "study": Bytes(32),
    "categories": Uint(64),
    "salt": Bytes(32),
    "person": Bytes(32),
}
_HANDOVER_FIELDS: Shape = {
    "study": Bytes(32),
    "epoch": Uint(32),
    "manifest_digest": Bytes(32),
    "custodian": Uint(32),
    "to": Uint(32),
    "key_version": Uint(32),
    "envelope": Bytes(1200),
}


def draft_text(draft: PaperDraft, network: Network) -> str:
    """The document of what two operators attest of a form."""
    if isinstance(draft, PaperDirective):
        content = {"directive": message_fields(draft.directive), **fields_of(draft, _FORM)}
        return _text(_PAPER, content, network, "ConsentRegistry")
    (name,) = (name for name, kind in _STATEMENTS.items() if isinstance(draft.attestation, kind))
    content = {"statement": message_fields(draft.attestation), **fields_of(draft, _SALT)}
    return _text(name, content, network, "ConsentRegistry")


def parse_draft(text: str, network: Network) -> PaperDraft:
    """Read what ``draft_text`` wrote.

    Raises:
        InputError: no such document, or another network's.
    """
    value = object_of(text)
    name = value.get("format")
    if name == _PAPER:
        content = _content(value, _PAPER, network, "ConsentRegistry")
        fields = read_fields(content, _FORM, more=("directive",))
        directive = read_message(Directive, content["directive"])
        return PaperDirective(directive, eip712.struct_hash(directive), **fields)
    kind = _STATEMENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise refused("it is no draft of anything on paper")
    content = _content(value, str(name), network, "ConsentRegistry")
    fields = read_fields(content, _SALT, more=("statement",))
    return PaperStatement(read_message(kind, content["statement"]), **fields)


def emergency_draft_text(draft: EmergencyDraft, network: Network) -> str:
    """An emergency's draft as a document; it holds the reason in plain words."""
    content = {**fields_of(draft, _EMERGENCY_FIELDS), "justification": draft.justification}
    return _text(_EMERGENCY, content, network, "AccessLedger")


def parse_emergency_draft(text: str, network: Network) -> EmergencyDraft:
    """Read what ``emergency_draft_text`` wrote.

    Raises:
        InputError: no such document, or another network's.
    """
    content = _content(object_of(text), _EMERGENCY, network, "AccessLedger")
    fields = read_fields(content, _EMERGENCY_FIELDS, more=("justification",))
    justification = content["justification"]
    if not isinstance(justification, str):
        raise refused("its justification is no text")
    return EmergencyDraft(**fields, justification=require_reason(justification))


def require_reason(reason: str) -> str:
    """Judge the reason of an emergency.

    Raises:
        InputError: there is none, or it is too long, or not readable.
    """
    readable = all(each.isprintable() or each in "\n\t" for each in reason)
    if not reason.strip() or len(reason) > LONGEST_REASON or not readable:
        raise InputError(
            "An emergency needs a reason that can be read",
            why=f"it has {len(reason)} characters, or some that are no text",
            remedy=f"Say in at most {LONGEST_REASON} characters why it can't wait for a consent",
        )
    return reason


def batched_text(consent: BatchedConsent, network: Network) -> str:
    """A consent with what shows it in a batch, as a document."""
    content = {
        "directive": message_fields(consent.directive),
        "evidence": evidence_fields(consent.evidence),
    }
    return _text(_BATCHED, content, network, "ConsentRegistry")


def parse_batched(text: str, network: Network) -> BatchedConsent:
    """Read what ``batched_text`` wrote; whether the batch shows the consent is for ``require_evidence``.

    Raises:
        InputError: no such document, or another network's.
    """
    content = _content(object_of(text), _BATCHED, network, "ConsentRegistry")
    read_fields(content, {}, more=("directive", "evidence"))
    evidence = read_evidence(content["evidence"], batches.DEEPEST)
    if evidence is None:
        raise refused("it shows no batch")
    return BatchedConsent(read_message(Directive, content["directive"]), evidence)


def handover_text(handover: Handover, network: Network) -> str:
    """A handover as a document."""
    return _text(_HANDOVER, fields_of(handover, _HANDOVER_FIELDS), network, "StudyRegistry")


def parse_handover(text: str, network: Network) -> Handover:
    """Read what ``handover_text`` wrote.

    Raises:
        InputError: no such document, or another network's.
    """
    content = _content(object_of(text), _HANDOVER, network, "StudyRegistry")
    return Handover(**read_fields(content, _HANDOVER_FIELDS))


def _text(name: str, content: Mapping[str, Any], network: Network, contract: str) -> str:
    document = {
        "format": name,
        "version": _VERSION,
        "network": {
            "chain_id": network.chain_id,
            "genesis": "0x" + network.genesis.hex(),
            "contract": "0x" + network.address(contract).hex(),
        },
        "content": dict(content),
    }
    return json.dumps(document, indent=2) + "\n"


def _content(value: dict[str, Any], name: str, network: Network, contract: str) -> dict[str, Any]:
    if value.get("format") != name:
        raise refused(f"it is no {name}")
    if not is_version(value.get("version"), _VERSION):
        raise refused(f"it is not version {_VERSION} of its format")
    read_fields(value, {}, more=("format", "version", "network", "content"))
    require_network(value["network"], network, contract)
    if not isinstance(value["content"], dict):
        raise refused("its content is no JSON object")
    return value["content"]
