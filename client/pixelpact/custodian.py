"""The custodian: seals and registers studies, releases keys while the chain says yes, rotates after a no."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pixelpact import crypto, sealing
from pixelpact.chain import (
    AccessReleased,
    AccessRequested,
    Call,
    KeyPublished,
    RequestStatus,
    StudyRecord,
    StudyStatus,
)
from pixelpact.errors import ChainMismatchError, ContractError, DeniedError, InputError, VaultError
from pixelpact.models import (
    RAW,
    Cid,
    EnvelopeContext,
    Invitation,
    SignedDirective,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
    StudySource,
)
from pixelpact.policy import Decision, Reason, RefusalReason, categories_of
from pixelpact.profile import Profile
from pixelpact.sealing import DisposalReport, NetworkIdentity, SealedStudy
from pixelpact.sealing.attempt import Progress
from pixelpact.vault import Entry

__all__ = ["Custodian", "Release", "Rotation", "SharedStudy", "Signed"]

#: Everything a patient signs and anyone may bring to the chain.
Signed: TypeAlias = SignedDirective | SignedRevocation | SignedRevocationOfAll | SignedRefusal


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


@dataclass(frozen=True, slots=True)
class Release:
    """A key that left: for which request and epoch, the envelope's SHA-256, and the block of the record."""

    request: bytes
    requester: int
    epoch: int
    envelope_digest: bytes
    block: int


@dataclass(frozen=True, slots=True)
class Rotation:
    """A study under a new key.

    Attributes:
        study: its number.
        epoch: the new one.
        sealed: what the chain names now.
        disposal: what was found of the old epoch's blocks.
        served: requests that were served again.
        denied: requests served before that the policy denies now, with the decision.
    """

    study: bytes
    epoch: int
    sealed: SealedStudy
    disposal: DisposalReport
    served: tuple[Release, ...]
    denied: tuple[tuple[bytes, Decision], ...]


class Custodian:
    """An institution that holds images.

    Args:
        profile: the institution's means.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._chain = profile.chain
        self._store = profile.store
        self._vault = profile.vault

    # Studies

    def share(
        self, source: StudySource, *, subject: bytes, threads: int = 2, progress: Progress | None = None
    ) -> SharedStudy:
        """Seal a study, store it, and register it on the chain. Interrupted and called again, it goes on.

        Args:
            source: the study (``pixelpact.dicom.scan``).
            subject: the patient's address with this custodian, 20 bytes.
            threads: that encrypt.
            progress: told of bytes done and bytes there are.

        Raises:
            InputError: the study can't be sealed, or has other images than those registered.
            StoreError, VaultError, ChainError: a part of it can't be used; nothing is half done.
        """
        sealed = sealing.seal(
            source,
            self._vault,
            self._store,
            network=self._identity,
            custodian=self._profile.institution,
            subject=subject,
            threads=threads,
            progress=progress,
        )
        categories = int(categories_of(sealed.modalities))
        with self._vault.journal("register", sealed.study_id.hex()) as entry:
            record = self._chain.studies.study(sealed.study_id, at="final")
            if record.status is StudyStatus.UNKNOWN or entry.step is not None:
                sealing.mark_offered(self._vault, sealed)
                self._profile.carry_out(
                    entry,
                    "registered",
                    lambda: self._chain.studies.register(
                        sealed.local_id,
                        subject,
                        categories,
                        sealed.manifest_digest,
                        sealed.content_commitment,
                    ),
                )
                record = self._chain.studies.study(sealed.study_id, at="final")
            _require_registered(record, sealed, subject)
            sealing.mark_final(self._vault, sealed)
        return SharedStudy(sealed.study_id, record.categories, sealed)

    def invite(self, study: bytes, consent: SignedDirective | None = None) -> Invitation:
        """What a requester needs to ask for a study; hand it over, it is on no chain."""
        record = self._own_study(study)
        network = self._chain.network
        return Invitation(
            genesis=network.genesis,
            chain_id=network.chain_id,
            custodian=record.custodian,
            study=study,
            categories=record.categories,
            directive=consent.directive if consent else None,
        )

    # Consents

    def relay(self, signed: Signed) -> None:
        """Bring what a patient signed to the chain, at this institution's cost; final when it returns.

        Anyone may: a patient can choose another relay. Brought already, nothing is sent.

        Raises:
            ContractError: the signature or the message is refused.
        """
        consents = self._chain.consents
        match signed:
            case SignedDirective():
                subject, number = signed.directive.subject, signed.number
                done = consents.commitment(subject, number, at="final").recorded_at > 0
                self._bring(
                    "record",
                    number.hex(),
                    done=done,
                    make=lambda: consents.record(subject, number, signed.signature),
                )
            case SignedRevocation():
                subject, number = signed.subject, signed.directive
                done = consents.commitment(subject, number, at="final").revoked_at > 0
                self._bring(
                    "revoke",
                    number.hex(),
                    done=done,
                    make=lambda: consents.revoke(subject, number, signed.signature),
                )
            case SignedRevocationOfAll():
                subject, generation = signed.subject, signed.generation
                done = consents.generation(subject, at="final") >= generation
                self._bring(
                    "revoke-all",
                    f"{subject.hex()}/{generation}",
                    done=done,
                    make=lambda: consents.revoke_all(subject, generation, signed.signature),
                )
            case SignedRefusal():
                refusal = signed.refusal
                self._bring(
                    "refuse-purposes",
                    f"{refusal.subject.hex()}/{refusal.sequence}",
                    done=False,
                    make=lambda: consents.refuse(refusal, signed.signature),
                )

    def _bring(self, operation: str, key: str, *, done: bool, make: Callable[[], Call]) -> None:
        if not done:
            with self._vault.journal(operation, key) as entry:
                self._profile.carry_out(entry, "sent", make)

    # Requests

    def release(self, request: bytes, *, person: str) -> Release:
        """Release the study's key for a permitted request: recorded, final, and only then published.

        Args:
            request: its number.
            person: who releases, as the institution knows them; the chain gets a keyed digest.

        Raises:
            DeniedError: the policy says no, now or when the chain decided again.
            InputError: there is no such request, or it is not for a study of this custodian.
            VaultError: this vault is older than the chain.
        """
        asked = self._asked(request)
        study = self._own_study(asked.study)
        with self._vault.journal("release", f"{request.hex()}/{study.epoch}") as entry:
            self._require_permitted(asked)
            if entry.step is None or self._key_changed(entry, asked):
                self._make_envelope(entry, asked, study)
            event = self._record_release(entry, asked, study, person)
            # A withdrawal may have come between the record and its finality: then nothing leaves.
            self._require_permitted(asked)
            self._require_current(event)
            with self._store.protect():
                self._store.pin(self._store.put(entry.state["envelope"], RAW))
        return Release(request, asked.requester, event.epoch, event.envelope_digest, event.block)

    def refuse(self, request: bytes, reason: RefusalReason, *, person: str) -> None:
        """Refuse a permitted request for good, with a reason that is recorded."""
        asked = self._asked(request)
        digest = self._profile.person_digest(person)
        with self._vault.journal("refuse-request", request.hex()) as entry:
            self._profile.carry_out(
                entry,
                "refused",
                lambda: self._chain.ledger.refuse(
                    asked.nonce, asked.query, asked.directive_hash, asked.requester, int(reason), digest
                ),
            )

    def rotate(
        self, study: bytes, *, person: str, threads: int = 2, progress: Progress | None = None
    ) -> Rotation:
        """Seal a study under a new key, dispose of the old blocks and key, serve who is still permitted.

        What a recipient decrypted before can't be recalled (docs/limitations.md).

        Raises:
            ContentError: the old object is not what was committed to; nothing was changed.
            VaultError: this vault is older than the chain.
        """
        with self._vault.journal("rotate", study.hex()) as entry:
            if entry.step is None:
                entry.advance("begun", {"epoch": self._own_study(study).epoch})
            old = int(entry.state["epoch"])
            if entry.step == "begun":
                record = self._chain.studies.study(study, at="final")
                sealing.reseal(
                    self._vault,
                    self._store,
                    study,
                    epoch=old,
                    manifest_digest=record.manifest_digest,
                    content_commitment=record.content_commitment,
                    threads=threads,
                    progress=progress,
                )
                entry.advance("sealed")
            sealed = sealing.sealed_study(self._vault, study, old + 1)
            sealing.mark_offered(self._vault, sealed)
            self._profile.carry_out(
                entry, "rotated", lambda: self._chain.studies.rotate(study, old, sealed.manifest_digest)
            )
            sealing.mark_final(self._vault, sealed)
            disposal = self._dispose(entry, study, old)
            served, denied = self._serve_again(study, old, person)
        return Rotation(study, sealed.epoch, sealed, disposal, served, denied)

    def _dispose(self, entry: Entry, study: bytes, epoch: int) -> DisposalReport:
        for release in self._chain.find(AccessReleased, study=study):
            if release.epoch == epoch:
                self._store.unpin(Cid(RAW, release.envelope_digest))
        sealing.erase_old_keys(self._vault, study)
        report = sealing.dispose(self._vault, {"node": self._store}, study, epoch=epoch)
        self._profile.carry_out(
            entry,
            "disposed",
            lambda: self._chain.studies.attest_disposal(
                study, epoch, report.blocks, len(report.nodes), report.digest
            ),
        )
        return report

    def _serve_again(
        self, study: bytes, epoch: int, person: str
    ) -> tuple[tuple[Release, ...], tuple[tuple[bytes, Decision], ...]]:
        served: list[Release] = []
        denied: list[tuple[bytes, Decision]] = []
        for release in self._chain.find(AccessReleased, study=study):
            if release.epoch != epoch:
                continue
            try:
                served.append(self.release(release.request, person=person))
            except DeniedError as error:
                denied.append((release.request, Decision(Reason(error.reason))))
        return tuple(served), tuple(denied)

    # The steps of a release

    def _require_permitted(self, asked: AccessRequested) -> None:
        reason = self._chain.ledger.decide(asked.requester, asked.query, asked.directive)
        if reason:
            raise _denied(reason)

    def _key_changed(self, entry: Entry, asked: AccessRequested) -> bool:
        current = self._chain.institutions.institution(asked.requester).key_version
        sent = entry.state.get("released") is not None
        return not sent and entry.state["key_version"] != current

    def _make_envelope(self, entry: Entry, asked: AccessRequested, study: StudyRecord) -> None:
        keys = sealing.study_keys(self._vault, asked.study, study.epoch, study.manifest_digest)
        version, public_key = self._public_key(asked.requester)
        network = self._chain.network
        context = EnvelopeContext(
            genesis=network.genesis,
            chain_id=network.chain_id,
            ledger=self._chain.ledger.address,
            request_id=asked.request,
            study_id=asked.study,
            epoch=study.epoch,
            manifest_digest=study.manifest_digest,
            custodian=self._profile.institution,
            requester=asked.requester,
            key_version=version,
        )
        envelope = crypto.wrap(public_key, keys.key, keys.secret, context)
        entry.restart("made", {"envelope": envelope, "key_version": version})

    def _record_release(
        self, entry: Entry, asked: AccessRequested, study: StudyRecord, person: str
    ) -> AccessReleased:
        digest = hashlib.sha256(entry.state["envelope"]).digest()
        try:
            receipt = self._profile.carry_out(
                entry,
                "released",
                lambda: self._chain.ledger.release(
                    asked.nonce,
                    asked.query,
                    asked.directive,
                    asked.requester,
                    study.epoch,
                    entry.state["key_version"],
                    digest,
                    self._profile.person_digest(person),
                ),
            )
        except ContractError as error:
            if error.name == "AccessLedger_Denied":
                raise _denied(int(error.arguments["reason"])) from error
            raise
        return receipt.event(AccessReleased)

    def _require_current(self, event: AccessReleased) -> None:
        state = self._chain.ledger.request_of(event.request, at="final")
        study = self._chain.studies.study(event.study, at="final")
        if state.served_epoch != event.epoch or study.epoch != event.epoch:
            raise InputError(
                "The study was sealed anew while the release became final",
                why=f"the release is for epoch {event.epoch}, and the study is at epoch {study.epoch}",
                remedy="Release the request again",
            )

    def _public_key(self, requester: int) -> tuple[int, bytes]:
        version = self._chain.institutions.institution(requester).key_version
        keys = [
            key for key in self._chain.find(KeyPublished, institution=requester) if key.version == version
        ]
        if not keys:
            raise InputError(
                f"Institution {requester} has published no encryption key",
                why="an envelope can't be made for it",
                remedy="Ask it to publish one",
            )
        digest = hashlib.sha256(keys[0].public_key).digest()
        if digest != self._chain.institutions.key_digest(requester, version):
            raise ChainMismatchError(
                f"The encryption key of institution {requester} is not the one that the registry holds",
                why="the node answers wrongly",
                remedy="Ask another node",
            )
        return version, keys[0].public_key

    def _asked(self, request: bytes) -> AccessRequested:
        state = self._chain.ledger.request_of(request, at="final")
        found = (
            []
            if state.status is RequestStatus.UNKNOWN
            else list(self._chain.find(AccessRequested, request=request))
        )
        if len(found) != 1:
            raise InputError(
                f"There is no request {request.hex()[:8]} at a final block",
                why="it was never made, or is too new",
                remedy="Check the number, or try again in a moment",
            )
        if state.status is RequestStatus.DENIED:
            raise _denied(found[0].reason)
        return found[0]

    def _own_study(self, study: bytes) -> StudyRecord:
        record = self._chain.studies.study(study, at="final")
        if record.custodian != self._profile.institution:
            raise InputError(
                f"The study {study.hex()[:8]} is not one of this institution's",
                why="the chain names another custodian, or none",
                remedy="Use the custodian's profile, or wait until the registration is final",
            )
        return record

    @property
    def _identity(self) -> NetworkIdentity:
        network = self._chain.network
        return NetworkIdentity(network.genesis, network.chain_id, self._chain.studies.address)


def _require_registered(record: StudyRecord, sealed: SealedStudy, subject: bytes) -> None:
    """Check that the chain has what was sealed, for this patient."""
    if record.subject != subject:
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


def _denied(reason: int) -> DeniedError:
    decision = Decision(Reason(reason))
    return DeniedError(
        "The release was denied",
        reason=reason,
        why=decision.sentence.rstrip("."),
        remedy="Nothing was released; `pixelpact policy explain` says what would change the answer",
    )
