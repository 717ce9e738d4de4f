from __future__ import annotations

import pytest
from actors_town import PowerCut, Town, cut

from pixelpact import sealing
from pixelpact.chain import Chain, StudyRegistered
from pixelpact.dicom import DicomStudy, from_files, samples
from pixelpact.errors import InputError


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
