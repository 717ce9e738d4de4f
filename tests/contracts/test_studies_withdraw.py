from scenario import ERASED, HOSPITAL_A, WITHDRAWN, digest, events_of, plain, reverts


def test_reverts_when_the_study_is_withdrawn_already(studies, study, people):
    studies.withdraw(study, sender=people.hospital_a)
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=WITHDRAWN):
        studies.withdraw(study, sender=people.hospital_a)


def test_reverts_when_the_study_is_erased(studies, study, people):
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=ERASED):
        studies.withdraw(study, sender=people.hospital_a)


def test_withdraws_the_study_and_keeps_all_else(studies, study, people):
    before = plain(studies.study(study))
    receipt = studies.withdraw(study, sender=people.hospital_a)
    assert plain(studies.study(study)) == before | {"status": WITHDRAWN}
    assert events_of(receipt) == [("StudyWithdrawn", {"study": study, "custodian": HOSPITAL_A})]
