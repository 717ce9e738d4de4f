"""Sealing a study anew for the next epoch: new key, new salt, the same content and the same study."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from pixelpact import crypto
from pixelpact.errors import BlockError, EncodingError
from pixelpact.models import StudySource
from pixelpact.sealing.attempt import Attempt, Progress
from pixelpact.sealing.opening import open_sealed
from pixelpact.sealing.studies import (
    Known,
    SealedStudy,
    epoch_keys,
    epoch_of,
    known_study,
    put_key,
    study_keys,
)
from pixelpact.storage import Store
from pixelpact.vault import Kind, Vault

__all__ = ["reseal"]


def reseal(  # noqa: PLR0913 - by name
    vault: Vault,
    store: Store,
    study_id: bytes,
    *,
    epoch: int,
    manifest_digest: bytes,
    content_commitment: bytes,
    source: StudySource | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> SealedStudy:
    """Seal a study again under a new key for the epoch after the chain's; the old one stays as it is.

    The current epoch is read from the store, decrypted and encrypted in memory: no image lies on the disk in
    between. Interrupted and called again it goes on as `seal` does; called again when it is done, also after
    the old key was erased, it returns what it returned.

    Args:
        vault: where the current epoch's key is, and the new one goes.
        store: where the current epoch's blocks are, and the new ones go.
        study_id: 32 bytes.
        epoch: the current one, as the StudyRegistry says at a final block.
        manifest_digest: the current one, likewise.
        content_commitment: likewise.
        source: the original instances, for a study whose blocks the store has lost.
        threads: how many decrypt and encrypt.
        progress: told of bytes done and bytes there are.

    Raises:
        VaultError: the vault is older than the chain, or the chain names what this vault did not make.
        ContentError: the instances are not those that were registered; nothing was pinned.
        SealedStudyError: what the store has of the current epoch is not what the chain names.
        StoreError, OutputError: store or vault can't be used.
    """
    following = epoch + 1
    done = _offered(vault, study_id, following, manifest_digest)
    if done is not None:
        return done
    current = study_keys(vault, study_id, epoch, manifest_digest)
    known = known_study(vault, study_id)
    with vault.journal("reseal", f"{study_id.hex()}/{following}") as entry:
        resumed = entry.step is not None
        if not resumed:
            if following in known.epochs and _is_stored(known, following, store):
                return known.sealed(following)
            abandoned = known.epochs[following].manifest_digest if following in known.epochs else None
            resumed = abandoned is not None
            with vault.transaction():
                put_key(vault, study_id, following, crypto.StudyKey.generate(), None)
                entry.advance("secrets", {"study_id": study_id, "abandoned": abandoned})

        @contextmanager
        def instances() -> Iterator[StudySource]:
            if source is not None:
                yield source
                return
            opened = open_sealed(
                store,
                current,
                custodian=known.custodian,
                context=known.network.context(study_id, epoch),
                manifest_digest=manifest_digest,
                content_commitment=content_commitment,
            )
            with opened.in_order(threads) as found:
                yield found

        keys = epoch_keys(vault, study_id, following)
        context = known.network.context(study_id, following)
        attempt = Attempt(context, keys, known.custodian, store, threads, progress)
        attempt.carry_through(
            entry,
            instances,
            resumed=resumed,
            # What was stored has the commitment that the chain has, whatever has become of the source.
            unchanged=lambda _: True,
            committed=content_commitment,
        )
        renewed = entry.state["manifest_digest"]
        with vault.transaction():
            known = known_study(vault, study_id)
            known = replace(known, epochs={**known.epochs, following: epoch_of(renewed, store)})
            known.save(vault)
            put_key(vault, study_id, following, keys.key, renewed)
            entry.finish()
    return known.sealed(following)


def _offered(vault: Vault, study_id: bytes, following: int, manifest_digest: bytes) -> SealedStudy | None:
    """The epoch after the one with this digest, when the chain may name it: then nothing else is made."""
    record = vault.find(Kind.STUDY, study_id.hex())
    known = Known.load(record) if record is not None else None
    if known is None or known.offered < following or following not in known.epochs:
        return None
    before = known.epochs.get(following - 1)
    return known.sealed(following) if before and before.manifest_digest == manifest_digest else None


def _is_stored(known: Known, epoch: int, store: Store) -> bool:
    """Whether an epoch that was sealed before is still there, and pinned."""
    with suppress(BlockError, EncodingError):
        store.pin(known.sealed(epoch).root)
        return True
    return False
