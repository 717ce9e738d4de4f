"""Every command that changes something."""

from __future__ import annotations

from fault_affairs import AFFAIRS
from fault_commands import IMAGES

__all__ = ["COMMANDS"]

COMMANDS = (*IMAGES, *AFFAIRS)
