"""The state of the six contracts, rebuilt from their events; every look-up takes constant time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pixelpact.audit.findings import Position
from pixelpact.audit.matters import Due, Engine, Handover, Proposal, Research, Review, Stop, Subject
from pixelpact.chain import Terms
from pixelpact.models import ZERO32, AccessQuery, Directive, Evidence

__all__ = [
    "Commitment",
    "Institution",
    "RefusalScope",
    "Release",
    "Request",
    "State",
    "Study",
]

ZERO_ADDRESS = bytes(20)


@dataclass(slots=True)
class Institution:
    """One institution as the InstitutionRegistry has it.

    ``suspended`` says since when, None while active; ``status_since`` is the time of the present status,
    seconds.
    """

    admin: bytes
    roles: int
    country: bytes
    attributes: int
    requester_since: int
    status_since: int
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
        manifests: the manifest of each epoch so far, by its digest: the first epoch that had it.
        ended: where each epoch that is over ended, by a rotation or by erasure.
        disposed: the epochs whose disposal was attested.
        releases: the keys of the present epoch that left, in their order.
        formers: the institutions that held it before, the latest first.
        offer: the one that stands, to whom it may go.
    """

    subject: bytes
    custodian: int
    categories: int
    manifest_digest: bytes
    epoch: int = 1
    withdrawn: bool = False
    erased: Position | None = None
    manifests: dict[bytes, int] = field(default_factory=dict)
    ended: dict[int, Position] = field(default_factory=dict)
    disposed: set[int] = field(default_factory=set)
    releases: list[Release] = field(default_factory=list)
    formers: tuple[int, ...] = ()
    offer: Handover | None = None


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
class Request:
    """One request as the AccessLedger has it, with the directive that its event carried.

    Attributes:
        directive: None where none was cited.
        directive_hash: of that directive, as the contracts compute it; zeros for none.
        evidence: what showed it, when it stands in a batch.
        reason: as it was recorded.
        emergency: whether it was an emergency, which cites no consent.
        custodian: of the study when it was made; an emergency may be reviewed by it.
        review_by: the first second in which the review of an emergency is late; 0 when none is owed.
        refused: where the custodian refused it.
        review: of the emergency.
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
    custodian: int = 0
    review_by: int = 0
    review: Review | None = None
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
        founded: where the consortium was founded, and its founders admitted.
        terms: the times that the consortium was founded on; None while no event told them.
        proposals: what was proposed, by number.
        carried: the number of the youngest proposal of an action on an institution that was carried out.
        enacting: the number of the proposal that was carried out last, and where.
        engines: those that were in force, the present one last.
        stops: every stop, and every lifting of one.
        handovers: every offer of a study to another hospital.
        due: what must come next.
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
    founded: Position | None = None
    terms: Terms | None = None
    proposals: dict[int, Proposal] = field(default_factory=dict)
    carried: dict[tuple[int, int], int] = field(default_factory=dict)
    enacting: tuple[int, Position] | None = None
    engines: list[Engine] = field(default_factory=lambda: [Engine(1, bytes(20))])
    stops: list[Stop] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    due: Due | None = None
    requests: dict[bytes, Request] = field(default_factory=dict)
    envelopes: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        """The policy engine in force."""
        return self.engines[-1]

    @property
    def stopped_until(self) -> int:
        """Until when nothing is shared, seconds; 0 when sharing was never stopped."""
        return self.stops[-1].until if self.stops else 0

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

    def refusals_of(self, study: Study, number: bytes, grantee: int) -> Iterator[RefusalScope]:
        """Whatever a study's patient refuses that bears on it, signed or taken, at former custodians too."""
        yield from self.refusals(study.subject, study.custodian, number, grantee)
        yield self.taken.get((study.subject, 0, number), _NOTHING_REFUSED)
        for former in study.formers:
            yield self.refusal(study.subject, former, ZERO32, 0)
        for custodian in (study.custodian, *study.formers):
            yield self.taken.get((study.subject, custodian, ZERO32), _NOTHING_REFUSED)

    def refusal(self, subject: bytes, custodian: int, study: bytes, grantee: int) -> RefusalScope:
        """One scope of a subject."""
        return self.scopes.get((subject, custodian, study, grantee), _NOTHING_REFUSED)


_NOTHING_REFUSED = RefusalScope()
