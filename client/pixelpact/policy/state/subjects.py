"""What the ConsentRegistry keeps of one patient: refusals, guardians, recovery (docs/contracts.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pixelpact.models import ZERO32
from pixelpact.policy.facts import NO_REFUSALS, RefusalFacts

__all__ = ["Guardian", "Recovery", "Subject"]

_NOTHING = (0, 0)


@dataclass(slots=True)
class Guardian:
    """One appointment.

    Attributes:
        account: the guardian's address, 20 bytes.
        powers: a set of GuardianPower.
        custodian: whose studies it is for; 0: all.
        until: the first second in which it is over.
        attested: whether a hospital attested it, for one who can't sign.
        ended: whether it was dismissed.
    """

    account: bytes
    powers: int
    custodian: int
    until: int
    attested: bool
    ended: bool = False


@dataclass(slots=True)
class Recovery:
    """Who may start a recovery, and what is under way: ``candidate`` zeros, nothing is."""

    named: bytes = bytes(20)
    sequence: int = 0
    candidate: bytes = bytes(20)
    ready_at: int = 0
    attempt: int = 0


@dataclass(slots=True)
class Subject:
    """One patient.

    Attributes:
        generation: only directives of this one count.
        generation_since: what was anchored before this second is of a generation before.
        has_own_key: whether a signature by the patient's key is known: it ends what was attested.
        has_paper: whether paper, or an attested guardian, was recorded.
        key: the account that took over; empty while the patient's address is the key.
        signed: purposes and sequence of each signed refusal, by (custodian, study, grantee).
        taken: the same of those taken on paper or by phone, by (custodian, study), of which one is zero.
        guardians: the appointments, the first first.
    """

    generation: int = 0
    generation_since: int = 0
    has_own_key: bool = False
    has_paper: bool = False
    key: bytes = b""
    signed: dict[tuple[int, bytes, int], tuple[int, int]] = field(default_factory=dict)
    taken: dict[tuple[int, bytes], tuple[int, int]] = field(default_factory=dict)
    guardians: list[Guardian] = field(default_factory=list)
    recovery: Recovery = field(default_factory=Recovery)

    def guardian(self, number: int) -> Guardian | None:
        """The appointment of this number, from 1; None for an unknown one."""
        return self.guardians[number - 1] if 0 < number <= len(self.guardians) else None

    def is_live(self, guardian: Guardian, time: int) -> bool:
        """Whether a guardian acts at this time."""
        return not guardian.ended and time < guardian.until and not (guardian.attested and self.has_own_key)

    def refusals(self, custodian: int, formers: tuple[int, ...], study: bytes, grantee: int) -> RefusalFacts:
        """What is refused in the scopes that one request falls under."""
        if not self.signed and not self.taken:
            return NO_REFUSALS
        signed, taken = self.signed.get, self.taken.get
        everything = signed((0, ZERO32, 0), _NOTHING)[0]
        of_custodian = signed((custodian, ZERO32, 0), _NOTHING)[0]
        of_study = signed((0, study, 0), _NOTHING)[0]
        of_grantee = signed((0, ZERO32, grantee), _NOTHING)[0]
        said = taken((custodian, ZERO32), _NOTHING)[0] | taken((0, study), _NOTHING)[0]
        of_formers = 0
        for former in formers:
            of_formers |= signed((former, ZERO32, 0), _NOTHING)[0]
            said |= taken((former, ZERO32), _NOTHING)[0]
        if not (everything or of_custodian or of_study or of_grantee or of_formers or said):
            return NO_REFUSALS
        return RefusalFacts(everything, of_custodian, of_study, of_grantee, of_formers, said)
