"""A study's instances, as a source to seal or as read from an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO, Protocol

__all__ = ["INSTANCE_ATTRIBUTES", "SERIES_ATTRIBUTES", "Instance", "StudySource"]

#: The allow-list of an index (docs/sealed-study.md, Index): keywords (PS3.6) of a series and their kinds.
SERIES_ATTRIBUTES: Mapping[str, type[str | int]] = MappingProxyType(
    {
        "Modality": str,
        "SeriesNumber": int,
        "SeriesDescription": str,
        "BodyPartExamined": str,
        "Laterality": str,
        "PerformedProcedureStepStartDate": str,
        "PerformedProcedureStepStartTime": str,
    }
)
#: The same for an instance.
INSTANCE_ATTRIBUTES: Mapping[str, type[str | int]] = MappingProxyType(
    {
        "TransferSyntaxUID": str,
        "ImageType": str,
        "InstanceNumber": int,
        "NumberOfFrames": int,
        "Rows": int,
        "Columns": int,
        "BitsAllocated": int,
    }
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM instance (a SOP instance, PS3.3) of a study, as a source to seal or as read from an index.

    Its ``repr`` shows nothing that names the patient.

    Attributes:
        sop_uid, series_uid, class_uid: UIDs (PS3.5 section 9).
        length: bytes of the Part 10 file.
        attributes: attributes of the instance by keyword, those of ``INSTANCE_ATTRIBUTES`` that it has.
        series_attributes: the same for its series (``SERIES_ATTRIBUTES``); equal in every instance of one
            series and class.
        digest: SHA-256 of the file; empty until it was read.
    """

    sop_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    class_uid: str
    length: int
    attributes: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    series_attributes: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    digest: bytes = field(default=b"", repr=False)


class StudySource(Protocol):
    """Where the instances of one study come from: a folder being sealed, or a sealed study being rotated."""

    @property
    def study_uid(self) -> str:
        """The StudyInstanceUID (0020,000D)."""
        ...

    def __iter__(self) -> Iterator[Instance]: ...

    def open(self, instance: Instance) -> BinaryIO:
        """The bytes of one instance from their start: a stream with ``readinto``, which the caller closes."""
        ...
