"""The sealed study: secrets, sealing, opening and the key envelope (docs/sealed-study.md).

Plain functions over blocks: where blocks are stored, and where keys and images come from, is for others
to say.
"""

from __future__ import annotations

from pixelpact.crypto.blocks import Get
from pixelpact.crypto.envelope import (
    ENVELOPE_SIZE,
    EncryptionKeyPair,
    open_handover,
    seal_handover,
    unwrap,
    validate_public_key,
    wrap,
)
from pixelpact.crypto.keys import StudyKey, StudySecret, local_id, study_id
from pixelpact.crypto.opened import OpenStudy
from pixelpact.crypto.opening import open_study
from pixelpact.crypto.root import list_cids
from pixelpact.crypto.seal import SealedStudy, seal
from pixelpact.crypto.writing import Progress, Put

__all__ = [
    "ENVELOPE_SIZE",
    "EncryptionKeyPair",
    "Get",
    "OpenStudy",
    "Progress",
    "Put",
    "SealedStudy",
    "StudyKey",
    "StudySecret",
    "list_cids",
    "local_id",
    "open_handover",
    "open_study",
    "seal",
    "seal_handover",
    "study_id",
    "unwrap",
    "validate_public_key",
    "wrap",
]
