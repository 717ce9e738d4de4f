"""A consortium of four that vote and one that does not, and what they propose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_utils import keccak
from scenario import FOUNDED, TERMS, ZERO32, ZERO_ADDRESS, plain

ADMIT, SUSPEND, REINSTATE, CHANGE, RECOVER_ADMIN, REPLACE_ENGINE, STOP = range(1, 8)
OPEN, CARRIED_OUT, VETOED = 1, 2, 3
LIFETIME, ENGINE_NOTICE, RECOVERY_NOTICE, LONGEST_STOP = (
    TERMS[name] for name in ("voteLifetime", "engineNotice", "recoveryNotice", "longestStop")
)
#: The institutions by their numbers: the fifth does not vote.
A, B, C, D, E = range(1, 6)
MOTION = {
    "action": "uint8",
    "institution": "uint32",
    "account": "address",
    "roles": "uint16",
    "country": "bytes2",
    "attributes": "uint8",
    "codeHash": "bytes32",
    "duration": "uint64",
}
NO_PROPOSAL = {
    "motion": ZERO32,
    "action": 0,
    "state": 0,
    "proposer": 0,
    "institution": 0,
    "proposedAt": 0,
    "passedAt": 0,
    "votes": 0,
}


def motion(action: int, **fields: Any) -> dict[str, Any]:
    """A motion; what is not named is zero."""
    nothing = {"institution": 0, "account": ZERO_ADDRESS, "roles": 0, "country": bytes(2), "attributes": 0}
    return {"action": action} | nothing | {"codeHash": ZERO32, "duration": 0} | fields


def digest_of(proposed: dict[str, Any]) -> bytes:
    """What a proposal keeps of its motion."""
    return keccak(encode(list(MOTION.values()), [proposed[name] for name in MOTION]))


@dataclass
class Council:
    """An InstitutionRegistry of which four founders vote, and its clock."""

    registry: Any
    chain: Any
    admins: dict[int, Any]
    relay: Any
    time: int = FOUNDED

    def at(self, time: int) -> None:
        """The next transaction comes then."""
        self.time = self.chain.pending_timestamp = time

    def later(self, seconds: int) -> None:
        """The next transaction comes so long after the time that was set last."""
        self.at(self.time + seconds)

    def propose(self, proposed: dict[str, Any], by: int = A) -> int:
        """The number of a new proposal, with the proposer's vote unless it is about the proposer."""
        self.registry.propose(proposed, sender=self.admins[by])
        return int(self.registry.proposalCount())

    def vote(self, number: int, *voters: int) -> None:
        for voter in voters:
            self.registry.vote(number, sender=self.admins[voter])

    def passed(self, proposed: dict[str, Any], *voters: int) -> int:
        """The number of a new proposal of the first voter; it passes at the time set."""
        first, *others = voters or (A, B, C)
        number = self.propose(proposed, first)
        self.vote(number, *others[:-1])
        self.later(100)
        self.vote(number, *others[-1:])
        return number

    def carry_out(self, number: int, proposed: dict[str, Any]) -> Any:
        """By somebody who has no say."""
        return self.registry.carryOut(number, proposed, sender=self.relay)

    def decide(self, proposed: dict[str, Any], *voters: int) -> Any:
        """Propose, vote, wait for the notice, and carry it out."""
        number = self.passed(proposed, *voters)
        notice = {REPLACE_ENGINE: ENGINE_NOTICE, RECOVER_ADMIN: RECOVERY_NOTICE}.get(proposed["action"], 100)
        self.later(notice)
        return self.carry_out(number, proposed)

    def proposal(self, number: int) -> Any:
        return plain(self.registry.proposal(number))

    def institution(self, number: int) -> Any:
        return plain(self.registry.institution(number))
