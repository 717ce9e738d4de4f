"""Folders and keys for the vault's tests: a key file opens in no time, a password in a tenth of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixelpact.vault import KeyFile, Vault


@pytest.fixture
def unlock(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "agent.key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path, unlock: KeyFile) -> Iterator[Vault]:
    with Vault.create(folder, unlock) as opened:
        yield opened


@pytest.fixture
def lies(folder: Path) -> Callable[[], bytes]:
    """All bytes in the vault's folder, as a thief of the disk would have them."""
    return lambda: b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
