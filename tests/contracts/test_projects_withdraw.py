import pytest
from scenario import (
    BOARD_E,
    COMPANY_C,
    FRANCES,
    HOSPITAL_B,
    PROJECT_WITHDRAWN,
    PROJECTS,
    START,
    SUSPENDED,
    YEAR,
    digest,
    events_of,
    reverts,
)


def test_reverts_when_it_is_not_registered(projects, people):
    with reverts(projects.ProjectRegistry_Unknown, project=digest("nothing")):
        projects.withdraw(digest("nothing"), sender=people.hospital_b)


def test_reverts_when_it_was_withdrawn(projects, people, register_project):
    project = register_project()
    projects.withdraw(project, sender=people.hospital_b)
    with reverts(projects.ProjectRegistry_AlreadyWithdrawn, project=project):
        projects.withdraw(project, sender=people.hospital_b)


@pytest.mark.parametrize("permissions", [0, 127 & ~PROJECTS])
def test_reverts_when_the_caller_is_no_operator_for_projects(
    projects, institutions, people, register_project, permissions
):
    project = register_project()
    if permissions:
        institutions.setOperator(people.operator, permissions, sender=people.hospital_b)
    with reverts(
        projects.ProjectRegistry_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_B if permissions else 0,
        permissions=permissions,
    ):
        projects.withdraw(project, sender=people.operator)


def test_reverts_when_the_institution_is_suspended(projects, institutions, people, register_project):
    project = register_project()
    institutions.suspendSelf(sender=people.hospital_b)
    with reverts(projects.ProjectRegistry_NotActive, institution=HOSPITAL_B, status=SUSPENDED):
        projects.withdraw(project, sender=people.hospital_b)


def test_reverts_when_the_institution_is_not_responsible(projects, people, register_project):
    """A partner leaves by not asking; a board that never approved it has nothing to take back."""
    project = register_project()
    for sender, institution in ((people.company_c, COMPANY_C), (people.board_e, BOARD_E)):
        with reverts(projects.ProjectRegistry_NotResponsible, project=project, institution=institution):
            projects.withdraw(project, sender=sender)


@pytest.mark.parametrize("by", ["lead", "lead of an approved one", "board"])
def test_withdraws_it_for_good(projects, people, register_project, approve, by):
    project = register_project()
    if by != "lead":
        approve(project)
    sender, institution = (people.board_e, BOARD_E) if by == "board" else (people.hospital_b, HOSPITAL_B)
    receipt = projects.withdraw(project, sender=sender)
    assert projects.standing(project, HOSPITAL_B).status == PROJECT_WITHDRAWN
    assert events_of(receipt) == [("ProjectWithdrawn", {"project": project, "institution": institution})]
    with reverts(projects.ProjectRegistry_AlreadyWithdrawn, project=project):
        approve(project, START + 4 * YEAR)


def test_withdraws_it_by_a_board_whose_signer_left(projects, institutions, people, register_project, approve):
    project = register_project()
    approve(project)
    institutions.setOperator(FRANCES.address, 0, sender=people.board_e)
    projects.withdraw(project, sender=people.board_e)
    assert projects.standing(project, HOSPITAL_B).status == PROJECT_WITHDRAWN
