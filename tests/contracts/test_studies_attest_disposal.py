import pytest
from scenario import HOSPITAL_A, ZERO32, digest, events_of, plain, reverts

REPORT = digest("report")


@pytest.fixture
def rotated(studies, study, people):
    """The study in its third epoch."""
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    studies.rotate(study, 2, digest("third manifest"), sender=people.hospital_a)
    return study


@pytest.mark.parametrize("epoch", [0, 3, 4, 2**32 - 1])
def test_reverts_when_the_epoch_never_was_or_still_is_in_use(studies, rotated, people, epoch):
    with reverts(studies.StudyRegistry_EpochInUse, study=rotated, epoch=epoch, current=3):
        studies.attestDisposal(rotated, epoch, 10, 2, REPORT, sender=people.hospital_a)


@pytest.mark.parametrize("epoch", [0, 4])
def test_reverts_when_the_epoch_never_was_of_an_erased_study(studies, rotated, people, epoch):
    studies.erase(rotated, digest("certificate"), sender=people.hospital_a)
    with reverts(studies.StudyRegistry_EpochInUse, study=rotated, epoch=epoch, current=3):
        studies.attestDisposal(rotated, epoch, 10, 2, REPORT, sender=people.hospital_a)


def test_reverts_when_the_study_is_withdrawn_and_the_epoch_in_use(studies, rotated, people):
    studies.withdraw(rotated, sender=people.hospital_a)
    with reverts(studies.StudyRegistry_EpochInUse, study=rotated, epoch=3, current=3):
        studies.attestDisposal(rotated, 3, 10, 2, REPORT, sender=people.hospital_a)


@pytest.mark.parametrize(("blocks", "nodes", "report"), [(0, 2, REPORT), (10, 0, REPORT), (10, 2, ZERO32)])
def test_reverts_when_the_report_is_incomplete(studies, rotated, people, blocks, nodes, report):
    with reverts(
        studies.StudyRegistry_ReportIncomplete, study=rotated, blocks=blocks, nodes=nodes, report=report
    ):
        studies.attestDisposal(rotated, 1, blocks, nodes, report, sender=people.hospital_a)


@pytest.mark.parametrize("epoch", [1, 2])
def test_emits_the_attestation_of_an_epoch_before_and_changes_nothing(studies, rotated, people, epoch):
    before = plain(studies.study(rotated))
    receipt = studies.attestDisposal(rotated, epoch, 10, 2, REPORT, sender=people.hospital_a)
    assert plain(studies.study(rotated)) == before
    assert events_of(receipt) == [
        (
            "DisposalAttested",
            {
                "study": rotated,
                "custodian": HOSPITAL_A,
                "epoch": epoch,
                "blocks": 10,
                "nodes": 2,
                "report": REPORT,
            },
        )
    ]


@pytest.mark.parametrize("epoch", [1, 3])
def test_emits_the_attestation_of_any_epoch_of_an_erased_study(studies, rotated, people, epoch):
    studies.erase(rotated, digest("certificate"), sender=people.hospital_a)
    receipt = studies.attestDisposal(rotated, epoch, 10, 2, REPORT, sender=people.hospital_a)
    assert events_of(receipt)[0][1]["epoch"] == epoch


def test_may_be_said_again(studies, rotated, people):
    for nodes in (2, 3):
        receipt = studies.attestDisposal(rotated, 1, 10, nodes, REPORT, sender=people.hospital_a)
        assert events_of(receipt)[0][1]["nodes"] == nodes
