"""``pixelpact consent export`` and ``pixelpact consent import``: a consent as HL7 FHIR has it, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json, ProfileFolderOption, opened_profile, opened_wallet
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.signing import Signer, facts_of, issue, words_of
from pixelpact.cli.values import member_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.chain import Network
    from pixelpact.documents import CitedConsent, Signed
    from pixelpact.fhir import Release, Status
    from pixelpact.models import Directive, SignedDirective

__all__ = ["export_consent", "import_consent"]

FhirRelease = Annotated[
    str, typer.Option("--fhir", help="The release of FHIR: R4B or R5.", metavar="RELEASE")
]


def export_consent(
    consent: Annotated[
        str, typer.Argument(help="The consent's number, how it begins, or its document.", metavar="CONSENT")
    ],
    profile: ProfileFolderOption,
    fhir: FhirRelease,
    output: Annotated[Path, typer.Option("--output", help="Where the FHIR Consent goes.", metavar="FILE")],
    as_json: Json = False,
) -> int:
    """Write a signed consent as a FHIR Consent, with how it stands on the chain now.

    What a FHIR Consent has no place for is named, and then nothing is written.

    Example: pixelpact consent export 0x91c3 --fhir R5 --output consent-fhir.json --profile hospital-a
    """
    from pixelpact.documents import CitedConsent, require_free, write_document
    from pixelpact.fhir import consent_text

    release = _release(fhir)
    cited = CitedConsent.of(consent)
    require_free(output)
    signed, network, status = _found(profile, cited)
    write_document(output, consent_text(signed, network, release, status=status))
    if as_json:
        print_json({"consent": f"0x{signed.number.hex()}", "fhir": str(output), "status": status})
    else:
        said = f"Written: {output}, a FHIR Consent ({release}) with the status {status}."
        console().print(said, markup=False, soft_wrap=True)
    return 0


def import_consent(
    document: Annotated[Path, typer.Argument(help="A FHIR Consent, as JSON.", metavar="FILE")],
    profile: ProfileFolderOption,
    fhir: FhirRelease,
    output: Annotated[Path, typer.Option("--output", help="Where the signed document goes.", metavar="FILE")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Sign without asking; the words are shown all the same.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Make a consent's document of a FHIR Consent; what a consent has no place for is named, and refused.

    One that the patient signed needs no more. A draft is signed here, with the patient's profile.

    Example: pixelpact consent import consent-fhir.json --fhir R5 --output consent.json --profile hospital-b
    """
    from pixelpact.documents import read_document, require_free, signed_text, write_document
    from pixelpact.fhir import Status, parse_consent
    from pixelpact.policy import check_directive
    from pixelpact.profile import ProfileFolder, Role

    release, text, folder = _release(fhir), read_document(document), ProfileFolder.load(profile)
    read = parse_consent(text, folder.network, release)
    if read.status is Status.INACTIVE:
        raise InputError(
            f"{document} permits nothing",
            why="its status is inactive: whoever wrote it holds that it was withdrawn or has expired",
            remedy="Have the patient sign a new consent",
        )
    check_directive(read.directive)
    if read.signed is None:
        folder.require(Role.PATIENT)
        return _sign(profile, output, read.directive, yes=yes, as_json=as_json)
    require_free(output)
    write_document(output, signed_text(read.signed, folder.network))
    if as_json:
        print_json({"document": str(output), "signed": facts_of(read.signed)})
        return 0
    screen = console()
    for line in words_of(read.signed):
        screen.print(f"  {line}", markup=False, style="dim")
    counts = f"It counts once it is on the chain: pixelpact consent record {output}"
    screen.print(f"Signed by the patient: {output}. {counts}", markup=False, soft_wrap=True)
    return 0


def _release(name: str) -> Release:
    from pixelpact.fhir import Release

    return member_of(Release, name, "release of FHIR here", "docs/fhir.md")


def _found(profile: Path, cited: CitedConsent) -> tuple[SignedDirective, Network, Status]:
    """A consent of a profile, its network, and how it stands."""
    from pixelpact.documents import standing_of
    from pixelpact.profile import ProfileFolder, Role

    if ProfileFolder.load(profile).role is Role.PATIENT:
        with opened_wallet(profile) as (chain, wallet):
            found = wallet.cited(cited)
            return found, chain.network, _status(standing_of(chain, found).word)
    with opened_profile(profile) as opened:
        found = cited.find(opened.vault, opened.chain.network)
        return found, opened.chain.network, _status(standing_of(opened.chain, found).word)


def _status(word: str) -> Status:
    from pixelpact.fhir import Status

    # From when and until when it permits is said by its period.
    named = {"unrecorded": Status.DRAFT, "not yet": Status.ACTIVE, "in force": Status.ACTIVE}
    return named.get(word, Status.INACTIVE)


def _sign(profile: Path, output: Path, directive: Directive, *, yes: bool, as_json: bool) -> int:
    """Sign a draft as `consent sign` does."""
    from pixelpact.chain import eip712
    from pixelpact.documents import strangers
    from pixelpact.policy import describe

    def made(signer: Signer) -> Signed:
        if directive.generation != signer.chain.consents.generation(directive.subject):
            raise InputError(
                "The consent would never count",
                why="it is of another generation than the patient's on the chain",
                remedy="Have it drawn up anew",
            )
        signer.agree(describe(directive), unknown=strangers(signer.chain, directive))
        return signer.wallet.patient.sign(directive)

    asked = f"consent/fhir/{eip712.struct_hash(directive).hex()}"
    return issue(profile, output, asked, made, yes=yes, as_json=as_json)
