"""Sharing a study: sealed, stored, registered; and inviting somebody to ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pixelpact import documents, sealing
from pixelpact.chain import StudyRecord, StudyStatus
from pixelpact.errors import InputError, VaultError
from pixelpact.models import Evidence, PaperDirective, SignedDirective, SignedInvitation, StudySource
from pixelpact.policy import categories_of
from pixelpact.profile import Profile, require_bytes
from pixelpact.sealing import NetworkIdentity, Progress, SealedStudy

__all__ = ["SharedStudy", "invite", "own_study", "register", "seal"]


@dataclass(frozen=True, slots=True)
class SharedStudy:
    """A study on the chain.

    Attributes:
        number: its id on the chain, 32 bytes.
        categories: the kinds of images in it, a bit each.
        sealed: what was sealed, in the present epoch.
    """

    number: bytes
    categories: int
    sealed: SealedStudy


def seal(
    profile: Profile, source: StudySource, *, subject: bytes, threads: int, progress: Progress | None
) -> SealedStudy:
    """See ``Custodian.seal``."""
    # Before anything is written: a study's patient can't be changed afterwards.
    require_bytes(subject, 20, "a patient's address")
    chain = profile.chain
    return sealing.seal(
        source,
        profile.vault,
        profile.store,
        network=NetworkIdentity(chain.network.genesis, chain.network.chain_id, chain.studies.address),
        custodian=profile.institution,
        subject=subject,
        threads=threads,
        progress=progress,
    )


def register(profile: Profile, sealed: SealedStudy) -> SharedStudy:
    """See ``Custodian.register``."""
    chain, vault, subject = profile.chain, profile.vault, sealed.subject
    categories = int(categories_of(sealed.modalities))
    with vault.journal("register", sealed.study_id.hex()) as entry:
        record = chain.studies.study(sealed.study_id, at="final")
        if record.status is StudyStatus.UNKNOWN or entry.step is not None:
            sealing.mark_offered(vault, sealed)
            profile.carry_out(
                entry,
                "registered",
                lambda: chain.studies.register(
                    sealed.local_id,
                    subject,
                    categories,
                    sealed.manifest_digest,
                    sealed.content_commitment,
                ),
            )
            record = chain.studies.study(sealed.study_id, at="final")
        _require_registered(record, sealed)
        sealing.mark_final(vault, sealed)
    _require_shared(record)
    return SharedStudy(sealed.study_id, record.categories, sealed)


def invite(
    profile: Profile,
    study: bytes,
    consent: SignedDirective | PaperDirective | None,
    term: timedelta,
    evidence: Evidence | None,
) -> SignedInvitation:
    """See ``Custodian.invite``."""
    own_study(profile, study)
    chain = profile.chain
    if chain.account is None:
        raise InputError(
            "Nobody signs the invitation",
            why="the chain was connected without an account",
            remedy="Connect with the account of an operator",
        )
    shown = evidence or _kept_evidence(profile, consent)
    return documents.invite(chain, chain.account, study, consent, term, evidence=shown)


def _kept_evidence(profile: Profile, consent: SignedDirective | PaperDirective | None) -> Evidence | None:
    """What shows a consent in a batch; None where it was recorded by itself, which counts alone."""
    if consent is None:
        return None
    commitment = profile.chain.consents.commitment(consent.directive.subject, consent.number, at="final")
    return None if commitment.recorded_at else documents.find_evidence(profile.vault, consent.number)


def own_study(profile: Profile, study: bytes) -> StudyRecord:
    """A study of this institution at a final block.

    Raises:
        InputError: it is another's, or registered nowhere.
    """
    require_bytes(study, 32, "a study's number")
    record = profile.chain.studies.study(study, at="final")
    if record.custodian != profile.institution:
        raise InputError(
            f"The study {study.hex()[:8]} is not one of this institution's",
            why="the chain names another custodian, or none",
            remedy="Use the custodian's profile, or wait until the registration is final",
        )
    return record


def _require_registered(record: StudyRecord, sealed: SealedStudy) -> None:
    """Check that the chain has what was sealed, for this patient."""
    if record.subject != sealed.subject:
        raise InputError(
            "The study is registered for another patient's address",
            why="a study's patient is fixed when it is registered",
            remedy="Give the address that it was registered for",
        )
    if record.manifest_digest != sealed.manifest_digest:
        raise VaultError(
            "The chain names another sealing of this study than this vault",
            why=f"the chain is at epoch {record.epoch}",
            remedy="Finish the rotation that was begun, or use the newest vault",
        )


def _require_shared(record: StudyRecord) -> None:
    if record.status is not StudyStatus.ACTIVE:
        raise InputError(
            "The study is not shared any more",
            why=f"the chain has it as {record.status.name.lower()}",
            remedy="Reinstate a withdrawn study; an erased one does not come back",
        )
