"""What several commands take, and how a profile is opened for them."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.chain import Chain
    from pixelpact.patient import Wallet
    from pixelpact.profile import Profile, ProfileFolder

__all__ = [
    "HIGHEST",
    "AppointmentNumber",
    "ForPatient",
    "Hospital",
    "Json",
    "Output",
    "Person",
    "ProfileFolderOption",
    "Quiet",
    "Threads",
    "Yes",
    "ask_new_password",
    "ask_other_password",
    "ask_password",
    "opened_profile",
    "opened_wallet",
    "profile_folder",
    "require_person",
]

#: The highest number of an institution; the ones above it mean any.
HIGHEST = 2**32 - 2
# The names of variables.
_PASSWORD = "PIXELPACT_PASSWORD"  # noqa: S105
_NEW_PASSWORD = "PIXELPACT_NEW_PASSWORD"  # noqa: S105

ProfileFolderOption = Annotated[
    Path,
    typer.Option("--profile", envvar="PIXELPACT_PROFILE", help="The profile's folder.", metavar="FOLDER"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Person = Annotated[
    str,
    typer.Option(
        "--person",
        envvar="PIXELPACT_PERSON",
        help="Who acts, as the institution knows them; the chain gets a keyed digest.",
        metavar="NAME",
    ),
]
Output = Annotated[Path, typer.Option("--output", help="Where the signed document goes.", metavar="FILE")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking; the words are shown all the same.")]
Hospital = Annotated[
    int, typer.Option("--custodian", help="The hospital that holds the images.", min=1, max=HIGHEST)
]
ForPatient = Annotated[
    str | None,
    typer.Option("--for", help="As a guardian: the patient's address at the hospital.", metavar="ADDRESS"),
]
AppointmentNumber = Annotated[
    int | None,
    typer.Option("--appointment", help="As a guardian: the appointment's number.", min=1, max=2**32 - 1),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the number alone.")]
Threads = Annotated[int, typer.Option("--threads", help="How many encrypt or decrypt.", min=1, max=64)]


def require_person(person: str) -> None:
    """See ``pixelpact.profile.require_person``: loaded only when it is asked."""
    from pixelpact.profile import require_person as judge

    judge(person)


def ask_password() -> str:
    """The vault's password: from $PIXELPACT_PASSWORD, or typed.

    Raises:
        InputError: neither.
    """
    return _typed("Password of the vault: ", _PASSWORD)


def ask_new_password() -> str:
    """A new vault's password: from $PIXELPACT_PASSWORD, or typed twice.

    Raises:
        InputError: neither, or the two differ.
    """
    return _typed("Password of the new vault: ", _PASSWORD, twice=True)


def ask_other_password() -> str:
    """Another password for a vault: from $PIXELPACT_NEW_PASSWORD, or typed twice.

    Raises:
        InputError: neither, or the two differ.
    """
    return _typed("The vault's new password: ", _NEW_PASSWORD, twice=True)


def _typed(prompt: str, variable: str, *, twice: bool = False) -> str:
    given = os.environ.get(variable)
    if given is not None:
        return _readable(given)
    if not sys.stdin or not sys.stdin.isatty():
        raise InputError(
            "A password is needed, and nobody is there to type it",
            why="stdin is no terminal",
            remedy=f"Run this in a terminal, or set ${variable}",
        )
    first = getpass.getpass(prompt, stream=sys.stderr)
    if twice and getpass.getpass("Once more: ", stream=sys.stderr) != first:
        raise InputError(
            "The two passwords differ", remedy="Run the command again; nothing was made or changed"
        )
    return _readable(first)


def _readable(password: str) -> str:
    try:
        password.encode()
    except UnicodeEncodeError:
        raise InputError(
            "The password can't be read",
            why="it is not UTF-8",
            remedy="Check the terminal's or the variable's encoding",
        ) from None
    return password


def profile_folder(path: Path, *, patient: bool = False) -> ProfileFolder:
    """A profile of this kind, not opened yet.

    Raises:
        InputError: there is none, or it is of the other kind.
    """
    from pixelpact.profile import ProfileFolder, Role

    folder = ProfileFolder.load(path)
    folder.require(Role.PATIENT if patient else Role.INSTITUTION)
    return folder


@contextmanager
def opened_profile(path: Path, *, from_peers: bool = False) -> Iterator[Profile]:
    """An institution's means. Raises what ``ProfileFolder.open`` raises."""
    with profile_folder(path).open(ask_password, from_peers=from_peers) as profile:
        yield profile


@contextmanager
def opened_wallet(path: Path) -> Iterator[tuple[Chain, Wallet]]:
    """A patient's wallet and the node that it reads from.

    Raises:
        InputError: no patient's profile.
        VaultError: its vault does not open.
        ChainError: its node can't be asked.
    """
    from pixelpact.chain import Chain
    from pixelpact.patient import Wallet

    folder = profile_folder(path, patient=True)
    with folder.open_vault(ask_password) as vault:
        chain = Chain.connect(folder.network)
        yield chain, Wallet(chain, vault)
