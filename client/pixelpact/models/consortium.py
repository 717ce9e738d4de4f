"""What institutions decide together, and the research projects that they register."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .consents import ZERO32

__all__ = ["Action", "Motion", "Project"]


class Action(IntEnum):
    """What is voted on (``InstitutionRegistry.Action``)."""

    NONE = 0
    ADMIT = 1
    SUSPEND = 2
    REINSTATE = 3
    CHANGE = 4
    RECOVER_ADMIN = 5
    REPLACE_ENGINE = 6
    STOP = 7


@dataclass(frozen=True, slots=True)
class Motion:
    """What a vote would do. A field that its action does not use is zero.

    Attributes:
        action: what is voted on.
        institution: whom it is about: SUSPEND, REINSTATE, CHANGE, RECOVER_ADMIN.
        account: the admin (ADMIT, RECOVER_ADMIN) or the engine (REPLACE_ENGINE), 20 bytes.
        roles, country, attributes: as the institution is to have them (ADMIT, CHANGE); country as 2 bytes.
        code_hash: Keccak-256 of the engine's code, 32 bytes (REPLACE_ENGINE).
        duration: how long all sharing is to stop, seconds (STOP); 0 lifts a stop.
    """

    action: Action
    institution: int = 0
    account: bytes = bytes(20)
    roles: int = 0
    country: bytes = bytes(2)
    attributes: int = 0
    code_hash: bytes = ZERO32
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Project:
    """A research project as it is registered; its number is a digest of all of it.

    Attributes:
        lead: the institution that leads it.
        partners: the others that take part, ascending, at most 16.
        traits: what it does, a bit each (docs/policy.md, Traits).
        country: where the data is used, 2 capital letters as bytes; zeros for no one country.
        protocol: digest of the study protocol, 32 bytes.
        codes: the diseases and kinds of research, ascending, at most 8 of 32 bytes.
        salt: 32 random bytes.
    """

    lead: int
    partners: tuple[int, ...]
    traits: int
    country: bytes
    protocol: bytes
    codes: tuple[bytes, ...]
    salt: bytes
