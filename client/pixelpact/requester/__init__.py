"""The requester: asks for a study, opens what it was released, says whether it is what was registered."""

from __future__ import annotations

from pixelpact.requester.fetched import FetchedStudy
from pixelpact.requester.requester import AccessRequest, OwnRequest, Requester

__all__ = ["AccessRequest", "FetchedStudy", "OwnRequest", "Requester"]
