"""Real parts: a vault, a block folder, and studies of pydicom's test files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from pixelpact import dicom
from pixelpact.models import Cid
from pixelpact.sealing import NetworkIdentity
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Vault

NETWORK = NetworkIdentity(genesis=b"\x11" * 32, chain_id=31337, registry=b"\x22" * 20)
CUSTODIAN = 1
SUBJECT = b"\x33" * 20


@pytest.fixture
def network() -> NetworkIdentity:
    return NETWORK


@pytest.fixture
def unlock(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "agent.key")


@pytest.fixture
def vault(tmp_path: Path, unlock: KeyFile) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault", unlock) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with a copy of the ultrasound sample: two images, one in JPEG 2000."""
    folder = tmp_path / "study"
    folder.mkdir()
    for file in next(sample for sample in dicom.samples() if "Ultrasound" in sample.title).files:
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def change() -> Callable[[Path], None]:
    """Give the uncompressed image of a study one other pixel."""

    def changed(folder: Path) -> None:
        path = max(folder.iterdir())
        dataset = pydicom.dcmread(path)
        dataset.PixelData = bytes([dataset.PixelData[0] ^ 1]) + dataset.PixelData[1:]
        dataset.save_as(path)

    return changed


@pytest.fixture
def enlarged(tmp_path: Path) -> Callable[[int], Path]:
    """A folder with one CT image of so many MiB."""

    def make(size: int) -> Path:
        (sample,) = next(sample for sample in dicom.samples() if sample.title.startswith("CT")).files
        dataset = pydicom.dcmread(sample)
        dataset.Rows, dataset.Columns = 1024 * size, 512
        tile = dataset.PixelData
        dataset.PixelData = (tile * (-(-(size << 20) // len(tile))))[: size << 20]
        folder = tmp_path / f"ct-{size}"
        folder.mkdir()
        dataset.save_as(folder / "image.dcm")
        return folder

    return make


@pytest.fixture
def files_of() -> Callable[[dicom.DicomStudy], dict[str, bytes]]:
    """The bytes of a study's instances by their UIDs."""

    def read(source: dicom.DicomStudy) -> dict[str, bytes]:
        found = {}
        for instance in source:
            with source.open(instance) as file:
                found[instance.sop_uid] = file.read()
        return found

    return read


@pytest.fixture
def telling() -> Callable[[bytes], bytes]:
    """A piece of an image that is found nowhere by chance: 64 bytes, many of them different."""

    def excerpt(content: bytes) -> bytes:
        pieces = (content[at : at + 64] for at in range(0, min(len(content), 1 << 20) - 64, 64))
        found = max(pieces, key=lambda piece: len(set(piece)))
        assert len(set(found)) > 20
        return found

    return excerpt


@pytest.fixture
def stored(store: FolderStore) -> Callable[[], set[Cid]]:
    """All that lies in the store, whatever links it."""
    return lambda: {Cid.parse(path.name) for path in (store.folder / "blocks").glob("*/*")}
