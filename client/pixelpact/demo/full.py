"""The story in full: after it, all else that can be said of an image."""

from __future__ import annotations

from pixelpact.chain import Account
from pixelpact.demo.affairs import Affairs
from pixelpact.demo.part import Part
from pixelpact.demo.stage import NAMES
from pixelpact.demo.story import B, D, Story
from pixelpact.demo.wishes import Wishes
from pixelpact.policy import OperatorPermission
from pixelpact.profile import Profile

__all__ = ["tell_in_full"]

_MAY = {B: OperatorPermission.EMERGENCIES, D: OperatorPermission.CONSENTS}


def tell_in_full(story: Story) -> None:
    """The steps between the story's last denial and the audit (``FULL_STEPS``).

    Args:
        story: told up to that denial.

    Raises:
        VerificationError: a step did not end as it should.
    """
    seconds = _let_second_persons_act(Part(story))
    wishes = Wishes(story, seconds[D])
    wishes.tell()
    Affairs(story, seconds[B], wishes.batched).tell()


def _let_second_persons_act(part: Part) -> dict[int, Profile]:
    """A second person of each of two hospitals, with an account and a vault of their own."""
    title = "Hospitals B and D each let a second person act for them"
    with part.stage.step("second-persons", title, "their admins") as note:
        accounts = {institution: Account.generate() for institution in _MAY}
        part.cast.together(
            *(
                lambda each=each, may=may: part.delegate(each).set_operator(accounts[each].address, may)
                for each, may in _MAY.items()
            )
        )
        for each, may in _MAY.items():
            kept = part.cast.reader.institutions.operator(accounts[each].address, at="final")
            note.check(
                f"the chain lets one more account act for {NAMES[each]}, for one thing",
                holds=(kept.institution, kept.permissions) == (each, int(may)),
            )
        note.sentence = (
            "Paper and emergencies take two people, each with an account and a vault of their own."
        )
    return {each: part.cast.consortium.join(account, each) for each, account in accounts.items()}
