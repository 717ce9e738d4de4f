"""``pixelpact doctor``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pixelpact.cli.options import Json, ask_password
from pixelpact.cli.printing import console, plain, print_json

__all__ = ["doctor"]

_NOT_OK = 10


def doctor(
    network: Annotated[
        Path | None, typer.Option(help="A network's description, to look at its node too.", metavar="FILE")
    ] = None,
    ipfs: Annotated[
        str | None, typer.Option(help="The RPC of a Kubo node, to look at it too.", metavar="URL")
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(
            envvar="PIXELPACT_PROFILE",
            help="A profile: its network, vault, store and node.",
            metavar="FOLDER",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Say what is missing or wrong, and what mends it.

    The exit code is 0 when everything that is needed is as it should be, else 10.

    Example: pixelpact doctor --profile hospital-a
    """
    from pixelpact.doctor import examine, examine_profile

    findings = list(examine(network, ipfs))
    if profile is not None:
        findings += examine_profile(profile, ask_password)
    ok = all(finding.ok for finding in findings if finding.needed)
    if as_json:
        print_json({"ok": ok, "findings": [asdict(finding) for finding in findings]})
    else:
        screen = console()
        advice: dict[str, str] = {}
        for finding in findings:
            mark = "[green]✓[/]" if finding.ok else "[bold red]✗[/]" if finding.needed else "[yellow]-[/]"
            found = f"{mark} [bold]{finding.subject}[/]: {escape(plain(finding.sentence))}"
            screen.print(found, soft_wrap=True)
            if not finding.remedy or finding.remedy in finding.sentence:
                continue
            above = advice.setdefault(finding.remedy, finding.subject)
            said = finding.remedy if above == finding.subject else f"As for {above}"
            screen.print(f"    {escape(plain(said))}", soft_wrap=True)
        screen.print("Nothing is missing." if ok else "Something that is needed is missing.")
    return 0 if ok else _NOT_OK
