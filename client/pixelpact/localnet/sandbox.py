"""A consortium in this process: the embedded chain, the six contracts, one store, a profile a member."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pixelpact.chain import Account, Chain, EmbeddedChain, Founder, Network, Terms, deploy
from pixelpact.errors import OutputError
from pixelpact.policy import Attribute, Role
from pixelpact.profile import Profile
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Vault

from .block_files import BlockFiles

__all__ = ["SHORT_TERMS", "Member", "Sandbox", "new_vault"]

#: Terms to try things with: what takes a week among institutions is over in seconds.
SHORT_TERMS = Terms(
    vote_lifetime=86_400,
    engine_notice=3,
    recovery_notice=3,
    longest_stop=3_600,
    paper_delay=3,
    key_recovery_delay=3,
    review_term=3_600,
)


@dataclass(frozen=True, slots=True)
class Member:
    """An institution of a sandbox: roles and attributes as the registry has them."""

    roles: Role = Role.CUSTODIAN | Role.REQUESTER | Role.VOTER
    country: str = "CH"
    attributes: Attribute = Attribute.NOT_FOR_PROFIT


class Sandbox:
    """A consortium to try things with; nothing of it outlives the ``with`` block but a folder that was given.

    ``sandbox[1]`` is the profile of the first institution.

    Args:
        members: the institutions, numbered from 1 in this order, or how many of the usual kind.
        folder: where store and vaults go; a temporary folder, removed at the end, when none is given.
        terms: the times that the consortium is founded on; seconds unless others are given.

    Raises:
        InputError: the extra ``embedded`` is not installed.
        OutputError: the folder can't be written.
    """

    chain_name = "embedded"
    store_name = "embedded"

    def __init__(
        self,
        members: int | Sequence[Member] = 2,
        *,
        folder: Path | None = None,
        terms: Terms = SHORT_TERMS,
    ) -> None:
        given = [Member()] * members if isinstance(members, int) else list(members)
        self._temporary = tempfile.TemporaryDirectory(prefix="pixelpact-") if folder is None else None
        self.folder = Path(self._temporary.name) if self._temporary else Path(str(folder))
        # Held here, since the chain lives as long as somebody holds it.
        self._embedded = EmbeddedChain(accounts=1 + len(given))
        deployer, *admins = self._embedded.accounts
        founders = [
            Founder(admin.address, int(member.roles), member.country, int(member.attributes))
            for admin, member in zip(admins, given, strict=True)
        ]
        self.network: Network = deploy(self._embedded.network, deployer, founders, terms)
        self.store = FolderStore(self.folder / "store")
        self._profiles = [
            Profile(Chain.connect(self.network, admin), self.store, new_vault(self.folder, number), number)
            for number, admin in enumerate(admins, start=1)
        ]
        self._vaults = [profile.vault for profile in self._profiles]

    def chain(self) -> Chain:
        """The chain for somebody who only reads: a patient, an auditor."""
        return Chain.connect(self.network)

    def __len__(self) -> int:
        return len(self._profiles)

    def __iter__(self) -> Iterator[Profile]:
        """The profiles, in the order of the institutions."""
        return iter(self._profiles)

    def __getitem__(self, institution: int) -> Profile:
        """The profile of an institution, by its number from 1."""
        if not 1 <= institution <= len(self._profiles):
            raise IndexError(f"this sandbox has the institutions 1 to {len(self._profiles)}")
        return self._profiles[institution - 1]

    def travel(self, seconds: int) -> None:
        """Let this many seconds pass on the chain, for what has a delay."""
        self._embedded.travel(seconds)
        self._embedded.advance(self.network.finality_depth)

    def wait_until(self, moment: int) -> None:
        """Let the chain's time come to this second."""
        left = moment - self.chain().now()
        if left > 0:
            self.travel(left)

    def join(self, account: Account, institution: int) -> Profile:
        """A profile for whoever came later: a second operator, or an institution that was admitted."""
        vault = new_vault(self.folder, institution, person=account.address.hex()[:8])
        self._vaults.append(vault)
        return Profile(Chain.connect(self.network, account), self.store, vault, institution)

    def blocks(self, institution: int) -> BlockFiles:
        """The files of the one store that all institutions share."""
        del institution
        return BlockFiles(self.store.folder / "blocks", "??/*", self.store.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it: vaults closed, the temporary folder removed."""
        for vault in self._vaults:
            vault.close()
        if self._temporary:
            self._temporary.cleanup()


def new_vault(folder: Path, institution: int, *, person: str = "") -> Vault:
    """A new vault in ``folder``, an institution's or that of a further person there, and its key file.

    Raises:
        OutputError: it can't be made there, or there is one already.
    """
    own = folder / (f"institution-{institution}" + (f"-{person}" if person else ""))
    try:
        own.mkdir(mode=0o700)
    except OSError as error:
        raise OutputError(
            f"The folder {own} can't be made",
            why=error.strerror or str(error),
            remedy="Give an empty folder that can be written",
        ) from error
    return Vault.create(own / "vault", KeyFile(own / "vault.key"))
