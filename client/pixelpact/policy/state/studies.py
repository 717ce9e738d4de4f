"""What the StudyRegistry keeps: what may be shared, whose it is, and who holds it (docs/contracts.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixelpact.policy.facts import StudyFacts, StudyStatus

__all__ = ["Studies", "Study"]

_UNKNOWN = StudyFacts()


@dataclass(slots=True)
class Study:
    """One study.

    Attributes:
        facts: what a decision needs to know of it.
        manifest_digest: of the present epoch, 32 bytes.
        content_commitment: 32 bytes.
        registered_at: in seconds.
        offered_to: the institution that its custody is offered to; 0: to none.
    """

    facts: StudyFacts
    manifest_digest: bytes
    content_commitment: bytes
    registered_at: int
    offered_to: int = 0


class Studies:
    """All of them, as the events leave them, by their numbers (32 bytes)."""

    def __init__(self) -> None:
        self.known: dict[bytes, Study] = {}

    @property
    def handlers(self) -> Mapping[str, Callable[[Any, int], None]]:
        """What each event changes, by its name; called with the event and its block's time."""
        return {
            "StudyRegistered": self._registered,
            "StudyRotated": self._rotated,
            "StudyWithdrawn": self._withdrawn,
            "StudyReinstated": self._reinstated,
            "StudyErased": self._erased,
            "DisposalAttested": self._attested,
            "CustodyOffered": self._offered,
            "CustodyTransferred": self._transferred,
        }

    def facts(self, number: bytes) -> StudyFacts:
        """What a decision needs to know of a study, an unknown one too."""
        study = self.known.get(number)
        return study.facts if study is not None else _UNKNOWN

    def _registered(self, event: Any, time: int) -> None:
        facts = StudyFacts(StudyStatus.ACTIVE, event.subject, event.custodian, event.categories, 1)
        self.known[event.study] = Study(facts, event.manifest_digest, event.content_commitment, time)

    def _rotated(self, event: Any, _time: int) -> None:
        study = self.known[event.study]
        study.manifest_digest = event.manifest_digest
        study.facts = replace(study.facts, epoch=event.epoch)

    def _withdrawn(self, event: Any, _time: int) -> None:
        self._set_status(event.study, StudyStatus.WITHDRAWN)

    def _reinstated(self, event: Any, _time: int) -> None:
        self._set_status(event.study, StudyStatus.ACTIVE)

    def _erased(self, event: Any, _time: int) -> None:
        self._set_status(event.study, StudyStatus.ERASED)

    def _set_status(self, number: bytes, status: StudyStatus) -> None:
        study = self.known[number]
        study.facts = replace(study.facts, status=status)

    def _attested(self, event: Any, time: int) -> None:
        """An attestation of a disposal changes no decision."""

    def _offered(self, event: Any, _time: int) -> None:
        self.known[event.study].offered_to = event.to

    def _transferred(self, event: Any, _time: int) -> None:
        study = self.known[event.study]
        study.offered_to = 0
        formers = (study.facts.custodian, *study.facts.formers)
        study.facts = replace(study.facts, custodian=event.to, formers=formers)
