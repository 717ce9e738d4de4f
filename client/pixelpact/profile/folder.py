"""A profile on the disk: who somebody is on which network, where the keys are, and where the blocks go.

    profile.json     what is below
    network.json     the network's description
    vault/           keys and journal (docs/vault.md)
    work/            where processes that use the same Kubo node meet (docs/kubo.md)

The key file that opens the vault lies beside the folder, not in it: who copies the folder has no keys.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pixelpact.chain import Account, Chain, Network
from pixelpact.errors import InputError, OutputError
from pixelpact.profile.profile import Profile
from pixelpact.storage import FolderStore, KuboStore, Store
from pixelpact.vault import KeyFile, Kind, Password, Unlock, Vault

__all__ = ["Opening", "ProfileFolder", "Role", "StoreChoice"]

_FILE = "profile.json"
_NETWORK = "network.json"
_FORMAT = "pixelpact-profile"
_VERSION = 1
_ACCOUNT = "operator"


class Role(StrEnum):
    """Whose profile it is."""

    INSTITUTION = "institution"
    PATIENT = "patient"


class Opening(StrEnum):
    """What opens the vault."""

    KEY_FILE = "key-file"
    PASSWORD = "password"  # noqa: S105 - the name of a way


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """Where an institution's blocks go: a Kubo node's RPC, or a folder.

    Attributes:
        kubo: the RPC's URL; empty for a folder.
        gateway: the node's gateway, which reads faster; empty for none.
        folder: the folder; empty for Kubo.
        public: whether a node may be used that lets others learn of its blocks.
    """

    kubo: str = ""
    gateway: str = ""
    folder: str = ""
    public: bool = False

    @contextmanager
    def opened(self, work: Path, *, from_peers: bool = False) -> Iterator[Store]:
        """The store, as long as the block lasts.

        Args:
            work: where processes that use the same Kubo node meet.
            from_peers: whether blocks may come from other institutions' nodes.

        Raises:
            StoreError: it can't be used.
        """
        if self.folder:
            yield FolderStore(Path(self.folder))
            return
        store = KuboStore(
            self.kubo,
            work,
            gateway=self.gateway or None,
            from_peers=from_peers,
            allow_flaws=self.public,
        )
        try:
            yield store
        finally:
            store.close()


@dataclass(frozen=True, slots=True)
class ProfileFolder:
    """A profile's folder, not opened: nothing secret is in here.

    Attributes:
        path: the folder.
        role: whose it is.
        network: the network's description.
        institution: its number; 0 for a patient.
        store: where its blocks go; nowhere for a patient.
        opening: what opens the vault.
        key_file: where the key file is, for ``Opening.KEY_FILE``.
    """

    path: Path
    role: Role
    network: Network
    institution: int
    store: StoreChoice
    opening: Opening
    key_file: Path

    @classmethod
    def make(  # noqa: PLR0913 - by name, each is a choice
        cls,
        path: Path,
        *,
        role: Role,
        network: Network,
        opening: Opening,
        ask: Callable[[], str],
        key_file: Path | None = None,
        institution: int = 0,
        store: StoreChoice | None = None,
        fill: Callable[[Vault], None],
    ) -> ProfileFolder:
        """Make a profile, whole or not at all.

        Args:
            path: a folder that is not there yet.
            role: whose it is.
            network: the network's description.
            institution: its number; 0 for a patient.
            store: where its blocks go.
            opening: what opens the vault.
            ask: gives the password, when that is what opens the vault.
            key_file: where the key file is or will be; beside the folder unless told.
            fill: puts the keys into the new vault.

        Raises:
            InputError: there is something of this name already.
            OutputError: the folder can't be made.
        """
        path = path.absolute()
        _require_new(path)
        made = cls(
            path=path,
            role=role,
            network=network,
            institution=institution,
            store=store or StoreChoice(),
            opening=opening,
            key_file=(key_file or path.with_name(path.name + ".key")).absolute(),
        )
        unfinished = path.with_name(f".{path.name}.part")
        try:
            # What an interrupted run has made is nobody's: nothing was done with its keys.
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            with Vault.create(unfinished / "vault", made.unlock(ask)) as vault:
                fill(vault)
            network.save(unfinished / _NETWORK)
            (unfinished / _FILE).write_text(json.dumps(made._to_json(), indent=2) + "\n")
            unfinished.rename(path)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise OutputError(
                f"The profile {path} can't be made",
                why=error.strerror or str(error),
                remedy="Give a place that can be written and has room",
            ) from error
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        return made

    @classmethod
    def load(cls, path: Path) -> ProfileFolder:
        """Read a profile's folder; its vault stays closed.

        Raises:
            InputError: there is no profile in it.
        """
        path = path.absolute()
        try:
            value = json.loads((path / _FILE).read_text("utf-8"))
        except FileNotFoundError as error:
            raise InputError(
                f"There is no profile in {path}",
                why=f"it holds no {_FILE}",
                remedy="Make one with `pixelpact keys create`, or give its folder with --profile",
            ) from error
        except (OSError, ValueError) as error:
            raise _damaged(path, str(error)) from error
        try:
            _require_format(value)
            return cls(
                path=path,
                role=Role(value["role"]),
                network=Network.load(path / _NETWORK),
                institution=int(value["institution"]),
                store=StoreChoice(**value["store"]),
                opening=Opening(value["opening"]),
                key_file=Path(value["key_file"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path, str(error)) from error

    @property
    def vault(self) -> Path:
        """The vault's folder."""
        return self.path / "vault"

    def unlock(self, ask: Callable[[], str]) -> Unlock:
        """What opens the vault; ``ask`` gives the password, if it is one."""
        match self.opening:
            case Opening.KEY_FILE:
                return KeyFile(self.key_file)
            case Opening.PASSWORD:
                return Password(ask())

    def with_opening(self, opening: Opening, key_file: Path | None = None) -> ProfileFolder:
        """The same profile, opened otherwise; written when the vault was changed so (``save``)."""
        return replace(self, opening=opening, key_file=(key_file or self.key_file).absolute())

    def save(self) -> None:
        """Write ``profile.json`` again.

        Raises:
            OutputError: it can't be written.
        """
        beside = self.path / f".{_FILE}.part"
        try:
            beside.write_text(json.dumps(self._to_json(), indent=2) + "\n")
            beside.replace(self.path / _FILE)
        except OSError as error:
            raise OutputError(
                f"The profile {self.path} can't be written",
                why=error.strerror or str(error),
                remedy="Make room, or see to it that it can be written",
            ) from error

    @contextmanager
    def open(self, ask: Callable[[], str], *, from_peers: bool = False) -> Iterator[Profile]:
        """The institution's means, as long as the block lasts; its vault is nobody else's meanwhile.

        Args:
            ask: gives the password, if the vault opens with one.
            from_peers: whether blocks may come from other institutions' nodes.

        Raises:
            InputError: it is a patient's.
            VaultError: the vault does not open, or somebody else has it open.
            ChainError, StoreError: the node can't be used.
        """
        self.require(Role.INSTITUTION)
        with Vault.open(self.vault, self.unlock(ask)) as vault:
            account = Account(vault.get(Kind.OPERATOR_KEY, _ACCOUNT)["private_key"])
            chain = Chain.connect(self.network, account)
            with self.store.opened(self.path / "work", from_peers=from_peers) as store:
                yield Profile(chain, store, vault, self.institution)

    def require(self, role: Role) -> None:
        """Check whose profile it is.

        Raises:
            InputError: another's.
        """
        if self.role is not role:
            raise InputError(
                f"The profile {self.path} is not {_ARTICLE[role]}'s",
                why=f"it is {_ARTICLE[self.role]}'s, and this is for {_ARTICLE[role]}",
                remedy="Give the other profile with --profile",
            )

    def _to_json(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "role": self.role.value,
            "institution": self.institution,
            "store": asdict(self.store),
            "opening": self.opening.value,
            "key_file": str(self.key_file),
        }

    @staticmethod
    def keep_account(vault: Vault, account: Account) -> None:
        """Put an institution's operator key into its vault."""
        vault.put(Kind.OPERATOR_KEY, _ACCOUNT, {"private_key": account.reveal_key()})


_ARTICLE = {Role.INSTITUTION: "an institution", Role.PATIENT: "a patient"}


def _require_new(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise InputError(
            f"There is {path} already",
            why="a profile's keys may be the only copy, so nothing is written over one",
            remedy="Give another folder with --profile",
        )
    if not path.parent.is_dir():
        raise OutputError(
            f"The profile {path} can't be made",
            why="the folder that it would lie in is not there",
            remedy="Make that folder first, or give another one",
        )


def _require_format(value: dict[str, Any]) -> None:
    if (value["format"], value["version"]) != (_FORMAT, _VERSION):
        raise ValueError("it is of another version of PixelPact")


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"The profile in {path} can't be read",
        why=why,
        remedy=f"Restore its {_FILE} and {_NETWORK} from a backup; the vault is not touched",
    )
