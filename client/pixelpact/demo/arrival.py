"""Comparing what arrived with what was given, byte by byte."""

from __future__ import annotations

from pixelpact.models import Instance, StudySource
from pixelpact.requester import FetchedStudy

__all__ = ["count_identical", "middle_first"]


def middle_first(source: StudySource) -> list[Instance]:
    """The instances, the middle one first: the first image of a series often shows little."""
    instances = list(source)
    middle = len(instances) // 2
    return instances[middle:] + instances[:middle]


def count_identical(source: StudySource, fetched: FetchedStudy) -> int:
    """How many instances arrived with exactly the bytes of the original's files; nothing is kept."""
    originals = {instance.sop_uid: instance for instance in source}
    count = 0
    for instance, pieces in fetched.instances():
        with source.open(originals[instance.sop_uid]) as original:
            same = all(original.read(len(piece)) == piece for piece in pieces)
            count += same and not original.read(1)
    return count
