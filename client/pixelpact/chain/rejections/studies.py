"""The StudyRegistry's refusals."""

from __future__ import annotations

from .sentence import ASK_ADMIN, ASK_CONSORTIUM, FAULT, RENEW, Sentence

__all__ = ["SENTENCES"]

SENTENCES: dict[str, Sentence] = {
    "StudyRegistry_NoCode": Sentence(
        "There is no contract at {institutions}", "Deploy the InstitutionRegistry first"
    ),
    "StudyRegistry_NotOperator": Sentence(
        "The account {account} may not handle studies for institution {institution}", ASK_ADMIN
    ),
    "StudyRegistry_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", ASK_CONSORTIUM
    ),
    "StudyRegistry_LacksRole": Sentence(
        "Institution {institution} is not one that holds studies",
        "Ask the consortium to give it the custodian role",
    ),
    "StudyRegistry_Incomplete": Sentence("A study can't be registered with a field left empty", FAULT),
    "StudyRegistry_AlreadyRegistered": Sentence(
        "The study {study} is registered already", "Nothing is to be done; rotate it to seal it anew"
    ),
    "StudyRegistry_Unknown": Sentence(
        "No study {study} is registered", "Check the study's number and the network"
    ),
    "StudyRegistry_NotCustodian": Sentence(
        "Institution {institution} does not hold the study {study}",
        "Only the hospital that holds it can do this",
    ),
    "StudyRegistry_WrongStatus": Sentence(
        "This can't be done to the study {study} in its present status ({status})",
        "Look at its status: 1 active, 2 withdrawn, 3 erased",
    ),
    "StudyRegistry_EpochDiffers": Sentence(
        "The study {study} is in epoch {epoch}, not {expected}: it was sealed anew since", RENEW
    ),
    "StudyRegistry_ManifestUnusable": Sentence(
        "The manifest of the study {study} is empty or the present one", "Seal the study anew under a new key"
    ),
    "StudyRegistry_CertificateMissing": Sentence(
        "The study {study} can't be erased without a certificate",
        "Give the digest of the erasure certificate",
    ),
    "StudyRegistry_EpochInUse": Sentence(
        "Epoch {epoch} of the study {study} is not over (the present one is {current})",
        "Dispose only of the blocks of epochs before",
    ),
    "StudyRegistry_ReportIncomplete": Sentence(
        "A report of a disposal must name blocks, nodes and its digest", "Complete the report of {study}"
    ),
    "StudyRegistry_OfferUnusable": Sentence(
        "The study {study} can't be offered to institution {to}",
        "Offer it to another institution of the consortium, one that holds studies",
    ),
    "StudyRegistry_FormersExhausted": Sentence(
        "The study {study} has had four other custodians and can't be handed over again",
        "Register it anew with the next custodian",
    ),
    "StudyRegistry_NotOffered": Sentence(
        "The study {study} is not offered to institution {institution}",
        "Ask the hospital that holds it to offer it",
    ),
}
