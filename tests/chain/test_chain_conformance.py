"""One suite over every chain: what Chain promises holds on each."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from chain_engines import Consortium

from pixelpact.chain import (
    Account,
    Call,
    Chain,
    InstitutionStatus,
    OperatorSet,
    Receipt,
    RequestStatus,
    SignedCall,
    StudyRegistered,
    StudyStatus,
    deploy,
)
from pixelpact.chain.transactions import Sender
from pixelpact.errors import (
    ClockApartError,
    ContractError,
    InputError,
    SupersededError,
    TransactionError,
    UnreachableError,
    WrongNetworkError,
)


def registration(chain: Chain) -> Call:
    """Another study of another patient, each time."""
    return chain.studies.register(
        secrets.token_bytes(32), secrets.token_bytes(20), 1, secrets.token_bytes(32), secrets.token_bytes(32)
    )


def registered(receipt: Receipt) -> bytes:
    return receipt.event(StudyRegistered).study


def sent_by(chain: Chain) -> int:
    assert chain.account is not None
    return chain._node.transaction_count(chain.account.address, pending=True)


# What stands there


def test_the_founders_are_the_institutions(consortium: Consortium, hospital: Chain):
    assert hospital.institutions.count() == 4
    first = hospital.institutions.institution(1)
    assert (first.admin, first.status, first.country) == (
        consortium.a.address,
        InstitutionStatus.ACTIVE,
        b"CH",
    )
    assert first.roles == 0b011
    assert first.attributes == 1
    assert first.key_version == 0
    assert first.requester_since == first.status_since > 0
    assert hospital.institutions.operator(consortium.c.address).institution == 3
    assert hospital.engine.version() == 1


def test_what_is_unknown_is_zeros(hospital: Chain):
    assert hospital.institutions.institution(99).status is InstitutionStatus.UNKNOWN
    assert hospital.studies.study(bytes(32)).status is StudyStatus.UNKNOWN
    assert hospital.ledger.request_of(bytes(32)).status is RequestStatus.UNKNOWN
    assert hospital.consents.commitment(b"\1" * 20, b"\2" * 32).recorded_at == 0
    assert hospital.institutions.operator(b"\1" * 20).institution == 0
    assert hospital.institutions.key_digest(1, 7) == bytes(32)


def test_the_deployer_has_no_right(consortium: Consortium):
    chain = Chain.connect(consortium.network, consortium.deployer)
    with pytest.raises(ContractError) as caught:
        chain.transact(registration(chain))
    assert caught.value.name == "StudyRegistry_NotOperator"


# The description says which chain, how deep is final and which clock holds; nothing else does


def test_another_chain_id_is_refused(consortium: Consortium):
    with pytest.raises(WrongNetworkError, match=r"its chain id is .*, not 5"):
        Chain.connect(replace(consortium.network, chain_id=5))


def test_another_genesis_is_refused(consortium: Consortium):
    # An embedded chain is found by its genesis, so that of another one there is nobody to ask.
    embedded = consortium.network.rpc == "embedded"
    with pytest.raises(UnreachableError if embedded else WrongNetworkError, match=r"genesis|ends with it"):
        Chain.connect(replace(consortium.network, genesis=b"\5" * 32))


def test_an_address_without_code_is_refused(consortium: Consortium):
    network = consortium.network
    moved = network.with_contracts(dict(network.contracts) | {"AccessLedger": b"\x66" * 20})
    with pytest.raises(WrongNetworkError, match=r"AccessLedger is not at .* no code"):
        Chain.connect(moved)


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_the_description_says_how_deep_is_final(consortium: Consortium, hospital: Chain, depth: int):
    receipt = hospital.transact(registration(hospital))
    chain = Chain.connect(replace(consortium.network, finality_depth=depth))
    if chain.network.rpc != "embedded":
        consortium.engine.mine(depth)
    assert chain.wait_final(receipt) == receipt
    before = chain.head().number
    assert before - depth <= chain.final_head().number <= chain.head().number - depth


def test_the_description_says_which_clock_holds(consortium: Consortium, monkeypatch: pytest.MonkeyPatch):
    network = consortium.network
    now = Chain.connect(network).now()
    for hours, words in ((10, "behind this computer's clock"), (-10, "ahead of this computer's clock")):
        monkeypatch.setattr("time.time", lambda hours=hours: float(now + hours * 3600))
        with pytest.raises(ClockApartError, match=words):
            Chain.connect(replace(network, clock=9 * 3600))
        Chain.connect(replace(network, clock=11 * 3600))
        Chain.connect(replace(network, clock=None))


# Transactions


def test_a_receipt_says_what_happened(hospital: Chain):
    local_id = secrets.token_bytes(32)
    call = hospital.studies.register(local_id, b"\7" * 20, 3, b"\1" * 32, b"\2" * 32)

    receipt = hospital.transact(call)

    event = receipt.event(StudyRegistered)
    assert receipt.call == "StudyRegistry.register"
    assert 21_000 < receipt.gas_used < 200_000
    assert (event.block, event.block_hash, event.timestamp) == (
        receipt.block,
        receipt.block_hash,
        receipt.timestamp,
    )
    assert event.transaction == receipt.transaction
    assert event.study == hospital.studies.study_id(1, local_id)
    block = hospital.block(receipt.block)
    assert (block.hash, block.timestamp) == (receipt.block_hash, receipt.timestamp)
    study = hospital.studies.study(event.study)
    assert (study.subject, study.custodian, study.epoch, study.status) == (
        b"\7" * 20,
        1,
        1,
        StudyStatus.ACTIVE,
    )
    assert (study.manifest_digest, study.content_commitment) == (b"\1" * 32, b"\2" * 32)
    assert study.registered_at == receipt.timestamp
    assert hospital.receipt(receipt.transaction) == receipt


def test_a_receipt_has_no_other_kind_of_event(hospital: Chain):
    receipt = hospital.transact(registration(hospital))
    with pytest.raises(TransactionError, match="reported 0 OperatorSet"):
        receipt.event(OperatorSet)


def test_a_transaction_nobody_sent_has_no_receipt(hospital: Chain):
    assert hospital.receipt(secrets.token_bytes(32)) is None


def test_the_past_can_be_read(hospital: Chain):
    study = registered(before := hospital.transact(registration(hospital)))
    after = hospital.transact(hospital.studies.withdraw(study))

    assert hospital.studies.study(study, at=before.block).status is StudyStatus.ACTIVE
    assert hospital.studies.study(study, at=after.block).status is StudyStatus.WITHDRAWN
    assert hospital.studies.study(study, at=before.block - 1).status is StudyStatus.UNKNOWN


def test_final_lags_behind_by_the_depth(hospital: Chain):
    study = registered(receipt := hospital.transact(registration(hospital)))
    before = hospital.head().number
    status = hospital.studies.study(study, at="final").status
    final = hospital.final_head().number
    # Some chains go on meanwhile.
    after = hospital.head().number
    assert before <= final + hospital.network.finality_depth <= after
    assert status is StudyStatus.UNKNOWN or final >= receipt.block


def test_waiting_for_finality(consortium: Consortium, hospital: Chain):
    study = registered(receipt := hospital.transact(registration(hospital)))
    if hospital.network.rpc != "embedded":
        consortium.engine.mine(hospital.network.finality_depth)

    assert hospital.wait_final(receipt) == receipt
    assert hospital.final_head().number >= receipt.block
    assert hospital.studies.study(study, at="final").status is StudyStatus.ACTIVE


def test_now_is_the_newest_blocks_time(hospital: Chain):
    receipt = hospital.transact(registration(hospital))
    assert receipt.timestamp <= hospital.now() <= hospital.head().timestamp


def test_simulating_gives_what_would_be_returned_and_sends_nothing(hospital: Chain):
    local_id = secrets.token_bytes(32)
    before = sent_by(hospital)
    call = hospital.studies.register(local_id, b"\7" * 20, 3, b"\1" * 32, b"\2" * 32)
    assert hospital.simulate(call) == hospital.studies.study_id(1, local_id)
    assert sent_by(hospital) == before


def test_a_refusal_is_found_before_anything_is_sent(hospital: Chain):
    before = sent_by(hospital)
    with pytest.raises(ContractError) as caught:
        hospital.transact(hospital.studies.withdraw(b"\5" * 32))
    assert caught.value.name == "StudyRegistry_Unknown"
    assert caught.value.arguments == {"study": b"\5" * 32}
    assert "No study 0x0505" in caught.value.sentence
    assert sent_by(hospital) == before


def test_a_refusal_in_a_block_says_why(hospital: Chain):
    signed = hospital.prepare(hospital.studies.withdraw(b"\5" * 32), gas=200_000)
    with pytest.raises(ContractError) as caught:
        hospital.send(signed)
    assert caught.value.name == "StudyRegistry_Unknown"
    assert hospital.receipt(signed.hash) is None


def test_running_out_of_gas_is_said(hospital: Chain):
    signed = hospital.prepare(registration(hospital), gas=60_000)
    with pytest.raises(TransactionError, match=r"without effect|stopped the call"):
        hospital.send(signed)


def test_reading_needs_no_account(consortium: Consortium):
    chain = Chain.connect(consortium.network)
    assert chain.institutions.count() == 4
    with pytest.raises(InputError, match="without an account"):
        chain.transact(registration(chain))


def test_an_account_without_ether_is_told_so(consortium: Consortium):
    stranger = Chain.connect(consortium.network, Account.generate())
    with pytest.raises(TransactionError, match=r"has ether for gas on this chain \(it has 0 wei\)"):
        stranger.send(stranger.prepare(registration(stranger), gas=500_000))


# Prepared, journalled, sent


def test_what_was_prepared_can_be_read_back_from_its_bytes(hospital: Chain):
    call = registration(hospital)
    signed = hospital.prepare(call)

    assert SignedCall.parse(signed.raw) == signed
    assert (signed.to, signed.data) == (call.to, call.data)
    assert signed.sender == hospital.account.address
    assert hospital.receipt(signed.hash) is None
    hospital.send(signed)


def test_sending_again_is_harmless(hospital: Chain):
    signed = hospital.prepare(registration(hospital))
    first = hospital.send(signed)
    assert first.transaction == signed.hash
    assert hospital.send(signed) == first
    assert hospital.send(SignedCall.parse(signed.raw)) == first


def test_another_process_can_go_on(consortium: Consortium, hospital: Chain):
    raw = hospital.prepare(registration(hospital)).raw
    after_the_crash = Chain.connect(consortium.network, consortium.a)
    receipt = after_the_crash.send(SignedCall.parse(raw))
    assert after_the_crash.studies.study(registered(receipt)).status is StudyStatus.ACTIVE


def test_a_nonce_taken_by_another_transaction_is_told_apart(consortium: Consortium, hospital: Chain):
    lost = hospital.prepare(registration(hospital))
    hospital.abandon(lost)
    hospital.transact(registration(hospital))

    with pytest.raises(SupersededError, match=f"took its nonce {lost.nonce}"):
        hospital.send(lost)


def test_a_failed_preparation_leaves_no_gap(hospital: Chain):
    with pytest.raises(ContractError):
        hospital.prepare(hospital.studies.withdraw(b"\5" * 32))
    hospital.transact(registration(hospital))


def test_prepared_calls_have_nonces_of_their_own_and_wait_for_each_other(hospital: Chain):
    first, second = (hospital.prepare(registration(hospital)) for _ in range(2))
    assert second.nonce == first.nonce + 1
    with ThreadPoolExecutor() as pool:
        later = pool.submit(hospital.send, second)
        assert hospital.send(first).block <= later.result().block


def test_waiting_for_one_that_never_comes_ends(consortium: Consortium):
    hasty = Chain.connect(consortium.network, consortium.engine.funded(), patience=0.3)
    call = hasty.studies.withdraw(b"\5" * 32)
    hasty.prepare(call, gas=100_000)
    second = hasty.prepare(call, gas=100_000)
    with pytest.raises(TransactionError, match=r"waits for one before it|stands in no block"):
        hasty.send(second)


def test_threads_of_one_account_do_not_collide(consortium: Consortium):
    def register_three(_: int) -> list[bytes]:
        chain = Chain.connect(consortium.network, consortium.a)
        return [registered(chain.transact(registration(chain))) for _ in range(3)]

    with ThreadPoolExecutor(4) as pool:
        studies = [study for each in pool.map(register_three, range(4)) for study in each]
    assert len(set(studies)) == 12


def test_a_transaction_of_another_chain_is_not_sent(hospital: Chain):
    elsewhere = hospital.network.from_dict(hospital.network.to_dict() | {"chain_id": 5})
    sender = Sender(hospital._node, elsewhere, Account.generate())
    signed = sender.prepare(registration(hospital), base_fee=0, gas=500_000)
    with pytest.raises(InputError, match="signed for the chain 5"):
        hospital.send(signed)


# Deployment


def test_a_founder_that_the_registry_refuses_is_named(consortium: Consortium):
    engine = consortium.engine
    with pytest.raises(ContractError) as caught:
        deploy(engine.network, engine.funded(), [])
    assert caught.value.name == "InstitutionRegistry_FounderCount"
    assert caught.value.arguments == {"count": 0}


def test_contracts_are_not_deployed_over(consortium: Consortium):
    with pytest.raises(InputError, match="has its contracts already"):
        deploy(consortium.network, consortium.deployer, [])
