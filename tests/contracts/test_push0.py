"""The chain stops at London: an opcode that came with Shanghai fails there, and the contracts have none."""

import pytest
from web3.exceptions import Web3RPCError

#: Code that returns no code, written without PUSH0 (PUSH1 0) and with it.
WITHOUT, WITH = "0x60006000f3", "0x5f5ff3"
CONTRACTS = [
    "InstitutionRegistry",
    "StudyRegistry",
    "ConsentRegistry",
    "ProjectRegistry",
    "PolicyEngine",
    "AccessLedger",
]
PUSH0, MCOPY, TLOAD, TSTORE, PREVRANDAO = 0x5F, 0x5E, 0x5C, 0x5D, 0x44


def opcodes_of(code: bytes) -> set[int]:
    """The opcodes in code, without what is pushed and without the metadata behind the code."""
    end = len(code) - 2 - int.from_bytes(code[-2:], "big")
    found, at = set(), 0
    while at < end:
        found.add(code[at])
        at += 1 + max(0, code[at] - 0x5F) * (0x60 <= code[at] <= 0x7F)
    return found


def test_the_chain_has_no_push0(chain, people):
    eth = chain.provider.web3.eth
    sender = {"from": people.eve.address, "gas": 100_000}
    without = eth.wait_for_transaction_receipt(eth.send_transaction(sender | {"data": WITHOUT}))
    assert without.status == 1
    with pytest.raises(Web3RPCError):
        eth.call(sender | {"data": WITH})
    with_push0 = eth.wait_for_transaction_receipt(eth.send_transaction(sender | {"data": WITH}))
    assert with_push0.status == 0


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_contract_has_an_opcode_from_after_london(project, name):
    code = getattr(project, name).contract_type.runtime_bytecode.bytecode
    opcodes = opcodes_of(bytes.fromhex(code.removeprefix("0x")))
    assert len(opcodes) > 40
    # 0x44 was DIFFICULTY until Paris; on Clique it says nothing that a contract could use.
    assert opcodes.isdisjoint({PUSH0, MCOPY, TLOAD, TSTORE, PREVRANDAO})


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_contract_fits_the_size_limit(project, name):
    code = getattr(project, name).contract_type.runtime_bytecode.bytecode
    assert len(code) // 2 - 1 <= 24_576
