"""Disposing of an epoch that the chain no longer names, and saying exactly what that shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from pixelpact import crypto
from pixelpact.errors import InputError, SealedStudyError, StoreError
from pixelpact.models import DAG_CBOR, Cid
from pixelpact.sealing.reports import DisposalReport, NodeReport
from pixelpact.sealing.studies import known_study
from pixelpact.storage import Store, reachable
from pixelpact.vault import Vault

__all__ = ["dispose"]


def dispose(vault: Vault, stores: Mapping[str, Store], study_id: bytes, *, epoch: int) -> DisposalReport:
    """Unpin an old epoch at every node, collect, and look for each of its blocks.

    Interrupted and called again it goes on; called again when it is done, it returns the same report.

    Args:
        vault: which knows that a later epoch is final (`mark_final`).
        stores: the custodian's nodes by the names they have in the report.
        study_id: 32 bytes.
        epoch: an earlier epoch than the final one.

    Raises:
        InputError: the chain still names this epoch, as far as the vault knows.
        StoreError: a node can't be used, or still has blocks that nothing explains.
        SealedStudyError: no node can list the blocks any more, or one can't tell what its pins reach.
    """
    known = known_study(vault, study_id)
    if not 0 < epoch < known.final or epoch not in known.epochs:
        raise InputError(
            f"Epoch {epoch} of the study can't be disposed of",
            why=f"the chain names epoch {known.final}" if known.final else "the study is not registered yet",
            remedy="Dispose of it when the rotation to a later epoch is final",
        )
    if epoch in known.disposals:
        return known.disposals[epoch]
    manifest_digest = known.epochs[epoch].manifest_digest
    with vault.journal("dispose", f"{study_id.hex()}/{epoch}") as entry:
        if entry.step is None:
            entry.advance("listed", {"cids": b"".join(map(bytes, _listed(stores, manifest_digest)))})
        packed = entry.state["cids"]
        cids = tuple(Cid.from_bytes(packed[at : at + 36]) for at in range(0, len(packed), 36))
        nodes = tuple(_swept(name, store, manifest_digest, cids) for name, store in stores.items())
        digest = hashlib.sha256(packed).digest()
        report = DisposalReport(study_id, epoch, manifest_digest, len(cids), digest, nodes)
        with vault.transaction():
            known = known_study(vault, study_id)
            replace(known, disposals={**known.disposals, epoch: report}).save(vault)
            entry.finish()
    return report


def _listed(stores: Mapping[str, Store], manifest_digest: bytes) -> list[Cid]:
    """Every CID of the epoch, from the first node that still has root and leaves."""
    failed: SealedStudyError | None = None
    for store in stores.values():
        try:
            return sorted(set(crypto.list_cids(manifest_digest, store.get)))
        except SealedStudyError as error:
            failed = error
    if failed is None:
        raise InputError("No node was named to dispose at", remedy="Give the custodian's nodes")
    raise failed


def _swept(name: str, store: Store, manifest_digest: bytes, cids: tuple[Cid, ...]) -> NodeReport:
    store.unpin(Cid(DAG_CBOR, manifest_digest))
    store.collect()
    left = store.present(cids)
    if left:
        pinned = {cid.digest for pin in store.pins() for cid in reachable(pin, store.get)}
        unexplained = [cid for cid in left if cid.digest not in pinned]
        if unexplained:
            raise StoreError(
                f"The node {name} still has {len(unexplained)} blocks of the epoch that was disposed of",
                why=f"it was told to remove them, and answers that it has {unexplained[0]}, for one",
                remedy="Run this again; if they stay, look into the node",
            )
    return NodeReport(name, len(cids) - len(left), tuple(str(cid) for cid in left))
