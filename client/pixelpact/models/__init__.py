"""The values that travel between rooms. Imports nothing of the package; everything here is frozen.

Addresses, hashes and ids are raw ``bytes`` (20 or 32); times are whole seconds since 1970 UTC, as the chain
has them; institutions are their numbers in the InstitutionRegistry, from 1.
"""

from __future__ import annotations

from .access import AccessQuery, Emergency, EnvelopeContext, KeyRelease, StudyContext
from .attestations import (
    Approval,
    Attestation,
    AttestedAppointment,
    EmergencyAccess,
    PaperConsent,
    RefusalLift,
    SignedAttestation,
)
from .cids import DAG_CBOR, RAW, Cid
from .consents import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    WHOLE_RECORD,
    ZERO32,
    Appointment,
    Directive,
    Evidence,
    Modifier,
    Refusal,
)
from .consortium import Action, Motion, Project
from .drafts import (
    BatchedConsent,
    EmergencyDraft,
    Handover,
    HandoverContext,
    PaperDirective,
    PaperDraft,
    PaperStatement,
)
from .images import INSTANCE_ATTRIBUTES, SERIES_ATTRIBUTES, Instance, StudySource
from .signed import (
    Invitation,
    SignedAppointment,
    SignedDirective,
    SignedDismissal,
    SignedEndOfPaper,
    SignedInvitation,
    SignedRecovery,
    SignedRecoveryName,
    SignedRecoveryStop,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
)

__all__ = [
    "ANY_INSTITUTION",
    "ANY_INSTITUTION_LATER_TOO",
    "DAG_CBOR",
    "INSTANCE_ATTRIBUTES",
    "RAW",
    "SERIES_ATTRIBUTES",
    "WHOLE_RECORD",
    "ZERO32",
    "AccessQuery",
    "Action",
    "Appointment",
    "Approval",
    "Attestation",
    "AttestedAppointment",
    "BatchedConsent",
    "Cid",
    "Directive",
    "Emergency",
    "EmergencyAccess",
    "EmergencyDraft",
    "EnvelopeContext",
    "Evidence",
    "Handover",
    "HandoverContext",
    "Instance",
    "Invitation",
    "KeyRelease",
    "Modifier",
    "Motion",
    "PaperConsent",
    "PaperDirective",
    "PaperDraft",
    "PaperStatement",
    "Project",
    "Refusal",
    "RefusalLift",
    "SignedAppointment",
    "SignedAttestation",
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
    "StudyContext",
    "StudySource",
]
