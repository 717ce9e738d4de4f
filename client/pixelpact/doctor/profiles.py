"""A profile: its vault, its network and its store, each as far as it can be reached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from pixelpact.chain import Chain
from pixelpact.doctor.finding import Finding
from pixelpact.doctor.keys import examine_vault
from pixelpact.doctor.network import examine_network
from pixelpact.doctor.stores import examine_kubo, examine_store
from pixelpact.errors import ChainError, InputError, PixelPactError
from pixelpact.profile import ProfileFolder, Role
from pixelpact.vault import Vault

__all__ = ["examine_profile"]


def examine_profile(path: Path, ask: Callable[[], str]) -> Iterator[Finding]:
    """Look at a profile's network, vault, store and Kubo node.

    Args:
        path: the profile's folder.
        ask: gives the password, if that is what opens the vault.
    """
    try:
        profile = ProfileFolder.load(path)
    except PixelPactError as error:
        yield Finding.of("profile", error)
        return
    yield Finding.good("profile", f"it is {profile.role.possessive}")
    yield from examine_network(profile.path / "network.json")
    kubo = list(examine_kubo(profile.store.kubo)) if profile.store.kubo else []
    yield from kubo
    try:
        vault = profile.open_vault(ask)
    except PixelPactError as error:
        yield Finding.of("vault", error)
        return
    with vault:
        aside = yield from examine_vault(vault, _chain_of(profile), profile.institution, profile=profile.path)
        if profile.role is Role.INSTITUTION:
            told = any(not each.ok for each in kubo)
            yield from _store_of(profile, vault, aside, told=told)


def _chain_of(profile: ProfileFolder) -> Chain | None:
    try:
        return Chain.connect(profile.network)
    except (ChainError, InputError):
        return None  # found and said with the network


def _store_of(
    profile: ProfileFolder, vault: Vault, aside: Collection[bytes], *, told: bool
) -> Iterator[Finding]:
    try:
        with profile.store.opened(profile.path / "work") as store:
            yield from examine_store(store, vault, aside)
    except PixelPactError as error:
        # What keeps it from being used was said of its node.
        if not told:
            yield Finding.of("store", error)
