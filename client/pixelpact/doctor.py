"""What is missing or wrong on this computer or on a network, and what mends it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pixelpact import crypto
from pixelpact.chain import CONTRACTS, Chain, Network, load_artifact
from pixelpact.dicom import samples
from pixelpact.errors import PixelPactError, StoreError
from pixelpact.models import RAW, EnvelopeContext
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Vault

__all__ = ["Finding", "examine"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at.
        ok: whether it is as it should be.
        needed: whether PixelPact works without it.
        sentence: what was found.
        remedy: what mends it; empty when nothing has to be.
    """

    subject: str
    ok: bool
    needed: bool
    sentence: str
    remedy: str = ""

    @classmethod
    def good(cls, subject: str, sentence: str) -> Finding:
        """It is as it should be."""
        return cls(subject, ok=True, needed=True, sentence=sentence)

    @classmethod
    def bad(cls, subject: str, sentence: str, remedy: str, *, needed: bool = True) -> Finding:
        """It is not."""
        return cls(subject, ok=False, needed=needed, sentence=sentence, remedy=remedy)


def examine(network: Path | None = None) -> Iterator[Finding]:
    """Look at this computer, and at a network when its description is given.

    Args:
        network: the description's file.
    """
    yield _tried("cryptography", _wrap_a_key, "key envelopes (HPKE, ML-KEM-768 and X25519) open here")
    yield _tried("folders", _use_folders, "a store and a vault can be made and used in the temporary folder")
    yield _tried("contracts", _read_contracts, f"all {len(CONTRACTS)} contracts are in the package")
    yield _extra("embedded chain", ("eth_tester", "eth"), "embedded")
    yield _extra("thumbnails", ("numpy", "PIL"), "demo")
    yield _extra("JPEG 2000 and JPEG-LS thumbnails", ("openjpeg", "jpeg_ls"), "demo")
    yield _tried("sample studies", lambda: str(len(samples())), "the demo's sample studies are here")
    if network is not None:
        yield from _network(network)


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
        return Finding.bad(subject, error.sentence, error.remedy)
    except (OSError, ValueError) as error:
        return Finding.bad(subject, f"{type(error).__name__}: {error}", "Install PixelPact anew")
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


def _network(path: Path) -> Iterator[Finding]:
    try:
        network = Network.load(path)
        yield Finding.good("network description", f"'{network.name}', chain {network.chain_id}")
        chain = Chain.connect(network)
        head, final = chain.head(), chain.final_head()
    except PixelPactError as error:
        yield Finding.bad("network", error.sentence, error.remedy)
        return
    yield Finding.good("node", f"answers; chain id and genesis are those described, head {head.number}")
    clock = "its time is its own" if network.clock is None else "the head's time fits this computer's"
    yield Finding.good("clock", clock)
    yield Finding.good("contracts on the chain", "the shipped code stands at every address")
    yield Finding.good("finality", f"blocks up to {final.number} are final (depth {network.finality_depth})")
