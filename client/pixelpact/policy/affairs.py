"""What institutions and ethics boards decide, in plain sentences: read out before they do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pixelpact.models import Action
from pixelpact.policy import wording
from pixelpact.policy._generated import Attribute, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixelpact.models import Motion

_NOBODY: dict[int, str] = {}


def describe_motion(  # noqa: PLR0911  (the words of each action)
    motion: Motion, names: Mapping[int, str] = _NOBODY
) -> list[str]:
    """What a motion would do, a plain sentence each: read out before it is proposed or voted for.

    Args:
        motion: as it is or will be proposed.
        names: the institutions' names by their numbers, as far as they are known.
    """
    whom = wording.institution(motion.institution, names)
    capital = whom[:1].upper() + whom[1:]
    match motion.action:
        case Action.ADMIT:
            return [
                f"A new institution from {wording.country(motion.country)} joins, with the next number.",
                f"0x{motion.account.hex()} speaks for it.",
                *_standing(motion),
            ]
        case Action.SUSPEND:
            return [
                f"{capital} is suspended: it does nothing in the consortium any more, and has no vote.",
                "Its own vote does not count in this. It comes back by another vote only.",
            ]
        case Action.REINSTATE:
            return [f"{capital}, which is suspended, takes part again."]
        case Action.CHANGE:
            return [
                f"{capital} is in {wording.country(motion.country)} from now on.",
                *_standing(motion),
                "Whatever else it was or might do, it is and may no more.",
            ]
        case Action.RECOVER_ADMIN:
            return [
                f"0x{motion.account.hex()} speaks for {whom} from then on, in the place of its admin.",
                "All its operators so far act for it no more.",
                "It takes effect after a notice, in which the present admin may veto it.",
            ]
        case Action.REPLACE_ENGINE:
            return [
                f"Requests are decided by the policy engine at 0x{motion.account.hex()}.",
                f"Its code has the hash 0x{motion.code_hash.hex()}.",
                "It takes effect after a notice, in which patients can withdraw.",
                "It can only narrow what the contracts' floor permits.",
            ]
        case Action.STOP if motion.duration == 0:
            return ["Sharing goes on: a stop that there is ends."]
        case Action.STOP:
            return [
                f"Nothing is shared for {timedelta(seconds=motion.duration)} (hours, minutes, seconds).",
                "Every request is denied meanwhile, also in emergencies. Patients can withdraw and refuse.",
            ]
        case _:
            return ["Nothing."]


def _standing(motion: Motion) -> list[str]:
    roles, attributes = Role(motion.roles), Attribute(motion.attributes)
    return [
        f"It {roles.label}." if roles else "It has no role.",
        f"It is {attributes.label}." if attributes else "Nothing is attested of it.",
    ]


def describe_approval(board: int, until: int, names: Mapping[int, str] = _NOBODY) -> list[str]:
    """What an ethics board says by its approval, a plain sentence each.

    Args:
        board: its institution's number.
        until: the end of the approval, seconds.
        names: the institutions' names by their numbers, as far as they are known.
    """
    return [
        f"{_upper(wording.institution(board, names))}, an ethics board, approves this project and no other.",
        f"The approval ends at {wording.moment(until)}.",
        "Each patient's consent still decides what is shared for it. The board can withdraw it at any time.",
    ]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
