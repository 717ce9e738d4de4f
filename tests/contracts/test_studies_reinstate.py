from scenario import ERASED, HOSPITAL_A, STUDY_ACTIVE, digest, events_of, plain, reverts


def test_reverts_when_the_study_is_active(studies, study, people):
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=STUDY_ACTIVE):
        studies.reinstate(study, sender=people.hospital_a)


def test_reverts_when_the_study_is_erased(studies, study, people):
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=ERASED):
        studies.reinstate(study, sender=people.hospital_a)


def test_makes_the_study_what_it_was(studies, study, people):
    before = plain(studies.study(study))
    studies.withdraw(study, sender=people.hospital_a)
    receipt = studies.reinstate(study, sender=people.hospital_a)
    assert plain(studies.study(study)) == before
    assert events_of(receipt) == [("StudyReinstated", {"study": study, "custodian": HOSPITAL_A})]
