"""What the StudyRegistry keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .structs import Struct, fields_of

__all__ = ["StudyRecord", "StudyStatus", "formers_of", "packed_formers", "study_of"]


class StudyStatus(IntEnum):
    """Whether a study may be shared (``StudyRegistry.Status``)."""

    UNKNOWN = 0
    ACTIVE = 1
    WITHDRAWN = 2
    ERASED = 3


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """All that the chain keeps of a study; status UNKNOWN and zeros when there is none of this number.

    Attributes:
        subject: the patient's address, 20 bytes.
        custodian: the institution that holds it.
        epoch: counts its sealings under a new key, from 1.
        status: whether it may be shared.
        categories: the kinds of images in it, a bit each.
        registered_at: seconds.
        formers: the institutions that held it before, the latest first; at most four.
        manifest_digest: of the current sealed study's root, 32 bytes.
        content_commitment: 32 bytes; never changes.
    """

    subject: bytes
    custodian: int
    epoch: int
    status: StudyStatus
    categories: int
    registered_at: int
    formers: tuple[int, ...]
    manifest_digest: bytes
    content_commitment: bytes

    @property
    def registrar(self) -> int:
        """The institution that registered it: its number and its sealed objects name that one for good."""
        return self.formers[-1] if self.formers else self.custodian


def study_of(struct: Struct) -> StudyRecord:
    """Read ``StudyRegistry.Study``."""
    own = {"status": StudyStatus(struct["status"]), "formers": formers_of(struct["formers"])}
    return StudyRecord(**fields_of(struct) | own)


def formers_of(packed: int) -> tuple[int, ...]:
    """Former custodians, 32 bits each with the latest lowest, as their numbers."""
    numbers = (packed >> shift & 0xFFFFFFFF for shift in range(0, 128, 32))
    return tuple(number for number in numbers if number)


def packed_formers(formers: tuple[int, ...]) -> int:
    """The other way."""
    return sum(number << 32 * place for place, number in enumerate(formers))
