"""What a patient signs so that others can help: guardians, a way back after a lost key, the end of paper."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta

from pixelpact.chain import Account, Chain, eip712
from pixelpact.errors import InputError
from pixelpact.models import (
    Appointment,
    SignedAppointment,
    SignedDismissal,
    SignedEndOfPaper,
    SignedRecoveryName,
    SignedRecoveryStop,
)
from pixelpact.patient.appointments import GuardianStanding, guardians_of, require_unended
from pixelpact.patient.drafts import YEAR, require_institution
from pixelpact.patient.keys import WalletKeys, another_patients
from pixelpact.policy import MAX_APPOINTMENT, GuardianPower
from pixelpact.profile import require_bytes

__all__ = ["Protection"]

_NOBODY = bytes(20)
_NO_POWER = GuardianPower(0)


class Protection(WalletKeys):
    """The part of ``Patient`` that signs about guardians, recovery and paper."""

    def __init__(self, chain: Chain, words: str, *, subjects: Mapping[int, bytes] | None = None) -> None:
        super().__init__(chain, words)
        self._subjects = dict(subjects or {})
        for custodian, subject in self._subjects.items():
            require_institution(custodian)
            require_bytes(subject, 20, "a patient's address")

    def address(self, *, custodian: int) -> bytes:
        """The address (20 bytes) under which this custodian enrols the patient."""
        return self._subjects.get(custodian) or self.key_address(custodian=custodian)

    def key_address(self, *, custodian: int) -> bytes:
        """The address (20 bytes) of this wallet's own key there: ``address``, unless it acts for another one.

        It is what a recovery names as the new key.
        """
        require_institution(custodian)
        return self._account(custodian).address

    def recover(self, subject: bytes, *, custodian: int) -> None:
        """Act for a lost wallet's address there from now on, after a recovery to ``key_address``.

        Raises:
            InputError: at a final block this wallet's key is not that patient's.
        """
        require_bytes(subject, 20, "a patient's address")
        key = self.key_address(custodian=custodian)
        present = self._chain.consents.key_of(subject, at="final")
        if present != key:
            raise InputError(
                f"This wallet does not sign for the patient 0x{subject.hex()}",
                why=f"the key there is 0x{present.hex()}, and this wallet's is 0x{key.hex()}",
                remedy="Wait until the recovery is finished and final, or check the hospital's number",
            )
        self._subjects[custodian] = subject

    # Guardians

    def draft_appointment(  # noqa: PLR0913 - by name, as the patient is asked
        self,
        guardian: bytes,
        *,
        custodian: int,
        powers: GuardianPower = _NO_POWER,
        term: timedelta = YEAR,
        until: int | None = None,
        for_custodian: int = 0,
    ) -> Appointment:
        """An appointment, to be read (``pixelpact.policy.describe_guardian``) before it is signed.

        Args:
            guardian: the guardian's address (``Guardian.address``).
            custodian: with whom: the patient has an address, and so guardians, for each.
            powers: what the guardian may beside withdrawing and refusing.
            term: for how long, at most 18 years.
            until: when it ends, in seconds, instead of ``term``.
            for_custodian: limits it to what this institution holds, also after a handover; 0: no limit.

        Raises:
            InputError: an appointment that the chain would refuse.
            ChainError: the chain can't be asked.
        """
        subject, now = self.address(custodian=custodian), self._chain.now()
        ends = now + int(term.total_seconds()) if until is None else until
        require_bytes(guardian, 20, "a guardian's address")
        if guardian in (subject, self._chain.consents.key_of(subject)):
            raise InputError(
                "Nobody is their own guardian",
                why="this is the address of the patient's own key",
                remedy="Give the address of the guardian's wallet",
            )
        if not now < ends <= now + MAX_APPOINTMENT:
            raise InputError(
                "The appointment can't end then",
                why="it ends in the future, at most 18 years from now",
                remedy="Give another time",
            )
        if powers & ~sum(GuardianPower):
            raise InputError(
                "There is no such power of a guardian",
                why=f"{int(powers)} holds a bit that stands for none",
                remedy="Give members of GuardianPower",
            )
        if for_custodian:
            require_institution(for_custodian)
        number = self._chain.consents.subject(subject).appointment_count + 1
        return Appointment(subject, guardian, int(powers), for_custodian, ends, number)

    def sign_appointment(self, appointment: Appointment, *, custodian: int) -> SignedAppointment:
        """Sign an appointment of this wallet's; it counts once it is on the chain.

        Raises:
            InputError: it is another patient's.
        """
        account, subject = self._signer(custodian)
        if appointment.subject != subject:
            raise another_patients("The appointment", appointment.subject)
        signature = eip712.sign(account, self._chain.network, appointment)
        return SignedAppointment(appointment, signature, account.address)

    def appoint(  # noqa: PLR0913 - as draft_appointment
        self,
        guardian: bytes,
        *,
        custodian: int,
        powers: GuardianPower = _NO_POWER,
        term: timedelta = YEAR,
        until: int | None = None,
        for_custodian: int = 0,
    ) -> SignedAppointment:
        """``draft_appointment`` and ``sign_appointment`` in one, for what was read already."""
        drafted = self.draft_appointment(
            guardian, custodian=custodian, powers=powers, term=term, until=until, for_custodian=for_custodian
        )
        return self.sign_appointment(drafted, custodian=custodian)

    def guardians(self, *, custodian: int) -> list[GuardianStanding]:
        """Everybody who ever was this patient's guardian there, and how each stands now."""
        return guardians_of(self._chain, self.address(custodian=custodian))

    def dismiss(self, number: int, *, custodian: int) -> SignedDismissal:
        """Sign that a guardian acts no more, by the number of the appointment.

        Raises:
            InputError: there is no such appointment, or it was ended before.
        """
        account, subject = self._signer(custodian)
        require_unended(self._chain, subject, number)
        signature = eip712.sign(account, self._chain.network, eip712.Dismissal(subject, number))
        return SignedDismissal(subject, number, signature, account.address)

    # A lost key

    def name_recovery(self, account: bytes | None, *, custodian: int) -> SignedRecoveryName:
        """Sign who may begin to give this patient a new key, if this wallet is lost; None: nobody any more.

        Raises:
            InputError: no address, or this wallet's own, which would be lost with it.
        """
        own, subject = self._signer(custodian)
        named = _NOBODY if account is None else account
        if account is not None:
            require_bytes(account, 20, "an account's address")
        if named in (subject, own.address):
            raise InputError(
                "This wallet can't be its own way back",
                why="who loses it loses both",
                remedy="Name an account of another wallet, or of somebody you trust",
            )
        # Later than any signed before, also those that a relay withholds.
        sequence = time.time_ns() // 1000
        message = eip712.Recoverer(subject, named, sequence)
        signature = eip712.sign(own, self._chain.network, message)
        return SignedRecoveryName(subject, named, sequence, signature, own.address)

    def stop_recovery(self, *, custodian: int) -> SignedRecoveryStop:
        """Sign that the recovery that is under way is stopped: this key is not lost.

        Raises:
            InputError: none is under way.
        """
        account, subject = self._signer(custodian)
        found = self._chain.consents.recovery(subject)
        if not any(found.candidate):
            raise InputError(
                f"No recovery of the patient 0x{subject.hex()} is under way",
                why="none was begun, or it was stopped or finished before",
                remedy="Nothing is to be stopped; `pixelpact recovery show` shows how it stands",
            )
        message = eip712.RecoveryStop(subject, found.attempt)
        signature = eip712.sign(account, self._chain.network, message)
        return SignedRecoveryStop(subject, found.attempt, signature, account.address)

    # Paper

    def end_paper(self, *, custodian: int) -> SignedEndOfPaper:
        """Sign that this patient signs from now on: paper and attested guardians count no more."""
        account, subject = self._signer(custodian)
        signature = eip712.sign(account, self._chain.network, eip712.EndOfPaper(subject))
        return SignedEndOfPaper(subject, signature, account.address)

    def _signer(self, custodian: int) -> tuple[Account, bytes]:
        """The key with which this wallet signs there, and for which address."""
        require_institution(custodian)
        account = self._account(custodian)
        return account, self._subjects.get(custodian) or account.address
