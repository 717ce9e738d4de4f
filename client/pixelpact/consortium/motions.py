"""What can be voted on: a motion for each action, judged before anybody is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from pixelpact.errors import InputError
from pixelpact.models import Action, Motion
from pixelpact.policy import Attribute, Role

__all__ = [
    "admit",
    "change",
    "check_motion",
    "recover_admin",
    "reinstate",
    "replace_engine",
    "stop",
    "suspend",
]

_HIGHEST = 2**32 - 2
_NO_ACCOUNT = bytes(20)
#: The fields that each action uses; all others are zero (docs/contracts.md, Consortium).
_FIELDS: Mapping[Action, tuple[str, ...]] = {
    Action.ADMIT: ("account", "roles", "country", "attributes"),
    Action.SUSPEND: ("institution",),
    Action.REINSTATE: ("institution",),
    Action.CHANGE: ("institution", "roles", "country", "attributes"),
    Action.RECOVER_ADMIN: ("institution", "account"),
    Action.REPLACE_ENGINE: ("account", "code_hash"),
    Action.STOP: ("duration",),
}
_NOTHING = Motion(Action.NONE)


def admit(account: bytes, *, roles: Role, country: str, attributes: Attribute | None = None) -> Motion:
    """Admit an institution.

    Args:
        account: its admin's address, 20 bytes, which acts for nobody yet.
        roles: what it may do.
        country: ISO 3166-1 alpha-2, two capital letters.
        attributes: what is attested of it.

    Raises:
        InputError: a field that can't be.
    """
    held = int(attributes or 0)
    return check_motion(Motion(Action.ADMIT, 0, account, int(roles), _country(country), held))


def suspend(institution: int) -> Motion:
    """Suspend an active institution: it does nothing any more. Raises InputError for no number of one."""
    return check_motion(Motion(Action.SUSPEND, institution))


def reinstate(institution: int) -> Motion:
    """Let a suspended institution take part again. Raises InputError for no number of one."""
    return check_motion(Motion(Action.REINSTATE, institution))


def change(institution: int, *, roles: Role, country: str, attributes: Attribute | None = None) -> Motion:
    """Give an institution just these roles, this country and these attributes. Raises as ``admit``."""
    held = int(attributes or 0)
    return check_motion(Motion(Action.CHANGE, institution, _NO_ACCOUNT, int(roles), _country(country), held))


def recover_admin(institution: int, account: bytes) -> Motion:
    """Give an institution another admin, 20 bytes, after a notice in which the present one may veto it.

    Raises:
        InputError: no number of an institution, or no address.
    """
    return check_motion(Motion(Action.RECOVER_ADMIN, institution, account))


def replace_engine(account: bytes, code_hash: bytes) -> Motion:
    """Decide by another policy engine, after a notice in which patients can withdraw.

    Args:
        account: where it stands, 20 bytes.
        code_hash: Keccak-256 of its code, 32 bytes (``Delegate.inspect_engine``).

    Raises:
        InputError: no address, or no hash.
    """
    return check_motion(Motion(Action.REPLACE_ENGINE, account=account, code_hash=code_hash))


def stop(duration: timedelta) -> Motion:
    """Stop all sharing for so long, in whole seconds; nothing at all lifts a stop.

    Raises:
        InputError: less than nothing.
    """
    return check_motion(Motion(Action.STOP, duration=int(duration.total_seconds())))


def check_motion(motion: Motion) -> Motion:
    """Judge a motion's form before anybody is asked; whether it can be done now, the chain says.

    Raises:
        InputError: no action, a field that its action does not use, or one that can't be.
    """
    used = _FIELDS.get(motion.action)
    if used is None:
        raise _unfit("it has no action", "Say what is to be decided")
    for name in Motion.__slots__:
        if name == "action":
            continue
        if name not in used and getattr(motion, name) != getattr(_NOTHING, name):
            raise _unfit(
                f"{motion.action.name} says something of its {name}, which it does not use",
                "Propose one thing, with what it needs and nothing else",
            )
        if name in used:
            _check_field(motion, name)
    return motion


def _country(letters: str) -> bytes:
    if not re.fullmatch("[A-Z]{2}", letters):
        raise InputError(
            f"{letters!r} is no country",
            why="a country is two capital letters (ISO 3166-1 alpha-2)",
            remedy="Give it such as CH",
        )
    return letters.encode("ascii")


def _check_field(motion: Motion, name: str) -> None:
    value = getattr(motion, name)
    holds, fault = {
        "institution": (_is_number(value, 1, _HIGHEST), "is no institution's number"),
        "account": (_is_bytes(value, 20), "is no address: 20 bytes, not all of them zero"),
        "code_hash": (_is_bytes(value, 32), "is no hash: 32 bytes, not all of them zero"),
        "country": (_is_country(value), "is no country: two capital letters"),
        "roles": (_is_number(value, 0, sum(Role)), "holds a role that there is not"),
        "attributes": (_is_number(value, 0, sum(Attribute)), "holds an attribute that there is not"),
        "duration": (_is_number(value, 0, 2**64 - 1), "is no number of seconds"),
    }[name]
    if not holds:
        raise _unfit(f"its {name} {fault}", "Give what docs/contracts.md says of this action")


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_bytes(value: object, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length and any(value)


def _is_country(value: object) -> bool:
    return isinstance(value, bytes) and re.fullmatch(b"[A-Z]{2}", value) is not None


def _unfit(why: str, remedy: str) -> InputError:
    return InputError("This can't be proposed", why=why, remedy=remedy)
