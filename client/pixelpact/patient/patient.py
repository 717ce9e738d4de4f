"""The patient: a wallet that signs what is allowed, withdrawn and refused. It needs a node, and no ether.

A patient has one address with each custodian, so that addresses don't join a patient's studies at different
hospitals.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Unpack

from pixelpact.chain import eip712
from pixelpact.documents import invite
from pixelpact.errors import InputError
from pixelpact.models import (
    WHOLE_RECORD,
    Directive,
    Evidence,
    Refusal,
    SignedDirective,
    SignedInvitation,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
)
from pixelpact.patient.drafts import DirectiveTerms, directive_of, refused_of, require_one_scope
from pixelpact.patient.keys import another_patients
from pixelpact.patient.protection import Protection
from pixelpact.policy import Purpose, check_directive
from pixelpact.profile import require_bytes

__all__ = ["Patient"]


class Patient(Protection):
    """A patient's wallet on one network. ``repr`` shows nothing of it.

    Args:
        chain: any node of the network, for reading.
        words: the BIP-39 words of the wallet (English).
        subjects: by custodian, the address for which this wallet signs there, where that is not the wallet's
            own: that of a lost wallet after a recovery, or that of a contract that checks this wallet's
            signatures (EIP-1271).

    Raises:
        InputError: words that are no such list or whose checksum is wrong.
    """

    def draft(self, **terms: Unpack[DirectiveTerms]) -> Directive:
        """A directive, valid from now on, to be read (``pixelpact.policy.describe``) before it is signed.

        Args:
            terms: by name, as the patient is asked: ``custodian``, who holds the images; ``grantee``, who may
                have them, an institution, ``ANY_INSTITUTION`` or ``ANY_INSTITUTION_LATER_TOO``; ``purposes``,
                what for, each with those below it; ``categories``, the kinds of images; ``study``, one
                study's number, all that this custodian holds of this patient by default; ``term``, for how
                long, at most ten years, a year by default; ``permission``, the DUO permission, which research
                needs; ``modifiers``, DUO conditions, ascending by code.

        Raises:
            InputError: a directive that could never count.
            ChainError: the chain can't be asked.
        """
        return directive_of(self._chain, self.address(custodian=terms["custodian"]), **terms)

    def sign(self, directive: Directive) -> SignedDirective:
        """Sign a directive of this wallet's; it counts once it is recorded.

        Raises:
            InputError: it is another patient's, or could never count.
        """
        check_directive(directive)
        account, subject = self._signer(directive.custodian)
        if directive.subject != subject:
            raise another_patients("The consent", directive.subject)
        signature = eip712.sign(account, self._chain.network, directive)
        return SignedDirective(directive, eip712.struct_hash(directive), signature, account.address)

    def allow(self, **terms: Unpack[DirectiveTerms]) -> SignedDirective:
        """``draft`` and ``sign`` in one, for what was read already."""
        return self.sign(self.draft(**terms))

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
        account, _ = self._signer(record.custodian)
        return invite(self._chain, account, study, consent, term, evidence=evidence)

    def withdraw(self, consent: SignedDirective) -> SignedRevocation:
        """Sign that a directive counts no more, for good, recorded or not.

        Raises:
            InputError: it is another patient's.
        """
        account, subject = self._signer(consent.directive.custodian)
        if consent.directive.subject != subject:
            raise another_patients("The consent", consent.directive.subject)
        message = eip712.Revocation(subject, consent.number)
        signature = eip712.sign(account, self._chain.network, message)
        return SignedRevocation(subject, consent.number, signature, account.address)

    def withdraw_all(self, *, custodian: int) -> SignedRevocationOfAll:
        """Sign that every directive so far for this custodian's images counts no more, recorded or not."""
        account, subject = self._signer(custodian)
        generation = self._chain.consents.generation(subject) + 1
        message = eip712.RevocationOfAll(subject, generation)
        signature = eip712.sign(account, self._chain.network, message)
        return SignedRevocationOfAll(subject, generation, signature, account.address)

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
        return self._refusal(custodian, refused_of(purposes), study, grantee)

    def draft_lifting(self, *, custodian: int, study: bytes = WHOLE_RECORD, grantee: int = 0) -> Refusal:
        """What lifts the refusal of this scope, to be signed with ``sign_refusal``. As ``draft_refusal``."""
        return self._refusal(custodian, 0, study, grantee)

    def sign_refusal(self, refusal: Refusal, *, custodian: int) -> SignedRefusal:
        """Sign a refusal of this wallet's; it counts once it is on the chain.

        Raises:
            InputError: it is another patient's.
        """
        account, subject = self._signer(custodian)
        if refusal.subject != subject:
            raise another_patients("The refusal", refusal.subject)
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
        require_one_scope(study, grantee)
        return Refusal(
            subject=self.address(custodian=custodian),
            custodian=0,
            study=study,
            grantee=grantee,
            purposes=purposes,
            # Later than any signed before, also those that a relay withholds.
            sequence=time.time_ns() // 1000,
        )
