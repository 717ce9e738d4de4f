"""PixelPact: hospitals share medical images under the patient's signed consent.

The names below are loaded when they are first used: importing the package opens no socket and reads no chain.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelpact.audit import Auditor
    from pixelpact.chain import Network
    from pixelpact.custodian import Custodian
    from pixelpact.dicom import from_files, samples, scan
    from pixelpact.errors import PixelPactError
    from pixelpact.localnet import Member, Sandbox
    from pixelpact.patient import Patient
    from pixelpact.policy import Category, Permission, Purpose
    from pixelpact.profile import Profile
    from pixelpact.requester import Requester

__all__ = [
    "Auditor",
    "Category",
    "Custodian",
    "Member",
    "Network",
    "Patient",
    "Permission",
    "PixelPactError",
    "Profile",
    "Purpose",
    "Requester",
    "Sandbox",
    "from_files",
    "samples",
    "scan",
]

_ROOMS = {
    "Auditor": "audit",
    "Category": "policy",
    "Custodian": "custodian",
    "Member": "localnet",
    "Network": "chain",
    "Patient": "patient",
    "Permission": "policy",
    "PixelPactError": "errors",
    "Profile": "profile",
    "Purpose": "policy",
    "Requester": "requester",
    "Sandbox": "localnet",
    "from_files": "dicom",
    "samples": "dicom",
    "scan": "dicom",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'pixelpact' has no attribute {name!r}")
    return getattr(import_module(f"pixelpact.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
