"""``pixelpact audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json
from pixelpact.cli.printing import console, plain, print_json
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from pixelpact.audit import AuditReport, Section

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What happened, decided again from the chain alone.")

_FOUND = 10


@app.callback()
def _audit() -> None:
    pass


@app.command("report")
def report(
    network: Annotated[
        Path | None, typer.Option(help="The network's description; its node is asked.", metavar="FILE")
    ] = None,
    trail: Annotated[
        Path | None, typer.Option(help="A trail that was saved; no node is asked.", metavar="FILE")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Keep the trail: a new file, to be audited again.", metavar="FILE")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write the report as a page: a new HTML file.", metavar="FILE")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Only what was found, neither the trail nor the tables.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Print what happened, take every decision again, and say what should not have happened.

    An auditor needs the network's description and nobody's key. The exit code is 10 when something was found.

    Example: pixelpact audit report --network network.json --save trail.json --page audit.html
    """
    from pixelpact.audit import Auditor, page_of
    from pixelpact.chain import Chain, Network, Trail
    from pixelpact.documents import require_free, write_document

    if (network is None) == (trail is None):
        raise InputError(
            "It is not clear where to look",
            why="exactly one of --network and --trail must be given",
            remedy="Give --network with a network's description, or --trail with a file that was saved",
        )
    for each in (save, page):
        if each is not None:
            require_free(each)
    if save is not None and save == page:
        raise InputError(
            "Trail and page can't be one file",
            why=f"both are to be {save}",
            remedy="Give --save and --page two names",
        )
    # Asked of a node, how things stand is told as of its last block, not as of the last event.
    source = Trail.load(trail) if trail else Chain.connect(Network.load(Path(str(network))))
    told = Auditor(source).report()
    if save is not None:
        kept = source if isinstance(source, Trail) else Trail.of(source, 0, told.block)
        write_document(save, kept.to_json())
    if page is not None:
        write_document(page, page_of(told))
    if as_json:
        print_json(told.to_json())
    else:
        _tell(told, quiet=quiet)
    return _FOUND if told.findings else 0


def _tell(told: AuditReport, *, quiet: bool) -> None:
    screen = console()
    if not quiet:
        for entry in told.trail:
            screen.print(
                f"{entry.time}  block {entry.at.block}  {plain(entry.sentence)}", markup=False, soft_wrap=True
            )
        for section in told.sections:
            _tell_section(screen, section)
        screen.print()
    screen.print(
        f"{told.events} events up to block {told.block}; {told.decisions_rechecked} decisions taken again."
    )
    for finding in told.findings:
        screen.print(
            f"{finding.severity}: {plain(finding.sentence)}", style="red", markup=False, soft_wrap=True
        )
    if not told.findings:
        screen.print("Nothing was found wrong.", style="green")


def _tell_section(screen: Console, section: Section) -> None:
    from rich.table import Table

    screen.print()
    screen.print(section.title, style="bold")
    screen.print(plain(section.sentence), markup=False, soft_wrap=True)
    if section.rows:
        table = Table(box=None, pad_edge=False)
        for heading in section.columns:
            # Where the terminal is narrow, times and ids go on in the next line; nothing is cut.
            table.add_column(heading, overflow="fold")
        for row in section.shown():
            table.add_row(*row)
        screen.print(table)
