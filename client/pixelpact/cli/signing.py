"""How a patient is asked before anything is signed, and how what was signed is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pixelpact.cli.options import opened_wallet
from pixelpact.cli.printing import console, print_json
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.chain import Chain
    from pixelpact.documents import Signed, Standing
    from pixelpact.models import (
        SignedDismissal,
        SignedEndOfPaper,
        SignedRecovery,
        SignedRecoveryName,
        SignedRecoveryStop,
        SignedRevocationOfAll,
    )
    from pixelpact.patient import Wallet

__all__ = ["Signer", "agree", "facts_of", "issue", "standing_facts", "words_of"]


class Signer:
    """A wallet that was opened, and how its owner is asked."""

    def __init__(self, wallet: Wallet, chain: Chain, *, yes: bool, as_json: bool) -> None:
        self.wallet = wallet
        self.chain = chain
        self._yes = yes
        self._as_json = as_json

    def agree(self, words: Iterable[str], *, unknown: Iterable[int] = ()) -> None:
        """Show what is about to be signed; go on only when its owner says so.

        Args:
            words: what is signed, a sentence each.
            unknown: the numbers in it that are no institution's.

        Raises:
            InputError: nobody is there to be asked, and no yes was given beforehand.
        """
        told = [*words, *(f"This network has no institution {each}: is that meant?" for each in unknown)]
        agree(told, yes=self._yes, as_json=self._as_json)


def agree(words: Iterable[str], *, yes: bool, as_json: bool) -> None:
    """Show what is about to be signed, a sentence each; go on only when whoever signs says so.

    Raises:
        InputError: nobody is there to be asked, and no yes was given beforehand.
    """
    screen = console(as_json=as_json)
    screen.print("[bold]About to be signed:[/]")
    for line in words:
        screen.print(f"  {line}", markup=False)
    if yes:
        return
    if not sys.stdin or not sys.stdin.isatty():
        raise InputError(
            "A yes is needed before this is signed, and nobody is there to say it",
            why="stdin is no terminal",
            remedy="Read what is about to be signed, then give --yes, or run this in a terminal",
        )
    typer.confirm("Sign this?", abort=True, err=True)


def issue(
    profile: Path,
    output: Path,
    what: str,
    made: Callable[[Signer], Signed],
    *,
    yes: bool,
    as_json: bool,
) -> int:
    """Open the wallet, show what is to be signed, sign, and write the document to a new file.

    Args:
        profile: the patient's.
        output: where the document goes.
        what: names the piece of work, the same when it is called again.
        made: shows what is about to be signed, and signs it.
        yes: sign without asking.
        as_json: print one JSON object on stdout.
    """
    with opened_wallet(profile) as (chain, wallet):
        signer = Signer(wallet, chain, yes=yes, as_json=as_json)
        signed = wallet.issue(f"{what}/{output.absolute()}", lambda: made(signer), output)
        relays = wallet.relays
    if as_json:
        print_json({"document": str(output), "signed": facts_of(signed), "relays": list(relays)})
        return 0
    screen = console()
    screen.print(f"Signed: {output}. {_next_step(signed, output)}", markup=False, soft_wrap=True)
    if len(relays) > 1:
        numbers = ", ".join(map(str, relays[:-1])) + f" or {relays[-1]}"
        screen.print(f"Hand it to institution {numbers}: to another if one does nothing.", soft_wrap=True)
    elif relays:
        screen.print(f"Hand it to institution {relays[0]}.", soft_wrap=True)
    return 0


def _next_step(signed: Signed, output: Path) -> str:
    from pixelpact.models import SignedRecovery

    if isinstance(signed, SignedRecovery) and signed.appointment:
        step = f"pixelpact recovery vouch {output}"
        return f"A hospital that holds a study of the patient begins it: {step}"
    return f"It counts once it is on the chain: pixelpact consent record {output}"


def words_of(signed: Signed) -> list[str]:
    """What was signed, a plain sentence each."""
    from pixelpact.models import SignedAppointment, SignedDirective, SignedRefusal, SignedRevocation
    from pixelpact.policy import describe, describe_refusal

    match signed:
        case SignedDirective():
            return describe(signed.directive)
        case SignedRefusal():
            return describe_refusal(signed.refusal, signed.refusal.custodian)
        case SignedRevocation():
            return [f"The consent 0x{signed.directive.hex()} counts no more."]
        case SignedAppointment(appointment):
            return [f"0x{appointment.guardian.hex()} acts for the patient 0x{appointment.subject.hex()}."]
        case _:
            return [_sentence_of(signed, f"the patient 0x{signed.subject.hex()}")]


def _sentence_of(  # noqa: PLR0911  (a sentence for each)
    signed: SignedRevocationOfAll
    | SignedDismissal
    | SignedRecoveryName
    | SignedRecovery
    | SignedRecoveryStop
    | SignedEndOfPaper,
    whose: str,
) -> str:
    from pixelpact import models

    match signed:
        case models.SignedRevocationOfAll():
            return f"Every consent of {whose} of generation {signed.generation - 1} or before counts no more."
        case models.SignedDismissal():
            return f"The guardian of appointment {signed.number} acts for {whose} no more."
        case models.SignedRecoveryName():
            if not any(signed.account):
                return f"No account may begin to give {whose} another key."
            return f"0x{signed.account.hex()} may begin to give {whose} another key."
        case models.SignedRecovery():
            return f"The key 0x{signed.candidate.hex()} is to be that of {whose} (attempt {signed.attempt})."
        case models.SignedRecoveryStop():
            return f"The recovery of {whose} (attempt {signed.attempt}) is stopped."
        case models.SignedEndOfPaper():
            return (
                f"No consent on paper and no guardian that a hospital attested counts for {whose} any more."
            )


def facts_of(signed: Signed) -> dict[str, object]:
    """The same for a program."""
    from pixelpact.documents import kind_of
    from pixelpact.models import SignedAppointment, SignedDirective, SignedRefusal, SignedRevocation

    match signed:
        case SignedDirective():
            return {
                "kind": "consent",
                "consent": "0x" + signed.number.hex(),
                "words": words_of(signed),
                "expiry": signed.directive.expiry,
            }
        case SignedRefusal():
            return {"kind": "refusal", "words": words_of(signed)}
        case SignedRevocation():
            return {"kind": "withdrawal", "consent": "0x" + signed.directive.hex()}
        case SignedAppointment(appointment):
            return {
                "kind": "appointment",
                "patient": "0x" + appointment.subject.hex(),
                "number": appointment.number,
                "words": words_of(signed),
            }
        case _:
            return {
                "kind": kind_of(signed),
                "patient": "0x" + signed.subject.hex(),
                "words": words_of(signed),
            }


def standing_facts(standing: Standing) -> dict[str, object]:
    """How it stands, for a program."""
    return {
        "stands": standing.word,
        "recorded_at": standing.recorded_at,
        "revoked_at": standing.revoked_at,
    }
