"""The studies that the demo shares: test images that pydicom ships inside its package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pixelpact.errors import InputError

__all__ = ["Sample", "samples"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A study to try things with.

    Attributes:
        title: a made-up name for people.
        files: its DICOM files, for ``from_files``.
    """

    title: str
    files: tuple[Path, ...]


_MR = "dicomdirtests/98892003"
_SAMPLES = {
    "MR, 11 images of 16 by 16 pixels": (
        *(f"{_MR}/MR1/{number}" for number in (5641,)),
        *(f"{_MR}/MR2/{number}" for number in (6273, 6605, 6935)),
        *(f"{_MR}/MR700/{number}" for number in (4467, 4528, 4558, 4588, 4618, 4648, 4678)),
    ),
    "Ultrasound, 2 images, one in JPEG 2000": ("examples_rgb_color.dcm", "examples_jpeg2k.dcm"),
    "CT, 1 image": ("CT_small.dcm",),
}


def samples() -> tuple[Sample, ...]:
    """An MR study of 11 instances, an ultrasound study with a compressed image, and a CT of one.

    Raises:
        InputError: this installation of pydicom lacks its test files.
    """
    root = Path(str(files("pydicom") / "data" / "test_files"))
    found = tuple(Sample(title, tuple(root / name for name in names)) for title, names in _SAMPLES.items())
    absent = [path for sample in found for path in sample.files if not path.is_file()]
    if absent:
        raise InputError(
            "The sample studies can't be used",
            why=f"pydicom was installed without {len(absent)} of its test files",
            remedy="Reinstall pydicom from its wheel, or give a folder of your own",
        )
    return found
