"""``pixelpact vault``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json, ProfileFolderOption, ask_other_password, ask_password
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.values import member_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.profile import Opening

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="A profile's keys at rest: backed up, restored, rekeyed.")

Backup = Annotated[Path, typer.Argument(help="The backup's file.", metavar="FILE")]


@app.command("backup")
def backup(file: Backup, profile: ProfileFolderOption, as_json: Json = False) -> int:
    """Write a copy of the vault to a new file, opened and checked record by record. It holds keys: guard it.

    It opens with what opens the vault now, which is not in it: keep that too, in another place. Keep
    profile.json and network.json beside it; docs/vault.md says how a lost profile comes back.

    Example: pixelpact vault backup hospital-a.backup --profile hospital-a
    """
    from pixelpact.profile import ProfileFolder, Role
    from pixelpact.vault import Vault

    Vault.require_place(file)
    folder = ProfileFolder.load(profile)
    with folder.open_vault(ask_password) as vault:
        vault.backup(file)
    # Opening it may have settled what opens it.
    folder = ProfileFolder.load(profile)
    beside, opening = [str(path) for path in folder.files], folder.unlock.description
    if as_json:
        print_json({"backup": str(file), "keep_beside": beside, "opens_with": opening})
    else:
        screen = console()
        for line in (
            f"Backed up and checked: {file}",
            f"Keep beside it: {' and '.join(beside)}",
            f"Keep in another place, since nothing else opens it: {opening}",
        ):
            screen.print(line, markup=False, soft_wrap=True)
        if folder.role is Role.PATIENT:
            screen.print(f"The wallet's words bring it back too: pixelpact keys words --profile {profile}")
    return 0


@app.command("restore")
def restore(
    file: Backup,
    profile: ProfileFolderOption,
    unlock: Annotated[
        str | None, typer.Option(help="What opens the backup, if that was changed since it was made.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Its key file; with --unlock key-file.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Make a profile's vault of a backup; never over a vault that is there: move that away first.

    The profile's folder needs profile.json and network.json only (docs/vault.md). A backup is older than the
    chain: what was rotated since is refused, and `pixelpact doctor` names it.

    Example: pixelpact vault restore hospital-a.backup --profile hospital-a
    """
    from pixelpact.profile import ProfileFolder, UnlockChoice

    opening = _opening(unlock, key_file)
    folder = ProfileFolder.load(profile)
    chosen = UnlockChoice.of(folder.path, opening, key_file) if opening else None
    pending = folder.restore(file, ask_password, unlock=chosen)
    if as_json:
        print_json({"vault": str(folder.vault), "unfinished": len(pending)})
    else:
        screen = console()
        screen.print(f"Restored: {folder.vault}", markup=False, soft_wrap=True)
        if pending:
            screen.print(f"Unfinished when it was made: {len(pending)} pieces of work.")
        screen.print(
            f"Now look whether it fits the chain: pixelpact doctor --profile {profile}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("rotate-master")
def rotate_master(
    profile: ProfileFolderOption,
    unlock: Annotated[
        str | None, typer.Option(help="What opens it from now on: key-file, password or keyring.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Where a new key file goes; with --unlock key-file.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Put the vault under a new master key, and have something else open it if asked.

    The present password comes from $PIXELPACT_PASSWORD, a new one from $PIXELPACT_NEW_PASSWORD, or both are
    typed. Backups of before still open as they did.

    Example: pixelpact vault rotate-master --unlock key-file --key-file /safe/a.key --profile hospital-a
    """
    from pixelpact.profile import ProfileFolder, UnlockChoice

    opening = _opening(unlock, key_file)
    folder = ProfileFolder.load(profile)
    change = UnlockChoice.of(folder.path, opening, key_file) if opening else None
    folder.rotate_master(ask_password, change=change, ask_new=ask_other_password)
    now = ProfileFolder.load(profile).unlock.opening
    if as_json:
        print_json({"profile": str(folder.path), "opens_with": now.value})
    else:
        console().print(f"The vault has a new master key, and opens with a {now.value.replace('-', ' ')}.")
    return 0


def _opening(unlock: str | None, key_file: Path | None) -> Opening | None:
    from pixelpact.profile import Opening

    opening = member_of(Opening, unlock, "way to open a vault", "--help") if unlock else None
    if key_file is not None and opening is not Opening.KEY_FILE:
        raise InputError(
            "The options don't fit together",
            why="--key-file is for a vault that opens with a key file",
            remedy="Give --unlock key-file too, or leave it out",
        )
    return opening
