"""``pixelpact consent``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    HIGHEST,
    Json,
    ProfileFolderOption,
    opened_profile,
    opened_wallet,
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
)
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.documents import Signed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What a patient allows, withdraws and refuses.")

Output = Annotated[Path, typer.Option("--output", help="Where the signed document goes.", metavar="FILE")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking; the words are shown all the same.")]
Custodian = Annotated[
    int, typer.Option("--custodian", help="The hospital that holds the images.", min=1, max=HIGHEST)
]
Purposes = Annotated[
    list[str] | None,
    typer.Option("--purpose", help="An HL7 purpose of use, such as TREAT; may be repeated.", metavar="CODE"),
]


@app.command("sign")
def sign(
    profile: ProfileFolderOption,
    custodian: Custodian,
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
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a consent: it is shown in words first. It counts once somebody has brought it to the chain.

    Any institution can do that with `pixelpact consent record`; the patient needs no ether.

    Example: pixelpact consent sign --custodian 1 --grantee 2 --purpose TREAT --output c --profile patient
    """
    from pixelpact.documents import strangers
    from pixelpact.models import WHOLE_RECORD
    from pixelpact.patient import DirectiveTerms
    from pixelpact.policy import Permission, describe

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
    asked = f"consent/{sorted(map(repr, wanted.items()))}"

    def made(signer: Signer) -> Signed:
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
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a withdrawal: of one consent, or of all. It counts once somebody has brought it to the chain.

    Example: pixelpact consent revoke 0x91c3 --output withdrawal.json --profile patient
    """
    from pixelpact.documents import CitedConsent
    from pixelpact.policy import summarize

    if everything == (consent is not None) or everything != (custodian is not None):
        raise InputError(
            "It is not clear what is withdrawn",
            why="either one consent is named, or --all is given together with --custodian",
            remedy="Give the consent's number, or --all and --custodian",
        )
    cited = CitedConsent.of(consent) if consent is not None else None

    def made(signer: Signer) -> Signed:
        patient = signer.wallet.patient
        if cited is None:
            hospital = int(custodian or 0)
            signer.agree(
                [f"Every consent that you gave for the images at institution {hospital} counts no more."]
            )
            return patient.withdraw_all(custodian=hospital)
        signed = signer.wallet.cited(cited)
        signer.agree([f"This consent counts no more: {summarize(signed.directive)}."])
        return patient.withdraw(signed)

    what = f"revoke/{cited.identity if cited else custodian}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("refuse")
def refuse(
    profile: ProfileFolderOption,
    custodian: Custodian,
    output: Output,
    purpose: Purposes = None,
    study: Annotated[
        str | None, typer.Option(help="For one study only, by its whole number.", metavar="NUMBER")
    ] = None,
    grantee: Annotated[int | None, typer.Option(help="For one institution only.", min=1, max=HIGHEST)] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Lift the refusal of this kind.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a refusal: for these purposes (all if none is named) nothing is shared, whatever was allowed.

    Example: pixelpact consent refuse --custodian 1 --grantee 3 --output refusal.json --profile patient
    """
    from pixelpact.models import WHOLE_RECORD
    from pixelpact.policy import describe_refusal

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

    what = f"refuse/{custodian}/{number.hex()}/{grantee}/{lift}/{sorted(named)}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("record")
def record(
    document: Annotated[Path, typer.Argument(help="What a patient signed.", metavar="FILE")],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Bring to the chain what a patient signed (consent, withdrawal or refusal), at this institution's cost.

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


@app.command("list")
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


@app.command("show")
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
