"""Handing a study to another custodian: offered with its keys sealed to that one, checked, sealed anew."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pixelpact import crypto, sealing
from pixelpact.chain import StudyRecord, StudyStatus
from pixelpact.crypto import EncryptionKeyPair
from pixelpact.custodian.releasing import public_key_of
from pixelpact.custodian.rotating import Rotation, rotate
from pixelpact.custodian.sharing import own_study
from pixelpact.documents import handover_text, parse_handover
from pixelpact.errors import ContractError, InputError, VaultError
from pixelpact.models import Handover, HandoverContext
from pixelpact.profile import Profile, require_bytes
from pixelpact.sealing import NetworkIdentity, Progress, StudyKeys, TakenStudy
from pixelpact.vault import Entry, Kind

__all__ = ["accept", "offer", "take_back"]


def offer(profile: Profile, study: bytes, to: int) -> Handover:
    """See ``Custodian.offer``."""
    record, chain = own_study(profile, study), profile.chain
    if record.status is StudyStatus.ERASED:
        raise InputError(
            "An erased study is not handed over",
            why="its keys and images are to be gone",
            remedy="Nothing is left",
        )
    if to == profile.institution or not 1 <= to <= chain.institutions.count(at="final"):
        raise InputError(
            f"The study can't be offered to institution {to}",
            why="it is this institution, or none of the network",
            remedy="Give the number of the institution that takes it over",
        )
    with profile.vault.journal("offer-custody", f"{study.hex()}/{to}/{record.epoch}") as entry:
        if entry.step is None:
            handover = _sealed_to(profile, study, record, to)
            entry.advance("made", {"document": handover_text(handover, chain.network)})
        handover = parse_handover(entry.state["document"], chain.network)
        if profile.was_sent(entry, "offered") or chain.studies.offered_to(study, at="final") != to:
            profile.carry_out(entry, "offered", lambda: chain.studies.offer_custody(study, to))
    return handover


def take_back(profile: Profile, study: bytes) -> None:
    """See ``Custodian.take_back``."""
    own_study(profile, study)
    studies = profile.chain.studies
    with profile.vault.journal("take-offer-back", study.hex()) as entry:
        if entry.step is None and not studies.offered_to(study, at="final"):
            raise InputError(
                "There is nothing to take back",
                why="the study is offered to nobody",
                remedy="Nothing is to be done",
            )
        profile.carry_out(entry, "taken back", lambda: studies.offer_custody(study, 0))


def accept(
    profile: Profile, handover: Handover, *, person: str, threads: int, progress: Progress | None
) -> Rotation:
    """See ``Custodian.accept``."""
    profile.person_digest(person)
    if handover.to != profile.institution:
        raise InputError(
            "The study is handed over to another institution",
            why=f"it is for institution {handover.to}, and this is institution {profile.institution}",
            remedy="Let that institution accept it",
        )
    with profile.vault.journal("accept-custody", handover.study.hex()) as entry:
        if entry.step is None and _is_held(profile, handover):
            _require_old_key(profile, handover)
        else:
            _take_over(profile, entry, handover, threads, progress)
        # To a key that the old custodian never had. From its first step on it has an entry of its own.
        return rotate(
            profile,
            handover.study,
            person=person,
            threads=threads,
            progress=progress,
            begun=entry.finish if entry.step is not None else None,
        )


def _take_over(
    profile: Profile, entry: Entry, handover: Handover, threads: int, progress: Progress | None
) -> None:
    chain, study = profile.chain, handover.study
    if not profile.was_sent(entry, "accepted"):
        record = _require_offered(profile, handover)
        taken, keys = _taken(profile, handover, record), _opened(profile, handover)
        # Before it is accepted: nobody becomes the custodian of what can't be read.
        sealing.check_taken(taken, keys, profile.store, threads=threads, progress=progress)
    try:
        profile.carry_out(entry, "accepted", lambda: chain.studies.accept_custody(study))
    except ContractError:
        # Offered to somebody else meanwhile, or taken back: the keys were not put into the vault.
        entry.finish()
        raise
    if profile.vault.find(Kind.STUDY, study.hex()) is None:
        record = chain.studies.study(study, at="final")
        taken, keys = _taken(profile, handover, record), _opened(profile, handover)
        sealing.import_taken(profile.vault, taken, keys, profile.store)


def _is_held(profile: Profile, handover: Handover) -> bool:
    """Whether an earlier run took the study over."""
    if profile.vault.find(Kind.STUDY, handover.study.hex()) is None:
        return False
    record = profile.chain.studies.study(handover.study, at="final")
    return record.custodian == profile.institution


def _require_old_key(profile: Profile, handover: Handover) -> None:
    """That the run which took it over was cut off before all was sealed under a key of its own."""
    record = profile.chain.studies.study(handover.study, at="final")
    under_way = any(
        each.operation == "rotate" and each.key == handover.study.hex() for each in profile.vault.pending()
    )
    if record.epoch > handover.epoch and not under_way:
        raise InputError(
            "This institution has taken the study over already",
            why=f"it was sealed anew, and is at epoch {record.epoch}",
            remedy="Nothing is to be done",
        )


def _sealed_to(profile: Profile, study: bytes, record: StudyRecord, to: int) -> Handover:
    version, public_key = public_key_of(profile, to)
    keys = sealing.study_keys(profile.vault, study, record.epoch, record.manifest_digest)
    # All but the envelope, which is bound to the rest.
    bare = Handover(
        study=study,
        epoch=record.epoch,
        manifest_digest=record.manifest_digest,
        custodian=profile.institution,
        to=to,
        key_version=version,
        envelope=b"",
    )
    envelope = crypto.seal_handover(public_key, keys.key, keys.secret, _context(profile, bare))
    return replace(bare, envelope=envelope)


def _context(profile: Profile, handover: Handover) -> HandoverContext:
    """What the envelope is bound to: the network in use, and what the document says, which was checked."""
    network = profile.chain.network
    return HandoverContext(
        genesis=network.genesis,
        chain_id=network.chain_id,
        registry=profile.chain.studies.address,
        study=handover.study,
        epoch=handover.epoch,
        manifest_digest=handover.manifest_digest,
        custodian=handover.custodian,
        to=handover.to,
        key_version=handover.key_version,
    )


def _require_offered(profile: Profile, handover: Handover) -> StudyRecord:
    """The study at a final block: offered to this institution by whom the document names, unchanged."""
    require_bytes(handover.study, 32, "a study's number")
    studies = profile.chain.studies
    record = studies.study(handover.study, at="final")
    if (
        record.custodian != handover.custodian
        or studies.offered_to(handover.study, at="final") != handover.to
    ):
        raise InputError(
            "The study is not offered to this institution",
            why="the chain names another custodian, or no offer of it at a final block",
            remedy="Ask the custodian to offer it, or try again in a moment",
        )
    if (record.epoch, record.manifest_digest) != (handover.epoch, handover.manifest_digest):
        raise InputError(
            "The handover is of an older sealing of the study",
            why=f"it is of epoch {handover.epoch}, and the study is at epoch {record.epoch}",
            remedy="Ask the custodian to offer it again",
        )
    return record


def _taken(profile: Profile, handover: Handover, record: StudyRecord) -> TakenStudy:
    network = profile.chain.network
    return TakenStudy(
        network=NetworkIdentity(network.genesis, network.chain_id, profile.chain.studies.address),
        study_id=handover.study,
        registrar=record.registrar,
        subject=record.subject,
        epoch=record.epoch,
        manifest_digest=record.manifest_digest,
        content_commitment=record.content_commitment,
    )


def _opened(profile: Profile, handover: Handover) -> StudyKeys:
    institutions = profile.chain.institutions
    digest = institutions.key_digest(profile.institution, handover.key_version, at="final")
    found = profile.vault.find(Kind.ENCRYPTION_SEED, digest.hex())
    if found is None:
        raise VaultError(
            "The encryption key that the study was handed over to is not in this vault",
            why="the vault is older than the chain, or another institution's",
            remedy="Use the vault that published the key",
        )
    pair = EncryptionKeyPair(found["seed"])
    if hashlib.sha256(pair.public_key).digest() != digest:
        raise VaultError(
            "The encryption key in the vault is not the published one", remedy="Use the newest vault"
        )
    return StudyKeys(*crypto.open_handover(pair, handover.envelope, _context(profile, handover)))
