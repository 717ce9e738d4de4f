"""What the AccessLedger keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .structs import Struct, fields_of

__all__ = ["EmergencyCount", "RequestRecord", "RequestStatus", "Verdict", "request_of"]


class RequestStatus(IntEnum):
    """What became of a request (``AccessLedger.Status``)."""

    UNKNOWN = 0
    PERMITTED = 1
    DENIED = 2
    REFUSED = 3


class Verdict(IntEnum):
    """What a review found of an emergency (``AccessLedger.Verdict``)."""

    NONE = 0
    JUSTIFIED = 1
    UNJUSTIFIED = 2


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What the ledger keeps of a request; status UNKNOWN and zeros when there is none of this number.

    Attributes:
        status: PERMITTED does not mean released: ``served_epoch`` does.
        requester, custodian: institutions; custodian 0 when the study was unknown.
        requested_at: seconds.
        served_epoch, confirmed_epoch, disputed_epoch: the last epoch of each, 0 for none.
        is_emergency: whether it was an emergency.
        is_reviewed: whether that emergency was reviewed.
    """

    status: RequestStatus
    requester: int
    custodian: int
    requested_at: int
    served_epoch: int
    confirmed_epoch: int
    disputed_epoch: int
    is_emergency: bool
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class EmergencyCount:
    """How many emergencies of an institution were permitted, and how many of them nobody has reviewed."""

    total: int
    unreviewed: int


def request_of(struct: Struct) -> RequestRecord:
    """Read ``AccessLedger.Request``."""
    return RequestRecord(**fields_of(struct) | {"status": RequestStatus(struct["status"])})
