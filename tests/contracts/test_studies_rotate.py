import pytest
from scenario import ERASED, HOSPITAL_A, HOSPITAL_D, WITHDRAWN, ZERO32, digest, events_of, plain, reverts

MANIFEST, NEXT_MANIFEST = digest("manifest"), digest("the next manifest")


@pytest.mark.parametrize("epoch", [0, 2, 2**32 - 1])
def test_reverts_when_the_expected_epoch_is_another(studies, study, people, epoch):
    with reverts(studies.StudyRegistry_EpochDiffers, study=study, expected=epoch, epoch=1):
        studies.rotate(study, epoch, NEXT_MANIFEST, sender=people.hospital_a)


def test_reverts_when_the_rotation_is_repeated(studies, study, people):
    studies.rotate(study, 1, NEXT_MANIFEST, sender=people.hospital_a)
    with reverts(studies.StudyRegistry_EpochDiffers, study=study, expected=1, epoch=2):
        studies.rotate(study, 1, digest("another"), sender=people.hospital_a)


@pytest.mark.parametrize("manifest", [ZERO32, MANIFEST])
def test_reverts_when_the_digest_is_zero_or_the_present_one(studies, study, people, manifest):
    with reverts(studies.StudyRegistry_ManifestUnusable, study=study, manifestDigest=manifest):
        studies.rotate(study, 1, manifest, sender=people.hospital_a)


def test_reverts_when_the_study_is_erased(studies, study, people):
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=ERASED):
        studies.rotate(study, 1, NEXT_MANIFEST, sender=people.hospital_a)


def test_reverts_when_the_caller_is_another_custodian(studies, study, people):
    with reverts(studies.StudyRegistry_NotCustodian, study=study, institution=HOSPITAL_D):
        studies.rotate(study, 1, NEXT_MANIFEST, sender=people.hospital_d)


def test_moves_the_epoch_and_the_manifest_and_keeps_all_else(studies, study, people):
    before = plain(studies.study(study))
    receipt = studies.rotate(study, 1, NEXT_MANIFEST, sender=people.hospital_a)
    assert plain(studies.study(study)) == before | {"epoch": 2, "manifestDigest": NEXT_MANIFEST}
    assert events_of(receipt) == [
        (
            "StudyRotated",
            {
                "study": study,
                "custodian": HOSPITAL_A,
                "epoch": 2,
                "manifestDigest": NEXT_MANIFEST,
                "previousManifestDigest": MANIFEST,
            },
        )
    ]


def test_rotates_a_withdrawn_study_too(studies, study, people):
    studies.withdraw(study, sender=people.hospital_a)
    studies.rotate(study, 1, NEXT_MANIFEST, sender=people.hospital_a)
    assert (studies.study(study).epoch, studies.study(study).status) == (2, WITHDRAWN)
