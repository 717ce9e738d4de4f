"""The AccessLedger's refusals."""

from __future__ import annotations

from .sentence import ASK_ADMIN, ASK_CONSORTIUM, FAULT, Sentence

__all__ = ["SENTENCES"]

SENTENCES: dict[str, Sentence] = {
    "AccessLedger_NoCode": Sentence("There is no contract at {account}", "Deploy the other contracts first"),
    "AccessLedger_NotOperator": Sentence(
        "The account {account} may not do this for institution {institution}", ASK_ADMIN
    ),
    "AccessLedger_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", ASK_CONSORTIUM
    ),
    "AccessLedger_NotCustodian": Sentence(
        "Institution {institution} does not hold the study {study}",
        "Only the hospital that holds it can do this",
    ),
    "AccessLedger_PersonMissing": Sentence("The person who acts is not named", FAULT),
    "AccessLedger_EnvelopeMissing": Sentence("The key envelope is not named", FAULT),
    "AccessLedger_AlreadyRequested": Sentence(
        "The request {request} was made and answered before",
        "Look at its answer, or ask again with a new number",
    ),
    "AccessLedger_NotPermitted": Sentence(
        "The request {request} does not stand: never made, denied or refused",
        "Compare the request with the one that was recorded",
    ),
    "AccessLedger_Denied": Sentence(
        "Decided again for the request {request}, the answer is no (reason {reason})",
        "Nothing was released; docs/policy.md says what the reason means",
    ),
    "AccessLedger_AlreadyReleased": Sentence(
        "The key of epoch {epoch} was released for the request {request} before", "Nothing is to be done"
    ),
    "AccessLedger_NotReleased": Sentence(
        "For the request {request} the last key released is of epoch {servedEpoch}, not {epoch}",
        "Use the epoch that was released; 0 is none",
    ),
    "AccessLedger_AlreadyConfirmed": Sentence(
        "Epoch {epoch} of the request {request} was confirmed before", "Nothing is to be done"
    ),
    "AccessLedger_AlreadyDisputed": Sentence(
        "Epoch {epoch} of the request {request} was disputed before", "Nothing is to be done"
    ),
    "AccessLedger_FailureUnknown": Sentence("There is no failure class {failure}", FAULT),
    "AccessLedger_ReasonOutOfRange": Sentence(
        "The reason {reason} is none that a hospital refuses with", "Use a reason from 400 to 499"
    ),
    "AccessLedger_GasTooLow": Sentence(
        "The transaction's gas limit leaves {left}, and the decision needs {needed}",
        "Send it again without a gas limit of your own",
    ),
    "AccessLedger_NotFirstEngine": Sentence(
        "A ledger can't start with an engine of version {version}", "Deploy it with an engine of version 1"
    ),
    # Emergencies
    "AccessLedger_JustificationMissing": Sentence("An emergency is not justified by nothing", FAULT),
    "AccessLedger_SecondIsFirst": Sentence(
        "One person can't be both in an emergency (the account {account}, the person {person})",
        "Have a second person sign, with an account of their own",
    ),
    "AccessLedger_SecondNotOperator": Sentence(
        "The second account {second} may not open records in an emergency for institution {institution}",
        ASK_ADMIN,
    ),
    "AccessLedger_UntilOutOfRange": Sentence(
        "What the second person signed is over, or good for more than an hour (until {until}, in seconds)",
        "Have the second person attest it anew",
    ),
    "AccessLedger_SignatureInvalid": Sentence(
        "The signature is not that of {signer}", "Have the second person sign this emergency for this network"
    ),
    "AccessLedger_NotEmergency": Sentence(
        "The request {request} is no emergency that was permitted",
        "Check its number; other requests are not reviewed",
    ),
    "AccessLedger_AlreadyReviewed": Sentence(
        "The emergency {request} was reviewed before", "Nothing is to be done"
    ),
    "AccessLedger_NotReviewer": Sentence(
        "The account {account} of institution {institution} may not review the emergency {request}",
        "Let the hospital that holds the study review it, or an ethics board",
    ),
    "AccessLedger_VerdictMissing": Sentence(
        "The review of {request} does not say whether the emergency was justified", FAULT
    ),
    "AccessLedger_ReportMissing": Sentence(
        "The review of {request} names no report", "Give the digest of the review's report"
    ),
}
