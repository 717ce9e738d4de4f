"""DICOM as PixelPact meets it: one study in a folder, its thumbnails, and the samples that pydicom ships."""

from __future__ import annotations

from pixelpact.dicom.reader import DamagedError
from pixelpact.dicom.samples import Sample, samples
from pixelpact.dicom.structure import Header, read_header
from pixelpact.dicom.study import DicomStudy, LeftOut, from_files, scan
from pixelpact.dicom.thumbnails import Thumbnail, ThumbnailError, ciphertext_thumbnail, thumbnail

__all__ = [
    "DamagedError",
    "DicomStudy",
    "Header",
    "LeftOut",
    "Sample",
    "Thumbnail",
    "ThumbnailError",
    "ciphertext_thumbnail",
    "from_files",
    "read_header",
    "samples",
    "scan",
    "thumbnail",
]
