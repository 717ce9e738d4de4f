from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from actors_town import PowerCut, Town, cut

from pixelpact import sealing
from pixelpact.chain import Chain, StudyRegistered
from pixelpact.dicom import DicomStudy, from_files, samples, scan
from pixelpact.errors import InputError
from pixelpact.policy import Category, Purpose, Reason


@pytest.fixture
def another() -> DicomStudy:
    """A second study of the same patient."""
    return from_files(samples()[0].files)


def test_sharing_again_changes_nothing(town: Town) -> None:
    again = town.hospital.share(town.source, subject=town.patient.address(custodian=1))
    assert (again.number, again.sealed) == (town.study.number, town.study.sealed)
    assert len(list(town.net.chain().find(StudyRegistered))) == 1


_CUTS = {
    "sealing": (sealing, "seal"),
    "the transaction": (Chain, "prepare"),
    "sending": (Chain, "send"),
    "finality": (Chain, "wait_final"),
    "noting that it is final": (sealing, "mark_final"),
}


@pytest.mark.parametrize("moment", _CUTS)
def test_sharing_cut_off_anywhere_goes_on_and_registers_once(
    town: Town, another: DicomStudy, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    subject = town.patient.address(custodian=1)
    with monkeypatch.context() as patched:
        patched.setattr(*_CUTS[moment], cut)
        with pytest.raises(PowerCut):
            town.hospital.share(another, subject=subject)
    shared = town.hospital.share(another, subject=subject)
    registered = [event.study for event in town.net.chain().find(StudyRegistered)]
    assert registered == [town.study.number, shared.number]
    assert town.net[1].vault.pending() == []
    # The vault knows that it is final: a rotation can begin.
    assert town.hospital.rotate(shared.number, person="archive").epoch == 2


def test_a_study_stays_with_its_patient(town: Town) -> None:
    with pytest.raises(InputError, match="another patient"):
        town.hospital.share(town.source, subject=town.patient.address(custodian=2))


def test_a_study_can_be_shared_again_after_a_rotation(town: Town) -> None:
    town.hospital.rotate(town.study.number, person="archive")
    again = town.hospital.share(town.source, subject=town.patient.address(custodian=1))
    assert again.sealed.epoch == 2


def test_the_chain_has_what_was_sealed_and_nothing_that_names_the_study(town: Town) -> None:
    record = town.net.chain().studies.study(town.study.number)
    assert record.manifest_digest == town.study.sealed.manifest_digest
    assert record.categories == town.study.categories
    (event,) = town.net.chain().find(StudyRegistered)
    assert town.source.study_uid.encode() not in event.data


@pytest.mark.parametrize("subject", ["0x00", b"x" * 19, bytes(20)])
def test_an_address_that_is_none_is_refused_before_anything_is_written(
    town: Town, another: DicomStudy, subject: Any
) -> None:
    with pytest.raises(InputError, match="not a patient's address"):
        town.hospital.share(another, subject=subject)
    assert town.hospital.share(another, subject=town.patient.address(custodian=1)).categories


@pytest.mark.parametrize("number", ["0x00", b"x", bytes(32), None])
def test_a_number_that_is_none_is_refused(town: Town, number: Any) -> None:
    for act in (
        lambda: town.hospital.invite(number),
        lambda: town.hospital.rotate(number, person="archive"),
        lambda: town.hospital.release(number, person="archive"),
        lambda: town.clinic.fetch(number),
    ):
        with pytest.raises(InputError, match="number"):
            act()


def test_purposes_are_purposes(town: Town) -> None:
    def allow(purposes: Any) -> object:
        return town.patient.allow(custodian=1, grantee=2, purposes=purposes, categories=town.study.categories)

    with pytest.raises(InputError, match="not a purpose"):
        allow(["TREAT"])
    assert allow(Purpose.TREAT)


@pytest.mark.parametrize("modality", ["", "mg", "MG\\CT", None])
def test_images_of_an_unknown_kind_are_not_covered_by_a_consent_for_another(
    town: Town, tmp_path: Path, modality: str | None
) -> None:
    for number, kind in enumerate(("CT", modality)):
        data = pydicom.dcmread(samples()[2].files[0])
        data.StudyInstanceUID = "1.2.3.4"
        data.SeriesInstanceUID, data.SOPInstanceUID = f"1.2.3.4.{number}", f"1.2.3.4.{number}.1"
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        with pydicom.config.disable_value_validation():
            if kind is None:
                del data.Modality
            else:
                data.Modality = kind
            data.save_as(tmp_path / str(number))
    shared = town.hospital.share(scan(tmp_path), subject=town.patient.address(custodian=1))
    assert shared.categories == Category.CT | Category.OTHER
    consent = town.patient.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=Category.CT)
    town.hospital.relay(consent)
    invitation = town.hospital.invite(shared.number, consent)
    asked = town.clinic.request(invitation, purpose=Purpose.TREAT, person="dr-b")
    assert asked.decision.reason is Reason.CATEGORY_NOT_GRANTED
