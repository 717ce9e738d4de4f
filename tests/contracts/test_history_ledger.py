"""No call of the ledger or of the registry of projects gets dearer: the same at 1 and at 10,000 entries.

The institutions are contracts that sign everything, on a chain in this process, so that such a history takes
seconds.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from eth_utils import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env
from scenario import (
    BOARD,
    CT,
    CUSTODIAN,
    EMERGENCIES,
    REQUESTER,
    START,
    TERMS,
    YEAR,
    Domain,
    cited,
    digest,
    directive_of,
    emergency_of,
    emergency_query,
    number,
    project_id,
    project_of,
    query_of,
    release_of,
    request_id,
)

ENTRIES, AT_ONCE, GAS = 10_000, 250, 2**40
CHAIN_ID, SENDER = 8_675_309, "0x" + "99" * 20
PERSON = digest("somebody")


class World:
    """A hospital that asks what it holds, whose admin is also the patient; its second operator; a board."""

    def __init__(self, project: Any, mocks: Any, consortium: Any) -> None:
        self.evm = EVM(Env(cfg=CfgEnv(chain_id=CHAIN_ID)), gas_limit=2**63, spec_id="MERGE")
        self.evm.set_block_env(BlockEnv(number=1, timestamp=START, gas_limit=2**63, basefee=0))
        self.methods, self.historian = consortium, mocks.Historian
        self.hospital, self.second, self.board = (self._deploy(mocks.Historian) for _ in range(3))
        rows = [(self.hospital, CUSTODIAN | REQUESTER, b"GB", 0), (self.board, BOARD, b"GB", 0)]
        registry = self._deploy(project.InstitutionRegistry, rows, TERMS)
        studies = self._deploy(project.StudyRegistry, registry)
        consents = self._deploy(project.ConsentRegistry, registry, studies)
        self.projects = self._deploy(project.ProjectRegistry, registry)
        engine = self._deploy(project.PolicyEngine, registry, self.projects, 1)
        self.ledger = self._deploy(project.AccessLedger, registry, studies, consents, engine)
        self.study = keccak(number(1) + digest("study"))
        self.directive = directive_of(self.study, subject=self.hospital, grantee=1)
        for to, method, *arguments in (
            (registry, consortium.institutions.setOperator, self.second, EMERGENCIES),
            (registry, consortium.institutions.publishKey, b"K" * 1_216),
            (
                studies,
                consortium.studies.register,
                digest("study"),
                self.hospital,
                CT,
                digest("manifest"),
                digest("content"),
            ),
            (consents, consortium.consents.record, self.hospital, self._hash(), 0, b""),
        ):
            data = bytes(method.encode_input(*arguments))
            self.say(self.hospital, [(to, data, 4, int.from_bytes(data[4:36], "big"))], 1, 1)

    def _hash(self) -> bytes:
        return Domain(CHAIN_ID, self.ledger).struct_hash("Directive", self.directive)

    def _deploy(self, container: Any, *arguments: Any) -> str:
        code = bytes.fromhex(container.contract_type.deployment_bytecode.bytecode.removeprefix("0x"))
        return str(self.evm.deploy(SENDER, code + bytes(container.constructor.encode_input(*arguments))))

    def say(self, who: str, calls: list[Any], first: int, count: int) -> int:
        """Let an institution's contract say all of this, round by round; the gas it took."""
        abi = next(entry for entry in self.historian.contract_type.mutable_methods if entry.name == "repeat")
        ecosystem = self.methods.ledger.provider.network.ecosystem
        data = keccak(text=abi.selector)[:4] + bytes(ecosystem.encode_calldata(abi, calls, first, count))
        self.evm.message_call(SENDER, who, data, gas=GAS)
        assert self.evm.result is not None
        return int(self.evm.result.gas_used) - sum(16 if byte else 4 for byte in data)

    def turn(self) -> dict[str, tuple[str, bytes, int, int]]:
        """What the hospital says, in an order in which it can: to whom, with what, where in it the round's
        number goes, and how many times.
        """
        ledger, query, hash_ = self.methods.ledger, query_of(self.study), self._hash()
        released = release_of(requester=1, keyDigest=digest_of_key(), person=PERSON)
        asked = emergency_of(self.study, second=self.second, until=START + 1_800)

        def call(method: Any, *arguments: Any) -> tuple[str, bytes, int, int]:
            return self.ledger, bytes(method.encode_input(*arguments)), 4, 1

        body = bytes(self.methods.projects.register.encode_input(self.project(0)))
        # Behind the place of the body and six of its words stands the salt.
        return {
            "request": call(ledger.request, 0, query, *cited(self.directive), PERSON),
            "release": call(ledger.release, 0, query, *cited(self.directive), released),
            "confirm": call(ledger.confirm, 0, query, hash_, 1, PERSON),
            "dispute": call(ledger.dispute, 0, query, hash_, 1, 5, PERSON),
            "refuse": call(ledger.refuse, 0, query, hash_, 1, 400, PERSON),
            "emergency": call(ledger.emergency, 0, asked, b""),
            "register a project": (self.projects, body, 4 + 32 * 7, 1),
        }

    def project(self, at: int) -> dict[str, Any]:
        """The project of a round."""
        return project_of(lead=1, partners=[], salt=number(at))

    def answers(self, at: int) -> dict[str, tuple[str, str, bytes]]:
        """What the board says of a round's emergency and project: who, to whom, what."""
        asked = emergency_of(self.study, second=self.second)
        request = request_id(Domain(CHAIN_ID, self.ledger), 1, at, emergency_query(asked))
        project = project_id(self.project(at))
        ledger, projects = self.methods.ledger, self.methods.projects
        review = bytes(ledger.review.encode_input(request, 1, digest("report"), PERSON))
        approve = bytes(projects.approve.encode_input(project, 2, START + YEAR, self.board, b""))
        withdraw = bytes(projects.withdraw.encode_input(project))
        return {
            "review": (self.board, self.ledger, review),
            "approve": (self.board, self.projects, approve),
            "withdraw a project": (self.board, self.projects, withdraw),
        }

    def emergencies(self) -> list[int]:
        """How many were permitted, and how many nobody reviewed."""
        data = bytes(self.methods.ledger.emergenciesOf.encode_input(1))
        answer = bytes(self.evm.message_call(SENDER, self.ledger, data, gas=GAS, is_static=True))
        return [int.from_bytes(answer[at : at + 32], "big") for at in (0, 32)]


def digest_of_key() -> bytes:
    """The digest of the key that the hospital published."""
    return sha256(b"K" * 1_216).digest()


@pytest.fixture
def world(project, mocks, consortium):
    return World(project, mocks, consortium)


def costs(world: World, at: int) -> dict[str, int]:
    """The gas of each call of a turn."""
    used = {name: world.say(world.hospital, [call], at, 1) for name, call in world.turn().items()}
    for name, (who, to, data) in world.answers(at).items():
        word = int.from_bytes(data[4:36], "big")
        used[name] = world.say(who, [(to, data, 4, word)], 1, 1)
    return used


def test_costs_the_same_at_1_and_at_10000_entries(world):
    costs(world, 1)
    early = costs(world, 2)
    calls = list(world.turn().values())
    for first in range(3, ENTRIES + 1, AT_ONCE):
        world.say(world.hospital, calls, first, min(AT_ONCE, ENTRIES + 1 - first))
    assert costs(world, ENTRIES + 1) == early
    assert world.emergencies() == [ENTRIES + 1, ENTRIES - 2]
