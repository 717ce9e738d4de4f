from eth_abi import encode
from eth_utils import keccak
from scenario import HOSPITAL_B, digest, plain, query_of


def test_request_of_is_zeros_when_unknown(ledger):
    assert set(plain(ledger.requestOf(digest("nothing"))).values()) == {0}


def test_request_id_is_of_this_chain_and_ledger(chain, ledger, study, directive_hash):
    query = query_of(study, purpose=200, categories=2**63, project=digest("p"), obligations=9)
    query_hash = keccak(encode(["bytes32", "uint8", "uint64", "bytes32", "uint64"], list(query.values())))
    types = ["uint256", "address", "uint32", "uint64", "bytes32", "bytes32"]
    values = [chain.chain_id, ledger.address, HOSPITAL_B, 2**64 - 1, query_hash, directive_hash]
    assert bytes(ledger.requestId(HOSPITAL_B, 2**64 - 1, query, directive_hash)) == keccak(
        encode(types, values)
    )
