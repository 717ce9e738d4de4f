"""The StudyRegistry: what each function asks for, and what it reports."""

from __future__ import annotations

from operations_model import NO_DIGEST, NOBODY, Model, require

from pixelpact.policy import InstitutionStatus, OperatorPermission, Role, StudyStatus
from pixelpact.policy.state import Study

MOST_FORMERS = 4


def _active(model: Model, by: bytes) -> int:
    return model.active_operator("StudyRegistry", by, OperatorPermission.STUDIES)


def _held(model: Model, by: bytes, study: bytes) -> tuple[int, Study]:
    """The study, if the caller is an operator for studies of its custodian, which is active."""
    require(study in model.state.studies.known, "StudyRegistry_Unknown")
    found = model.state.studies.known[study]
    institution = _active(model, by)
    require(institution == found.facts.custodian, "StudyRegistry_NotCustodian")
    return institution, found


def _not_erased(found: Study) -> None:
    require(found.facts.status != StudyStatus.ERASED, "StudyRegistry_WrongStatus")


def register(
    model: Model,
    by: bytes,
    local: bytes,
    subject: bytes,
    categories: int,
    manifest: bytes,
    content: bytes,
    study: bytes,
) -> None:
    custodian = _active(model, by)
    require(model.has_role(custodian, Role.CUSTODIAN), "StudyRegistry_LacksRole")
    complete = NO_DIGEST not in (local, manifest, content) and subject != NOBODY and categories
    require(complete, "StudyRegistry_Incomplete")
    require(study not in model.state.studies.known, "StudyRegistry_AlreadyRegistered")
    model.emit("StudyRegistered", study, custodian, subject, categories, manifest, content)


def rotate(model: Model, by: bytes, study: bytes, expected: int, manifest: bytes) -> None:
    custodian, found = _held(model, by, study)
    _not_erased(found)
    require(expected == found.facts.epoch, "StudyRegistry_EpochDiffers")
    previous = found.manifest_digest
    require(manifest not in (NO_DIGEST, previous), "StudyRegistry_ManifestUnusable")
    model.emit("StudyRotated", study, custodian, expected + 1, manifest, previous)


def withdraw(model: Model, by: bytes, study: bytes) -> None:
    custodian, found = _held(model, by, study)
    require(found.facts.status == StudyStatus.ACTIVE, "StudyRegistry_WrongStatus")
    model.emit("StudyWithdrawn", study, custodian)


def reinstate(model: Model, by: bytes, study: bytes) -> None:
    custodian, found = _held(model, by, study)
    require(found.facts.status == StudyStatus.WITHDRAWN, "StudyRegistry_WrongStatus")
    model.emit("StudyReinstated", study, custodian)


def erase(model: Model, by: bytes, study: bytes, certificate: bytes) -> None:
    custodian, found = _held(model, by, study)
    _not_erased(found)
    require(certificate != NO_DIGEST, "StudyRegistry_CertificateMissing")
    model.emit("StudyErased", study, custodian, certificate)


def attest_disposal(
    model: Model, by: bytes, study: bytes, epoch: int, blocks: int, nodes: int, report: bytes
) -> None:
    custodian, found = _held(model, by, study)
    current = found.facts.epoch
    over = epoch < current or (epoch == current and found.facts.status == StudyStatus.ERASED)
    require(epoch and over, "StudyRegistry_EpochInUse")
    require(blocks and nodes and report != NO_DIGEST, "StudyRegistry_ReportIncomplete")
    model.emit("DisposalAttested", study, custodian, epoch, blocks, nodes, report)


def offer_custody(model: Model, by: bytes, study: bytes, to: int) -> None:
    custodian, found = _held(model, by, study)
    _not_erased(found)
    known = to == 0 or model.facts(to).status != InstitutionStatus.UNKNOWN
    require(known and to != custodian, "StudyRegistry_OfferUnusable")
    require(len(found.facts.formers) < MOST_FORMERS, "StudyRegistry_FormersExhausted")
    model.emit("CustodyOffered", study, custodian, to)


def accept_custody(model: Model, by: bytes, study: bytes) -> None:
    require(study in model.state.studies.known, "StudyRegistry_Unknown")
    found = model.state.studies.known[study]
    institution = _active(model, by)
    require(model.has_role(institution, Role.CUSTODIAN), "StudyRegistry_LacksRole")
    require(found.offered_to == institution, "StudyRegistry_NotOffered")
    _not_erased(found)
    model.emit("CustodyTransferred", study, found.facts.custodian, institution)
