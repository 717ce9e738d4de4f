"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.errors import PixelPactError

__all__ = ["Finding", "counted"]


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at.
        ok: whether it is as it should be.
        needed: whether PixelPact works without it.
        sentence: what was found.
        remedy: what mends it; empty when nothing has to be.
    """

    subject: str
    ok: bool
    needed: bool
    sentence: str
    remedy: str = ""

    @classmethod
    def good(cls, subject: str, sentence: str) -> Finding:
        """It is as it should be."""
        return cls(subject, ok=True, needed=True, sentence=sentence)

    @classmethod
    def bad(cls, subject: str, sentence: str, remedy: str, *, needed: bool = True) -> Finding:
        """It is not."""
        return cls(subject, ok=False, needed=needed, sentence=sentence, remedy=remedy)

    @classmethod
    def of(cls, subject: str, error: PixelPactError) -> Finding:
        """What an error says."""
        said = f"{error.what}: {error.why}" if error.why else error.what
        return cls.bad(subject, said, error.remedy)
