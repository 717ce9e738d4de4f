"""PixelPact: hospitals share medical images under the patient's signed consent.

The names below are loaded when they are first used: importing the package opens no socket and reads no chain.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelpact.audit import Auditor
    from pixelpact.chain import Account, Chain, Network
    from pixelpact.consortium import Delegate
    from pixelpact.custodian import Custodian
    from pixelpact.dicom import from_files, samples, scan
    from pixelpact.errors import PixelPactError
    from pixelpact.localnet import Member, Sandbox
    from pixelpact.models import Invitation, Modifier
    from pixelpact.patient import Guardian, Patient
    from pixelpact.policy import Category, Obligation, Permission, Purpose, RefusalReason
    from pixelpact.profile import Profile, ProfileFolder
    from pixelpact.requester import Requester
    from pixelpact.storage import FolderStore, KuboStore
    from pixelpact.vault import KeyFile, Keyring, Password, Vault

__all__ = [
    "Account",
    "Auditor",
    "Category",
    "Chain",
    "Custodian",
    "Delegate",
    "FolderStore",
    "Guardian",
    "Invitation",
    "KeyFile",
    "Keyring",
    "KuboStore",
    "Member",
    "Modifier",
    "Network",
    "Obligation",
    "Password",
    "Patient",
    "Permission",
    "PixelPactError",
    "Profile",
    "ProfileFolder",
    "Purpose",
    "RefusalReason",
    "Requester",
    "Sandbox",
    "Vault",
    "from_files",
    "samples",
    "scan",
]

_ROOMS = {
    "Account": "chain",
    "Auditor": "audit",
    "Category": "policy",
    "Chain": "chain",
    "Custodian": "custodian",
    "Delegate": "consortium",
    "FolderStore": "storage",
    "Guardian": "patient",
    "Invitation": "models",
    "KeyFile": "vault",
    "Keyring": "vault",
    "KuboStore": "storage",
    "Member": "localnet",
    "Modifier": "models",
    "Network": "chain",
    "Obligation": "policy",
    "Password": "vault",
    "Patient": "patient",
    "Permission": "policy",
    "PixelPactError": "errors",
    "Profile": "profile",
    "ProfileFolder": "profile",
    "Purpose": "policy",
    "RefusalReason": "policy",
    "Requester": "requester",
    "Sandbox": "localnet",
    "Vault": "vault",
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
