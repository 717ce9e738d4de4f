"""Guardians' appointments as the chain has them."""

from __future__ import annotations

from dataclasses import dataclass

from pixelpact.chain import AppointmentRecord, Chain, GuardianAppointed, SubjectFlag
from pixelpact.errors import InputError

__all__ = ["GuardianStanding", "guardians_of", "patients_of", "require_unended", "word_of"]


@dataclass(frozen=True, slots=True)
class GuardianStanding:
    """One appointment, and how it stands at the newest block.

    Attributes:
        subject: the patient's address, 20 bytes.
        number: the appointment's.
        guardian: the guardian's address, 20 bytes.
        powers: a set of GuardianPower.
        custodian: the institution that it is limited to; 0: none.
        until: when it ends at the latest, seconds.
        attested: whether a hospital attested it, for one who can't sign.
        word: ``acts``, ``dismissed`` (by either of the two), ``over`` (its time) or ``ended by key``
            (attested, and the patient signs with a key now).
    """

    subject: bytes
    number: int
    guardian: bytes
    powers: int
    custodian: int
    until: int
    attested: bool
    word: str


def guardians_of(chain: Chain, subject: bytes) -> list[GuardianStanding]:
    """Every appointment of a patient, the first first.

    Raises:
        ChainError: the chain can't be asked.
    """
    count = chain.consents.subject(subject).appointment_count
    return [_standing(chain, subject, number) for number in range(1, count + 1)]


def patients_of(chain: Chain, guardian: bytes) -> list[GuardianStanding]:
    """Every appointment of a guardian, the first first.

    Raises:
        ChainError: the chain can't be asked.
    """
    made = chain.find(GuardianAppointed, guardian=guardian, last=chain.head().number)
    return [_standing(chain, each.subject, each.number) for each in made]


def word_of(chain: Chain, subject: bytes, record: AppointmentRecord) -> str:
    """How an appointment stands, as ``GuardianStanding.word`` has it."""
    if record.ended:
        return "dismissed"
    if record.attested and chain.consents.subject(subject).flags & SubjectFlag.OWN_KEY:
        return "ended by key"
    return "over" if chain.now() >= record.until else "acts"


def require_unended(chain: Chain, subject: bytes, number: int) -> AppointmentRecord:
    """An appointment that was not dismissed yet.

    Raises:
        InputError: there is none of this number, or it was.
    """
    found = chain.consents.appointment(subject, number) if 0 < number < 2**32 else None
    if found is None or not any(found.guardian):
        raise InputError(
            f"The patient 0x{subject.hex()} has no appointment {number}",
            why="the chain knows none of this number",
            remedy="`pixelpact guardian list` shows those there are",
        )
    if found.ended:
        raise InputError(
            f"Appointment {number} of the patient 0x{subject.hex()} was ended before",
            why="it was dismissed or resigned from, for good",
            remedy="Nothing is to be done",
        )
    return found


def _standing(chain: Chain, subject: bytes, number: int) -> GuardianStanding:
    record = chain.consents.appointment(subject, number)
    return GuardianStanding(
        subject=subject,
        number=number,
        guardian=record.guardian,
        powers=record.powers,
        custodian=record.custodian,
        until=record.until,
        attested=record.attested,
        word=word_of(chain, subject, record),
    )
