"""What the ConsentRegistry keeps, as its events leave it (docs/contracts.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixelpact.policy._generated import GuardianPower, Reason
from pixelpact.policy.facts import CommitmentFacts, ConsentKind
from pixelpact.policy.state.subjects import Guardian, Recovery, Subject

__all__ = ["Commitment", "Consents", "ShownConsent"]

_GRANT = int(GuardianPower.GRANT)
_NOTHING = CommitmentFacts()
_UNKNOWN = Subject()
_KINDS = _NONE, _SIGNED, _GUARDIAN, _PAPER = tuple(ConsentKind)
_STANDS = Reason.PERMITTED


@dataclass(frozen=True, slots=True)
class Commitment:
    """What is kept of a directive.

    Attributes:
        facts: as it was recorded and withdrawn; whether a guardian's or a paper's counts,
            `Consents.commitment_facts` says.
        authority: the guardian's appointment, or the institution that recorded it from paper; else 0.
        generation: the subject's when it was recorded.
    """

    facts: CommitmentFacts
    authority: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True)
class ShownConsent:
    """What the evidence that a request cites comes to, once path and signature were followed.

    Attributes:
        poster: the institution that anchored the batch.
        root: the batch's root, 32 bytes.
        leads: whether the path leads from the directive's leaf to the root, in at most 32 steps.
        appointment: the guardian's that is said to have signed it; 0: the patient.
        signer: whose key signed the directive, 20 bytes; empty when the signature is none.
    """

    poster: int
    root: bytes
    leads: bool
    appointment: int
    signer: bytes


class Consents:
    """All of it.

    Attributes:
        paper_delay: before a consent on paper counts, in seconds; 0 before the consortium was founded.
        subjects: by their addresses (20 bytes).
        commitments: by subject and directive hash.
        batches: when each was anchored, in seconds, by poster and root.
    """

    def __init__(self) -> None:
        self.paper_delay = 0
        self.subjects: dict[bytes, Subject] = {}
        self.commitments: dict[tuple[bytes, bytes], Commitment] = {}
        self.batches: dict[tuple[int, bytes], int] = {}

    @property
    def handlers(self) -> Mapping[str, Callable[[Any, int], None]]:
        """What each event changes, by its name; called with the event and its block's time."""
        return {
            "ConsortiumFounded": self._founded,
            "DirectiveRecorded": self._recorded,
            "PaperRecorded": self._said_beside,
            "DirectiveRevoked": self._revoked,
            "RevocationTaken": self._said_beside,
            "AllRevoked": self._all_revoked,
            "RefusalSet": self._refusal_set,
            "RefusalTaken": self._refusal_taken,
            "TakenRefusalLifted": self._taken_lifted,
            "PaperEnded": self._paper_ended,
            "BatchAnchored": self._anchored,
            "GuardianAppointed": self._appointed,
            "GuardianDismissed": self._dismissed,
            "RecoveryNamed": self._recovery_named,
            "RecoveryStarted": self._recovery_started,
            "RecoveryStopped": self._recovery_stopped,
            "KeyReplaced": self._key_replaced,
        }

    def subject(self, address: bytes) -> Subject:
        """What is kept of a patient; not to be changed."""
        return self.subjects.get(address, _UNKNOWN)

    def key_of(self, address: bytes) -> bytes:
        """The account whose signatures are the patient's."""
        return self.subject(address).key or address

    def commitment_facts(
        self, address: bytes, directive_hash: bytes, custodian: int, time: int, shown: ShownConsent | None
    ) -> tuple[CommitmentFacts, int]:
        """What a decision needs to know of a directive, and from when on it would be of this generation.

        Args:
            address: the subject of the study that is asked for.
            directive_hash: of the directive that is cited; zeros for none.
            custodian: who holds the study.
            time: of the decision, in seconds.
            shown: what the evidence comes to, if some is cited.
        """
        subject = self.subjects.get(address, _UNKNOWN)
        found = self.commitments.get((address, directive_hash))
        if found is not None and found.facts.recorded_at:
            facts, since = found.facts, 0
            if found.generation != subject.generation:
                since = subject.generation_since
            if facts.kind != _SIGNED:
                flaw = self._flaw(subject, facts.kind, found.authority, custodian, time)
                if flaw:
                    facts = replace(facts, flaw=flaw)
            return facts, since
        facts = found.facts if found is not None else _NOTHING
        anchored_at = self.batches.get((shown.poster, shown.root), 0) if shown is not None else 0
        if shown is None or not anchored_at:
            return facts, subject.generation_since
        kind = self._kind_shown(address, subject, shown)
        if kind == _NONE:
            return replace(facts, flaw=Reason.EVIDENCE_INVALID), subject.generation_since
        flaw = self._flaw(subject, kind, shown.appointment, custodian, time)
        return CommitmentFacts(anchored_at, facts.revoked_at, kind, 0, flaw), subject.generation_since

    def _kind_shown(self, address: bytes, subject: Subject, shown: ShownConsent) -> ConsentKind:
        if not shown.leads or not shown.signer:
            return _NONE
        if shown.appointment == 0:
            return _SIGNED if shown.signer == (subject.key or address) else _NONE
        guardian = subject.guardian(shown.appointment)
        signed = guardian is not None and guardian.account == shown.signer
        return _GUARDIAN if signed else _NONE

    @staticmethod
    def _flaw(subject: Subject, kind: ConsentKind, authority: int, custodian: int, time: int) -> Reason:
        """Why what was given in the patient's name does not count for what this custodian holds."""
        if kind == _PAPER:
            if subject.has_own_key:
                return Reason.PAPER_ENDED
            return _STANDS if authority == custodian else Reason.AUTHORITY_EXCEEDED
        guardian = subject.guardian(authority) if kind == _GUARDIAN else None
        if guardian is None:
            return _STANDS
        if not subject.is_live(guardian, time):
            return Reason.GUARDIAN_ENDED
        may_grant = guardian.powers & _GRANT and guardian.custodian in (0, custodian)
        return _STANDS if may_grant else Reason.AUTHORITY_EXCEEDED

    def _of(self, address: bytes) -> Subject:
        found = self.subjects.get(address)
        if found is None:
            found = self.subjects[address] = Subject()
        return found

    def _founded(self, event: Any, _time: int) -> None:
        self.paper_delay = event.terms.paper_delay

    def _recorded(self, event: Any, time: int) -> None:
        kind = _KINDS[event.kind]
        stands_from = 0
        if kind == _PAPER:
            self._of(event.subject).has_paper = True
            stands_from = time + self.paper_delay
        self.commitments[event.subject, event.directive] = Commitment(
            CommitmentFacts(time, 0, kind, stands_from),
            event.authority,
            self.subject(event.subject).generation,
        )

    def _said_beside(self, event: Any, time: int) -> None:
        """Stands beside another event, which carries the change."""

    def _revoked(self, event: Any, time: int) -> None:
        key = event.subject, event.directive
        found = self.commitments.get(key)
        if found is None:
            found = Commitment(_NOTHING)
        self.commitments[key] = replace(found, facts=replace(found.facts, revoked_at=time))

    def _all_revoked(self, event: Any, time: int) -> None:
        subject = self._of(event.subject)
        subject.generation = event.generation
        subject.generation_since = time + 1

    def _refusal_set(self, event: Any, _time: int) -> None:
        scope = event.custodian, event.study, event.grantee
        self._of(event.subject).signed[scope] = event.purposes, event.sequence

    def _refusal_taken(self, event: Any, _time: int) -> None:
        self._of(event.subject).taken[_taken_scope(event)] = event.purposes, event.sequence

    def _taken_lifted(self, event: Any, _time: int) -> None:
        self._of(event.subject).taken[_taken_scope(event)] = 0, event.sequence

    def _paper_ended(self, event: Any, _time: int) -> None:
        self._of(event.subject).has_own_key = True

    def _anchored(self, event: Any, time: int) -> None:
        self.batches[event.poster, event.root] = time

    def _appointed(self, event: Any, _time: int) -> None:
        subject = self._of(event.subject)
        attested = any(event.form)
        subject.has_paper = subject.has_paper or attested
        subject.guardians.append(
            Guardian(event.guardian, event.powers, event.custodian, event.until, attested)
        )

    def _dismissed(self, event: Any, _time: int) -> None:
        self._of(event.subject).guardians[event.number - 1].ended = True

    def _recovery_named(self, event: Any, _time: int) -> None:
        recovery = self._of(event.subject).recovery
        recovery.named, recovery.sequence = event.account, event.sequence

    def _recovery_started(self, event: Any, _time: int) -> None:
        recovery = self._of(event.subject).recovery
        recovery.candidate, recovery.ready_at = event.candidate, event.ready_at
        recovery.attempt = event.attempt

    def _recovery_stopped(self, event: Any, _time: int) -> None:
        self._no_recovery(self._of(event.subject).recovery)

    def _key_replaced(self, event: Any, time: int) -> None:
        subject = self._of(event.subject)
        self._no_recovery(subject.recovery)
        subject.key = event.to
        subject.generation = event.generation
        subject.generation_since = time + 1
        subject.has_own_key = True

    @staticmethod
    def _no_recovery(recovery: Recovery) -> None:
        recovery.candidate, recovery.ready_at = bytes(20), 0


def _taken_scope(event: Any) -> tuple[int, bytes]:
    """What was taken for one study stands under the study alone, whoever holds it later."""
    return (0, event.study) if any(event.study) else (event.custodian, event.study)
