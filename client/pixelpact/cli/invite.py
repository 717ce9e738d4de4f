"""``pixelpact invite``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json, ProfileFolderOption, opened_profile, opened_wallet
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.values import study_of, term_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from datetime import timedelta

    from pixelpact.documents import CitedConsent
    from pixelpact.models import Evidence, SignedInvitation

__all__ = ["app", "read_invitation"]

app = typer.Typer(no_args_is_help=True, help="How a requester learns of a study: a file, a link, a QR code.")


@app.command("create")
def create(
    study: Annotated[str, typer.Argument(help="The study's number, or how it begins.", metavar="STUDY")],
    profile: ProfileFolderOption,
    output: Annotated[Path, typer.Option("--output", help="Where the invitation goes.", metavar="FILE")],
    consent: Annotated[
        str | None,
        typer.Option(
            help="The consent to cite: its number, how it begins, or its document.", metavar="CONSENT"
        ),
    ] = None,
    batched: Annotated[
        Path | None,
        typer.Option(
            help="In place of a consent: one that stands in a batch, as the hospital handed it out.",
            metavar="FILE",
        ),
    ] = None,
    days: Annotated[int, typer.Option(help="For how many days one may ask with it.")] = 30,
    qr: Annotated[
        Path | None, typer.Option(help="Also as a QR code: a file .svg or .png.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Make an invitation to ask for a study, signed by the hospital or by the patient.

    Whoever has it can ask; whether the answer is yes is for the consent and the chain to say. A patient gives
    the study's whole number.

    Example: pixelpact invite create 0x3f2a --consent 0x91c3 --output invitation.json --profile hospital-a
    """
    from pixelpact.documents import (
        CitedConsent,
        invitation_link,
        require_digits,
        require_picture,
    )

    term = term_of(days)
    require_digits(study, "study")
    if qr is not None:
        require_picture(qr)
        if qr.absolute() == output.absolute():
            raise InputError(
                "Invitation and QR code can't be the same file", remedy="Give another name with --qr"
            )
    if consent is not None and batched is not None:
        raise InputError(
            "It is not clear which consent is cited",
            why="--consent names one, and --batched is one",
            remedy="Leave one of them out",
        )
    cited, evidence = CitedConsent.of(consent) if consent is not None else None, None
    if batched is not None:
        cited, evidence = _of_batch(batched, profile)
    what = f"{study}/{cited.identity if cited else None}/{days}/{output.absolute()}"
    signed = _issue(profile, study, (cited, evidence, term), what, (output, qr))
    link = invitation_link(signed)
    if as_json:
        print_json({"invitation": str(output), "link": link, "qr": str(qr) if qr else None})
    else:
        screen = console()
        screen.print(f"Invitation: {output}", markup=False, soft_wrap=True)
        if qr is not None:
            screen.print(f"As a QR code: {qr}", markup=False, soft_wrap=True)
        screen.print(f"As a link: {link}", markup=False, soft_wrap=True)
    return 0


@app.command("show")
def show(
    invitation: Annotated[str, typer.Argument(help="The file, or the link.", metavar="INVITATION")],
    as_json: Json = False,
) -> int:
    """Say what an invitation is for, and until when; one that was changed since it was signed is refused.

    That whoever signed it may invite is checked against the chain when somebody asks with it.

    Example: pixelpact invite show invitation.json
    """
    from pixelpact.documents import invitation_text
    from pixelpact.policy import category_words, describe, moment

    signed = read_invitation(invitation)
    if as_json:
        import json

        print_json(json.loads(invitation_text(signed)))
        return 0
    invited, screen = signed.invitation, console()
    screen.print(f"For the study 0x{invited.study.hex()} at institution {invited.custodian},", soft_wrap=True)
    screen.print(f"with images of these kinds: {category_words(invited.categories)}.")
    screen.print(
        f"Signed by 0x{signed.inviter.hex()}; one may ask with it until {moment(invited.expiry)}.",
        soft_wrap=True,
    )
    screen.print(f"Network: chain {invited.chain_id}, genesis 0x{invited.genesis.hex()}.", soft_wrap=True)
    if invited.directive is None:
        screen.print("It cites no consent: asking is recorded, and denied.")
    else:
        screen.print("It cites this consent:")
        for line in describe(invited.directive):
            screen.print(f"  {line}", markup=False)
    if invited.evidence is not None:
        shown = invited.evidence
        screen.print(
            f"The consent stands in the batch 0x{shown.root.hex()} of institution {shown.poster}.",
            soft_wrap=True,
        )
    return 0


def _issue(
    profile: Path,
    study: str,
    invites: tuple[CitedConsent | None, Evidence | None, timedelta],
    what: str,
    paths: tuple[Path, Path | None],
) -> SignedInvitation:
    """Sign an invitation with a profile of either kind: which consent, what shows it, for how long."""
    from pixelpact.custodian import Custodian
    from pixelpact.documents import issue_invitation
    from pixelpact.profile import ProfileFolder, Role

    cited, evidence, term = invites
    if ProfileFolder.load(profile).role is Role.PATIENT:
        number = study_of(study)
        with opened_wallet(profile) as (_, wallet):

            def by_patient() -> SignedInvitation:
                found = wallet.cited(cited) if cited else None
                return wallet.patient.invite(number, found, term=term, evidence=evidence)

            return wallet.issue_invitation(what, by_patient, *paths)
    with opened_profile(profile) as opened:
        custodian = Custodian(opened)

        def by_hospital() -> SignedInvitation:
            found = cited.find_any(opened.vault, opened.chain.network) if cited else None
            return custodian.invite(custodian.find_study(study), found, term=term, evidence=evidence)

        return issue_invitation(opened.vault, what, by_hospital, *paths)


def _of_batch(path: Path, profile: Path) -> tuple[CitedConsent, Evidence]:
    """The number of a consent that stands in a batch, to be looked up, and what shows it.

    Raises:
        InputError: no such document, or another network's.
    """
    from pixelpact.chain import eip712
    from pixelpact.documents import CitedConsent, parse_batched, read_document
    from pixelpact.profile import ProfileFolder

    text = read_document(path)
    found = parse_batched(text, ProfileFolder.load(profile).network)
    return CitedConsent(eip712.struct_hash(found.directive).hex(), None), found.evidence


def read_invitation(text: str) -> SignedInvitation:
    """An invitation from its file or its link.

    Raises:
        InputError: neither, or changed since it was signed.
    """
    from pixelpact.documents import parse_invitation, read_document

    return parse_invitation(text if text.startswith("pixelpact:") else read_document(Path(text)))
