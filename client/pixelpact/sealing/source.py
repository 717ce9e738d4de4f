"""What a source holds, in one digest: whether it is still what was sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from pixelpact.errors import InputError
from pixelpact.models import Instance, StudySource

__all__ = ["fingerprint", "read_fingerprint"]

_READ = 1 << 20


def fingerprint(study_uid: str, instances: Iterable[Instance]) -> bytes:
    """SHA-256 over the study's UID and all that is said of its instances, their digests included."""
    digest = hashlib.sha256(study_uid.encode())
    for each in sorted(instances, key=lambda instance: instance.sop_uid):
        row = [
            each.sop_uid,
            each.series_uid,
            each.class_uid,
            each.length,
            each.digest.hex(),
            dict(each.attributes),
            dict(each.series_attributes),
        ]
        digest.update(b"\n" + json.dumps(row, sort_keys=True).encode())
    return digest.digest()


def read_fingerprint(source: StudySource) -> bytes:
    """Read the whole source for its fingerprint.

    Raises:
        InputError: an instance can't be read, or changed while it was.
    """
    return fingerprint(source.study_uid, [_digested(source, instance) for instance in source])


def _digested(source: StudySource, instance: Instance) -> Instance:
    digest, length = hashlib.sha256(), 0
    with source.open(instance) as stream:
        while piece := stream.read(_READ):
            digest.update(piece)
            length += len(piece)
    if length != instance.length:
        raise InputError(
            "The study changed while it was read",
            why="an instance has another length than it had",
            remedy="Seal again when nothing writes to the study",
        )
    return replace(instance, digest=digest.digest())
