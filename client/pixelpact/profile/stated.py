"""``profile.json``: what it states, read strictly, and written."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelpact.profile.choices import Opening, Role, StoreChoice, UnlockChoice

__all__ = ["Stated"]

_FORMAT = "pixelpact-profile"
_VERSION = 1
_KEYS = ("format", "version", "role", "institution", "store", "unlock", "change")
_LONGEST_FILE = 65_536
#: What profiles lack that were made before it was there.
_ADDED = {"work": ""}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a profile's file states; ``ProfileFolder`` says what each means."""

    role: Role
    institution: int
    store: StoreChoice
    unlock: UnlockChoice
    change: UnlockChoice | None

    @classmethod
    def read(cls, file: Path) -> Stated:
        """Read a profile's file.

        Raises:
            FileNotFoundError: there is none.
            OSError: it can't be read.
            ValueError: it states anything else than a profile; the text says what.
        """
        if not file.is_file():
            file.stat()
            raise ValueError("it is no plain file")
        with file.open("rb") as stream:
            data = stream.read(_LONGEST_FILE + 1)
        if len(data) > _LONGEST_FILE:
            raise ValueError(f"it is longer than {_LONGEST_FILE} bytes")
        try:
            value = json.loads(data.decode())
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if not isinstance(value, dict) or (value.get("format"), value.get("version")) != (_FORMAT, _VERSION):
            raise ValueError("it is of another version of PixelPact, or of another program")
        _require_keys(value, _KEYS, "a profile")
        institution, change = value["institution"], value["change"]
        if type(institution) is not int or institution < 0:
            raise ValueError("its institution must be a whole number, 0 for a patient")
        profile = file.parent
        return cls(
            role=Role(value["role"]),
            institution=institution,
            store=_store_of(value["store"]),
            unlock=_unlock_of(profile, value["unlock"]),
            change=None if change is None else _unlock_of(profile, change),
        )

    def text(self, profile: Path) -> str:
        """The text of the file of the profile in this folder."""
        value = {
            "format": _FORMAT,
            "version": _VERSION,
            "role": self.role,
            "institution": self.institution,
            "store": {name: getattr(self.store, name) for name in StoreChoice.__slots__},
            "unlock": _unlock_fields(profile, self.unlock),
            "change": _unlock_fields(profile, self.change) if self.change else None,
        }
        return json.dumps(value, indent=2) + "\n"


def _store_of(value: object) -> StoreChoice:
    if isinstance(value, dict):
        value = _ADDED | value
    fields = _require_keys(value, StoreChoice.__slots__, "a store")
    for name, given in fields.items():
        if name == "allow_public":
            if not isinstance(given, bool):
                raise ValueError("its store's allow_public must be true or false")
        else:
            _require_name(given, f"its store's {name}")
    if fields["work"] and not (fields["kubo"] and Path(fields["work"]).is_absolute()):
        raise ValueError("its store's work must be empty or an absolute path, and is for Kubo alone")
    return StoreChoice(**fields)


def _unlock_of(profile: Path, value: object) -> UnlockChoice:
    fields = _require_keys(value, ("opening", "name"), "what opens a vault")
    opening, name = Opening(fields["opening"]), _require_name(fields["name"], "what opens its vault")
    if bool(name) == (opening is Opening.PASSWORD):
        raise ValueError("a key file and a keyring's secret have a name, and a password has none")
    return UnlockChoice(opening, os.path.normpath(profile / name) if opening is Opening.KEY_FILE else name)


def _unlock_fields(profile: Path, unlock: UnlockChoice) -> dict[str, str]:
    name = unlock.name
    if unlock.opening is Opening.KEY_FILE and Path(name).parent == profile.parent:
        # Beside the folder, and so it stays when both are moved.
        name = os.path.relpath(name, profile)
    return {"opening": unlock.opening.value, "name": name}


def _require_keys(value: object, keys: tuple[str, ...], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise ValueError(f"{what} is stated by {', '.join(keys)}, all of them and nothing else")
    return value


def _require_name(value: object, what: str) -> str:
    """Text that can be a path's."""
    try:
        if isinstance(value, str) and b"\0" not in os.fsencode(value):
            return value
    except UnicodeEncodeError:
        pass
    raise ValueError(f"{what} must be text that a path or an address can have")
