"""An institution that holds images: everything that it does, in one place."""

from __future__ import annotations

from datetime import timedelta

from pixelpact import sealing
from pixelpact.custodian import handing_over, relaying, releasing, rotating, sharing, waiting
from pixelpact.custodian.desk import Desk
from pixelpact.custodian.releasing import Release
from pixelpact.custodian.rotating import Rotation
from pixelpact.custodian.sharing import SharedStudy
from pixelpact.custodian.waiting import CustodianStudy, WaitingRequest
from pixelpact.documents import Signed, complete, require_digits
from pixelpact.models import (
    Evidence,
    Handover,
    PaperDirective,
    SignedDirective,
    SignedInvitation,
    SignedRecovery,
    StudySource,
)
from pixelpact.policy import RefusalReason
from pixelpact.sealing import Progress, SealedStudy

__all__ = ["Custodian"]


class Custodian(Desk):
    """An institution that holds images. Everything here, cut off and called again, goes on and happens once.

    Args:
        profile: the institution's means.
    """

    def share(
        self, source: StudySource, *, subject: bytes, threads: int = 2, progress: Progress | None = None
    ) -> SharedStudy:
        """``seal``, then ``register``.

        Args:
            source: the study (``pixelpact.scan``).
            subject: the patient's address with this custodian, 20 bytes.
            threads: that encrypt.
            progress: told of bytes done and bytes there are.

        Raises:
            InputError: the study can't be sealed, has other images than those registered, or is not shared
                any more.
            StoreError, VaultError, ChainError: a part of it can't be used; nothing is half done.
        """
        return self.register(self.seal(source, subject=subject, threads=threads, progress=progress))

    def seal(
        self, source: StudySource, *, subject: bytes, threads: int = 2, progress: Progress | None = None
    ) -> SealedStudy:
        """Seal a study and store it, pinned and durable; the chain is not told yet. As ``share``."""
        return sharing.seal(self._profile, source, subject=subject, threads=threads, progress=progress)

    def register(self, sealed: SealedStudy) -> SharedStudy:
        """Register on the chain what was sealed; registered already, it is checked. As ``share``."""
        return sharing.register(self._profile, sealed)

    def sealed(self, study: bytes) -> SealedStudy:
        """What was sealed of a study of this vault, in its latest epoch that the chain has, else its first.

        Raises:
            VaultError: this vault does not have it.
        """
        return sealing.latest(self._profile.vault, study)

    def studies(self) -> list[CustodianStudy]:
        """Every study that this vault has sealed, with what the chain has of it."""
        return waiting.studies(self._profile)

    def find_study(self, digits: str) -> bytes:
        """The study of this vault whose number begins with these hexadecimal digits.

        Raises:
            InputError: no such digits, none, or more than one.
        """
        numbers = [each.study_id for each in sealing.studies(self._profile.vault)]
        return complete(digits, "study", numbers, "`pixelpact study list` shows those there are")

    def find_request(self, digits: str) -> bytes:
        """The request for a study of this vault whose number begins with these hexadecimal digits.

        Raises:
            InputError: no such digits, none, or more than one.
        """
        if len(require_digits(digits, "request")) == 64:
            return bytes.fromhex(require_digits(digits, "request"))
        numbers = waiting.requests(self._profile)
        return complete(digits, "request", numbers, "`pixelpact access list` shows those that wait")

    def waiting(self) -> list[WaitingRequest]:
        """The permitted requests for studies of this vault that nobody has answered yet, oldest first."""
        return waiting.waiting(self._profile)

    def invite(
        self,
        study: bytes,
        consent: SignedDirective | PaperDirective | None = None,
        *,
        term: timedelta = timedelta(days=30),
        evidence: Evidence | None = None,
    ) -> SignedInvitation:
        """What a requester needs to ask for a study; hand it over, it is on no chain.

        Args:
            study: its number.
            consent: to cite; without one it can be asked for, and is denied.
            term: how long one may ask with it.
            evidence: what shows the consent, when it stands in a batch; that of this vault if absent.

        Raises:
            InputError: not a study of this institution, one that is not shared any more, or evidence of
                another consent.
        """
        return sharing.invite(self._profile, study, consent, term, evidence)

    def relay(self, signed: Signed) -> None:
        """Bring what a patient signed to the chain, at this institution's cost; final when it returns.

        Anyone may: a patient can choose another relay. What is there already is waited for, not sent again.

        Raises:
            ContractError: the signature or the message is refused.
        """
        relaying.relay(self._profile, signed)

    def start_recovery(self, signed: SignedRecovery, *, study: bytes) -> None:
        """Begin to give a patient who lost the key another one, together with the guardian who signed.

        See who asks first: this institution vouches for its patient. The present key can stop it until the
        network's delay is over.

        Args:
            signed: the guardian's document.
            study: a study that this institution holds of the patient.

        Raises:
            InputError: no guardian's, or no study of this institution and this patient.
            ContractError: the guardian may not, or another recovery is under way.
        """
        relaying.start_recovery(self._profile, signed, study)

    def finish_recovery(self, subject: bytes) -> None:
        """Let the new key take over, once the delay is over. Anyone may. All consents before count no more.

        Args:
            subject: the patient's address, 20 bytes.

        Raises:
            InputError: no recovery is under way.
            ContractError: it is too early.
        """
        relaying.finish_recovery(self._profile, subject)

    def release(self, request: bytes, *, person: str) -> Release:
        """Release the study's key for a permitted request: recorded, final, and only then published.

        A request that was served in the study's present epoch is not served again: that release is returned.

        Args:
            request: its number.
            person: who releases, as the institution knows them; the chain gets a keyed digest.

        Raises:
            DeniedError: the policy says no, now or when the chain decided again, or it was refused.
            InputError: there is no such request, it is not for a study of this custodian, or the requester
                has no usable key.
            ClockApartError: the chain stands still: nothing can be decided.
            VaultError: this vault is older than the chain.
        """
        return releasing.release(self._profile, request, person=person)

    def refuse(self, request: bytes, reason: RefusalReason, *, person: str) -> None:
        """Refuse a permitted request for good, with a reason that is recorded."""
        releasing.refuse(self._profile, request, reason, person=person)

    def rotate(
        self, study: bytes, *, person: str, threads: int = 2, progress: Progress | None = None
    ) -> Rotation:
        """Seal a study under a new key, serve again who is permitted, dispose of the old key and blocks.

        What a recipient decrypted before can't be recalled (docs/limitations.md).

        Raises:
            ContentError: the old object is not what was committed to; nothing was changed.
            InputError: not a study of this institution, or an erased one.
            VaultError: this vault is older than the chain.
        """
        return rotating.rotate(self._profile, study, person=person, threads=threads, progress=progress)

    def offer(self, study: bytes, to: int) -> Handover:
        """Offer a study to another institution, with its keys sealed to that one's published key.

        The chain has the offer, final when it returns; the document is handed over by whatever way.

        Args:
            study: its number.
            to: the institution that takes it over.

        Raises:
            InputError: not a study of this institution, or nobody who can take it.
            VaultError: this vault is older than the chain.
        """
        return handing_over.offer(self._profile, study, to)

    def take_back(self, study: bytes) -> None:
        """Take an offer back. Whoever got the document has the present key: rotate the study too."""
        handing_over.take_back(self._profile, study)

    def accept(
        self, handover: Handover, *, person: str, threads: int = 2, progress: Progress | None = None
    ) -> Rotation:
        """Take a study over: fetched and checked first, then accepted on the chain, then sealed anew.

        After it the old custodian's key opens nothing that is new. Consents that name the old one count no
        more (22), refusals do.

        Args:
            handover: as the old custodian handed it over.
            person: who serves again whoever is still permitted.
            threads: that decrypt and encrypt.
            progress: told of bytes done and bytes there are.

        Raises:
            InputError: no such offer, for another institution, or of an older sealing.
            UnwrapError: it does not open with this institution's key.
            SealedStudyError: the object is not what was registered; nothing was accepted.
        """
        return handing_over.accept(self._profile, handover, person=person, threads=threads, progress=progress)
