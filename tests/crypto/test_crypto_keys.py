"""Secrets, ids and derived keys."""

from __future__ import annotations

import copy
import hashlib
import hmac
import pickle
import subprocess
import sys

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from pixelpact.crypto import EncryptionKeyPair, StudyKey, StudySecret, local_id, study_id
from pixelpact.crypto.keys import ChunkKeys, context_digest, derive_keys
from pixelpact.models import StudyContext

SECRETS = [StudyKey(b"\xa5" * 32), StudySecret(b"\xa5" * 32), EncryptionKeyPair(b"\xa5" * 32)]
CONTEXT = StudyContext(genesis=b"g" * 32, chain_id=1, registry=b"r" * 20, study_id=b"s" * 32, epoch=1)


@pytest.mark.parametrize("secret", [*SECRETS, ChunkKeys(b"\xa5" * 32, b"\xa5" * 32, b"\xa5" * 32)])
def test_secrets_show_nothing(secret: object) -> None:
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}"):
        assert "a5" not in shown
        assert "\\xa5" not in shown
        assert "hidden" in shown


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_not_pickled_or_copied(secret: object) -> None:
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="vault"):
            use(secret)


@pytest.mark.parametrize("kind", [StudyKey, StudySecret, EncryptionKeyPair])
def test_secrets_are_32_bytes_and_drawn_anew(kind: type) -> None:
    for size in (0, 31, 33, 64):
        with pytest.raises(ValueError, match="32"):
            kind(bytes(size))
    made = {bytes(kind.generate()) for _ in range(50)}
    assert len(made) == 50
    assert {len(each) for each in made} == {32}


def test_secrets_are_equal_by_value_and_kind() -> None:
    assert StudyKey(bytes(32)) == StudyKey(bytes(32))
    assert StudyKey(bytes(32)) != StudyKey(b"\x01" + bytes(31))
    assert StudyKey(bytes(32)) != StudySecret(bytes(32))
    assert StudyKey(bytes(32)) != bytes(32)
    with pytest.raises(TypeError, match="unhashable"):
        hash(StudyKey(bytes(32)))


def test_the_study_id_is_what_the_contract_computes() -> None:
    local = local_id(StudySecret(b"r" * 32), 7, "1.2.3")
    assert local == hmac.digest(b"r" * 32, b"PixelPact/v1/study\x00\x00\x00\x071.2.3", "sha256")
    assert study_id(7, local) == keccak(encode(["uint32", "bytes32"], [7, local]))


def test_ids_need_fixed_widths() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        study_id(7, bytes(31))
    for custodian in (-1, 2**32):
        with pytest.raises(OverflowError):
            study_id(custodian, bytes(32))
        with pytest.raises(OverflowError):
            local_id(StudySecret(bytes(32)), custodian, "1.2")


def test_a_shorter_salt_would_be_the_twin_of_another_and_is_refused() -> None:
    short, padded = b"s" * 31, b"s" * 31 + b"\x00"
    assert hmac.digest(short, b"k", "sha256") == hmac.digest(padded, b"k", "sha256")
    with pytest.raises(ValueError, match="32 bytes"):
        derive_keys(StudyKey(bytes(32)), short, bytes(32))


def test_each_key_is_bound_to_salt_context_and_name() -> None:
    one = derive_keys(StudyKey(bytes(32)), b"s" * 32, b"c" * 32)
    keys = {one.header, one.data, one.index}
    for key, salt, ctx in (
        (StudyKey(b"\x01" * 32), b"s" * 32, b"c" * 32),
        (StudyKey(bytes(32)), b"t" * 32, b"c" * 32),
        (StudyKey(bytes(32)), b"s" * 32, b"d" * 32),
    ):
        other = derive_keys(key, salt, ctx)
        keys |= {other.header, other.data, other.index}
    assert len(keys) == 12


def test_the_context_has_fixed_widths() -> None:
    parts = b"g" * 32 + bytes(31) + b"\x01" + b"r" * 20 + b"s" * 32 + b"\x00\x00\x00\x01"
    assert context_digest(CONTEXT) == hashlib.sha256(b"PixelPact/v1/context" + parts).digest()
    for changed in (
        StudyContext(b"g" * 31, 1, b"r" * 20, b"s" * 32, 1),
        StudyContext(b"g" * 32, 1, b"r" * 19, b"s" * 32, 1),
        StudyContext(b"g" * 32, 1, b"r" * 20, b"s" * 33, 1),
    ):
        with pytest.raises(ValueError, match="bytes"):
            context_digest(changed)


def test_the_room_loads_neither_web3_nor_pydicom() -> None:
    code = (
        "import sys, pixelpact.crypto; print(sorted({'web3', 'pydicom', 'eth_account'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
