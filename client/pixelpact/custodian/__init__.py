"""The custodian: seals and registers studies, releases keys while the chain says yes, rotates after a no."""

from __future__ import annotations

from pixelpact.custodian.anchoring import AnchoredBatch, KeptBatch
from pixelpact.custodian.custodian import Custodian
from pixelpact.custodian.releasing import Release
from pixelpact.custodian.reviewing import OpenedInEmergency
from pixelpact.custodian.rotating import Rotation
from pixelpact.custodian.sharing import SharedStudy
from pixelpact.custodian.waiting import CustodianStudy, WaitingRequest

__all__ = [
    "AnchoredBatch",
    "Custodian",
    "CustodianStudy",
    "KeptBatch",
    "OpenedInEmergency",
    "Release",
    "Rotation",
    "SharedStudy",
    "WaitingRequest",
]
