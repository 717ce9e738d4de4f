"""What the InstitutionRegistry keeps: institutions, operators, what is voted on, the consortium's rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pixelpact.models import Action

from .structs import Struct, fields_of, struct_of

__all__ = [
    "RECOMMENDED_TERMS",
    "Founder",
    "InstitutionRecord",
    "InstitutionStatus",
    "Operator",
    "Proposal",
    "ProposalState",
    "Rule",
    "Terms",
    "founder_struct",
    "institution_of",
    "proposal_of",
    "terms_of",
]


class InstitutionStatus(IntEnum):
    """Whether an institution takes part (``InstitutionRegistry.Status``)."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2


class ProposalState(IntEnum):
    """What became of a proposal (``InstitutionRegistry.ProposalState``)."""

    UNKNOWN = 0
    OPEN = 1
    CARRIED_OUT = 2
    VETOED = 3


@dataclass(frozen=True, slots=True)
class Founder:
    """An institution that the consortium starts with.

    Attributes:
        admin: the account that speaks for it, 20 bytes.
        roles: a bit each (docs/policy.md, Roles).
        country: ISO 3166-1 alpha-2, two capital letters.
        attributes: what is attested of it, a bit each.
    """

    admin: bytes
    roles: int
    country: str
    attributes: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """The times that a consortium is founded on, whole seconds up to ten years; they never change.

    Attributes:
        vote_lifetime: how long a proposal may be voted on, and after that carried out.
        engine_notice: between a vote for a policy engine and its start.
        recovery_notice: between a vote for a new admin and its taking over.
        longest_stop: the longest stop of all sharing.
        paper_delay: before a consent on paper counts; may be 0.
        key_recovery_delay: before a patient's new key takes over.
        review_term: within which an emergency must be reviewed.
    """

    vote_lifetime: int
    engine_notice: int
    recovery_notice: int
    longest_stop: int
    paper_delay: int
    key_recovery_delay: int
    review_term: int


_DAY = 86_400
#: The terms for a consortium of real institutions (docs/contracts.md, Terms).
RECOMMENDED_TERMS = Terms(
    vote_lifetime=30 * _DAY,
    engine_notice=7 * _DAY,
    recovery_notice=7 * _DAY,
    longest_stop=14 * _DAY,
    paper_delay=3 * _DAY,
    key_recovery_delay=7 * _DAY,
    review_term=7 * _DAY,
)


@dataclass(frozen=True, slots=True)
class InstitutionRecord:
    """All that the chain keeps of an institution; status UNKNOWN and zeros when there is none of this number.

    Attributes:
        admin: the account that speaks for it, 20 bytes.
        status: whether it takes part.
        roles: a bit each.
        country: ISO 3166-1 alpha-2, two capital letters as 2 bytes.
        attributes: a bit each.
        key_version: of its current encryption key; 0 while it has none.
        requester_since: when it got the requester role (seconds), 0 while it does not hold it.
        status_since: when it got its present status (seconds).
        operator_epoch: counts the recoveries of its admin, each of which ended all its operators of before.
    """

    admin: bytes
    status: InstitutionStatus
    roles: int
    country: bytes
    attributes: int
    key_version: int
    requester_since: int
    status_since: int
    operator_epoch: int


@dataclass(frozen=True, slots=True)
class Operator:
    """For whom an account acts: an institution (0: nobody) and its permissions, a bit each."""

    institution: int
    permissions: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is voted on; state UNKNOWN and zeros when there is none of this number.

    Attributes:
        motion: Keccak-256 of the motion that was proposed, 32 bytes.
        action: what kind of motion.
        state: what became of it.
        proposer: the institution that proposed it.
        institution: whom it is about, 0 for nobody.
        proposed_at: seconds.
        passed_at: when two thirds were for it, seconds; 0: not yet.
        votes: a bit for each voter that is for it (``voter_index``).
    """

    motion: bytes
    action: Action
    state: ProposalState
    proposer: int
    institution: int
    proposed_at: int
    passed_at: int
    votes: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What every decision follows.

    Attributes:
        engine: the policy engine that was voted for, 20 bytes; zeros while it is the first one.
        engine_version: of that engine; 0 while it is the first one.
        stopped_until: no sharing before, seconds.
    """

    engine: bytes
    engine_version: int
    stopped_until: int


def founder_struct(founder: Founder) -> Struct:
    """``InstitutionRegistry.Founder``."""
    return {**struct_of(founder), "country": founder.country.encode("ascii")}


def terms_of(struct: Struct) -> Terms:
    """Read ``InstitutionRegistry.Terms``."""
    return Terms(**fields_of(struct))


def institution_of(struct: Struct) -> InstitutionRecord:
    """Read ``InstitutionRegistry.Institution``."""
    return InstitutionRecord(**fields_of(struct) | {"status": InstitutionStatus(struct["status"])})


def proposal_of(struct: Struct) -> Proposal:
    """Read ``InstitutionRegistry.Proposal``."""
    kinds = {"action": Action(struct["action"]), "state": ProposalState(struct["state"])}
    return Proposal(**fields_of(struct) | kinds)
