"""The journal: what was begun, how far it got, and what is needed to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixelpact.vault.records import Record

__all__ = ["Entry", "Pending"]


@dataclass(frozen=True, slots=True)
class Pending:
    """One unfinished piece of work: which operation, on what, and the step it reached last."""

    operation: str
    key: str = field(repr=False)
    step: str


class Entry:
    """One piece of work, as the journal has it. Made by `Vault.journal`.

    Attributes:
        operation, key: what is done, and to what; together they find the entry again.
        step: the last step that was written, or None on a first run.
        state: all that was written with the steps so far.
    """

    def __init__(
        self, operation: str, key: str, found: Mapping[str, Any], write: Callable[[Record | None], None]
    ) -> None:
        self.operation = operation
        self.key = key
        self.step: str | None = found["step"]
        self.state: dict[str, Any] = found["state"]
        self._write = write

    def __repr__(self) -> str:
        return f"Entry({self.operation!r}, step={self.step!r})"

    def advance(self, step: str, state: Record | None = None) -> None:
        """Write that ``step`` is reached; ``state`` is added to what is kept. Durable when it returns."""
        merged = {**self.state, **(state or {})}
        self._write({"operation": self.operation, "key": self.key, "step": step, "state": merged})
        self.step, self.state = step, merged

    def restart(self, step: str, state: Record) -> None:
        """Write ``step`` with this state alone: what was kept before no longer holds."""
        self._write({"operation": self.operation, "key": self.key, "step": step, "state": dict(state)})
        self.step, self.state = step, dict(state)

    def finish(self) -> None:
        """Delete the entry now, where leaving the block is too late: together with other writes."""
        self._write(None)
        self.step, self.state = None, {}
