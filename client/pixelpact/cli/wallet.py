"""What a wallet keeps and names: ``pixelpact consent list``, ``show``, ``relays`` and ``end-paper``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    Hospital,
    Json,
    Output,
    ProfileFolderOption,
    Yes,
    opened_profile,
    opened_wallet,
    profile_folder,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.signing import Signer, issue
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.documents import Signed

__all__ = ["end_paper", "list_consents", "relays", "show"]


def list_consents(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List the consents of a profile, and how each stands on the chain.

    A patient's are those that were signed with it, an institution's those that it brought to the chain.

    Example: pixelpact consent list --profile patient
    """
    from pixelpact.cli.kept import KeptConsent, kept_by_institution
    from pixelpact.documents import standing_of
    from pixelpact.profile import ProfileFolder, Role

    if ProfileFolder.load(profile).role is Role.PATIENT:
        with opened_wallet(profile) as (chain, wallet):
            found = [KeptConsent(each, standing_of(chain, each)) for each in wallet.consents()]
    else:
        with opened_profile(profile) as opened:
            found = kept_by_institution(opened)
    if as_json:
        print_json({"consents": [each.facts for each in found]})
        return 0
    from rich.table import Table

    from pixelpact.policy import moment, summarize

    table = Table("Consent", "Given", "Stands", "Until", "Allows", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            f"0x{each.consent.number.hex()[:16]}",
            each.given,
            each.standing.word,
            moment(each.consent.directive.expiry)[:10],
            summarize(each.consent.directive),
        )
    console().print(table if found else "There are no consents in this profile.")
    return 0


def show(
    consent: Annotated[
        str, typer.Argument(help="The consent's number, how it begins, or its document.", metavar="CONSENT")
    ],
    profile: ProfileFolderOption,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write its document again, to a new file.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show a consent of a profile in words, and how it stands on the chain; or write its document again.

    Example: pixelpact consent show 0x91c3 --profile patient
    """
    from pixelpact.cli.kept import KeptConsent, kept_consent
    from pixelpact.documents import (
        CitedConsent,
        draft_text,
        require_free,
        signed_text,
        standing_of,
        write_document,
    )
    from pixelpact.models import SignedDirective
    from pixelpact.profile import ProfileFolder, Role

    cited = CitedConsent.of(consent)
    if output is not None:
        require_free(output)
    if ProfileFolder.load(profile).role is Role.PATIENT:
        with opened_wallet(profile) as (chain, wallet):
            found, network = wallet.cited(cited), chain.network
            kept = KeptConsent(found, standing_of(chain, found))
    else:
        with opened_profile(profile) as opened:
            network = opened.chain.network
            kept = kept_consent(opened, cited.find_any(opened.vault, network))
    if output is not None:
        shown = kept.consent
        if isinstance(shown, SignedDirective):
            write_document(output, signed_text(shown, network))
        else:
            write_document(output, draft_text(shown, network))
    if as_json:
        print_json(kept.facts)
        return 0
    screen = console()
    for line in kept.words:
        screen.print(line, markup=False)
    screen.print(f"It stands: {kept.standing.word}.")
    return 0


def relays(
    profile: ProfileFolderOption,
    chosen: Annotated[
        list[int] | None,
        typer.Option("--set", help="An institution; may be repeated. All others are taken off.", min=1),
    ] = None,
    nobody: Annotated[bool, typer.Option("--none", help="Take all off.")] = False,
    as_json: Json = False,
) -> int:
    """Show or choose the institutions that bring this wallet's documents to the chain: any one will do.

    Example: pixelpact consent relays --set 1 --set 2 --set 3 --profile patient
    """
    if chosen and nobody:
        raise InputError(
            "It is not clear who brings documents to the chain",
            why="--none takes all off, and --set names some",
            remedy="Leave one of them out",
        )
    profile_folder(profile, patient=True)
    with opened_wallet(profile) as (_, wallet):
        if chosen or nobody:
            wallet.choose_relays(chosen or [])
        found = wallet.relays
    if as_json:
        print_json({"relays": list(found)})
        return 0
    for number in found:
        console().print(f"Institution {number}")
    if not found:
        console().print("No institution is named; any of the network will do.")
    return 0


def end_paper(
    profile: ProfileFolderOption,
    custodian: Hospital,
    output: Output,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign that this patient signs from now on: paper and guardians that a hospital attested count no more.

    Example: pixelpact consent end-paper --custodian 1 --output end.json --profile patient
    """
    from pixelpact.policy import describe_end_of_paper

    def made(signer: Signer) -> Signed:
        signed = signer.wallet.patient.end_paper(custodian=custodian)
        signer.agree(describe_end_of_paper())
        return signed

    return issue(profile, output, f"end-paper/{custodian}", made, yes=yes, as_json=as_json)
