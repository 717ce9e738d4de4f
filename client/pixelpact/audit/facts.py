"""What a decision is made from, taken out of the rebuilt state."""

from __future__ import annotations

from pixelpact.audit.state import State
from pixelpact.policy import (
    CommitmentFacts,
    ConsentKind,
    Facts,
    InstitutionFacts,
    InstitutionStatus,
    RefusalFacts,
    StudyFacts,
    StudyStatus,
)

__all__ = ["facts_at"]


def facts_at(state: State, *, time: int, study: bytes, requester: int, directive_hash: bytes) -> Facts:
    """The facts of one decision in this state.

    Args:
        state: as the events before the decision left it.
        time: of the block of the decision, seconds.
        study: the study asked for; it may be unknown.
        requester: the institution that asks; it may be unknown.
        directive_hash: of the directive cited, zeros for none.
    """
    found = _study(state, study)
    everything, custodian, this, this_requester = state.refusals(
        found.subject, found.custodian, study, requester
    )
    return Facts(
        time=time,
        study=found,
        requester=_institution(state, requester),
        custodian=_institution(state, found.custodian),
        refusals=RefusalFacts(
            everything.purposes, custodian.purposes, this.purposes, this_requester.purposes
        ),
        generation=state.generation(found.subject),
        commitment=_commitment(state, found.subject, directive_hash),
        generation_since=_generation_since(state, found.subject, directive_hash),
    )


def _study(state: State, number: bytes) -> StudyFacts:
    study = state.studies.get(number)
    if study is None:
        return StudyFacts()
    if study.erased is not None:
        status = StudyStatus.ERASED
    else:
        status = StudyStatus.WITHDRAWN if study.withdrawn else StudyStatus.ACTIVE
    return StudyFacts(status, study.subject, study.custodian, study.categories, study.epoch)


def _institution(state: State, number: int) -> InstitutionFacts:
    institution = state.institutions.get(number)
    if institution is None:
        return InstitutionFacts(number)
    return InstitutionFacts(
        number=number,
        status=InstitutionStatus.ACTIVE if institution.suspended is None else InstitutionStatus.SUSPENDED,
        roles=institution.roles,
        country=institution.country,
        attributes=institution.attributes,
        requester_since=institution.requester_since,
        key_version=institution.key_version,
    )


def _commitment(state: State, subject: bytes, directive_hash: bytes) -> CommitmentFacts:
    commitment = state.commitments.get((subject, directive_hash))
    if commitment is None:
        return CommitmentFacts()
    return CommitmentFacts(
        recorded_at=commitment.recorded.time if commitment.recorded else 0,
        revoked_at=commitment.revoked.time if commitment.revoked else 0,
        kind=ConsentKind(commitment.kind),
    )


def _generation_since(state: State, subject: bytes, directive_hash: bytes) -> int:
    """From when on what is recorded counts; what was recorded in this generation does at once."""
    generations = state.generations.get(subject)
    commitment = state.commitments.get((subject, directive_hash))
    if not generations or (commitment and commitment.generation == len(generations)):
        return 0
    return generations[-1].time + 1
