"""Other ways to encrypt a file: age (by pyrage) and Tink's streaming AEAD, for `scripts/bench seal`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import tink
from tink import streaming_aead

__all__ = ["Age", "Tink", "others"]

_PIECE = 1 << 20
_NOWHERE = Path("/dev/null")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Age:
    """ChaCha20-Poly1305 in pieces of 64 KiB to one X25519 recipient (age v1). All of it runs in Rust."""

    name = "age"

    def __init__(self, file: Path, encrypted: Path) -> None:
        self._file, self._encrypted = str(file), str(encrypted)
        self._identity = pyrage.x25519.Identity.generate()
        self._recipients = [self._identity.to_public()]
        pyrage.encrypt_file(self._file, self._encrypted, self._recipients)

    def seal(self) -> float:
        """Seconds to encrypt the file into nothing."""
        return _timed(lambda: pyrage.encrypt_file(self._file, str(_NOWHERE), self._recipients))

    def open(self) -> float:
        """Seconds to decrypt it into nothing."""
        return _timed(lambda: pyrage.decrypt_file(self._encrypted, str(_NOWHERE), [self._identity]))


class Tink:
    """AES-256-GCM in pieces of 1 MiB, their key by HKDF (AES256_GCM_HKDF_1MB). Runs in C++."""

    name = "tink"

    def __init__(self, file: Path, encrypted: Path) -> None:
        streaming_aead.register()
        template = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB
        keys: Any = tink.new_keyset_handle(template)
        self._cipher: Any = keys.primitive(streaming_aead.StreamingAead)
        self._file, self._encrypted = file, encrypted
        self._encrypt(encrypted)

    def seal(self) -> float:
        """Seconds to encrypt the file into nothing."""
        return _timed(lambda: self._encrypt(_NOWHERE))

    def open(self) -> float:
        """Seconds to decrypt it into nothing."""
        return _timed(self._decrypt)

    def _encrypt(self, to: Path) -> None:
        with (
            self._file.open("rb", buffering=0) as source,
            self._cipher.new_encrypting_stream(to.open("wb", buffering=0), b"") as sink,
        ):
            while piece := source.read(_PIECE):
                sink.write(piece)

    def _decrypt(self) -> None:
        source = self._encrypted.open("rb", buffering=0)
        with self._cipher.new_decrypting_stream(source, b"") as stream:
            while stream.read(_PIECE):
                pass


def others(file: Path) -> tuple[Age, Tink]:
    """Both, with the file encrypted once beside it."""
    return Age(file, file.with_suffix(".age")), Tink(file, file.with_suffix(".tink"))
