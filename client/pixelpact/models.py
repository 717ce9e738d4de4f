"""The values that travel between rooms. Imports nothing of the package; everything here is frozen.

Addresses, hashes and ids are raw ``bytes`` (20 or 32); times are whole seconds since 1970 UTC, as the chain
has them; institutions are their numbers in the InstitutionRegistry, from 1.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO, Protocol

__all__ = [
    "ANY_INSTITUTION",
    "ANY_INSTITUTION_LATER_TOO",
    "DAG_CBOR",
    "INSTANCE_ATTRIBUTES",
    "RAW",
    "SERIES_ATTRIBUTES",
    "WHOLE_RECORD",
    "ZERO32",
    "AccessQuery",
    "Cid",
    "Directive",
    "EnvelopeContext",
    "Instance",
    "Invitation",
    "Modifier",
    "Refusal",
    "SignedDirective",
    "SignedInvitation",
    "SignedRefusal",
    "SignedRevocation",
    "SignedRevocationOfAll",
    "StudyContext",
    "StudySource",
]

RAW = 0x55
DAG_CBOR = 0x71
ZERO32 = bytes(32)

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

#: Directive.grantee: any institution that was a requester before the directive was recorded.
ANY_INSTITUTION = 0
#: Directive.grantee: any requester, also one that joins later.
ANY_INSTITUTION_LATER_TOO = 2**32 - 1
#: Directive.study: everything that this custodian holds of this subject.
WHOLE_RECORD = ZERO32


@dataclass(frozen=True, slots=True, order=True)
class Cid:
    """A CIDv1 with SHA-256: the only kind the sealed study has.

    Attributes:
        codec: ``RAW`` or ``DAG_CBOR``.
        digest: the 32-byte SHA-256 of the block.
    """

    codec: int
    digest: bytes

    def __post_init__(self) -> None:
        if self.codec not in (RAW, DAG_CBOR):
            raise ValueError(f"codec {self.codec:#x} is neither raw nor dag-cbor")
        if len(self.digest) != 32:
            raise ValueError(f"a SHA-256 digest has 32 bytes, not {len(self.digest)}")

    @classmethod
    def of(cls, codec: int, data: bytes | bytearray | memoryview) -> Cid:
        """The CID of a block's bytes."""
        return cls(codec, hashlib.sha256(data).digest())

    @classmethod
    def from_bytes(cls, data: bytes) -> Cid:
        """Read the 36 binary bytes; ValueError for any other version, hash or codec."""
        if len(data) != 36 or data[0] != 1 or data[2:4] != b"\x12\x20":
            raise ValueError("not a binary CIDv1 with SHA-256")
        return cls(data[1], data[4:])

    @classmethod
    def parse(cls, text: str) -> Cid:
        """Read the base32 text (``b...``); ValueError for anything but its one canonical spelling."""
        if len(text) != 59 or text[0] != "b":
            raise ValueError("not a base32 CIDv1 with SHA-256")
        cid = cls.from_bytes(base64.b32decode(text[1:].upper() + "======"))
        if str(cid) != text:
            raise ValueError("not the canonical spelling of this CID")
        return cid

    def __bytes__(self) -> bytes:
        return bytes((1, self.codec, 0x12, 0x20)) + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(bytes(self)).decode("ascii").rstrip("=").lower()


@dataclass(frozen=True, slots=True, order=True)
class Modifier:
    """One DUO data use modifier of a directive: its DUO number and its value (32 bytes), if it has one."""

    code: int
    value: bytes = ZERO32


@dataclass(frozen=True, slots=True)
class Directive:
    """What a patient allows, as signed (docs/contracts.md). ``modifiers`` ascend strictly by code."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    categories: int
    purposes: int
    permission: int
    vocabulary: int
    generation: int
    not_before: int
    expiry: int
    salt: bytes
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a patient refuses whatever was allowed. One of custodian, study, grantee is set, or none: all."""

    subject: bytes
    custodian: int
    study: bytes
    grantee: int
    purposes: int
    sequence: int


@dataclass(frozen=True, slots=True)
class SignedDirective:
    """A directive as the wallet hands it out: its number is the struct hash, the signature has 65 bytes."""

    directive: Directive
    number: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedRevocation:
    """A patient's withdrawal of the directive of this number (struct hash)."""

    subject: bytes
    directive: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedRevocationOfAll:
    """A patient's withdrawal of everything: ``generation`` is the subject's on the chain + 1."""

    subject: bytes
    generation: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedRefusal:
    """A patient's refusal, signed."""

    refusal: Refusal
    signature: bytes


@dataclass(frozen=True, slots=True)
class Invitation:
    """How a requester learns that a study exists: from the patient or the custodian, never by searching.

    Attributes:
        genesis, chain_id: the network it is on.
        custodian: whom to ask.
        study: its number.
        categories: the kinds of images in it, a bit each.
        expiry: until when one may ask with it (seconds).
        directive: the consent to cite, once there is one.
    """

    genesis: bytes
    chain_id: int
    custodian: int
    study: bytes
    categories: int
    expiry: int
    directive: Directive | None = None


@dataclass(frozen=True, slots=True)
class SignedInvitation:
    """An invitation with who invites, an operator of the custodian or the patient: 65 bytes sign it."""

    invitation: Invitation
    inviter: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class AccessQuery:
    """What a requester asks: a study, one purpose (its index), categories, a project, obligations."""

    study: bytes
    purpose: int
    categories: int
    project: bytes = ZERO32
    obligations: int = 0


@dataclass(frozen=True, slots=True)
class StudyContext:
    """What a sealed study's keys are bound to."""

    genesis: bytes
    chain_id: int
    registry: bytes
    study_id: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class EnvelopeContext:
    """What a key envelope is bound to; any field changed and it does not open."""

    genesis: bytes
    chain_id: int
    ledger: bytes
    request_id: bytes
    study_id: bytes
    epoch: int
    manifest_digest: bytes
    custodian: int
    requester: int
    key_version: int


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
