from scenario import ERASED, HOSPITAL_A, ZERO32, digest, events_of, plain, reverts

CERTIFICATE = digest("certificate")


def test_reverts_when_the_certificate_is_zero(studies, study, people):
    with reverts(studies.StudyRegistry_CertificateMissing, study=study):
        studies.erase(study, ZERO32, sender=people.hospital_a)


def test_reverts_when_the_study_is_erased_already(studies, study, people):
    studies.erase(study, CERTIFICATE, sender=people.hospital_a)
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=ERASED):
        studies.erase(study, digest("another"), sender=people.hospital_a)


def test_erases_the_study_and_keeps_the_trail(studies, study, people):
    before = plain(studies.study(study))
    receipt = studies.erase(study, CERTIFICATE, sender=people.hospital_a)
    assert plain(studies.study(study)) == before | {"status": ERASED}
    assert events_of(receipt) == [
        ("StudyErased", {"study": study, "custodian": HOSPITAL_A, "certificate": CERTIFICATE})
    ]


def test_erases_a_withdrawn_study_too(studies, study, people):
    studies.withdraw(study, sender=people.hospital_a)
    studies.erase(study, CERTIFICATE, sender=people.hospital_a)
    assert studies.study(study).status == ERASED
