"""What the ledger makes of an engine that does not answer as it should: a denial, never anything else."""

from typing import Any

import pytest
from eth_abi import decode
from eth_utils import keccak
from scenario import (
    DENIED,
    HOSPITAL_B,
    PERMITTED,
    REASON,
    cited,
    events_of,
    query_of,
    release_of,
    reverts,
)
from web3.exceptions import ContractCustomError

WORD, REVERTING, BURNING, HUNGRY, LONG, SHORT = range(6)
ENGINE_GAS = 200_000


@pytest.fixture
def engine(mocks, people):
    """An engine that answers as it is told."""
    return people.relay.deploy(mocks.Engine, 1)


@pytest.fixture
def ledger(project, people, consortium, engine):
    """A ledger with that engine, on the same registries."""
    return people.relay.deploy(
        project.AccessLedger, consortium.institutions, consortium.studies, consortium.consents, engine
    )


@pytest.fixture
def decide(ledger, engine, people, directive, directive_hash, query):
    """What the ledger decides when the engine answers so."""

    def decide_(way: int, word: int = 0) -> int:
        engine.set(way, word, sender=people.eve)
        return ledger.decide(HOSPITAL_B, query, *cited(directive))

    return decide_


@pytest.fixture
def send(chain, ledger, people, query, directive, directive_hash, person):
    """Hospital B asks with so much gas; the receipt, whatever became of it."""

    def send_(gas: int) -> Any:
        eth = chain.provider.web3.eth
        data = ledger.request.encode_input(5, query, *cited(directive), person)
        transaction = {"from": people.hospital_b.address, "to": ledger.address, "data": data, "gas": gas}
        return eth.wait_for_transaction_receipt(eth.send_transaction(transaction))

    return send_


@pytest.mark.parametrize("word", [0, 200, 201, 240, 299])
def test_takes_an_answer(decide, word):
    assert decide(WORD, word) == word


@pytest.mark.parametrize("word", [1, 91, 199, 300, 302, 400, 65_535, 65_536, 2**16 + 201, 2**255, 2**256 - 1])
def test_takes_no_answer_that_is_not_the_engines(decide, word):
    assert decide(WORD, word) == REASON.ENGINE_FAILED


@pytest.mark.parametrize("word", [0, 201])
@pytest.mark.parametrize("way", [REVERTING, BURNING, LONG, SHORT])
def test_takes_no_answer_but_one_word(decide, way, word):
    assert decide(way, word) == REASON.ENGINE_FAILED


@pytest.mark.parametrize("word", [0, 201])
def test_takes_the_answer_of_an_engine_that_uses_nearly_all_its_gas(decide, word):
    assert decide(HUNGRY, word) == word


def test_denies_when_the_engine_is_gone(chain, ledger, engine, people, directive, directive_hash, query):
    engine.vanish(sender=people.eve)
    assert chain.provider.get_code(engine.address) in (b"", "0x")
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.ENGINE_FAILED


def test_asks_no_engine_what_the_floor_denies(decide, ledger, directive, query):
    decide(WORD, 0)
    assert ledger.decide(4, query, *cited(directive)) == REASON.GRANTEE_DIFFERS
    assert ledger.decide(HOSPITAL_B, query | {"purpose": 58}, *cited(directive)) == REASON.PURPOSE_NOT_GRANTED


def test_records_the_failure_as_a_denial(ledger, engine, people, study, directive, directive_hash, person):
    engine.set(REVERTING, 0, sender=people.eve)
    receipt = ledger.request(6, query_of(study), *cited(directive), person, sender=people.hospital_b)
    ((name, event),) = events_of(receipt)
    assert (name, event["reason"], event["engineVersion"]) == ("AccessRequested", REASON.ENGINE_FAILED, 1)
    assert ledger.requestOf(event["request"]).status == DENIED


def test_pays_for_no_more_than_the_engines_gas_when_it_burns_all(engine, people, send, chain):
    engine.set(WORD, 240, sender=people.eve)
    with chain.isolate():
        usual = send(5_000_000)
    engine.set(BURNING, 0, sender=people.eve)
    burnt = send(5_000_000)
    assert (usual.status, burnt.status) == (1, 1)
    assert burnt.gasUsed - usual.gasUsed < ENGINE_GAS


def test_pays_for_no_copy_of_a_long_answer(ledger, engine, people, study, directive, directive_hash, person):
    used = []
    for nonce, way in enumerate((SHORT, LONG)):
        engine.set(way, 0, sender=people.eve)
        receipt = ledger.request(
            10 + nonce, query_of(study), *cited(directive), person, sender=people.hospital_b
        )
        assert events_of(receipt)[0][1]["reason"] == REASON.ENGINE_FAILED
        used.append(receipt.gas_used)
    # 33,000 bytes of memory cost the engine itself 5,200 gas; copying them would cost as much again.
    assert used[1] - used[0] < 6_000


def test_lets_no_caller_make_the_engine_fail_for_want_of_gas(chain, ledger, engine, people, send):
    """With whatever gas: the request fails as a whole, or the engine was given all that it may use."""
    engine.set(HUNGRY, 0, sender=people.eve)
    outcomes = set()
    for gas in range(210_000, 330_000, 3_000):
        with chain.isolate():
            receipt = send(gas)
        if receipt.status:
            (entry,) = receipt.logs
            reason = int.from_bytes(bytes(entry.data)[:32], "big")
            assert reason == REASON.PERMITTED
            outcomes.add("permitted")
        else:
            outcomes.add("reverted")
    assert outcomes == {"permitted", "reverted"}


def test_says_that_the_gas_was_too_low(chain, ledger, people, query, directive, directive_hash, person):
    data = ledger.request.encode_input(5, query, *cited(directive), person)
    call = {"from": people.hospital_b.address, "to": ledger.address, "data": data}
    with pytest.raises(ContractCustomError) as caught:
        chain.provider.web3.eth.call(call | {"gas": 250_000})
    selector = keccak(text=ledger.AccessLedger_GasTooLow.abi.selector)[:4].hex()
    assert caught.value.data[2:10] == selector
    left, needed = decode(["uint256", "uint256"], bytes.fromhex(caught.value.data[10:]))
    assert left < needed == ENGINE_GAS * 64 // 63 + 5_000


def test_releases_nothing_that_the_engine_denies_at_the_release(
    ledger, engine, people, query, directive, directive_hash, person
):
    engine.set(WORD, 0, sender=people.eve)
    ledger.request(20, query, *cited(directive), person, sender=people.hospital_b)
    request = bytes(ledger.requestId(HOSPITAL_B, 20, query, directive_hash))
    assert ledger.requestOf(request).status == PERMITTED
    for way, word, reason in ((WORD, 240, 240), (REVERTING, 0, 200), (BURNING, 0, 200), (WORD, 1, 200)):
        engine.set(way, word, sender=people.eve)
        with reverts(ledger.AccessLedger_Denied, request=request, reason=reason):
            ledger.release(20, query, *cited(directive), release_of(), sender=people.hospital_a)
