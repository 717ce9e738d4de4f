"""Key envelopes and the keys they are made for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pixelpact.crypto import EncryptionKeyPair, StudyKey, StudySecret, unwrap, validate_public_key, wrap
from pixelpact.crypto.envelope import _info
from pixelpact.errors import ChainMismatchError, InputError, UnwrapError
from pixelpact.models import EnvelopeContext

PAIR = EncryptionKeyPair(b"\x07" * 32)
KEY, SECRET = StudyKey(b"k" * 32), StudySecret(b"r" * 32)
CONTEXT = EnvelopeContext(
    genesis=b"g" * 32,
    chain_id=1337,
    ledger=b"l" * 20,
    request_id=b"q" * 32,
    study_id=b"s" * 32,
    epoch=1,
    manifest_digest=b"m" * 32,
    custodian=2,
    requester=3,
    key_version=1,
)


def digest(envelope: bytes) -> bytes:
    return hashlib.sha256(envelope).digest()


def test_an_envelope_opens_in_its_context_and_is_never_the_same() -> None:
    envelopes = [wrap(PAIR.public_key, KEY, SECRET, CONTEXT) for _ in range(3)]
    assert {len(envelope) for envelope in envelopes} == {1200}
    assert len(set(envelopes)) == 3
    for envelope in envelopes:
        assert unwrap(PAIR, envelope, CONTEXT, digest(envelope)) == (KEY, SECRET)


@pytest.mark.parametrize("field", [field.name for field in fields(EnvelopeContext)])
def test_any_field_of_the_context_changed_and_it_does_not_open(field: str) -> None:
    envelope = wrap(PAIR.public_key, KEY, SECRET, CONTEXT)
    value = getattr(CONTEXT, field)
    other = replace(CONTEXT, **{field: value + 1 if isinstance(value, int) else value[:-1] + b"\x00"})
    with pytest.raises(UnwrapError):
        unwrap(PAIR, envelope, other, digest(envelope))


def test_an_envelope_for_another_key_does_not_open() -> None:
    envelope = wrap(PAIR.public_key, KEY, SECRET, CONTEXT)
    with pytest.raises(UnwrapError):
        unwrap(EncryptionKeyPair(b"\x08" * 32), envelope, CONTEXT, digest(envelope))


def test_an_envelope_that_was_not_released_is_not_opened() -> None:
    envelope = wrap(PAIR.public_key, KEY, SECRET, CONTEXT)
    with pytest.raises(ChainMismatchError):
        unwrap(PAIR, envelope, CONTEXT, digest(wrap(PAIR.public_key, KEY, SECRET, CONTEXT)))


def test_every_byte_of_an_envelope_counts() -> None:
    envelope = wrap(PAIR.public_key, KEY, SECRET, CONTEXT)
    for position in range(0, 1200, 7):
        changed = envelope[:position] + bytes((envelope[position] ^ 0x40,)) + envelope[position + 1 :]
        with pytest.raises(UnwrapError):
            unwrap(PAIR, changed, CONTEXT, digest(changed))


def test_info_is_of_fixed_width_and_ends_with_the_suite() -> None:
    info = _info(PAIR.public_key, CONTEXT)
    assert len(info) == 255
    assert info.endswith(bytes.fromhex("647a 0001 0002"))
    for wrong in (replace(CONTEXT, genesis=b"g"), replace(CONTEXT, ledger=b"l" * 32)):
        with pytest.raises(ValueError, match="bytes"):
            _info(PAIR.public_key, wrong)


def test_the_published_vector_of_the_kem_opens() -> None:
    known = json.loads((Path(__file__).parent / "hpke_mlkem768_x25519.json").read_text("utf-8"))
    assert (known["kem_id"], known["kdf_id"]) == (0x647A, 0x0001)
    pair = EncryptionKeyPair(bytes.fromhex(known["skRm"]))
    assert pair.public_key.hex() == known["pkRm"]
    message = known["encryption"]
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    opened = openssl.hpke._decrypt_with_aad(
        suite,
        bytes.fromhex(known["enc"] + message["ct"]),
        pair._private,
        bytes.fromhex(known["info"]),
        bytes.fromhex(message["aad"]),
    )
    assert opened.hex() == message["pt"]


def test_a_key_pair_is_its_seed() -> None:
    pair = EncryptionKeyPair.generate()
    assert EncryptionKeyPair(bytes(pair)).public_key == pair.public_key
    assert len(pair.public_key) == 1216
    validate_public_key(pair.public_key)


def with_coefficient(public: bytes, value: int) -> bytes:
    """The key with its first ML-KEM coefficient, the low 12 bits, set."""
    first = int.from_bytes(public[:3], "little") & ~0xFFF | value
    return first.to_bytes(3, "little") + public[3:]


LOW_ORDER = [
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@pytest.mark.parametrize(
    "public",
    [
        pytest.param(b"", id="empty"),
        pytest.param(PAIR.public_key[:-1], id="short"),
        pytest.param(PAIR.public_key + b"\x00", id="long"),
        pytest.param(bytes(1184) + PAIR.public_key[1184:], id="ML-KEM half of zeros"),
        pytest.param(with_coefficient(PAIR.public_key, 3329), id="coefficient of q"),
        pytest.param(with_coefficient(PAIR.public_key, 0xFFF), id="coefficient of 4095"),
        *(
            pytest.param(PAIR.public_key[:1184] + point, id=f"X25519 {point[:2].hex()}")
            for point in LOW_ORDER
        ),
    ],
)
def test_a_public_key_that_is_none_is_refused(public: bytes) -> None:
    with pytest.raises(InputError):
        validate_public_key(public)
    with pytest.raises(InputError):
        wrap(public, KEY, SECRET, CONTEXT)


def test_the_greatest_coefficient_is_taken() -> None:
    validate_public_key(with_coefficient(PAIR.public_key, 3328))
