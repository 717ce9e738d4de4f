"""Who does what in a random world: what all random operations choose from."""

from __future__ import annotations

from collections import Counter

from operations_play import Play, account

from pixelpact.policy import InstitutionStatus, OperatorPermission, Role, StudyStatus


class Acting(Play):
    """A world with its patients and studies.

    Attributes:
        patients: the addresses that studies are registered for.
        studies, locals: the numbers of the studies, and the custodians' own.
    """

    def __init__(self, seed: int, met: Counter[tuple[str, str]]) -> None:
        super().__init__(seed, met)
        self.stranger = account(9)
        self.accounts[self.stranger.raw] = self.stranger
        self.patients = [self.newcomer().raw for _ in range(4)]
        self.studies: list[bytes] = []
        self.locals: list[bytes] = []

    def slips(self, chance: float = 0.03) -> bool:
        """Whether something is done wrongly now."""
        return self.rng.random() < chance

    def somebody(self) -> bytes:
        """Any account of an institution, or a stranger."""
        if self.rng.random() < 0.1:
            return self.stranger.raw
        return self.rng.choice(self.team[self.any_institution()])

    def any_institution(self) -> int:
        return self.rng.randrange(1, len(self.team) + 1)

    def admin_of(self, institution: int) -> bytes:
        """An institution's admin; sometimes somebody else."""
        if self.slips():
            return self.somebody()
        return self.state.institutions.members[institution].admin

    def who(self, institution: int, permission: OperatorPermission) -> bytes:
        """Somebody who may do this for an institution; sometimes somebody else."""
        if institution not in self.team or self.slips():
            return self.somebody()
        acting = self.state.institutions.acting_for
        for _ in range(4):
            account = self.rng.choice(self.team[institution])
            found, permissions = acting(account)
            if found == institution and permissions & permission:
                return account
        return self.state.institutions.members[institution].admin

    def holding(self, role: Role) -> int:
        """An active institution with a role, if there is any; sometimes another."""
        fitting = [
            number
            for number, one in self.state.institutions.members.items()
            if one.facts.roles & role and one.facts.status == InstitutionStatus.ACTIVE
        ]
        return self.rng.choice(fitting) if fitting and not self.slips() else self.any_institution()

    def custodian(self) -> int:
        return self.holding(Role.CUSTODIAN)

    def patient(self, *, fresh: bool = False) -> bytes:
        """A patient, of the latest ones."""
        if fresh:
            self.patients.append(self.newcomer().raw)
        return self.rng.choice(self.patients[-8:])

    def study(self) -> bytes:
        """A study, of the latest ones, mostly one that is shared; sometimes an unknown one."""
        if not self.studies or self.slips():
            return b"\x77" * 32
        latest = self.studies[-25:]
        active = [one for one in latest if self.state.studies.facts(one).status == StudyStatus.ACTIVE]
        return self.rng.choice(active if active and not self.slips(0.1) else latest)

    def is_silent(self, patient: bytes) -> bool:
        """Whether a patient signs nothing, so that paper and attested guardians stand for long."""
        return patient[0] % 3 == 0

    def speaking(self) -> bytes:
        """A patient who signs, of the latest ones; sometimes one who did not before."""
        speaking = [one for one in self.patients[-12:] if not self.is_silent(one)]
        return self.rng.choice(speaking) if speaking and not self.slips(0.01) else self.patient()
