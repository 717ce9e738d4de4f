"""One world in which every operation happens twice, in the contracts and in the model, and is compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agreement_chain import Chain, Contract, Reverted, functions
from agreement_world import Account
from eth_abi import decode, encode
from operations_chain import Deployed, errors, logged, words
from operations_kept import kept_after
from operations_model import Model, Refused, Terms

from pixelpact.policy import Attribute, OperatorPermission, Role

FOUNDED = 1_750_000_000
ANYBODY = "0x" + "57" * 20
ALL_PERMISSIONS = sum(OperatorPermission)

#: The institutions that a world begins with: roles, country, attributes.
FOUNDERS = (
    (Role.CUSTODIAN | Role.REQUESTER | Role.VOTER, b"CH", Attribute.NOT_FOR_PROFIT),
    (Role.CUSTODIAN | Role.REQUESTER | Role.VOTER, b"AT", 0),
    (Role.REQUESTER | Role.VOTER, b"CH", Attribute.NOT_FOR_PROFIT),
    (Role.REQUESTER, b"DE", 0),
    (Role.ETHICS_BOARD | Role.VOTER, b"CH", Attribute.NOT_FOR_PROFIT),
    (Role.ETHICS_BOARD | Role.CUSTODIAN, b"AT", 0),
)


@lru_cache(maxsize=4096)
def account(number: int) -> Account:
    """An account of the test's own; the same number is the same account."""
    return Account(number)


class Play:
    """The contracts and the model of one consortium, and what happened to them.

    Attributes:
        seed, rng: what chooses; the seed makes it repeatable.
        met: how often each function ended how: with its events, or with which error or reason.
        accounts: every account that can sign, by its address.
        team: the accounts of each institution, its admin first.
    """

    def __init__(self, seed: int, met: Counter[tuple[str, str]]) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.met = met
        self.accounts: dict[bytes, Account] = {}
        self.team: dict[int, list[bytes]] = {}
        self._accounts = 0
        terms = Terms()
        self.chain = Chain(FOUNDED)
        self.model = Model(terms, FOUNDED)
        admins = [self.newcomer() for _ in FOUNDERS]
        rows = [(admin.address, *map(_plain, row)) for admin, row in zip(admins, FOUNDERS, strict=True)]
        self.deployed = Deployed(self.chain, rows, terms)
        self.model.emit("ConsortiumFounded", terms)
        for number, (admin, row) in enumerate(zip(admins, FOUNDERS, strict=True), 1):
            self.model.emit("InstitutionAdmitted", number, admin.raw, *map(_plain, row))
            self.team[number] = [admin.raw]
        self.state = self.model.state

    def newcomer(self) -> Account:
        """An account that nobody has met in this world."""
        self._accounts += 1
        one = account(10_000 + self._accounts)
        self.accounts[one.raw] = one
        return one

    def do(
        self,
        by: bytes,
        contract: Contract,
        name: str,
        arguments: tuple[Any, ...],
        rule: Callable[[], Any],
        returns: Callable[[Any], bytes] | None = None,
    ) -> bool:
        """Let an operation happen in both, and compare; whether it went well.

        Args:
            by: who calls.
            contract, name, arguments: the call.
            rule: the same in the model; what it returns goes to ``returns``.
            returns: what the call must return.
        """
        self.model.reported = []
        found: Any = None
        refused = ""
        try:
            found = rule()
        except Refused as no:
            refused = str(no)
        answer, failed = self._send(by, contract, name, arguments)
        what = f"{contract.name}.{name}"
        if not self.model.reported and not refused and failed.startswith("AccessLedger_Denied"):
            refused = f"AccessLedger_Denied {int(found)}"
        self.met[what, refused or "done"] += 1
        assert failed == refused, (what, arguments, failed or "done", refused or "done")
        if refused:
            return False
        if returns is not None:
            assert answer == returns(found), (what, arguments, answer.hex())
        self._compare_logs(what, contract)
        for event in self.model.reported:
            for where, view, asked, kept in kept_after(self.model, self.deployed, event):
                self.compare(where, view, asked, kept)
        return True

    def _send(
        self, by: bytes, contract: Contract, name: str, arguments: tuple[Any, ...]
    ) -> tuple[bytes, str]:
        function = functions(contract.name)[name]
        data = function.selector + encode(function.inputs, arguments)
        try:
            return self.chain.raw("0x" + by.hex(), contract.address, data), ""
        except Reverted as no:
            failed = errors().get(no.data[:4], no.data.hex())
            if failed == "AccessLedger_Denied":
                failed += f" {int.from_bytes(no.data[36:68])}"
            return b"", failed

    def _compare_logs(self, what: str, contract: Contract) -> None:
        result = self.chain.evm.result
        assert result is not None
        found = [
            ([bytes.fromhex(topic[2:]) for topic in log.topics], bytes(log.data[1])) for log in result.logs
        ]
        expected = [logged(event) for event in self.model.reported]
        assert found == expected, (what, self.model.reported, found)
        assert all(log.address.lower() == contract.address.lower() for log in result.logs)

    def compare(self, contract: Contract, view: str, asked: tuple[Any, ...], kept: bytes) -> None:
        """What a view of the contract answers is what the model keeps."""
        function = functions(contract.name)[view]
        data = function.selector + encode(function.inputs, asked)
        answer = self.chain.raw(ANYBODY, contract.address, data, static=True)
        assert answer == kept, (contract.name, view, asked, decode(function.outputs, answer), kept.hex())

    def ask(self, contract: Contract, view: str, arguments: tuple[Any, ...], expected: Any) -> None:
        """A view that decides something answers what the model says."""
        self.compare(contract, view, arguments, words(expected))
        self.met[f"{contract.name}.{view}", f"answers {int(expected)}"] += 1

    def pass_time(self) -> None:
        """Some seconds later, or in the same; sometimes much later."""
        later = self.rng.choice((0, 0, 0, 1, 2, 5, 10, 20))
        if self.rng.random() < 0.01:
            later = self.rng.choice((100, 300, 600, 3_600))
        self.chain.time += later
        self.model.time = self.chain.time


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) else value
