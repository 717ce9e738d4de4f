"""An account keeps its key to itself; a prepared transaction is what its bytes say."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelpact.chain import Account, SignedCall
from pixelpact.errors import InputError

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def test_an_address_is_the_keys():
    # The first account of the mnemonic that all Ethereum developers' tools share.
    key = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    assert Account(key).address.hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert Account(key).reveal_key() == key


def test_generated_accounts_differ():
    assert len({Account.generate().address for _ in range(5)}) == 5


def test_nothing_shows_the_key():
    account = Account.generate()
    key = account.reveal_key()
    shown = f"{account!r} {account} {account!r:>5} {vars(Account).keys()}"
    assert key.hex() not in shown.lower()
    assert str(int.from_bytes(key, "big")) not in shown
    assert "0x" + account.address.hex() in shown.lower()


def test_an_account_is_not_copied_out():
    account = Account.generate()
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(account)
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(account)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\1" * 31,
        b"\1" * 33,
        bytes(32),
        ORDER.to_bytes(32, "big"),
        b"\xff" * 32,
        "11" * 32,
        "0x" + "11" * 32,
        5,
        None,
    ],
)
def test_what_is_no_key_is_refused_without_showing_it(key: object):
    with pytest.raises(InputError, match="not an account's key") as caught:
        Account(key)  # type: ignore[arg-type]
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "1111" not in caught.value.sentence


def test_the_highest_key_is_one():
    assert len(Account((ORDER - 1).to_bytes(32, "big")).address) == 20


def signed(account: Account, **changes: object) -> bytes:
    fields = {
        "type": 2,
        "chainId": 7,
        "nonce": 1,
        "gas": 100_000,
        "maxPriorityFeePerGas": 10**9,
        "maxFeePerGas": 2 * 10**9,
        "value": 0,
        "data": b"\1\2",
        "to": b"\3" * 20,
    }
    return account.sign_transaction(fields | changes)


def test_a_signed_transaction_is_read_back():
    account = Account.generate()
    call = SignedCall.parse(signed(account))
    assert (call.sender, call.chain_id, call.nonce, call.gas) == (account.address, 7, 1, 100_000)
    assert (call.to, call.data) == (b"\3" * 20, b"\1\2")
    assert SignedCall.parse(signed(account, to=b"")).to is None


def test_other_types_of_transactions_are_refused():
    account = Account.generate()
    legacy = {"chainId": 7, "nonce": 1, "gas": 21_000, "gasPrice": 10**9, "value": 0, "to": b"\3" * 20}
    for fields in (legacy, legacy | {"type": 1, "accessList": []}):
        with pytest.raises(InputError, match="not a signed transaction of ours"):
            SignedCall.parse(account.sign_transaction(fields))


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"\2" + rest))
def test_other_bytes_are_refused(raw: bytes):
    with pytest.raises(InputError, match="not a signed transaction of ours"):
        SignedCall.parse(raw)


def test_a_changed_transaction_is_nobodys_or_somebody_elses():
    account = Account.generate()
    raw = signed(account)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            call = SignedCall.parse(changed)
        except InputError:
            continue
        assert call.sender != account.address
