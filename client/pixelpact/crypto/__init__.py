"""The sealed study: secrets, sealing, opening and the key envelope (docs/sealed-study.md).

Plain functions over blocks: where blocks are stored, and where keys and images come from, is for others
to say.
"""

from __future__ import annotations

from .blocks import Get, list_cids
from .envelope import EncryptionKeyPair, unwrap, validate_public_key, wrap
from .keys import StudyKey, StudySecret, local_id, study_id
from .opened import OpenStudy
from .opening import open_study
from .seal import Progress, Put, SealedStudy, seal

__all__ = [
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
    "open_study",
    "seal",
    "study_id",
    "unwrap",
    "validate_public_key",
    "wrap",
]
