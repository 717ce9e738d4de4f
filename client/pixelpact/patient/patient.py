"""The patient: a wallet that signs what is allowed, withdrawn and refused. It needs a node, and no ether.

A patient has one address with each custodian, so that addresses don't join a patient's studies at different
hospitals. All keys come from twelve words (BIP-39) by hardened steps only (BIP-32): with unhardened ones the
public side and one leaked key would give the others.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NotRequired, TypedDict, Unpack

from eth_account import Account as EthAccount
from eth_account.hdaccount.mnemonic import Mnemonic
from eth_account.types import Language

from pixelpact.chain import Account, Chain, eip712
from pixelpact.documents import invite
from pixelpact.errors import InputError
from pixelpact.models import (
    WHOLE_RECORD,
    Directive,
    Evidence,
    Modifier,
    Refusal,
    SignedDirective,
    SignedInvitation,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
)
from pixelpact.policy import VOCABULARY_VERSION, Category, Permission, Purpose, check_directive, purpose_set
from pixelpact.profile import require_bytes

__all__ = ["DirectiveTerms", "Patient"]

_WORDS = 12
_YEAR = timedelta(days=365)
#: Whatever is below these is all that there is.
_EVERYTHING = tuple(purpose for purpose in Purpose if purpose.parent is None)


class DirectiveTerms(TypedDict):
    """What ``Patient.draft`` takes."""

    custodian: int
    grantee: int
    purposes: Iterable[Purpose]
    categories: Category | int
    study: NotRequired[bytes]
    term: NotRequired[timedelta]
    permission: NotRequired[Permission | int]
    modifiers: NotRequired[Sequence[Modifier]]


class Patient:
    """A patient's wallet on one network. ``repr`` shows nothing of it.

    Args:
        chain: any node of the network, for reading.
        words: the BIP-39 words of the wallet (English).

    Raises:
        InputError: words that are no such list or whose checksum is wrong.
    """

    def __init__(self, chain: Chain, words: str) -> None:
        if not Mnemonic(Language.ENGLISH).is_mnemonic_valid(words):
            raise InputError(
                "These words are not a wallet",
                why="a word is not of the BIP-39 list, or the checksum does not fit",
                remedy="Check the spelling and the order",
            )
        self._chain = chain
        self._words = words

    @classmethod
    def create(cls, chain: Chain) -> Patient:
        """A new wallet from the system's randomness; have the patient write ``reveal_words`` down."""
        return cls(chain, Mnemonic(Language.ENGLISH).generate(_WORDS))

    def __repr__(self) -> str:
        return "Patient(hidden)"

    def reveal_words(self) -> str:
        """The twelve words, to be written down: they are the only way back to this wallet."""
        return self._words

    def address(self, *, custodian: int) -> bytes:
        """The address (20 bytes) under which this custodian enrols the patient."""
        return self._account(custodian).address

    def draft(  # noqa: PLR0913 - by name, as the patient is asked
        self,
        *,
        custodian: int,
        grantee: int,
        purposes: Iterable[Purpose],
        categories: Category | int,
        study: bytes = WHOLE_RECORD,
        term: timedelta = _YEAR,
        permission: Permission | int = 0,
        modifiers: Sequence[Modifier] = (),
    ) -> Directive:
        """A directive, valid from now on, to be read (``pixelpact.policy.describe``) before it is signed.

        Args:
            custodian: who holds the images.
            grantee: who may have them: an institution, ``ANY_INSTITUTION`` or ``ANY_INSTITUTION_LATER_TOO``.
            purposes: what for; each covers those below it.
            categories: the kinds of images.
            study: one study's number; the default is all that this custodian holds of this patient.
            term: for how long, at most ten years.
            permission: the DUO permission, which research needs.
            modifiers: DUO conditions, ascending by code.

        Raises:
            InputError: a directive that could never count.
            ChainError: the chain can't be asked.
        """
        wanted = _purposes(purposes)
        account = self._account(custodian)
        now = self._chain.now()
        directive = Directive(
            subject=account.address,
            custodian=custodian,
            study=study,
            grantee=grantee,
            categories=int(categories),
            purposes=wanted,
            permission=int(permission),
            vocabulary=VOCABULARY_VERSION,
            generation=self._chain.consents.generation(account.address),
            not_before=now,
            expiry=now + int(term.total_seconds()),
            salt=secrets.token_bytes(32),
            modifiers=tuple(modifiers),
        )
        check_directive(directive)
        return directive

    def sign(self, directive: Directive) -> SignedDirective:
        """Sign a directive of this wallet's; it counts once it is recorded.

        Raises:
            InputError: it is another patient's, or could never count.
        """
        check_directive(directive)
        account = self._account(directive.custodian)
        if directive.subject != account.address:
            raise _another_patients("The consent", directive.subject)
        signature = eip712.sign(account, self._chain.network, directive)
        return SignedDirective(directive, eip712.struct_hash(directive), signature, account.address)

    def allow(self, **what: Unpack[DirectiveTerms]) -> SignedDirective:
        """``draft`` and ``sign`` in one, for what was read already."""
        return self.sign(self.draft(**what))

    def invite(
        self,
        study: bytes,
        consent: SignedDirective | None = None,
        *,
        term: timedelta = timedelta(days=30),
        evidence: Evidence | None = None,
    ) -> SignedInvitation:
        """What a requester needs to ask for a study of this patient's; hand it over, it is on no chain.

        Args:
            study: its number.
            consent: to cite; without one it can be asked for, and is denied.
            term: how long one may ask with it.
            evidence: what shows the consent, when it stands in a batch.

        Raises:
            InputError: no study of this patient's at a final block, or evidence of another consent.
        """
        require_bytes(study, 32, "a study's number")
        record = self._chain.studies.study(study, at="final")
        if not record.custodian or record.subject != self.address(custodian=record.custodian):
            raise InputError(
                f"The study {study.hex()[:8]} is not one of this patient's",
                why="the chain names another patient for it, or knows none of this number",
                remedy="Check the number, or wait until its registration is final",
            )
        account = self._account(record.custodian)
        return invite(self._chain, account, study, consent, term, evidence=evidence)

    def withdraw(self, consent: SignedDirective) -> SignedRevocation:
        """Sign that a directive counts no more, for good, recorded or not.

        Raises:
            InputError: it is another patient's.
        """
        account = self._account(consent.directive.custodian)
        if consent.directive.subject != account.address:
            raise _another_patients("The consent", consent.directive.subject)
        message = eip712.Revocation(account.address, consent.number)
        signature = eip712.sign(account, self._chain.network, message)
        return SignedRevocation(account.address, consent.number, signature, account.address)

    def withdraw_all(self, *, custodian: int) -> SignedRevocationOfAll:
        """Sign that every directive so far for this custodian's images counts no more, recorded or not."""
        account = self._account(custodian)
        generation = self._chain.consents.generation(account.address) + 1
        message = eip712.RevocationOfAll(account.address, generation)
        signature = eip712.sign(account, self._chain.network, message)
        return SignedRevocationOfAll(account.address, generation, signature, account.address)

    def draft_refusal(
        self,
        *,
        custodian: int,
        purposes: Iterable[Purpose] | None = None,
        study: bytes = WHOLE_RECORD,
        grantee: int = 0,
    ) -> Refusal:
        """A refusal, to be read (``pixelpact.policy.describe_refusal``) before it is signed.

        Args:
            custodian: whose images: the wallet has an address of its own for each.
            purposes: what is refused from now on in this scope, each with those below it; None: everything.
            study: for one study only.
            grantee: for one institution only; not together with ``study``.

        Raises:
            InputError: no purpose, or study and grantee both given.
        """
        refused = list(_EVERYTHING if purposes is None else purposes)
        if not refused:
            raise InputError(
                "The refusal refuses nothing",
                why="it names no purpose",
                remedy="Name what is refused; to lift an earlier refusal, lift it",
            )
        return self._refusal(custodian, _purposes(refused), study, grantee)

    def draft_lifting(self, *, custodian: int, study: bytes = WHOLE_RECORD, grantee: int = 0) -> Refusal:
        """What lifts the refusal of this scope, to be signed with ``sign_refusal``. As ``draft_refusal``."""
        return self._refusal(custodian, 0, study, grantee)

    def sign_refusal(self, refusal: Refusal, *, custodian: int) -> SignedRefusal:
        """Sign a refusal of this wallet's; it counts once it is on the chain.

        Raises:
            InputError: it is another patient's.
        """
        account = self._account(custodian)
        if refusal.subject != account.address:
            raise _another_patients("The refusal", refusal.subject)
        signature = eip712.sign(account, self._chain.network, refusal)
        return SignedRefusal(refusal, signature, account.address)

    def refuse(
        self,
        *,
        custodian: int,
        purposes: Iterable[Purpose] | None = None,
        study: bytes = WHOLE_RECORD,
        grantee: int = 0,
    ) -> SignedRefusal:
        """``draft_refusal`` and ``sign_refusal`` in one, for what was read already."""
        drafted = self.draft_refusal(custodian=custodian, purposes=purposes, study=study, grantee=grantee)
        return self.sign_refusal(drafted, custodian=custodian)

    def lift_refusal(self, *, custodian: int, study: bytes = WHOLE_RECORD, grantee: int = 0) -> SignedRefusal:
        """``draft_lifting`` and ``sign_refusal`` in one."""
        drafted = self.draft_lifting(custodian=custodian, study=study, grantee=grantee)
        return self.sign_refusal(drafted, custodian=custodian)

    def _refusal(self, custodian: int, purposes: int, study: bytes, grantee: int) -> Refusal:
        if any(study) and grantee:
            raise InputError(
                "A refusal is for one study or for one institution, not both",
                why="each refusal has one scope",
                remedy="Sign two refusals",
            )
        return Refusal(
            subject=self._account(custodian).address,
            custodian=0,
            study=study,
            grantee=grantee,
            purposes=purposes,
            # Later than any signed before, also those that a relay withholds.
            sequence=time.time_ns() // 1000,
        )

    def _account(self, custodian: int) -> Account:
        if not 0 < custodian < 2**32:
            raise InputError(
                f"There is no institution {custodian}",
                why="institutions are numbered from 1",
                remedy="Give the custodian's number",
            )
        EthAccount.enable_unaudited_hdwallet_features()
        path = _path(self._chain.network.genesis, custodian)
        return Account(bytes(EthAccount.from_mnemonic(self._words, account_path=path).key))


def _another_patients(what: str, subject: bytes) -> InputError:
    return InputError(
        f"{what} is not this patient's",
        why=f"it is that of 0x{subject.hex()}",
        remedy="Use the wallet that it belongs to",
    )


def _purposes(purposes: Iterable[Purpose]) -> int:
    # Named in a text or alone they are easily given, and would fail far from here.
    given: object = purposes
    found: list[object] = [given] if isinstance(given, Purpose) else list(purposes)
    wrong = [each for each in found if not isinstance(each, Purpose)]
    if wrong:
        raise InputError(
            f"{wrong[0]!r} is not a purpose",
            why="purposes are members of pixelpact.Purpose",
            remedy="Give Purpose.TREAT, for one",
        )
    return purpose_set(*(each for each in found if isinstance(each, Purpose)))


def _path(genesis: bytes, custodian: int) -> str:
    """Eight hardened steps from a digest: nobody has to remember an index to restore an address."""
    digest = hashlib.sha256(genesis + custodian.to_bytes(4, "big") + WHOLE_RECORD).digest()
    steps = (int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF for at in range(0, 32, 4))
    return "m/" + "/".join(f"{step}'" for step in steps)
