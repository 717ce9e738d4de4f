"""How somebody is shown what they are about to do for their institution, and asked before it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from pixelpact.cli.printing import console
from pixelpact.errors import InputError

__all__ = ["Yes", "agree"]

Yes = Annotated[bool, typer.Option("--yes", help="Go on without asking; it is shown all the same.")]


def agree(words: Iterable[str], *, to: str, yes: bool, as_json: bool) -> None:
    """Show what is about to be done; go on only when a person says so.

    Args:
        words: what it is, a sentence each.
        to: what is done with it, a verb.
        yes: whether a yes was given beforehand.
        as_json: whether stdout is for one JSON object.

    Raises:
        InputError: nobody is there to be asked, and no yes was given beforehand.
    """
    screen = console(as_json=as_json)
    screen.print(f"[bold]About to {to}:[/]")
    for line in words:
        screen.print(f"  {line}", markup=False, soft_wrap=True)
    if yes:
        return
    if not sys.stdin or not sys.stdin.isatty():
        raise InputError(
            f"A yes is needed to {to}, and nobody is there to say it",
            why="stdin is no terminal",
            remedy="Read what is shown above, then give --yes, or run this in a terminal",
        )
    typer.confirm("Go on?", abort=True, err=True)
