"""The floor holds whatever the engine says, and the hash of a directive is that of EIP-712."""

from __future__ import annotations

from dataclasses import asdict
from itertools import combinations

import pytest
from agreement_cases import FAULTS, Chance, Setting, engine_code, permitted
from agreement_chain import CHAIN_ID
from agreement_world import directive_hash
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from pixelpact.policy import Reason, decide

SAYS_YES = "600060005260206000f3"
SAYS_250 = "60fa60005260206000f3"


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(seed=3)


def test_an_engine_that_permits_all_permits_nothing_that_the_floor_denies(setting: Setting) -> None:
    world = setting.world
    ledger = world.ledger_with(world.chain.deploy_code(engine_code(SAYS_YES)))
    for first, second in combinations(range(len(FAULTS)), 2):
        draft = permitted(setting)
        for place in (first, second):
            FAULTS[place][1](setting, draft)
        with world.undone():
            draft.play(setting)
            reason = decide(
                world.facts(draft.requester, draft.query, draft.directive), draft.query, draft.directive
            ).reason
            floor = reason if reason < Reason.ENGINE_FAILED else Reason.PERMITTED
            assert world.decide(draft.requester, draft.query, draft.directive, ledger) == floor


def test_a_later_engine_may_have_reasons_of_its_own(setting: Setting) -> None:
    world, draft = setting.world, permitted(setting)
    ledger = world.ledger_with(world.chain.deploy_code(engine_code(SAYS_250)))
    with world.undone():
        draft.play(setting)
        assert world.decide(draft.requester, draft.query, draft.directive, ledger) == 250
        assert world.request(draft.requester, draft.query, draft.directive, ledger)[1].reason == 250


FIELDS = {
    "subject": "address",
    "custodian": "uint32",
    "study": "bytes32",
    "grantee": "uint32",
    "categories": "uint64",
    "purposes": "uint64",
    "permission": "uint16",
    "vocabulary": "uint16",
    "generation": "uint32",
    "notBefore": "uint64",
    "expiry": "uint64",
    "salt": "bytes32",
    "modifiers": "Modifier[]",
}


def test_the_hash_of_a_directive_is_that_of_its_typed_data(setting: Setting) -> None:
    """Of three that share no code: this test's, the contract's, and a library's."""
    world, chance = setting.world, Chance(setting, 5)
    for _ in range(50):
        directive = chance.draft().directive
        if not any(directive.subject):
            continue
        values = asdict(directive)
        values["notBefore"] = values.pop("not_before")
        values["modifiers"] = list(values["modifiers"])
        message = encode_typed_data(
            {
                "name": "PixelPact",
                "version": "1",
                "chainId": CHAIN_ID,
                "verifyingContract": world.consents.address,
            },
            {
                "Directive": [{"name": name, "type": kind} for name, kind in FIELDS.items()],
                "Modifier": [{"name": "code", "type": "uint16"}, {"name": "value", "type": "bytes32"}],
            },
            values,
        )
        assert message.body == directive_hash(directive)
        fields = (
            *(values[name] for name in list(FIELDS)[:-1]),
            [tuple(one.values()) for one in values["modifiers"]],
        )
        assert world.chain.call(world.consents, "hashDirective", fields) == (message.body,)
        signed = keccak(b"\x19" + message.version + message.header + message.body)
        assert setting.alice.sign(signed)[64] in (27, 28)
