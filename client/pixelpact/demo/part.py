"""What the parts of the story in full have in common: who asks for what, and who votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from pixelpact.consortium import Delegate
from pixelpact.demo.stage import Cast, Exhibit, Note, Stage
from pixelpact.demo.story import DOCTOR, A, B, Story
from pixelpact.models import ZERO32, Motion, SignedInvitation
from pixelpact.policy import Purpose, Reason
from pixelpact.requester import AccessRequest

__all__ = ["Part"]


class Part:
    """A part of the story in full, on the smallest study of it.

    Args:
        story: told up to the last denial.
    """

    def __init__(self, story: Story) -> None:
        self.story = story
        self.exhibit: Exhibit = min(story.exhibits, key=lambda exhibit: exhibit.source.length)

    @property
    def stage(self) -> Stage:
        """Runs the steps."""
        return self.story.stage

    @property
    def cast(self) -> Cast:
        """Who takes part."""
        return self.story.cast

    @property
    def subject(self) -> bytes:
        """The patient's address at Hospital A."""
        return self.cast.patient.address(custodian=A)

    @property
    def categories(self) -> int:
        """The kinds of images in the study."""
        return self.exhibit.on_chain.categories

    def delegate(self, institution: int) -> Delegate:
        """Who speaks for an institution."""
        return Delegate(self.cast.consortium[institution])

    def request(
        self,
        invitation: SignedInvitation,
        *,
        requester: int = B,
        purpose: Purpose = Purpose.TREAT,
        project: bytes = ZERO32,
    ) -> AccessRequest:
        """Ask for the study."""
        return self.cast.requesters[requester].request(
            invitation, purpose=purpose, person=DOCTOR[requester], project=project
        )

    def ask(  # noqa: PLR0913 - by name, as it is asked
        self,
        note: Note,
        invitation: SignedInvitation,
        reason: Reason,
        *,
        requester: int = B,
        purpose: Purpose = Purpose.TREAT,
        project: bytes = ZERO32,
    ) -> AccessRequest:
        """Ask, and check that this is the answer and that the chain has it."""
        asked = self.request(invitation, requester=requester, purpose=purpose, project=project)
        self.cast.settle()
        self.story.expect(note, asked, reason)
        return asked

    def vote(self, note: Note, motions: Mapping[int, Motion]) -> list[int]:
        """Let each institution propose its motion, and all vote until two thirds are for each of them."""
        numbers = self.cast.together(
            *(partial(self.delegate(by).propose, motion) for by, motion in motions.items())
        )
        for _ in range(len(self.cast.consortium)):
            votes = self._next_votes(numbers)
            if not votes:
                break
            self.cast.together(*(partial(self.delegate(by).vote, number) for by, number in votes.items()))
        for number in numbers:
            standing = self.delegate(B).proposal(number)
            note.fact(f"proposal {number}", f"{len(standing.voted)} of {len(standing.voters)} votes for it")
            note.check("two thirds of those who vote are for it", holds=not standing.missing)
        return numbers

    def _next_votes(self, numbers: Iterable[int]) -> dict[int, int]:
        """Who votes for what next, by institution: each for one thing at a time."""
        votes: dict[int, int] = {}
        for number in numbers:
            standing = self.delegate(A).proposal(number)
            free = [
                each
                for each in standing.voters
                if each not in standing.voted and each not in votes and each <= len(self.cast.consortium)
            ]
            votes.update(dict.fromkeys(free[: standing.missing], number))
        return votes
