"""What one person hands a second one of the same institution to read and sign, and one institution another.

A form's digest is salted, so that nobody finds out from the chain which form it is of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from .attestations import AttestedAppointment, PaperConsent, RefusalLift
from .consents import Directive, Evidence

__all__ = [
    "BatchedConsent",
    "EmergencyDraft",
    "Handover",
    "HandoverContext",
    "PaperDirective",
    "PaperDraft",
    "PaperStatement",
]


@dataclass(frozen=True, slots=True)
class PaperDirective:
    """A consent on paper: nobody signed it with a key, two operators attest the form.

    Attributes:
        directive: what the form allows.
        number: its struct hash.
        form: the salted digest of the form, 32 bytes.
        salt: of the digest, 32 bytes.
    """

    directive: Directive
    number: bytes
    form: bytes
    salt: bytes = field(repr=False)

    @property
    def attestation(self) -> PaperConsent:
        """What the second operator signs."""
        return PaperConsent(self.directive.subject, self.number, self.directive.custodian, self.form)


@dataclass(frozen=True, slots=True)
class PaperStatement:
    """Something else that two operators attest by a form: what, and the salt of the form's digest."""

    attestation: RefusalLift | AttestedAppointment
    salt: bytes = field(repr=False)

    @property
    def form(self) -> bytes:
        """The salted digest of the form, 32 bytes."""
        return self.attestation.form


#: What two operators attest of a form, on its way from the first to the second and back.
PaperDraft: TypeAlias = PaperDirective | PaperStatement


@dataclass(frozen=True, slots=True)
class EmergencyDraft:
    """An emergency as the first person drafts it, for the second to read and sign.

    Attributes:
        requester: the institution that asks.
        nonce: tells it from every other.
        study: its number, 32 bytes.
        categories: all kinds of images that the study has, a bit each.
        justification: why, in words; the chain gets its salted digest.
        salt: of that digest, 32 bytes.
        person: keyed digest of the first person, 32 bytes.
    """

    requester: int
    nonce: int
    study: bytes
    categories: int
    justification: str = field(repr=False)
    salt: bytes = field(repr=False)
    person: bytes


@dataclass(frozen=True, slots=True)
class BatchedConsent:
    """A consent and what shows it in a batch that was anchored: what a hospital hands whoever cites it."""

    directive: Directive
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class HandoverContext:
    """What the keys of a study are bound to on their way to its new custodian.

    Attributes:
        genesis, chain_id, registry: the network and its StudyRegistry.
        study, epoch, manifest_digest: the study as the chain has it.
        custodian: who hands it over.
        to: who takes it.
        key_version: of the encryption key that it is sealed to.
    """

    genesis: bytes
    chain_id: int
    registry: bytes
    study: bytes
    epoch: int
    manifest_digest: bytes
    custodian: int
    to: int
    key_version: int


@dataclass(frozen=True, slots=True)
class Handover:
    """A study's keys, sealed to the institution that it is offered to; opens with nothing else.

    Attributes:
        study, epoch, manifest_digest: the study as the chain had it.
        custodian: who hands it over.
        to: who takes it.
        key_version: of that institution's encryption key.
        envelope: the keys, 1,200 bytes.
    """

    study: bytes
    epoch: int
    manifest_digest: bytes
    custodian: int
    to: int
    key_version: int
    envelope: bytes = field(repr=False)
