"""What one side says and the other has no place for, gathered until all of it is known."""

from __future__ import annotations

__all__ = ["Faults"]

_SHOWN = 30


class Faults:
    """Elements or fields that have no place, each with why.

    Attributes:
        parts: the reasons by path.
    """

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def add(self, path: str, why: str) -> None:
        """Remember one; the first reason for a path stays."""
        self.parts.setdefault(path, why)

    @property
    def told(self) -> str:
        """All of them in a clause; of very many the first."""
        said = [f"{path} ({why})" for path, why in self.parts.items()]
        more = [f"{len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
        return "; ".join(said[:_SHOWN] + more)
