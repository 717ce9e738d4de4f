"""The ConsentRegistry's calls."""

from __future__ import annotations

from pixelpact.chain.records import (
    AppointmentRecord,
    Commitment,
    ConsentStanding,
    Means,
    RecoveryRecord,
    RefusalRecord,
    Scope,
    SubjectRecord,
    appointment_record_of,
    commitment_of,
    directive_struct,
    evidence_struct,
    scope_struct,
    standing_of,
    struct_of,
    subject_of,
)
from pixelpact.chain.transactions import Call
from pixelpact.models import Appointment, Directive, Evidence, Refusal

from .contract import At, Contract

__all__ = ["ConsentRegistry"]


class ConsentRegistry(Contract):
    """What the patient wants.

    Anyone may send what carries a patient's or a guardian's signature. ``appointment`` says whose it is: the
    number of a guardian's appointment, 0 for the patient. What is taken on paper or by phone is sent by an
    operator (CONSENTS) of the hospital; ``form`` is the salted digest of the form or the note, 32 bytes.
    """

    def commitment(self, subject: bytes, directive_hash: bytes, *, at: At = "latest") -> Commitment:
        """What is kept of a directive; zeros for an unknown one."""
        return commitment_of(self._read("commitment", subject, directive_hash, at=at))

    def generation(self, subject: bytes, *, at: At = "latest") -> int:
        """The subject's generation, from 0; only directives of this generation count."""
        return int(self._read("generation", subject, at=at))

    def subject(self, subject: bytes, *, at: At = "latest") -> SubjectRecord:
        """All that is kept of a patient in one place; zeros for an unknown one."""
        return subject_of(self._read("subjectOf", subject, at=at))

    def refusal(
        self, subject: bytes, custodian: int, study: bytes, grantee: int, *, at: At = "latest"
    ) -> RefusalRecord:
        """What the patient refuses in one scope, of which at most one part is set."""
        return RefusalRecord(*self._read("refusalOf", subject, custodian, study, grantee, at=at))

    def taken_refusal(
        self, subject: bytes, custodian: int, study: bytes, *, at: At = "latest"
    ) -> RefusalRecord:
        """What a hospital took on paper or by phone in one scope."""
        return RefusalRecord(*self._read("takenRefusalOf", subject, custodian, study, at=at))

    def refused_purposes(self, subject: bytes, scope: Scope, *, at: At = "latest") -> int:
        """The purposes refused in this scope (a bit each): the union of all refusals that apply."""
        return int(self._read("refusedPurposes", subject, scope_struct(scope), at=at))

    def standing(
        self,
        subject: bytes,
        directive_hash: bytes,
        scope: Scope,
        evidence: Evidence | None = None,
        *,
        at: At = "latest",
    ) -> ConsentStanding:
        """Everything that one decision needs from this registry, in one read."""
        return standing_of(
            self._read(
                "standing",
                subject,
                directive_hash,
                scope_struct(scope),
                evidence_struct(evidence),
                at=at,
            )
        )

    def hash_directive(self, directive: Directive, *, at: At = "latest") -> bytes:
        """The EIP-712 struct hash as the contract computes it; ``eip712.struct_hash`` asks nobody."""
        return bytes(self._read("hashDirective", directive_struct(directive), at=at))

    def key_of(self, subject: bytes, *, at: At = "latest") -> bytes:
        """The address (20 bytes) whose key signs for a subject: its own, or its successor's."""
        return bytes(self._read("keyOf", subject, at=at))

    def anchored_at(self, poster: int, root: bytes, *, at: At = "latest") -> int:
        """When an institution anchored this root, seconds; 0 for never."""
        return int(self._read("anchoredAt", poster, root, at=at))

    def leaf_of(self, poster: int, subject: bytes, directive_hash: bytes, *, at: At = "latest") -> bytes:
        """A consent's leaf in a batch as the contract computes it; ``batches.leaf_of`` asks nobody."""
        return bytes(self._read("leafOf", poster, subject, directive_hash, at=at))

    def appointment(self, subject: bytes, number: int, *, at: At = "latest") -> AppointmentRecord:
        """All that is kept of a guardian's appointment; zeros when there is none."""
        return appointment_record_of(self._read("appointmentOf", subject, number, at=at))

    def recovery(self, subject: bytes, *, at: At = "latest") -> RecoveryRecord:
        """Whom the subject named for a recovery, and the one that is under way."""
        return RecoveryRecord(*self._read("recoveryOf", subject, at=at))

    # Signed by the patient or a guardian

    def record(self, subject: bytes, directive_hash: bytes, appointment: int, signature: bytes) -> Call:
        """Record a directive by its struct hash, with the signature over the directive. A guardian: GRANT."""
        return self._call("record", subject, directive_hash, appointment, signature)

    def revoke(self, subject: bytes, directive_hash: bytes, appointment: int, signature: bytes) -> Call:
        """Withdraw a directive for good, with the signature over ``eip712.Revocation``."""
        return self._call("revoke", subject, directive_hash, appointment, signature)

    def revoke_all(self, subject: bytes, generation: int, appointment: int, signature: bytes) -> Call:
        """Begin a new generation, with the signature over ``eip712.RevocationOfAll``."""
        return self._call("revokeAll", subject, generation, appointment, signature)

    def refuse(self, refusal: Refusal, appointment: int, signature: bytes) -> Call:
        """Set the purposes refused in a scope, with the signature over the refusal. A guardian only adds."""
        return self._call("refuse", struct_of(refusal), appointment, signature)

    # Guardians

    def appoint(self, appointment: Appointment, signature: bytes) -> Call:
        """Appoint a guardian, with the patient's signature over the appointment."""
        return self._call("appoint", struct_of(appointment), signature)

    def appoint_attested(
        self, appointment: Appointment, form: bytes, second: bytes, signature: bytes
    ) -> Call:
        """Appoint a guardian for one who can't sign; ``second`` signed ``AttestedAppointment``."""
        return self._call("appointAttested", struct_of(appointment), form, second, signature)

    def dismiss(self, subject: bytes, number: int, signature: bytes) -> Call:
        """End an appointment, with the patient's or the guardian's signature over ``eip712.Dismissal``."""
        return self._call("dismiss", subject, number, signature)

    # On paper or by phone

    def record_paper(
        self, subject: bytes, directive_hash: bytes, form: bytes, second: bytes, signature: bytes
    ) -> Call:
        """Record a consent on paper; ``second``, another operator, signed ``PaperConsent``."""
        return self._call("recordPaper", subject, directive_hash, form, second, signature)

    def take_revocation(self, directive: Directive, means: Means, form: bytes) -> Call:
        """Withdraw a directive as the patient said. By its custodian."""
        return self._call("takeRevocation", directive_struct(directive), int(means), form)

    def take_refusal(self, subject: bytes, study: bytes, purposes: int, means: Means, form: bytes) -> Call:
        """Refuse as the patient said, for a study or (zeros) for all that this hospital holds; only adds."""
        return self._call("takeRefusal", subject, study, purposes, int(means), form)

    def lift_taken_refusal(
        self, subject: bytes, study: bytes, form: bytes, sequence: int, second: bytes, signature: bytes
    ) -> Call:
        """Lift what was taken in this scope; ``second``, another operator, signed ``RefusalLift``."""
        return self._call("liftTakenRefusal", subject, study, form, sequence, second, signature)

    def end_paper(self, subject: bytes, signature: bytes) -> Call:
        """End paper and attested guardians, with the patient's signature over ``eip712.EndOfPaper``."""
        return self._call("endPaper", subject, signature)

    def anchor(self, root: bytes) -> Call:
        """Anchor the Merkle root of a batch of signed consents. By an operator (CONSENTS) of a custodian."""
        return self._call("anchor", root)

    # Recovery

    def name_recovery(self, subject: bytes, account: bytes, sequence: int, signature: bytes) -> Call:
        """Name who may begin a recovery, with the patient's signature over ``eip712.Recoverer``."""
        return self._call("nameRecovery", subject, account, sequence, signature)

    def start_recovery(self, subject: bytes, candidate: bytes, attempt: int, signature: bytes) -> Call:
        """Begin a recovery, with the named account's signature over ``eip712.Recovery``."""
        return self._call("startRecovery", subject, candidate, attempt, signature)

    def start_recovery_by_guardian(
        self,
        subject: bytes,
        candidate: bytes,
        attempt: int,
        appointment: int,
        study: bytes,
        signature: bytes,
    ) -> Call:
        """Begin a recovery, with a guardian's signature (RECOVER) over ``eip712.Recovery``.

        By an operator (CONSENTS) of the active custodian of a study of this patient.
        """
        return self._call(
            "startRecoveryByGuardian", subject, candidate, attempt, appointment, study, signature
        )

    def stop_recovery(self, subject: bytes, attempt: int, signature: bytes) -> Call:
        """Stop a recovery, with the present key's signature over ``eip712.RecoveryStop``."""
        return self._call("stopRecovery", subject, attempt, signature)

    def finish_recovery(self, subject: bytes) -> Call:
        """Let the candidate's key be the patient's, once its time has come. By anybody."""
        return self._call("finishRecovery", subject)
