"""``pixelpact consent``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    HIGHEST,
    AppointmentNumber,
    ForPatient,
    Hospital,
    Json,
    Output,
    ProfileFolderOption,
    Yes,
    opened_profile,
    profile_folder,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.signing import Signer, facts_of, issue, words_of
from pixelpact.cli.values import (
    categories_of,
    conditions_of,
    grantee_of,
    member_of,
    purposes_of,
    study_of,
    term_of,
    ward_of,
)
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.documents import CitedConsent, Signed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What a patient allows, withdraws and refuses.")

Purposes = Annotated[
    list[str] | None,
    typer.Option("--purpose", help="An HL7 purpose of use, such as TREAT; may be repeated.", metavar="CODE"),
]


@app.command("sign")
def sign(
    profile: ProfileFolderOption,
    custodian: Hospital,
    grantee: Annotated[
        str, typer.Option(help="Who may have them: an institution's number, any, or any-later-too.")
    ],
    purpose: Purposes,
    output: Output,
    category: Annotated[
        list[str] | None,
        typer.Option(help="A kind of image, such as CT; may be repeated; all if absent.", metavar="NAME"),
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="One study only, by its whole number.", metavar="NUMBER")
    ] = None,
    days: Annotated[int, typer.Option(help="For how many days.")] = 365,
    permission: Annotated[
        str | None,
        typer.Option(help="The DUO permission, which research needs, such as GRU.", metavar="CODE"),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="A DUO condition, such as NPU or GS=DE; may be repeated.", metavar="CODE[=VALUE]"),
    ] = None,
    subject: ForPatient = None,
    appointment: AppointmentNumber = None,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a consent: it is shown in words first. It counts once somebody has brought it to the chain.

    Any institution can do that with `pixelpact consent record`; the patient needs no ether. A guardian who
    may allow signs with --for and --appointment.

    Example: pixelpact consent sign --custodian 1 --grantee 2 --purpose TREAT --output c --profile patient
    """
    from pixelpact.documents import strangers
    from pixelpact.models import WHOLE_RECORD
    from pixelpact.patient import DirectiveTerms
    from pixelpact.policy import Permission, describe, describe_acting

    ward = ward_of(subject, appointment)
    wanted: DirectiveTerms = {
        "custodian": custodian,
        "grantee": grantee_of(grantee),
        "purposes": purposes_of(purpose or []),
        "categories": categories_of(category or []),
        "study": WHOLE_RECORD if study is None else study_of(study),
        "term": term_of(days),
        "permission": member_of(Permission, permission, "permission", "docs/policy.md") if permission else 0,
        "modifiers": conditions_of(condition or []),
    }
    asked = f"consent/{ward}/{sorted(map(repr, wanted.items()))}"

    def made(signer: Signer) -> Signed:
        if ward is not None:
            guardian = signer.wallet.guardian
            drafted = guardian.draft(*ward, **wanted)
            words = [describe_acting(*ward), *describe(drafted)]
            signer.agree(words, unknown=strangers(signer.chain, drafted))
            return guardian.sign(drafted, appointment=ward[1])
        directive = signer.wallet.patient.draft(**wanted)
        signer.agree(describe(directive), unknown=strangers(signer.chain, directive))
        return signer.wallet.patient.sign(directive)

    return issue(profile, output, asked, made, yes=yes, as_json=as_json)


@app.command("revoke")
def revoke(
    profile: ProfileFolderOption,
    output: Output,
    consent: Annotated[
        str | None,
        typer.Argument(help="The consent's number, how it begins, or its document.", metavar="CONSENT"),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every consent so far for this hospital's images.")
    ] = False,
    custodian: Annotated[
        int | None, typer.Option(help="With --all: the hospital that holds the images.", min=1, max=HIGHEST)
    ] = None,
    subject: ForPatient = None,
    appointment: AppointmentNumber = None,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a withdrawal: of one consent, or of all. It counts once somebody has brought it to the chain.

    Any guardian may, with --for and --appointment: of a consent by its whole number or its document, or of
    all.

    Example: pixelpact consent revoke 0x91c3 --output withdrawal.json --profile patient
    """
    from pixelpact.documents import CitedConsent

    ward = ward_of(subject, appointment)
    # A guardian names the patient by the address, which is of one hospital.
    wants_hospital = everything and ward is None
    if everything == (consent is not None) or wants_hospital != (custodian is not None):
        raise InputError(
            "It is not clear what is withdrawn",
            why="either one consent is named, or --all is given, together with --custodian or --for",
            remedy="Give the consent's number, or --all and --custodian",
        )
    cited = CitedConsent.of(consent) if consent is not None else None

    def made(signer: Signer) -> Signed:
        if ward is not None:
            return _withdrawn_for(signer, cited, *ward)
        return _withdrawn(signer, cited, int(custodian or 0))

    what = f"revoke/{ward}/{cited.identity if cited else custodian}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


def _withdrawn(signer: Signer, cited: CitedConsent | None, custodian: int) -> Signed:
    from pixelpact.policy import summarize

    patient = signer.wallet.patient
    if cited is None:
        signer.agree(
            [f"Every consent that you gave for the images at institution {custodian} counts no more."]
        )
        return patient.withdraw_all(custodian=custodian)
    signed = signer.wallet.cited(cited)
    signer.agree([f"This consent counts no more: {summarize(signed.directive)}."])
    return patient.withdraw(signed)


def _withdrawn_for(signer: Signer, cited: CitedConsent | None, subject: bytes, appointment: int) -> Signed:
    from pixelpact.policy import describe_acting

    guardian, acting = signer.wallet.guardian, describe_acting(subject, appointment)
    if cited is None:
        withdrawn_all = guardian.withdraw_all(subject, appointment=appointment)
        signer.agree([acting, "Every consent of this patient counts no more."])
        return withdrawn_all
    # Its number is enough: whoever gave it, the guardian may not have it.
    number = cited.whole_number or signer.wallet.cited(cited).number
    withdrawn = guardian.withdraw(subject, number, appointment=appointment)
    signer.agree([acting, f"The consent 0x{number.hex()} counts no more."])
    return withdrawn


@app.command("refuse")
def refuse(
    profile: ProfileFolderOption,
    custodian: Hospital,
    output: Output,
    purpose: Purposes = None,
    study: Annotated[
        str | None, typer.Option(help="For one study only, by its whole number.", metavar="NUMBER")
    ] = None,
    grantee: Annotated[int | None, typer.Option(help="For one institution only.", min=1, max=HIGHEST)] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Lift the refusal of this kind.")] = False,
    subject: ForPatient = None,
    appointment: AppointmentNumber = None,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a refusal: for these purposes (all if none is named) nothing is shared, whatever was allowed.

    Any guardian may add to what is refused, with --for and --appointment.

    Example: pixelpact consent refuse --custodian 1 --grantee 3 --output refusal.json --profile patient
    """
    from pixelpact.models import WHOLE_RECORD
    from pixelpact.policy import describe_acting, describe_refusal

    ward = ward_of(subject, appointment)
    if lift and ward is not None:
        raise InputError(
            "A guardian can't lift what is refused",
            why="a guardian only adds to what the patient refuses",
            remedy="Ask the patient to lift it",
        )
    if lift and purpose:
        raise InputError(
            "It is not clear what is refused",
            why="--lift refuses nothing any more, and --purpose names something to refuse",
            remedy="Leave one of them out",
        )
    if study is not None and grantee is not None:
        raise InputError(
            "A refusal is for one study or for one institution, not both",
            why="each refusal has one scope",
            remedy="Sign two refusals",
        )
    named = purposes_of(purpose or [])
    number = WHOLE_RECORD if study is None else study_of(study)

    def made(signer: Signer) -> Signed:
        if ward is not None:
            guardian = signer.wallet.guardian
            added = guardian.draft_refusal(*ward, purposes=named or None, study=number, grantee=grantee or 0)
            signer.agree([describe_acting(*ward), *describe_refusal(added, custodian)])
            return guardian.sign_refusal(added, appointment=ward[1])
        patient = signer.wallet.patient
        refusal = (
            patient.draft_lifting(custodian=custodian, study=number, grantee=grantee or 0)
            if lift
            else patient.draft_refusal(
                custodian=custodian, purposes=named or None, study=number, grantee=grantee or 0
            )
        )
        signer.agree(describe_refusal(refusal, custodian))
        return patient.sign_refusal(refusal, custodian=custodian)

    what = f"refuse/{ward}/{custodian}/{number.hex()}/{grantee}/{lift}/{sorted(named)}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("record")
def record(
    document: Annotated[Path, typer.Argument(help="What was signed.", metavar="FILE")],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Bring to the chain what a patient or a guardian signed, at this institution's cost.

    Anyone may; it is final when it returns. What is there already is not sent again.

    Example: pixelpact consent record consent.json --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import parse_signed, read_document, standing_of
    from pixelpact.models import SignedDirective
    from pixelpact.policy import check_directive

    text = read_document(document)
    signed = parse_signed(text, profile_folder(profile).network)
    if isinstance(signed, SignedDirective):
        check_directive(signed.directive)
    with opened_profile(profile) as opened:
        Custodian(opened).relay(signed)
        stands = standing_of(opened.chain, signed).word if isinstance(signed, SignedDirective) else None
    if as_json:
        print_json({"recorded": facts_of(signed), "stands": stands})
        return 0
    screen = console()
    for line in words_of(signed):
        screen.print(f"  {line}", markup=False, style="dim")
    screen.print("On the chain, and final.")
    if stands not in (None, "in force"):
        screen.print(f"It permits nothing now: it is {stands}.", style="red")
    return 0
