from scenario import ACTIVE, ALL, HOSPITAL_A, HOSPITAL_B, START, SUSPENDED, events_of, plain, reverts


def test_reverts_when_the_caller_acts_for_nobody(institutions, people):
    with reverts(institutions.InstitutionRegistry_NotAdmin, account=people.eve.address):
        institutions.suspendSelf(sender=people.eve)


def test_reverts_when_the_caller_is_an_operator_but_not_the_admin(institutions, people):
    institutions.setOperator(people.operator, ALL, sender=people.hospital_a)
    with reverts(institutions.InstitutionRegistry_NotAdmin, account=people.operator.address):
        institutions.suspendSelf(sender=people.operator)


def test_reverts_when_the_institution_is_suspended_already(institutions, people):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(institutions.InstitutionRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        institutions.suspendSelf(sender=people.hospital_a)


def test_suspends_the_institution_and_keeps_all_else(institutions, people, chain):
    before = plain(institutions.institution(HOSPITAL_A))
    chain.pending_timestamp = START + 1_000
    receipt = institutions.suspendSelf(sender=people.hospital_a)
    assert plain(institutions.institution(HOSPITAL_A)) == before | {
        "status": SUSPENDED,
        "statusSince": START + 1_000,
    }
    assert institutions.institution(HOSPITAL_B).status == ACTIVE
    assert events_of(receipt) == [
        ("InstitutionSuspended", {"institution": HOSPITAL_A, "by": people.hospital_a.address})
    ]
