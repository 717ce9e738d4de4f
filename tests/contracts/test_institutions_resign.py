from scenario import ALL, HOSPITAL_A, HOSPITAL_B, STUDIES, events_of, reverts


def test_reverts_when_the_caller_is_no_operator(institutions, people):
    with reverts(institutions.InstitutionRegistry_NotOperator, account=people.eve.address):
        institutions.resign(sender=people.eve)


def test_reverts_when_the_caller_is_the_admin(institutions, people):
    with reverts(institutions.InstitutionRegistry_AdminFixed, account=people.hospital_a.address):
        institutions.resign(sender=people.hospital_a)


def test_frees_the_account_for_another_institution(institutions, people):
    institutions.setOperator(people.operator, ALL, sender=people.hospital_a)
    receipt = institutions.resign(sender=people.operator)
    assert list(institutions.operator(people.operator)) == [0, 0]
    assert events_of(receipt) == [
        ("OperatorSet", {"institution": HOSPITAL_A, "account": people.operator.address, "permissions": 0})
    ]
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_b)
    assert list(institutions.operator(people.operator)) == [HOSPITAL_B, STUDIES]


def test_frees_the_account_of_a_suspended_institution(institutions, people):
    institutions.setOperator(people.operator, ALL, sender=people.hospital_a)
    institutions.suspendSelf(sender=people.hospital_a)
    institutions.resign(sender=people.operator)
    assert list(institutions.operator(people.operator)) == [0, 0]
