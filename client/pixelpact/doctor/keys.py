"""A vault: whether it can be read, who else may, what was interrupted, and whether it fits the chain."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

from pixelpact.chain import Chain, CustodyTransferred, StudyRegistered, StudyStatus
from pixelpact.doctor.again import Commands
from pixelpact.doctor.finding import Finding, counted
from pixelpact.errors import PixelPactError, VaultError
from pixelpact.policy import Role
from pixelpact.sealing import studies
from pixelpact.vault import Kind, Vault

__all__ = ["examine_vault"]


def examine_vault(
    vault: Vault, chain: Chain | None = None, institution: int = 0, *, profile: Path | None = None
) -> Generator[Finding, None, frozenset[bytes]]:
    """Look at an open vault, and beside the chain when there is one.

    Args:
        vault: open; nothing is changed in it.
        chain: of the same network, to see whether the vault is older than it.
        institution: whose vault it is; 0 for a patient's.
        profile: whose folder the commands name.

    Returns:
        the studies of which the chain names other blocks than this vault, or none any more.
    """
    try:
        count = sum(len(vault.records(kind)) for kind in Kind)
    except VaultError as error:
        yield Finding.of("vault", error)
        return frozenset()
    commands = Commands(profile)
    every = f"all of its {count} records" if count != 1 else "its one record"
    yield Finding.good("vault", f"it opens, and {every} can be read")
    yield from _permissions(vault)
    yield from _unfinished(vault, commands)
    if chain is None or not institution:
        return frozenset()
    try:
        aside = yield from _beside(vault, chain, institution, commands)
        yield from _encryption_key(vault, chain, institution, commands)
    except PixelPactError as error:
        yield Finding.of("vault beside the chain", error)
        return frozenset()
    return aside


def _permissions(vault: Vault) -> Iterator[Finding]:
    loose = [
        path
        for path in (vault.folder, *sorted(vault.folder.iterdir()))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]
    for path in loose:
        mode = stat.S_IMODE(path.lstat().st_mode)
        wanted = "700" if path.is_dir() else "600"
        yield Finding.bad(
            "vault's permissions",
            f"{path} may be read or changed by others: its permissions are {mode:03o}",
            f"Run: chmod {wanted} '{path}', and find out who could read it",
        )
    if not loose:
        yield Finding.good("vault's permissions", "nobody else may look into it")


def _unfinished(vault: Vault, commands: Commands) -> Iterator[Finding]:
    # What one command finishes is told once, whatever that command had begun.
    begun: dict[str, Counter[str]] = {}
    for entry in vault.records(Kind.JOURNAL).values():
        begun.setdefault(commands.again(entry), Counter())[entry["operation"]] += 1
    for command, operations in sorted(begun.items()):
        names = " and ".join(f"'{operation}'" for operation in sorted(operations))
        count = max(operations.values())
        times = "" if count == 1 else f", {count} times"
        yield Finding.bad(
            "unfinished work",
            f"{names} {'was' if len(operations) == 1 else 'were'} begun and not finished{times}",
            f"Run the same command again: {command}",
            needed=False,
        )
    if not begun:
        yield Finding.good("unfinished work", "there is none")


def _beside(
    vault: Vault, chain: Chain, institution: int, commands: Commands
) -> Generator[Finding, None, frozenset[bytes]]:
    own = {study.study_id for study in studies(vault)}
    registered = {event.study for event in chain.find(StudyRegistered, custodian=institution)}
    registered |= {event.study for event in chain.find(CustodyTransferred, to=institution)}
    aside, looked = set(), 0
    lacking = False
    for study in sorted(own | registered):
        record = chain.studies.study(study, at="final")
        if record.status is StudyStatus.ERASED or record.custodian not in (0, institution):
            # Erased, or another institution's to hold by now.
            aside.add(study)
            continue
        if record.status is StudyStatus.UNKNOWN:
            continue
        looked += 1
        try:
            vault.require_epoch(study, record.epoch, record.manifest_digest)
        except VaultError as error:
            lacking = True
            aside.add(study)
            lost = "this institution holds it, and the vault has neither its record nor its keys"
            yield Finding.bad(
                f"study 0x{study.hex()[:8]}",
                Finding.of("", error).sentence if study in own else lost,
                f"Use the newest vault, or put {vault.folder} aside and restore its newest backup: "
                + commands.line("vault restore FILE"),
            )
    if not lacking:
        every = counted(looked, "study that is", "studies that are")
        keys = f"it has the keys of the {every} registered" if looked else "there is no study to have keys of"
        yield Finding.good("vault beside the chain", keys)
    return frozenset(aside)


def _encryption_key(vault: Vault, chain: Chain, institution: int, commands: Commands) -> Iterator[Finding]:
    """Whether the vault opens what is released to the key that the chain names now."""
    record = chain.institutions.institution(institution, at="final")
    version, publish = record.key_version, commands.line("keys publish")
    if version:
        digest = chain.institutions.key_digest(institution, version, at="final")
        if vault.find(Kind.ENCRYPTION_SEED, digest.hex()) is not None:
            yield Finding.good("encryption key", f"releases go to version {version}, which the vault has")
            return
        yield Finding.bad(
            "encryption key",
            f"releases go to version {version} of this institution's key, which is not in this vault: "
            "it opens none of them",
            f"Use the vault that published it, or publish another: {publish}",
        )
        return
    publishing = any(work.operation == "publish-key" for work in vault.pending())
    if record.roles & Role.REQUESTER and not publishing:
        yield Finding.bad(
            "encryption key",
            "this institution has published none: nothing can be released to it",
            f"To ask for studies, publish one: {publish}",
            needed=False,
        )
