"""Small pictures for the report: an image before sealing, a block as stored, the image after opening."""

from __future__ import annotations

from collections.abc import Iterable

from pixelpact.demo.outcome import Picture
from pixelpact.dicom import ThumbnailError, ciphertext_thumbnail, thumbnail
from pixelpact.models import Instance, StudySource

__all__ = ["picture_of", "picture_of_block"]


def picture_of(source: StudySource, instances: Iterable[Instance]) -> tuple[Picture, Instance | None]:
    """The first of these instances that can be shown, or the reason why the first of them can't.

    Raises:
        SealedStudyError: an opened study is not what was registered.
    """
    reason = "the study has no images"
    for number, instance in enumerate(instances):
        try:
            with source.open(instance) as stream:
                return Picture(thumbnail(stream).png), instance
        except ThumbnailError as error:
            if number == 0:
                reason = error.why
    return Picture(reason=reason), None


def picture_of_block(block: bytes) -> Picture:
    """A stored block's first bytes, a pixel each."""
    try:
        return Picture(ciphertext_thumbnail(block))
    except ThumbnailError as error:
        return Picture(reason=error.why)
