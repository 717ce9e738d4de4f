"""What people hand each other, as files, links and QR codes: signed consents, attestations and invitations.

Whatever is read here was checked: its form, its signature, and the network that it is for.
"""

from __future__ import annotations

from pixelpact.documents.beside import (
    find_citable,
    find_evidence,
    keep_batch,
    keep_paper,
    kept_batches,
    kept_papers,
)
from pixelpact.documents.cited import CitedConsent
from pixelpact.documents.drafts import (
    batched_text,
    draft_text,
    emergency_draft_text,
    handover_text,
    parse_batched,
    parse_draft,
    parse_emergency_draft,
    parse_handover,
    require_reason,
)
from pixelpact.documents.evidence import require_evidence
from pixelpact.documents.files import holds, read_document, require_free, write_document
from pixelpact.documents.invitations import (
    invitation_link,
    invitation_text,
    invite,
    parse_invitation,
    sign_invitation,
    verify_invitation,
)
from pixelpact.documents.kept import find_consent, issue_invitation, keep_consent, kept_consents
from pixelpact.documents.messages import Signed
from pixelpact.documents.numbers import complete, require_digits
from pixelpact.documents.qr import require_picture, save_qr
from pixelpact.documents.salted import keep_salt, matches_salted, new_salt, require_salted, salted_digest
from pixelpact.documents.signed import kind_of, parse_attestation, parse_signed, signed_text
from pixelpact.documents.standing import Standing, standing_of, strangers

__all__ = [
    "CitedConsent",
    "Signed",
    "Standing",
    "batched_text",
    "complete",
    "draft_text",
    "emergency_draft_text",
    "find_citable",
    "find_consent",
    "find_evidence",
    "handover_text",
    "holds",
    "invitation_link",
    "invitation_text",
    "invite",
    "issue_invitation",
    "keep_batch",
    "keep_consent",
    "keep_paper",
    "keep_salt",
    "kept_batches",
    "kept_consents",
    "kept_papers",
    "kind_of",
    "matches_salted",
    "new_salt",
    "parse_attestation",
    "parse_batched",
    "parse_draft",
    "parse_emergency_draft",
    "parse_handover",
    "parse_invitation",
    "parse_signed",
    "read_document",
    "require_digits",
    "require_evidence",
    "require_free",
    "require_picture",
    "require_reason",
    "require_salted",
    "salted_digest",
    "save_qr",
    "sign_invitation",
    "signed_text",
    "standing_of",
    "strangers",
    "verify_invitation",
    "write_document",
]
