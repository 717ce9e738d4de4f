"""Sealing a study for the first time."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

from pixelpact import crypto
from pixelpact.errors import BlockError, EncodingError, InputError, StoreError
from pixelpact.models import StudySource
from pixelpact.sealing.attempt import Attempt, Progress
from pixelpact.sealing.source import read_fingerprint
from pixelpact.sealing.studies import (
    Known,
    NetworkIdentity,
    SealedStudy,
    epoch_keys,
    epoch_of,
    find_known,
    put_key,
)
from pixelpact.storage import Store
from pixelpact.vault import Entry, Kind, Vault

__all__ = ["seal"]

_FIRST = 1


def seal(  # noqa: PLR0913 - by name
    source: StudySource,
    vault: Vault,
    store: Store,
    *,
    network: NetworkIdentity,
    custodian: int,
    subject: bytes,
    threads: int = 1,
    progress: Progress | None = None,
) -> SealedStudy:
    """Seal a study: secrets into the vault, blocks into the store, pinned and durable, the root verified.

    Interrupted and called again it goes on: what was stored whole is kept after the source was read again and
    found the same; anything else is begun anew under a new salt, and the blocks of the attempt are collected.
    Called again when it is done, it reads the source and returns what it returned. A study that changed since
    is sealed anew as long as it was not offered to the chain.

    Args:
        source: the study, such as `dicom.scan` gives.
        vault: where keys go.
        store: where blocks go.
        network: chain and StudyRegistry that it will be registered in.
        custodian: this institution's number.
        subject: the patient's address, 20 bytes.
        threads: how many encrypt.
        progress: told of bytes done and bytes there are.

    Raises:
        InputError: the source can't be sealed, changed while it was read, or is not what was registered.
        SealedStudyError: what the store gives back is not what was sealed.
        StoreError: the study is on the chain, and blocks of it are gone; or the store can't be used.
        VaultError, OutputError: the vault can't be used.
    """
    where = f"{network.genesis.hex()}/{network.chain_id}/{network.registry.hex()}"
    with vault.journal("seal", f"{where}/{custodian}/{source.study_uid}") as entry:
        resumed = entry.step is not None
        if not resumed:
            known = find_known(vault, network, custodian, source.study_uid)
            if known is None:
                _begin(vault, entry, custodian, source.study_uid, subject)
            else:
                known = _for_subject(vault, known, subject)
                if _still_holds(known, source, store):
                    return known.sealed(known.final or _FIRST)
                _begin_anew(vault, entry, known)
                resumed = True
        if entry.state.get("subject") != subject:
            # What was interrupted is named with the patient it is for now.
            entry.advance(str(entry.step), {"subject": subject})
        study_id = entry.state["study_id"]
        keys = epoch_keys(vault, study_id, _FIRST)
        attempt = Attempt(network.context(study_id, _FIRST), keys, custodian, store, threads, progress)
        attempt.carry_through(
            entry,
            lambda: nullcontext(source),
            resumed=resumed,
            unchanged=lambda before: read_fingerprint(source) == before,
        )
        state: dict[str, Any] = entry.state
        sealed = Known(
            study_id=study_id,
            local_id=crypto.local_id(keys.secret, custodian, source.study_uid),
            network=network,
            custodian=custodian,
            subject=subject,
            content_commitment=state["content_commitment"],
            modalities=tuple(state["modalities"]),
            instances=state["instances"],
            length=state["length"],
            study_uid=source.study_uid,
            fingerprint=state["fingerprint"],
            epochs={_FIRST: epoch_of(state["manifest_digest"], store)},
        )
        with vault.transaction():
            sealed.save(vault)
            put_key(vault, study_id, _FIRST, keys.key, state["manifest_digest"])
            entry.finish()
    return sealed.sealed(_FIRST)


def _begin(vault: Vault, entry: Entry, custodian: int, study_uid: str, subject: bytes) -> None:
    key, secret = crypto.StudyKey.generate(), crypto.StudySecret.generate()
    study_id = crypto.study_id(custodian, crypto.local_id(secret, custodian, study_uid))
    with vault.transaction():
        vault.put(Kind.STUDY_SECRET, study_id.hex(), {"secret": bytes(secret)})
        put_key(vault, study_id, _FIRST, key, None)
        entry.advance("secrets", {"study_id": study_id, "abandoned": None, "subject": subject})


def _begin_anew(vault: Vault, entry: Entry, known: Known) -> None:
    """Give up what was sealed of a study that the chain does not know. It keeps its secrets, so its id."""
    with vault.transaction():
        vault.delete(Kind.STUDY, known.study_id.hex())
        put_key(vault, known.study_id, _FIRST, epoch_keys(vault, known.study_id, _FIRST).key, None)
        abandoned = known.epochs[_FIRST].manifest_digest
        entry.advance(
            "secrets", {"study_id": known.study_id, "abandoned": abandoned, "subject": known.subject}
        )


def _for_subject(vault: Vault, known: Known, subject: bytes) -> Known:
    if known.subject == subject:
        return known
    if known.offered:
        raise InputError(
            "The study is registered for another patient's address",
            why="a study's subject does not change once it is registered",
            remedy="Give the address it was registered for",
        )
    changed = replace(known, subject=subject)
    changed.save(vault)
    return changed


def _still_holds(known: Known, source: StudySource, store: Store) -> bool:
    """Whether what was sealed is the source's, and stored.

    Raises:
        InputError: the chain may name another sealing.
        StoreError: the chain may name it, and blocks of it are gone: sealing anew would not bring them back.
    """
    same = read_fingerprint(source) == known.fingerprint
    if known.offered:
        if not same:
            raise InputError(
                "The study has other images than those that were registered",
                why="files were added, removed or changed since, and what is registered can't be exchanged",
                remedy="Give the study's files as they were",
            )
        _require_stored(known.sealed(known.final or _FIRST), store)
        return True
    if same:
        with suppress(BlockError, EncodingError):
            store.pin(known.sealed(_FIRST).root)
            return True
    return False


def _require_stored(sealed: SealedStudy, store: Store) -> None:
    try:
        # Also where it is pinned: each of its blocks is looked for.
        store.pin(sealed.root)
    except (BlockError, EncodingError) as error:
        raise StoreError(
            f"The study was sealed before, and epoch {sealed.epoch} of it is not whole in the store",
            why=": ".join(filter(None, (error.what, error.why))),
            remedy="Run `pixelpact doctor`: it tells an old vault from a store that has lost blocks, and "
            "what mends it",
        ) from error
