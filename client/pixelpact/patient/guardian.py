"""Who signs in a patient's name: a guardian, or the account that a patient named for a lost key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from pixelpact.chain import AppointmentRecord, eip712
from pixelpact.errors import InputError
from pixelpact.models import (
    WHOLE_RECORD,
    Directive,
    Refusal,
    SignedDirective,
    SignedDismissal,
    SignedRecovery,
    SignedRefusal,
    SignedRevocation,
    SignedRevocationOfAll,
)
from pixelpact.patient.appointments import GuardianStanding, patients_of, require_unended, word_of
from pixelpact.patient.drafts import DirectiveTerms, directive_of, refused_of, require_one_scope
from pixelpact.patient.keys import WalletKeys
from pixelpact.policy import GuardianPower, Purpose, check_directive
from pixelpact.profile import require_bytes

__all__ = ["Guardian"]

#: The wallet's key that acts for others stands where no hospital's does: those are numbered from 1.
_FOR_OTHERS = 0
_NO_POWER = GuardianPower(0)


class Guardian(WalletKeys):
    """A wallet that signs for others, with one address on each network. ``repr`` shows nothing of it.

    A guardian names the patient by address and the appointment by its number: a patient may have several
    guardians, and a guardian several patients. It may be the wallet of a patient too: the keys differ.

    Args:
        chain: any node of the network, for reading.
        words: the BIP-39 words of the wallet (English).

    Raises:
        InputError: words that are no such list or whose checksum is wrong.
    """

    @property
    def address(self) -> bytes:
        """The address (20 bytes) that a patient appoints, or names for a lost key."""
        return self._account(_FOR_OTHERS).address

    def patients(self) -> list[GuardianStanding]:
        """Every appointment that this guardian ever had, and how each stands now."""
        return patients_of(self._chain, self.address)

    def draft(self, subject: bytes, appointment: int, **terms: Unpack[DirectiveTerms]) -> Directive:
        """A directive in a patient's name, to be read before it is signed.

        Args:
            subject: the patient's address with the custodian.
            appointment: the number of this guardian's appointment.
            terms: as ``Patient.draft`` takes them.

        Raises:
            InputError: a directive that could never count, or not by this guardian.
            ChainError: the chain can't be asked.
        """
        self._require_acting(subject, appointment, GuardianPower.GRANT, terms["custodian"])
        return directive_of(self._chain, subject, **terms)

    def sign(self, directive: Directive, *, appointment: int) -> SignedDirective:
        """Sign a directive in its patient's name; it counts once it is recorded, while the guardian acts.

        Raises:
            InputError: it could never count, or not by this guardian.
        """
        check_directive(directive)
        self._require_acting(directive.subject, appointment, GuardianPower.GRANT, directive.custodian)
        number = eip712.struct_hash(directive)
        return SignedDirective(directive, number, self._sign(directive), self.address, appointment)

    def allow(self, subject: bytes, appointment: int, **terms: Unpack[DirectiveTerms]) -> SignedDirective:
        """``draft`` and ``sign`` in one, for what was read already."""
        return self.sign(self.draft(subject, appointment, **terms), appointment=appointment)

    def withdraw(self, subject: bytes, consent: bytes, *, appointment: int) -> SignedRevocation:
        """Sign that a consent of a patient counts no more, for good, whoever gave it.

        Args:
            subject: the patient's address with the custodian.
            consent: its number, 32 bytes.
            appointment: the number of this guardian's appointment.

        Raises:
            InputError: not this guardian's to say.
        """
        require_bytes(consent, 32, "a consent's number")
        self._require_acting(subject, appointment)
        signature = self._sign(eip712.Revocation(subject, consent))
        return SignedRevocation(subject, consent, signature, self.address, appointment)

    def withdraw_all(self, subject: bytes, *, appointment: int) -> SignedRevocationOfAll:
        """Sign that every consent of a patient so far counts no more, recorded or not. As ``withdraw``."""
        self._require_acting(subject, appointment)
        generation = self._chain.consents.generation(subject) + 1
        signature = self._sign(eip712.RevocationOfAll(subject, generation))
        return SignedRevocationOfAll(subject, generation, signature, self.address, appointment)

    def draft_refusal(
        self,
        subject: bytes,
        appointment: int,
        *,
        purposes: Iterable[Purpose] | None = None,
        study: bytes = WHOLE_RECORD,
        grantee: int = 0,
    ) -> Refusal:
        """A refusal in a patient's name: what is refused in this scope already, and these purposes.

        Args:
            subject: the patient's address with the custodian.
            appointment: the number of this guardian's appointment.
            purposes: what is refused too, each with those below it; None: everything.
            study: for one study only.
            grantee: for one institution only; not together with ``study``.

        Raises:
            InputError: not this guardian's to say, or nothing would be refused that is not refused already.
        """
        require_one_scope(study, grantee)
        wanted = refused_of(purposes)
        self._require_acting(subject, appointment)
        stored = self._chain.consents.refusal(subject, 0, study, grantee)
        if not wanted & ~stored.purposes:
            raise InputError(
                "All of this is refused already",
                why="a guardian only adds to what the patient refuses",
                remedy="Nothing is to be done",
            )
        # The very next sequence: with a later one a guardian could use up those of the patient.
        return Refusal(subject, 0, study, grantee, stored.purposes | wanted, stored.sequence + 1)

    def sign_refusal(self, refusal: Refusal, *, appointment: int) -> SignedRefusal:
        """Sign a refusal in its patient's name.

        Raises:
            InputError: not this guardian's to say.
        """
        self._require_acting(refusal.subject, appointment)
        return SignedRefusal(refusal, self._sign(refusal), self.address, appointment)

    def refuse(
        self,
        subject: bytes,
        appointment: int,
        *,
        purposes: Iterable[Purpose] | None = None,
        study: bytes = WHOLE_RECORD,
        grantee: int = 0,
    ) -> SignedRefusal:
        """``draft_refusal`` and ``sign_refusal`` in one, for what was read already."""
        drafted = self.draft_refusal(subject, appointment, purposes=purposes, study=study, grantee=grantee)
        return self.sign_refusal(drafted, appointment=appointment)

    def resign(self, subject: bytes, *, appointment: int) -> SignedDismissal:
        """Sign that this guardian acts for a patient no more, for good.

        Raises:
            InputError: there is no such appointment of this guardian, or it was ended before.
        """
        self._require_own(subject, appointment, require_unended(self._chain, subject, appointment))
        signature = self._sign(eip712.Dismissal(subject, appointment))
        return SignedDismissal(subject, appointment, signature, self.address)

    def start_recovery(self, subject: bytes, candidate: bytes, *, appointment: int = 0) -> SignedRecovery:
        """Sign that a patient who lost the key gets another one, after the network's delay.

        Args:
            subject: the patient's address with the custodian.
            candidate: the new wallet's ``Patient.key_address`` there.
            appointment: the number of this guardian's, which needs RECOVER; a hospital that holds a study of
                the patient then begins it (``Custodian.start_recovery``). 0: as the account that the patient
                named; any relay begins it.

        Raises:
            InputError: not this wallet's to say, one is under way, or no key that could take over.
        """
        require_bytes(subject, 20, "a patient's address")
        require_bytes(candidate, 20, "a new key's address")
        found = self._chain.consents.recovery(subject)
        if appointment:
            self._require_acting(subject, appointment, GuardianPower.RECOVER)
        elif found.named != self.address:
            raise InputError(
                f"The patient 0x{subject.hex()} did not name this wallet for a lost key",
                why="the chain has nobody" if not any(found.named) else f"it has 0x{found.named.hex()}",
                remedy="Sign with the wallet that was named, or as a guardian, with the appointment's number",
            )
        if any(found.candidate):
            raise InputError(
                f"A recovery of the patient 0x{subject.hex()} is under way",
                why=f"to the key 0x{found.candidate.hex()}, attempt {found.attempt}",
                remedy="Wait until it is finished, or have the present key stop it",
            )
        if candidate == self._chain.consents.key_of(subject):
            raise InputError(
                "The new key is the present one",
                why="it signs for this patient already",
                remedy="Give the address of the new wallet's key",
            )
        message = eip712.Recovery(subject, candidate, found.attempt + 1)
        return SignedRecovery(
            subject, candidate, message.attempt, self._sign(message), self.address, appointment
        )

    def _sign(self, message: eip712.Message) -> bytes:
        return eip712.sign(self._account(_FOR_OTHERS), self._chain.network, message)

    def _require_own(self, subject: bytes, number: int, record: AppointmentRecord) -> None:
        if record.guardian != self.address:
            raise InputError(
                f"Appointment {number} of the patient 0x{subject.hex()} is not this guardian's",
                why=f"it is that of 0x{record.guardian.hex()}",
                remedy="Use the wallet that was appointed, or give the number of its appointment",
            )

    def _require_acting(
        self, subject: bytes, number: int, power: GuardianPower = _NO_POWER, custodian: int = 0
    ) -> None:
        """Check what the chain would, before anything is shown or signed."""
        require_bytes(subject, 20, "a patient's address")
        record = require_unended(self._chain, subject, number)
        self._require_own(subject, number, record)
        word = word_of(self._chain, subject, record)
        if word != "acts":
            why = "its time is over" if word == "over" else "the patient signs with a key now"
        elif power & ~record.powers:
            why = f"it does not give the power {power.name}"
        elif custodian and record.custodian not in (0, custodian):
            why = f"it is for the images of institution {record.custodian} only"
        else:
            return
        raise InputError(
            f"Appointment {number} of the patient 0x{subject.hex()} does not allow this",
            why=why,
            remedy="Ask the patient for another appointment",
        )
