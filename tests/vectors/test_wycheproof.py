"""C2SP's Wycheproof over the primitives as the package uses them (tests/vectors/wycheproof)."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_account import Account
from eth_keys.datatypes import PublicKey
from eth_keys.exceptions import BadSignature, ValidationError

from pixelpact.chain.eip712 import _HALF_ORDER

FOLDER = Path(__file__).parent / "wycheproof"


def cases(name: str, size: int) -> list[Any]:
    """The tests of a file with their group, as parameters; so many that a missing one would be seen."""
    document = json.loads((FOLDER / f"{name}_test.json").read_text("utf-8"))
    found = [
        pytest.param(group, test, id=f"{test['tcId']}")
        for group in document["testGroups"]
        for test in group["tests"]
    ]
    assert len(found) == document["numberOfTests"] == size
    return found


def hexes(test: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(test[name]) for name in names]


@pytest.mark.parametrize(("group", "test"), cases("aes_gcm", 316))
def test_aes_gcm(group: dict[str, Any], test: dict[str, Any]) -> None:
    key, iv, aad, message, ciphertext, tag = hexes(test, "key", "iv", "aad", "msg", "ct", "tag")
    cipher = AESGCM(key)
    opened, sealed = bytearray(len(message)), bytearray(len(message) + 16)
    if test["result"] == "valid" and 8 <= len(iv) <= 128:
        cipher.encrypt_into(iv, message, aad, sealed)
        assert sealed == ciphertext + tag
        cipher.decrypt_into(iv, ciphertext + tag, aad, opened)
        assert opened == message
    else:  # a wrong tag, or a nonce of a length that the package never has and the library refuses
        with pytest.raises((InvalidTag, ValueError)):
            cipher.decrypt_into(iv, ciphertext + tag, aad, opened)


@pytest.mark.parametrize(("group", "test"), cases("hkdf_sha256", 86))
def test_hkdf(group: dict[str, Any], test: dict[str, Any]) -> None:
    material, salt, info, expected = hexes(test, "ikm", "salt", "info", "okm")
    if test["result"] == "valid":
        assert HKDF(SHA256(), length=test["size"], salt=salt, info=info).derive(material) == expected
    else:
        with pytest.raises(ValueError, match="Cannot derive keys larger"):
            HKDF(SHA256(), length=test["size"], salt=salt, info=info).derive(material)


@pytest.mark.parametrize(("group", "test"), cases("hmac_sha256", 174))
def test_hmac(group: dict[str, Any], test: dict[str, Any]) -> None:
    key, message, tag = hexes(test, "key", "msg", "tag")
    made = hmac.digest(key, message, "sha256")[: group["tagSize"] // 8]
    assert hmac.compare_digest(made, tag) == (test["result"] == "valid")


@pytest.mark.parametrize(("group", "test"), cases("x25519", 518))
def test_x25519(group: dict[str, Any], test: dict[str, Any]) -> None:
    public, private, shared = hexes(test, "public", "private", "shared")

    def exchange() -> bytes:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )

    if any(shared):
        assert exchange() == shared
    else:
        with pytest.raises(ValueError, match="Error computing shared key"):
            exchange()


@pytest.mark.parametrize(("group", "test"), cases("mlkem_768", 193))
def test_mlkem_768(group: dict[str, Any], test: dict[str, Any]) -> None:
    seed, ciphertext, expected = hexes(test, "seed", "c", "K")

    def decapsulate() -> bytes:
        return MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(ciphertext)

    if test["result"] == "valid":
        assert decapsulate() == expected
        if "ek" in test:
            public = MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
            assert public.hex() == test["ek"]
    else:
        with pytest.raises(ValueError, match=r"."):
            decapsulate()


#: The x coordinate of its R is not below the order. EVM signatures (v of 27 or 28) can't say such a one;
#: one signature in 2^128 is like it.
BEYOND_EVM = 346


@pytest.mark.parametrize(("group", "test"), cases("ecdsa_secp256k1_sha256_bitcoin", 463))
def test_ecdsa_secp256k1(group: dict[str, Any], test: dict[str, Any]) -> None:
    public = PublicKey(bytes.fromhex(group["publicKey"]["uncompressed"])[1:])
    message, signature = hexes(test, "msg", "sig")
    expected = test["result"] == "valid" and test["tcId"] != BEYOND_EVM
    assert recovers(public.to_checksum_address(), message, signature) == expected


def recovers(address: str, message: bytes, signature: bytes) -> bool:
    """Whether a signature is taken, as the chain room takes one: low s, and it recovers to the address."""
    try:
        r, s = decode_dss_signature(signature)
        if s > _HALF_ORDER:
            return False
        both = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        digest = hashlib.sha256(message).digest()
        return address in [Account._recover_hash(digest, signature=both + bytes((v,))) for v in (27, 28)]
    except (ValueError, OverflowError, BadSignature, ValidationError):
        return False
