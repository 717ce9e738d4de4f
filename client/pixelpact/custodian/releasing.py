"""Releasing a study's key: decided, enveloped, recorded, final, and only then published."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pixelpact import crypto, sealing
from pixelpact.chain import (
    AccessRefused,
    AccessReleased,
    AccessRequested,
    Call,
    EmergencyRequested,
    KeyPublished,
    RequestStatus,
    StudyRecord,
)
from pixelpact.custodian.sharing import own_study
from pixelpact.errors import ChainMismatchError, ContractError, DeniedError, InputError
from pixelpact.models import RAW, ZERO32, AccessQuery, Cid, Directive, Evidence, KeyRelease
from pixelpact.policy import Purpose, RefusalReason, sentence_of
from pixelpact.profile import Profile, require_bytes
from pixelpact.vault import Entry

__all__ = ["Asked", "Release", "asked_for", "denied", "public_key_of", "refuse", "release", "why_not"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A permitted request with all that it asked, an emergency's too, which cites no directive."""

    request: bytes
    study: bytes
    requester: int
    reason: int
    nonce: int
    query: AccessQuery
    directive_hash: bytes
    directive: Directive | None
    evidence: Evidence | None
    is_emergency: bool
    block: int

    @classmethod
    def of(cls, event: AccessRequested | EmergencyRequested) -> Asked:
        """What an event says was asked."""
        common = (event.request, event.study, event.requester, event.reason, event.nonce)
        if isinstance(event, EmergencyRequested):
            query = AccessQuery(event.study, int(Purpose.BTG), event.categories)
            return cls(*common, query, ZERO32, None, None, is_emergency=True, block=event.block)
        return cls(
            *common,
            event.query,
            event.directive_hash,
            event.directive,
            event.evidence,
            is_emergency=False,
            block=event.block,
        )


@dataclass(frozen=True, slots=True)
class Release:
    """A key that left: for which request and epoch, the envelope's SHA-256, and the block of the record."""

    request: bytes
    requester: int
    epoch: int
    envelope_digest: bytes
    block: int


def release(profile: Profile, request: bytes, *, person: str) -> Release:
    """See ``Custodian.release``."""
    asked = asked_for(profile, request)
    study = own_study(profile, asked.study)
    digest = profile.person_digest(person)
    with profile.vault.journal("release", f"{request.hex()}/{study.epoch}") as entry:
        if not profile.was_sent(entry, "released"):
            # Also where work was begun: a vault that was lost since may have released.
            served = _served(profile, request, study.epoch)
            if served is not None:
                if entry.step is not None:
                    entry.finish()
                return served
        try:
            if not profile.was_sent(entry, "released"):
                _require_permitted(profile, asked)
                _make_envelope(profile, entry, asked, study)
            event = _record(profile, entry, asked, study, digest)
            _require_current(profile, event)
            # Last of all: a withdrawal or a refusal may have come while the record became final.
            _require_still_permitted(profile, asked)
        except DeniedError:
            # Nothing is left to go on with: the envelope is forgotten.
            if entry.step is not None:
                entry.finish()
            raise
        with profile.store.protect():
            profile.store.pin(profile.store.put(entry.state["envelope"], RAW))
    return _release_of(event)


def refuse(profile: Profile, request: bytes, reason: RefusalReason, *, person: str) -> None:
    """See ``Custodian.refuse``."""
    digest = profile.person_digest(person)

    def call() -> Call:
        # Not asked when it was sent: then it may be refused already, by this very work.
        asked = asked_for(profile, request)
        return profile.chain.ledger.refuse(
            asked.nonce, asked.query, asked.directive_hash, asked.requester, int(reason), digest
        )

    with profile.vault.journal("refuse-request", request.hex()) as entry:
        profile.carry_out(entry, "refused", call)


def asked_for(profile: Profile, request: bytes) -> Asked:
    """A permitted request at a final block, with all that it asked.

    Raises:
        InputError: there is none.
        DeniedError: it was denied, or refused since.
    """
    require_bytes(request, 32, "a request's number")
    chain = profile.chain
    state = chain.ledger.request_of(request, at="final")
    event: AccessRequested | EmergencyRequested | None
    if state.is_emergency:
        event = next(chain.find(EmergencyRequested, request=request), None)
    else:
        event = next(chain.find(AccessRequested, request=request), None)
    found = Asked.of(event) if event is not None else None
    if state.status is RequestStatus.UNKNOWN or found is None:
        raise InputError(
            f"There is no request {request.hex()[:8]} at a final block",
            why="it was never made, or is too new",
            remedy="Check the number, or try again in a moment",
        )
    if state.status is RequestStatus.DENIED:
        raise denied(found.reason)
    if state.status is RequestStatus.REFUSED:
        raise denied(next(chain.find(AccessRefused, request=request)).reason)
    return found


def denied(reason: int) -> DeniedError:
    """The error for a reason of the policy or of a custodian's refusal."""
    return DeniedError(
        "The release was denied",
        reason=reason,
        why=sentence_of(reason).rstrip("."),
        remedy="Nothing was released; `pixelpact policy explain` says what would change the answer",
    )


def why_not(profile: Profile, asked: Asked) -> int:
    """The reason against a request at the newest block, 0 for none.

    Raises:
        ClockApartError: the chain stands still, so that the newest block says nothing of now.
    """
    profile.chain.check_clock()
    if asked.is_emergency:
        query = asked.query
        return profile.chain.ledger.decide_emergency(asked.requester, query.study, query.categories)
    return profile.chain.ledger.decide(asked.requester, asked.query, asked.directive, asked.evidence)


def _require_permitted(profile: Profile, asked: Asked) -> None:
    reason = why_not(profile, asked)
    if reason:
        raise denied(reason)


def _require_still_permitted(profile: Profile, asked: Asked) -> None:
    chain = profile.chain
    if chain.ledger.request_of(asked.request).status is RequestStatus.REFUSED:
        refused = next(chain.find(AccessRefused, last=chain.head().number, request=asked.request))
        reason = refused.reason
    else:
        reason = why_not(profile, asked)
    if reason:
        raise DeniedError(
            "The release was recorded, and its envelope is kept back",
            reason=reason,
            why=sentence_of(reason).rstrip("."),
            remedy="Rotate the study: the chain counts the key as released",
        )


def _served(profile: Profile, request: bytes, epoch: int) -> Release | None:
    """The release of a request in this epoch, if there was one."""
    if profile.chain.ledger.request_of(request, at="final").served_epoch != epoch:
        return None
    events = profile.chain.find(AccessReleased, request=request)
    found = next(_release_of(event) for event in events if event.epoch == epoch)
    if not profile.store.has(Cid(RAW, found.envelope_digest)):
        raise InputError(
            "The request was served in this epoch, and its envelope is not in the store",
            why="it was kept back when the answer changed, or the store lost it",
            remedy="Rotate the study: whoever is permitted is served again",
        )
    return found


def _release_of(event: AccessReleased) -> Release:
    return Release(event.request, event.requester, event.epoch, event.envelope_digest, event.block)


def _make_envelope(profile: Profile, entry: Entry, asked: Asked, study: StudyRecord) -> None:
    version, public_key = public_key_of(profile, asked.requester)
    digest = hashlib.sha256(public_key).digest()
    if entry.step is not None and entry.state.get("key_digest") == digest:
        return
    keys = sealing.study_keys(profile.vault, asked.study, study.epoch, study.manifest_digest)
    context = profile.envelope_context(
        request=asked.request,
        study=asked.study,
        epoch=study.epoch,
        manifest_digest=study.manifest_digest,
        custodian=profile.institution,
        requester=asked.requester,
        key_version=version,
    )
    envelope = crypto.wrap(public_key, keys.key, keys.secret, context)
    entry.restart("made", {"envelope": envelope, "key_version": version, "key_digest": digest})


def _record(
    profile: Profile, entry: Entry, asked: Asked, study: StudyRecord, person: bytes
) -> AccessReleased:
    released = KeyRelease(
        requester=asked.requester,
        epoch=study.epoch,
        key_version=entry.state["key_version"],
        key_digest=entry.state["key_digest"],
        envelope_digest=hashlib.sha256(entry.state["envelope"]).digest(),
        person=person,
    )
    try:
        receipt = profile.carry_out(
            entry,
            "released",
            lambda: profile.chain.ledger.release(
                asked.nonce,
                asked.query,
                asked.directive,
                released,
                evidence=asked.evidence,
            ),
        )
    except ContractError as error:
        if error.name == "AccessLedger_Denied":
            raise denied(int(error.arguments["reason"])) from error
        raise
    return receipt.event(AccessReleased)


def _require_current(profile: Profile, event: AccessReleased) -> None:
    """Read the final state again: it must be the one that was recorded."""
    state = profile.chain.ledger.request_of(event.request, at="final")
    study = profile.chain.studies.study(event.study, at="final")
    if state.served_epoch != event.epoch or study.epoch != event.epoch:
        raise InputError(
            "The study was sealed anew while the release became final",
            why=f"the release is for epoch {event.epoch}, and the study is at epoch {study.epoch}",
            remedy="Release the request again",
        )


def public_key_of(profile: Profile, requester: int) -> tuple[int, bytes]:
    """An institution's encryption key at a final block, and its version; checked against the registry.

    Raises:
        InputError: it has published none.
        ChainMismatchError: the node shows another one.
    """
    institutions = profile.chain.institutions
    version = institutions.institution(requester, at="final").key_version
    keys = profile.chain.find(KeyPublished, institution=requester)
    found = next((key for key in keys if key.version == version), None)
    if found is None:
        raise InputError(
            f"Institution {requester} has published no encryption key at a final block",
            why="an envelope can't be made for it",
            remedy="Ask it to publish one, or try again in a moment",
        )
    if hashlib.sha256(found.public_key).digest() != institutions.key_digest(requester, version, at="final"):
        raise ChainMismatchError(
            f"The encryption key of institution {requester} is not the one that the registry holds",
            why="the node answers wrongly",
            remedy="Ask another node",
        )
    return version, found.public_key
