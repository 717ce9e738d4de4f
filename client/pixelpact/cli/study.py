"""``pixelpact study``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    HIGHEST,
    Json,
    Person,
    ProfileFolderOption,
    Quiet,
    Threads,
    opened_profile,
    profile_folder,
    require_person,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.progress import watched
from pixelpact.cli.values import address_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pixelpact.chain import StudyRecord
    from pixelpact.custodian import CustodianStudy, Rotation

__all__ = ["Study", "app"]

app = typer.Typer(no_args_is_help=True, help="A hospital's studies: sealed, registered, rotated.")

_OWED = 10

Study = Annotated[str, typer.Argument(help="The study's number, or how it begins.", metavar="STUDY")]


@app.command("seal")
def seal(
    source: Annotated[Path, typer.Argument(help="A folder with one DICOM study.", metavar="FOLDER")],
    profile: ProfileFolderOption,
    patient: Annotated[
        str,
        typer.Option(
            help="The patient's address at this hospital (`pixelpact keys show`).", metavar="ADDRESS"
        ),
    ],
    threads: Threads = 2,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Encrypt a study and store its blocks, pinned; its keys stay in the vault, the chain is not told yet.

    Example: pixelpact study seal scans/knee --patient 0x5290... --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.dicom import scan

    subject = address_of(patient, "a patient's")
    study = scan(source)
    with opened_profile(profile) as opened, watched("Sealing", as_json=as_json) as progress:
        sealed = Custodian(opened).seal(study, subject=subject, threads=threads, progress=progress)
    number = "0x" + sealed.study_id.hex()
    if as_json:
        print_json(
            {
                "study": number,
                "epoch": sealed.epoch,
                "modalities": list(sealed.modalities),
                "instances": sealed.instances,
                "bytes": sealed.length,
                "blocks": sealed.blocks,
                "left_out": [{"name": each.name, "reason": each.reason} for each in study.left_out],
            }
        )
        return 0
    if quiet:
        print(number)
        return 0
    screen = console()
    count = f"{sealed.instances} instance{'' if sealed.instances == 1 else 's'}"
    screen.print(f"Sealed: {count}, {sealed.length:,} bytes in {sealed.blocks} blocks.")
    for each in study.left_out:
        screen.print(f"  left out: {each.name} ({each.reason})", markup=False)
    screen.print(f"Study {number}", soft_wrap=True)
    return 0


@app.command("register")
def register(study: Study, profile: ProfileFolderOption, as_json: Json = False) -> int:
    """Register a sealed study on the chain, by a digest in place of its name; final when it returns.

    Example: pixelpact study register 0x3f2a --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import require_digits

    require_digits(study, "study")
    with opened_profile(profile) as opened:
        custodian = Custodian(opened)
        shared = custodian.register(custodian.sealed(custodian.find_study(study)))
    if as_json:
        print_json({"study": "0x" + shared.number.hex(), "categories": shared.categories})
    else:
        console().print(f"Registered, and final: study 0x{shared.number.hex()}", soft_wrap=True)
    return 0


@app.command("list")
def list_studies(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List the studies of this vault, and how the chain has them.

    Example: pixelpact study list --profile hospital-a
    """
    from pixelpact.custodian import Custodian

    with opened_profile(profile) as opened:
        studies = Custodian(opened).studies()
    if as_json:
        print_json(
            {
                "studies": [
                    {
                        "study": "0x" + each.sealed.study_id.hex(),
                        "status": _standing(each.record),
                        "custodian": each.record.custodian,
                        "epoch": each.record.epoch,
                        "modalities": list(each.sealed.modalities),
                        "instances": each.sealed.instances,
                        "bytes": each.sealed.length,
                        "registered_at": each.record.registered_at,
                    }
                    for each in studies
                ]
            }
        )
        return 0
    screen = console()
    if studies:
        _show(studies, opened.institution, screen)
    else:
        screen.print("No study was sealed with this vault.")
    return 0


def _standing(record: StudyRecord) -> str:
    """How the chain has a study, in a word."""
    return record.status.name.lower() if record.custodian else "not registered"


def _show(studies: Sequence[CustodianStudy], institution: int, screen: Console) -> None:
    from rich.table import Table

    from pixelpact.policy import Category

    table = Table("Study", "On the chain", "Epoch", "Images", "Instances", "Bytes", box=None, pad_edge=False)
    for each in studies:
        number = each.sealed.study_id.hex()
        table.add_row(
            f"0x{number[:16] if screen.file.isatty() else number}",
            _stands(each, institution),
            str(each.record.epoch or "-"),
            Category(each.record.categories).label if each.record.categories else "-",
            str(each.sealed.instances),
            f"{each.sealed.length:,}",
        )
    screen.print(table)


def _stands(study: CustodianStudy, institution: int) -> str:
    held_by = study.record.custodian
    elsewhere = f", with institution {held_by}" if held_by not in (0, institution) else ""
    return _standing(study.record) + elsewhere


@app.command("rotate")
def rotate(
    study: Study, profile: ProfileFolderOption, person: Person, threads: Threads = 2, as_json: Json = False
) -> int:
    """Seal a study under a new key, serve again who is permitted, destroy the old key and blocks.

    Owed after a withdrawal, a refusal or a suspension; what was opened before can't be recalled. The exit
    code is 10 when somebody who is permitted could not be served.

    Example: pixelpact study rotate 0x3f2a --person archive --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import require_digits

    require_digits(study, "study")
    require_person(person)
    with opened_profile(profile) as opened, watched("Rotating", as_json=as_json) as progress:
        custodian = Custodian(opened)
        number = custodian.find_study(study)
        rotation = custodian.rotate(number, person=person, threads=threads, progress=progress)
    if as_json:
        print_json(_facts(rotation))
    else:
        _tell(rotation)
    return _OWED if rotation.failed else 0


@app.command("offer")
def offer(
    study: Study,
    profile: ProfileFolderOption,
    to: Annotated[
        int | None,
        typer.Option(help="The institution that takes it over.", min=1, max=HIGHEST, metavar="NUMBER"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Where the handover's document goes.", metavar="FILE")
    ] = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take the offer back.")] = False,
    as_json: Json = False,
) -> int:
    """Offer a study to another custodian (a merger, a closure); its keys are sealed to that one's key.

    Example: pixelpact study offer 0x3f2a --to 2 --output handover.json --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import handover_text, require_digits, require_free, write_document

    require_digits(study, "study")
    if (to is not None, output is not None) != (not take_back, not take_back):
        raise InputError(
            "It is not clear what is offered",
            why="an offer needs --to and --output; --take-back takes neither",
            remedy="Give --to and --output, or --take-back alone",
        )
    if output is not None:
        require_free(output)
    with opened_profile(profile) as opened:
        custodian = Custodian(opened)
        number = custodian.find_study(study)
        if to is None or output is None:
            custodian.take_back(number)
        else:
            write_document(output, handover_text(custodian.offer(number, to), opened.chain.network))
    if as_json:
        print_json({"study": "0x" + number.hex(), "to": to, "document": str(output) if output else None})
    elif to is None:
        console().print(
            "Taken back, and final. Whoever has the document has the present key: rotate the study."
        )
    else:
        console().print(
            f"Offered to institution {to}, and final: {output}. There: pixelpact study accept {output}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("accept")
def accept(
    handover: Annotated[Path, typer.Argument(help="The handover's document.", metavar="FILE")],
    profile: ProfileFolderOption,
    person: Person,
    threads: Threads = 2,
    as_json: Json = False,
) -> int:
    """Take a study over: fetched and checked, accepted on the chain, then sealed under a key of one's own.

    The exit code is 10 when somebody who is permitted could not be served.

    Example: pixelpact study accept handover.json --person archive --profile hospital-b
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import parse_handover, read_document

    text = read_document(handover)
    found = parse_handover(text, profile_folder(profile).network)
    require_person(person)
    with (
        opened_profile(profile, from_peers=True) as opened,
        watched("Taking over", as_json=as_json) as progress,
    ):
        rotation = Custodian(opened).accept(found, person=person, threads=threads, progress=progress)
    if as_json:
        print_json(_facts(rotation))
    else:
        console().print(f"This institution holds the study 0x{rotation.study.hex()} now.", soft_wrap=True)
        _tell(rotation)
    return _OWED if rotation.failed else 0


def _facts(rotation: Rotation) -> dict[str, object]:
    return {
        "study": "0x" + rotation.study.hex(),
        "epoch": rotation.epoch,
        "served": ["0x" + each.request.hex() for each in rotation.served],
        "denied": [
            {"request": "0x" + request.hex(), "reason": error.reason} for request, error in rotation.denied
        ],
        "failed": [
            {"request": "0x" + request.hex(), "why": error.sentence} for request, error in rotation.failed
        ],
        "disposed_blocks": rotation.disposal.blocks,
    }


def _tell(rotation: Rotation) -> None:
    screen = console()
    screen.print(f"Study 0x{rotation.study.hex()} is at epoch {rotation.epoch}.", soft_wrap=True)
    screen.print(f"Old blocks unpinned, collected and looked for: {rotation.disposal.blocks}.")
    for each in rotation.served:
        screen.print(f"  served again: institution {each.requester}, request 0x{each.request.hex()[:16]}")
    for request, denied in rotation.denied:
        screen.print(f"  not served: request 0x{request.hex()[:16]}: {denied.why}.", markup=False)
    for request, error in rotation.failed:
        screen.print(f"  failed: request 0x{request.hex()[:16]}: {error.sentence}", markup=False)
