"""``pixelpact policy``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pixelpact.cli.options import HIGHEST
from pixelpact.cli.printing import console, print_json
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.audit import Answer, Auditor
    from pixelpact.models import Invitation

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What the rules say.")

_DENIED = 7
#: By the outcome's value, so that the command starts without loading the rules.
_MARKS = {
    "passed": ("✓", "green"),
    "denied": ("✗", "bold red"),
    "would pass": ("·", "dim"),
    "would deny": ("✗", "yellow"),
    "can't tell yet": ("?", "dim"),
}


@app.callback()
def _policy() -> None:
    pass


@app.command()
def explain(
    network: Annotated[
        Path | None, typer.Option(help="The network's description; its node is asked.", metavar="FILE")
    ] = None,
    trail: Annotated[
        Path | None,
        typer.Option(help="An auditor's trail, such as the demo leaves; no node is asked.", metavar="FILE"),
    ] = None,
    request: Annotated[
        str | None, typer.Option(help="A recorded request's number, or how it begins.", metavar="NUMBER")
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="A study's number, or how it begins.", metavar="NUMBER")
    ] = None,
    requester: Annotated[
        int | None, typer.Option(help="The institution that would ask.", min=1, max=HIGHEST)
    ] = None,
    purpose: Annotated[str, typer.Option(help="What for: an HL7 purpose of use.")] = "TREAT",
    directive: Annotated[
        str | None,
        typer.Option(
            help="The number of a consent that was cited before, or how it begins.", metavar="NUMBER"
        ),
    ] = None,
    invitation: Annotated[
        str | None,
        typer.Option(
            help="In place of --study and --directive: an invitation's file or link.", metavar="FILE"
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            help="A research project's number, or how it begins, that it would cite.", metavar="NUMBER"
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="An obligation that would be accepted; may be repeated.", metavar="NAME"),
    ] = None,
    block: Annotated[
        int | None, typer.Option(help="Decide as of this block; the newest if absent.", min=0, max=2**53)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> int:
    """Say what would be decided, now or at a block, which check decides, and what would change the answer.

    Either about a recorded request (--request), or about one that could be made (--requester, with --study
    and perhaps --directive, or with --invitation, which may show a consent that stands in a batch).
    Without either, the requests that there are.
    The exit code is 0 for a permit and 7 for a denial.

    Example: pixelpact policy explain --trail pixelpact-demo/trail.json --request 0x3f
    """
    wanted = _Wanted(study, requester, purpose, directive, invitation, project, tuple(accept or ()), block)
    wanted.judge(request)
    auditor = _auditor(network, trail)
    if request is not None:
        number = _complete(request, "request", auditor.state(at="latest").requests)
        answer = auditor.explain_request(number, block=block)
    elif wanted.is_nothing:
        _list_requests(auditor, as_json=as_json)
        return 0
    else:
        answer = wanted.explain(auditor)
    if as_json:
        print_json(answer.to_json())
    else:
        _print_answer(answer)
    return 0 if answer.explanation.decision.permitted else _DENIED


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The request that could be made, as it was typed."""

    study: str | None
    requester: int | None
    purpose: str
    directive: str | None
    invitation: str | None
    project: str | None
    accept: tuple[str, ...]
    block: int | None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was said of one."""
        return self.study is None and self.invitation is None

    def judge(self, request: str | None) -> None:
        """Judge the options before a trail or a network is read.

        Raises:
            InputError: they don't fit together, or one can't be read.
        """
        from pixelpact.cli.values import obligations_of, purposes_of
        from pixelpact.documents import require_digits

        # The purpose has a default, and stands beside either.
        about = (self.study, self.requester, self.directive, self.invitation, self.project, *self.accept)
        given = any(each is not None for each in about)
        if request is not None and given:
            raise InputError(
                "It is not clear what to explain",
                why="--request is about a recorded request, the others are about one that could be made",
                remedy="Give either --request, or --requester with --study or --invitation",
            )
        if self.invitation is not None and (self.study is not None or self.directive is not None):
            raise InputError(
                "It is not clear what would be asked for",
                why="an invitation names the study, and the consent if there is one",
                remedy="Leave --study and --directive out, or --invitation",
            )
        if self.is_nothing and given:
            raise InputError(
                "It is not clear what would be asked for",
                why="--requester needs --study or --invitation beside it",
                remedy="Give the number of the study",
            )
        if not self.is_nothing and self.requester is None:
            raise InputError(
                "It is not clear who would ask",
                why="--study and --invitation need --requester beside them",
                remedy="Give the number of the institution that would ask",
            )
        purposes_of([self.purpose])
        obligations_of(self.accept)
        numbers = ((request, "request"), (self.study, "study"), (self.directive, "consent"))
        for number, kind in (*numbers, (self.project, "project")):
            if number is not None:
                require_digits(number, kind)
        if self.invitation is not None:
            _invited(self.invitation)

    def explain(self, auditor: Auditor) -> Answer:
        """What it would be answered."""
        from pixelpact.cli.values import obligations_of, purposes_of
        from pixelpact.models import ZERO32

        state = auditor.state(at="latest")
        project = ZERO32 if self.project is None else _complete(self.project, "project", state.projects)
        explain = partial(
            auditor.explain,
            requester=self.requester or 0,
            purpose=purposes_of([self.purpose])[0],
            project=project,
            obligations=int(obligations_of(self.accept)),
            block=self.block,
        )
        if self.invitation is not None:
            invited = _invited(self.invitation)
            here = auditor.network
            if (invited.chain_id, invited.genesis) != (here.chain_id, here.genesis):
                raise InputError(
                    "The invitation is for another network",
                    why="its chain id or its genesis is not that of the network in use",
                    remedy="Use the network that it was made for",
                )
            return explain(study=invited.study, directive=invited.directive, evidence=invited.evidence)
        cited = {each.directive_hash: each.directive for each in state.requests.values() if each.directive}
        return explain(
            study=_complete(str(self.study), "study", state.studies),
            directive=cited[_complete(self.directive, "consent", cited)] if self.directive else None,
        )


def _invited(text: str) -> Invitation:
    from pixelpact.cli.invite import read_invitation

    return read_invitation(text).invitation


def _auditor(network: Path | None, trail: Path | None) -> Auditor:
    from pixelpact.audit import Auditor
    from pixelpact.chain import Network

    if (network is None) == (trail is None):
        raise InputError(
            "It is not clear where to look",
            why="exactly one of --network and --trail must be given",
            remedy="Give --trail with the file that the demo left, or --network with a network's description",
        )
    return Auditor.from_trail(trail) if trail else Auditor.connect(Network.load(Path(str(network))))


def _complete(prefix: str, kind: str, numbers: Iterable[bytes]) -> bytes:
    from pixelpact.documents import complete

    where = "Run the command without a number to see the requests there are"
    return complete(prefix, kind, numbers, where)


def _list_requests(auditor: Auditor, *, as_json: bool) -> None:
    requests = auditor.state(at="latest").requests
    if as_json:
        print_json(
            {
                "requests": [
                    {
                        "number": "0x" + number.hex(),
                        "study": "0x" + each.query.study.hex(),
                        "requester": each.requester,
                        "reason": each.reason,
                        "block": each.at.block,
                    }
                    for number, each in requests.items()
                ]
            }
        )
        return
    from rich.table import Table

    from pixelpact.policy import sentence_of

    table = Table("Request", "Block", "Institution", "Study", "Consent", "Answer", box=None, pad_edge=False)
    for number, each in requests.items():
        table.add_row(
            f"0x{number.hex()[:8]}",
            str(each.at.block),
            str(each.requester),
            f"0x{each.query.study.hex()[:8]}",
            f"0x{each.directive_hash.hex()[:8]}" if each.directive else "none",
            sentence_of(each.reason),
        )
    screen = console()
    screen.print(table)
    screen.print("\nExplain one with --request and its first digits.")


def _print_answer(answer: Answer) -> None:
    screen, explanation = console(), answer.explanation
    decision = explanation.decision
    from pixelpact.policy import describe_query

    for line in describe_query(answer.query):
        screen.print(line, style="dim", markup=False)
    screen.print(f"Asked by institution {answer.requester}.", style="dim")
    colour = "green" if decision.permitted else "red"
    screen.print(f"[bold {colour}]{escape(decision.sentence)}[/]")
    screen.print(
        f"Decided by the check '{decision.check}', reason {int(decision.reason)}, as of block {answer.block}."
        if not decision.permitted
        else f"Every check passed, as of block {answer.block}."
    )
    if answer.standing:
        screen.print(answer.standing, markup=False)
    if not answer.engine_known:
        screen.print(
            f"Version {answer.engine_version} of the policy engine is in force, and is not the one that is "
            "shipped here: the contract's answer counts, and the engine's checks below may be others.",
            style="yellow",
            soft_wrap=True,
        )
    elif answer.engine_version > 1:
        screen.print(f"Version {answer.engine_version} of the policy engine is in force.")
    if answer.contract_reason is not None:
        known = not answer.findings and answer.engine_known
        agrees = "the same" if known else f"[bold red]reason {answer.contract_reason}[/]"
        screen.print(f"The contract itself answers {agrees}.")
    screen.print("\n[bold]The checks in order[/]")
    for each in explanation.checks:
        mark, style = _MARKS[each.outcome]
        screen.print(f"  [{style}]{mark} {each.outcome.value:<14}[/] {escape(each.check.question)}")
    if explanation.obstacles:
        screen.print("\n[bold]What would change the answer[/]")
        for obstacle in explanation.obstacles:
            screen.print(f"  {obstacle.sentence} {obstacle.remedy}", markup=False)
