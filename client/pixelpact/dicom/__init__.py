"""DICOM as PixelPact meets it: one study in a folder, its thumbnails, and the samples that pydicom ships."""

from __future__ import annotations

from pixelpact.dicom.samples import Sample, samples
from pixelpact.dicom.study import DicomStudy, LeftOut, from_files, scan
from pixelpact.dicom.thumbnails import Thumbnail, ThumbnailError, ciphertext_thumbnail, thumbnail

__all__ = [
    "DicomStudy",
    "LeftOut",
    "Sample",
    "Thumbnail",
    "ThumbnailError",
    "ciphertext_thumbnail",
    "from_files",
    "samples",
    "scan",
    "thumbnail",
]
