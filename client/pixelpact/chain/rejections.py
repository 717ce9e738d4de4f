"""What a contract's refusal means: every Solidity error as a ``ContractError`` with a sentence.

The names, and the order of their arguments, are those of contracts/interfaces. Each has a line in
``_SENTENCES``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_abi.abi import decode as decode_abi
from eth_abi.exceptions import DecodingError

from pixelpact.errors import ContractError, TransactionError

from .abi import Entry, MalformedDataError, custom_errors

__all__ = ["contract_error", "named_errors"]

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")


class Sentence(NamedTuple):
    """What happened and what to do; both may name the error's arguments in braces."""

    what: str
    remedy: str


_ASK_ADMIN = "Ask the institution's administrator to give this account the permission"
_ASK_CONSORTIUM = "Ask the consortium; a suspended institution comes back by its members' vote"
_RENEW = "Look at the study's present state on the chain and begin anew"
_FAULT = "This is a fault in whatever made the call; report it"

_SENTENCES: dict[str, Sentence] = {
    # InstitutionRegistry
    "InstitutionRegistry_FounderCount": Sentence(
        "A consortium can't start with {count} institutions", "Name 1 to 256 founders"
    ),
    "InstitutionRegistry_AccountMissing": Sentence(
        "The zero address can't act for an institution", "Give the account's address"
    ),
    "InstitutionRegistry_RolesUnknown": Sentence(
        "The roles {roles} hold one that the consortium does not know", "Use the roles of docs/policy.md"
    ),
    "InstitutionRegistry_CountryMalformed": Sentence(
        "The country {country} is not two capital letters", "Use its ISO 3166-1 alpha-2 code, such as CH"
    ),
    "InstitutionRegistry_AttributesUnknown": Sentence(
        "The attributes {attributes} hold one that the consortium does not know",
        "Use the attributes of docs/policy.md",
    ),
    "InstitutionRegistry_AccountTaken": Sentence(
        "The account {account} already acts for institution {institution}", "Use an account of its own"
    ),
    "InstitutionRegistry_NotAdmin": Sentence(
        "The account {account} is no institution's administrator", "Use the administrator's account"
    ),
    "InstitutionRegistry_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", _ASK_CONSORTIUM
    ),
    "InstitutionRegistry_PermissionsUnknown": Sentence(
        "The permissions {permissions} hold one that the consortium does not know",
        "Use the permissions of docs/policy.md",
    ),
    "InstitutionRegistry_AdminFixed": Sentence(
        "The account {account} is an administrator's and keeps all its permissions",
        "Give the permissions to another account",
    ),
    "InstitutionRegistry_NotOperator": Sentence(
        "The account {account} acts for no institution", "Check the account's address"
    ),
    "InstitutionRegistry_KeyLength": Sentence(
        "An encryption key of {length} bytes can't be published",
        "Publish a key of 1,216 bytes made by PixelPact",
    ),
    # StudyRegistry
    "StudyRegistry_NoCode": Sentence(
        "There is no contract at {institutions}", "Deploy the InstitutionRegistry first"
    ),
    "StudyRegistry_NotOperator": Sentence(
        "The account {account} may not handle studies for institution {institution}", _ASK_ADMIN
    ),
    "StudyRegistry_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", _ASK_CONSORTIUM
    ),
    "StudyRegistry_LacksRole": Sentence(
        "Institution {institution} is not one that holds studies",
        "Ask the consortium to give it the custodian role",
    ),
    "StudyRegistry_Incomplete": Sentence("A study can't be registered with a field left empty", _FAULT),
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
        "The study {study} is in epoch {epoch}, not {expected}: it was sealed anew since", _RENEW
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
    # ConsentRegistry
    "ConsentRegistry_SignatureInvalid": Sentence(
        "The signature is not that of the patient {subject}",
        "Have it signed with the patient's own key for this network",
    ),
    "ConsentRegistry_AlreadyRecorded": Sentence(
        "The consent {directive} was recorded before", "Nothing is to be done"
    ),
    "ConsentRegistry_AlreadyRevoked": Sentence(
        "The consent {directive} was withdrawn before, for good", "The patient can sign a new one"
    ),
    "ConsentRegistry_GenerationDiffers": Sentence(
        "The next generation of the patient {subject} is {expected}, not {generation}",
        "Have the withdrawal signed for generation {expected}",
    ),
    "ConsentRegistry_ScopeAmbiguous": Sentence(
        "A refusal names more than one of hospital, study and recipient", "Sign one refusal for each"
    ),
    "ConsentRegistry_SequencePast": Sentence(
        "A later refusal of the patient {subject} is recorded already ({stored}; this one is {sequence})",
        "Have it signed with a sequence above {stored}",
    ),
    # AccessLedger
    "AccessLedger_NoCode": Sentence("There is no contract at {account}", "Deploy the other contracts first"),
    "AccessLedger_NotOperator": Sentence(
        "The account {account} may not do this for institution {institution}", _ASK_ADMIN
    ),
    "AccessLedger_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", _ASK_CONSORTIUM
    ),
    "AccessLedger_NotCustodian": Sentence(
        "Institution {institution} does not hold the study {study}",
        "Only the hospital that holds it can do this",
    ),
    "AccessLedger_PersonMissing": Sentence("The person who acts is not named", _FAULT),
    "AccessLedger_EnvelopeMissing": Sentence("The key envelope is not named", _FAULT),
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
    "AccessLedger_FailureUnknown": Sentence("There is no failure class {failure}", _FAULT),
    "AccessLedger_ReasonOutOfRange": Sentence(
        "The reason {reason} is none that a hospital refuses with", "Use a reason from 400 to 499"
    ),
    "AccessLedger_GasTooLow": Sentence(
        "The transaction's gas limit leaves {left}, and the decision needs {needed}",
        "Send it again without a gas limit of your own",
    ),
    # OpenZeppelin's, in the domain's name: never at work with ours
    "InvalidShortString": Sentence("A short string of the contract is damaged", _FAULT),
    "StringTooLong": Sentence("The name {str} is too long for the contract", _FAULT),
}

#: Solidity's own checks (Solidity documentation, Panic via assert and Error via require).
_PANICS = {
    0x01: "an assertion failed",
    0x11: "a number overflowed",
    0x12: "a division by zero",
    0x21: "a value outside its enumeration",
    0x22: "storage that is wrongly encoded",
    0x31: "an empty array was popped",
    0x32: "an index outside its array",
    0x41: "too much memory was asked for",
    0x51: "an internal function that does not exist",
}


def named_errors() -> frozenset[str]:
    """The Solidity errors that have a sentence."""
    return frozenset(_SENTENCES)


def contract_error(data: bytes, text: str) -> TransactionError:
    """The exception for a revert.

    Args:
        data: the revert data; empty when there was none.
        text: the node's own words, for a revert that no contract of ours explains.
    """
    entry = custom_errors().get(data[:4])
    if entry is not None:
        try:
            return _custom(entry, entry.decode_arguments(data))
        except MalformedDataError:
            pass
    return ContractError(
        "The contract stopped the call",
        name=_kind(data),
        arguments={},
        why=_words(data) or text,
        remedy=_FAULT,
    )


def _custom(entry: Entry, arguments: dict[str, Any]) -> ContractError:
    what, remedy = _SENTENCES[entry.name]
    shown = {
        name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in arguments.items()
    }
    if isinstance(country := arguments.get("country"), bytes):
        shown["country"] = repr(country.decode("latin-1"))
    return ContractError(
        what.format_map(shown),
        name=entry.name,
        arguments=arguments,
        why=f"the contract answered {entry.name}",
        remedy=remedy.format_map(shown),
    )


def _kind(data: bytes) -> str:
    if data[:4] == _ERROR_STRING:
        return "Error"
    return "Panic" if data[:4] == _PANIC else ""


def _words(data: bytes) -> str:
    try:
        if data[:4] == _ERROR_STRING:
            return str(decode_abi(["string"], data[4:])[0])
        if data[:4] == _PANIC:
            code = int(decode_abi(["uint256"], data[4:])[0])
            return _PANICS.get(code, f"Solidity's panic {code:#x}")
    except (DecodingError, UnicodeDecodeError):
        return ""
    return f"it reverted with 0x{data[:36].hex()}" if data else ""
