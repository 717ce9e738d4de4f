"""Sealed studies from end to end: made, made anew under another key, opened, and disposed of.

Joins crypto, dicom, storage and vault; what goes on the chain is the caller's. A custodian's order::

    network = NetworkIdentity(genesis, chain_id, study_registry_address)
    sealed = seal(source, vault, store, network=network, custodian=1, subject=patient_address)
                                 # keys in the vault, blocks stored, pinned and durable, root verified
    mark_offered(vault, sealed)  # before the transaction is sent: from now on it is never begun anew
    ...register(sealed.local_id, subject, categories(sealed.modalities), sealed.manifest_digest,
                sealed.content_commitment), wait until it is final...
    mark_final(vault, sealed)

    keys = study_keys(vault, sealed.study_id, epoch, manifest_digest)   # both from a final block
    wrap(public_key, keys.key, keys.secret, context)                    # crypto's

A rotation::

    renewed = reseal(vault, store, sealed.study_id, epoch=1, manifest_digest=..., content_commitment=...)
    mark_offered(vault, renewed)
    ...rotate(study_id, 1, renewed.manifest_digest), wait until it is final...
    mark_final(vault, renewed)
    erase_old_keys(vault, sealed.study_id)                              # the old epochs' keys are destroyed
    report = dispose(vault, {"node": store}, sealed.study_id, epoch=1)  # unpinned, collected, absent
    ...attestDisposal(study_id, 1, report.blocks, len(report.nodes), report.digest)...

Each of these, killed at any moment and called again, goes on: `seal` and `reseal` from what was stored, or
from the first byte under a new salt when the source changed; both give the same answer again once they are
done.

A requester opens with `open_sealed` and reads with `received`, which also checks that each file is the DICOM
instance that the index names.

What no pin reaches is swept away when an attempt is given up and when an epoch is disposed of: whoever keeps
other blocks in the same store, such as key envelopes, pins them.
"""

from __future__ import annotations

from pixelpact.sealing.attempt import Progress
from pixelpact.sealing.disposal import dispose
from pixelpact.sealing.opening import open_sealed, received
from pixelpact.sealing.reports import DisposalReport, NodeReport
from pixelpact.sealing.resealing import reseal
from pixelpact.sealing.sealing import seal
from pixelpact.sealing.studies import (
    NetworkIdentity,
    SealedStudy,
    StudyKeys,
    erase_old_keys,
    latest,
    mark_final,
    mark_offered,
    sealed_study,
    studies,
    study_keys,
)
from pixelpact.sealing.taking_over import TakenStudy, check_taken, import_taken

__all__ = [
    "DisposalReport",
    "NetworkIdentity",
    "NodeReport",
    "Progress",
    "SealedStudy",
    "StudyKeys",
    "TakenStudy",
    "check_taken",
    "dispose",
    "erase_old_keys",
    "import_taken",
    "latest",
    "mark_final",
    "mark_offered",
    "open_sealed",
    "received",
    "reseal",
    "seal",
    "sealed_study",
    "studies",
    "study_keys",
]
