"""An institution's means, with which its actors work, and the folder in which a profile is kept."""

from __future__ import annotations

from pixelpact.profile.choices import Opening, Role, StoreChoice, UnlockChoice
from pixelpact.profile.folder import ProfileFolder
from pixelpact.profile.profile import Profile, require_bytes, require_person

__all__ = [
    "Opening",
    "Profile",
    "ProfileFolder",
    "Role",
    "StoreChoice",
    "UnlockChoice",
    "require_bytes",
    "require_person",
]
