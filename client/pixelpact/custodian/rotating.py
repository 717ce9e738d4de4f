"""Rotating a study: new key, new ciphertext, the permitted served again, the old key and blocks gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pixelpact import sealing
from pixelpact.chain import AccessReleased, StudyStatus
from pixelpact.custodian.releasing import Release, asked_for, release, why_not
from pixelpact.custodian.sharing import own_study
from pixelpact.errors import ContractError, DeniedError, InputError, PixelPactError
from pixelpact.models import RAW, Cid
from pixelpact.policy import Reason
from pixelpact.profile import Profile, require_bytes
from pixelpact.sealing import DisposalReport, Progress, SealedStudy
from pixelpact.vault import Entry

__all__ = ["Rotation", "rotate"]

#: What makes a rotation owed when it stands against a key that left (docs/audit.md): not mere expiry.
_OWED = frozenset(
    {
        Reason.REQUESTER_NOT_ACTIVE,
        Reason.REQUESTER_LACKS_ROLE,
        Reason.REFUSED_BY_PATIENT,
        Reason.DIRECTIVE_REVOKED,
        Reason.GENERATION_PAST,
    }
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """A study under a new key.

    Attributes:
        study: its number.
        epoch: the new one.
        sealed: what the chain names now.
        disposal: what was found of the old epoch's blocks.
        served: the releases of the new key to those who are still permitted.
        denied: requests that were served before and are not any more, with the error that says why.
        failed: requests that are permitted and could not be served, with the error; release them again once
            that is mended.
    """

    study: bytes
    epoch: int
    sealed: SealedStudy
    disposal: DisposalReport
    served: tuple[Release, ...]
    denied: tuple[tuple[bytes, DeniedError], ...]
    failed: tuple[tuple[bytes, PixelPactError], ...]


def rotate(  # noqa: PLR0913 - by name
    profile: Profile,
    study: bytes,
    *,
    person: str,
    threads: int,
    progress: Progress | None,
    begun: Callable[[], None] | None = None,
) -> Rotation:
    """See ``Custodian.rotate``; ``begun`` is called when the journal has it."""
    require_bytes(study, 32, "a study's number")
    rotation, resumed = _rotate(
        profile, study, person=person, threads=threads, progress=progress, begun=begun
    )
    if resumed and _is_owed(profile, study, rotation.epoch):
        # What was finished had been begun before the withdrawal that this call is for.
        rotation, _ = _rotate(profile, study, person=person, threads=threads, progress=progress)
    return rotation


def _rotate(  # noqa: PLR0913
    profile: Profile,
    study: bytes,
    *,
    person: str,
    threads: int,
    progress: Progress | None,
    begun: Callable[[], None] | None = None,
) -> tuple[Rotation, bool]:
    chain, vault = profile.chain, profile.vault
    with vault.journal("rotate", study.hex()) as entry:
        resumed = entry.step is not None
        if not resumed:
            entry.advance("begun", {"epoch": _require_alive(profile, study)})
        if begun is not None:
            begun()
        old = int(entry.state["epoch"])
        if entry.step == "begun":
            record = chain.studies.study(study, at="final")
            sealing.reseal(
                vault,
                profile.store,
                study,
                epoch=old,
                manifest_digest=record.manifest_digest,
                content_commitment=record.content_commitment,
                threads=threads,
                progress=progress,
            )
            entry.advance("sealed")
        sealed = sealing.sealed_study(vault, study, old + 1)
        sealing.mark_offered(vault, sealed)
        profile.carry_out(entry, "rotated", lambda: chain.studies.rotate(study, old, sealed.manifest_digest))
        sealing.mark_final(vault, sealed)
        # The permitted first: they need not wait for a node that is down to forget the old blocks.
        served, denied, failed = _serve_again(profile, study, old, person)
        disposal = _dispose(profile, entry, study, old)
    return Rotation(study, sealed.epoch, sealed, disposal, served, denied, failed), resumed


def _require_alive(profile: Profile, study: bytes) -> int:
    record = own_study(profile, study)
    if record.status is StudyStatus.ERASED:
        raise InputError(
            "An erased study is not sealed again",
            why="its keys and images are to be gone",
            remedy="Nothing is left to do",
        )
    return record.epoch


def _serve_again(
    profile: Profile, study: bytes, epoch: int, person: str
) -> tuple[
    tuple[Release, ...],
    tuple[tuple[bytes, DeniedError], ...],
    tuple[tuple[bytes, PixelPactError], ...],
]:
    """Each on its own: what one requester did or failed to do leaves no other without a key."""
    served: list[Release] = []
    denied: list[tuple[bytes, DeniedError]] = []
    failed: list[tuple[bytes, PixelPactError]] = []
    for before in _releases(profile, study, epoch):
        try:
            served.append(release(profile, before.request, person=person))
        except DeniedError as error:
            denied.append((before.request, error))
        except (InputError, ContractError) as error:
            failed.append((before.request, error))
    return tuple(served), tuple(denied), tuple(failed)


def _dispose(profile: Profile, entry: Entry, study: bytes, epoch: int) -> DisposalReport:
    for before in _releases(profile, study, epoch):
        profile.store.unpin(Cid(RAW, before.envelope_digest))
    sealing.erase_old_keys(profile.vault, study)
    report = sealing.dispose(profile.vault, {"node": profile.store}, study, epoch=epoch)
    profile.carry_out(
        entry,
        "disposed",
        lambda: profile.chain.studies.attest_disposal(
            study, epoch, report.blocks, len(report.nodes), report.digest
        ),
    )
    return report


def _is_owed(profile: Profile, study: bytes, epoch: int) -> bool:
    """Whether a key of this epoch left to somebody who may not have it any more."""
    for each in _releases(profile, study, epoch):
        try:
            reason = why_not(profile, asked_for(profile, each.request))
        except DeniedError as error:
            reason = error.reason
        if reason in _OWED:
            return True
    return False


def _releases(profile: Profile, study: bytes, epoch: int) -> list[AccessReleased]:
    found = profile.chain.find(AccessReleased, study=study)
    return [event for event in found if event.epoch == epoch]
