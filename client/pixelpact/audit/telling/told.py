"""What telling an event gives: who, what in a few words, and the rest of the sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pixelpact.audit.step import Step

__all__ = ["Teller", "Told"]

Told: TypeAlias = tuple[str, str, str]
Teller: TypeAlias = Callable[[Step, Any], Told]
