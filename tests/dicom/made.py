"""DICOM files made for the tests, and those that pydicom ships. All names and numbers are made up."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

DATA = Path(str(files("pydicom"))) / "data"
TEST_FILES = DATA / "test_files"
ROOT = "1.2.826.0.1.3680043.10.9999"


def shipped() -> list[Path]:
    """Every Part 10 file in pydicom's package that is no DICOMDIR; of the fifty alike in TINY_ALPHA, one."""
    found = (
        path for path in sorted(DATA.rglob("*")) if path.is_file() and not path.name.startswith("DICOMDIR")
    )
    some = (path for path in found if "TINY_ALPHA" not in path.parts or path.name == "IM000000")
    return [path for path in some if path.read_bytes()[128:132] == b"DICM"]


def data_set(study: int = 1, series: int = 1, number: int = 1, **elements: Any) -> Dataset:
    """A small CT instance. ``elements`` by keyword; None leaves one out."""
    made = Dataset()
    made.SOPClassUID = CTImageStorage
    made.SOPInstanceUID = f"{ROOT}.{study}.{series}.{number}"
    made.StudyInstanceUID = f"{ROOT}.{study}"
    made.SeriesInstanceUID = f"{ROOT}.{study}.{series}"
    made.Modality = "CT"
    made.PatientName = "Nobody^Made Up"
    made.PatientID = "MADE-UP-1"
    made.SeriesNumber = series
    made.InstanceNumber = number
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.Rows, made.Columns = 8, 6
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit = 15
    made.PixelRepresentation = 0
    made.PixelData = np.arange(48, dtype="<u2").tobytes()
    for keyword, value in elements.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    return made


def encode(made: Dataset, syntax: str | None = ExplicitVRLittleEndian, **meta: Any) -> bytes:
    """The bytes of a Part 10 file. ``meta`` as ``elements`` above, for the file meta information."""
    header = FileMetaDataset()
    header.FileMetaInformationVersion = b"\x00\x01"
    header.MediaStorageSOPClassUID = made.get("SOPClassUID", CTImageStorage)
    header.MediaStorageSOPInstanceUID = f"{ROOT}.1.1.1"
    if syntax is not None:
        header.TransferSyntaxUID = syntax
    header.ImplementationClassUID = f"{ROOT}.0.1"
    for keyword, value in meta.items():
        setattr(header, keyword, value)
    made.file_meta = header
    made.preamble = bytes(128)
    if "PixelData" in made:
        made["PixelData"].VR = "OW"
    out = io.BytesIO()
    plain = {} if syntax is not None else {"implicit_vr": False, "little_endian": True}
    dcmwrite(out, made, **plain)
    return out.getvalue()


def save(folder: Path, name: str, *args: int, **elements: Any) -> Path:
    """Write one instance; returns its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(data_set(*args, **elements)))
    return path
