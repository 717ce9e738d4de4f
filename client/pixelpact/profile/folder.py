"""A profile on the disk: who somebody is on which network, where the keys are, and where the blocks go.

    profile.json     what is below
    network.json     the network's description
    vault/           keys and journal (docs/vault.md)
    work/            where processes that use the same Kubo node meet (docs/kubo.md), or where its store says

A key file that opens the vault lies beside the folder, not in it: who copies the folder has no keys.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pixelpact.chain import Account, Chain, Network
from pixelpact.durable import folder_beside, sync_folder, write_over
from pixelpact.errors import InputError, OutputError, VaultError
from pixelpact.profile.choices import Opening, Role, StoreChoice, UnlockChoice
from pixelpact.profile.profile import Profile
from pixelpact.profile.stated import Stated
from pixelpact.vault import Kind, Pending, Vault

__all__ = ["ProfileFolder"]

_FILE = "profile.json"
_NETWORK = "network.json"
_UNFINISHED = ".pixelpact-create"
_ACCOUNT = "operator"
_NOWHERE = StoreChoice()


@dataclass(frozen=True, slots=True)
class ProfileFolder:
    """A profile's folder, not opened: nothing secret is in here.

    Attributes:
        path: the folder.
        role: whose it is.
        network: the network's description.
        unlock: what opens the vault.
        institution: its number; 0 for a patient.
        store: where its blocks go; nowhere for a patient.
        change: what opens the vault instead, while that is being changed.
    """

    path: Path
    role: Role
    network: Network
    unlock: UnlockChoice
    institution: int = 0
    store: StoreChoice = _NOWHERE
    change: UnlockChoice | None = None

    @classmethod
    def load(cls, path: Path) -> ProfileFolder:
        """Read a profile's folder; its vault stays closed.

        Raises:
            InputError: there is no profile in it, or it is damaged.
        """
        path = path.absolute()
        try:
            stated = Stated.read(path / _FILE)
        except FileNotFoundError as error:
            raise InputError(
                f"There is no profile in {path}",
                why=f"it holds no {_FILE}",
                remedy="Make one with `pixelpact keys create`, or give its folder with --profile",
            ) from error
        except (OSError, ValueError) as error:
            raise _damaged(path, str(error)) from error
        return cls(
            path=path,
            role=stated.role,
            network=Network.load(path / _NETWORK),
            unlock=stated.unlock,
            institution=stated.institution,
            store=stated.store,
            change=stated.change,
        )

    @classmethod
    def create_for_institution(  # noqa: PLR0913 - by name: all that a profile is made of
        cls,
        path: Path,
        *,
        network: Network,
        account: Account,
        store: StoreChoice,
        unlock: UnlockChoice,
        ask: Callable[[], str],
        institution: int | None = None,
    ) -> ProfileFolder:
        """Make the profile of the institution that an account acts for, whole or not at all.

        Args:
            path: the folder.
            network: the network's description; its node is asked.
            account: an operator of the institution; its key goes into the vault.
            store: where blocks go; it is opened once, so that one that can't be used is told now.
            unlock: what opens the vault.
            ask: gives the password, when that is what opens the vault.
            institution: the number that it must be; any if None.

        Raises:
            InputError: the account does not act for it; there is something in this place already.
            ChainError, StoreError: the node can't be asked, or the store can't be used.
            OutputError: the folder can't be made.
        """
        found = Chain.connect(network).institutions.operator(account.address).institution
        if not found or institution not in (None, found):
            raise InputError(
                f"The account 0x{account.address.hex()} does not act for that institution",
                why=f"on this network it acts for {f'institution {found}' if found else 'nobody'}",
                remedy="Give the key of one of its operators, and the network that they are on",
            )
        with tempfile.TemporaryDirectory(prefix="pixelpact-") as work, store.opened(Path(work)):
            pass
        made = cls(path.absolute(), Role.INSTITUTION, network, unlock, institution=found, store=store)
        made.make(ask, lambda vault: cls.keep_account(vault, account))
        return made

    def make(self, ask: Callable[[], str], fill: Callable[[Vault], None]) -> None:
        """Make the folder and its vault, whole or not at all.

        Args:
            ask: gives the password, when that is what opens the vault.
            fill: puts the keys into the new vault.

        Raises:
            InputError: there is something of this name already; the key file is no place for a new one.
            OutputError: the folder can't be made.
        """
        self._require_new()
        # What a run that was cut off has made there opens nothing: it is taken.
        self.unlock.require_new(self.path, or_made_for=UnlockChoice.of(self.path, self.unlock.opening, None))
        try:
            with folder_beside(self.path, _UNFINISHED) as unfinished:
                with Vault.create(unfinished / "vault", self.unlock.unlock(ask)) as vault:
                    fill(vault)
                self.network.save(unfinished / _NETWORK)
                self._write(unfinished)
                unfinished.rename(self.path)
                sync_folder(self.path.parent)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    @property
    def vault(self) -> Path:
        """The vault's folder."""
        return self.path / "vault"

    @property
    def files(self) -> tuple[Path, Path]:
        """What a backup of the vault needs beside it: ``profile.json`` and ``network.json``."""
        return self.path / _FILE, self.path / _NETWORK

    def open_vault(self, ask: Callable[[], str]) -> Vault:
        """The vault, which is nobody else's until it is closed.

        Raises:
            VaultError: it does not open, or somebody else has it open.
        """
        if self.change is None:
            return Vault.open(self.vault, self.unlock.unlock(ask))
        # Cut off while what opens it was changed: that is the old one or the new one. A password is asked for
        # last, since it may not be needed.
        choices = sorted((self.change, self.unlock), key=lambda each: each.opening is Opening.PASSWORD)
        for unlock in choices:
            try:
                vault = Vault.open(self.vault, unlock.unlock(ask))
            except (VaultError, InputError):
                if unlock is choices[-1]:
                    raise
            else:
                replace(self, unlock=unlock, change=None).save()
                return vault
        raise VaultError(f"The vault {self.vault} does not open", remedy="Restore it from a backup")

    def rotate_master(
        self,
        ask: Callable[[], str],
        *,
        change: UnlockChoice | None = None,
        ask_new: Callable[[], str] | None = None,
    ) -> None:
        """Put the vault under a new master key, and have something else open it if asked.

        Args:
            ask: gives the present password, if it is one.
            change: what opens it from now on; None keeps what does.
            ask_new: gives the new password, if it is to be one.

        Raises:
            InputError: the new key file is no place for a new one, or there is no new password.
            VaultError: the vault does not open, or can't be opened the new way; nothing was changed.
        """
        with self.open_vault(ask) as vault:
            if change is None:
                vault.rotate_master()
                return
            # Opening it may have settled a change that was cut off before.
            now = self.load(self.path)
            if now.unlock.is_key_file_of(change):
                raise InputError(
                    f"{change.name} is the key file that opens the vault now",
                    why="a new one needs a place of its own, so that the vault always opens with one of them",
                    remedy="Give another place with --key-file",
                )
            change.require_new(self.path, or_made_for=self.change)
            unlock = change.unlock(ask_new or ask)
            # Whatever fails or ends this from here on, the next opening finds out which of the two opens it.
            replace(now, change=change).save()
            vault.rotate_master(unlock)
            replace(now, unlock=change).save()

    def restore(
        self, backup: Path, ask: Callable[[], str], *, unlock: UnlockChoice | None = None
    ) -> tuple[Pending, ...]:
        """Make this profile's vault of a backup; never over a vault that is there.

        Args:
            backup: the file.
            ask: gives the password, if that is what opens the backup.
            unlock: what opened the vault when the backup was made; None: what opens it now.

        Returns:
            what was unfinished when the backup was made.

        Raises:
            InputError, VaultError: the backup can't be read, is damaged, or does not open with this.
        """
        chosen = unlock or self.unlock
        with Vault.restore(backup, self.vault, chosen.unlock(ask)) as vault:
            replace(self, unlock=chosen, change=None).save()
            return tuple(vault.pending())

    def save(self) -> None:
        """Write ``profile.json`` again.

        Raises:
            OutputError: it can't be written.
        """
        try:
            self._write(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error

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
        with self.open_vault(ask) as vault:
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
                f"The profile {self.path} is not {role.possessive}",
                why=f"it is {self.role.possessive}",
                remedy="Give the other profile with --profile",
            )

    @staticmethod
    def keep_account(vault: Vault, account: Account) -> None:
        """Put an institution's operator key into its vault."""
        vault.put(Kind.OPERATOR_KEY, _ACCOUNT, {"private_key": account.reveal_key()})

    def _write(self, folder: Path) -> None:
        stated = Stated(self.role, self.institution, self.store, self.unlock, self.change)
        write_over(folder / _FILE, stated.text(self.path).encode())

    def _require_new(self) -> None:
        if os.path.lexists(self.path):
            raise InputError(
                f"There is {self.path} already",
                why="a profile's keys may be the only copy, so nothing is written over one",
                remedy="Give another folder with --profile",
            )
        if not self.path.parent.is_dir():
            raise OutputError(
                f"The profile {self.path} can't be made",
                why="the folder that it would lie in is not there",
                remedy="Make that folder first, or give another one",
            )


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"The profile {path} can't be written",
        why=error.strerror or str(error),
        remedy="Give a place that can be written and has room",
    )


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"The profile in {path} can't be read",
        why=why,
        remedy=f"Restore its {_FILE} and {_NETWORK} from a backup; the vault is not touched",
    )
