import pytest
from scenario import ALL, events_of, reverts
from votes import CARRIED_OUT, RECOVER_ADMIN, RECOVERY_NOTICE, SUSPEND, VETOED, B, motion


@pytest.fixture
def recovery(people):
    """A new admin for institution 2."""
    return motion(RECOVER_ADMIN, institution=B, account=people.eve)


def test_reverts_when_there_is_no_such_proposal(council, people):
    with reverts(council.registry.Consortium_NotOpen, proposal=1, state=0):
        council.registry.veto(1, sender=people.hospital_b)


def test_reverts_when_it_was_carried_out(council, recovery, people):
    number = council.passed(recovery, 1, 3)
    council.later(RECOVERY_NOTICE)
    council.carry_out(number, recovery)
    for account in (people.hospital_b, people.eve):
        with reverts(council.registry.Consortium_NotOpen, proposal=number, state=CARRIED_OUT):
            council.registry.veto(number, sender=account)


def test_reverts_when_it_was_vetoed(council, recovery, people):
    number = council.propose(recovery)
    council.registry.veto(number, sender=people.hospital_b)
    with reverts(council.registry.Consortium_NotOpen, proposal=number, state=VETOED):
        council.registry.veto(number, sender=people.hospital_b)


def test_reverts_when_it_is_not_for_a_new_admin(council, people):
    number = council.propose(motion(SUSPEND, institution=B))
    with reverts(council.registry.Consortium_NotVetoable, proposal=number, action=SUSPEND):
        council.registry.veto(number, sender=people.hospital_b)


def test_reverts_when_the_caller_is_another(council, recovery, people):
    """The admin of another, the one that is to come, and an operator of all permissions."""
    council.registry.setOperator(people.operator, ALL, sender=people.hospital_b)
    number = council.propose(recovery)
    for account in (people.hospital_a, people.eve, people.operator):
        with reverts(council.registry.Consortium_NotItsAdmin, account=account.address, institution=B):
            council.registry.veto(number, sender=account)


@pytest.mark.parametrize("is_passed", [False, True])
@pytest.mark.parametrize("is_suspended", [False, True])
def test_is_for_good(council, recovery, people, is_passed, is_suspended):
    number = council.passed(recovery, 1, 3) if is_passed else council.propose(recovery)
    if is_suspended:
        council.registry.suspendSelf(sender=people.hospital_b)
    before = council.proposal(number)
    receipt = council.registry.veto(number, sender=people.hospital_b)
    assert events_of(receipt) == [("Vetoed", {"proposal": number, "by": people.hospital_b.address})]
    assert council.proposal(number) == before | {"state": VETOED}
    council.later(RECOVERY_NOTICE)
    with reverts(council.registry.Consortium_NotOpen, proposal=number, state=VETOED):
        council.carry_out(number, recovery)
    assert council.institution(B)["admin"] == people.hospital_b.address
