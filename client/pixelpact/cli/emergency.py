"""``pixelpact access emergency``, and ``pixelpact access review``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.invite import read_invitation
from pixelpact.cli.options import (
    Json,
    Person,
    ProfileFolderOption,
    Quiet,
    opened_profile,
    profile_folder,
    require_person,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.signing import agree
from pixelpact.cli.values import content_of, member_of, study_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.chain import Network
    from pixelpact.models import SignedAttestation

__all__ = ["app", "review"]

app = typer.Typer(
    no_args_is_help=True, help="Opening a study without a consent, by two people; a review is owed."
)

_DENIED = 7

Draft = Annotated[Path, typer.Argument(help="The draft, as the first person made it.", metavar="DRAFT")]
Output = Annotated[Path, typer.Option("--output", help="Where the document goes.", metavar="FILE")]


@app.command("draft")
def draft(
    study: Annotated[
        str,
        typer.Argument(help="The study's whole number, or an invitation's file or link.", metavar="STUDY"),
    ],
    profile: ProfileFolderOption,
    person: Person,
    justification: Annotated[
        Path,
        typer.Option(help="Why it can't wait: a text file; the chain gets its digest.", metavar="FILE"),
    ],
    output: Output,
    as_json: Json = False,
) -> int:
    """Draft an emergency as the first person. A second one of the institution attests it; the first asks.

    Example: pixelpact access emergency draft i --justification why --output d --person dr-b --profile b
    """
    from pixelpact.documents import emergency_draft_text, require_free, require_reason, write_document
    from pixelpact.requester import Requester

    number = _study_of(study)
    reason = require_reason(_text_of(justification))
    require_person(person)
    require_free(output)
    with opened_profile(profile) as opened:
        drafted = Requester(opened).draft_emergency(number, justification=reason, person=person)
        write_document(output, emergency_draft_text(drafted, opened.chain.network))
    if as_json:
        print_json({"document": str(output), "study": "0x" + number.hex(), "categories": drafted.categories})
    else:
        console().print(
            f"Drafted: {output}, with the reason in plain words: keep it as you keep a record. "
            f"A second person attests it: pixelpact access emergency attest {output}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("attest")
def attest(
    draft: Draft,
    profile: ProfileFolderOption,
    person: Person,
    output: Output,
    yes: Annotated[
        bool, typer.Option("--yes", help="Attest without asking; the words are shown all the same.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Agree to an emergency as the second person, with a profile of one's own: it is shown in words first.

    What is attested is good for half an hour; the first person asks before then.

    Example: pixelpact access emergency attest draft --output attested --person dr-c --profile second
    """
    from pixelpact.documents import (
        parse_emergency_draft,
        read_document,
        require_free,
        signed_text,
        write_document,
    )
    from pixelpact.policy import category_words, moment
    from pixelpact.requester import Requester

    text = read_document(draft)
    network = profile_folder(profile).network
    drafted = parse_emergency_draft(text, network)
    require_person(person)
    words = [
        f"Institution {drafted.requester} opens the study 0x{drafted.study.hex()} in an emergency,",
        f"with images of these kinds: {category_words(drafted.categories)}.",
        "No consent is asked for. The patient finds it, and a review is owed.",
        f"The reason: {drafted.justification}",
    ]
    with opened_profile(profile) as opened:
        until = _until_of(output, network)
        attested = Requester(opened).attest_emergency(drafted, person=person, until=until)
        words.append(f"What is signed is good until {moment(_end_of(attested))}.")
        document = signed_text(attested, network)
        if require_free(output, document.encode()):
            agree(words, yes=yes, as_json=as_json)
        write_document(output, document)
    if as_json:
        print_json({"document": str(output), "words": words})
    else:
        console().print(
            f"Attested: {output}. The first person asks: pixelpact access emergency ask {draft} {output}",
            markup=False,
            soft_wrap=True,
        )
    return 0


@app.command("ask")
def ask(
    draft: Draft,
    attestation: Annotated[
        Path, typer.Argument(help="What the second person attested.", metavar="ATTESTATION")
    ],
    profile: ProfileFolderOption,
    person: Person,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Open the study, as the first person; the answer is recorded with its reason, and a review is owed.

    The hospital releases it within an hour; it is fetched and confirmed as any request. The exit code is 0
    for a permit and 7 for a denial.

    Example: pixelpact access emergency ask draft attested --person dr-b --profile hospital-b
    """
    from pixelpact.documents import parse_attestation, parse_emergency_draft, read_document
    from pixelpact.requester import Requester

    network = profile_folder(profile).network
    drafted = parse_emergency_draft(read_document(draft), network)
    attested = parse_attestation(read_document(attestation), network)
    require_person(person)
    with opened_profile(profile) as opened:
        asked = Requester(opened).ask_in_emergency(drafted, attested, person=person)
        count = opened.chain.ledger.emergencies_of(opened.institution)
    if as_json:
        print_json(
            {
                "request": "0x" + asked.number.hex(),
                "study": "0x" + asked.study.hex(),
                "permitted": asked.decision.permitted,
                "reason": int(asked.decision.reason),
                "sentence": asked.decision.sentence,
                "block": asked.block,
                "unreviewed": count.unreviewed,
            }
        )
    elif quiet:
        print("0x" + asked.number.hex())
    else:
        screen = console()
        screen.print(
            asked.decision.sentence, style="green" if asked.decision.permitted else "red", markup=False
        )
        screen.print(f"Request 0x{asked.number.hex()}", soft_wrap=True)
        screen.print(f"Emergencies of this institution that nobody has reviewed: {count.unreviewed}.")
    return 0 if asked.decision.permitted else _DENIED


def review(
    request: Annotated[str, typer.Argument(help="Its number, or how it begins.", metavar="REQUEST")],
    profile: ProfileFolderOption,
    person: Person,
    verdict: Annotated[str, typer.Option(help="What was found: justified or unjustified.")],
    report: Annotated[
        Path, typer.Option(help="The review's report; the chain gets its digest.", metavar="FILE")
    ],
    draft: Annotated[
        Path | None,
        typer.Option(
            help="The draft that the institution hands over: its reason is checked against the chain.",
            metavar="FILE",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Review an emergency, as the hospital whose study was opened or as an ethics board; once, and final.

    Example: pixelpact access review 0x5d --verdict justified --report file --person dpo --profile hospital-a
    """
    from pixelpact.chain import Verdict
    from pixelpact.custodian import Custodian
    from pixelpact.documents import parse_emergency_draft, read_document, require_digits

    digits = require_digits(request, "request")
    found = member_of(Verdict, verdict, "verdict", "--help")
    if found is Verdict.NONE:
        raise InputError(
            "A review says whether the emergency was justified",
            why="none is no verdict",
            remedy="Give justified or unjustified",
        )
    written = content_of(report, "report")
    text = read_document(draft) if draft is not None else None
    require_person(person)
    drafted = parse_emergency_draft(text, profile_folder(profile).network) if text is not None else None
    with opened_profile(profile) as opened:
        custodian = Custodian(opened)
        number = bytes.fromhex(digits) if len(digits) == 64 else custodian.find_emergency(digits)
        late = custodian.review(number, found, written, person=person, draft=drafted)
    if as_json:
        print_json({"request": "0x" + number.hex(), "verdict": found.name.lower(), "late": late})
        return 0
    screen = console()
    if drafted is not None:
        screen.print(f"The reason that was given: {drafted.justification}", markup=False, soft_wrap=True)
    screen.print(f"Reviewed, and final: {found.name.lower()}{', late' if late else ''}.")
    return 0


def _study_of(text: str) -> bytes:
    """A study's whole number, or the one that an invitation names; its consent is not needed."""
    digits = text.lower().removeprefix("0x")
    if len(digits) == 64 and not text.startswith("pixelpact:"):
        return study_of(text)
    return read_invitation(text).invitation.study


def _until_of(output: Path, network: Network) -> int | None:
    """Until when an attestation that stands there already is good: one that was cut off ends as it began."""
    from pixelpact.documents import parse_attestation, read_document

    try:
        return _end_of(parse_attestation(read_document(output), network)) or None
    except InputError:
        return None


def _end_of(attested: SignedAttestation) -> int:
    """Until when what was attested is good, in seconds; 0 for what is of no emergency."""
    return getattr(attested.attestation, "until", 0)


def _text_of(path: Path) -> str:
    try:
        return content_of(path, "justification").decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The justification {path} can't be read", why="it is not UTF-8", remedy="Write it as plain text"
        ) from error
