import pytest
from scenario import BOARD, SUSPENDED, VOTER, VOTES, ZERO32, events_of, reverts
from votes import (
    CARRIED_OUT,
    LIFETIME,
    RECOVER_ADMIN,
    STOP,
    SUSPEND,
    VETOED,
    A,
    B,
    C,
    D,
    E,
    motion,
)

LIFT = motion(STOP)


def test_reverts_when_the_caller_acts_for_nobody(council, people):
    number = council.propose(LIFT)
    error, eve = council.registry.Consortium_NotVoter, people.eve
    with reverts(error, account=eve.address, institution=0, permissions=0):
        council.registry.vote(number, sender=eve)


def test_reverts_when_the_operator_may_not_vote(council, people):
    number = council.propose(LIFT)
    council.registry.setOperator(people.operator, 63, sender=people.hospital_b)
    error, operator = council.registry.Consortium_NotVoter, people.operator
    with reverts(error, account=operator.address, institution=B, permissions=63):
        council.registry.vote(number, sender=operator)


def test_reverts_when_the_institution_is_suspended(council, people):
    number = council.propose(LIFT)
    council.registry.suspendSelf(sender=people.hospital_b)
    with reverts(council.registry.InstitutionRegistry_NotActive, institution=B, status=SUSPENDED):
        council.vote(number, B)


def test_reverts_when_the_institution_does_not_vote(council):
    number = council.propose(LIFT)
    with reverts(council.registry.Consortium_LacksRole, institution=E, roles=BOARD):
        council.vote(number, E)


def test_reverts_when_there_is_no_such_proposal(council):
    council.propose(LIFT)
    for unknown in (0, 2, 2**32 - 1):
        with reverts(council.registry.Consortium_NotOpen, proposal=unknown, state=0):
            council.vote(unknown, B)


def test_reverts_when_it_was_carried_out(council):
    number = council.passed(LIFT)
    council.carry_out(number, LIFT)
    with reverts(council.registry.Consortium_NotOpen, proposal=number, state=CARRIED_OUT):
        council.vote(number, D)


def test_reverts_when_it_was_vetoed(council, people):
    number = council.propose(motion(RECOVER_ADMIN, institution=C, account=people.eve))
    council.registry.veto(number, sender=people.company_c)
    with reverts(council.registry.Consortium_NotOpen, proposal=number, state=VETOED):
        council.vote(number, B)


def test_reverts_when_it_is_about_the_institution(council, people):
    number = council.propose(motion(SUSPEND, institution=B))
    council.registry.setOperator(people.operator, VOTES, sender=people.hospital_b)
    for account in (people.hospital_b, people.operator):
        with reverts(council.registry.Consortium_OwnMatter, proposal=number, institution=B):
            council.registry.vote(number, sender=account)


def test_reverts_when_its_time_is_over(council):
    council.later(0)
    number = council.propose(LIFT)
    end = council.time + LIFETIME
    council.at(end - 1)
    council.vote(number, B)
    council.at(end)
    with reverts(council.registry.Consortium_Lapsed, proposal=number, since=end):
        council.vote(number, C)


def test_reverts_when_the_institution_voted_before(council, people):
    number = council.propose(LIFT)
    council.registry.setOperator(people.operator, VOTES, sender=people.hospital_a)
    for account in (people.hospital_a, people.operator):
        with reverts(council.registry.Consortium_AlreadyVoted, proposal=number, institution=A):
            council.registry.vote(number, sender=account)


def test_counts_a_vote(council, people):
    number = council.propose(LIFT)
    council.registry.setOperator(people.operator, VOTES, sender=people.hospital_b)
    receipt = council.registry.vote(number, sender=people.operator)
    assert council.proposal(number)["votes"] == 0b11
    assert events_of(receipt) == [("Voted", {"proposal": number, "institution": B})]


def test_passes_with_two_thirds_and_only_once(council):
    """Three of four: two are too few; the fourth changes nothing but the votes."""
    number = council.propose(LIFT)
    council.vote(number, B)
    assert council.proposal(number)["passedAt"] == 0
    council.later(50)
    receipt = council.registry.vote(number, sender=council.admins[C])
    passed_at = council.time
    assert council.proposal(number)["passedAt"] == passed_at
    assert events_of(receipt) == [
        ("Voted", {"proposal": number, "institution": C}),
        ("Passed", {"proposal": number}),
    ]
    council.later(50)
    receipt = council.registry.vote(number, sender=council.admins[D])
    assert [name for name, _ in events_of(receipt)] == ["Voted"]
    assert council.proposal(number) | {"motion": ZERO32} == council.proposal(number) | {
        "motion": ZERO32,
        "votes": 0b1111,
        "passedAt": passed_at,
    }


@pytest.mark.parametrize(
    ("voters", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (8, 6)]
)
def test_needs_two_thirds_rounded_up(found_council, voters, needed):
    council = found_council(*[VOTER] * voters)
    number = council.propose(LIFT)
    for voter in range(2, voters + 1):
        assert (council.proposal(number)["passedAt"] != 0) == (voter - 1 >= needed)
        council.vote(number, voter)
    assert council.proposal(number)["passedAt"] != 0


def test_leaves_out_the_one_that_it_is_about(council):
    """Two of the three others."""
    number = council.propose(motion(SUSPEND, institution=D))
    assert council.proposal(number)["passedAt"] == 0
    council.vote(number, B)
    assert council.proposal(number)["passedAt"] != 0
