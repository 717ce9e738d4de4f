"""``pixelpact institution propose``: what the members can decide."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.agreeing import Yes, agree
from pixelpact.cli.options import HIGHEST, Json, ProfileFolderOption, Quiet, opened_profile
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.values import address_of, country_of, flags_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixelpact.consortium import Delegate
    from pixelpact.models import Motion

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Propose something, with one's own vote for it. It is shown in words and asked for first.",
)

Institution = Annotated[
    int, typer.Argument(help="The institution's number.", metavar="NUMBER", min=1, max=HIGHEST)
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="What it may do (docs/policy.md), or none; may be repeated.", metavar="NAME"),
]
Attributes = Annotated[
    list[str] | None,
    typer.Option("--attribute", help="What is attested of it, or none; may be repeated.", metavar="NAME"),
]


@app.command("admit")
def admit(
    account: Annotated[str, typer.Argument(help="The address of its admin.", metavar="ADDRESS")],
    country: Annotated[str, typer.Option(help="Two capital letters, ISO 3166-1.", metavar="CC")],
    profile: ProfileFolderOption,
    role: Roles = None,
    attribute: Attributes = None,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose to admit an institution.

    Example: pixelpact institution propose admit "$board" --country CH --role ETHICS_BOARD --profile a
    """
    from pixelpact import consortium
    from pixelpact.policy import Attribute, Role

    motion = consortium.admit(
        address_of(account, "an account's"),
        roles=flags_of(Role, role or [], "role"),
        country=country_of(country),
        attributes=flags_of(Attribute, attribute or [], "attribute"),
    )
    return _propose(profile, lambda _: motion, yes=yes, quiet=quiet, as_json=as_json)


@app.command("suspend")
def suspend(
    institution: Institution,
    profile: ProfileFolderOption,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose to suspend an institution: it does nothing any more, and has no vote.

    Example: pixelpact institution propose suspend 2 --profile hospital-a
    """
    from pixelpact import consortium

    motion = consortium.suspend(institution)
    return _propose(profile, lambda _: motion, yes=yes, quiet=quiet, as_json=as_json)


@app.command("reinstate")
def reinstate(
    institution: Institution,
    profile: ProfileFolderOption,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose that a suspended institution takes part again.

    Example: pixelpact institution propose reinstate 2 --profile hospital-a
    """
    from pixelpact import consortium

    motion = consortium.reinstate(institution)
    return _propose(profile, lambda _: motion, yes=yes, quiet=quiet, as_json=as_json)


@app.command("change")
def change(
    institution: Institution,
    profile: ProfileFolderOption,
    role: Roles = None,
    country: Annotated[
        str | None, typer.Option(help="Two capital letters, ISO 3166-1.", metavar="CC")
    ] = None,
    attribute: Attributes = None,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose other roles, another country or other attributes for an institution. What is not said stays.

    Example: pixelpact institution propose change 2 --role REQUESTER --profile hospital-a
    """
    from pixelpact import consortium
    from pixelpact.policy import Attribute, Role

    if role is None and country is None and attribute is None:
        raise InputError(
            "It is not said what is to change",
            why="none of --role, --country and --attribute is given",
            remedy="Give what it is to have",
        )
    roles = None if role is None else flags_of(Role, role, "role")
    attributes = None if attribute is None else flags_of(Attribute, attribute, "attribute")
    where = None if country is None else country_of(country)

    def motion(delegate: Delegate) -> Motion:
        record = delegate.institution(institution)
        return consortium.change(
            institution,
            roles=Role(record.roles) if roles is None else roles,
            country=where or record.country.decode(),
            attributes=Attribute(record.attributes) if attributes is None else attributes,
        )

    return _propose(profile, motion, yes=yes, quiet=quiet, as_json=as_json)


@app.command("recover-admin")
def recover_admin(
    institution: Institution,
    account: Annotated[str, typer.Argument(help="The new admin's address.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose another admin for an institution that lost its own, after a notice in which that one may veto.

    Example: pixelpact institution propose recover-admin 2 "$account" --profile hospital-a
    """
    from pixelpact import consortium

    motion = consortium.recover_admin(institution, address_of(account, "an account's"))
    return _propose(profile, lambda _: motion, yes=yes, quiet=quiet, as_json=as_json)


@app.command("replace-engine")
def replace_engine(
    engine: Annotated[str, typer.Argument(help="Where it was deployed.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    code_hash: Annotated[
        str | None,
        typer.Option(
            help="Keccak-256 of its code, for an engine that is not the shipped one and that you have read.",
            metavar="HASH",
        ),
    ] = None,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose another policy engine, after a notice in which patients can withdraw.

    Its code is compared with the one that is shipped, and must be for this network.

    Example: pixelpact institution propose replace-engine "$engine" --profile hospital-a
    """
    from pixelpact import consortium

    address = address_of(engine, "an engine's")
    given = None if code_hash is None else _hash_of(code_hash)

    def motion(delegate: Delegate) -> Motion:
        found = delegate.inspect_engine(address)
        return consortium.replace_engine(address, given or found.code_hash)

    return _propose(profile, motion, yes=yes, quiet=quiet, as_json=as_json, foreign_engine=given is not None)


@app.command("stop")
def stop(
    profile: ProfileFolderOption,
    hours: Annotated[
        int | None, typer.Option(help="For how long nothing is shared.", min=1, max=100_000)
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="End the stop that there is.")] = False,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Propose that nothing is shared for a while. Withdrawals and refusals go on.

    Example: pixelpact institution propose stop --hours 48 --profile hospital-a
    """
    from pixelpact import consortium

    if (hours is None) != lift:
        raise InputError(
            "It is not clear what is to happen",
            why="exactly one of --hours and --lift is needed",
            remedy="Give --hours for a stop, or --lift to end one",
        )
    motion = consortium.stop(timedelta(hours=hours or 0))
    return _propose(profile, lambda _: motion, yes=yes, quiet=quiet, as_json=as_json)


def _propose(
    profile: Path,
    motion: Callable[[Delegate], Motion],
    *,
    yes: bool,
    quiet: bool,
    as_json: bool,
    foreign_engine: bool = False,
) -> int:
    from pixelpact.consortium import Delegate
    from pixelpact.policy import describe_motion

    with opened_profile(profile) as opened:
        delegate = Delegate(opened)
        made = motion(delegate)
        agree(describe_motion(made), to="propose", yes=yes, as_json=as_json or quiet)
        number = delegate.propose(made, foreign_engine=foreign_engine)
        standing = delegate.proposal(number)
    if as_json:
        print_json({"proposal": number, "stage": standing.stage.value, "missing": standing.missing})
    elif quiet:
        print(number)
    else:
        console().print(
            f"Proposed, and final: proposal {number}. "
            + (
                f"{standing.missing} more votes are needed: pixelpact institution vote {number}"
                if standing.missing
                else f"It has the votes it needs: pixelpact institution carry-out {number}"
            ),
            soft_wrap=True,
        )
    return 0


def _hash_of(text: str) -> bytes:
    if not re.fullmatch("0x[0-9a-fA-F]{64}", text):
        raise InputError(
            f"{text!r} is no hash of an engine's code",
            why="it has 0x and 64 hexadecimal digits",
            remedy="Copy it from whoever deployed the engine",
        )
    return bytes.fromhex(text[2:])
