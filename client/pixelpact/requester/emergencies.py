"""Opening a study in an emergency: the first person drafts, the second reads and signs, the first asks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from pixelpact.chain import Account, EmergencyRequested, StudyStatus, eip712
from pixelpact.documents import keep_salt, new_salt, require_reason, salted_digest
from pixelpact.errors import InputError
from pixelpact.models import (
    ZERO32,
    AccessQuery,
    Emergency,
    EmergencyAccess,
    EmergencyDraft,
    SignedAttestation,
)
from pixelpact.policy import OperatorPermission, Purpose, moment
from pixelpact.profile import Profile, require_bytes
from pixelpact.vault import Kind

__all__ = ["ask", "attest", "draft"]

#: How long what the second person signs is good, and the longest that the ledger takes (seconds).
_LIFE, _LONGEST = 1_800, 3_600


def draft(profile: Profile, study: bytes, justification: str, person: str) -> EmergencyDraft:
    """See ``Requester.draft_emergency``."""
    require_bytes(study, 32, "a study's number")
    require_reason(justification)
    digest = profile.person_digest(person)
    _account_of(profile)
    record = profile.chain.studies.study(study)
    if record.status is StudyStatus.UNKNOWN:
        raise InputError(
            f"There is no study {study.hex()[:8]} on this network",
            why="none of this number is registered",
            remedy="Check the number; an invitation to the study has it",
        )
    return EmergencyDraft(
        requester=profile.institution,
        nonce=secrets.randbits(64),
        study=study,
        categories=record.categories,
        justification=justification,
        salt=new_salt(),
        person=digest,
    )


def attest(profile: Profile, drafted: EmergencyDraft, person: str, until: int | None) -> SignedAttestation:
    """See ``Requester.attest_emergency``."""
    _require_ours(profile, drafted)
    account, digest = _account_of(profile), profile.person_digest(person)
    if digest == drafted.person:
        raise InputError(
            "One person can't be both in an emergency",
            why="the one who attests is the one who drafted",
            remedy="Have a second person attest, with an account and a profile of their own",
        )
    now = profile.chain.now()
    end = now + _LIFE if until is None else until
    if end <= now:
        raise InputError(
            "What was attested is over",
            why=f"it was good until {moment(end)}",
            remedy="Attest it anew, into another file",
        )
    if end > now + _LONGEST:
        raise InputError(
            "An emergency is not attested for later",
            why=f"{moment(end)} is more than an hour from now",
            remedy="Give an earlier time, or none for half an hour",
        )
    number, reason = _number_of(profile, drafted), _digest_of(drafted)
    message = EmergencyAccess(number, reason, drafted.person, digest, end)
    return SignedAttestation(message, account.address, eip712.sign(account, profile.chain.network, message))


def ask(
    profile: Profile, drafted: EmergencyDraft, attested: SignedAttestation, person: str
) -> EmergencyRequested:
    """See ``Requester.ask_in_emergency``."""
    _require_ours(profile, drafted)
    account, made, number = _account_of(profile), attested.attestation, _number_of(profile, drafted)
    if profile.person_digest(person) != drafted.person:
        raise InputError(
            "The draft is another person's",
            why="whoever drafts an emergency asks for it, with the same profile",
            remedy="Give the person who drafted it, or draft it anew",
        )
    if (
        not isinstance(made, EmergencyAccess)
        or made.request != number
        or (made.justification, made.person) != (_digest_of(drafted), drafted.person)
    ):
        raise InputError(
            "The attestation is not of this draft",
            why="the study, the reason or the first person in it is another",
            remedy="Give the attestation that the second person made of it",
        )
    if attested.signer == account.address:
        raise InputError(
            "One account can't be both in an emergency",
            why="the attestation is by the account that would ask",
            remedy="Have a second person attest, with an account and a profile of their own",
        )
    emergency = Emergency(
        study=drafted.study,
        categories=drafted.categories,
        justification=made.justification,
        second=attested.signer,
        person=drafted.person,
        second_person=made.second_person,
        until=made.until,
    )
    ledger, vault = profile.chain.ledger, profile.vault
    with vault.journal("emergency", number.hex()) as entry:
        asked = None if entry.step else next(profile.chain.find(EmergencyRequested, request=number), None)
        if asked is None:
            keep_salt(vault, made.justification, drafted.salt, drafted.justification)
            receipt = profile.carry_out(
                entry, "asked", lambda: ledger.emergency(drafted.nonce, emergency, attested.signature)
            )
            asked = receipt.event(EmergencyRequested)
        vault.put(Kind.REQUEST, number.hex(), _record_of(asked))
    return asked


def _query_of(drafted: EmergencyDraft) -> AccessQuery:
    return AccessQuery(drafted.study, int(Purpose.BTG), drafted.categories)


def _number_of(profile: Profile, drafted: EmergencyDraft) -> bytes:
    """The number that the ledger will give it."""
    return profile.chain.ledger.request_id(drafted.requester, drafted.nonce, _query_of(drafted), ZERO32)


def _digest_of(drafted: EmergencyDraft) -> bytes:
    return salted_digest(drafted.salt, drafted.justification.encode())


def _record_of(event: EmergencyRequested) -> Mapping[str, Any]:
    """What fetching, confirming and disputing need, as of any request."""
    return {
        "study": event.study,
        "purpose": int(Purpose.BTG),
        "categories": event.categories,
        "project": ZERO32,
        "obligations": 0,
        "nonce": event.nonce,
        "directive_hash": ZERO32,
        "reason": event.reason,
        "block": event.block,
    }


def _require_ours(profile: Profile, drafted: EmergencyDraft) -> None:
    if drafted.requester != profile.institution:
        raise InputError(
            "The draft is another institution's",
            why=f"it is institution {drafted.requester}'s, and this profile is of "
            f"institution {profile.institution}",
            remedy="Let two people of one institution do it",
        )


def _account_of(profile: Profile) -> Account:
    """The account of the operator whose profile this is, who may open records in an emergency."""
    account = profile.chain.account
    found = profile.chain.institutions.operator(account.address) if account else None
    if account is None or found is None or found.institution != profile.institution:
        raise InputError(
            "Nobody of this institution is there to sign",
            why="the profile's account acts for no institution, or for another one",
            remedy="Use the profile of one of its operators",
        )
    if not found.permissions & OperatorPermission.EMERGENCIES:
        raise InputError(
            "This operator may not open records in an emergency",
            why=f"0x{account.address.hex()} has not the permission EMERGENCIES",
            remedy="Ask the institution's admin for it, or let another operator do it",
        )
    return account
