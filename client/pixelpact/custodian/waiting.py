"""What a custodian has, and who waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact import sealing
from pixelpact.chain import AccessRequested, Chain, EmergencyRequested, RequestStatus, StudyRecord
from pixelpact.custodian.releasing import Asked
from pixelpact.models import AccessQuery, Directive
from pixelpact.policy import EMERGENCY_LIFETIME, REQUEST_LIFETIME
from pixelpact.profile import Profile
from pixelpact.sealing import SealedStudy

__all__ = ["CustodianStudy", "WaitingRequest", "requests", "studies", "waiting"]


@dataclass(frozen=True, slots=True)
class CustodianStudy:
    """A study of the vault as it was sealed, and as the chain has it: UNKNOWN until it is registered."""

    sealed: SealedStudy
    record: StudyRecord

    @property
    def number(self) -> bytes:
        """Its id on the chain, 32 bytes; what it is registered under if it is not yet."""
        return self.sealed.study_id


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A permitted request that nobody has answered.

    Attributes:
        number: its id on the ledger, 32 bytes.
        requester: the institution that asks.
        query: what it asks for.
        directive: the consent that it cites, if any.
        requested_at, expires_at: seconds; later than the second it can't be released for the first time.
        block: where it stands.
        is_emergency: whether two people opened it without a consent.
    """

    number: bytes
    requester: int
    query: AccessQuery
    directive: Directive | None
    requested_at: int
    expires_at: int
    block: int
    is_emergency: bool = False


def studies(profile: Profile) -> list[CustodianStudy]:
    """See ``Custodian.studies``."""
    registry = profile.chain.studies
    return [
        CustodianStudy(sealed, registry.study(sealed.study_id, at="final"))
        for sealed in sealing.studies(profile.vault)
    ]


def requests(profile: Profile) -> list[bytes]:
    """The numbers of all requests for studies of this vault, answered or not."""
    chain = profile.chain
    own = {each.study_id for each in sealing.studies(profile.vault)}
    last = chain.head().number
    return [each.request for each in _all_asked(chain, last) if each.study in own]


def waiting(profile: Profile) -> list[WaitingRequest]:
    """See ``Custodian.waiting``."""
    chain = profile.chain
    now = chain.now()
    own = {each.study_id for each in sealing.studies(profile.vault)}
    found = []
    for event in _all_asked(chain, None):
        # Asked of the newest block: what was answered a moment ago waits no more.
        if event.study not in own or event.reason:
            continue
        state = chain.ledger.request_of(event.request)
        expires = state.requested_at + (EMERGENCY_LIFETIME if event.is_emergency else REQUEST_LIFETIME)
        if state.status is RequestStatus.PERMITTED and not state.served_epoch and now <= expires:
            found.append(
                WaitingRequest(
                    event.request,
                    event.requester,
                    event.query,
                    event.directive,
                    state.requested_at,
                    expires,
                    event.block,
                    event.is_emergency,
                )
            )
    return found


def _all_asked(chain: Chain, last: int | None) -> list[Asked]:
    """Everything that was ever asked, up to a block; emergencies first: their time is short."""
    return [
        *map(Asked.of, chain.find(EmergencyRequested, last=last)),
        *map(Asked.of, chain.find(AccessRequested, last=last)),
    ]
