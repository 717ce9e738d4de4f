"""What an audit can find, how grave each is, and the form it is handed on in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["SEVERITIES", "Code", "Finding", "Position", "Severity"]


class Severity(StrEnum):
    """How grave a finding is.

    ``VIOLATION``: what the contracts make impossible, so the trail, the node or the contracts are not what
    they claim. ``WARNING``: possible, and somebody must act. ``NOTE``: possible, and nothing has to be done
    about it now; look again later, or know it.
    """

    VIOLATION = "violation"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """The kinds of findings; docs/audit.md explains each."""

    # The trail itself.
    TRAIL_ORDER = "trail-order"
    CONTRACT_DECIDES_DIFFERENTLY = "contract-decides-differently"

    # InstitutionRegistry.
    FOUNDING = "founding"
    INSTITUTION_UNKNOWN = "institution-unknown"
    INSTITUTION_SEQUENCE = "institution-sequence"
    INSTITUTION_STATUS = "institution-status"
    INSTITUTION_MALFORMED = "institution-malformed"
    OPERATOR = "operator"
    KEY_SEQUENCE = "key-sequence"
    KEY_DIGEST = "key-digest"
    WITHOUT_VOTE = "without-vote"
    MOTION_DIFFERS = "motion-differs"
    STOP_TOO_LONG = "stop-too-long"

    # Consortium: votes.
    PROPOSAL = "proposal"
    PROPOSAL_STATUS = "proposal-status"
    VOTE_NOT_ENTITLED = "vote-not-entitled"
    VOTE_LATE = "vote-late"
    VOTE_REPEATED = "vote-repeated"
    PASSED_WITHOUT_MAJORITY = "passed-without-majority"
    CARRIED_OUT_WITHOUT_MAJORITY = "carried-out-without-majority"
    CARRIED_OUT_TIME = "carried-out-time"
    CARRIED_OUT_OVERTAKEN = "carried-out-overtaken"
    CARRIED_OUT_NOTHING = "carried-out-nothing"
    VETO = "veto"

    # StudyRegistry.
    STUDY_UNKNOWN = "study-unknown"
    STUDY_REPEATED = "study-repeated"
    STUDY_MALFORMED = "study-malformed"
    STUDY_CUSTODIAN = "study-custodian"
    STUDY_EPOCH = "study-epoch"
    STUDY_MANIFEST = "study-manifest"
    ROTATION_BACK = "rotation-back"
    STUDY_STATUS = "study-status"
    DISPOSAL_EPOCH = "disposal-epoch"
    DISPOSAL_EMPTY = "disposal-empty"
    CUSTODY_OFFER = "custody-offer"
    CUSTODY_NOT_OFFERED = "custody-not-offered"

    # ConsentRegistry.
    DIRECTIVE_REPEATED = "directive-repeated"
    DIRECTIVE_AFTER_REVOCATION = "directive-after-revocation"
    REVOCATION_REPEATED = "revocation-repeated"
    GENERATION_SEQUENCE = "generation-sequence"
    REFUSAL_SEQUENCE = "refusal-sequence"
    REFUSAL_SCOPE = "refusal-scope"
    CONSENT_KIND = "consent-kind"
    PAPER_AFTER_SIGNATURE = "paper-after-signature"
    PAPER_ATTESTATION = "paper-attestation"
    PAPER_ENDED_REPEATED = "paper-ended-repeated"
    TAKEN = "taken"
    BATCH = "batch"

    # ConsentRegistry: guardians and recovery.
    GUARDIAN_APPOINTMENT = "guardian-appointment"
    GUARDIAN_ENDED = "guardian-ended"
    GUARDIAN_POWERS = "guardian-powers"
    GUARDIAN_DISMISSAL = "guardian-dismissal"
    RECOVERY_START = "recovery-start"
    RECOVERY_DELAY = "recovery-delay"
    RECOVERY_STOP = "recovery-stop"
    RECOVERY_NOT_UNDER_WAY = "recovery-not-under-way"
    RECOVERY_EARLY = "recovery-early"
    RECOVERY_KEY = "recovery-key"

    # ProjectRegistry.
    PROJECT_UNKNOWN = "project-unknown"
    PROJECT_REPEATED = "project-repeated"
    PROJECT_MALFORMED = "project-malformed"
    PROJECT_BOARD = "project-board"
    PROJECT_TERM = "project-term"
    PROJECT_STATUS = "project-status"
    PROJECT_PARTY = "project-party"

    # AccessLedger: requests.
    REQUEST_REPEATED = "request-repeated"
    REQUEST_ID = "request-id"
    REQUEST_STUDY = "request-study"
    DIRECTIVE_HASH = "directive-hash"
    DECISION_DIFFERS = "decision-differs"
    ENGINE_UNKNOWN = "engine-unknown"
    PERSON_MISSING = "person-missing"

    # AccessLedger: emergencies.
    EMERGENCY_PEOPLE = "emergency-people"
    EMERGENCY_MALFORMED = "emergency-malformed"
    EMERGENCY_UNTIL = "emergency-until"
    EMERGENCY_DEADLINE = "emergency-deadline"
    EMERGENCY_UNJUSTIFIED = "emergency-unjustified"
    REVIEW_WITHOUT_EMERGENCY = "review-without-emergency"
    REVIEW_REPEATED = "review-repeated"
    REVIEW_NOT_ENTITLED = "review-not-entitled"
    REVIEW_MALFORMED = "review-malformed"
    REVIEW_TIME = "review-time"
    REVIEW_LATE = "review-late"

    # AccessLedger: releases.
    RELEASE_WITHOUT_REQUEST = "release-without-request"
    RELEASE_OF_DENIED = "release-of-denied"
    RELEASE_AFTER_REFUSAL = "release-after-refusal"
    RELEASE_AFTER_WITHDRAWAL = "release-after-withdrawal"
    RELEASE_DURING_STOP = "release-during-stop"
    RELEASE_GUARDIAN = "release-guardian"
    RELEASE_PAPER = "release-paper"
    RELEASE_PROJECT = "release-project"
    RELEASE_AGAINST_POLICY = "release-against-policy"
    RELEASE_REPEATED = "release-repeated"
    RELEASE_LATE = "release-late"
    RELEASE_STUDY = "release-study"
    RELEASE_REQUESTER = "release-requester"
    RELEASE_CUSTODIAN = "release-custodian"
    RELEASE_DIRECTIVE = "release-directive"
    RELEASE_EPOCH = "release-epoch"
    RELEASE_MANIFEST = "release-manifest"
    RELEASE_KEY_VERSION = "release-key-version"
    ENVELOPE_MISSING = "envelope-missing"
    ENVELOPE_REPEATED = "envelope-repeated"

    # AccessLedger: what came after.
    CONFIRM_WITHOUT_RELEASE = "confirm-without-release"
    CONFIRM_REPEATED = "confirm-repeated"
    DISPUTE_WITHOUT_RELEASE = "dispute-without-release"
    DISPUTE_REPEATED = "dispute-repeated"
    DISPUTE_FAILURE = "dispute-failure"
    DISPUTED = "disputed"
    REFUSE_WITHOUT_REQUEST = "refuse-without-request"
    REFUSE_REPEATED = "refuse-repeated"
    REFUSE_REASON = "refuse-reason"
    PARTY_DIFFERS = "party-differs"

    # What somebody still has to do.
    EMERGENCY_OVERDUE = "emergency-overdue"
    EMERGENCY_UNREVIEWED = "emergency-unreviewed"
    ROTATION_OWED = "rotation-owed"
    DISPOSAL_NOT_ATTESTED = "disposal-not-attested"


#: Everything that is not listed here is a violation.
SEVERITIES: dict[Code, Severity] = {
    Code.ENGINE_UNKNOWN: Severity.WARNING,
    Code.ROTATION_BACK: Severity.WARNING,
    Code.EMERGENCY_UNJUSTIFIED: Severity.WARNING,
    Code.REVIEW_LATE: Severity.NOTE,
    Code.ENVELOPE_REPEATED: Severity.WARNING,
    Code.DISPUTED: Severity.WARNING,
    Code.EMERGENCY_OVERDUE: Severity.WARNING,
    Code.EMERGENCY_UNREVIEWED: Severity.NOTE,
    Code.ROTATION_OWED: Severity.WARNING,
    Code.DISPOSAL_NOT_ATTESTED: Severity.NOTE,
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where in the chain something stands.

    Attributes:
        block: the block's number.
        log_index: the log's index in its block.
        time: the block's timestamp, seconds since 1970 UTC.
        tx: the transaction's hash; empty where no transaction is meant.
    """

    block: int
    log_index: int
    time: int
    tx: bytes = b""

    def beside(self, other: Position) -> bool:
        """Whether both stand in one transaction."""
        return (self.block, self.tx) == (other.block, other.tx)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be, or that somebody still has to do.

    Attributes:
        code: its kind.
        sentence: what is wrong, in plain words.
        subjects: the ids it is about, shortened for people.
        at: where it stands; None for what concerns the deployment as a whole.
    """

    code: Code
    sentence: str
    subjects: tuple[str, ...]
    at: Position | None

    @property
    def severity(self) -> Severity:
        """How grave it is; each code has one severity."""
        return SEVERITIES.get(self.code, Severity.VIOLATION)

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON-like values."""
        return {
            "severity": self.severity.value,
            "code": self.code.value,
            "block": self.at.block if self.at else None,
            "time": self.at.time if self.at else None,
            "tx": "0x" + self.at.tx.hex() if self.at and self.at.tx else None,
            "sentence": self.sentence,
            "subjects": list(self.subjects),
        }
