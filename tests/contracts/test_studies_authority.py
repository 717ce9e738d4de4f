"""Who may change a study: the same rule for each of the calls that do."""

import pytest
from scenario import (
    HOSPITAL_A,
    HOSPITAL_D,
    RELEASES,
    REQUESTS,
    STUDIES,
    SUSPENDED,
    digest,
    plain,
    reverts,
)


@pytest.fixture(params=["rotate", "withdraw", "reinstate", "erase", "attestDisposal", "offerCustody"])
def change(request, studies, study, people):
    """One of the calls, on a study of which it is possible."""
    if request.param == "attestDisposal":
        studies.rotate(study, 1, digest("a rotation before"), sender=people.hospital_a)
    if request.param == "reinstate":
        studies.withdraw(study, sender=people.hospital_a)
    arguments = {
        "rotate": (1, digest("another manifest")),
        "withdraw": (),
        "reinstate": (),
        "erase": (digest("certificate"),),
        "attestDisposal": (1, 10, 2, digest("report")),
        "offerCustody": (HOSPITAL_D,),
    }[request.param]
    return lambda number, sender: getattr(studies, request.param)(number, *arguments, sender=sender)


def test_reverts_when_the_study_is_unknown(studies, change, people):
    with reverts(studies.StudyRegistry_Unknown, study=digest("nothing")):
        change(digest("nothing"), people.hospital_a)


def test_reverts_when_the_caller_acts_for_nobody(studies, study, change, people):
    with reverts(studies.StudyRegistry_NotOperator, account=people.eve.address, institution=0, permissions=0):
        change(study, people.eve)


def test_reverts_when_the_operator_may_not_handle_studies(studies, study, institutions, change, people):
    institutions.setOperator(people.operator, RELEASES | REQUESTS, sender=people.hospital_a)
    with reverts(
        studies.StudyRegistry_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_A,
        permissions=RELEASES | REQUESTS,
    ):
        change(study, people.operator)


def test_reverts_when_the_institution_is_suspended(studies, study, institutions, change, people):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(studies.StudyRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        change(study, people.hospital_a)


def test_reverts_when_the_operator_is_of_a_suspended_institution(
    studies, study, institutions, change, people
):
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(studies.StudyRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        change(study, people.operator)


def test_reverts_when_another_custodian_holds_the_study(studies, study, change, people):
    with reverts(studies.StudyRegistry_NotCustodian, study=study, institution=HOSPITAL_D):
        change(study, people.hospital_d)


def test_lets_an_operator_for_studies_of_the_custodian(studies, study, institutions, change, people):
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    before = plain(studies.study(study))
    receipt = change(study, people.operator)
    assert len(receipt.events) == 1
    is_kept = receipt.events[0].event_name in ("DisposalAttested", "CustodyOffered")
    assert (plain(studies.study(study)) == before) == is_kept
