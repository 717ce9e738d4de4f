"""The contracts as docs/contracts.md has them, in plain Python: what each function asks for and reports.

Each takes what it asks for in its order. What is kept then is what `pixelpact.policy.state` makes of the
reports alone. An operation raises `Refused` with the error's name, or emits events. Nothing here hashes or
checks a signature: it is told the numbers, and who signed.
"""

from __future__ import annotations

import re
from collections import namedtuple
from functools import cache
from typing import Any, NamedTuple

from agreement_chain import artifact

from pixelpact.policy import InstitutionFacts, InstitutionStatus, OperatorPermission, Role
from pixelpact.policy.state import State

NOBODY, NO_DIGEST = bytes(20), bytes(32)
CONTRACTS = ("InstitutionRegistry", "StudyRegistry", "ConsentRegistry", "ProjectRegistry", "AccessLedger")


class Refused(Exception):  # noqa: N818  # an answer
    """The function reverts with the error of this name."""


class Terms(NamedTuple):
    """What the consortium was founded on, in seconds, in the order of the contract."""

    vote_lifetime: int = 5_000
    engine_notice: int = 400
    recovery_notice: int = 500
    longest_stop: int = 300
    paper_delay: int = 200
    key_recovery_delay: int = 600
    review_term: int = 1_000


@cache
def event_types() -> dict[str, tuple[str, Any]]:
    """The contract and the type of each event; its fields are those of the ABI, with underscores."""

    def spelt(name: str) -> str:
        plain = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
        return plain + "_" if plain == "from" else plain

    return {
        entry["name"]: (contract, namedtuple(entry["name"], [spelt(one["name"]) for one in entry["inputs"]]))  # noqa: PYI024
        for contract in CONTRACTS
        for entry in artifact(contract)["abi"]
        if entry["type"] == "event" and entry["name"] != "EIP712DomainChanged"
    }


class Model:
    """The state of all contracts, its time, and what the operation under way has reported."""

    def __init__(self, terms: Terms, time: int) -> None:
        self.terms = terms
        self.state = State()
        self.time = time
        self.reported: list[Any] = []

    def emit(self, name: str, *values: Any) -> None:
        """Report an event; from then on the state has it."""
        event = event_types()[name][1](*values)
        self.reported.append(event)
        self.state.apply(event, self.time)

    def facts(self, institution: int) -> InstitutionFacts:
        """The standing of an institution."""
        return self.state.institutions.facts(institution)

    def operator(self, contract: str, account: bytes, permission: OperatorPermission) -> int:
        """The account's institution, if the account has the permission."""
        institution, permissions = self.state.institutions.acting_for(account)
        require(permissions & permission, f"{contract}_NotOperator")
        return institution

    def active_operator(self, contract: str, account: bytes, permission: OperatorPermission) -> int:
        """The same, if the institution is active."""
        institution = self.operator(contract, account, permission)
        require(self.is_active(institution), f"{contract}_NotActive")
        return institution

    def is_active(self, institution: int) -> bool:
        """Whether an institution takes part."""
        return self.facts(institution).status == InstitutionStatus.ACTIVE

    def has_role(self, institution: int, role: Role) -> bool:
        """Whether an institution holds a role."""
        return bool(self.facts(institution).roles & role)


def require(holds: object, error: str) -> None:
    """Refuse by this error unless it holds."""
    if not holds:
        raise Refused(error)


def is_country(letters: bytes) -> bool:
    """Whether it is two ASCII capital letters."""
    return len(letters) == 2 and all(65 <= letter <= 90 for letter in letters)
