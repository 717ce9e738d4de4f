"""The ProjectRegistry's and the PolicyEngine's refusals."""

from __future__ import annotations

from .sentence import ASK_ADMIN, ASK_CONSORTIUM, FAULT, Sentence

__all__ = ["SENTENCES"]

SENTENCES: dict[str, Sentence] = {
    "ProjectRegistry_NoCode": Sentence(
        "There is no contract at {institutions}", "Deploy the InstitutionRegistry first"
    ),
    "ProjectRegistry_NotOperator": Sentence(
        "The account {account} may not handle projects for institution {institution}", ASK_ADMIN
    ),
    "ProjectRegistry_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", ASK_CONSORTIUM
    ),
    "ProjectRegistry_LacksRole": Sentence(
        "Institution {institution} does not hold the role that this needs",
        "A project's lead needs the requester role, a board that of an ethics board; ask the consortium",
    ),
    "ProjectRegistry_NotLead": Sentence(
        "The project is led by institution {lead}, not by {institution}",
        "Have it registered by the institution that leads it",
    ),
    "ProjectRegistry_PartnersMalformed": Sentence(
        "The project's partners ({count}) are too many or out of order, or one is the lead (place {place})",
        "Name at most 16 other institutions, in ascending order, each once",
    ),
    "ProjectRegistry_TraitsUnknown": Sentence(
        "The traits {traits} hold one that the consortium does not know", "Use the traits of docs/policy.md"
    ),
    "ProjectRegistry_CountryMalformed": Sentence(
        "The country {country} is not two capital letters",
        "Use its ISO 3166-1 alpha-2 code, such as CH, or none",
    ),
    "ProjectRegistry_ProtocolMissing": Sentence(
        "The project names no study protocol", "Give the digest of its protocol"
    ),
    "ProjectRegistry_CodesMalformed": Sentence(
        "The project's codes ({count}) are too many or out of order (place {place})",
        "Name at most eight diseases and kinds of research, in ascending order, each once",
    ),
    "ProjectRegistry_AlreadyRegistered": Sentence(
        "The project {project} is registered already", "Nothing is to be done"
    ),
    "ProjectRegistry_Unknown": Sentence(
        "No project {project} is registered", "Check the project's number and the network"
    ),
    "ProjectRegistry_AlreadyWithdrawn": Sentence(
        "The project {project} was withdrawn, for good", "Register a new one"
    ),
    "ProjectRegistry_NotOfBoard": Sentence(
        "The signer {signer} may not handle projects for institution {board}",
        "Have it signed by an operator of the ethics board",
    ),
    "ProjectRegistry_BoardDependent": Sentence(
        "Institution {board} takes part in the project {project} and can't approve it",
        "Ask an ethics board that is neither lead nor partner",
    ),
    "ProjectRegistry_BoardDiffers": Sentence(
        "The project {project} was approved by institution {approvedBy}, not {board}",
        "Ask the board that approved it first",
    ),
    "ProjectRegistry_UntilOutOfRange": Sentence(
        "An approval can't end at {until} (seconds since 1970)",
        "Give a time after {last}, in the future, and not after {latest}",
    ),
    "ProjectRegistry_SignatureInvalid": Sentence(
        "The signature is not that of the board's operator {signer}",
        "Have the approval signed anew for this network",
    ),
    "ProjectRegistry_NotResponsible": Sentence(
        "Institution {institution} neither leads the project {project} nor approved it",
        "Only its lead or its ethics board can withdraw it",
    ),
    "PolicyEngine_NoCode": Sentence("There is no contract at {account}", "Deploy the registries first"),
    # OpenZeppelin's, in the domain's name: never at work with ours
    "InvalidShortString": Sentence("A short string of the contract is damaged", FAULT),
    "StringTooLong": Sentence("The name {str} is too long for the contract", FAULT),
}
