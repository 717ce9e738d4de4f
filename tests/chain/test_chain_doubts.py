"""A node that is silent, elsewhere, behind or lying: each doubt is its own refusal. Against real Anvils."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chain_engines import Anvil, Consortium, anvil, founders
from chain_proxy import Change, changed, serving

from pixelpact.chain import (
    Account,
    Call,
    Chain,
    EmbeddedChain,
    InstitutionAdmitted,
    Network,
    deploy,
    describe,
)
from pixelpact.chain.abi import contract_abi
from pixelpact.chain.artifact import load_artifact
from pixelpact.chain.deploy import constructor_arguments, send
from pixelpact.errors import (
    ChainError,
    ClockApartError,
    ContractError,
    InputError,
    TransactionError,
    UnreachableError,
    WrongNetworkError,
)


@pytest.fixture
def network(anvil_consortium: Consortium) -> Network:
    return anvil_consortium.network


def registration(chain: Chain) -> Call:
    return chain.studies.register(secrets.token_bytes(32), b"\7" * 20, 1, b"\1" * 32, b"\2" * 32)


# Silence


def test_nobody_listens(network: Network):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="no connection"):
            Chain.connect(replace(network, rpc=nowhere))


def test_a_name_that_is_nobodys(network: Network):
    with pytest.raises(UnreachableError):
        Chain.connect(replace(network, rpc="http://node.invalid:8545"))


def test_a_node_that_never_answers(network: Network, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pixelpact.chain.node._ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = f"http://127.0.0.1:{listening.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="no answer in time"):
            Chain.connect(replace(network, rpc=silent))
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome</html>",
        b"",
        b"[]",
        b"5",
        b'{"jsonrpc":"2.0","id":0}',
        b'{"jsonrpc":"2.0","id":0,"result":[]}',
    ],
    ids=["html", "nothing", "list", "number", "no result", "wrong result"],
)
def test_what_answers_is_no_node(network: Network, body: bytes):
    with (
        serving(lambda _: body) as address,
        pytest.raises(UnreachableError, match="not answer as an Ethereum node"),
    ):
        Chain.connect(replace(network, rpc=address))


def test_a_node_that_goes_away_later(folder: Path):
    with anvil(folder) as engine:
        deployer, a = engine.funded(), engine.funded()
        chain = Chain.connect(deploy(engine.network, deployer, founders(a)), a)
        receipt = chain.transact(registration(chain))
    for ask in (
        chain.head,
        chain.now,
        chain.institutions.count,
        lambda: chain.transact(registration(chain)),
        lambda: chain.wait_final(receipt),
        lambda: list(chain.events()),
    ):
        with pytest.raises(UnreachableError):
            ask()


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    network: Network, monkeypatch: pytest.MonkeyPatch
):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Chain.connect(network).institutions.count() == 4


def test_secrets_in_an_address_are_not_shown(network: Network):
    with pytest.raises(UnreachableError) as caught:
        Chain.connect(replace(network, rpc="http://user:hunter2@127.0.0.1:1/v3/apikey?token=t0k3n"))
    assert "http://127.0.0.1:1 " in caught.value.sentence
    for secret in ("hunter2", "apikey", "t0k3n"):
        assert secret not in caught.value.sentence


def test_an_embedded_chain_that_ended(network: Network):
    with pytest.raises(UnreachableError, match="ends with it"):
        Chain.connect(replace(network, rpc="embedded"))
    chain = EmbeddedChain()
    network = chain.network
    del chain
    with pytest.raises(UnreachableError, match="ends with it"):
        deploy(network, Account.generate(), [])


# Elsewhere


def test_another_chain_id(network: Network):
    with pytest.raises(WrongNetworkError, match=f"chain id is {network.chain_id}, not 5"):
        Chain.connect(replace(network, chain_id=5))


def test_another_genesis_under_the_same_chain_id(network: Network, folder: Path):
    with anvil(folder, "--chain-id", str(network.chain_id), "--timestamp", "1700000000") as twin:
        assert twin.network.chain_id == network.chain_id
        with pytest.raises(WrongNetworkError, match="genesis hash is not"):
            Chain.connect(replace(network, rpc=twin.url))
        with pytest.raises(WrongNetworkError, match="genesis hash is not"):
            deploy(replace(network, rpc=twin.url, contracts={}), Account.generate(), [])


def test_no_code_at_an_address(network: Network):
    for name in network.contracts:
        moved = network.with_contracts(dict(network.contracts) | {name: b"\x66" * 20})
        with pytest.raises(WrongNetworkError, match=f"{name} is not at .* no code") as caught:
            Chain.connect(moved)
        assert "0x" + "66" * 20 in caught.value.sentence


def test_other_code_at_an_address(network: Network):
    swapped = network.with_contracts(
        dict(network.contracts)
        | {
            "PolicyEngine": network.address("ConsentRegistry"),
            "ConsentRegistry": network.address("PolicyEngine"),
        }
    )
    with pytest.raises(WrongNetworkError, match="not the one that this version"):
        Chain.connect(swapped)


@pytest.mark.parametrize("contract", ["InstitutionRegistry", "PolicyEngine", "AccessLedger"])
def test_one_changed_byte_of_code(anvil_consortium: Consortium, anvil_engine: Anvil, contract: str):
    network = anvil_consortium.network
    address = "0x" + network.address(contract).hex()
    code = anvil_engine.rpc("eth_getCode", address, "latest")
    for place in (10, len(code) // 2, len(code) - 4):
        # One that is no placeholder of an immutable: those differ from the shipped code anyway.
        changed_code = code[:place] + ("1" if code[place] != "1" else "2") + code[place + 1 :]
        anvil_engine.rpc("anvil_setCode", address, changed_code)
        try:
            with pytest.raises(WrongNetworkError, match=f"{contract} is not at"):
                Chain.connect(network)
        finally:
            anvil_engine.rpc("anvil_setCode", address, code)
    Chain.connect(network)


def test_contracts_of_two_consortia_are_not_mixed(anvil_consortium: Consortium):
    first = anvil_consortium.network
    engine = anvil_consortium.engine
    account = engine.funded()
    second = deploy(engine.network, account, founders(account))
    for name, what in (
        ("InstitutionRegistry", "StudyRegistry is not at .* upon another InstitutionRegistry"),
        ("ConsentRegistry", "ConsentRegistry is not at .* upon another InstitutionRegistry"),
        ("ProjectRegistry", "ProjectRegistry is not at .* upon another InstitutionRegistry"),
        ("PolicyEngine", "PolicyEngine is not at .* upon another InstitutionRegistry"),
        ("StudyRegistry", "StudyRegistry is not at .* upon another InstitutionRegistry"),
        ("AccessLedger", "AccessLedger is not at .* upon another InstitutionRegistry"),
    ):
        mixed = first.with_contracts(dict(first.contracts) | {name: second.address(name)})
        with pytest.raises(WrongNetworkError, match=what):
            Chain.connect(mixed)


def test_a_consent_registry_that_asks_another_study_registry(anvil_consortium: Consortium):
    """All of one consortium, and each of the shipped code: but its ledger decides by two lists of studies."""
    network = anvil_consortium.network
    chain = Chain.connect(network, anvil_consortium.engine.funded())
    at = dict(network.contracts)
    for name in ("StudyRegistry", "ConsentRegistry", "AccessLedger"):
        if name == "AccessLedger":
            at["StudyRegistry"] = network.address("StudyRegistry")
        data = load_artifact(name).creation_code
        data += contract_abi(name).encode_constructor(constructor_arguments(name, (), at))
        prepared = chain._signer().prepare(
            Call(name, "constructor", None, data), base_fee=chain.head().base_fee
        )
        made = send(chain._node, prepared, 60).created
        assert made is not None
        at[name] = made
    with pytest.raises(WrongNetworkError, match=r"ConsentRegistry is not at .* upon another StudyReg"):
        Chain.connect(network.with_contracts(at))


def test_the_shipped_code_has_places_for_immutables_only_where_they_are():
    assert not load_artifact("PolicyEngine").matches(b"")
    for name in ("StudyRegistry", "AccessLedger", "ConsentRegistry"):
        code = load_artifact(name).runtime_code
        place = code.index(b"\x7f" + bytes(32)) + 1
        filled = code[:place] + b"\xaa" * 32 + code[place + 32 :]
        assert load_artifact(name).matches(filled)
        assert not load_artifact(name).matches(filled + b"\0")
        assert not load_artifact(name).matches(filled[:-1])


def test_nothing_is_deployed(anvil_engine: Anvil):
    with pytest.raises(InputError, match="names no contracts"):
        Chain.connect(anvil_engine.network)


# The clock


@pytest.fixture
def timed(folder: Path) -> Iterator[tuple[Anvil, Chain]]:
    """An Anvil whose rule is 30 seconds, with a client."""
    with anvil(folder, clock=30) as engine:
        account = engine.funded()
        chain = Chain.connect(deploy(engine.network, account, founders(account)), account)
        yield engine, chain


def test_a_chain_that_runs_ahead(timed: tuple[Anvil, Chain]):
    engine, chain = timed
    prepared = chain.prepare(registration(chain))
    engine.rpc("evm_increaseTime", 60)
    engine.mine(1)
    for ask in (
        chain.check_clock,
        lambda: Chain.connect(chain.network),
        lambda: chain.transact(registration(chain)),
        lambda: deploy(engine.network, engine.funded(), []),
    ):
        with pytest.raises(ClockApartError, match="seconds ahead of this computer's clock"):
            ask()
    chain.abandon(prepared)


def test_a_chain_that_runs_ahead_within_its_rule(timed: tuple[Anvil, Chain]):
    engine, chain = timed
    engine.rpc("evm_increaseTime", 20)
    engine.mine(1)
    chain.check_clock()
    assert chain.now() >= int(time.time()) + 15


def test_a_chain_that_stands_still(folder: Path):
    with anvil(folder, clock=1) as engine:
        account = engine.funded()
        chain = Chain.connect(deploy(engine.network, account, founders(account)), account)
        time.sleep(2.6)
        with pytest.raises(ClockApartError, match="seconds behind this computer's clock"):
            chain.transact(registration(chain))
        with pytest.raises(ClockApartError):
            chain.check_clock()
        with pytest.raises(ClockApartError):
            Chain.connect(chain.network)


def test_a_chain_with_a_time_of_its_own_is_not_compared():
    engine = EmbeddedChain()
    account = engine.accounts[0]
    chain = Chain.connect(deploy(engine.network, account, founders(account)), account)
    before = chain.now()
    engine.travel(10 * 365 * 86_400)
    assert chain.now() == before + 10 * 365 * 86_400
    chain.check_clock()
    assert chain.transact(registration(chain)).timestamp > chain.block(1).timestamp + 10 * 365 * 86_400


# No blocks


@pytest.fixture
def stalled(folder: Path) -> Iterator[tuple[Anvil, Chain]]:
    """An Anvil that has stopped making blocks, with a hasty client."""
    with anvil(folder) as engine:
        account = engine.funded()
        network = deploy(engine.network, account, founders(account))
        chain = Chain.connect(network, account, patience=0.6)
        engine.automine(on=False)
        yield engine, chain


def test_a_transaction_that_no_block_takes_can_be_sent_again_later(stalled: tuple[Anvil, Chain]):
    engine, chain = stalled
    signed = chain.prepare(registration(chain))
    for _ in range(2):
        with pytest.raises(TransactionError, match=r"stands in no block after 0\.6 seconds"):
            chain.send(signed)
    engine.mine(1)
    receipt = chain.send(signed)
    assert len(receipt.events) == 1
    assert engine.rpc("eth_getTransactionCount", "0x" + signed.sender.hex(), "pending") == hex(
        signed.nonce + 1
    )


def test_another_transaction_that_takes_the_nonce_in_the_pool_is_seen(stalled: tuple[Anvil, Chain]):
    engine, chain = stalled
    lost = chain.prepare(registration(chain))
    chain.abandon(lost)
    other = chain.prepare(registration(chain))
    assert other.nonce == lost.nonce
    with pytest.raises(TransactionError, match="stands in no block"):
        chain.send(other)
    with pytest.raises(TransactionError, match="does not take the transaction"):
        chain.send(lost)
    engine.mine(1)
    with pytest.raises(TransactionError, match="can never be carried out"):
        chain.send(lost)
    assert chain.send(other).transaction == other.hash


def test_finality_that_never_comes(stalled: tuple[Anvil, Chain]):
    engine, chain = stalled
    engine.automine(on=True)
    receipt = chain.transact(registration(chain))
    engine.mine(1)
    with pytest.raises(TransactionError, match="has stood still at block"):
        chain.wait_final(receipt)
    engine.mine(2)
    assert chain.wait_final(receipt) == receipt


def test_a_reorganisation_that_drops_the_transaction(stalled: tuple[Anvil, Chain]):
    engine, chain = stalled
    engine.automine(on=True)
    signed = chain.prepare(registration(chain))
    receipt = chain.send(signed)
    engine.rpc("anvil_reorg", 1, [])
    engine.mine(3)
    with pytest.raises(TransactionError, match="was undone"):
        chain.wait_final(receipt)
    assert list(chain.events(receipt.block)) == []

    again = chain.send(signed)

    assert again.transaction == receipt.transaction
    assert (again.block, again.block_hash) != (receipt.block, receipt.block_hash)
    engine.mine(3)
    assert chain.wait_final(receipt) == again


def test_a_reorganisation_that_moves_the_transaction_while_we_wait(stalled: tuple[Anvil, Chain]):
    engine, hasty = stalled
    engine.automine(on=True)
    chain = Chain.connect(hasty.network, hasty.account)
    signed = chain.prepare(registration(chain))
    receipt = chain.send(signed)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(chain.wait_final, receipt)
        time.sleep(0.5)
        engine.rpc("anvil_reorg", 1, [])
        engine.mine(2)
        moved = hasty.send(signed)
        assert moved.block == receipt.block + 3 == hasty.head().number
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        engine.mine(3)
        assert waiting.result(timeout=30) == moved


# Wrong answers


def mine_of(network: Network, address: str) -> Network:
    return replace(network, rpc=address)


def test_headers_of_a_proof_of_authority_chain(network: Network):
    """Clique's extra data: 32 bytes, the signers' addresses at an epoch's block, and a signature."""

    def clique(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method.startswith("eth_getBlock"):
            answer["result"]["extraData"] = "0x" + "00" * (32 + 4 * 20 + 65)
        return answer

    with changed(network.rpc, clique) as address:
        chain = Chain.connect(mine_of(network, address))
        assert len(list(chain.events())) > 0


def test_a_node_that_bounds_its_answers(network: Network, anvil_engine: Anvil):
    anvil_engine.mine(40)
    asked: list[int] = []

    def bounded(method: str, parameters: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method == "eth_getLogs":
            first, last = (int(parameters[0][key], 16) for key in ("fromBlock", "toBlock"))
            asked.append(last - first + 1)
            if last - first >= 10:
                return {
                    "jsonrpc": "2.0",
                    "id": answer["id"],
                    "error": {"code": -32005, "message": "too many"},
                }
        return answer

    expected = list(Chain.connect(network).events())
    with changed(network.rpc, bounded) as address:
        assert list(Chain.connect(mine_of(network, address)).events()) == expected
    assert min(asked) <= 10 < max(asked)


def test_a_node_that_never_gives_logs(network: Network):
    def refusing(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        error = {"code": -32000, "message": "out of order today"}
        return {"jsonrpc": "2.0", "id": answer["id"], "error": error} if method == "eth_getLogs" else answer

    with changed(network.rpc, refusing) as address:
        chain = Chain.connect(mine_of(network, address))
        with pytest.raises(ChainError, match="out of order today"):
            list(chain.events())


def _on_logs(change: Any) -> Change:
    def changing(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method == "eth_getLogs":
            answer["result"] = change(answer["result"])
        return answer

    return changing


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda logs: [logs[1], logs[0], *logs[2:]], "out of order, repeated"),
        (lambda logs: [logs[0], *logs], "out of order, repeated"),
        (lambda logs: [*logs, logs[-1] | {"blockNumber": "0xffffff"}], "or of other blocks"),
        (lambda logs: [*logs[:-1], logs[-1] | {"address": "0x" + "77" * 20}], "not one that PixelPact's"),
        (lambda logs: [*logs[:-1], logs[-1] | {"data": "0x00"}], "not one that PixelPact's"),
        (lambda logs: [*logs[:-1], logs[-1] | {"blockHash": "0x" + "77" * 32}], "has no block 0x7777"),
    ],
    ids=["order", "repeated", "range", "address", "data", "block"],
)
def test_logs_that_can_not_be(network: Network, change: Any, words: str):
    with changed(network.rpc, _on_logs(change)) as address:
        chain = Chain.connect(mine_of(network, address))
        with pytest.raises(ChainError, match=words):
            list(chain.events())


def test_events_that_were_not_asked_for(network: Network):
    def of_another_institution(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            log | {"topics": [log["topics"][0], "0x" + "00" * 31 + "09", *log["topics"][2:]]} for log in logs
        ]

    with changed(network.rpc, _on_logs(of_another_institution)) as address:
        chain = Chain.connect(mine_of(network, address))
        with pytest.raises(ChainError, match="other events than the InstitutionAdmitted"):
            list(chain.find(InstitutionAdmitted, institution=1))


@pytest.mark.parametrize("result", ["0x", "0x00", "0x" + "ff" * 32], ids=["nothing", "short", "too large"])
def test_an_answer_to_a_read_that_makes_no_sense(network: Network, result: str):
    connected = False

    def changing(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"result": result} if connected and method == "eth_call" else answer

    with changed(network.rpc, changing) as address:
        chain = Chain.connect(mine_of(network, address))
        connected = True
        with pytest.raises(UnreachableError, match=r"InstitutionRegistry\.institutionCount makes no sense"):
            chain.institutions.count()


def test_a_node_that_takes_a_transaction_and_complains_of_its_revert(
    network: Network, anvil_consortium: Consortium
):
    def complaining(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        error = {"code": 3, "message": "execution reverted", "data": "0x"}
        if method == "eth_sendRawTransaction":
            return {"jsonrpc": "2.0", "id": answer["id"], "error": error}
        return answer

    with changed(network.rpc, complaining) as address:
        chain = Chain.connect(mine_of(network, address), anvil_consortium.a)
        assert len(chain.transact(registration(chain)).events) == 1
        with pytest.raises(ContractError) as caught:
            chain.send(chain.prepare(chain.studies.withdraw(b"\5" * 32), gas=200_000))
    assert caught.value.name == "StudyRegistry_Unknown"


def test_a_fee_that_a_node_makes_up_is_bounded(network: Network, anvil_consortium: Consortium):
    def greedy(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"result": hex(10**18)} if method == "eth_maxPriorityFeePerGas" else answer

    with changed(network.rpc, greedy) as address:
        chain = Chain.connect(mine_of(network, address), anvil_consortium.a)
        before = chain.balance(anvil_consortium.a.address)
        receipt = chain.transact(registration(chain))
        paid = before - chain.balance(anvil_consortium.a.address)
    assert paid <= receipt.gas_used * 102 * 10**9


def test_a_node_without_an_opinion_on_fees(network: Network, anvil_consortium: Consortium):
    def silent(method: str, _: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        error = {"code": -32601, "message": "no such method"}
        return {"jsonrpc": "2.0", "id": answer["id"], "error": error} if "Priority" in method else answer

    with changed(network.rpc, silent) as address:
        chain = Chain.connect(mine_of(network, address), anvil_consortium.a)
        assert len(chain.transact(registration(chain)).events) == 1


# Describing


def test_a_chain_describes_itself_to_whoever_sets_it_up(anvil_engine: Anvil):
    network = describe(anvil_engine.url, name="ours", finality_depth=2, clock=30)
    assert network.chain_id == 7_081_976
    assert network.genesis.hex() == anvil_engine.genesis()[2:]
    assert (network.name, network.finality_depth, network.clock, dict(network.contracts)) == (
        "ours",
        2,
        30,
        {},
    )


def test_bounds_are_checked_when_describing(anvil_engine: Anvil):
    with pytest.raises(InputError, match="finality depth"):
        describe(anvil_engine.url, name="ours", finality_depth=-1, clock=30)
