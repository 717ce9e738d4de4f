"""The hospital's desk: consents on paper, what is said by phone, and batches of signed consents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from pixelpact.chain import Means, Verdict
from pixelpact.custodian import anchoring, paper, reviewing, taking
from pixelpact.custodian.anchoring import AnchoredBatch, KeptBatch
from pixelpact.custodian.reviewing import OpenedInEmergency
from pixelpact.documents import complete
from pixelpact.models import (
    WHOLE_RECORD,
    BatchedConsent,
    EmergencyDraft,
    Modifier,
    PaperDirective,
    PaperDraft,
    PaperStatement,
    SignedAttestation,
    SignedDirective,
)
from pixelpact.policy import Category, GuardianPower, Permission, Purpose
from pixelpact.profile import Profile

__all__ = ["Desk"]

_YEAR = timedelta(days=365)


class Desk:
    """What a custodian does for patients who write, call, or sign by the thousand.

    What stands on paper takes two operators (CONSENTS), each with a profile and an account of their own: the
    first drafts, the second reads the draft, compares it with the form and attests, the first records.

    Args:
        profile: the institution's means.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def now(self) -> int:
        """The chain's time, in seconds."""
        return self._profile.chain.now()

    # On paper

    def draft_paper(  # noqa: PLR0913 - by name, as the form says it
        self,
        form: bytes,
        *,
        subject: bytes,
        grantee: int,
        purposes: Iterable[Purpose],
        categories: Category | int,
        study: bytes = WHOLE_RECORD,
        term: timedelta = _YEAR,
        permission: Permission | int = 0,
        modifiers: Sequence[Modifier] = (),
    ) -> PaperDirective:
        """A consent as the patient's form says it, for a second operator to attest; the chain is not told.

        Args:
            form: the scan of the form; the chain gets its salted digest.
            subject: the patient's address, 20 bytes.
            grantee: who may have the images: an institution, or as in a signed consent.
            purposes: what for.
            categories: the kinds of images, a bit each.
            study: one study's number; the default is all that this hospital holds of the patient.
            term: for how long, at most 365.25 days.
            permission: the DUO permission, which research needs.
            modifiers: DUO conditions, ascending by code.

        Raises:
            InputError: a consent that could never count, or the patient signs with a key.
        """
        return paper.draft_consent(
            self._profile,
            form,
            subject=subject,
            grantee=grantee,
            purposes=purposes,
            categories=categories,
            study=study,
            term=term,
            permission=permission,
            modifiers=modifiers,
        )

    def draft_lift(self, form: bytes, *, subject: bytes, study: bytes = WHOLE_RECORD) -> PaperStatement:
        """That a refusal taken on paper or by phone is lifted, by a form; for a second operator to attest.

        Raises:
            InputError: nothing was taken in this scope.
        """
        return paper.draft_lift(self._profile, form, subject=subject, study=study)

    def draft_appointment(
        self,
        form: bytes,
        *,
        subject: bytes,
        guardian: bytes,
        until: int,
        powers: GuardianPower = GuardianPower.GRANT,
    ) -> PaperStatement:
        """That somebody acts for a patient who can't sign, for this hospital's images; to be attested.

        Args:
            form: the scan of what shows it.
            subject: the patient's address, 20 bytes.
            guardian: the guardian's, 20 bytes.
            until: when it ends at the latest, seconds; at most 18 years from now.
            powers: without RECOVER.

        Raises:
            InputError: a power that can't be attested, or the patient signs with a key.
        """
        return paper.draft_appointment(
            self._profile, form, subject=subject, guardian=guardian, powers=powers, until=until
        )

    def attest_paper(self, draft: PaperDraft, form: bytes) -> SignedAttestation:
        """Attest a draft, as the second operator, who read it and has the form.

        Raises:
            InputError: another form, another institution's draft, or an operator without the permission.
        """
        return paper.attest(self._profile, draft, form)

    def record_paper(self, draft: PaperDraft, attested: SignedAttestation) -> None:
        """Bring what two operators attest to the chain, as the first; final when it returns.

        A consent counts after the consortium's delay for paper, until the patient signs with a key.

        Raises:
            InputError: an attestation of something else, or by the same operator.
            ContractError: the chain refuses it.
        """
        paper.record(self._profile, draft, attested)

    # On paper or by phone, by one

    def take_refusal(
        self,
        note: bytes,
        *,
        subject: bytes,
        means: Means,
        purposes: Iterable[Purpose] = (),
        study: bytes = WHOLE_RECORD,
    ) -> None:
        """Record that a patient refuses, as written or said; it only adds to what was refused.

        Args:
            note: the letter's scan or the call's note; the chain gets its salted digest.
            subject: the patient's address, 20 bytes.
            means: on paper or by phone.
            purposes: what is refused, with all below; none named: everything.
            study: one study's number; the default is all that this hospital holds of the patient.

        Raises:
            ContractError: nothing would change, or the study is not this hospital's.
        """
        taking.take_refusal(
            self._profile, note, subject=subject, study=study, purposes=tuple(purposes), means=means
        )

    def take_revocation(
        self, consent: SignedDirective | PaperDirective, note: bytes, *, means: Means
    ) -> None:
        """Withdraw a consent for this hospital's images, as the patient wrote or said; for good.

        Raises:
            InputError: it is about another hospital's images.
            ContractError: it was withdrawn already.
        """
        taking.take_revocation(self._profile, note, consent.directive, consent.number, means)

    # Batches

    def anchor(self, consents: Sequence[SignedDirective], *, names: Sequence[str] = ()) -> AnchoredBatch:
        """Anchor signed consents under one root: each counts, is proven and is withdrawn alone.

        Each is checked first, and what shows each is kept in the vault.

        Args:
            consents: as the patients, or their guardians, signed them.
            names: what to call each in an error, such as its file; its number if there are none.

        Raises:
            InputError: one of them would permit nothing; it is named, and nothing is anchored.
            ContractError: this operator may not.
        """
        return anchoring.anchor(self._profile, consents, names)

    def batches(self) -> list[KeptBatch]:
        """The batches of this vault, and when each was anchored."""
        return anchoring.kept(self._profile)

    def prove(self, consent: SignedDirective) -> BatchedConsent:
        """What shows a consent in a batch of this vault, checked against the chain; for whoever cites it.

        Raises:
            InputError: it stands in none, or the chain does not have the batch.
        """
        return anchoring.prove(self._profile, consent)

    # Emergencies

    def unreviewed(self) -> list[OpenedInEmergency]:
        """The emergencies that wait for a review by this institution, oldest first.

        A custodian's own studies'; an ethics board's all. Never those that the institution opened itself.
        """
        return reviewing.unreviewed(self._profile)

    def find_emergency(self, digits: str) -> bytes:
        """The emergency that waits for a review whose number begins with these hexadecimal digits.

        Raises:
            InputError: no such digits, none, or more than one.
        """
        numbers = [each.number for each in self.unreviewed()]
        return complete(
            digits, "request", numbers, "`pixelpact access list` shows those that wait for a review"
        )

    def review(
        self,
        request: bytes,
        verdict: Verdict,
        report: bytes,
        *,
        person: str,
        draft: EmergencyDraft | None = None,
    ) -> bool:
        """Say whether an emergency was justified; the chain gets the report's salted digest. Once, final.

        Args:
            request: its number.
            verdict: what was found.
            report: the review's report.
            person: who reviews, as the institution knows them; the chain gets a keyed digest.
            draft: the emergency's, as the institution that opened the record hands it over: the reason in it
                must be the one that was given then.

        Returns:
            whether it came late.

        Raises:
            InputError: no such emergency, or a draft of another one.
            ContractError: it was reviewed, or not by whoever may.
        """
        return reviewing.review(self._profile, request, verdict, report, person=person, draft=draft)
