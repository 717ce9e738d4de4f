"""What the ConsentRegistry reports: what the patient wants."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event

__all__ = [
    "AllRevoked",
    "BatchAnchored",
    "DirectiveRecorded",
    "DirectiveRevoked",
    "GuardianAppointed",
    "GuardianDismissed",
    "KeyReplaced",
    "PaperEnded",
    "PaperRecorded",
    "RecoveryNamed",
    "RecoveryStarted",
    "RecoveryStopped",
    "RefusalSet",
    "RefusalTaken",
    "RevocationTaken",
    "TakenRefusalLifted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveRecorded(Event):
    """A directive was recorded; ``directive`` is its struct hash.

    ``kind`` and ``authority``: as ``Commitment`` has them.
    """

    subject: bytes
    directive: bytes
    kind: int
    authority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRecorded(Event):
    """The directive recorded beside was given on paper; two operators attested it."""

    subject: bytes
    directive: bytes
    custodian: int
    form: bytes
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveRevoked(Event):
    """A directive was withdrawn, for good; ``appointment``: by which guardian, 0 for none."""

    subject: bytes
    directive: bytes
    appointment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationTaken(Event):
    """The withdrawal beside was taken on paper or by phone (``means``)."""

    subject: bytes
    directive: bytes
    custodian: int
    means: int
    form: bytes
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AllRevoked(Event):
    """All directives of the generations before were withdrawn."""

    subject: bytes
    generation: int
    appointment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalSet(Event):
    """A patient's refusal in this scope is from now on these purposes."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    purposes: int
    sequence: int
    appointment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalTaken(Event):
    """A refusal was taken on paper or by phone; ``purposes``: all taken in this scope now."""

    subject: bytes
    custodian: int
    study: bytes
    purposes: int
    sequence: int
    means: int
    form: bytes
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRefusalLifted(Event):
    """What was taken in this scope was lifted on paper; two operators attested it."""

    subject: bytes
    custodian: int
    study: bytes
    sequence: int
    form: bytes
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperEnded(Event):
    """A patient signed with a key of their own: paper and attested guardians count no more."""

    subject: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnchored(Event):
    """An institution anchored the Merkle root of a batch of signed consents."""

    poster: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianAppointed(Event):
    """A guardian was appointed; form, first and second are zeros when the patient signed."""

    subject: bytes
    guardian: bytes
    number: int
    powers: int
    custodian: int
    until: int
    form: bytes
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianDismissed(Event):
    """A guardian acts no more."""

    subject: bytes
    guardian: bytes
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryNamed(Event):
    """A patient named who may begin a recovery; zeros: nobody."""

    subject: bytes
    account: bytes
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStarted(Event):
    """A recovery began; ``appointment``: by which guardian, 0: by the account that was named."""

    subject: bytes
    candidate: bytes
    attempt: int
    ready_at: int
    appointment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStopped(Event):
    """The present key stopped a recovery."""

    subject: bytes
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReplaced(Event):
    """Another key signs for a patient from now on; the directives before count no more."""

    subject: bytes
    from_: bytes
    to: bytes
    generation: int
