"""The ConsentRegistry, directives and refusals: what each function asks for, and what it reports.

``signer`` is whose key made the signature that is sent.
"""

from __future__ import annotations

from typing import NamedTuple

from operations_model import NO_DIGEST, NOBODY, Model, Refused, require

from pixelpact.models import Directive
from pixelpact.policy import ConsentKind, GuardianPower, OperatorPermission, Role
from pixelpact.policy.state import Commitment, Guardian, Subject

PREFIX = "ConsentRegistry_"
PAPER, PHONE = 1, 2


class Refusal(NamedTuple):
    """A refusal as it is signed."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    purposes: int
    sequence: int


def signed(required: bytes, signer: bytes) -> None:
    """The signature is the one that is asked for; the zero address signs nothing."""
    require(required == signer != NOBODY, PREFIX + "SignatureInvalid")


def acts(model: Model, subject: bytes, appointment: int, power: int = 0) -> bytes:
    """Who has to sign: the subject, or the guardian of an appointment that is live and has the power."""
    if not appointment:
        return model.state.consents.key_of(subject)
    guardian = live(model, subject, appointment)
    require(guardian.powers & power == power, PREFIX + "PowerMissing")
    return guardian.account


def live(model: Model, subject: bytes, appointment: int) -> Guardian:
    found = model.state.consents.subject(subject).guardian(appointment)
    if found is None or not model.state.consents.subject(subject).is_live(found, model.time):
        raise Refused(PREFIX + "GuardianEnded")
    return found


def own_key(model: Model, subject: bytes) -> None:
    """The subject signed with a key."""
    if not model.state.consents.subject(subject).has_own_key:
        model.emit("PaperEnded", subject)


def operator(model: Model, by: bytes) -> int:
    return model.active_operator("ConsentRegistry", by, OperatorPermission.CONSENTS)


def custodian(model: Model, by: bytes) -> int:
    institution = operator(model, by)
    require(model.has_role(institution, Role.CUSTODIAN), PREFIX + "LacksRole")
    return institution


def second_of(model: Model, by: bytes, institution: int, second: bytes) -> None:
    require(second != by, PREFIX + "SecondIsFirst")
    other, permissions = model.state.institutions.acting_for(second)
    of_same = other == institution and permissions & OperatorPermission.CONSENTS
    require(of_same, PREFIX + "NotOperator")


def held(model: Model, institution: int, study: bytes, subject: bytes) -> None:
    facts = model.state.studies.facts(study)
    require(facts.custodian == institution, PREFIX + "NotCustodian")
    require(facts.subject == subject, PREFIX + "NotSubject")


def _kept(model: Model, subject: bytes, directive: bytes) -> Commitment | None:
    return model.state.consents.commitments.get((subject, directive))


def _not_revoked(model: Model, subject: bytes, directive: bytes) -> None:
    found = _kept(model, subject, directive)
    require(found is None or not found.facts.revoked_at, PREFIX + "AlreadyRevoked")


def _not_recorded(model: Model, subject: bytes, directive: bytes) -> None:
    found = _kept(model, subject, directive)
    require(found is None or not found.facts.recorded_at, PREFIX + "AlreadyRecorded")


def _of(model: Model, subject: bytes) -> Subject:
    return model.state.consents.subject(subject)


def record(model: Model, subject: bytes, directive: bytes, appointment: int, signer: bytes) -> None:
    _not_revoked(model, subject, directive)
    _not_recorded(model, subject, directive)
    signed(acts(model, subject, appointment, GuardianPower.GRANT), signer)
    kind = ConsentKind.GUARDIAN if appointment else ConsentKind.SIGNED
    if not appointment and _of(model, subject).has_paper:
        own_key(model, subject)
    model.emit("DirectiveRecorded", subject, directive, int(kind), appointment)


def revoke(model: Model, subject: bytes, directive: bytes, appointment: int, signer: bytes) -> None:
    _not_revoked(model, subject, directive)
    signed(acts(model, subject, appointment), signer)
    if not appointment and _of(model, subject).has_paper:
        own_key(model, subject)
    model.emit("DirectiveRevoked", subject, directive, appointment)


def revoke_all(model: Model, subject: bytes, following: int, appointment: int, signer: bytes) -> None:
    require(following == _of(model, subject).generation + 1, PREFIX + "GenerationDiffers")
    signed(acts(model, subject, appointment), signer)
    if not appointment:
        own_key(model, subject)
    model.emit("AllRevoked", subject, following, appointment)


def refuse(model: Model, refusal: Refusal, appointment: int, signer: bytes) -> None:
    scope = refusal.custodian, refusal.study, refusal.grantee
    named = bool(refusal.custodian) + (refusal.study != NO_DIGEST) + bool(refusal.grantee)
    require(named <= 1, PREFIX + "ScopeAmbiguous")
    purposes, sequence = _of(model, refusal.subject).signed.get(scope, (0, 0))
    if appointment:
        require(refusal.sequence == sequence + 1, PREFIX + "SequenceDiffers")
        require(not purposes & ~refusal.purposes, PREFIX + "RefusalNarrowed")
    else:
        require(refusal.sequence > sequence, PREFIX + "SequencePast")
    signed(acts(model, refusal.subject, appointment), signer)
    if not appointment:
        own_key(model, refusal.subject)
    model.emit("RefusalSet", *refusal, appointment)


# Taken by a hospital


def record_paper(
    model: Model, by: bytes, subject: bytes, directive: bytes, form: bytes, second: bytes, signer: bytes
) -> None:
    institution = custodian(model, by)
    require(form != NO_DIGEST, PREFIX + "DigestMissing")
    _not_revoked(model, subject, directive)
    _not_recorded(model, subject, directive)
    require(not _of(model, subject).has_own_key, PREFIX + "PaperEnded")
    second_of(model, by, institution, second)
    signed(second, signer)
    model.emit("DirectiveRecorded", subject, directive, int(ConsentKind.PAPER), institution)
    model.emit("PaperRecorded", subject, directive, institution, form, by, second)


def _taken_by(means: int, form: bytes) -> None:
    require(means in (PAPER, PHONE), PREFIX + "MeansUnknown")
    require(form != NO_DIGEST, PREFIX + "DigestMissing")


def take_revocation(
    model: Model, by: bytes, cited: Directive, directive: bytes, means: int, form: bytes
) -> None:
    institution = operator(model, by)
    require(cited.custodian == institution, PREFIX + "NotCustodian")
    _taken_by(means, form)
    _not_revoked(model, cited.subject, directive)
    model.emit("DirectiveRevoked", cited.subject, directive, 0)
    model.emit("RevocationTaken", cited.subject, directive, institution, means, form, by)


def _taken(model: Model, subject: bytes, institution: int, study: bytes) -> tuple[int, int]:
    scope = (0, study) if study != NO_DIGEST else (institution, study)
    return _of(model, subject).taken.get(scope, (0, 0))


def take_refusal(
    model: Model, by: bytes, subject: bytes, study: bytes, purposes: int, means: int, form: bytes
) -> None:
    institution = operator(model, by)
    _taken_by(means, form)
    if study != NO_DIGEST:
        held(model, institution, study, subject)
    before, sequence = _taken(model, subject, institution, study)
    require(purposes & ~before, PREFIX + "RefusalUnchanged")
    after = before | purposes
    model.emit("RefusalTaken", subject, institution, study, after, sequence + 1, means, form, by)


def lift_taken_refusal(
    model: Model,
    by: bytes,
    subject: bytes,
    study: bytes,
    form: bytes,
    sequence: int,
    second: bytes,
    signer: bytes,
) -> None:
    institution = operator(model, by)
    require(form != NO_DIGEST, PREFIX + "DigestMissing")
    if study != NO_DIGEST:
        held(model, institution, study, subject)
    before, stored = _taken(model, subject, institution, study)
    require(sequence == stored + 1, PREFIX + "SequenceDiffers")
    require(before, PREFIX + "RefusalUnchanged")
    second_of(model, by, institution, second)
    signed(second, signer)
    model.emit("TakenRefusalLifted", subject, institution, study, sequence, form, by, second)


def end_paper(model: Model, subject: bytes, signer: bytes) -> None:
    require(not _of(model, subject).has_own_key, PREFIX + "PaperEnded")
    signed(acts(model, subject, 0), signer)
    own_key(model, subject)


def anchor(model: Model, by: bytes, root: bytes) -> None:
    institution = custodian(model, by)
    require(root != NO_DIGEST, PREFIX + "DigestMissing")
    require((institution, root) not in model.state.consents.batches, PREFIX + "AlreadyAnchored")
    model.emit("BatchAnchored", institution, root)
