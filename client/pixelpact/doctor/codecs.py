"""Codecs: which transfer syntaxes (PS3.5 section 10) have a thumbnail here. Sharing needs none of them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from pydicom import uid
from pydicom.pixels.decoders.base import get_decoder

from pixelpact.doctor.finding import Finding

__all__ = ["examine_codecs"]

#: What people call them, their transfer syntaxes, and the package that brings their codec.
_FAMILIES = (
    ("uncompressed", (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian), "numpy"),
    ("RLE", (uid.RLELossless,), "numpy"),
    ("JPEG", (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit), "pillow"),
    ("JPEG-LS", (uid.JPEGLSLossless, uid.JPEGLSNearLossless), "pyjpegls"),
    ("JPEG 2000", (uid.JPEG2000Lossless, uid.JPEG2000), "pylibjpeg-openjpeg"),
    ("HTJ2K", (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K), "pylibjpeg-openjpeg"),
)
_LOSSLESS_JPEG = (uid.JPEGLossless, uid.JPEGLosslessSV1)


def examine_codecs() -> Iterator[Finding]:
    """Look which compressed images can be shown."""
    missing = [name for name, module in (("numpy", "numpy"), ("pillow", "PIL")) if find_spec(module) is None]
    if missing:
        yield _without(f"there are none: {' and '.join(missing)} is not installed")
        return
    able = [name for name, syntaxes, _ in _FAMILIES if _decodes(syntaxes)]
    unable = [(name, package) for name, syntaxes, package in _FAMILIES if not _decodes(syntaxes)]
    yield Finding.good("thumbnails", f"of {', '.join(able)} images")
    for name, package in unable:
        yield _without(f"there are none of {name} images: {package} is not installed")
    if not _decodes(_LOSSLESS_JPEG):
        yield Finding.bad(
            "thumbnails of lossless JPEG",
            "there are none of JPEG Lossless images (process 14), which are shared all the same",
            "Install a codec with: pip install python-gdcm",
            needed=False,
        )


def _without(sentence: str) -> Finding:
    return Finding.bad(
        "thumbnails", sentence, "Install them with: pip install 'pixelpact[demo]'", needed=False
    )


def _decodes(syntaxes: tuple[uid.UID, ...]) -> bool:
    return all(get_decoder(syntax).is_available for syntax in syntaxes)
