"""What the StudyRegistry reports."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event

__all__ = [
    "CustodyOffered",
    "CustodyTransferred",
    "DisposalAttested",
    "StudyErased",
    "StudyRegistered",
    "StudyReinstated",
    "StudyRotated",
    "StudyWithdrawn",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRegistered(Event):
    """A study was registered, in epoch 1."""

    study: bytes
    custodian: int
    subject: bytes
    categories: int
    manifest_digest: bytes
    content_commitment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRotated(Event):
    """A study was sealed anew: another key and other ciphertext, the same content commitment."""

    study: bytes
    custodian: int
    epoch: int
    manifest_digest: bytes
    previous_manifest_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWithdrawn(Event):
    """A study was withdrawn from sharing."""

    study: bytes
    custodian: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReinstated(Event):
    """A withdrawn study may be shared again."""

    study: bytes
    custodian: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyErased(Event):
    """A study was erased, for good."""

    study: bytes
    custodian: int
    certificate: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalAttested(Event):
    """The custodian attested that the blocks of an epoch were unpinned, collected and found absent."""

    study: bytes
    custodian: int
    epoch: int
    blocks: int
    nodes: int
    report: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyOffered(Event):
    """A custodian offered a study to another institution; 0: it took the offer back."""

    study: bytes
    custodian: int
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyTransferred(Event):
    """A study has another custodian from now on."""

    study: bytes
    from_: int
    to: int
