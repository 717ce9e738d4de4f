"""``pixelpact demo``."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pixelpact.cli.printing import console, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from pixelpact.demo import Outcome, Step

__all__ = ["demo"]

_MARKS = {"act": "green", "denial": "yellow", "fault": "magenta", "audit": "cyan"}
#: What ends a program from outside: the keyboard, whoever stops it, and its terminal going away.
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    dicom: Annotated[
        Path | None,
        typer.Option(
            help="A folder with one DICOM study, to share instead of the samples.", metavar="FOLDER"
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            help="Where report, trail, vaults, and the blocks or the nodes are left.", metavar="FOLDER"
        ),
    ] = Path("pixelpact-demo"),
    chain: Annotated[
        str | None,
        typer.Option(
            help="embedded (in this process), anvil, or geth: four validators. The last two take Kubo along.",
            show_default="embedded",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            help="embedded (a folder), or kubo: a node an institution. Alone, it takes anvil along.",
            show_default="the chain's",
        ),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(
            help="A localnet that is up: its first four institutions take part, and it stays up.",
            metavar="FOLDER",
        ),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Add guardian, refusal, paper, batch, project and ethics board, emergency, votes, engine.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> int:
    """Tell the whole story on real images: consent, request, release, opening, withdrawal, rotation, audit.

    The last line names the report, a page to open in a browser. The exit code is 0 only when everything that
    should happen happened, 10 when something did not, 6 when the chain stood still or fell silent.

    With anvil or geth the demo starts real nodes on this computer, in OUTPUT/localnet, and stops them at the
    end, whatever ends it; what is missing of their programs is built first. The embedded chain goes with the
    embedded store, the others with Kubo. A localnet (see `pixelpact localnet up`) says itself what it is made
    of; each run makes new vaults and publishes new encryption keys.

    --full goes on with all that patients, hospitals and ethics boards can say: more than forty steps, half a
    minute in this process, some minutes over real nodes. All institutions of a localnet that is up vote then.

    Example: pixelpact demo --dicom ~/scans/knee --chain geth --output /tmp/story
    """
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    from pixelpact.demo import choose_scene, run_demo

    screen = console(as_json=as_json)
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        # Where nobody watches, the steps alone are printed.
        disable=not screen.is_terminal,
    )
    scene = choose_scene(chain, store, network, full=full)
    with _ending_once() as interruption, bars:
        shown = _Screen(screen, bars, interruption)
        outcome = run_demo(dicom=dicom, output=output, audience=shown, scene=scene, full=full)
        interruption.check()
    _summary(outcome, screen)
    if as_json:
        print_json(outcome.to_json())
    return 0 if outcome.ok else outcome.exit_code


class _Interruption:
    """Whether somebody wants this process to end.

    Where Python was when the signal came decides who gets the exception: in what it calls for an object that
    goes away it is lost. So it is looked for again where the next step begins.
    """

    def __init__(self) -> None:
        self.wanted = False

    def check(self) -> None:
        if self.wanted:
            raise KeyboardInterrupt


@contextmanager
def _ending_once() -> Iterator[_Interruption]:
    """Let the first that would end this process interrupt it, and no other what is tidied up then."""
    interruption = _Interruption()

    def interrupt(*_: object) -> None:
        for each in _ENDINGS:
            signal.signal(each, signal.SIG_IGN)
        interruption.wanted = True
        interruption.check()

    before = {each: signal.getsignal(each) or signal.SIG_DFL for each in _ENDINGS}
    # What is ignored stays so: a program that goes on without its terminal, for one.
    watched = [each for each in _ENDINGS if before[each] is not signal.SIG_IGN]
    try:
        for each in watched:
            signal.signal(each, interrupt)
        yield interruption
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Screen:
    """Shows each step while it happens."""

    def __init__(self, screen: Console, bars: Progress, interruption: _Interruption) -> None:
        self._screen = screen
        self._bars = bars
        self._interruption = interruption
        self._task: TaskID | None = None

    def tells(self, sentence: str) -> None:
        self._screen.print(f"  {escape(sentence)}", style="dim")

    def begins(self, title: str, actor: str) -> None:
        del actor
        self._interruption.check()
        self._task = self._bars.add_task(title, total=None)

    def progress(self, done: int, total: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=done, total=total)

    def ended(self, step: Step) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
        mark = f"[{_MARKS[step.kind]}]✓[/]" if step.ok else "[bold red]✗[/]"
        self._screen.print(f"{mark} [bold]{escape(step.title)}[/]")
        if step.sentence:
            self._screen.print(f"  {escape(step.sentence)}", style="dim")


def _summary(outcome: Outcome, screen: Console) -> None:
    screen.print()
    for study in outcome.studies:
        same = "arrived identical" if study.identical else "[bold red]not seen to arrive identical[/]"
        screen.print(f"{escape(study.title)}: {study.bytes:,} bytes {same}.")
        if study.without_pixels:
            screen.print(f"  without pixels: {study.without_pixels} of {study.instances} instances")
        for name, reason in study.left_out:
            screen.print(f"  left out: {name} ({reason})", markup=False)
    if outcome.audit_events:
        found = f"{len(outcome.findings)} findings" if outcome.findings else "nothing found wrong"
        screen.print(f"Audit: {outcome.audit_events} events, {found}.")
        for finding in outcome.findings:
            screen.print(f"  {finding}", markup=False)
    good = sum(step.ok for step in outcome.steps)
    screen.print(f"Chain: {outcome.chain}, store: {outcome.store}.", markup=False)
    verdict = "[bold green]All as it should be[/]" if outcome.ok else "[bold red]Not as it should be[/]"
    screen.print(f"{verdict}: {good} of {len(outcome.planned)} steps.")
    screen.print(f"Report: {outcome.report}", markup=False, soft_wrap=True)
