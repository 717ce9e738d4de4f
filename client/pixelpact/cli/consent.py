"""``pixelpact consent``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json, ProfileFolderOption, opened_profile, opened_wallet, profile_folder
from pixelpact.cli.printing import console, print_json
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
    from pixelpact.chain import Network
    from pixelpact.documents import Signed, Standing
    from pixelpact.models import SignedDirective
    from pixelpact.patient import Wallet

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="What a patient allows, withdraws and refuses.")

Output = Annotated[Path, typer.Option("--output", help="Where the signed document goes.", metavar="FILE")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking; the words are shown all the same.")]
Custodian = Annotated[int, typer.Option("--custodian", help="The hospital that holds the images.", min=1)]
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

    def made(signer: _Signer) -> Signed:
        directive = signer.wallet.patient.draft(**wanted)
        signer.agree(describe(directive))
        return signer.wallet.patient.sign(directive)

    return _issue(profile, output, asked, made, yes=yes, as_json=as_json)


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
        int | None, typer.Option(help="With --all: the hospital that holds the images.", min=1)
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign a withdrawal: of one consent, or of all. It counts once somebody has brought it to the chain.

    Example: pixelpact consent revoke 0x91c3 --output withdrawal.json --profile patient
    """
    from pixelpact.documents import parse_signed, read_document, require_digits
    from pixelpact.models import SignedDirective
    from pixelpact.policy import describe

    if everything == (consent is not None) or everything != (custodian is not None):
        raise InputError(
            "It is not clear what is withdrawn",
            why="either one consent is named, or --all is given together with --custodian",
            remedy="Give the consent's number, or --all and --custodian",
        )
    path = Path(consent) if consent and Path(consent).is_file() else None
    document = read_document(path) if path else None
    if consent is not None and document is None:
        require_digits(consent, "consent")

    def made(signer: _Signer) -> Signed:
        patient = signer.wallet.patient
        if everything:
            hospital = int(custodian or 0)
            signer.agree(
                [f"Every consent that you gave for the images at institution {hospital} counts no more."]
            )
            return patient.withdraw_all(custodian=hospital)
        if document is not None:
            signed = parse_signed(document, signer.network)
            if not isinstance(signed, SignedDirective):
                raise InputError(
                    f"{path} is no consent",
                    why="it is a withdrawal or a refusal",
                    remedy="Give the consent that is withdrawn",
                )
        else:
            signed = signer.wallet.consent(str(consent))
        signer.agree(
            ["This consent counts no more:", *("  " + each for each in describe(signed.directive)[:3])]
        )
        return patient.withdraw(signed)

    what = f"revoke/{custodian if everything else consent}"
    return _issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("refuse")
def refuse(
    profile: ProfileFolderOption,
    custodian: Custodian,
    output: Output,
    purpose: Purposes = None,
    study: Annotated[
        str | None, typer.Option(help="For one study only, by its whole number.", metavar="NUMBER")
    ] = None,
    grantee: Annotated[int | None, typer.Option(help="For one institution only.", min=1)] = None,
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

    def made(signer: _Signer) -> Signed:
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
    return _issue(profile, output, what, made, yes=yes, as_json=as_json)


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
    from pixelpact.documents import parse_signed, read_document

    text = read_document(document)
    signed = parse_signed(text, profile_folder(profile).network)
    with opened_profile(profile) as opened:
        Custodian(opened).relay(signed)
    if as_json:
        print_json({"recorded": _facts(signed)})
        return 0
    screen = console()
    for line in _words(signed):
        screen.print(f"  {line}", markup=False, style="dim")
    screen.print("On the chain, and final.")
    return 0


@app.command("list")
def list_consents(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List the consents of a profile, and how each stands on the chain.

    A patient's are those that were signed with it, an institution's those that it brought to the chain.

    Example: pixelpact consent list --profile patient
    """
    from pixelpact.documents import kept_consents, standing_of
    from pixelpact.profile import ProfileFolder, Role

    if ProfileFolder.load(profile).role is Role.PATIENT:
        with opened_wallet(profile) as (chain, wallet):
            found = [(each, standing_of(chain, each)) for each in wallet.consents()]
    else:
        with opened_profile(profile) as opened:
            kept = kept_consents(opened.vault, opened.chain.network)
            found = [(each, standing_of(opened.chain, each)) for each in kept]
    if as_json:
        print_json({"consents": [_facts(consent) | _stands(standing) for consent, standing in found]})
        return 0
    from rich.table import Table

    from pixelpact.policy import describe

    table = Table("Consent", "Stands", "Until", "Allows", box=None, pad_edge=False)
    for consent, standing in found:
        words = describe(consent.directive)
        table.add_row(
            f"0x{consent.number.hex()[:16]}", standing.word, _day(consent), f"{words[1]} {words[2]}"
        )
    console().print(table if found else "There are no consents in this profile.")
    return 0


class _Signer:
    """A wallet that was opened, and how its owner is asked."""

    def __init__(self, wallet: Wallet, network: Network, *, yes: bool, as_json: bool) -> None:
        self.wallet = wallet
        self.network = network
        self._yes = yes
        self._as_json = as_json

    def agree(self, words: Iterable[str]) -> None:
        """Show what is about to be signed; go on only when its owner says so."""
        screen = console(as_json=self._as_json)
        screen.print("[bold]About to be signed:[/]")
        for line in words:
            screen.print(f"  {line}", markup=False)
        if not self._yes:
            typer.confirm("Sign this?", abort=True, err=True)


def _issue(
    profile: Path,
    output: Path,
    what: str,
    made: Callable[[_Signer], Signed],
    *,
    yes: bool,
    as_json: bool,
) -> int:
    from pixelpact.documents import require_free, write_document

    with opened_wallet(profile) as (chain, wallet):
        signer = _Signer(wallet, chain.network, yes=yes, as_json=as_json)

        def sign() -> Signed:
            # Judged before anything is signed; afterwards what is there may be what was written.
            require_free(output)
            return made(signer)

        signed = wallet.issue(f"{what}/{output.absolute()}", sign, lambda text: write_document(output, text))
    if as_json:
        print_json({"document": str(output), "signed": _facts(signed)})
    else:
        console().print(
            f"Signed: {output}. It counts once it is on the chain: pixelpact consent record {output}",
            markup=False,
            soft_wrap=True,
        )
    return 0


def _words(signed: Signed) -> list[str]:
    from pixelpact.models import SignedDirective, SignedRefusal, SignedRevocation
    from pixelpact.policy import describe, describe_refusal

    match signed:
        case SignedDirective():
            return describe(signed.directive)
        case SignedRefusal():
            return describe_refusal(signed.refusal, signed.refusal.custodian)
        case SignedRevocation():
            return [f"The consent 0x{signed.directive.hex()} counts no more."]
        case _:
            return [f"Every consent so far of the patient 0x{signed.subject.hex()} counts no more."]


def _facts(signed: Signed) -> dict[str, object]:
    from pixelpact.models import SignedDirective, SignedRefusal, SignedRevocation

    match signed:
        case SignedDirective():
            return {
                "kind": "consent",
                "consent": "0x" + signed.number.hex(),
                "words": _words(signed),
                "expiry": signed.directive.expiry,
            }
        case SignedRefusal():
            return {"kind": "refusal", "words": _words(signed)}
        case SignedRevocation():
            return {"kind": "withdrawal", "consent": "0x" + signed.directive.hex()}
        case _:
            return {"kind": "withdrawal-of-all", "patient": "0x" + signed.subject.hex()}


def _stands(standing: Standing) -> dict[str, object]:
    return {
        "stands": standing.word,
        "recorded_at": standing.recorded_at,
        "revoked_at": standing.revoked_at,
    }


def _day(consent: SignedDirective) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(consent.directive.expiry, UTC).strftime("%Y-%m-%d")
