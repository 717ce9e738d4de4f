"""What the contracts keep, as frozen dataclasses; how the shared values cross the ABI (docs/contracts.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from pixelpact.models import AccessQuery, Directive, Modifier, Refusal

__all__ = [
    "RECOMMENDED_TERMS",
    "Commitment",
    "ConsentStanding",
    "Founder",
    "InstitutionRecord",
    "InstitutionStatus",
    "Operator",
    "RequestRecord",
    "RequestStatus",
    "StudyRecord",
    "StudyStatus",
    "Terms",
]

Struct = Mapping[str, Any]


class InstitutionStatus(IntEnum):
    """Whether an institution takes part (``InstitutionRegistry.Status``)."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2


class StudyStatus(IntEnum):
    """Whether a study may be shared (``StudyRegistry.Status``)."""

    UNKNOWN = 0
    ACTIVE = 1
    WITHDRAWN = 2
    ERASED = 3


class RequestStatus(IntEnum):
    """What became of a request (``AccessLedger.Status``)."""

    UNKNOWN = 0
    PERMITTED = 1
    DENIED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Founder:
    """An institution that the consortium starts with.

    Attributes:
        admin: the account that speaks for it, 20 bytes.
        roles: a bit each (docs/policy.md, Roles).
        country: ISO 3166-1 alpha-2, two capital letters.
        attributes: what is attested of it, a bit each.
    """

    admin: bytes
    roles: int
    country: str
    attributes: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """The times that a consortium is founded on, whole seconds up to ten years; they never change.

    Attributes:
        vote_lifetime: how long a proposal may be voted on, and how long it may be carried out afterwards.
        engine_notice: between a vote for a policy engine and its start, in which patients can withdraw.
        recovery_notice: between a vote for a new admin and its taking over: the present one may veto it.
        longest_stop: the longest stop of all sharing that one vote decides.
        paper_delay: before a consent on paper counts; the only one that may be 0.
        key_recovery_delay: before a patient's new key takes over.
        review_term: within which an emergency must be reviewed.
    """

    vote_lifetime: int
    engine_notice: int
    recovery_notice: int
    longest_stop: int
    paper_delay: int
    key_recovery_delay: int
    review_term: int


_DAY = 86_400
#: The terms for a consortium of real institutions (docs/contracts.md, Terms).
RECOMMENDED_TERMS = Terms(
    vote_lifetime=30 * _DAY,
    engine_notice=7 * _DAY,
    recovery_notice=7 * _DAY,
    longest_stop=14 * _DAY,
    paper_delay=3 * _DAY,
    key_recovery_delay=7 * _DAY,
    review_term=7 * _DAY,
)


@dataclass(frozen=True, slots=True)
class InstitutionRecord:
    """All that the chain keeps of an institution; status UNKNOWN and zeros when there is none of this number.

    Attributes:
        admin: the account that speaks for it, 20 bytes.
        status: whether it takes part.
        roles: a bit each.
        country: ISO 3166-1 alpha-2, two capital letters as 2 bytes.
        attributes: a bit each.
        key_version: of its current encryption key; 0 while it has none.
        requester_since: when it got the requester role (seconds), 0 while it does not hold it.
        status_since: when it got its present status (seconds).
        operator_epoch: counts the recoveries of its admin, each of which ended all its operators of before.
    """

    admin: bytes
    status: InstitutionStatus
    roles: int
    country: bytes
    attributes: int
    key_version: int
    requester_since: int
    status_since: int
    operator_epoch: int


@dataclass(frozen=True, slots=True)
class Operator:
    """For whom an account acts: an institution (0: nobody) and its permissions, a bit each."""

    institution: int
    permissions: int


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """All that the chain keeps of a study; status UNKNOWN and zeros when there is none of this number.

    Attributes:
        subject: the patient's address, 20 bytes.
        custodian: the institution that holds it.
        epoch: counts its sealings under a new key, from 1.
        status: whether it may be shared.
        categories: the kinds of images in it, a bit each.
        registered_at: seconds.
        formers: up to four institutions that held it before, the latest first.
        manifest_digest: of the current sealed study's root, 32 bytes.
        content_commitment: 32 bytes; never changes.
    """

    subject: bytes
    custodian: int
    epoch: int
    status: StudyStatus
    categories: int
    registered_at: int
    formers: tuple[int, ...]
    manifest_digest: bytes
    content_commitment: bytes


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the chain keeps of a directive.

    Attributes:
        kind: how consent was shown: 0 not at all, 1 by the patient's signature.
        recorded_at: seconds, 0 for never.
        revoked_at: seconds, 0 for never; may be set though it was never recorded.
    """

    kind: int
    recorded_at: int
    revoked_at: int


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """What one decision needs of the ConsentRegistry: commitment, generation, purposes refused."""

    commitment: Commitment
    generation: int
    refused: int


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What the ledger keeps of a request; status UNKNOWN and zeros when there is none of this number.

    Attributes:
        status: PERMITTED does not mean released: ``served_epoch`` does.
        requester, custodian: institutions; custodian 0 when the study was unknown.
        requested_at: seconds.
        served_epoch, confirmed_epoch, disputed_epoch: the last epoch of each, 0 for none.
    """

    status: RequestStatus
    requester: int
    custodian: int
    requested_at: int
    served_epoch: int
    confirmed_epoch: int
    disputed_epoch: int


def institution_of(struct: Struct) -> InstitutionRecord:
    """Read ``InstitutionRegistry.Institution``."""
    return InstitutionRecord(
        admin=struct["admin"],
        status=InstitutionStatus(struct["status"]),
        roles=struct["roles"],
        country=struct["country"],
        attributes=struct["attributes"],
        key_version=struct["keyVersion"],
        requester_since=struct["requesterSince"],
        status_since=struct["statusSince"],
        operator_epoch=struct["operatorEpoch"],
    )


def study_of(struct: Struct) -> StudyRecord:
    """Read ``StudyRegistry.Study``."""
    return StudyRecord(
        subject=struct["subject"],
        custodian=struct["custodian"],
        epoch=struct["epoch"],
        status=StudyStatus(struct["status"]),
        categories=struct["categories"],
        registered_at=struct["registeredAt"],
        formers=_formers_of(struct["formers"]),
        manifest_digest=struct["manifestDigest"],
        content_commitment=struct["contentCommitment"],
    )


def _formers_of(packed: int) -> tuple[int, ...]:
    places = ((packed >> shift) & 0xFFFFFFFF for shift in (0, 32, 64, 96))
    return tuple(former for former in places if former)


def commitment_of(struct: Struct) -> Commitment:
    """Read ``ConsentRegistry.Commitment``."""
    return Commitment(struct["kind"], struct["recordedAt"], struct["revokedAt"])


def request_of(struct: Struct) -> RequestRecord:
    """Read ``AccessLedger.Request``."""
    return RequestRecord(
        status=RequestStatus(struct["status"]),
        requester=struct["requester"],
        custodian=struct["custodian"],
        requested_at=struct["requestedAt"],
        served_epoch=struct["servedEpoch"],
        confirmed_epoch=struct["confirmedEpoch"],
        disputed_epoch=struct["disputedEpoch"],
    )


def founder_struct(founder: Founder) -> Struct:
    """``InstitutionRegistry.Founder``."""
    return {
        "admin": founder.admin,
        "roles": founder.roles,
        "country": founder.country.encode("ascii"),
        "attributes": founder.attributes,
    }


def terms_struct(terms: Terms) -> Struct:
    """``Consortium.Terms``."""
    return {
        "voteLifetime": terms.vote_lifetime,
        "engineNotice": terms.engine_notice,
        "recoveryNotice": terms.recovery_notice,
        "longestStop": terms.longest_stop,
        "paperDelay": terms.paper_delay,
        "keyRecoveryDelay": terms.key_recovery_delay,
        "reviewTerm": terms.review_term,
    }


def directive_struct(directive: Directive | None) -> Struct:
    """``Directive``; that of the zero address, which is none, for None."""
    if directive is None:
        directive = Directive(bytes(20), 0, bytes(32), 0, 0, 0, 0, 0, 0, 0, 0, bytes(32))
    return {
        "subject": directive.subject,
        "custodian": directive.custodian,
        "study": directive.study,
        "grantee": directive.grantee,
        "categories": directive.categories,
        "purposes": directive.purposes,
        "permission": directive.permission,
        "vocabulary": directive.vocabulary,
        "generation": directive.generation,
        "notBefore": directive.not_before,
        "expiry": directive.expiry,
        "salt": directive.salt,
        "modifiers": [{"code": each.code, "value": each.value} for each in directive.modifiers],
    }


def directive_of(struct: Struct) -> Directive | None:
    """Read ``Directive``; None for that of the zero address, whose other fields nobody looks at."""
    if not any(struct["subject"]):
        return None
    return Directive(
        subject=struct["subject"],
        custodian=struct["custodian"],
        study=struct["study"],
        grantee=struct["grantee"],
        categories=struct["categories"],
        purposes=struct["purposes"],
        permission=struct["permission"],
        vocabulary=struct["vocabulary"],
        generation=struct["generation"],
        not_before=struct["notBefore"],
        expiry=struct["expiry"],
        salt=struct["salt"],
        modifiers=tuple(Modifier(each["code"], each["value"]) for each in struct["modifiers"]),
    )


def query_struct(query: AccessQuery) -> Struct:
    """``Query``."""
    return {
        "study": query.study,
        "purpose": query.purpose,
        "categories": query.categories,
        "project": query.project,
        "obligations": query.obligations,
    }


def query_of(struct: Struct) -> AccessQuery:
    """Read ``Query``."""
    return AccessQuery(
        study=struct["study"],
        purpose=struct["purpose"],
        categories=struct["categories"],
        project=struct["project"],
        obligations=struct["obligations"],
    )


def refusal_struct(refusal: Refusal) -> Struct:
    """``ConsentRegistry.Refusal``."""
    return {
        "subject": refusal.subject,
        "custodian": refusal.custodian,
        "study": refusal.study,
        "grantee": refusal.grantee,
        "purposes": refusal.purposes,
        "sequence": refusal.sequence,
    }
