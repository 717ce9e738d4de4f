"""The InstitutionRegistry's refusals."""

from __future__ import annotations

from .sentence import ASK_CONSORTIUM, Sentence

__all__ = ["SENTENCES"]

SENTENCES: dict[str, Sentence] = {
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
        "Institution {institution} takes no part in the consortium at present", ASK_CONSORTIUM
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
    "InstitutionRegistry_Unknown": Sentence(
        "There is no institution {institution}", "Institutions are numbered from 1 as they were admitted"
    ),
    "InstitutionRegistry_NotSuspended": Sentence(
        "Institution {institution} is not suspended", "Nothing is to be done"
    ),
    "InstitutionRegistry_StatusNewer": Sentence(
        "Institution {institution} got its present status at {statusSince}, after this was proposed",
        "Propose it anew, if it is still wanted",
    ),
}
