"""The story in full: after it, all else that can be said of an image."""

from __future__ import annotations

from pixelpact.demo.affairs import Affairs
from pixelpact.demo.story import Story
from pixelpact.demo.wishes import Wishes

__all__ = ["tell_in_full"]


def tell_in_full(story: Story) -> None:
    """The steps between the story's last denial and the audit (``FULL_STEPS``).

    Args:
        story: told to its end.

    Raises:
        VerificationError: a step did not end as it should.
    """
    wishes = Wishes(story)
    wishes.tell()
    Affairs(story, wishes.batched).tell()
