"""``pixelpact institution operator``: who acts for one's own institution."""

from __future__ import annotations

from typing import Annotated

import typer

from pixelpact.cli.agreeing import Yes, agree
from pixelpact.cli.options import Json, ProfileFolderOption, opened_profile
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.values import address_of, flags_of
from pixelpact.errors import InputError

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Who acts for one's own institution.")


@app.callback()
def _operator() -> None:
    pass


@app.command("set")
def set_operator(
    account: Annotated[str, typer.Argument(help="The account's address.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    permission: Annotated[
        list[str] | None,
        typer.Option(help="What it may do (docs/policy.md); may be repeated.", metavar="NAME"),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="It acts for the institution no more.")] = False,
    as_json: Json = False,
) -> int:
    """Let an account act for the institution, with just these permissions. By the admin.

    Example: pixelpact institution operator set "$second" --permission CONSENTS --profile hospital-a
    """
    from pixelpact.consortium import Delegate
    from pixelpact.policy import OperatorPermission

    address = address_of(account, "an account's")
    if bool(permission) == none:
        raise InputError(
            "It is not clear what the account may do",
            why="either --permission says what, or --none says nothing any more",
            remedy="Give one of them",
        )
    wanted = flags_of(OperatorPermission, permission or [], "permission")
    with opened_profile(profile) as opened:
        Delegate(opened).set_operator(address, wanted)
    if as_json:
        print_json(
            {
                "institution": opened.institution,
                "account": "0x" + address.hex(),
                "permissions": [each.name for each in OperatorPermission if each in wanted],
            }
        )
    elif wanted:
        console().print(
            f"0x{address.hex()} acts for institution {opened.institution}: it {wanted.label}.",
            soft_wrap=True,
        )
    else:
        console().print(
            f"0x{address.hex()} acts for institution {opened.institution} no more.", soft_wrap=True
        )
    return 0


@app.command("list")
def list_operators(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List who acts for the institution, and what each may do.

    Example: pixelpact institution operator list --profile hospital-a
    """
    from eth_utils.address import to_checksum_address

    from pixelpact.consortium import Delegate
    from pixelpact.policy import OperatorPermission

    with opened_profile(profile) as opened:
        found = Delegate(opened).operators()
    if as_json:
        print_json(
            {
                "institution": opened.institution,
                "operators": [
                    {
                        "account": to_checksum_address(each.account),
                        "admin": each.is_admin,
                        "permissions": [one.name for one in OperatorPermission if one in each.permissions],
                    }
                    for each in found
                ],
            }
        )
        return 0
    for each in found:
        may = "everything: it is the admin" if each.is_admin else each.permissions.label
        console().print(f"{to_checksum_address(each.account)}  {may}", soft_wrap=True)
    return 0


@app.command("resign")
def resign(profile: ProfileFolderOption, yes: Yes = False, as_json: Json = False) -> int:
    """Stop acting for the institution, as an operator who is not its admin.

    Example: pixelpact institution operator resign --profile second
    """
    from pixelpact.consortium import Delegate

    with opened_profile(profile) as opened:
        words = [f"This account acts for institution {opened.institution} no more."]
        agree(words, to="resign", yes=yes, as_json=as_json)
        Delegate(opened).resign()
    if as_json:
        print_json({"institution": opened.institution, "acts": False})
    else:
        console().print(f"Resigned, and final: institution {opened.institution}.")
    return 0
