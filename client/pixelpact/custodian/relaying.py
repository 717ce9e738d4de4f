"""Bringing to the chain what a patient signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pixelpact.chain import AllRevoked, Call, DirectiveRecorded, DirectiveRevoked, Event, RefusalSet
from pixelpact.documents import Signed, keep_consent
from pixelpact.errors import ContractError
from pixelpact.models import SignedDirective, SignedRefusal, SignedRevocation, SignedRevocationOfAll
from pixelpact.profile import Profile

__all__ = ["relay"]


@dataclass(frozen=True, slots=True)
class _Message:
    """What bringing a message needs: names for the journal, the call, and the events that it causes."""

    operation: str
    key: str
    call: Call
    events: Callable[[], Iterator[Event]]


def relay(profile: Profile, signed: Signed) -> None:
    """See ``Custodian.relay``."""
    message = _message(profile, signed)
    with profile.vault.journal(message.operation, message.key) as entry:
        if entry.step is None and (there := next(message.events(), None)) is not None:
            profile.wait_until_final(there)
            _keep(profile, signed)
            return
        try:
            profile.carry_out(entry, "sent", lambda: message.call)
        except ContractError:
            # Another relay may have been first: then it is there, and nothing is left to do.
            there = next(message.events(), None)
            if there is None:
                if entry.step is not None:
                    entry.finish()
                raise
            profile.wait_until_final(there)
        _keep(profile, signed)


def _keep(profile: Profile, signed: Signed) -> None:
    """Keep a consent: the chain has only its number, and an invitation cites all of it."""
    if isinstance(signed, SignedDirective):
        keep_consent(profile.vault, signed, profile.chain.network)


def _message(profile: Profile, signed: Signed) -> _Message:
    chain, consents = profile.chain, profile.chain.consents

    def newest() -> int:
        return chain.head().number

    match signed:
        case SignedDirective():
            subject, number = signed.directive.subject, signed.number
            return _Message(
                "record",
                number.hex(),
                consents.record(subject, number, signed.signature),
                lambda: chain.find(DirectiveRecorded, last=newest(), subject=subject, directive=number),
            )
        case SignedRevocation():
            subject, number = signed.subject, signed.directive
            return _Message(
                "revoke",
                number.hex(),
                consents.revoke(subject, number, signed.signature),
                lambda: chain.find(DirectiveRevoked, last=newest(), subject=subject, directive=number),
            )
        case SignedRevocationOfAll():
            subject, generation = signed.subject, signed.generation
            return _Message(
                "revoke-all",
                f"{subject.hex()}/{generation}",
                consents.revoke_all(subject, generation, signed.signature),
                lambda: (
                    event
                    for event in chain.find(AllRevoked, last=newest(), subject=subject)
                    if event.generation == generation
                ),
            )
        case SignedRefusal():
            refusal = signed.refusal
            return _Message(
                "refuse-purposes",
                f"{refusal.subject.hex()}/{refusal.sequence}",
                consents.refuse(refusal, signed.signature),
                lambda: (
                    event
                    for event in chain.find(
                        RefusalSet,
                        last=newest(),
                        subject=refusal.subject,
                        custodian=refusal.custodian,
                        study=refusal.study,
                    )
                    if (event.grantee, event.purposes, event.sequence)
                    == (refusal.grantee, refusal.purposes, refusal.sequence)
                ),
            )
