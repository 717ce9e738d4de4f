"""``pixelpact access``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixelpact.cli.invite import read_invitation
from pixelpact.cli.options import (
    Json,
    Person,
    ProfileFolderOption,
    Quiet,
    Threads,
    opened_profile,
    require_person,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.progress import watched
from pixelpact.cli.values import member_of, obligations_of, purposes_of
from pixelpact.errors import InputError, SealedStudyError

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Asking for a study, releasing it, opening it.")

_DENIED = 7

Request = Annotated[str, typer.Argument(help="The request's number, or how it begins.", metavar="REQUEST")]


@app.command("request")
def request(
    invitation: Annotated[
        str, typer.Argument(help="The invitation: its file, or the link.", metavar="INVITATION")
    ],
    profile: ProfileFolderOption,
    person: Person,
    purpose: Annotated[str, typer.Option(help="What for: an HL7 purpose of use.")] = "TREAT",
    project: Annotated[
        str | None,
        typer.Option(
            help="The research project that it is for: its number, or how it begins.", metavar="NUMBER"
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="An obligation that the institution accepts; may be repeated.", metavar="NAME"),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Ask for a study. The chain decides and records the answer with its reason; final when it returns.

    The exit code is 0 for a permit and 7 for a denial.

    Example: pixelpact access request invitation.json --person dr-b --profile hospital-b
    """
    from pixelpact.consortium import find_project
    from pixelpact.documents import require_digits
    from pixelpact.models import ZERO32
    from pixelpact.requester import Requester

    signed = read_invitation(invitation)
    (wanted,) = purposes_of([purpose])
    obligations = obligations_of(accept or [])
    if project is not None:
        require_digits(project, "project")
    require_person(person)
    with opened_profile(profile) as opened:
        requester = Requester(opened)
        cited = ZERO32 if project is None else find_project(opened.chain, project).number
        asked = requester.request(
            signed, purpose=wanted, person=person, project=cited, obligations=obligations
        )
        key_version = requester.key_version()
    if as_json:
        print_json(
            {
                "request": "0x" + asked.number.hex(),
                "study": "0x" + asked.study.hex(),
                "permitted": asked.decision.permitted,
                "reason": int(asked.decision.reason),
                "sentence": asked.decision.sentence,
                "block": asked.block,
                "key_version": key_version,
            }
        )
    elif quiet:
        print("0x" + asked.number.hex())
    else:
        screen = console()
        colour = "green" if asked.decision.permitted else "red"
        screen.print(asked.decision.sentence, style=colour, markup=False)
        screen.print(f"Request 0x{asked.number.hex()}", soft_wrap=True)
    if not key_version:
        console(as_json=True).print(
            "Nothing can be released to this institution yet: it has published no encryption key. "
            f"Make one: pixelpact keys publish --profile {profile}",
            markup=False,
            soft_wrap=True,
        )
    return 0 if asked.decision.permitted else _DENIED


@app.command("list")
def list_requests(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List the requests that wait for an answer, the emergencies that wait for a review, and one's own.

    Example: pixelpact access list --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.policy import Purpose, moment
    from pixelpact.requester import Requester

    with opened_profile(profile) as opened:
        waiting, own = Custodian(opened).waiting(), Requester(opened).requests()
        unreviewed = Custodian(opened).unreviewed()
    if as_json:
        print_json(
            {
                "waiting": [
                    {
                        "request": "0x" + each.number.hex(),
                        "study": "0x" + each.query.study.hex(),
                        "requester": each.requester,
                        "purpose": each.query.purpose,
                        "emergency": each.is_emergency,
                        "requested_at": each.requested_at,
                        "expires_at": each.expires_at,
                    }
                    for each in waiting
                ],
                "unreviewed": [
                    {
                        "request": "0x" + each.number.hex(),
                        "study": "0x" + each.study.hex(),
                        "requester": each.requester,
                        "review_by": each.review_by,
                        "late": each.late,
                        "served": each.served,
                    }
                    for each in unreviewed
                ],
                "own": [
                    {
                        "request": "0x" + each.number.hex(),
                        "study": "0x" + each.study.hex(),
                        "purpose": each.purpose,
                        "reason": each.reason,
                        "status": each.state.status.name.lower(),
                        "served_epoch": each.state.served_epoch,
                        "confirmed_epoch": each.state.confirmed_epoch,
                        "disputed_epoch": each.state.disputed_epoch,
                    }
                    for each in own
                ],
            }
        )
        return 0
    from rich.table import Table

    screen = console()
    table = Table("Waiting", "From", "Study", "For", box=None, pad_edge=False)
    for each in waiting:
        table.add_row(
            f"0x{each.number.hex()[:16]}",
            f"institution {each.requester}",
            f"0x{each.query.study.hex()[:16]}",
            Purpose(each.query.purpose).label,
        )
    screen.print(table if waiting else "Nobody waits for an answer.")
    if unreviewed:
        table = Table("To be reviewed", "By", "Study", "Until", box=None, pad_edge=False)
        for owed in unreviewed:
            table.add_row(
                f"0x{owed.number.hex()[:16]}",
                f"institution {owed.requester}",
                f"0x{owed.study.hex()[:16]}",
                moment(owed.review_by) + (", late" if owed.late else ""),
            )
        screen.print(table)
    table = Table("Own", "Study", "State", box=None, pad_edge=False)
    for mine in own:
        state = mine.state.status.name.lower()
        for word, epoch in (
            ("released", mine.state.served_epoch),
            ("confirmed", mine.state.confirmed_epoch),
            ("disputed", mine.state.disputed_epoch),
        ):
            state += f", {word} (epoch {epoch})" if epoch else ""
        table.add_row(f"0x{mine.number.hex()[:16]}", f"0x{mine.study.hex()[:16]}", state)
    screen.print(table if own else "This institution has made no request with this profile.")
    return 0


@app.command("release")
def release(request: Request, profile: ProfileFolderOption, person: Person, as_json: Json = False) -> int:
    """Release a study's key for a permitted request: the chain decides again; published once that is final.

    Example: pixelpact access release 0x5d10 --person archive --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import require_digits

    require_digits(request, "request")
    require_person(person)
    with opened_profile(profile) as opened:
        custodian = Custodian(opened)
        released = custodian.release(custodian.find_request(request), person=person)
    if as_json:
        print_json(
            {
                "request": "0x" + released.request.hex(),
                "requester": released.requester,
                "epoch": released.epoch,
                "envelope": "0x" + released.envelope_digest.hex(),
                "block": released.block,
            }
        )
    else:
        console().print(
            f"Released to institution {released.requester}, epoch {released.epoch}: "
            f"recorded in block {released.block}, final, and the envelope is published.",
            soft_wrap=True,
        )
    return 0


@app.command("refuse")
def refuse(
    request: Request,
    profile: ProfileFolderOption,
    person: Person,
    reason: Annotated[str, typer.Option(help="Why: identity-in-doubt, legal-hold, not-available or other.")],
    as_json: Json = False,
) -> int:
    """Refuse a permitted request for good, with a reason that is recorded.

    Example: pixelpact access refuse 0x5d10 --reason legal-hold --person archive --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import require_digits
    from pixelpact.policy import RefusalReason

    require_digits(request, "request")
    why = member_of(RefusalReason, reason, "reason", "docs/policy.md")
    require_person(person)
    with opened_profile(profile) as opened:
        custodian = Custodian(opened)
        number = custodian.find_request(request)
        custodian.refuse(number, why, person=person)
    if as_json:
        print_json({"request": "0x" + number.hex(), "reason": int(why)})
    else:
        console().print(f"Refused: {why.sentence}", markup=False)
    return 0


@app.command("fetch")
def fetch(
    request: Request,
    profile: ProfileFolderOption,
    output: Annotated[Path, typer.Option("--output", help="A new folder for the files.", metavar="FOLDER")],
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Fetch and decrypt what was released: DICOM files, exactly as they were sealed, every one checked.

    The folder is there when all of it is, or not at all. Blocks that arrived are kept: run again, it goes on.

    Example: pixelpact access fetch 0x5d10 --output knee --profile hospital-b
    """
    from pixelpact.documents import require_digits
    from pixelpact.requester import FetchedStudy, Requester

    require_digits(request, "request")
    FetchedStudy.require_place(output)
    with (
        opened_profile(profile, from_peers=True) as opened,
        watched("Fetching", as_json=as_json) as progress,
    ):
        requester = Requester(opened)
        fetched = requester.fetch(requester.find_request(request))
        count = fetched.save(output, threads=threads, progress=progress)
    if as_json:
        print_json(
            {
                "request": "0x" + fetched.request.hex(),
                "epoch": fetched.epoch,
                "folder": str(output),
                "instances": count,
            }
        )
    else:
        console().print(
            f"{count} instances in {output}, each as it was registered. To say so on the chain: "
            f"pixelpact access confirm {request}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("confirm")
def confirm(
    request: Request,
    profile: ProfileFolderOption,
    person: Person,
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Record that what was released is what was registered; all of it is read and checked first.

    Example: pixelpact access confirm 0x5d10 --person dr-b --profile hospital-b
    """
    from pixelpact.documents import require_digits
    from pixelpact.requester import Requester

    require_digits(request, "request")
    require_person(person)
    with opened_profile(profile, from_peers=True) as opened:
        requester = Requester(opened)
        fetched = requester.fetch(requester.find_request(request))
        fetched.verify(threads=threads)
        requester.confirm(fetched, person=person)
    if as_json:
        print_json({"request": "0x" + fetched.request.hex(), "epoch": fetched.epoch})
    else:
        console().print("Confirmed, and final: what arrived is what was registered.")
    return 0


@app.command("dispute")
def dispute(
    request: Request,
    profile: ProfileFolderOption,
    person: Person,
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Record which check fails on what was released; all of it is read and checked first.

    Where every check passes nothing is recorded, and the exit code is 3.

    Example: pixelpact access dispute 0x5d10 --person dr-b --profile hospital-b
    """
    from pixelpact.documents import require_digits
    from pixelpact.requester import Requester

    require_digits(request, "request")
    require_person(person)
    with opened_profile(profile, from_peers=True) as opened:
        requester = Requester(opened)
        number = requester.find_request(request)
        try:
            requester.fetch(number).verify(threads=threads)
        except SealedStudyError as failure:
            requester.dispute(number, failure, person=person)
            found = failure
        else:
            raise InputError(
                "There is nothing to dispute",
                why="every instance was read, and each is what was registered",
                remedy="Confirm it with `pixelpact access confirm`",
            )
    if as_json:
        print_json(
            {"request": "0x" + number.hex(), "failure": found.failure_class, "sentence": found.sentence}
        )
    else:
        console().print(f"Disputed, and final: {found.sentence}", markup=False, soft_wrap=True)
    return 0
