"""Random operations on the ConsentRegistry; most of them go well."""

from __future__ import annotations

from functools import partial
from typing import Any

import operations_consents as rules
import operations_guardians as guardian_rules
from operations_chain import struct
from operations_consents import Refusal
from operations_drafts import NO_DIGEST, Draft, Drafts
from operations_guardians import Appointment

from pixelpact.policy import GuardianPower, OperatorPermission, Purpose, StudyFacts, purpose_set
from pixelpact.policy.state import Guardian

REVOCATION = "Revocation(address subject,bytes32 directive)"
REVOCATION_OF_ALL = "RevocationOfAll(address subject,uint32 generation)"
REFUSAL = (
    "Refusal(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 purposes,uint64 sequence)"
)
PAPER_CONSENT = "PaperConsent(address subject,bytes32 directive,uint32 custodian,bytes32 form)"
REFUSAL_LIFT = "RefusalLift(address subject,uint32 custodian,bytes32 study,bytes32 form,uint64 sequence)"
END_OF_PAPER = "EndOfPaper(address subject)"
APPOINTMENT = (
    "Appointment(address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,uint32 number)"
)
ATTESTED = "AttestedAppointment(Appointment appointment,bytes32 form)" + APPOINTMENT
DISMISSAL = "Dismissal(address subject,uint32 number)"
RECOVERER = "Recoverer(address subject,address account,uint64 sequence)"
RECOVERY = "Recovery(address subject,address candidate,uint32 attempt)"
RECOVERY_STOP = "RecoveryStop(address subject,uint32 attempt)"

SOME_PURPOSES = (
    0,
    0,
    0,
    purpose_set(Purpose.HMARKT),
    purpose_set(Purpose.POARCH),
    purpose_set(Purpose.BIORCH, Purpose.HPAYMT),
    purpose_set(Purpose.BTG),
    purpose_set(Purpose.HRESCH),
)


class ConsentActs(Drafts):
    """What patients, guardians and hospitals say."""

    def _relay(self, name: str, arguments: tuple[Any, ...], rule: Any, *told: Any) -> bool:
        return self.do(
            self.stranger.raw, self.deployed.consents, name, arguments, partial(rule, self.model, *told)
        )

    def _signs(self, subject: bytes, appointment: int = 0) -> bytes:
        """Who has to sign; sometimes another."""
        if self.slips():
            return self.rng.choice((self.stranger.raw, self.patient(), subject))
        guardian = self.state.consents.subject(subject).guardian(appointment)
        return guardian.account if guardian else self.state.consents.key_of(subject)

    def _appointment(self, subject: bytes, chance: float = 0.25) -> int:
        """A guardian's appointment that acts, or 0 for the patient; sometimes one that does not."""
        if self.rng.random() > chance:
            return 0
        known = self.state.consents.subject(subject)
        live = [
            number
            for number, one in enumerate(known.guardians, 1)
            if known.is_live(one, self.model.time) or self.slips(0.2)
        ]
        return self.rng.choice(live) if live and not self.slips() else int(self.slips(0.1))

    def _sign(self, signer: bytes, primary: str, *values: Any) -> bytes:
        return self.signature(self.deployed.consents, signer, struct(primary, *values))

    def record(self) -> None:
        draft = self.new_draft() if not self.slips() else self.latest()
        appointment = self._appointment(draft.directive.subject, 0.15)
        for _ in range(4):
            if appointment or not self.is_silent(draft.directive.subject) or self.slips(0.01):
                break
            draft = self.new_draft()
            appointment = self._appointment(draft.directive.subject, 0.4)
        subject = draft.directive.subject
        signer = self._signs(subject, appointment)
        signature = self.sign_directive(signer, draft)
        arguments = subject, draft.number, appointment, signature
        if self._relay("record", arguments, rules.record, subject, draft.number, appointment, signer):
            self.drafts.append(draft)

    def revoke(self) -> None:
        draft = self.latest() if self.rng.random() < 0.7 else self.new_draft()
        subject = draft.directive.subject
        appointment = self._appointment(subject, 0.8 if self.is_silent(subject) else 0.2)
        if self.is_silent(subject) and not appointment and not self.slips(0.02):
            self.take_revocation()
            return
        signer = self._signs(subject, appointment)
        signature = self._sign(signer, REVOCATION, subject, draft.number)
        arguments = subject, draft.number, appointment, signature
        self._relay("revoke", arguments, rules.revoke, subject, draft.number, appointment, signer)

    def revoke_all(self) -> None:
        subject = self.speaking()
        following = self.state.consents.subject(subject).generation + 1 + self.slips()
        appointment = self._appointment(subject)
        signer = self._signs(subject, appointment)
        signature = self._sign(signer, REVOCATION_OF_ALL, subject, following)
        arguments = subject, following, appointment, signature
        self._relay("revokeAll", arguments, rules.revoke_all, subject, following, appointment, signer)

    def refuse(self) -> None:
        rng, (study, facts) = self.rng, self.held_study()
        subject = facts.subject if any(facts.subject) else self.patient()
        if self.is_silent(subject) and not self.slips(0.2):
            self.take_refusal()
            return
        scope = rng.choice(((0, NO_DIGEST, 0), (facts.custodian, NO_DIGEST, 0), (0, study, 0)))
        if rng.random() < 0.3:
            scope = 0, NO_DIGEST, self.requesting()
        if self.slips():
            scope = facts.custodian or 1, study, rng.choice((0, 3))
        purposes, sequence = self.state.consents.subject(subject).signed.get(scope, (0, 0))
        appointment = self._appointment(subject)
        wanted = rng.choice(SOME_PURPOSES)
        if appointment and purposes and not self.slips(0.1):
            wanted |= purposes
        following = sequence + (1 if appointment or self.slips(0.7) else rng.choice((0, 2, 9)))
        refusal = Refusal(subject, *scope, wanted, following + (self.slips() and appointment > 0))
        signer = self._signs(subject, appointment)
        signature = self._sign(signer, REFUSAL, *refusal)
        self._relay("refuse", (refusal, appointment, signature), rules.refuse, refusal, appointment, signer)

    # Taken by a hospital

    def _two(self, institution: int) -> tuple[bytes, bytes]:
        """Two people of one institution, mostly."""
        first = self.who(institution, OperatorPermission.CONSENTS)
        for _ in range(4):
            second = self.who(institution, OperatorPermission.CONSENTS)
            if second != first:
                break
        return first, first if self.slips(0.02) else second

    def _form(self) -> bytes:
        return NO_DIGEST if self.slips() else self.rng.randbytes(32)

    def _hospital(self, by: bytes, name: str, arguments: tuple[Any, ...], rule: Any, *told: Any) -> bool:
        return self.do(by, self.deployed.consents, name, arguments, partial(rule, self.model, by, *told))

    def record_paper(self) -> None:
        draft = self.new_draft() if not self.slips() else self.latest()
        for _ in range(8):
            if not self.state.consents.subject(draft.directive.subject).has_own_key or self.slips(0.05):
                break
            draft = self.new_draft()
        subject, custodian = draft.directive.subject, draft.directive.custodian
        first, second = self._two(custodian if not self.slips() else self.custodian())
        acting, _ = self.state.institutions.acting_for(first)
        form = self._form()
        signer = second if not self.slips() else self.somebody()
        signature = self._sign(signer, PAPER_CONSENT, subject, draft.number, acting, form)
        arguments = subject, draft.number, form, second, signature
        if self._hospital(first, "recordPaper", arguments, rules.record_paper, *arguments[:4], signer):
            self.drafts.append(draft)

    def take_revocation(self) -> None:
        draft = self.latest()
        by = self.who(draft.directive.custodian, OperatorPermission.CONSENTS)
        means, form = self.rng.choice((1, 2)) if not self.slips() else 3, self._form()
        arguments = draft.body, means, form
        told = draft.directive, draft.number, means, form
        self._hospital(by, "takeRevocation", arguments, rules.take_revocation, *told)

    def take_refusal(self) -> None:
        study, facts = self.held_study()
        subject = facts.subject if not self.slips() else self.patient()
        by = self.who(facts.custodian, OperatorPermission.CONSENTS)
        study = self.rng.choice((study, NO_DIGEST))
        purposes = self.rng.choice(SOME_PURPOSES[3:]) if not self.slips() else 0
        means, form = self.rng.choice((1, 2)) if not self.slips() else 0, self._form()
        arguments = subject, study, purposes, means, form
        self._hospital(by, "takeRefusal", arguments, rules.take_refusal, *arguments)

    def lift_taken_refusal(self) -> None:
        scopes = [
            (subject, custodian, study)
            for subject in self.patients[-12:]
            for (custodian, study), (purposes, _) in self.state.consents.subject(subject).taken.items()
            if purposes
        ]
        if not scopes and not self.slips():
            self.take_refusal()
            return
        study, facts = self.held_study()
        subject, custodian = facts.subject, facts.custodian
        if scopes and not self.slips():
            subject, custodian, study = self.rng.choice(scopes)
        custodian = custodian or self.state.studies.facts(study).custodian
        first, second = self._two(custodian)
        acting, _ = self.state.institutions.acting_for(first)
        scope = (0, study) if any(study) else (acting, study)
        _, stored = self.state.consents.subject(subject).taken.get(scope, (0, 0))
        sequence, form = stored + 1 + self.slips(), self._form()
        signer = second if not self.slips() else self.somebody()
        signature = self._sign(signer, REFUSAL_LIFT, subject, acting, study, form, sequence)
        arguments = subject, study, form, sequence, second, signature
        told = *arguments[:5], signer
        self._hospital(first, "liftTakenRefusal", arguments, rules.lift_taken_refusal, *told)

    def end_paper(self) -> None:
        subject = self.patient(fresh=self.slips(0.3))
        signer = self._signs(subject)
        signature = self._sign(signer, END_OF_PAPER, subject)
        self._relay("endPaper", (subject, signature), rules.end_paper, subject, signer)

    def anchor(self) -> None:
        by = self.who(self.custodian(), OperatorPermission.CONSENTS)
        poster, _ = self.state.institutions.acting_for(by)
        drafts = [self._for_a_batch() for _ in range(self.rng.choice((1, 2, 3, 5, 8)))]
        root = self.batch(poster, drafts)
        if self.slips():
            known = [one for anchored_by, one in self.state.consents.batches if anchored_by == poster]
            root = self.rng.choice((NO_DIGEST, *known[-2:]))
        self._hospital(by, "anchor", (root,), rules.anchor, root)
        self.drafts += drafts

    def _for_a_batch(self) -> Draft:
        return self.new_draft() if self.rng.random() < 0.8 else self.latest()

    # Guardians

    def _some_appointment(self, subject: bytes, custodian: int) -> Appointment:
        rng = self.rng
        number = len(self.state.consents.subject(subject).guardians) + 1 + self.slips()
        guardian = self.newcomer().raw
        powers = rng.choice((1, 1, 1, 3, 3, 0, 2)) if not self.slips() else 4
        until = self.model.time + rng.choice((200, 5_000, 10**8))
        if self.slips():
            until = rng.choice((self.model.time, self.model.time + 568_080_001))
        if self.slips():
            guardian = rng.choice((bytes(20), subject))
        return Appointment(subject, guardian, powers, custodian, until, number)

    def appoint(self) -> None:
        subject = self.speaking()
        custodian = self.rng.choice((0, 0, self.custodian()))
        wanted = self._some_appointment(subject, custodian)
        signer = self._signs(subject)
        signature = self._sign(signer, APPOINTMENT, *wanted)
        self._relay("appoint", (wanted, signature), guardian_rules.appoint, wanted, signer)

    def appoint_attested(self) -> None:
        _, facts = self.held_study()
        for _ in range(8):
            if not self.state.consents.subject(facts.subject).has_own_key or self.slips(0.05):
                break
            _, facts = self.held_study()
        subject = facts.subject if any(facts.subject) else self.patient()
        custodian = facts.custodian or 1
        first, second = self._two(custodian)
        wanted = self._some_appointment(subject, custodian if not self.slips() else 0)
        if not self.slips(0.1):
            wanted = wanted._replace(powers=wanted.powers & ~GuardianPower.RECOVER)
        form = self._form()
        signer = second if not self.slips() else self.somebody()
        inner = struct(APPOINTMENT, *wanted)
        signature = self._sign(signer, ATTESTED, inner, form)
        arguments = wanted, form, second, signature
        told = wanted, form, second, signer
        self._hospital(first, "appointAttested", arguments, guardian_rules.appoint_attested, *told)

    def dismiss(self) -> None:
        having = [one for one in self.patients[-12:] if self.state.consents.subject(one).guardians]
        subject = self.rng.choice(having) if having else self.patient()
        number = self.some_guardian(subject) + self.slips()
        signer = self._signs(subject, number if self.is_silent(subject) or self.slips(0.4) else 0)
        signature = self._sign(signer, DISMISSAL, subject, number)
        self._relay("dismiss", (subject, number, signature), guardian_rules.dismiss, subject, number, signer)

    # Recovery

    def name_recovery(self) -> None:
        subject = self.speaking()
        account = self.newcomer().raw if self.rng.random() < 0.9 else bytes(20)
        stored = self.state.consents.subject(subject).recovery.sequence
        sequence = stored + (self.rng.choice((1, 5)) if not self.slips() else 0)
        signer = self._signs(subject)
        signature = self._sign(signer, RECOVERER, subject, account, sequence)
        arguments = subject, account, sequence, signature
        self._relay("nameRecovery", arguments, guardian_rules.name_recovery, *arguments[:3], signer)

    def _candidate(self, subject: bytes) -> bytes:
        if self.slips():
            return self.rng.choice((bytes(20), self.state.consents.key_of(subject)))
        return self.newcomer().raw

    def start_recovery(self) -> None:
        named = [
            one
            for one in self.patients[-12:]
            if any((known := self.state.consents.subject(one).recovery).named) and not any(known.candidate)
        ]
        if not named and not self.slips():
            self.name_recovery()
            return
        subject = self.rng.choice(named) if named and not self.slips() else self.patient()
        recovery = self.state.consents.subject(subject).recovery
        signer = recovery.named if not self.slips() else self.patient()
        candidate, attempt = self._candidate(subject), recovery.attempt + 1 + self.slips()
        signature = self._sign(signer, RECOVERY, subject, candidate, attempt)
        told = subject, candidate, attempt
        rule = guardian_rules.start_recovery
        self._relay("startRecovery", (*told, signature), rule, *told, signer)

    def _may_recover(self, facts: StudyFacts, guardian: Guardian) -> bool:
        known = self.state.consents.subject(facts.subject)
        return (
            known.is_live(guardian, self.model.time)
            and (guardian.custodian in (0, facts.custodian) or self.slips(0.2))
            and not any(known.recovery.candidate)
        )

    def start_recovery_by_guardian(self) -> None:
        fitting = [
            (study, number)
            for study in self.studies[-40:]
            for number, one in enumerate(
                self.state.consents.subject(self.state.studies.facts(study).subject).guardians, 1
            )
            if one.powers & GuardianPower.RECOVER and self._may_recover(self.state.studies.facts(study), one)
        ]
        if not fitting and not self.slips():
            self.appoint()
            return
        study, _ = self.held_study()
        number = self.some_guardian(self.state.studies.facts(study).subject)
        if fitting and not self.slips():
            study, number = self.rng.choice(fitting)
        facts = self.state.studies.facts(study)
        subject = facts.subject if not self.slips() else self.patient()
        by = self.who(facts.custodian, OperatorPermission.CONSENTS)
        attempt = self.state.consents.subject(subject).recovery.attempt + 1 + self.slips()
        candidate, signer = self._candidate(subject), self._signs(subject, number)
        signature = self._sign(signer, RECOVERY, subject, candidate, attempt)
        told = subject, candidate, attempt, number, study
        rule = guardian_rules.start_recovery_by_guardian
        self._hospital(by, "startRecoveryByGuardian", (*told, signature), rule, *told, signer)

    def _recovering(self) -> bytes:
        pending = [
            one for one in self.patients[-30:] if any(self.state.consents.subject(one).recovery.candidate)
        ]
        return self.rng.choice(pending) if pending and not self.slips() else self.patient()

    def stop_recovery(self) -> None:
        subject = self._recovering()
        attempt = self.state.consents.subject(subject).recovery.attempt + self.slips()
        signer = self._signs(subject)
        signature = self._sign(signer, RECOVERY_STOP, subject, attempt)
        told = subject, attempt
        self._relay("stopRecovery", (*told, signature), guardian_rules.stop_recovery, *told, signer)

    def finish_recovery(self) -> None:
        subject = self._recovering()
        self._relay("finishRecovery", (subject,), guardian_rules.finish_recovery, subject)
