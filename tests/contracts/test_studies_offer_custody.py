import pytest
from scenario import COMPANY_C, ERASED, HOSPITAL_A, HOSPITAL_B, HOSPITAL_D, digest, events_of, plain, reverts


def test_reverts_when_the_study_is_erased(studies, study, people):
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    for to in (HOSPITAL_D, 0):
        with reverts(studies.StudyRegistry_WrongStatus, study=study, status=ERASED):
            studies.offerCustody(study, to, sender=people.hospital_a)


@pytest.mark.parametrize("to", [HOSPITAL_A, 6, 2**32 - 1])
def test_reverts_when_it_is_offered_to_nobody_else(studies, study, people, to):
    with reverts(studies.StudyRegistry_OfferUnusable, study=study, to=to):
        studies.offerCustody(study, to, sender=people.hospital_a)


def test_reverts_when_it_was_handed_over_four_times(studies, study, people, hand_over):
    hand_over(HOSPITAL_D, HOSPITAL_A, HOSPITAL_D, HOSPITAL_A)
    for to in (HOSPITAL_D, 0):
        with reverts(studies.StudyRegistry_FormersExhausted, study=study):
            studies.offerCustody(study, to, sender=people.hospital_a)


def test_makes_one_offer(studies, study, people):
    """In place of the one before; to 0, none; or to one without the role, which can't accept."""
    before = plain(studies.study(study))
    for to in (HOSPITAL_D, COMPANY_C, HOSPITAL_B, 0):
        receipt = studies.offerCustody(study, to, sender=people.hospital_a)
        assert studies.offeredTo(study) == to
        assert events_of(receipt) == [("CustodyOffered", {"study": study, "custodian": HOSPITAL_A, "to": to})]
    assert plain(studies.study(study)) == before


def test_offers_a_withdrawn_study(studies, study, people):
    studies.withdraw(study, sender=people.hospital_a)
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    assert studies.offeredTo(study) == HOSPITAL_D
