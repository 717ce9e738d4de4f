"""What a decision is made from, taken out of the rebuilt state."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.audit.shown import is_shown
from pixelpact.audit.state import Commitment, Request, State
from pixelpact.chain import Network
from pixelpact.models import ZERO32, Directive, Evidence
from pixelpact.policy import (
    CommitmentFacts,
    ConsentKind,
    Facts,
    GuardianPower,
    InstitutionFacts,
    InstitutionStatus,
    ProjectFacts,
    ProjectStatus,
    Reason,
    RefusalFacts,
    StudyFacts,
    StudyStatus,
)

__all__ = ["Asked", "asked_by", "facts_at"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a decision is about.

    Attributes:
        study: the study asked for, 32 bytes; it may be unknown.
        requester: the institution that asks; it may be unknown.
        project: the research project cited, zeros for none.
        directive_hash: of the directive cited (EIP-712 struct hash), zeros for none.
        directive: that directive; only evidence is checked against it.
        evidence: what shows it, when it stands in a batch.
    """

    study: bytes
    requester: int
    project: bytes = ZERO32
    directive_hash: bytes = ZERO32
    directive: Directive | None = None
    evidence: Evidence | None = None


def asked_by(request: Request) -> Asked:
    """What a recorded request is about."""
    return Asked(
        request.query.study,
        request.requester,
        request.query.project,
        request.directive_hash,
        request.directive,
        request.evidence,
    )


def facts_at(state: State, network: Network, asked: Asked, *, time: int) -> Facts:
    """The facts of one decision in this state.

    Args:
        state: as the events before the decision left it.
        network: what evidence is bound to.
        asked: what is decided.
        time: of the block of the decision, seconds.
    """
    found = _study(state, asked.study)
    commitment = _commitment(state, network, asked, found, time)
    return Facts(
        time=time,
        study=found,
        requester=_institution(state, asked.requester),
        custodian=_institution(state, found.custodian),
        refusals=_refusals(state, asked, found),
        generation=state.generation(found.subject),
        commitment=commitment,
        generation_since=_generation_since(state, found.subject, asked.directive_hash),
        project=_project(state, asked),
        stopped_until=state.stopped_until,
    )


def _study(state: State, number: bytes) -> StudyFacts:
    study = state.studies.get(number)
    if study is None:
        return StudyFacts()
    if study.erased is not None:
        status = StudyStatus.ERASED
    else:
        status = StudyStatus.WITHDRAWN if study.withdrawn else StudyStatus.ACTIVE
    return StudyFacts(status, study.subject, study.custodian, study.categories, study.epoch, study.formers)


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


def _refusals(state: State, asked: Asked, study: StudyFacts) -> RefusalFacts:
    subject = study.subject
    everything, custodian, this, requester = state.refusals(
        subject, study.custodian, asked.study, asked.requester
    )
    formers = 0
    for former in study.formers:
        formers |= state.refusal(subject, former, ZERO32, 0).purposes
    return RefusalFacts(
        everything.purposes,
        custodian.purposes,
        this.purposes,
        requester.purposes,
        formers=formers,
        taken=state.taken_refusals(subject, (study.custodian, *study.formers), asked.study),
    )


def _commitment(
    state: State, network: Network, asked: Asked, study: StudyFacts, time: int
) -> CommitmentFacts:
    """How the directive stands under the study's subject: as it was recorded, or as evidence shows it."""
    found = state.commitments.get((study.subject, asked.directive_hash), Commitment())
    recorded_at = found.recorded.time if found.recorded else 0
    revoked_at = found.revoked.time if found.revoked else 0
    kind, authority, flaw = ConsentKind(found.kind), found.authority, Reason.PERMITTED
    evidence = asked.evidence
    if kind is ConsentKind.NONE and evidence is not None:
        anchored = state.batches.get((evidence.poster, evidence.root))
        if anchored is not None and is_shown(state, network, study.subject, asked.directive, evidence):
            recorded_at, authority = anchored.time, evidence.appointment
            kind = ConsentKind.GUARDIAN if evidence.appointment else ConsentKind.SIGNED
        elif anchored is not None:
            flaw = Reason.EVIDENCE_INVALID
    if kind is ConsentKind.GUARDIAN:
        flaw = _flaw_of_guardian(state, study, authority, time)
    elif kind is ConsentKind.PAPER:
        flaw = _flaw_of_paper(state, study, authority)
    stands_from = recorded_at + state.paper_delay if kind is ConsentKind.PAPER else 0
    return CommitmentFacts(recorded_at, revoked_at, kind, stands_from, flaw)


def _flaw_of_guardian(state: State, study: StudyFacts, number: int, time: int) -> Reason:
    subject = state.subject(study.subject)
    guardian = subject.guardians.get(number)
    if guardian is None or guardian.ended or time >= guardian.until or (guardian.attested and subject.signs):
        return Reason.GUARDIAN_ENDED
    if not guardian.powers & GuardianPower.GRANT or guardian.custodian not in (0, study.custodian):
        return Reason.AUTHORITY_EXCEEDED
    return Reason.PERMITTED


def _flaw_of_paper(state: State, study: StudyFacts, institution: int) -> Reason:
    if state.subject(study.subject).signs is not None:
        return Reason.PAPER_ENDED
    return Reason.PERMITTED if institution == study.custodian else Reason.AUTHORITY_EXCEEDED


def _generation_since(state: State, subject: bytes, directive_hash: bytes) -> int:
    """From when on what is recorded counts; what was recorded in this generation does at once."""
    generations = state.generations.get(subject)
    commitment = state.commitments.get((subject, directive_hash))
    is_of_this = commitment and commitment.recorded and commitment.generation == len(generations or ())
    return 0 if not generations or is_of_this else generations[-1].time + 1


def _project(state: State, asked: Asked) -> ProjectFacts:
    project = state.projects.get(asked.project)
    if project is None:
        return ProjectFacts()
    if project.withdrawn is not None:
        status = ProjectStatus.WITHDRAWN
    else:
        status = ProjectStatus.APPROVED if project.board else ProjectStatus.REGISTERED
    body = project.body
    return ProjectFacts(
        status=status,
        lead=body.lead,
        board=_institution(state, project.board),
        until=project.until,
        traits=body.traits,
        country=body.country,
        participates=asked.requester in (body.lead, *body.partners),
        codes=frozenset(body.codes),
    )
