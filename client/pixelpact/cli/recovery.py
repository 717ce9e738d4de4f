"""``pixelpact recovery``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    AppointmentNumber,
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
from pixelpact.cli.signing import Signer, facts_of, issue
from pixelpact.cli.values import address_of, study_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.documents import Signed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="A way back for a patient who lost the wallet.")

PatientAddress = Annotated[
    str, typer.Option("--for", help="The patient's address at the hospital.", metavar="ADDRESS")
]


@app.command("name")
def name(
    profile: ProfileFolderOption,
    custodian: Hospital,
    output: Output,
    account: Annotated[
        str | None,
        typer.Argument(help="Whose `guardian address` may begin a recovery.", metavar="ADDRESS"),
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Take the name away.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign who may begin to give this patient another key, in case the wallet is lost.

    It may be a second wallet of the patient's own, kept elsewhere, or that of somebody trusted.

    Example: pixelpact recovery name 0x5290... --custodian 1 --output name.json --profile patient
    """
    from pixelpact.policy import describe_recovery

    if nobody == (account is not None):
        raise InputError(
            "It is not clear who is named",
            why="either an address is given, or --nobody",
            remedy="Give one of them",
        )
    named = None if account is None else address_of(account, "an account's")

    def made(signer: Signer) -> Signed:
        signed = signer.wallet.patient.name_recovery(named, custodian=custodian)
        signer.agree(describe_recovery(signed.account))
        return signed

    what = f"name-recovery/{custodian}/{named.hex() if named else None}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("start")
def start(
    candidate: Annotated[
        str,
        typer.Argument(help="The new wallet's address there (`keys show --custodian`).", metavar="ADDRESS"),
    ],
    profile: ProfileFolderOption,
    subject: PatientAddress,
    output: Output,
    appointment: AppointmentNumber = None,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign that a patient who lost the wallet gets another key: as the account that was named, or a guardian.

    The named account's is brought to the chain by anybody (`consent record`); a guardian's, with
    --appointment, by a hospital that holds a study of the patient (`recovery vouch`).

    Example: pixelpact recovery start 0x8617... --for 0x5290... --output start.json --profile second-wallet
    """
    from pixelpact.policy import describe_start

    new, ward = address_of(candidate, "a new key's"), address_of(subject, "a patient's")
    number = appointment or 0

    def made(signer: Signer) -> Signed:
        signed = signer.wallet.guardian.start_recovery(ward, new, appointment=number)
        signer.agree(describe_start(ward, new, number))
        return signed

    what = f"start-recovery/{ward.hex()}/{new.hex()}/{number}"
    return issue(profile, output, what, made, yes=yes, as_json=as_json)


@app.command("vouch")
def vouch(
    document: Annotated[Path, typer.Argument(help="What the guardian signed.", metavar="FILE")],
    study: Annotated[str, typer.Option(help="A study of the patient at this hospital, by its whole number.")],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Begin a recovery that a guardian signed, as the hospital that knows the patient. See who asks first.

    Example: pixelpact recovery vouch start.json --profile hospital-a --study 0x3f2a...
    """
    from pixelpact.custodian import Custodian
    from pixelpact.documents import parse_signed, read_document
    from pixelpact.models import SignedRecovery

    number = study_of(study)
    signed = parse_signed(read_document(document), profile_folder(profile).network)
    if not isinstance(signed, SignedRecovery):
        raise InputError(
            f"{document} begins no recovery",
            why="something else was signed in it",
            remedy="Give what `pixelpact recovery start` wrote",
        )
    with opened_profile(profile) as opened:
        Custodian(opened).start_recovery(signed, study=number)
        ready = opened.chain.consents.recovery(signed.subject).ready_at
    return _told_of_start(facts_of(signed), ready, as_json=as_json)


@app.command("stop")
def stop(
    profile: ProfileFolderOption,
    custodian: Hospital,
    output: Output,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Sign, with the present wallet, that the recovery that is under way is stopped.

    Example: pixelpact recovery stop --custodian 1 --output stop.json --profile patient
    """
    from pixelpact.policy import describe_stop

    def made(signer: Signer) -> Signed:
        signed = signer.wallet.patient.stop_recovery(custodian=custodian)
        found = signer.chain.consents.recovery(signed.subject)
        signer.agree(describe_stop(found.candidate))
        return signed

    return issue(profile, output, f"stop-recovery/{custodian}", made, yes=yes, as_json=as_json)


@app.command("finish")
def finish(
    subject: Annotated[str, typer.Argument(help="The patient's address.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    as_json: Json = False,
) -> int:
    """Let the new key take over, once its time has come. Any institution can; all consents before are ended.

    Example: pixelpact recovery finish 0x5290... --profile hospital-a
    """
    from pixelpact.custodian import Custodian

    ward = address_of(subject, "a patient's")
    with opened_profile(profile) as opened:
        Custodian(opened).finish_recovery(ward)
        key = opened.chain.consents.key_of(ward, at="final")
    if as_json:
        print_json({"patient": "0x" + ward.hex(), "key": "0x" + key.hex()})
    else:
        console().print(f"0x{key.hex()} signs for the patient from now on. It is final.", soft_wrap=True)
    return 0


@app.command("take")
def take(
    subject: Annotated[str, typer.Argument(help="The lost wallet's address.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    custodian: Hospital,
    as_json: Json = False,
) -> int:
    """After a recovery was finished: let this new wallet act for the lost one's address from now on.

    Example: pixelpact recovery take 0x5290... --custodian 1 --profile new-wallet
    """
    ward = address_of(subject, "a patient's")
    with opened_wallet(profile) as (_, wallet):
        wallet.recover(ward, custodian=custodian)
    if as_json:
        print_json({"patient": "0x" + ward.hex(), "custodian": custodian})
    else:
        text = f"At institution {custodian} this wallet signs for 0x{ward.hex()} from now on."
        console().print(text, soft_wrap=True)
    return 0


@app.command("show")
def show(profile: ProfileFolderOption, subject: PatientAddress, as_json: Json = False) -> int:
    """Show who may begin a recovery of a patient, and what is under way. Anybody's profile will do.

    Example: pixelpact recovery show --for 0x5290... --profile patient
    """
    from pixelpact.chain import Chain
    from pixelpact.policy import moment
    from pixelpact.profile import ProfileFolder

    ward = address_of(subject, "a patient's")
    chain = Chain.connect(ProfileFolder.load(profile).network)
    found, key = chain.consents.recovery(ward), chain.consents.key_of(ward)
    pending = any(found.candidate)
    if as_json:
        print_json(
            {
                "patient": "0x" + ward.hex(),
                "key": "0x" + key.hex(),
                "named": "0x" + found.named.hex() if any(found.named) else None,
                "candidate": "0x" + found.candidate.hex() if pending else None,
                "ready_at": found.ready_at if pending else None,
                "attempts": found.attempt,
            }
        )
        return 0
    lines = [
        f"The key 0x{key.hex()} signs for this patient.",
        f"0x{found.named.hex()} may begin a recovery."
        if any(found.named)
        else "Nobody is named to begin one.",
        f"To the key 0x{found.candidate.hex()} one is under way; from {moment(found.ready_at)} on it can be "
        f"finished, until then the present key can stop it."
        if pending
        else "None is under way.",
    ]
    for line in lines:
        console().print(line, soft_wrap=True)
    return 0


def _told_of_start(facts: dict[str, object], ready: int, *, as_json: bool) -> int:
    from pixelpact.policy import moment

    if as_json:
        print_json({"recorded": facts, "ready_at": ready})
    else:
        console().print(
            f"Under way, and final. From {moment(ready)} on it can be finished; until then the present key "
            "can stop it.",
            soft_wrap=True,
        )
    return 0
