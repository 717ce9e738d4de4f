"""``pixelpact localnet``: real nodes on this computer."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.printing import console, print_json

if TYPE_CHECKING:
    from pixelpact.localnet import InstitutionStatus, LocalnetStatus

__all__ = ["app"]

app = typer.Typer(
    help="Start, look at and stop a consortium of real nodes on this computer.", no_args_is_help=True
)

_NOT_OK = 10

Folder = Annotated[Path, typer.Option("--folder", help="Where the localnet is kept.", metavar="FOLDER")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
_DEFAULT = Path("pixelpact-localnet")


@app.command("up")
def up(
    engine: Annotated[
        str | None, typer.Option(help="What keeps the chain: anvil or geth.", show_default="anvil")
    ] = None,
    institutions: Annotated[
        int | None, typer.Option(help="How many take part.", metavar="N", show_default="4")
    ] = None,
    period: Annotated[
        int | None, typer.Option(help="Seconds between blocks.", metavar="S", show_default="1")
    ] = None,
    folder: Folder = _DEFAULT,
    as_json: Json = False,
) -> int:
    """Start the nodes: a chain and a private IPFS swarm, the contracts on it, a folder for each institution.

    They run in the background until `down`; `up` after that, or after one of them died, goes on where it was.
    What a localnet is made of is decided the first time.

    Example: pixelpact localnet up --engine geth --institutions 4 --folder net
    """
    from pixelpact.localnet import Localnet

    screen = console(as_json=as_json)
    localnet = Localnet.up(
        folder,
        engine=engine,
        institutions=institutions,
        period=period,
        tell=lambda sentence: screen.print(sentence, markup=False),
    )
    described = localnet.network.to_dict()
    if as_json:
        print_json(
            {
                "folder": str(localnet.folder),
                "engine": localnet.engine,
                "chain_id": localnet.network.chain_id,
                "genesis": described["genesis"],
                "rpc": [each.network.rpc for each in localnet.institutions],
                "ipfs": [each.ipfs for each in localnet.institutions],
                "contracts": described["contracts"],
            }
        )
        return 0
    if not localnet.started:
        screen.print("It is up already.")
    for each in localnet.institutions:
        screen.print(f"{each.name}  chain {each.network.rpc}  Kubo {each.ipfs}")
    screen.print(
        f"Chain {localnet.network.chain_id}, described in {localnet.folder / 'network.json'}. "
        f"To stop it: pixelpact localnet down --folder {folder}",
        markup=False,
        soft_wrap=True,
    )
    return 0


@app.command("status")
def status(folder: Folder = _DEFAULT, as_json: Json = False) -> int:
    """Show each institution's nodes: heads, peers, who makes blocks, what is final, what is pinned.

    The exit code is 0 when all nodes run and answer, and when none runs after `down`; 10 when some don't.

    Example: pixelpact localnet status --folder net
    """
    from pixelpact.localnet import Localnet

    found = Localnet.open(folder).status()
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)
    return _NOT_OK if found.state == "partly" else 0


@app.command("down")
def down(folder: Folder = _DEFAULT, as_json: Json = False) -> int:
    """Stop the nodes and nothing else; what they keep stays for the next `up`.

    Example: pixelpact localnet down --folder net
    """
    from pixelpact.localnet import Localnet

    stopped = Localnet.stop(folder)
    if as_json:
        print_json({"folder": str(folder.absolute()), "stopped": list(stopped)})
        return 0
    screen = console()
    for title in stopped:
        screen.print(f"Stopped {title}.", markup=False)
    if not stopped:
        screen.print("Nothing was running.")
    return 0


def _show(found: LocalnetStatus) -> None:
    from rich.table import Table

    screen = console()
    table = Table(box=None, pad_edge=False)
    for title in ("institution", "head", "final", "age", "peers", "Kubo peers", "pins"):
        table.add_column(title, justify="left" if title == "institution" else "right")
    for each in found.institutions:
        table.add_row(each.name, *_cells(each))
    screen.print(table)
    screen.print(
        f"{found.engine}, chain {found.chain_id}, {found.state}; final after {found.finality_depth} blocks.",
        markup=False,
    )
    if found.signers:
        screen.print(
            f"{len(found.signers)} signers: {', '.join(found.signers)}", markup=False, soft_wrap=True
        )
    if found.state != "up":
        screen.print(f"To start what is missing: pixelpact localnet up --folder {found.folder}", markup=False)


def _cells(each: InstitutionStatus) -> list[str]:
    chain, kubo = each.chain, each.kubo
    age = None if chain.head_time is None else f"{max(0, int(time.time()) - chain.head_time)} s"
    return [
        _said(chain.head, running=chain.running),
        _said(chain.final, running=chain.running),
        _said(age, running=chain.running),
        # Anvil is one node for all: it has no peers.
        "-" if chain.head is not None and chain.peers is None else _said(chain.peers, running=chain.running),
        _said(kubo.peers, running=kubo.running),
        _said(kubo.pins, running=kubo.running),
    ]


def _said(value: str | int | None, *, running: bool) -> str:
    if value is not None:
        return str(value)
    return "silent" if running else "stopped"
