"""No call of the ConsentRegistry gets dearer with what was said before: the same at 1 and at 10,000 entries.

The patients, the guardian and the hospital are contracts that sign everything, on a chain in this process, so
that such a history takes seconds.
"""

from __future__ import annotations

from typing import Any

import pytest
from consenting import BY_PAPER, FORM, GRANT, NARROW, OWN_KEY, PAPER, RECOVER, TAKEN
from eth_utils import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env
from scenario import (
    CONSENTS,
    CUSTODIAN,
    NO_EVIDENCE,
    START,
    TERMS,
    YEAR,
    ZERO32,
    digest,
    directive_of,
    sent,
)

ENTRIES, AT_ONCE, GAS = 10_000, 500, 2**40
SENDER, NEW_KEY = "0x" + "99" * 20, "0x" + "77" * 20


class World:
    """A hospital whose admin is also the patient who signs, its second operator, a minor, and a guardian."""

    def __init__(self, project: Any, mocks: Any, institutions: Any, consents: Any) -> None:
        self.evm = EVM(Env(cfg=CfgEnv(chain_id=8_675_309)), gas_limit=2**63, spec_id="MERGE")
        self.evm.set_block_env(BlockEnv(number=1, timestamp=START, gas_limit=2**63, basefee=0))
        self.methods = consents
        self.historian = mocks.Historian
        self.patient, self.second, self.minor, self.guardian = (
            self._deploy(mocks.Historian) for _ in range(4)
        )
        founders = [(self.patient, CUSTODIAN, b"GB", 0)]
        registry = self._deploy(project.InstitutionRegistry, founders, TERMS)
        studies = self._deploy(project.StudyRegistry, registry)
        self.consents = self._deploy(project.ConsentRegistry, registry, studies)
        operator = bytes(institutions.setOperator.encode_input(self.second, CONSENTS))
        self.say([(registry, operator, 4 + 32, CONSENTS)], 1, 1)

    def _deploy(self, container: Any, *arguments: Any) -> str:
        code = bytes.fromhex(container.contract_type.deployment_bytecode.bytecode.removeprefix("0x"))
        return str(self.evm.deploy(SENDER, code + bytes(container.constructor.encode_input(*arguments))))

    def say(self, calls: list[Any], first: int, count: int) -> int:
        """Let the patient's contract say all of this, round by round; the gas it took."""
        abi = next(entry for entry in self.historian.contract_type.mutable_methods if entry.name == "repeat")
        ecosystem = self.methods.provider.network.ecosystem
        data = keccak(text=abi.selector)[:4] + bytes(ecosystem.encode_calldata(abi, calls, first, count))
        return self._send(self.patient, data)

    def decide(self, subject: str, number: int) -> int:
        """The gas of the registry's part of a decision."""
        scope = (1, 0, digest("study"), 7)
        data = self.methods.standing.encode_input(subject, number.to_bytes(32, "big"), scope, NO_EVIDENCE)
        return self._send(self.consents, bytes(data))

    def _send(self, to: str, data: bytes) -> int:
        self.evm.message_call(SENDER, to, data, gas=GAS)
        assert self.evm.result is not None
        return int(self.evm.result.gas_used) - sum(16 if byte else 4 for byte in data)

    def read(self, method: Any, *arguments: Any) -> Any:
        """What a view answers."""
        data = bytes(method.encode_input(*arguments))
        answer = self.evm.message_call(SENDER, self.consents, data, gas=GAS, is_static=True)
        ecosystem = self.methods.provider.network.ecosystem
        decoded = ecosystem.decode_returndata(method.abis[0], bytes(answer))
        return decoded[0] if len(decoded) == 1 else decoded

    def turn(self) -> dict[str, tuple[str, bytes, int, int]]:
        """Everything that can be said, in an order in which it can: whom to call, with what, where in it the
        round's number goes, how many times.
        """
        consents, patient, minor = self.methods, self.patient, self.minor
        second, until = self.second, START + YEAR

        def call(at: int, method: Any, *arguments: Any, times: int = 1) -> tuple[str, bytes, int, int]:
            return self.consents, bytes(method.encode_input(*arguments)), 4 + 32 * at, times

        appointment = (patient, self.guardian, GRANT | RECOVER, 0, until, 0)
        attested = (minor, self.guardian, GRANT, 1, until, 0)
        on_paper = sent(directive_of(digest("study"), subject=minor, custodian=1))
        # The directive stands behind three words; its twelfth word is the salt.
        return {
            "record": call(1, consents.record, patient, ZERO32, 0, b""),
            "revoke": call(1, consents.revoke, patient, ZERO32, 0, b""),
            "revokeAll": call(1, consents.revokeAll, patient, 0, 0, b""),
            "refuse": call(5, consents.refuse, (patient, 0, ZERO32, 0, 5, 0), 0, b""),
            "refuse, of a grantee": call(5, consents.refuse, (patient, 0, ZERO32, 7, 5, 0), 0, b""),
            "appoint": call(5, consents.appoint, appointment, b""),
            "dismiss": call(1, consents.dismiss, patient, 0, b""),
            "nameRecovery": call(2, consents.nameRecovery, patient, self.guardian, 0, b""),
            "startRecovery": call(2, consents.startRecovery, patient, NEW_KEY, 0, b""),
            "stopRecovery": call(1, consents.stopRecovery, patient, 0, b""),
            "anchor": call(0, consents.anchor, ZERO32),
            "recordPaper": call(1, consents.recordPaper, minor, ZERO32, FORM, second, b""),
            "appointAttested": call(5, consents.appointAttested, attested, FORM, second, b""),
            "takeRevocation": call(3 + 11, consents.takeRevocation, on_paper, BY_PAPER, FORM),
            "takeRefusal": call(4, consents.takeRefusal, minor, ZERO32, 5, BY_PAPER, FORM),
            "liftTakenRefusal": call(
                3, consents.liftTakenRefusal, minor, ZERO32, FORM, 0, second, b"", times=2
            ),
        }


@pytest.fixture
def world(project, mocks, institutions, consents):
    return World(project, mocks, institutions, consents)


def costs(world: World, number: int) -> dict[str, int]:
    """The gas of each call of a turn, and of the registry's part of a decision."""
    used = {name: world.say([call], number, 1) for name, call in world.turn().items()}
    used["standing"] = world.decide(world.patient, number)
    used["standing, of a minor"] = world.decide(world.minor, number)
    return used


def test_costs_the_same_at_1_and_at_10000_entries(world):
    costs(world, 1)
    early = costs(world, 2)
    calls = list(world.turn().values())
    for first in range(3, ENTRIES + 1, AT_ONCE):
        world.say(calls, first, min(AT_ONCE, ENTRIES + 1 - first))
    assert costs(world, ENTRIES + 1) == early
    consents, last = world.methods, ENTRIES + 1
    state = world.read(consents.subjectOf, world.patient)
    assert (state.generation, state.appointmentCount, state.refusalSequence) == (last, last, last)
    assert state.flags == NARROW | OWN_KEY
    assert world.read(consents.subjectOf, world.minor).flags == PAPER | TAKEN
    assert tuple(world.read(consents.takenRefusalOf, world.minor, 1, ZERO32)) == (0, 2 * last)
    assert min(early.values()) > 21_000
