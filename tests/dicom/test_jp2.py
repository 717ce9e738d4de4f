from __future__ import annotations

import io

import pydicom
import pytest
from pydicom.encaps import encapsulate

from pixelpact.dicom import ThumbnailError, samples, thumbnail


def test_a_jp2_file_in_place_of_a_codestream_is_refused_at_once() -> None:
    # A box of length 0 reaches to the end of the file (ISO 15444-1 annex I.4); pydicom never gets past it.
    data = pydicom.dcmread(samples()[1].files[1])
    data.PixelData = encapsulate([b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\0jp2c" + bytes(64)])
    out = io.BytesIO()
    data.save_as(out)
    with pytest.raises(ThumbnailError, match="JP2"):
        thumbnail(out.getvalue())
