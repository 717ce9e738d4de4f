"""Networks on this computer: a consortium to try things with, ended by the process that started it."""

from __future__ import annotations

from pixelpact.localnet.sandbox import Member, Sandbox

__all__ = ["Member", "Sandbox"]
