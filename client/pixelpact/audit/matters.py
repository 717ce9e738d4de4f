"""What the state keeps of patients beside their consents, of research, of votes and of handovers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pixelpact.audit.findings import Code, Position
from pixelpact.models import ZERO32, Motion, Project

__all__ = [
    "Due",
    "Engine",
    "Guardian",
    "Handover",
    "Proposal",
    "ProposalState",
    "Recovery",
    "RecoveryState",
    "Research",
    "Review",
    "Stop",
    "Subject",
]


@dataclass(slots=True)
class Guardian:
    """One appointment of a patient's guardian.

    Attributes:
        guardian: the guardian's address.
        powers: a set of GuardianPower.
        custodian: the hospital that it is limited to, 0 for none.
        until: when it ends at the latest, seconds.
        attested: whether two people of that hospital attested it, the patient having signed nothing.
        ended: where it was dismissed.
    """

    guardian: bytes
    powers: int
    custodian: int
    until: int
    attested: bool
    ended: Position | None = None


class RecoveryState(StrEnum):
    """What became of a recovery."""

    UNDER_WAY = "under way"
    STOPPED = "stopped by the present key"
    FINISHED = "finished"


@dataclass(slots=True)
class Recovery:
    """One attempt to give a patient another key.

    Attributes:
        candidate: the key that is to sign.
        ready_at: from when on it may take over, seconds.
        appointment: of the guardian who began it with a hospital; 0: the account that the patient named.
        at: where it began.
        state: what became of it.
        ended: where it was stopped or finished.
    """

    candidate: bytes
    ready_at: int
    appointment: int
    at: Position
    state: RecoveryState = RecoveryState.UNDER_WAY
    ended: Position | None = None


@dataclass(slots=True)
class Subject:
    """What the ConsentRegistry has of a patient beside consents and refusals.

    Attributes:
        key: whose key signs, the patient's own address until another took over.
        signs: where the patient first signed with a key, as far as is known, which ends paper and attested
            guardians.
        guardians: the appointments by their numbers.
        named: the account that may begin a recovery; zeros for none.
        named_sequence: of the last naming.
        recoveries: by their attempts, the last one last.
    """

    key: bytes
    signs: Position | None = None
    guardians: dict[int, Guardian] = field(default_factory=dict)
    named: bytes = bytes(20)
    named_sequence: int = 0
    recoveries: dict[int, Recovery] = field(default_factory=dict)

    @property
    def recovery(self) -> Recovery | None:
        """The one that is under way."""
        last = next(reversed(self.recoveries.values()), None)
        return last if last is not None and last.state is RecoveryState.UNDER_WAY else None


@dataclass(slots=True)
class Research:
    """One research project as the ProjectRegistry has it; board and until are 0 until it is approved."""

    body: Project
    board: int = 0
    until: int = 0
    withdrawn: Position | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """The review of an emergency: where, by whom, and what was found."""

    at: Position
    reviewer: int
    verdict: int
    late: bool


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    CARRIED_OUT = "carried out"
    VETOED = "vetoed"


@dataclass(slots=True)
class Proposal:
    """Something that was proposed, and the votes for it.

    Attributes:
        motion: what it would do.
        proposer: the institution that proposed it.
        at: where.
        votes: the institutions that voted for it, and where.
        passed: where two thirds were first for it.
        state: what became of it.
        ended: where it was carried out or vetoed.
        tally: counted again when it was carried out or vetoed: how many of how many.
    """

    motion: Motion
    proposer: int
    at: Position
    votes: dict[int, Position] = field(default_factory=dict)
    passed: Position | None = None
    state: ProposalState = ProposalState.OPEN
    ended: Position | None = None
    tally: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """A policy engine in force from ``at`` on (None: from the beginning).

    ``known``: whether it is the one that PixelPact ships, whose rules the reference model has.
    """

    version: int
    address: bytes
    code_hash: bytes = ZERO32
    known: bool = True
    at: Position | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Sharing was stopped until a time (seconds), or a stop was lifted; by a proposal, 0 for none."""

    at: Position
    until: int
    proposal: int = 0


@dataclass(slots=True)
class Handover:
    """A study that was offered to another hospital.

    Attributes:
        study: the study's number.
        from_: who holds it.
        to: who may take it over.
        offered: where.
        ended: where it was taken over, taken back, or another offer was made.
        taken_over: whether it was.
    """

    study: bytes
    from_: int
    to: int
    offered: Position
    ended: Position | None = None
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """An event that must follow in the same transaction, and what is found when it does not.

    Attributes:
        at: the event that it must follow.
        kind: the name of the event that must come.
        sentence, code: of the finding.
        subject: what it is about, as people read it.
    """

    at: Position
    kind: str
    sentence: str
    code: Code
    subject: str
