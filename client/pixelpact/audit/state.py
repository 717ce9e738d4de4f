"""The state of the six contracts, rebuilt from their events; every look-up takes constant time."""

from __future__ import annotations

from dataclasses import dataclass, field

from pixelpact.audit.findings import Position
from pixelpact.chain import Terms
from pixelpact.models import ZERO32, AccessQuery, Directive, Evidence, Motion, Project

__all__ = [
    "Commitment",
    "Guardian",
    "Institution",
    "RefusalScope",
    "Release",
    "Request",
    "Research",
    "State",
    "Study",
    "Subject",
]

ZERO_ADDRESS = bytes(20)


@dataclass(slots=True)
class Institution:
    """One institution as the InstitutionRegistry has it; ``suspended`` says since when, None while active."""

    admin: bytes
    roles: int
    country: bytes
    attributes: int
    requester_since: int
    key_version: int = 0
    suspended: Position | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A key that left: on which request, to whom and where."""

    request: Request
    requester: int
    at: Position


@dataclass(slots=True)
class Study:
    """One study as the StudyRegistry has it.

    Attributes:
        ended: where each epoch that is over ended, by a rotation or by erasure.
        disposed: the epochs whose disposal was attested.
        releases: the keys of the present epoch that left, in their order.
        formers: the institutions that held it before, the latest first.
    """

    subject: bytes
    custodian: int
    categories: int
    manifest_digest: bytes
    epoch: int = 1
    withdrawn: bool = False
    erased: Position | None = None
    ended: dict[int, Position] = field(default_factory=dict)
    disposed: set[int] = field(default_factory=set)
    releases: list[Release] = field(default_factory=list)
    formers: tuple[int, ...] = ()


@dataclass(slots=True)
class Commitment:
    """A directive's commitment under its subject; revoked is absorbing and may stand before recorded.

    Attributes:
        kind, authority: how consent was shown, and by which guardian or institution.
        generation: the subject's when it was recorded.
    """

    recorded: Position | None = None
    revoked: Position | None = None
    kind: int = 0
    authority: int = 0
    generation: int = 0


@dataclass(slots=True)
class RefusalScope:
    """What one scope of a subject refuses, a set of purposes, and since when each stands without a break."""

    purposes: int = 0
    sequence: int = 0
    since: dict[int, Position] = field(default_factory=dict)

    def replace(self, purposes: int, sequence: int, at: Position) -> None:
        """Put another set in the place of the present one."""
        self.since = {bit: self.since.get(bit, at) for bit in range(64) if purposes >> bit & 1}
        self.purposes = purposes
        self.sequence = sequence


@dataclass(slots=True)
class Guardian:
    """One appointment of a patient's guardian."""

    guardian: bytes
    powers: int
    custodian: int
    until: int
    attested: bool
    ended: bool = False


@dataclass(slots=True)
class Subject:
    """What the ConsentRegistry has of a patient beside consents and refusals.

    Attributes:
        key: whose key signs, the patient's own address until another took over.
        signs: whether the patient signed with a key, which ends paper and attested guardians.
        guardians: the appointments by their numbers.
    """

    key: bytes
    signs: bool = False
    guardians: dict[int, Guardian] = field(default_factory=dict)


@dataclass(slots=True)
class Research:
    """One research project as the ProjectRegistry has it; board and until are 0 until it is approved."""

    body: Project
    board: int = 0
    until: int = 0
    withdrawn: bool = False


@dataclass(slots=True)
class Request:
    """One request as the AccessLedger has it, with the directive that its event carried.

    Attributes:
        directive: None where none was cited.
        directive_hash: of that directive, as the contracts compute it; zeros for none.
        evidence: what showed it, when it stands in a batch.
        reason: as it was recorded.
        emergency: whether it was an emergency, which cites no consent.
        refused: where the custodian refused it.
        reviewed: where the emergency was reviewed.
        served: the epochs of its releases.
        last_served, last_confirmed, last_disputed: the last epoch of each, 0 for none.
    """

    requester: int
    query: AccessQuery
    directive: Directive | None
    directive_hash: bytes
    reason: int
    at: Position
    evidence: Evidence | None = None
    emergency: bool = False
    reviewed: Position | None = None
    refused: Position | None = None
    served: set[int] = field(default_factory=set)
    last_served: int = 0
    last_confirmed: int = 0
    last_disputed: int = 0


@dataclass(slots=True)
class State:
    """All of it at one position of the chain: what every event up to there left behind.

    Attributes:
        operators: each account's institution and permissions.
        commitments: by subject and directive hash.
        generations: where each of a subject's generations began.
        scopes: refusals by subject, custodian, study and requester, of which at most one is not zero.
        taken: what hospitals took on paper or by phone, by subject, custodian and study: one is zero.
        subjects: what else there is of patients.
        batches: where each batch was anchored, by institution and root.
        projects: research projects by their numbers.
        proposals: what was proposed, by number.
        enacting: the transaction in which a proposal was carried out last, and what it was.
        engine_version: of the engine that decides.
        known_engines: the versions whose rules the reference model has: the first, and those voted for whose
            code is the shipped one's.
        stopped_until: until when nothing is shared, seconds.
        terms: those that the consortium was founded on; None while no event told them.
        envelopes: the request that each envelope's digest was released for.
    """

    institutions: dict[int, Institution] = field(default_factory=dict)
    operators: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    studies: dict[bytes, Study] = field(default_factory=dict)
    commitments: dict[tuple[bytes, bytes], Commitment] = field(default_factory=dict)
    generations: dict[bytes, list[Position]] = field(default_factory=dict)
    scopes: dict[tuple[bytes, int, bytes, int], RefusalScope] = field(default_factory=dict)
    taken: dict[tuple[bytes, int, bytes], RefusalScope] = field(default_factory=dict)
    subjects: dict[bytes, Subject] = field(default_factory=dict)
    batches: dict[tuple[int, bytes], Position] = field(default_factory=dict)
    projects: dict[bytes, Research] = field(default_factory=dict)
    proposals: dict[int, Motion] = field(default_factory=dict)
    enacting: tuple[bytes, Motion] | None = None
    engine_version: int = 1
    known_engines: set[int] = field(default_factory=lambda: {1})
    stopped_until: int = 0
    terms: Terms | None = None
    requests: dict[bytes, Request] = field(default_factory=dict)
    envelopes: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def paper_delay(self) -> int:
        """Before a consent on paper counts, seconds; 0 while no event told the terms."""
        return self.terms.paper_delay if self.terms is not None else 0

    def generation(self, subject: bytes) -> int:
        """How often the subject withdrew everything."""
        return len(self.generations.get(subject, ()))

    def subject(self, subject: bytes) -> Subject:
        """What there is of a patient, begun when there is nothing."""
        return self.subjects.setdefault(subject, Subject(subject))

    def taken_refusals(self, subject: bytes, custodians: tuple[int, ...], study: bytes) -> int:
        """The purposes that were taken for all that these custodians hold of a subject, or for this study."""
        found = self.taken.get((subject, 0, study), _NOTHING_REFUSED).purposes
        for custodian in custodians:
            found |= self.taken.get((subject, custodian, ZERO32), _NOTHING_REFUSED).purposes
        return found

    def refusals(
        self, subject: bytes, custodian: int, study: bytes, grantee: int
    ) -> tuple[RefusalScope, ...]:
        """The scopes that bear on one decision: for everything, the custodian, the study, the requester."""
        keys = ((0, ZERO32, 0), (custodian, ZERO32, 0), (0, study, 0), (0, ZERO32, grantee))
        return tuple(self.refusal(subject, *key) for key in keys)

    def refusal(self, subject: bytes, custodian: int, study: bytes, grantee: int) -> RefusalScope:
        """One scope of a subject."""
        return self.scopes.get((subject, custodian, study, grantee), _NOTHING_REFUSED)


_NOTHING_REFUSED = RefusalScope()
