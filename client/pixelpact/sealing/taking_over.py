"""Taking a study over from another institution: its object checked, and its keys put into this vault."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact import crypto
from pixelpact.crypto import OpenStudy
from pixelpact.models import DAG_CBOR, Cid
from pixelpact.sealing.attempt import Progress
from pixelpact.sealing.opening import open_sealed, received
from pixelpact.sealing.source import fingerprint
from pixelpact.sealing.studies import (
    Known,
    NetworkIdentity,
    SealedStudy,
    StudyKeys,
    epoch_of,
    put_key,
)
from pixelpact.storage import Store
from pixelpact.vault import Kind, Vault

__all__ = ["TakenStudy", "check_taken", "import_taken"]


@dataclass(frozen=True, slots=True)
class TakenStudy:
    """A study as the chain has it, that another institution sealed.

    Attributes:
        network: which chain and registry.
        study_id: 32 bytes.
        registrar: the institution that registered it.
        subject: the patient's address, 20 bytes.
        epoch, manifest_digest, content_commitment: at a final block.
    """

    network: NetworkIdentity
    study_id: bytes
    registrar: int
    subject: bytes
    epoch: int
    manifest_digest: bytes
    content_commitment: bytes

    def open(self, store: Store, keys: StudyKeys) -> OpenStudy:
        """Open it: every check before its payload."""
        return open_sealed(
            store,
            keys,
            custodian=self.registrar,
            context=self.network.context(self.study_id, self.epoch),
            manifest_digest=self.manifest_digest,
            content_commitment=self.content_commitment,
        )


def check_taken(
    taken: TakenStudy, keys: StudyKeys, store: Store, *, threads: int, progress: Progress | None
) -> None:
    """Fetch all of it, check every instance against what was registered, and pin it.

    Raises:
        SealedStudyError: it is not what was registered; nothing is kept.
        StoreError: the store can't be used.
    """
    # No sweep comes between a block's arrival and the pin.
    with store.protect():
        for _ in received(taken.open(store, keys), threads=threads, progress=progress):
            pass
        store.pin(Cid(DAG_CBOR, taken.manifest_digest))


def import_taken(vault: Vault, taken: TakenStudy, keys: StudyKeys, store: Store) -> SealedStudy:
    """Put a study that was checked into the vault, as if it had been sealed with it; again, nothing changes.

    Raises:
        SealedStudyError: it is not what was registered.
        VaultError, StoreError: vault or store can't be used.
    """
    opened = taken.open(store, keys)
    instances = list(opened)
    known = Known(
        study_id=taken.study_id,
        local_id=crypto.local_id(keys.secret, taken.registrar, opened.study_uid),
        network=taken.network,
        custodian=taken.registrar,
        subject=taken.subject,
        content_commitment=taken.content_commitment,
        modalities=tuple(sorted({str(each.series_attributes.get("Modality", "")) for each in instances})),
        instances=len(instances),
        length=opened.length,
        study_uid=opened.study_uid,
        fingerprint=fingerprint(opened.study_uid, instances),
        epochs={taken.epoch: epoch_of(taken.manifest_digest, store)},
        offered=taken.epoch,
        final=taken.epoch,
    )
    with vault.transaction():
        vault.put(Kind.STUDY_SECRET, taken.study_id.hex(), {"secret": bytes(keys.secret)})
        put_key(vault, taken.study_id, taken.epoch, keys.key, taken.manifest_digest)
        known.save(vault)
    return known.sealed(taken.epoch)
