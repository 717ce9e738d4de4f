"""A transaction on its way: passed over by blocks, forgotten by its node, overtaken, undone. Real nodes."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock

import pytest
from chain_engines import Anvil, Geth, anvil, founders, geth

from pixelpact.chain import Call, Chain, Receipt, SignedCall, StudyRegistered, deploy
from pixelpact.chain.transactions import _Nonces
from pixelpact.errors import (
    ClockApartError,
    ContractError,
    InputError,
    SupersededError,
    TransactionError,
    UndoneError,
    UnreachableError,
)

GWEI = 10**9


def registration(chain: Chain) -> Call:
    return chain.studies.register(secrets.token_bytes(32), b"\7" * 20, 1, b"\1" * 32, b"\2" * 32)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with anvil(tmp_path_factory.mktemp("delivery")) as running:
        yield running


@pytest.fixture(scope="module")
def connected(node: Anvil) -> Chain:
    account = node.funded()
    return Chain.connect(deploy(node.network, account, founders(account)), account, patience=20)


@pytest.fixture
def chain(node: Anvil, connected: Chain) -> Iterator[Chain]:
    """The client; blocks are made on demand only, and nothing waits for one at the end."""
    node.automine(on=False)
    yield connected
    node.rpc("evm_setBlockGasLimit", hex(30_000_000))
    node.rpc("anvil_dropAllTransactions")
    node.automine(on=True)


@contextmanager
def in_background(work: Callable[[], Receipt]) -> Iterator[Future[Receipt]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


def pooled(node: Anvil, signed: SignedCall) -> bool:
    return bool(node.rpc("eth_getTransactionByHash", "0x" + signed.hash.hex()))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def mine_until_done(node: Anvil, future: Future[Receipt], base_fee: int | None = None) -> Receipt:
    """Make block after block, each at this base fee, until the work has ended."""
    while not future.done():
        if base_fee is not None:
            node.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        node.mine(1)
        time.sleep(0.1)
    return future.result()


def nonces_used(chain: Chain) -> int:
    assert chain.account is not None
    return chain._node.transaction_count(chain.account.address, pending=True)


# Passed over


def test_a_transaction_that_blocks_pass_over_is_replaced(node: Anvil, chain: Chain):
    signed, kept = chain.prepare(registration(chain)), list[SignedCall]()

    turn = Lock()

    def keep(raised: SignedCall) -> None:
        with turn:
            kept.append(raised)
            node.rpc("evm_setBlockGasLimit", hex(30_000_000))

    with in_background(lambda: chain.send(signed, keep=keep)) as sending:
        until(lambda: pooled(node, signed))
        # No room in any block: it stays in the pool.
        node.rpc("evm_setBlockGasLimit", hex(30_000))
        blocks = 0
        while not kept and not sending.done():
            with turn:
                if not kept:
                    node.mine(1)
                    blocks += 1
            time.sleep(0.2)
        until(lambda: pooled(node, kept[0]))
        receipt = mine_until_done(node, sending)

    assert blocks >= 3
    raised = kept[0]
    assert (raised.nonce, raised.to, raised.data, raised.gas) == (
        signed.nonce,
        signed.to,
        signed.data,
        signed.gas,
    )
    assert raised.tip * 8 >= signed.tip * 9
    assert raised.max_fee * 8 >= signed.max_fee * 9
    assert [each.hash for each in kept] == [receipt.transaction]
    assert chain.receipt(signed.hash) is None
    assert nonces_used(chain) == signed.nonce + 1


def test_the_replacement_offers_what_the_chain_wants_now(node: Anvil, chain: Chain):
    signed, kept = chain.prepare(registration(chain)), list[SignedCall]()
    assert signed.max_fee < 50 * GWEI
    with in_background(lambda: chain.send(signed, keep=kept.append)) as sending:
        until(lambda: pooled(node, signed))
        receipt = mine_until_done(node, sending, base_fee=50 * GWEI)
    assert [each.hash for each in kept] == [receipt.transaction]
    assert kept[0].max_fee >= 2 * 50 * GWEI
    node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    node.mine(1)


def test_a_replacement_is_kept_before_it_is_sent(node: Anvil, chain: Chain):
    signed = chain.prepare(registration(chain))
    seen: list[bool] = []

    def keep(raised: SignedCall) -> None:
        seen.append(pooled(node, raised))
        raise RuntimeError("the disk is full")

    with in_background(lambda: chain.send(signed, keep=keep)) as sending:
        until(lambda: pooled(node, signed))
        with pytest.raises(RuntimeError, match="disk is full"):
            mine_until_done(node, sending, base_fee=50 * GWEI)
    assert seen == [False]
    node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    node.mine(1)
    with in_background(lambda: chain.send(signed)) as sending:
        mine_until_done(node, sending)


@pytest.mark.parametrize("sent", ["the first", "the second", "both"])
def test_whichever_version_is_carried_out_counts(node: Anvil, chain: Chain, sent: str):
    first = chain.prepare(registration(chain))
    second = chain._signer().raised(first, base_fee=chain.head().base_fee)
    offered = {"the first": [first], "the second": [second], "both": [first, second]}[sent]
    for each in offered:
        chain._node.send_raw(each.raw)
    node.mine(1)

    receipt = chain.send(first, second)

    assert receipt.transaction == offered[-1].hash
    assert nonces_used(chain) == first.nonce + 1
    again = chain.send(first, second, keep=pytest.fail)
    assert again == receipt


def test_without_somebody_who_keeps_it_nothing_is_replaced(node: Anvil, chain: Chain):
    hasty = Chain.connect(chain.network, chain.account, patience=2.5)
    signed = hasty.prepare(registration(hasty))
    with in_background(lambda: hasty.send(signed)) as sending:
        until(lambda: pooled(node, signed))
        node.rpc("evm_setBlockGasLimit", hex(30_000))
        with pytest.raises(TransactionError, match=r"stands in no block after 2\.5 seconds"):
            mine_until_done(node, sending)
    assert pooled(node, signed)
    hasty.abandon(signed)


def test_a_transaction_is_not_replaced_while_the_chain_stands_still(node: Anvil, chain: Chain):
    hasty = Chain.connect(chain.network, chain.account, patience=1.5)
    signed = hasty.prepare(registration(hasty))
    with pytest.raises(TransactionError, match="stands in no block"):
        hasty.send(signed, keep=pytest.fail)
    node.mine(1)
    assert hasty.send(signed).transaction == signed.hash


def test_one_that_waits_behind_another_is_not_replaced(node: Anvil, chain: Chain):
    hasty = Chain.connect(chain.network, chain.account, patience=2.5)
    before, waiting = (hasty.prepare(registration(hasty)) for _ in range(2))
    with (
        in_background(lambda: hasty.send(waiting, keep=pytest.fail)) as sending,
        pytest.raises(TransactionError, match="stands in no block"),
    ):
        mine_until_done(node, sending)
    hasty._node.send_raw(before.raw)
    node.mine(1)
    assert hasty.send(waiting).transaction == waiting.hash


def test_only_who_signed_it_can_replace_it(node: Anvil, chain: Chain):
    signed = chain.prepare(registration(chain))
    chain.abandon(signed)
    other = Chain.connect(chain.network, node.funded())
    with pytest.raises(InputError, match="can't be replaced"):
        other._signer().raised(signed, base_fee=0)


# Forgotten, overtaken


def test_a_transaction_that_its_node_forgot_is_handed_over_again(node: Anvil, chain: Chain):
    signed = chain.prepare(registration(chain))
    with in_background(lambda: chain.send(signed)) as sending:
        until(lambda: pooled(node, signed))
        node.rpc("anvil_dropTransaction", "0x" + signed.hash.hex())
        assert mine_until_done(node, sending).transaction == signed.hash


def test_a_nonce_that_is_lost_while_waiting_is_seen_before_patience_ends(node: Anvil, chain: Chain):
    lost = chain.prepare(registration(chain))
    taking = chain._signer().raised(lost, base_fee=chain.head().base_fee)
    began = time.monotonic()
    with in_background(lambda: chain.send(lost)) as sending:
        until(lambda: pooled(node, lost))
        chain._node.send_raw(taking.raw)
        with pytest.raises(SupersededError):
            mine_until_done(node, sending)
    assert time.monotonic() - began < 10


def test_a_nonce_that_another_waits_with_is_lost_when_that_one_is_in_a_block(node: Anvil, chain: Chain):
    lost = chain.prepare(registration(chain))
    waiting = chain._signer().raised(lost, base_fee=chain.head().base_fee)
    chain._node.send_raw(waiting.raw)
    with in_background(lambda: chain.send(lost)) as sending:
        time.sleep(1)
        assert not sending.done()
        with pytest.raises(SupersededError):
            mine_until_done(node, sending)


# Undone


def test_a_transaction_that_was_undone_is_sent_again_until_it_is_final(node: Anvil, chain: Chain):
    signed = chain.prepare(registration(chain))
    with in_background(lambda: chain.send_until_final(signed)) as sending:
        until(lambda: pooled(node, signed))
        node.mine(1)
        first = chain.receipt(signed.hash)
        assert first is not None
        time.sleep(0.6)
        node.rpc("anvil_reorg", 1, [])
        receipt = mine_until_done(node, sending)
    assert receipt.transaction == signed.hash
    assert receipt.block > first.block
    assert chain.final_head().number >= receipt.block
    assert len(list(chain.find(StudyRegistered, study=receipt.event(StudyRegistered).study))) == 1


def test_a_transaction_that_is_undone_again_and_again_is_given_up(
    node: Anvil, chain: Chain, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pixelpact.chain.client._MOST_UNDONE", 2)
    signed = chain.prepare(registration(chain))
    undone = 0
    with in_background(lambda: chain.send_until_final(signed)) as sending:
        while not sending.done():
            if pooled(node, signed) and chain.receipt(signed.hash) is None:
                node.mine(1)
                time.sleep(0.8)
                node.rpc("anvil_reorg", 1, [])
                undone += 1
                # Higher than before, or its client thinks that it is waiting for the same block still.
                node.mine(4)
            time.sleep(0.05)
        with pytest.raises(UndoneError, match="was undone: the chain was reorganised"):
            sending.result()
    assert undone == 2
    with in_background(lambda: chain.send_until_final(signed)) as sending:
        assert mine_until_done(node, sending).transaction == signed.hash


def test_what_took_its_nonce_may_be_undone_too(node: Anvil, chain: Chain):
    ours = chain.prepare(registration(chain))
    taking = chain._signer().raised(ours, base_fee=chain.head().base_fee)
    chain._node.send_raw(taking.raw)
    node.mine(1)
    with in_background(lambda: chain.send_until_final(ours)) as sending:
        time.sleep(0.6)
        assert not sending.done()
        node.rpc("anvil_reorg", 1, [])
        node.rpc("anvil_dropAllTransactions")
        assert mine_until_done(node, sending).transaction == ours.hash


def test_a_nonce_that_is_taken_for_good_is_told_when_that_is_final(node: Anvil, chain: Chain):
    ours = chain.prepare(registration(chain))
    taking = chain._signer().raised(ours, base_fee=chain.head().base_fee)
    chain._node.send_raw(taking.raw)
    node.mine(1)
    with in_background(lambda: chain.send_until_final(ours)) as sending, pytest.raises(SupersededError):
        mine_until_done(node, sending)
    taken = chain.receipt(taking.hash)
    assert taken is not None
    assert chain.final_head().number >= taken.block


def test_a_refusal_is_told_when_it_is_final(node: Anvil, chain: Chain):
    signed = chain.prepare(chain.studies.withdraw(b"\5" * 32), gas=200_000)
    chain._node.send_raw(signed.raw)
    node.mine(1)
    block = chain.head().number
    assert chain.was_refused(signed.hash)
    assert not chain.was_refused(signed.hash, at="final")
    with (
        in_background(lambda: chain.send_until_final(signed)) as sending,
        pytest.raises(ContractError) as caught,
    ):
        mine_until_done(node, sending)
    assert caught.value.name == "StudyRegistry_Unknown"
    assert chain.final_head().number >= block
    assert chain.was_refused(signed.hash, at="final")


def test_what_was_read_before_a_reorganisation_is_not_believed_after_it(node: Anvil, chain: Chain):
    signed = chain.prepare(registration(chain))
    chain._node.send_raw(signed.raw)
    node.mine(1)
    receipt = chain.receipt(signed.hash)
    assert receipt is not None
    study, block = receipt.event(StudyRegistered).study, receipt.block
    assert [each.study for each in chain.find(StudyRegistered, first=block, last=block)] == [study]
    # Not final, so not among what is believed.
    assert list(chain.find(StudyRegistered, first=block)) == []
    assert list(chain.events(block)) == []

    node.rpc("anvil_reorg", 1, [])
    node.rpc("anvil_dropAllTransactions")
    node.mine(chain.network.finality_depth + 1)

    assert chain.block(block).hash != receipt.block_hash
    assert list(chain.find(StudyRegistered, study=study)) == []
    assert list(chain.find(StudyRegistered, study=study, last=chain.head().number)) == []
    assert chain.receipt(signed.hash) is None
    assert chain.studies.study(study).registered_at == 0
    with pytest.raises(UndoneError):
        chain.wait_final(receipt)
    chain.abandon(signed)


# The same on Geth, and what Anvil does otherwise


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Geth]:
    """One validator, so that its chain can be undone."""
    with geth(tmp_path_factory.mktemp("lone"), validators=1) as running:
        yield running


@pytest.fixture(scope="module")
def sealed(lone: Geth) -> Chain:
    account = lone.funded()
    network = deploy(replace(lone.network, finality_depth=3), account, founders(account))
    return Chain.connect(network, account, patience=20)


def test_geth_a_transaction_that_stands_in_the_pool_is_replaced(sealed: Chain):
    call, signer, kept = registration(sealed), sealed._signer(), list[SignedCall]()
    # Below any base fee that a chain of London's rules falls to.
    cheap = signer._signed(
        nonce=nonces_used(sealed), to=call.to, data=call.data, value=0, gas=500_000, max_fee=1, tip=1
    )
    receipt = sealed.send(cheap, keep=kept.append)
    assert receipt.transaction == kept[-1].hash
    assert sealed.receipt(cheap.hash) is None
    assert nonces_used(sealed) == cheap.nonce + 1


def test_geth_a_transaction_that_was_undone_is_sent_again(lone: Geth, sealed: Chain):
    signed = sealed.prepare(registration(sealed))
    first = sealed.send(signed)
    with in_background(lambda: sealed.send_until_final(signed)) as sending:
        time.sleep(0.6)
        lone.first.ask("miner_stop")
        lone.first.ask("debug_setHead", hex(first.block - 1))
        assert sealed.receipt(signed.hash) is None
        lone.first.ask("miner_start")
        receipt = sending.result(timeout=60)
    assert (receipt.transaction, receipt.block_hash != first.block_hash) == (signed.hash, True)
    assert sealed.final_head().number >= receipt.block


def test_geth_a_chain_that_stands_still_is_refused_in_time(lone: Geth, sealed: Chain):
    hasty = Chain.connect(sealed.network, sealed.account, patience=2)
    signed = hasty.prepare(registration(hasty))
    receipt = hasty.send(signed)
    lone.first.ask("miner_stop")
    began = time.monotonic()
    with pytest.raises(TransactionError, match="has stood still at block"):
        hasty.wait_final(receipt)
    waiting = hasty.prepare(registration(hasty))
    with pytest.raises(TransactionError, match="stands in no block after 2 seconds"):
        hasty.send_until_final(waiting, keep=pytest.fail)
    with pytest.raises(ClockApartError, match="behind this computer's clock"):
        Chain.connect(replace(sealed.network, clock=1))
    assert time.monotonic() - began < 15
    lone.first.ask("miner_start")
    assert hasty.send(waiting).transaction == waiting.hash


def test_geth_a_node_that_is_frozen_is_refused_in_time(
    lone: Geth, sealed: Chain, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pixelpact.chain.node._ANSWER_SECONDS", 0.5)
    chain = Chain.connect(sealed.network, sealed.account)
    assert lone.pid is not None
    _freeze(lone.pid)
    try:
        _refused_in_time(chain)
    finally:
        os.kill(lone.pid, signal.SIGCONT)


def test_anvil_a_node_that_is_frozen_is_refused_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pixelpact.chain.node._ANSWER_SECONDS", 0.5)
    with anvil(tmp_path) as frozen:
        account = frozen.funded()
        chain = Chain.connect(deploy(frozen.network, account, founders(account)), account)
        _freeze(frozen.pid)
        try:
            _refused_in_time(chain)
        finally:
            os.kill(frozen.pid, signal.SIGCONT)


def _freeze(pid: int) -> None:
    """Stop a process, and wait until the last of its threads stands still: one of them may still answer."""
    os.kill(pid, signal.SIGSTOP)
    while any(
        task.read_text("ascii").rpartition(")")[2].split()[0] != "T"
        for task in Path(f"/proc/{pid}/task").glob("*/stat")
    ):
        time.sleep(0.01)


def _refused_in_time(chain: Chain) -> None:
    began = time.monotonic()
    for ask in (
        chain.head,
        lambda: Chain.connect(chain.network),
        lambda: chain.prepare(registration(chain)),
        lambda: list(chain.events()),
    ):
        with pytest.raises(UnreachableError, match="no answer in time"):
            ask()
    assert time.monotonic() - began < 10


def test_the_node_s_word_for_a_nonce_is_asked_for_in_turn() -> None:
    nonces = _Nonces()

    def ask() -> int:
        # Asked for outside of the turn, it could be from before another thread's transaction was mined.
        assert nonces._lock.locked()
        return 19

    with nonces.next(ask) as first, nonces.next(ask) as second:
        assert (first, second) == (19, 20)
