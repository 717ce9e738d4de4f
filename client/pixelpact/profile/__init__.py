"""An institution's means, with which its actors work."""

from __future__ import annotations

from pixelpact.profile.profile import Profile, require_bytes

__all__ = ["Profile", "require_bytes"]
