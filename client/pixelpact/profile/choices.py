"""What a profile says of itself: whose it is, what opens its vault, and where its blocks go."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pixelpact.errors import InputError
from pixelpact.storage import FolderStore, KuboStore, Store
from pixelpact.vault import KeyFile, Keyring, Password, Unlock

__all__ = ["Opening", "Role", "StoreChoice", "UnlockChoice"]


class Role(StrEnum):
    """Whose profile it is."""

    INSTITUTION = "institution"
    PATIENT = "patient"

    @property
    def possessive(self) -> str:
        """As a person says it."""
        return "an institution's" if self is Role.INSTITUTION else "a patient's"


class Opening(StrEnum):
    """What opens a vault."""

    KEY_FILE = "key-file"
    KEYRING = "keyring"
    PASSWORD = "password"  # noqa: S105 - the name of a way


@dataclass(frozen=True, slots=True)
class UnlockChoice:
    """What opens a profile's vault: the way, and for a key file its path, for a keyring the secret's name."""

    opening: Opening
    name: str = ""

    @classmethod
    def of(cls, profile: Path, opening: Opening, key_file: Path | None) -> UnlockChoice:
        """The choice for a profile's folder; a key file lies beside it unless told.

        Raises:
            InputError: no folder can have this name.
        """
        if not profile.name or "\0" in f"{profile}{key_file or ''}":
            raise InputError(
                f"There can be no profile in {str(profile)!r}",
                why="its folder or its key file could not have this name",
                remedy="Give another folder with --profile, or another file with --key-file",
            )
        match opening:
            case Opening.KEY_FILE:
                place = key_file or profile.with_name(profile.name + ".key")
                return cls(opening, str(place.absolute()))
            case Opening.KEYRING:
                # A name of its own each time: a change makes a new secret beside the old one.
                return cls(opening, f"{profile} {secrets.token_hex(4)}")
            case Opening.PASSWORD:
                return cls(opening)

    @property
    def description(self) -> str:
        """As a person is told of it."""
        match self.opening:
            case Opening.KEY_FILE:
                return f"the key file {self.name}"
            case Opening.KEYRING:
                return f"the keyring's secret {self.name!r}"
            case Opening.PASSWORD:
                return "the password"

    def is_key_file_of(self, other: UnlockChoice) -> bool:
        """Whether both are key files, and the same one by whatever path."""
        files = self.opening is other.opening is Opening.KEY_FILE
        return files and os.path.realpath(self.name) == os.path.realpath(other.name)

    def require_new(self, profile: Path, *, or_made_for: UnlockChoice | None) -> None:
        """Judge where a new key file goes; what is no key file is fine.

        Args:
            profile: the profile's folder.
            or_made_for: a choice for which a run that was cut off may have made the file already.

        Raises:
            InputError: it is in the profile's folder, or there is something of this name.
        """
        if self.opening is not Opening.KEY_FILE:
            return
        if Path(os.path.realpath(self.name)).is_relative_to(os.path.realpath(profile)):
            raise InputError(
                f"The key file {self.name} would be in the profile's folder",
                why="whoever copied the folder would have what opens its vault too",
                remedy="Give a place outside of it with --key-file",
            )
        if os.path.lexists(self.name) and (self != or_made_for or Path(self.name).is_symlink()):
            raise InputError(
                f"There is {self.name} already",
                why="it is not known whose it is, and a new key file is never one that others may have",
                remedy="Give a name that is not taken with --key-file",
            )

    def unlock(self, ask: Callable[[], str]) -> Unlock:
        """What opens the vault; ``ask`` gives the password, if it is one."""
        match self.opening:
            case Opening.KEY_FILE:
                return KeyFile(Path(self.name))
            case Opening.KEYRING:
                return Keyring(self.name)
            case Opening.PASSWORD:
                return Password(ask())


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """Where an institution's blocks go: a Kubo node's RPC, or a folder.

    Attributes:
        kubo: the RPC's URL; empty for a folder.
        gateway: the node's gateway, which reads faster; empty for none.
        folder: the folder; empty for Kubo.
        allow_public: whether a node may be used that lets others learn of its blocks.
        work: where all processes meet that use the same Kubo node, an absolute path; empty: the opener says.
    """

    kubo: str = ""
    gateway: str = ""
    folder: str = ""
    allow_public: bool = False
    work: str = ""

    @contextmanager
    def opened(self, work: Path, *, from_peers: bool = False) -> Iterator[Store]:
        """The store, as long as the block lasts.

        Args:
            work: where processes that use the same Kubo node meet, if the choice does not say where.
            from_peers: whether blocks may come from other institutions' nodes.

        Raises:
            StoreError: it can't be used.
        """
        if self.folder:
            yield FolderStore(Path(self.folder))
            return
        store = KuboStore(
            self.kubo,
            Path(self.work) if self.work else work,
            gateway=self.gateway or None,
            from_peers=from_peers,
            allow_flaws=self.allow_public,
        )
        try:
            yield store
        finally:
            store.close()
