"""``pixelpact paper``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import Json, ProfileFolderOption, opened_profile, profile_folder
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.signing import agree
from pixelpact.cli.values import (
    address_of,
    categories_of,
    conditions_of,
    content_of,
    grantee_of,
    member_of,
    purposes_of,
    study_of,
    term_of,
)
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixelpact.custodian import Custodian
    from pixelpact.models import PaperDraft

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="What patients write or say by phone: attested by two operators, or taken by one.",
)

PatientAddress = Annotated[
    str, typer.Option("--patient", help="The patient's address at this hospital.", metavar="ADDRESS")
]
Form = Annotated[
    Path, typer.Option("--form", help="The scan of the form; the chain gets its digest.", metavar="FILE")
]
Note = Annotated[
    Path,
    typer.Option(
        "--form", help="The letter's scan or the call's note; the chain gets its digest.", metavar="FILE"
    ),
]
By = Annotated[str, typer.Option("--means", help="How it was said: paper or phone.")]
Output = Annotated[Path, typer.Option("--output", help="Where the document goes.", metavar="FILE")]
OneStudy = Annotated[
    str | None, typer.Option("--study", help="One study only, by its whole number.", metavar="NUMBER")
]
Draft = Annotated[Path, typer.Argument(help="The draft, as the first operator made it.", metavar="DRAFT")]


@app.command("draft")
def draft(
    profile: ProfileFolderOption,
    patient: PatientAddress,
    grantee: Annotated[
        str, typer.Option(help="Who may have them: an institution's number, any, or any-later-too.")
    ],
    purpose: Annotated[
        list[str],
        typer.Option("--purpose", help="An HL7 purpose of use; may be repeated.", metavar="CODE"),
    ],
    form: Form,
    output: Output,
    category: Annotated[
        list[str] | None,
        typer.Option(help="A kind of image, such as CT; may be repeated; all if absent.", metavar="NAME"),
    ] = None,
    study: OneStudy = None,
    days: Annotated[int, typer.Option(help="For how many days, at most 365.")] = 365,
    permission: Annotated[
        str | None, typer.Option(help="The DUO permission, which research needs.", metavar="CODE")
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="A DUO condition, such as NPU or GS=DE; may be repeated.", metavar="CODE[=VALUE]"),
    ] = None,
    as_json: Json = False,
) -> int:
    """Draft a consent as the patient's form says it. A second operator attests it; then it is recorded.

    Example: pixelpact paper draft --patient 0x5. --grantee 2 --purpose TREAT --form f --output d --profile h
    """
    from pixelpact.models import WHOLE_RECORD
    from pixelpact.policy import Permission

    subject, scanned = address_of(patient, "a patient's"), content_of(form, "form")
    to, purposes = grantee_of(grantee), purposes_of(purpose)
    categories, number = categories_of(category or []), WHOLE_RECORD if study is None else study_of(study)
    term, conditions = term_of(days), conditions_of(condition or [])
    allowed = member_of(Permission, permission, "permission", "docs/policy.md") if permission else 0
    return _draft(
        profile,
        output,
        lambda custodian: custodian.draft_paper(
            scanned,
            subject=subject,
            grantee=to,
            purposes=purposes,
            categories=categories,
            study=number,
            term=term,
            permission=allowed,
            modifiers=conditions,
        ),
        as_json=as_json,
    )


@app.command("lift")
def lift(
    profile: ProfileFolderOption,
    patient: PatientAddress,
    form: Form,
    output: Output,
    study: OneStudy = None,
    as_json: Json = False,
) -> int:
    """Draft that a refusal taken on paper or by phone is lifted. Two operators, on paper only.

    Example: pixelpact paper lift --patient 0x5290... --form scan.pdf --output draft --profile hospital-a
    """
    from pixelpact.models import WHOLE_RECORD

    subject, scanned = address_of(patient, "a patient's"), content_of(form, "form")
    number = WHOLE_RECORD if study is None else study_of(study)
    return _draft(
        profile,
        output,
        lambda custodian: custodian.draft_lift(scanned, subject=subject, study=number),
        as_json=as_json,
    )


@app.command("guardian")
def guardian(
    profile: ProfileFolderOption,
    patient: PatientAddress,
    guardian: Annotated[
        str, typer.Option(help="The address of whoever acts for the patient.", metavar="ADDRESS")
    ],
    form: Form,
    output: Output,
    days: Annotated[int, typer.Option(help="For how many days at most; 6575 are 18 years.")] = 365,
    only_withdraw: Annotated[
        bool, typer.Option("--only-withdraw", help="May allow nothing, only withdraw and refuse.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Draft that somebody acts for a patient who can't sign, a child for one, for this hospital's images.

    Example: pixelpact paper guardian --patient 0x52.. --guardian 0x86.. --form f --output d --profile a
    """
    from pixelpact.policy import GuardianPower

    subject, scanned = address_of(patient, "a patient's"), content_of(form, "form")
    who = address_of(guardian, "a guardian's")
    if not 1 <= days <= _LONGEST_DAYS:
        raise InputError(
            f"A guardian can't be attested for {days} days",
            why=f"it is 1 to {_LONGEST_DAYS} days",
            remedy="Give another number with --days",
        )
    powers = GuardianPower(0) if only_withdraw else GuardianPower.GRANT

    def made(custodian: Custodian) -> PaperDraft:
        until = custodian.now() + days * 86_400
        return custodian.draft_appointment(scanned, subject=subject, guardian=who, until=until, powers=powers)

    return _draft(profile, output, made, as_json=as_json)


@app.command("attest")
def attest(
    draft: Draft,
    profile: ProfileFolderOption,
    form: Form,
    output: Output,
    yes: Annotated[
        bool, typer.Option("--yes", help="Attest without asking; the words are shown all the same.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Attest a draft as the second operator: it is shown in words, and the form is compared with its digest.

    The profile is the second operator's own, with another account of the same institution.

    Example: pixelpact paper attest draft.json --form scan.pdf --output attested.json --profile second
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import parse_draft, read_document, require_free, signed_text, write_document

    scanned, text = content_of(form, "form"), read_document(draft)
    network = profile_folder(profile).network
    drafted = parse_draft(text, network)
    with opened_profile(profile) as opened:
        attested = Custodian(opened).attest_paper(drafted, scanned)
        document = signed_text(attested, network)
        if require_free(output, document.encode()):
            agree(_words(drafted), yes=yes, as_json=as_json)
        write_document(output, document)
    if as_json:
        print_json({"document": str(output), "words": _words(drafted)})
    else:
        console().print(
            f"Attested: {output}. The first operator records it: pixelpact paper record {draft} {output}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("record")
def record(
    draft: Draft,
    attestation: Annotated[
        Path, typer.Argument(help="What the second operator attested.", metavar="ATTESTATION")
    ],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Bring what two operators attest to the chain, as the first; final when it returns.

    A consent counts after the consortium's delay for paper, and until the patient signs with a key.

    Example: pixelpact paper record draft.json attested.json --profile hospital-a
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import parse_attestation, parse_draft, read_document
    from pixelpact.models import PaperDirective

    network = profile_folder(profile).network
    drafted = parse_draft(read_document(draft), network)
    attested = parse_attestation(read_document(attestation), network)
    with opened_profile(profile) as opened:
        Custodian(opened).record_paper(drafted, attested)
    number = "0x" + drafted.number.hex() if isinstance(drafted, PaperDirective) else None
    if as_json:
        print_json({"consent": number, "form": "0x" + drafted.form.hex(), "words": _words(drafted)})
        return 0
    screen = console()
    for line in _words(drafted):
        screen.print(f"  {line}", markup=False, style="dim")
    screen.print("On the chain, and final.")
    if number is not None:
        screen.print(f"Consent {number}", soft_wrap=True)
    return 0


@app.command("refusal")
def refusal(
    profile: ProfileFolderOption,
    patient: PatientAddress,
    means: By,
    form: Note,
    purpose: Annotated[
        list[str] | None,
        typer.Option("--purpose", help="What is refused; may be repeated; all if absent.", metavar="CODE"),
    ] = None,
    study: OneStudy = None,
    as_json: Json = False,
) -> int:
    """Take a refusal that a patient wrote or said by phone: it only adds. Two operators lift it, on paper.

    Example: pixelpact paper refusal --patient 0x5290... --means phone --form note --profile hospital-a
    """
    from pixelpact.chain import Means
    from pixelpact.custodian import Custodian
    from pixelpact.models import WHOLE_RECORD

    subject, note = address_of(patient, "a patient's"), content_of(form, "note")
    how, named = member_of(Means, means, "way to say it", "--help"), purposes_of(purpose or [])
    number = WHOLE_RECORD if study is None else study_of(study)
    with opened_profile(profile) as opened:
        Custodian(opened).take_refusal(note, subject=subject, means=how, purposes=named, study=number)
    what = ", ".join(each.label for each in named) or "everything"
    if as_json:
        print_json(
            {
                "patient": "0x" + subject.hex(),
                "refused": [each.name for each in named],
                "means": how.name.lower(),
            }
        )
    else:
        console().print(f"Taken, and final: this patient refuses {what}.", markup=False, soft_wrap=True)
    return 0


@app.command("revocation")
def revocation(
    consent: Annotated[
        str, typer.Argument(help="The consent's number, how it begins, or its document.", metavar="CONSENT")
    ],
    profile: ProfileFolderOption,
    means: By,
    form: Note,
    as_json: Json = False,
) -> int:
    """Take the withdrawal of a consent that a patient wrote or said by phone; for good.

    Example: pixelpact paper revocation 0x91c3 --means phone --form note.txt --profile hospital-a
    """
    from pixelpact.chain import Means
    from pixelpact.custodian import Custodian
    from pixelpact.documents import CitedConsent
    from pixelpact.policy import summarize

    cited, note = CitedConsent.of(consent), content_of(form, "note")
    how = member_of(Means, means, "way to say it", "--help")
    with opened_profile(profile) as opened:
        found = cited.find_any(opened.vault, opened.chain.network)
        Custodian(opened).take_revocation(found, note, means=how)
    if as_json:
        print_json({"consent": "0x" + found.number.hex(), "means": how.name.lower()})
    else:
        console().print(f"Withdrawn, and final: {summarize(found.directive)}.", markup=False, soft_wrap=True)
    return 0


_LONGEST_DAYS = 568_080_000 // 86_400


def _draft(profile: Path, output: Path, made: Callable[[Custodian], PaperDraft], *, as_json: bool) -> int:
    from pixelpact.custodian import Custodian
    from pixelpact.documents import draft_text, require_free, write_document

    require_free(output)
    with opened_profile(profile) as opened:
        drafted = made(Custodian(opened))
        write_document(output, draft_text(drafted, opened.chain.network))
    if as_json:
        print_json({"document": str(output), "words": _words(drafted)})
        return 0
    screen = console()
    for line in _words(drafted):
        screen.print(f"  {line}", markup=False)
    screen.print(
        f"Drafted: {output}. A second operator attests it: pixelpact paper attest {output} --form FORM",
        markup=False,
        soft_wrap=True,
    )
    return 0


def _words(drafted: PaperDraft) -> list[str]:
    """What two operators attest, a plain sentence each."""
    from pixelpact.models import PaperDirective, RefusalLift
    from pixelpact.policy import describe, describe_guardian

    if isinstance(drafted, PaperDirective):
        whose = f"The patient 0x{drafted.directive.subject.hex()} allows on paper:"
        return [whose, *describe(drafted.directive)]
    made = drafted.attestation
    if isinstance(made, RefusalLift):
        scope = (
            f"for the study 0x{made.study.hex()}" if any(made.study) else "for all that this hospital holds"
        )
        return [
            f"The patient 0x{made.subject.hex()} lifts what was refused on paper or by phone {scope}.",
            "What the patient signed stays refused.",
        ]
    who = made.appointment
    return [
        f"For the patient 0x{who.subject.hex()}, who can't sign (appointment {who.number}):",
        *describe_guardian(who.guardian, who.powers, who.custodian, who.until),
    ]
