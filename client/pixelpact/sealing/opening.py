"""Opening a sealed study, and reading DICOM instances from it that are the ones its index names."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pixelpact import crypto
from pixelpact.crypto import OpenStudy
from pixelpact.dicom import DamagedError, read_header
from pixelpact.errors import IdentityError
from pixelpact.models import Instance, StudyContext
from pixelpact.sealing.attempt import Progress
from pixelpact.sealing.studies import StudyKeys
from pixelpact.storage import Store

__all__ = ["open_sealed", "received"]

_HELD = 16 << 20


def open_sealed(  # noqa: PLR0913 - by name, and none can be left out: each is a check
    store: Store,
    keys: StudyKeys,
    *,
    custodian: int,
    context: StudyContext,
    manifest_digest: bytes,
    content_commitment: bytes,
) -> OpenStudy:
    """Open a sealed study: every check before its payload (docs/sealed-study.md, Opening, 1 to 7).

    Args:
        store: where its blocks are.
        keys: from the key envelope.
        custodian: the institution that sealed it.
        context: network, study and epoch, the epoch from the StudyRegistry.
        manifest_digest: from the StudyRegistry at a final block.
        content_commitment: likewise.

    Raises:
        SealedStudyError: one of its classes, the first check that fails.
        StoreError: the store can't be used.
    """
    return crypto.open_study(
        store.get,
        key=keys.key,
        secret=keys.secret,
        custodian=custodian,
        context=context,
        manifest_digest=manifest_digest,
        committed=content_commitment,
    )


def received(
    opened: OpenStudy, *, threads: int = 1, progress: Progress | None = None
) -> Iterator[tuple[Instance, Iterable[memoryview]]]:
    """All instances in order, each with its bytes in pieces; none before it was checked.

    Checked is its digest, and that it is the DICOM instance that the index names, of this study: a mistake of
    the custodian's that puts another patient's images under this study's id ends here. A piece is a view of a
    buffer that is used again: write or copy it before taking the next instance.

    Args:
        opened: what `open_sealed` gave.
        threads: how many fetch and decrypt.
        progress: told of bytes done and bytes there are.

    Raises:
        IdentityError: an instance is of another study, or not the one that the index names.
        SealedStudyError: its other classes; the instances before the failing one were given.
    """
    done = 0
    for instance, pieces in opened.stream(threads):
        if instance.length <= _HELD:
            views = list(pieces)
            _check_identity(io.BytesIO(b"".join(views)), opened.study_uid, instance)
            yield instance, views
        else:
            with opened.open(instance) as stream:
                _check_identity(stream, opened.study_uid, instance)
            yield instance, pieces
        done += instance.length
        if progress is not None:
            progress(done, opened.length)


def _check_identity(stream: BinaryIO, study_uid: str, instance: Instance) -> None:
    try:
        header = read_header(stream, instance.length)
    except DamagedError as error:
        raise _not_the_one(f"it is not a whole DICOM file: {error}") from None
    found = (header.study_uid, header.series_uid, header.class_uid, header.sop_uid)
    if found != (study_uid, instance.series_uid, instance.class_uid, instance.sop_uid):
        raise _not_the_one("its UIDs are not those of the index")


def _not_the_one(why: str) -> IdentityError:
    return IdentityError(
        "An instance of the study is not the one that its index names",
        why=why,
        remedy="Don't use it; dispute the release, so that the custodian looks into it",
    )
