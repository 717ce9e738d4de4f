"""``pixelpact project``: research projects, and the ethics boards that approve them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.agreeing import Yes, agree
from pixelpact.cli.options import HIGHEST, Json, ProfileFolderOption, Quiet, opened_profile
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.values import country_of, flags_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.consortium import ProjectView
    from pixelpact.models import Project as Body

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Research projects, and the ethics boards that approve them.")

Project = Annotated[str, typer.Argument(help="The project's number, or how it begins.", metavar="NUMBER")]


@app.command("register")
def register(
    protocol: Annotated[
        Path,
        typer.Option(help="The study protocol; its SHA-256 goes to the chain, nothing else.", metavar="FILE"),
    ],
    profile: ProfileFolderOption,
    code: Annotated[
        list[str] | None,
        typer.Option(
            help="A disease or a kind of research, such as MONDO:0005148; may be repeated.", metavar="CODE"
        ),
    ] = None,
    partner: Annotated[
        list[int] | None,
        typer.Option(help="Another institution that takes part; may be repeated.", min=1, max=HIGHEST),
    ] = None,
    trait: Annotated[
        list[str] | None,
        typer.Option(help="What it does: METHODS, GENETIC, COMMERCIAL, ANCESTRY.", metavar="NAME"),
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Where the data is used, if in one country.", metavar="CC")
    ] = None,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Register a research project that one's own institution leads. An ethics board has to approve it.

    Example: pixelpact project register --protocol protocol.pdf --code MONDO:0005148 --profile hospital-b
    """
    from pixelpact.consortium import Delegate, project_of
    from pixelpact.policy import Trait

    make = partial(
        project_of,
        protocol=_digest_of(protocol),
        codes=code or [],
        partners=partner or [],
        traits=flags_of(Trait, trait or [], "trait"),
        country=country_of(country) if country else "",
    )
    # All but the lead is judged before anything is opened.
    make(0)
    with opened_profile(profile) as opened:
        body = make(opened.institution)
        agree(_words(body), to="register", yes=yes, as_json=as_json or quiet)
        found = Delegate(opened).register_project(body)
    if as_json:
        print_json(_facts(found))
    elif quiet:
        print("0x" + found.number.hex())
    else:
        console().print(
            f"Registered, and final: project 0x{found.number.hex()}. An ethics board has to approve it.",
            soft_wrap=True,
        )
    return 0


@app.command("approve")
def approve(
    project: Project,
    output: Annotated[Path, typer.Option(help="A new file for the approval.", metavar="FILE")],
    profile: ProfileFolderOption,
    until: Annotated[
        str | None, typer.Option(help="The last day, such as 2027-01-31 (UTC).", metavar="DATE")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Or for so many days from today on.", min=1, max=1_826)
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Approve a research project as an ethics board: a signed document, which the project's lead records.

    Example: pixelpact project approve 0x3f2a --days 365 --output approval.json --profile board
    """
    from pixelpact.consortium import Delegate
    from pixelpact.documents import require_digits
    from pixelpact.policy import describe_approval

    require_digits(project, "project")
    end = _end_of(until, days)
    with opened_profile(profile) as opened:
        delegate = Delegate(opened)
        found = delegate.find_project(project)
        words = [*_words(found.body), *describe_approval(opened.institution, end)]
        # Refused before anybody is asked.
        delegate.sign_approval(found.number, end)
        agree(words, to="approve", yes=yes, as_json=as_json)
        delegate.issue_approval(found.number, end, output)
    if as_json:
        print_json({"document": str(output), "project": "0x" + found.number.hex(), "until": end})
    else:
        console().print(
            f"Approved: {output}. It counts once it is on the chain: pixelpact project record {output}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("record")
def record(
    document: Annotated[Path, typer.Argument(help="The board's approval.", metavar="FILE")],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Bring an ethics board's approval to the chain. Any institution can; the lead's operators will.

    Example: pixelpact project record approval.json --profile hospital-b
    """
    from pixelpact.consortium import Delegate
    from pixelpact.documents import parse_attestation, read_document

    text = read_document(document)
    with opened_profile(profile) as opened:
        found = Delegate(opened).relay_approval(parse_attestation(text, opened.chain.network))
    if as_json:
        print_json(_facts(found))
    else:
        console().print(f"Recorded, and final. {_state(found)}", soft_wrap=True)
    return 0


@app.command("withdraw")
def withdraw(project: Project, profile: ProfileFolderOption, yes: Yes = False, as_json: Json = False) -> int:
    """Withdraw a research project for good, as its lead or as the board that approved it.

    Example: pixelpact project withdraw 0x3f2a --profile board
    """
    from pixelpact.consortium import Delegate
    from pixelpact.documents import require_digits

    require_digits(project, "project")
    with opened_profile(profile) as opened:
        delegate = Delegate(opened)
        found = delegate.find_project(project)
        words = [
            f"The research project 0x{found.number.hex()} is withdrawn, for good.",
            "Nothing is released for it any more. What was opened by then can't be called back.",
        ]
        agree(words, to="withdraw", yes=yes, as_json=as_json)
        delegate.withdraw_project(found.number)
    if as_json:
        print_json({"project": "0x" + found.number.hex(), "stage": "withdrawn"})
    else:
        console().print(f"Withdrawn, and final: project 0x{found.number.hex()}.", soft_wrap=True)
    return 0


@app.command("list")
def list_projects(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List the research projects of the network, each with its board and its term.

    Example: pixelpact project list --profile hospital-b
    """
    from pixelpact.consortium import Delegate

    with opened_profile(profile) as opened:
        found = Delegate(opened).projects()
    if as_json:
        print_json({"projects": [_facts(each) for each in found]})
        return 0
    for each in found:
        console().print(
            f"0x{each.number.hex()[:16]}  led by institution {each.body.lead}: {_state(each)}",
            soft_wrap=True,
        )
    if not found:
        console().print("No research project is registered.")
    return 0


@app.command("show")
def show(project: Project, profile: ProfileFolderOption, as_json: Json = False) -> int:
    """Show one research project in words, and how it stands.

    Example: pixelpact project show 0x3f2a --profile board
    """
    from pixelpact.consortium import Delegate
    from pixelpact.documents import require_digits

    require_digits(project, "project")
    with opened_profile(profile) as opened:
        found = Delegate(opened).find_project(project)
    if as_json:
        print_json(_facts(found))
        return 0
    screen = console()
    screen.print(f"Project 0x{found.number.hex()}: {_state(found)}", soft_wrap=True)
    for line in _words(found.body):
        screen.print(f"  {line}", markup=False, soft_wrap=True)
    return 0


def _digest_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InputError(
                f"The study protocol {path} can't be read",
                why="there is no file of this name",
                remedy="Give the document whose digest the ethics board is to see",
            )
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise InputError(
            f"The study protocol {path} can't be read",
            why=error.strerror or str(error),
            remedy="Give the document whose digest the ethics board is to see",
        ) from error


def _end_of(until: str | None, days: int | None) -> int:
    """The first second after the last day of an approval."""
    if (until is None) == (days is None):
        raise InputError(
            "It is not clear until when the project is approved",
            why="exactly one of --until and --days is needed",
            remedy="Give the last day, or for how many days",
        )
    if until is None:
        last = datetime.now(UTC) + timedelta(days=days or 0)
    else:
        try:
            last = datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise InputError(
                f"{until!r} is no day", why="a day is such as 2027-01-31", remedy="Give the last day"
            ) from error
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
    return int(midnight.timestamp()) + 86_400


def _words(body: Body) -> list[str]:
    from pixelpact.policy import describe_project

    return [
        *describe_project(body),
        f"Its protocol is the document whose SHA-256 is 0x{body.protocol.hex()}.",
    ]


def _facts(found: ProjectView) -> dict[str, object]:
    return {
        "project": "0x" + found.number.hex(),
        "lead": found.body.lead,
        "partners": list(found.body.partners),
        "stage": found.stage.value,
        "board": found.board or None,
        "until": found.until or None,
        "words": _words(found.body),
    }


def _state(found: ProjectView) -> str:
    from pixelpact.consortium import ProjectStage
    from pixelpact.policy import moment

    match found.stage:
        case ProjectStage.APPROVED:
            return f"approved by institution {found.board} until {moment(found.until)}."
        case ProjectStage.EXPIRED:
            return f"its approval by institution {found.board} ended at {moment(found.until)}."
        case ProjectStage.WITHDRAWN:
            return "withdrawn, for good."
        case _:
            return "no ethics board has approved it yet."
