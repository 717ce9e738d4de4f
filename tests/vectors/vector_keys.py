"""Scenarios: other keys, chunks out of their place, padding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from Crypto.Cipher import AES
from vector_builder import (
    CHUNK,
    UID,
    Link,
    Study,
    cbor,
    mac,
    named,
    nonce,
    one,
)
from vector_kit import Block, Vector


def header() -> Iterator[Vector]:
    """Roots whose MAC is another key's."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "header", [], comment)

    fields = Study().root().root_value or {}

    def flipped(data: bytes, position: int) -> bytes:
        return data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]

    for position in (0, 31):
        study = Study().rewritten({**fields, "mac": flipped(fields["mac"], position)})
        yield refused(study, f"mac-bit-flipped-in-byte-{position}", "One bit of the MAC.")
    yield refused(
        Study().rewritten({**fields, "salt": named("another salt")}),
        "right-key-wrong-salt",
        "The salt was exchanged.",
    )
    study = Study()
    study.told = {"key": Study(epoch=2).key.hex()}
    yield refused(study, "key-of-another-epoch", "The reader holds the key of the next epoch.")
    other = Study(name="b").cut()
    yield refused(
        Study().rewritten({**fields, "index": [Link(b.cid()) for b in other.index_blocks or ()]}),
        "index-link-exchanged",
        "An index link was exchanged under the old MAC.",
    )
    tag = mac(
        Study().derived("header"),
        b"PixelPact/v1/header",
        cbor({k: v for k, v in fields.items() if k != "mac"}),
    )
    yield refused(
        Study().rewritten({**fields, "mac": tag}), "mac-without-separator", "The label lacks its 0x00."
    )
    study = two_keys()
    yield refused(
        study, "block-of-two-keys", "The data block decrypts under the reader's key too; the root doesn't."
    )


def two_keys() -> Study:
    """A study whose data block has a valid tag under the data keys of two study keys, told the second."""
    study = Study(one(CHUNK)).cut()
    other = Study(one(CHUNK))
    other.key = named("the other key")
    first, second = study.derived("data"), other.derived("data")
    iv, at = nonce(0, 1), 65_534
    plain = (study.data or [])[0].data
    ciphertext, tag = AES.new(first, AES.MODE_GCM, nonce=iv).encrypt_and_digest(
        hashlib.shake_256(f"{UID}.1.1".encode()).digest(CHUNK)
    )
    assert plain()[:CHUNK] == ciphertext
    decrypted = AES.new(second, AES.MODE_GCM, nonce=iv).decrypt(ciphertext)
    _, other_tag = AES.new(second, AES.MODE_GCM, nonce=iv).encrypt_and_digest(decrypted)
    # Flipping ciphertext block `at` by d changes the tags by d * H^k; choose d so that both become equal.
    k = CHUNK // 16 - at + 1
    powers = [
        power(int.from_bytes(AES.new(key, AES.MODE_ECB).encrypt(bytes(16)), "big"), k)
        for key in (first, second)
    ]
    difference = int.from_bytes(tag, "big") ^ int.from_bytes(other_tag, "big")
    flip = times(difference, power(powers[0] ^ powers[1], 2**128 - 2))
    noise = study.instances[0].noise
    wanted = hashlib.shake_256(f"{UID}.1.1".encode()).digest(CHUNK)[16 * at : 16 * at + 16]
    forced = bytes(a ^ b for a, b in zip(wanted, flip.to_bytes(16, "big"), strict=True))
    content = [noise(0, 16 * at), f"hex:{forced.hex()}", noise(16 * at + 16, CHUNK)]
    study.data = [Block(content, (first, iv))]
    sealed = study.data[0].data()
    for key in (first, second):
        AES.new(key, AES.MODE_GCM, nonce=iv).decrypt_and_verify(sealed[:CHUNK], sealed[CHUNK:])
    study.told = {"key": other.key.hex()}
    return study


def times(a: int, b: int) -> int:
    """The product in the field of GHASH (SP 800-38D section 6.3), bits reflected as there."""
    product = 0
    for bit in range(127, -1, -1):
        if b >> bit & 1:
            product ^= a
        a = a >> 1 ^ (0xE1 << 120 if a & 1 else 0)
    return product


def power(a: int, exponent: int) -> int:
    """The power in that field."""
    result = 1 << 127
    while exponent:
        if exponent & 1:
            result = times(result, a)
        a, exponent = times(a, a), exponent >> 1
    return result


def payload() -> Iterator[Vector]:
    """Chunks that don't decrypt, and padding that is not zeros."""

    def refused(study: Study, name: str, comment: str, released: int = 0) -> Vector:
        return study.vector(name, "payload", study.instances[:released], comment)

    def links(order: list[int]) -> Study:
        study = Study().cut()
        study.leaf_blocks = [study.leaf([Link((study.data or [])[number].cid()) for number in order])]
        return study

    yield refused(links([1, 0]), "chunks-swapped", "The leaf links the two chunks in the other order.")
    yield refused(links([0, 0]), "chunk-duplicated", "The leaf links the first chunk twice.", 1)

    def nonces(*pairs: tuple[int, int]) -> Study:
        study = Study().cut()
        for chunk, (number, last) in zip(study.data or (), pairs, strict=True):
            assert chunk.encrypt is not None
            chunk.encrypt = chunk.encrypt[0], nonce(number, last)
        return study

    yield refused(
        nonces((0, 1), (1, 1)), "last-flag-early", "The first of two chunks says that it is the last."
    )
    yield refused(nonces((0, 0), (1, 0)), "last-flag-missing", "The last chunk does not say that it is.", 1)
    yield refused(
        nonces((0, 0), (2, 1)), "counter-skips", "The second chunk has the counter of the third.", 1
    )
    yield refused(nonces((1, 0), (2, 1)), "counter-from-one", "Counted from 1.")
    study = Study().cut()
    assert study.data is not None
    assert study.data[1].encrypt is not None
    study.data[1].encrypt = Study(epoch=2).derived("data"), study.data[1].encrypt[1]
    yield refused(
        study, "chunk-of-another-epoch", "The second chunk is encrypted under the next epoch's key.", 1
    )
    study = Study(one(99)).cut()
    assert study.index_blocks is not None
    study.data = study.index_blocks[:1]
    yield refused(study, "index-chunk-in-data", "The data block is the index block.")
    study = Study(one(99)).cut()
    study.index_blocks = (study.data or [])[:1]
    yield refused(study, "data-chunk-in-index", "The index block is the data block.")
    study = Study().cut()
    assert study.data is not None
    assert study.data[1].encrypt is not None
    content = study.data[1].content
    room = int(content[-1].partition(":")[2])
    study.data[1] = Block([*content[:-1], f"zeros:{room - 1}", "hex:01"], study.data[1].encrypt)
    yield refused(study, "data-padding", "The last byte of the padding is 1.", 1)
    study = Study().cut()
    assert study.data is not None
    study.data[1] = Block([*content[:-1], "hex:80", f"zeros:{room - 1}"], study.data[1].encrypt)
    yield refused(study, "data-padding-first-byte", "The first byte of the padding is 0x80.", 1)
    study = Study().cut()
    assert study.index_blocks is not None
    content = study.index_blocks[0].content
    room = int(content[-1].partition(":")[2])
    study.index_blocks[0] = Block(
        [*content[:-1], f"zeros:{room - 1}", "hex:01"], study.index_blocks[0].encrypt
    )
    yield refused(study, "index-padding", "The last byte behind the index is 1.")
    study = Study().cut()
    assert study.index_blocks is not None
    assert study.index_blocks[0].encrypt is not None
    study.index_blocks[0].encrypt = study.index_blocks[0].encrypt[0], nonce(0, 0)
    yield refused(
        study, "index-last-flag-missing", "The index's only chunk does not say that it is the last."
    )
