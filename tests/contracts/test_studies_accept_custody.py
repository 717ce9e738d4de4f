from typing import Any

from scenario import (
    ALICE,
    COMPANY_C,
    CT,
    ERASED,
    HOSPITAL_A,
    HOSPITAL_D,
    RELEASES,
    REQUESTER,
    STUDIES,
    SUSPENDED,
    WITHDRAWN,
    digest,
    events_of,
    plain,
    reverts,
)


def test_reverts_when_the_study_is_unknown(studies, people):
    with reverts(studies.StudyRegistry_Unknown, study=digest("nothing")):
        studies.acceptCustody(digest("nothing"), sender=people.hospital_d)


def test_reverts_when_the_caller_is_no_operator_for_studies(studies, study, institutions, people):
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    institutions.setOperator(people.operator, RELEASES, sender=people.hospital_d)
    for account, of, permissions in ((people.eve, 0, 0), (people.operator, HOSPITAL_D, RELEASES)):
        error = studies.StudyRegistry_NotOperator
        with reverts(error, account=account.address, institution=of, permissions=permissions):
            studies.acceptCustody(study, sender=account)


def test_reverts_when_the_institution_is_suspended(studies, study, institutions, people):
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    institutions.suspendSelf(sender=people.hospital_d)
    with reverts(studies.StudyRegistry_NotActive, institution=HOSPITAL_D, status=SUSPENDED):
        studies.acceptCustody(study, sender=people.hospital_d)


def test_reverts_when_the_institution_is_no_custodian(studies, study, people):
    studies.offerCustody(study, COMPANY_C, sender=people.hospital_a)
    with reverts(studies.StudyRegistry_LacksRole, institution=COMPANY_C, roles=REQUESTER):
        studies.acceptCustody(study, sender=people.company_c)


def test_reverts_when_it_is_not_offered(studies, study, people, hand_over):
    def refused(institution: int = HOSPITAL_D, sender: Any = people.hospital_d) -> None:
        with reverts(studies.StudyRegistry_NotOffered, study=study, institution=institution):
            studies.acceptCustody(study, sender=sender)

    refused()
    studies.offerCustody(study, COMPANY_C, sender=people.hospital_a)
    refused()
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    refused(HOSPITAL_A, people.hospital_a)
    studies.offerCustody(study, 0, sender=people.hospital_a)
    refused()
    # An offer is used up: one that gave the study back can't take it again.
    hand_over(HOSPITAL_D, HOSPITAL_A)
    refused()


def test_reverts_when_the_study_is_erased(studies, study, people):
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    with reverts(studies.StudyRegistry_WrongStatus, study=study, status=ERASED):
        studies.acceptCustody(study, sender=people.hospital_d)


def test_hands_the_study_over_and_keeps_all_else(studies, study, institutions, people):
    """Withdrawn and in its second epoch, so that both are seen to stay; by operators of both."""
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    studies.withdraw(study, sender=people.hospital_a)
    before = plain(studies.study(study))
    studies.offerCustody(study, HOSPITAL_D, sender=people.hospital_a)
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_d)
    receipt = studies.acceptCustody(study, sender=people.operator)
    assert plain(studies.study(study)) == before | {"custodian": HOSPITAL_D, "formers": HOSPITAL_A}
    standing = plain(studies.standing(study))
    assert standing == {name: plain(studies.study(study))[name] for name in standing}
    assert (standing["epoch"], standing["status"]) == (2, WITHDRAWN)
    assert studies.offeredTo(study) == 0
    assert events_of(receipt) == [
        ("CustodyTransferred", {"study": study, "from": HOSPITAL_A, "to": HOSPITAL_D})
    ]


def test_keeps_four_former_custodians(studies, study, hand_over):
    for to, formers in ((HOSPITAL_D, [1]), (HOSPITAL_A, [4, 1]), (HOSPITAL_D, [1, 4, 1])):
        hand_over(to)
        packed = sum(former << 32 * place for place, former in enumerate(formers))
        assert studies.study(study).formers == packed
    hand_over(HOSPITAL_A)
    assert studies.standing(study).formers == 4 | 1 << 32 | 4 << 64 | 1 << 96
    assert studies.standing(study).categories == CT


def test_is_the_new_custodians_to_change(studies, study, people, hand_over):
    hand_over(HOSPITAL_D)
    for act in (
        lambda sender: studies.rotate(study, 1, digest("second manifest"), sender=sender),
        lambda sender: studies.withdraw(study, sender=sender),
        lambda sender: studies.offerCustody(study, 0, sender=sender),
    ):
        with reverts(studies.StudyRegistry_NotCustodian, study=study, institution=HOSPITAL_A):
            act(people.hospital_a)
        act(people.hospital_d)


def test_keeps_the_number_for_ever(studies, study, people, hand_over):
    """The one that gave it up can't register it again, nor can the new one take a number of the old one's."""
    hand_over(HOSPITAL_D)
    arguments = (digest("study"), ALICE.address, CT, digest("m"), digest("c"))
    with reverts(studies.StudyRegistry_AlreadyRegistered, study=study):
        studies.register(*arguments, sender=people.hospital_a)
    studies.register(*arguments, sender=people.hospital_d)
    assert studies.study(study).custodian == HOSPITAL_D
    other = bytes(studies.studyId(HOSPITAL_D, digest("study")))
    assert (other != study, studies.study(other).formers) == (True, 0)
