"""The scenarios of key envelopes.

An encapsulation is random, so the kit keeps one, made once; its shared secret follows from the made-up seed,
and everything else of HPKE (RFC 9180) is computed here, so that any part can be done wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from Crypto.Cipher import AES
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from vector_builder import named, u32, u256
from vector_kit import Block, Vector

#: An encapsulation to the key pair of this seed.
SEED = named("requester seed")
ENCAPSULATED = base64.b64decode(
    """
    TYJHgB3TfMz5dGXBgIz6R1Z+B7Y/afjFVWlghRcQd2AY3icKI8yql3qsEc6cy8E2886UuASDtV3QpdJ5jbjZSqYYP/7/qwm9BUWl
    py5mSu3n27MW6OdwVk6rfHUUqmGDAs6Hq8vG5FJDS0tJZllHc6/GoCrfd2tHwCnR0LKfnBzAdhs/tX9X2E1yZGEM/t1wMtz1gcuf
    jJG0kAzaCV6cgZNiezJ1LB76R5Ux7PkrY03LhP3oUV0KeYdnC3ZlXfqfAyLQtDMZ+PfBKUnzZuFtka9ItxmfbUMpppybdAReN/Fn
    822J5vX89qvg118YU0/88yXIsUSUjC9nnzimsh/NYF8xHoVSwRM74OkuZBl/6LhqALeobB874A6f+adblrHpMFEkhy4APF7DsKZM
    /WW1tZEDtX0reBq9IrOlyqq1XcTjA1fSXOHeNrqynVxeGjvLxkiEGMnAbxm4SVapBgruRs8NoFq4f3TtR7t2b5Bst6bp3Qv5gNTK
    5ZcVwLi5Y8W5fqYyZoc9UmiTIwXWUqg/XiGlFRacD19uNwWlLDRGWZedNS40Otf0Cu4QwF/Ckf++Elw8FkxHZvfx9VebcPG0dobC
    rLMHeviq49MykmoopRNtne3oZgC8ah0ft9EFY/q0F0PhFcKKJzV86doVRJuwyVyPypo7zar20HfwakaKPuQZBaM4ILYuQG6s4YSX
    BJRQmlxVYmRBbkVZFQ1q2wWxrcgmDhi2YEZY38qzJ4FfZVMf9PG+pjvyJP6yJb15vLzFn0KlqvdffbUsVZZ2Si0jhgOPeET9IR3e
    35Ew/ArTOCwIXVbgee+E/oFraXREWQD/XvQKFnLBHUd2hjt65MskZ/7eRiwBOSQ8YR6K4ZI0I7rMQ6/JkbghhtGOQ0Pn/4ok3/nP
    ypZowl7OA6f1PEYHDNFf5Bx4g5X/r70tAztbWVQE8lTlH1P+r3DLq3YP+A+MsIxxIZKGUloLE2vT6wagvaV36x3rLrIvOfG7vg5m
    pGDp07xbMsGBE8yfMi7l6QywQXxfroONaEHu/zqSaethOTdjFoSm42MUKnbZzgsnWfzPwvZrhCb7P9MPQTCXko03uGH2qvZajoez
    T4Z9UtKaIlvIalV4kbadZRfF7qM3MNEsT/e4jcU+emEQMcZA0zQkPZpmfGF3SpSm+QM2FGNkQYXmXRQSWIBEu3V4hmvZJiJ8ak6q
    Pxg8L5/3iVWH1RTRum9S54lGubmCO7bOStA0n9SS7nogZJtc2RSo0Lc0jD6zB6AxY6FqWA2nccBo1dmi2mDLtF+5iz41ETYhxiP7
    /j6jRy2ckUwwkkdTla8HhcxuaXpqjPv9R6kLTROreTwHc/a6dIosjiYYoVZpp8az8P+YWZ2pZ27HbzGEOp3FrTHLi19HS32Na1rh
    R0b0y8R3ohaRx2PgpeS6VYYBwGlHMje+rTjBgWJojkMUWEXqesNmRCwpVJvs/E2n1bx6cotE3WTX3MqiokMfx1oWFDLzCw==
    """
)


@dataclass(frozen=True)
class Suite:
    """An HPKE suite by its ids: what the envelope's is, and what it could be instead."""

    kem: int = 0x647A
    kdf: int = 0x0001
    aead: int = 0x0002

    @property
    def digest(self) -> str:
        """The hash of the KDF."""
        return {1: "sha256", 2: "sha384"}[self.kdf]

    @property
    def key_size(self) -> int:
        """Of the AEAD, bytes."""
        return {1: 16, 2: 32}[self.aead]


@dataclass(frozen=True)
class Context:
    """What an envelope is bound to."""

    genesis: bytes = named("genesis")
    chain_id: int = 20_260_701
    ledger: bytes = named("ledger")[:20]
    request_id: bytes = named("request")
    study_id: bytes = named("study id")
    epoch: int = 3
    manifest_digest: bytes = named("manifest")
    custodian: int = 7
    requester: int = 12
    key_version: int = 2

    def info(self, public_key: bytes, suite: Suite) -> bytes:
        """HPKE's info."""
        return b"".join(
            (
                b"PixelPact/v1/envelope",
                self.genesis,
                u256(self.chain_id),
                self.ledger,
                self.request_id,
                self.study_id,
                u32(self.epoch),
                self.manifest_digest,
                u32(self.custodian),
                u32(self.requester),
                u32(self.key_version),
                hashlib.sha256(public_key).digest(),
                *(part.to_bytes(2, "big") for part in (suite.kem, suite.kdf, suite.aead)),
            )
        )


def key_pair(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey, bytes]:
    """Both private halves of an X-Wing seed, and the public key."""
    expanded = hashlib.shake_256(seed).digest(96)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
    return mlkem, x25519, mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def shared_secret() -> bytes:
    """Of the kept encapsulation (X-Wing)."""
    mlkem, x25519, public = key_pair(SEED)
    ciphertext, ephemeral = ENCAPSULATED[:1088], ENCAPSULATED[1088:]
    both = mlkem.decapsulate(ciphertext) + x25519.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    return hashlib.sha3_256(both + ephemeral + public[1184:] + b"\\.//^\\").digest()


def sealed(plaintext: bytes, info: bytes, suite: Suite) -> bytes:
    """The envelope: RFC 9180 section 5.1 with the kept encapsulation."""
    suite_id = b"HPKE" + b"".join(part.to_bytes(2, "big") for part in (suite.kem, suite.kdf, suite.aead))

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        return hmac.digest(salt, b"HPKE-v1" + suite_id + label + material, suite.digest)

    def expand(secret: bytes, label: bytes, material: bytes, size: int) -> bytes:
        message = size.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + material + b"\x01"
        return hmac.digest(secret, message, suite.digest)[:size]

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared_secret(), b"secret", b"")
    key, nonce = expand(secret, b"key", context, suite.key_size), expand(secret, b"base_nonce", context, 12)
    ciphertext, tag = AES.new(key, AES.MODE_GCM, nonce=nonce).encrypt_and_digest(plaintext)
    return ENCAPSULATED + ciphertext + tag


def envelope(
    name: str,
    expect: str,
    comment: str,
    *,
    bound: Context | None = None,
    told: Context | None = None,
    suite: Suite | None = None,
    plaintext: bytes | None = None,
    seed: bytes = SEED,
    change: tuple[str, ...] | None = None,
    released: bytes | None = None,
) -> Vector:
    """A scenario: bound to one context, its reader told another."""
    context, suite = bound or Context(), suite or Suite()
    key, secret = named("study key"), named("study secret")
    public = key_pair(SEED)[2]
    data = sealed(plaintext if plaintext is not None else key + secret, context.info(public, suite), suite)
    block = Block(["base64:" + base64.b64encode(data).decode("ascii")], changes=[change] if change else [])
    header = {
        "scenario": name,
        "kind": "envelope",
        "expect": expect,
        "released": "64" if expect == "success" else "0",
        "comment": comment,
        "seed": seed.hex(),
        **{
            field.name.replace("_", "-"): _told(getattr(told or context, field.name))
            for field in fields(Context)
        },
        "key": key.hex(),
        "secret": secret.hex(),
        "envelope-digest": (released or hashlib.sha256(block.data()).digest()).hex(),
    }
    return Vector(header, [block])


def _told(value: bytes | int) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def envelopes() -> Iterator[Vector]:
    """All of them."""
    right = Context()
    ends = replace(right, chain_id=2**256 - 1, epoch=2**32 - 1, custodian=2**32 - 1, requester=2**32 - 1)
    yield envelope("envelope", "success", "Opens.")
    yield envelope(
        "envelope-numbers-at-their-ends",
        "success",
        "The greatest numbers.",
        bound=replace(ends, key_version=2**32 - 1),
    )
    yield envelope(
        "envelope-numbers-zero",
        "success",
        "The least numbers.",
        bound=replace(right, chain_id=0, epoch=0, custodian=0, requester=0, key_version=0),
    )
    for field in fields(Context):
        value = getattr(right, field.name)
        other = value + 1 if isinstance(value, int) else bytes((value[0] ^ 1,)) + value[1:]
        name = field.name.replace("_", "-")
        yield envelope(
            f"envelope-for-another-{name}",
            "unwrap",
            f"The reader's {name} is another.",
            told=replace(right, **{field.name: other}),
        )
    yield envelope(
        "envelope-for-another-key", "unwrap", "The reader has another key pair.", seed=named("other seed")
    )
    yield envelope("envelope-aes-128", "unwrap", "Made with AES-128-GCM, and its ids.", suite=Suite(aead=1))
    yield envelope("envelope-sha-384", "unwrap", "Made with HKDF-SHA384, and its ids.", suite=Suite(kdf=2))
    yield envelope(
        "envelope-of-63", "unwrap", "A plaintext of 63 bytes.", plaintext=named("k") + named("r")[:31]
    )
    yield envelope(
        "envelope-of-65", "unwrap", "A plaintext of 65 bytes.", plaintext=named("k") + named("r") + b"\x00"
    )
    yield envelope("envelope-of-32", "unwrap", "The study key alone.", plaintext=named("k"))
    for name, offset in (("mlkem", 0), ("x25519", 1100), ("ciphertext", 1120), ("tag", 1199)):
        yield envelope(
            f"envelope-{name}-bit-flipped",
            "unwrap",
            f"A bit of the {name} part.",
            change=("xor", str(offset), "01"),
        )
    yield envelope("envelope-cut", "unwrap", "The last byte is missing.", change=("keep", "1199"))
    yield envelope("envelope-empty", "unwrap", "No bytes.", change=("keep", "0"))
    yield envelope(
        "envelope-in-no-release",
        "chain",
        "It opens, and the ledger's release names another.",
        released=named("another envelope"),
    )
