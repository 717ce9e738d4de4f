import pytest
from scenario import (
    ALL,
    HOSPITAL_A,
    HOSPITAL_B,
    REQUESTS,
    STUDIES,
    SUSPENDED,
    ZERO_ADDRESS,
    events_of,
    reverts,
)


def test_reverts_when_the_caller_acts_for_nobody(institutions, people):
    with reverts(institutions.InstitutionRegistry_NotAdmin, account=people.eve.address):
        institutions.setOperator(people.operator, STUDIES, sender=people.eve)


def test_reverts_when_the_caller_is_an_operator_but_not_the_admin(institutions, people):
    institutions.setOperator(people.operator, ALL, sender=people.hospital_a)
    with reverts(institutions.InstitutionRegistry_NotAdmin, account=people.operator.address):
        institutions.setOperator(people.eve, STUDIES, sender=people.operator)


def test_reverts_when_the_institution_is_suspended(institutions, people):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(institutions.InstitutionRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)


def test_reverts_when_the_account_is_the_zero_address(institutions, people):
    with reverts(institutions.InstitutionRegistry_AccountMissing):
        institutions.setOperator(ZERO_ADDRESS, STUDIES, sender=people.hospital_a)


@pytest.mark.parametrize("permissions", [128, 129, 255])
def test_reverts_when_a_permission_is_unknown(institutions, people, permissions):
    with reverts(institutions.InstitutionRegistry_PermissionsUnknown, permissions=permissions):
        institutions.setOperator(people.operator, permissions, sender=people.hospital_a)


@pytest.mark.parametrize("permissions", [0, STUDIES, ALL])
def test_reverts_when_the_account_is_the_admin_itself(institutions, people, permissions):
    with reverts(institutions.InstitutionRegistry_AdminFixed, account=people.hospital_a.address):
        institutions.setOperator(people.hospital_a, permissions, sender=people.hospital_a)


@pytest.mark.parametrize("permissions", [0, STUDIES])
def test_reverts_when_the_account_is_the_admin_of_another(institutions, people, permissions):
    with reverts(
        institutions.InstitutionRegistry_AccountTaken,
        account=people.hospital_b.address,
        institution=HOSPITAL_B,
    ):
        institutions.setOperator(people.hospital_b, permissions, sender=people.hospital_a)


@pytest.mark.parametrize("permissions", [0, STUDIES])
def test_reverts_when_the_account_is_an_operator_of_another(institutions, people, permissions):
    institutions.setOperator(people.operator, REQUESTS, sender=people.hospital_b)
    with reverts(
        institutions.InstitutionRegistry_AccountTaken, account=people.operator.address, institution=HOSPITAL_B
    ):
        institutions.setOperator(people.operator, permissions, sender=people.hospital_a)


def test_reverts_when_permissions_are_taken_from_no_operator(institutions, people):
    with reverts(institutions.InstitutionRegistry_NotOperator, account=people.operator.address):
        institutions.setOperator(people.operator, 0, sender=people.hospital_a)


def test_makes_an_operator(institutions, people):
    receipt = institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    assert list(institutions.operator(people.operator)) == [HOSPITAL_A, STUDIES]
    assert events_of(receipt) == [
        (
            "OperatorSet",
            {"institution": HOSPITAL_A, "account": people.operator.address, "permissions": STUDIES},
        )
    ]


def test_replaces_the_permissions_of_an_operator(institutions, people):
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    institutions.setOperator(people.operator, REQUESTS, sender=people.hospital_a)
    assert list(institutions.operator(people.operator)) == [HOSPITAL_A, REQUESTS]


def test_frees_an_account_whose_permissions_are_taken(institutions, people):
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    receipt = institutions.setOperator(people.operator, 0, sender=people.hospital_a)
    assert list(institutions.operator(people.operator)) == [0, 0]
    assert events_of(receipt) == [
        ("OperatorSet", {"institution": HOSPITAL_A, "account": people.operator.address, "permissions": 0})
    ]
    institutions.setOperator(people.operator, REQUESTS, sender=people.hospital_b)
    assert list(institutions.operator(people.operator)) == [HOSPITAL_B, REQUESTS]
