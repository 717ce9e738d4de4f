"""One study as files: what sealing reads from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pixelpact.dicom.folder import Identity, entries, open_file, shown
from pixelpact.dicom.instances import NotAnInstanceError, StudyFile, changed, read_file
from pixelpact.errors import InputError
from pixelpact.models import Instance

__all__ = ["DicomStudy", "LeftOut", "from_files", "scan"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is no part of the study: its path within the folder, safe to print, and why."""

    name: str
    reason: str


class DicomStudy:
    """The instances of one study and the files they lie in; a ``models.StudySource``.

    Iterating gives the instances in the order of their SOP Instance UIDs as text. Made by ``scan`` or
    ``from_files``. Its ``repr`` shows counts only: UIDs and file names may identify a patient.
    """

    def __init__(self, files: Mapping[Path, StudyFile], left_out: tuple[LeftOut, ...]) -> None:
        self._left_out = left_out
        self._places = {file.instance.sop_uid: (path, file) for path, file in files.items()}
        found = sorted((file.instance for file in files.values()), key=lambda instance: instance.sop_uid)
        self._instances = _with_agreed_series(found)
        self._study_uid = next(iter(files.values())).study_uid

    @property
    def study_uid(self) -> str:
        """The StudyInstanceUID (0020,000D)."""
        return self._study_uid

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities (0008,0060) of its series, sorted, each once.

        Empty stands for a series without one that can be used: absent, not a modality, or not agreed upon.
        """
        return tuple(sorted({str(each.series_attributes.get("Modality", "")) for each in self._instances}))

    @property
    def length(self) -> int:
        """The bytes of all its files."""
        return sum(instance.length for instance in self._instances)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The files of the folder that are not shared, and why."""
        return self._left_out

    @property
    def without_pixels(self) -> int:
        """How many instances have no pixel data: reports, plans, and images whose pixels were never there."""
        return sum(not file.has_pixels for _, file in self._places.values())

    def __iter__(self) -> Iterator[Instance]:
        return iter(self._instances)

    def __len__(self) -> int:
        return len(self._instances)

    def __repr__(self) -> str:
        return f"<DicomStudy: {len(self)} instances, {self.length} bytes, {'/'.join(self.modalities)}>"

    def name(self, instance: Instance) -> str:
        """What to call an instance's file in front of people, safe to print."""
        return self._places[instance.sop_uid][1].name

    def open(self, instance: Instance) -> BinaryIO:
        """The bytes of one instance's file, from its start, exactly as they lie there.

        Raises:
            InputError: the file is gone, or is not as it was when the study was read.
        """
        path, known = self._places[instance.sop_uid]
        file = open_file(path, known.name)
        if Identity.of(os.fstat(file.fileno())) != known.identity:
            file.close()
            raise changed(known.name)
        return file


def scan(folder: str | os.PathLike[str]) -> DicomStudy:
    """Find the one study in a folder: nested as it may be, whatever its files are called.

    DICOM files are recognised by content (PS3.10 section 7.1), and their headers followed to their end;
    pixels are not loaded. Everything else is left out and named in ``left_out``.

    Raises:
        InputError: no folder, no DICOM in it, more than one study, a DICOM file that is damaged or without
        usable
            UIDs, one instance in two files, a link out of the folder.
    """
    files: dict[Path, StudyFile] = {}
    left_out = []
    with closing(entries(Path(folder))) as found:
        for entry in found:
            if entry.file is None:
                left_out.append(LeftOut(entry.name, entry.reason))
                continue
            with entry.file as file:
                try:
                    files[entry.path] = read_file(file, entry.name)
                except NotAnInstanceError as error:
                    left_out.append(LeftOut(entry.name, str(error)))
    if not files:
        raise InputError(
            f"There is no DICOM study in {shown(folder)}",
            why=_why_nothing(left_out),
            remedy="Give the folder that holds the study's DICOM files",
        )
    _check_one_study(files.values())
    _check_pixels(files.values())
    return DicomStudy(files, tuple(left_out))


def from_files(paths: Iterable[str | os.PathLike[str]]) -> DicomStudy:
    """The study that these files hold. Links may be given: the caller named them.

    Raises:
        InputError: as ``scan``; also when any of the files is not an instance, or there are none.
    """
    files: dict[Path, StudyFile] = {}
    for given in paths:
        path, name = Path(os.path.realpath(given)), shown(Path(given).name)
        with open_file(path, name) as file:
            try:
                files[path] = read_file(file, name)
            except NotAnInstanceError as error:
                raise InputError(
                    f"The file {name} can't be shared",
                    why=f"it is {error}",
                    remedy="Give DICOM instances only",
                ) from None
    if not files:
        raise InputError("There is no study to share", why="no files were given", remedy="Give at least one")
    _check_one_study(files.values())
    _check_pixels(files.values())
    return DicomStudy(files, ())


def _why_nothing(left_out: list[LeftOut]) -> str:
    if not left_out:
        return "the folder is empty"
    first = left_out[0]
    if len(left_out) == 1:
        return f"its only file, {first.name}, is {first.reason}"
    return f"none of its {len(left_out)} files is a DICOM instance; {first.name}, for one, is {first.reason}"


def _check_one_study(files: Iterable[StudyFile]) -> None:
    studies: dict[str, list[StudyFile]] = {}
    seen: dict[str, StudyFile] = {}
    for file in files:
        studies.setdefault(file.study_uid, []).append(file)
        twin = seen.setdefault(file.instance.sop_uid, file)
        if twin is not file:
            raise InputError(
                f"The files {twin.name} and {file.name} hold the same instance",
                why="they have the same SOPInstanceUID, which must be unique",
                remedy="Keep the right one and take the other out of the folder",
            )
    if len(studies) > 1:
        parts = [f"{len(group)} in one ({group[0].name}, for example)" for group in studies.values()]
        listed = "; ".join(parts[:4]) + (f"; and {len(parts) - 4} more" if len(parts) > 4 else "")
        raise InputError(
            f"The folder holds {len(studies)} studies",
            why=f"its instances belong apart: {listed}",
            remedy="Put each study into a folder of its own, and share one at a time",
        )


def _check_pixels(files: Iterable[StudyFile]) -> None:
    """Refuse an image without pixels among images that have them: cut where nothing in it shows the cut.

    A study whose images all lack them is another matter: there they were taken out on purpose.
    """
    images = [file for file in files if file.is_image]
    without = [file for file in images if not file.has_pixels]
    if without and len(without) < len(images):
        raise InputError(
            f"The file {without[0].name} can't be shared",
            why="it has no pixel data, unlike the other images of the study",
            remedy="Get the file again from where it came, or take it out if it is no part of the study",
        )


def _with_agreed_series(instances: list[Instance]) -> tuple[Instance, ...]:
    """The same, with only those series attributes that all instances of a series and class agree on."""
    agreed: dict[tuple[str, str], set[tuple[str, str | int]]] = {}
    for instance in instances:
        items = set(instance.series_attributes.items())
        agreed.setdefault((instance.series_uid, instance.class_uid), items).intersection_update(items)
    return tuple(
        replace(instance, series_attributes=dict(sorted(agreed[instance.series_uid, instance.class_uid])))
        for instance in instances
    )
