"""This computer: what PixelPact needs of it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from pixelpact import crypto
from pixelpact.chain import CONTRACTS, load_artifact
from pixelpact.dicom import samples
from pixelpact.doctor.codecs import examine_codecs
from pixelpact.doctor.finding import Finding
from pixelpact.doctor.network import examine_network
from pixelpact.doctor.stores import examine_kubo
from pixelpact.errors import PixelPactError, StoreError
from pixelpact.models import RAW, EnvelopeContext
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Vault

__all__ = ["examine"]


def examine(network: Path | None = None, ipfs: str | None = None) -> Iterator[Finding]:
    """Look at this computer, at a network when its description is given, and at a Kubo node.

    Args:
        network: the description's file.
        ipfs: the node's RPC, such as ``http://127.0.0.1:5001``.
    """
    yield _tried("cryptography", _wrap_a_key, "key envelopes (HPKE, ML-KEM-768 and X25519) open here")
    yield _tried("folders", _use_folders, "a store and a vault can be made and used in the temporary folder")
    yield _tried("contracts", _read_contracts, f"all {len(CONTRACTS)} contracts are in the package")
    yield _extra("embedded chain", ("eth_tester", "eth"), "embedded")
    yield from examine_codecs()
    yield _tried("sample studies", lambda: str(len(samples())), "the demo's sample studies are here")
    if network is not None:
        yield from examine_network(network)
    if ipfs is not None:
        yield from examine_kubo(ipfs)


def _extra(subject: str, modules: tuple[str, ...], extra: str) -> Finding:
    missing = [module for module in modules if find_spec(module) is None]
    if not missing:
        return Finding.good(subject, "its packages are installed")
    return Finding.bad(
        subject,
        f"not installed: {', '.join(missing)}",
        f"Install it with: pip install 'pixelpact[{extra}]'",
        needed=False,
    )


def _tried(subject: str, attempt: Callable[[], object], sentence: str) -> Finding:
    try:
        attempt()
    except PixelPactError as error:
        return Finding.of(subject, error)
    except (OSError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"
        return Finding.bad(subject, said, "Install it anew: pip install --force-reinstall pixelpact")
    return Finding.good(subject, sentence)


def _wrap_a_key() -> None:
    context = EnvelopeContext(bytes(32), 1, bytes(20), bytes(32), bytes(32), 1, bytes(32), 1, 2, 1)
    pair, key, secret = (
        crypto.EncryptionKeyPair.generate(),
        crypto.StudyKey.generate(),
        crypto.StudySecret.generate(),
    )
    envelope = crypto.wrap(pair.public_key, key, secret, context)
    opened, _ = crypto.unwrap(pair, envelope, context, hashlib.sha256(envelope).digest())
    if bytes(opened) != bytes(key):
        raise ValueError("an envelope gave another key")


def _use_folders() -> None:
    with tempfile.TemporaryDirectory(prefix="pixelpact-") as folder:
        store = FolderStore(Path(folder) / "store")
        if store.get(store.put(b"doctor", RAW)) != b"doctor":
            raise StoreError("A block came back changed", remedy="Check the disk")
        Vault.create(Path(folder) / "vault", KeyFile(Path(folder) / "key")).close()


def _read_contracts() -> None:
    for name in CONTRACTS:
        load_artifact(name)
