"""``pixelpact guardian``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    HIGHEST,
    Hospital,
    Json,
    Output,
    ProfileFolderOption,
    Quiet,
    Yes,
    opened_wallet,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.signing import Signer, issue
from pixelpact.cli.values import address_of, powers_of, term_of

if TYPE_CHECKING:
    from pixelpact.documents import Signed
    from pixelpact.patient import GuardianStanding

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Who may act for a patient.")

_LAST = 2**32 - 1


@app.command("address")
def address(profile: ProfileFolderOption, quiet: Quiet = False, as_json: Json = False) -> int:
    """Show the address with which this wallet acts for others: what a patient appoints.

    Example: pixelpact guardian address --profile guardian
    """
    from eth_utils.address import to_checksum_address

    with opened_wallet(profile) as (_, wallet):
        found = to_checksum_address(wallet.guardian.address)
    if as_json:
        print_json({"address": found})
    elif quiet:
        print(found)
    else:
        console().print(f"For others this wallet signs as {found}.", soft_wrap=True)
    return 0


@app.command("appoint")
def appoint(
    guardian: Annotated[str, typer.Argument(help="The guardian's address.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    custodian: Hospital,
    output: Output,
    power: Annotated[
        list[str] | None,
        typer.Option(help="What the guardian may beside withdrawing: GRANT, RECOVER; may be repeated."),
    ] = None,
    days: Annotated[int, typer.Option(help="For how many days, at most 18 years.")] = 365,
    only: Annotated[
        bool,
        typer.Option("--only-there", help="Not for images that another institution takes over later."),
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign that somebody acts as this patient's guardian, for the images at one hospital.

    Every guardian may withdraw consents and refuse more; --power GRANT lets the guardian allow, RECOVER give
    a new key together with a hospital.

    Example: pixelpact guardian appoint 0x5290... --custodian 1 --output a --power GRANT --profile patient
    """
    from pixelpact.policy import MAX_APPOINTMENT, describe_guardian

    who, powers = address_of(guardian, "a guardian's"), powers_of(power or [])
    term = term_of(days, MAX_APPOINTMENT)
    limit = custodian if only else 0

    def made(signer: Signer) -> Signed:
        patient = signer.wallet.patient
        drafted = patient.draft_appointment(
            who, custodian=custodian, powers=powers, term=term, for_custodian=limit
        )
        signer.agree(describe_guardian(who, int(powers), limit, drafted.until))
        return patient.sign_appointment(drafted, custodian=custodian)

    what = f"appoint/{custodian}/{who.hex()}/{int(powers)}/{days}/{limit}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("dismiss")
def dismiss(
    number: Annotated[int, typer.Argument(help="The appointment's number.", min=1, max=_LAST)],
    profile: ProfileFolderOption,
    custodian: Hospital,
    output: Output,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign that a guardian of this patient acts no more, for good.

    Example: pixelpact guardian dismiss 1 --custodian 1 --output dismissal.json --profile patient
    """
    from pixelpact.policy import describe_dismissal

    def made(signer: Signer) -> Signed:
        patient = signer.wallet.patient
        signed = patient.dismiss(number, custodian=custodian)
        guardian = signer.chain.consents.appointment(signed.subject, number).guardian
        signer.agree(describe_dismissal(guardian, number))
        return signed

    return issue(profile, output, f"dismiss/{custodian}/{number}", made, yes=yes, as_json=as_json)


@app.command("resign")
def resign(
    profile: ProfileFolderOption,
    subject: Annotated[
        str, typer.Option("--for", help="The patient's address at the hospital.", metavar="ADDRESS")
    ],
    appointment: Annotated[int, typer.Option(help="The appointment's number.", min=1, max=_LAST)],
    output: Output,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign, as the guardian, that you act for a patient no more, for good.

    Example: pixelpact guardian resign --for 0x5290... --appointment 1 --output r.json --profile guardian
    """
    from pixelpact.policy import describe_resignation

    ward = address_of(subject, "a patient's")

    def made(signer: Signer) -> Signed:
        signed = signer.wallet.guardian.resign(ward, appointment=appointment)
        signer.agree(describe_resignation(ward, appointment))
        return signed

    return issue(profile, output, f"resign/{ward.hex()}/{appointment}", made, yes=yes, as_json=as_json)


@app.command("list")
def list_guardians(
    profile: ProfileFolderOption,
    custodian: Annotated[
        int | None,
        typer.Option(help="The hospital that holds the patient's images.", min=1, max=HIGHEST),
    ] = None,
    as_json: Json = False,
) -> int:
    """List this patient's guardians at a hospital; without --custodian, whose guardian this wallet is.

    Example: pixelpact guardian list --custodian 1 --profile patient
    """
    with opened_wallet(profile) as (_, wallet):
        if custodian is None:
            found = wallet.guardian.patients()
        else:
            found = wallet.patient.guardians(custodian=custodian)
    if as_json:
        print_json({"appointments": [_facts_of(each) for each in found]})
        return 0
    from rich.table import Table

    from pixelpact.policy import moment

    table = Table("Number", "Stands", "Until", "May", "Guardian", "Patient", box=None, pad_edge=False)
    for each in found:
        may = ", ".join(["withdraw", "refuse", *_powers(each.powers)])
        limit = f" (institution {each.custodian} only)" if each.custodian else ""
        people = (f"0x{each.guardian.hex()}", f"0x{each.subject.hex()}")
        table.add_row(str(each.number), each.word, moment(each.until)[:10], may + limit, *people)
    console().print(table if found else "There are no appointments.")
    return 0


def _powers(powers: int) -> list[str]:
    from pixelpact.policy import GuardianPower

    return [str(each.name).lower() for each in GuardianPower if each & powers]


def _facts_of(standing: GuardianStanding) -> dict[str, object]:
    return {
        "number": standing.number,
        "stands": standing.word,
        "patient": "0x" + standing.subject.hex(),
        "guardian": "0x" + standing.guardian.hex(),
        "powers": _powers(standing.powers),
        "only_institution": standing.custodian or None,
        "until": standing.until,
        "attested": standing.attested,
    }
