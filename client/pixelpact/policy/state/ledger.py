"""What the AccessLedger keeps, as its events leave it (docs/contracts.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

__all__ = ["Ledger", "Request", "RequestStatus"]


class RequestStatus(IntEnum):
    """What became of a request."""

    UNKNOWN = 0
    PERMITTED = 1
    DENIED = 2
    REFUSED = 3


@dataclass(slots=True)
class Request:
    """One request, or emergency.

    Attributes:
        status: what became of it.
        requester, custodian: who asked, and who held the study then (0: it was unknown).
        requested_at: in seconds.
        served_epoch, confirmed_epoch, disputed_epoch: the last epoch of each; 0: none.
        is_emergency, is_reviewed: whether it was an emergency, and whether that was reviewed.
    """

    status: RequestStatus
    requester: int
    custodian: int
    requested_at: int
    served_epoch: int = 0
    confirmed_epoch: int = 0
    disputed_epoch: int = 0
    is_emergency: bool = False
    is_reviewed: bool = False


class Ledger:
    """All requests by their numbers (32 bytes), and how many permitted emergencies each institution had.

    Attributes:
        emergencies, unreviewed: by institution; of the second, those that nobody reviewed.
    """

    def __init__(self) -> None:
        self.requests: dict[bytes, Request] = {}
        self.emergencies: Counter[int] = Counter()
        self.unreviewed: Counter[int] = Counter()

    def handlers(self, custodian_of: Callable[[bytes], int]) -> Mapping[str, Callable[[Any, int], None]]:
        """What each event changes, by its name; called with the event and its block's time.

        Args:
            custodian_of: who holds a study now; the event of a request does not say it.
        """

        def requested(event: Any, time: int) -> None:
            status = RequestStatus.DENIED if event.reason else RequestStatus.PERMITTED
            self.requests[event.request] = Request(status, event.requester, custodian_of(event.study), time)

        return {
            "AccessRequested": requested,
            "AccessReleased": self._released,
            "AccessConfirmed": self._confirmed,
            "AccessDisputed": self._disputed,
            "AccessRefused": self._refused,
            "EmergencyRequested": self._emergency,
            "EmergencyReviewed": self._reviewed,
        }

    def _released(self, event: Any, _time: int) -> None:
        self.requests[event.request].served_epoch = event.epoch

    def _confirmed(self, event: Any, _time: int) -> None:
        self.requests[event.request].confirmed_epoch = event.epoch

    def _disputed(self, event: Any, _time: int) -> None:
        self.requests[event.request].disputed_epoch = event.epoch

    def _refused(self, event: Any, _time: int) -> None:
        self.requests[event.request].status = RequestStatus.REFUSED

    def _emergency(self, event: Any, time: int) -> None:
        status = RequestStatus.DENIED if event.reason else RequestStatus.PERMITTED
        self.requests[event.request] = Request(
            status, event.requester, event.custodian, time, is_emergency=True
        )
        if not event.reason:
            self.emergencies[event.requester] += 1
            self.unreviewed[event.requester] += 1

    def _reviewed(self, event: Any, _time: int) -> None:
        self.requests[event.request].is_reviewed = True
        self.unreviewed[event.requester] -= 1
