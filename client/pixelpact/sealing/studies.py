"""What a custodian knows of the studies it sealed, kept in its vault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from pixelpact import crypto
from pixelpact.crypto import StudyKey, StudySecret
from pixelpact.errors import VaultError
from pixelpact.models import DAG_CBOR, Cid, StudyContext
from pixelpact.sealing.reports import DisposalReport
from pixelpact.storage import Store
from pixelpact.vault import Kind, Vault, study_key_id

__all__ = [
    "Epoch",
    "Known",
    "NetworkIdentity",
    "SealedStudy",
    "StudyKeys",
    "epoch_keys",
    "epoch_of",
    "erase_old_keys",
    "find_known",
    "known_study",
    "latest",
    "mark_final",
    "mark_offered",
    "put_key",
    "sealed_study",
    "studies",
    "study_keys",
]


@dataclass(frozen=True, slots=True)
class NetworkIdentity:
    """Which chain and StudyRegistry: genesis hash (32 bytes), chain id, the registry's address (20 bytes)."""

    genesis: bytes
    chain_id: int
    registry: bytes

    def context(self, study_id: bytes, epoch: int) -> StudyContext:
        """What a sealed study's keys are bound to."""
        return StudyContext(self.genesis, self.chain_id, self.registry, study_id, epoch)


@dataclass(frozen=True, slots=True)
class SealedStudy:
    """One epoch of a study as it was sealed: what is registered or rotated to, and what people are told.

    Attributes:
        study_id, local_id: 32 bytes; the local id is only told to the registry, when the study is registered.
        network: which chain it is bound to.
        custodian: the institution's number. subject: the patient's address, 20 bytes.
        epoch: from 1.
        manifest_digest: SHA-256 of the root block. content_commitment: the same in every epoch.
        modalities: sorted, each once (0008,0060).
        instances: how many. length: their bytes. blocks: all of this epoch's, root and leaves included.
        study_uid: the StudyInstanceUID, which leaves the vault for no chain, store or log.
    """

    study_id: bytes
    local_id: bytes
    network: NetworkIdentity
    custodian: int
    subject: bytes
    epoch: int
    manifest_digest: bytes
    content_commitment: bytes
    modalities: tuple[str, ...]
    instances: int
    length: int
    blocks: int
    study_uid: str = field(repr=False)

    @property
    def root(self) -> Cid:
        """The root's CID, the one that is pinned."""
        return Cid(DAG_CBOR, self.manifest_digest)

    @property
    def context(self) -> StudyContext:
        """What this epoch's keys are bound to."""
        return self.network.context(self.study_id, self.epoch)


@dataclass(frozen=True, slots=True)
class StudyKeys:
    """What a key envelope carries."""

    key: StudyKey
    secret: StudySecret


@dataclass(frozen=True, slots=True)
class Epoch:
    """One sealed object: its root's digest, and how many blocks it has with root and leaves."""

    manifest_digest: bytes
    blocks: int


@dataclass(frozen=True, slots=True)
class Known:
    """The STUDY record: facts that no rotation changes, and the epochs that were sealed.

    Attributes:
        fingerprint: of the source (`source.fingerprint`).
        offered: the latest epoch whose transaction may have been sent. final: the latest that the chain has.
        epochs: what was sealed, by epoch. disposals: what was disposed of, by epoch.
    """

    study_id: bytes
    local_id: bytes
    network: NetworkIdentity
    custodian: int
    subject: bytes
    content_commitment: bytes
    modalities: tuple[str, ...]
    instances: int
    length: int
    study_uid: str = field(repr=False)
    fingerprint: bytes = field(repr=False)
    epochs: Mapping[int, Epoch]
    offered: int = 0
    final: int = 0
    disposals: Mapping[int, DisposalReport] = field(default_factory=dict)

    def sealed(self, epoch: int) -> SealedStudy:
        """One epoch of it."""
        return SealedStudy(
            study_id=self.study_id,
            local_id=self.local_id,
            network=self.network,
            custodian=self.custodian,
            subject=self.subject,
            epoch=epoch,
            manifest_digest=self.epochs[epoch].manifest_digest,
            content_commitment=self.content_commitment,
            modalities=self.modalities,
            instances=self.instances,
            length=self.length,
            blocks=self.epochs[epoch].blocks,
            study_uid=self.study_uid,
        )

    def save(self, vault: Vault) -> None:
        """Write it."""
        record = {each.name: getattr(self, each.name) for each in fields(self)}
        record["network"] = asdict(self.network)
        record["modalities"] = list(self.modalities)
        record["epochs"] = {str(epoch): asdict(each) for epoch, each in self.epochs.items()}
        record["disposals"] = {str(epoch): each.record() for epoch, each in self.disposals.items()}
        vault.put(Kind.STUDY, self.study_id.hex(), record)

    @classmethod
    def load(cls, record: dict[str, Any]) -> Known:
        """Read back what `save` wrote."""
        typed = {
            "network": NetworkIdentity(**record["network"]),
            "modalities": tuple(record["modalities"]),
            "epochs": {int(epoch): Epoch(**each) for epoch, each in record["epochs"].items()},
            "disposals": {
                int(epoch): DisposalReport.load(each) for epoch, each in record["disposals"].items()
            },
        }
        return cls(**{**record, **typed})


def epoch_of(manifest_digest: bytes, store: Store) -> Epoch:
    """Count a sealed object's blocks."""
    return Epoch(manifest_digest, len(set(crypto.list_cids(manifest_digest, store.get))))


def put_key(vault: Vault, study_id: bytes, epoch: int, key: StudyKey, manifest_digest: bytes | None) -> None:
    """Write the key of an epoch; the digest is None until its object is whole and verified."""
    record = {"key": bytes(key), "manifest_digest": manifest_digest}
    vault.put(Kind.STUDY_KEY, study_key_id(study_id, epoch), record)


def epoch_keys(vault: Vault, study_id: bytes, epoch: int) -> StudyKeys:
    """The keys to seal an epoch with, whatever the chain says. VaultError when they are not there."""
    key = vault.get(Kind.STUDY_KEY, study_key_id(study_id, epoch))["key"]
    return StudyKeys(StudyKey(key), StudySecret(vault.get(Kind.STUDY_SECRET, study_id.hex())["secret"]))


def known_study(vault: Vault, study_id: bytes) -> Known:
    """The record of a study. VaultError when this vault does not have it."""
    return Known.load(vault.get(Kind.STUDY, study_id.hex()))


def find_known(vault: Vault, network: NetworkIdentity, custodian: int, study_uid: str) -> Known | None:
    """The record of the study with this UID, sealed for this network and custodian, or None."""
    wanted = (network, custodian, study_uid)
    for known in _all(vault):
        if (known.network, known.custodian, known.study_uid) == wanted:
            return known
    return None


def studies(vault: Vault) -> list[SealedStudy]:
    """Every study in the vault in its latest final epoch (its first, when not registered yet)."""
    return [_latest(known) for known in _all(vault)]


def latest(vault: Vault, study_id: bytes) -> SealedStudy:
    """One study as ``studies`` has it. VaultError when this vault does not have it."""
    return _latest(known_study(vault, study_id))


def sealed_study(vault: Vault, study_id: bytes, epoch: int) -> SealedStudy:
    """One epoch of a study. VaultError when the vault does not know the study, or not that epoch."""
    known = known_study(vault, study_id)
    if epoch not in known.epochs:
        raise VaultError(
            f"The vault has no epoch {epoch} of this study",
            why=f"it knows epoch {' and '.join(str(each) for each in sorted(known.epochs))}",
            remedy="Use the newest vault, or the newest backup of it",
        )
    return known.sealed(epoch)


def study_keys(vault: Vault, study_id: bytes, epoch: int, manifest_digest: bytes) -> StudyKeys:
    """The secrets of the epoch that the chain names, to wrap for a requester or to open the study.

    Raises:
        VaultError: the vault is older than the chain, or the chain names an object that is not this vault's.
    """
    vault.require_epoch(study_id, epoch, manifest_digest)
    return epoch_keys(vault, study_id, epoch)


def mark_offered(vault: Vault, sealed: SealedStudy) -> None:
    """Note, before the transaction is sent, that the chain may come to name this object."""
    _mark(vault, sealed, final=False)


def mark_final(vault: Vault, sealed: SealedStudy) -> None:
    """Note that the chain names this object at a final block: what was before may be disposed of."""
    _mark(vault, sealed, final=True)


def erase_old_keys(vault: Vault, study_id: bytes) -> tuple[int, ...]:
    """Destroy the study keys of all epochs before the final one; which epochs had one."""
    final = known_study(vault, study_id).final
    epochs = [epoch for epoch in range(1, final) if vault.find(Kind.STUDY_KEY, study_key_id(study_id, epoch))]
    if epochs:
        vault.erase(*((Kind.STUDY_KEY, study_key_id(study_id, epoch)) for epoch in epochs))
    return tuple(epochs)


def _latest(known: Known) -> SealedStudy:
    return known.sealed(known.final or min(known.epochs))


def _mark(vault: Vault, sealed: SealedStudy, *, final: bool) -> None:
    with vault.transaction():
        known = known_study(vault, sealed.study_id)
        found = known.epochs.get(sealed.epoch)
        if found is None or found.manifest_digest != sealed.manifest_digest:
            raise VaultError(
                f"Epoch {sealed.epoch} of this study is not what the vault has",
                why="it was sealed again since, or with another vault",
                remedy="Use the vault it was sealed with, and seal or rotate again",
            )
        offered = max(known.offered, sealed.epoch)
        latest = max(known.final, sealed.epoch) if final else known.final
        replace(known, offered=offered, final=latest).save(vault)


def _all(vault: Vault) -> Iterator[Known]:
    return (Known.load(record) for record in vault.records(Kind.STUDY).values())
