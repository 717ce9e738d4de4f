"""All random operations of a world, and how often each comes."""

from __future__ import annotations

from collections import Counter

from operations_acts_consents import ConsentActs
from operations_acts_institutions import InstitutionActs
from operations_acts_ledger import LedgerActs
from operations_kept import everything

#: How often each comes, in relation to the others.
WEIGHTS: dict[str, float] = {
    "set_operator": 1.5,
    "resign": 0.4,
    "publish_key": 1.5,
    "suspend_self": 0.15,
    "propose": 2.5,
    "vote": 7,
    "carry_out": 2.5,
    "veto": 0.4,
    "register": 3,
    "rotate": 1.5,
    "withdraw": 0.6,
    "reinstate": 1,
    "erase": 0.2,
    "attest_disposal": 0.8,
    "offer_custody": 1,
    "accept_custody": 0.8,
    "record": 8,
    "revoke": 1.5,
    "revoke_all": 0.5,
    "refuse": 2,
    "record_paper": 2.5,
    "take_revocation": 0.7,
    "take_refusal": 0.7,
    "lift_taken_refusal": 1,
    "end_paper": 0.3,
    "anchor": 1.5,
    "appoint": 1.5,
    "appoint_attested": 1.2,
    "dismiss": 0.6,
    "name_recovery": 1,
    "start_recovery": 0.7,
    "start_recovery_by_guardian": 0.7,
    "stop_recovery": 0.3,
    "finish_recovery": 0.6,
    "register_project": 1.5,
    "approve": 2,
    "withdraw_project": 0.3,
    "request": 16,
    "decide": 8,
    "decide_emergency": 1,
    "release": 6,
    "confirm": 2,
    "dispute": 1,
    "refuse_request": 0.7,
    "emergency": 2.5,
    "review": 2,
}


class RandomWorld(InstitutionActs, ConsentActs, LedgerActs):
    """A world in which anything happens."""

    def __init__(self, seed: int, met: Counter[tuple[str, str]]) -> None:
        super().__init__(seed, met)
        self.begin()
        self.open()
        self.start()

    def live(self, operations: int) -> None:
        """Let so many operations happen, one after the other, and compare all that is kept then."""
        names = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=operations)
        for place, name in enumerate(names):
            self.pass_time()
            try:
                getattr(self, name)()
            except AssertionError as difference:
                difference.add_note(f"seed {self.seed}, operation {place}: {name}")
                raise
        for kept in everything(self.model, self.deployed):
            self.compare(*kept)
