"""``pixelpact batch``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json, ProfileFolderOption, opened_profile, profile_folder
from pixelpact.cli.printing import console, print_json
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.chain import Network
    from pixelpact.models import SignedDirective

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Signed consents by the thousand, under one root on the chain.")


@app.command("anchor")
def anchor(
    folder: Annotated[
        Path,
        typer.Argument(help="A folder with the consents' documents, and nothing else.", metavar="FOLDER"),
    ],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Anchor the consents of a folder under one root; each counts, is proven and is withdrawn alone.

    Each is checked first: one that would permit nothing is named, and nothing is anchored.

    Example: pixelpact batch anchor consents --profile hospital-a
    """
    from pixelpact.custodian import Custodian

    consents = _consents_of(folder, profile_folder(profile).network)
    with opened_profile(profile) as opened:
        batch = Custodian(opened).anchor(list(consents.values()), names=list(consents))
    if as_json:
        print_json(
            {
                "root": "0x" + batch.root.hex(),
                "anchored_at": batch.anchored_at,
                "consents": {name: "0x" + each.number.hex() for name, each in consents.items()},
            }
        )
        return 0
    screen = console()
    screen.print(f"Anchored, and final: {len(consents)} consents under the root 0x{batch.root.hex()}.")
    screen.print("Each is cited by its number: pixelpact invite create STUDY --consent NUMBER", markup=False)
    return 0


@app.command("show")
def show(
    profile: ProfileFolderOption,
    root: Annotated[
        str | None, typer.Argument(help="One batch, by its root or how that begins.", metavar="ROOT")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show the batches of a profile, or how each consent of one of them stands.

    Example: pixelpact batch show --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import complete, find_consent, find_evidence, require_digits, standing_of
    from pixelpact.policy import moment, summarize

    if root is not None:
        require_digits(root, "batch")
    with opened_profile(profile) as opened:
        found = Custodian(opened).batches()
        if root is not None:
            wanted = complete(
                root, "batch", [each.root for each in found], "`pixelpact batch show` shows those there are"
            )
            found = [each for each in found if each.root == wanted]
        consents = [
            (each, standing_of(opened.chain, each, find_evidence(opened.vault, number)))
            for number in (found[0].consents if root is not None else ())
            for each in [find_consent(opened.vault, opened.chain.network, number.hex())]
        ]
    if as_json:
        print_json(
            {
                "batches": [
                    {
                        "root": "0x" + each.root.hex(),
                        "consents": len(each.consents),
                        "anchored_at": each.anchored_at,
                    }
                    for each in found
                ],
                "consents": [
                    {"consent": "0x" + each.number.hex(), "stands": standing.word}
                    for each, standing in consents
                ],
            }
        )
        return 0
    from rich.table import Table

    screen = console()
    table = Table("Batch", "Consents", "Anchored", box=None, pad_edge=False)
    for each in found:
        when = moment(each.anchored_at) if each.anchored_at else "not yet"
        table.add_row(f"0x{each.root.hex()[:16]}", str(len(each.consents)), when)
    screen.print(table if found else "No batch was made with this profile.")
    if root is not None:
        table = Table("Consent", "Stands", "Allows", box=None, pad_edge=False)
        for consent, standing in consents:
            table.add_row(f"0x{consent.number.hex()[:16]}", standing.word, summarize(consent.directive))
        screen.print(table)
    return 0


@app.command("prove")
def prove(
    consent: Annotated[
        str, typer.Argument(help="The consent's number, how it begins, or its document.", metavar="CONSENT")
    ],
    profile: ProfileFolderOption,
    output: Annotated[Path, typer.Option("--output", help="Where the document goes.", metavar="FILE")],
    as_json: Json = False,
) -> int:
    """Write what shows a consent in its batch, checked against the chain, for the patient or an auditor.

    The patient invites with it: pixelpact invite create STUDY --batched FILE.

    Example: pixelpact batch prove 0x91c3 --output batched.json --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import CitedConsent, batched_text, write_document

    cited = CitedConsent.of(consent)
    with opened_profile(profile) as opened:
        found = cited.find(opened.vault, opened.chain.network)
        proven = Custodian(opened).prove(found)
        write_document(output, batched_text(proven, opened.chain.network))
    if as_json:
        print_json(
            {
                "document": str(output),
                "consent": "0x" + found.number.hex(),
                "root": "0x" + proven.evidence.root.hex(),
                "steps": len(proven.evidence.path),
            }
        )
    else:
        console().print(
            f"Written: {output}. The consent stands in the batch 0x{proven.evidence.root.hex()[:16]}, "
            f"{len(proven.evidence.path)} steps below its root.",
            markup=False,
            soft_wrap=True,
        )
    return 0


def _consents_of(folder: Path, network: Network) -> dict[str, SignedDirective]:
    """The consents of a folder by their files' names.

    Raises:
        InputError: no folder, an empty one, or a file in it that is no consent of this network; it is named.
    """
    from pixelpact.documents import parse_signed, read_document
    from pixelpact.models import SignedDirective

    if not folder.is_dir():
        raise InputError(
            f"There is no folder {folder}",
            why="a batch is made of a folder with the consents' documents",
            remedy="Give the folder",
        )
    found: dict[str, SignedDirective] = {}
    for path in sorted(each for each in folder.iterdir() if not each.name.startswith(".")):
        try:
            signed = parse_signed(read_document(path), network)
        except InputError as error:
            raise InputError(
                f"{path.name} can't stand in a batch; nothing was anchored",
                why=f"{error.what[0].lower()}{error.what[1:]}: {error.why}",
                remedy=error.remedy,
            ) from error
        if not isinstance(signed, SignedDirective):
            raise InputError(
                f"{path.name} can't stand in a batch; nothing was anchored",
                why="it is no consent",
                remedy="Bring it to the chain by itself: pixelpact consent record",
            )
        found[path.name] = signed
    if not found:
        raise InputError(
            f"The folder {folder} is empty", remedy="Put the consents' documents into it, and nothing else"
        )
    return found
