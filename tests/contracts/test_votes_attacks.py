"""What members who collude, or thieves of their keys, might try with votes."""

from typing import Any

import pytest
from eth_utils import keccak
from scenario import (
    ALICE,
    ALL,
    BOARD,
    COMPANY_C,
    CUSTODIAN,
    DAY,
    HOSPITAL_A,
    PURPOSE,
    REASON,
    REQUESTER,
    START,
    SUSPENDED,
    VOTER,
    WITHDRAWN,
    cited,
    digest,
    no_directive,
    plain,
    query_of,
    reverts,
)
from votes import (
    ADMIT,
    CHANGE,
    LONGEST_STOP,
    RECOVER_ADMIN,
    RECOVERY_NOTICE,
    REINSTATE,
    REPLACE_ENGINE,
    STOP,
    SUSPEND,
    A,
    B,
    C,
    Council,
    D,
    E,
    motion,
)

GB = {"country": b"GB", "attributes": 1}
SUSPEND_D = motion(SUSPEND, institution=D)


@pytest.fixture
def members(consortium, chain, people):
    """The consortium of the story: hospitals A and B vote."""
    admins = {1: people.hospital_a, 2: people.hospital_b}
    council = Council(consortium.institutions, chain, admins, people.relay)
    council.at(START + 100 * DAY)
    return council


def test_colluders_who_leave_do_not_end_the_vote_on_their_suspension(found_council):
    """A, B, C vote to suspend D; D's friend E had voted for it, and suspends itself to spoil the count."""
    council = found_council(VOTER, VOTER, VOTER, VOTER, VOTER)
    number = council.propose(SUSPEND_D)
    council.vote(number, B, E)
    council.registry.suspendSelf(sender=council.admins[E])
    council.carry_out(number, SUSPEND_D)
    assert council.institution(D)["status"] == SUSPENDED


def test_colluders_who_leave_first_are_out_all_the_same(council):
    number = council.passed(SUSPEND_D, A, B)
    council.registry.suspendSelf(sender=council.admins[D])
    with reverts(council.registry.InstitutionRegistry_NotActive, institution=D, status=SUSPENDED):
        council.carry_out(number, SUSPEND_D)
    assert council.institution(D)["status"] == SUSPENDED
    with reverts(council.registry.InstitutionRegistry_NotActive, institution=D, status=SUSPENDED):
        council.propose(motion(REINSTATE, institution=D), D)


def test_what_was_kept_in_store_does_not_end_the_vote_on_a_suspension(council):
    """A change of D that all agreed to before, carried out by D when it hears of its suspension."""
    change = motion(CHANGE, institution=D, roles=VOTER, **GB)
    stored = council.passed(change)
    number = council.passed(SUSPEND_D, A, B)
    council.registry.carryOut(stored, change, sender=council.admins[D])
    council.carry_out(number, SUSPEND_D)
    assert council.institution(D)["status"] == SUSPENDED


def test_an_older_change_kept_in_store_does_not_undo_a_younger(council):
    """Nor does carrying it out first end the younger."""
    old, new = (motion(CHANGE, institution=D, roles=roles, **GB) for roles in (CUSTODIAN | VOTER, VOTER))
    first, second, third = council.passed(old), council.passed(old), council.passed(new)
    council.registry.carryOut(first, old, sender=council.admins[D])
    council.carry_out(third, new)
    with reverts(council.registry.Consortium_Overtaken, proposal=second, younger=third):
        council.registry.carryOut(second, old, sender=council.admins[D])
    assert council.institution(D)["roles"] == VOTER


def test_a_lift_kept_in_store_does_not_end_a_new_stop(council):
    lift, stop = motion(STOP), motion(STOP, duration=DAY)
    stored = council.passed(lift)
    number = council.passed(stop)
    council.carry_out(number, stop)
    with reverts(council.registry.Consortium_Overtaken, proposal=stored, younger=number):
        council.carry_out(stored, lift)


def test_a_consortium_of_one_decides_nothing_about_its_one(found_council, people):
    """Nobody is left to vote: no share of nobody is two thirds."""
    council = found_council(VOTER, BOARD)
    for proposed in (
        motion(SUSPEND, institution=A),
        motion(CHANGE, institution=A, roles=CUSTODIAN, **GB),
        motion(RECOVER_ADMIN, institution=A, account=people.eve),
    ):
        number = council.propose(proposed)
        with reverts(council.registry.Consortium_OwnMatter, proposal=number, institution=A):
            council.vote(number, A)
        council.later(RECOVERY_NOTICE)
        with reverts(council.registry.Consortium_NotPassed, proposal=number, votes=0, voters=0):
            council.carry_out(number, proposed)
    assert council.registry.electorate(A) == 0
    council.decide(motion(SUSPEND, institution=2), A)


def test_what_passed_is_not_carried_out_once_nobody_votes(found_council):
    """No share of nobody is two thirds, whoever voted before."""
    council = found_council(VOTER, VOTER, BOARD)
    stop = motion(STOP, duration=DAY)
    number = council.passed(stop, A, B)
    for voter in (A, B):
        council.registry.suspendSelf(sender=council.admins[voter])
    with reverts(council.registry.Consortium_NotPassed, proposal=number, votes=0, voters=0):
        council.carry_out(number, stop)


def test_a_vote_sleeps_with_its_member_and_is_not_given_twice(council):
    """B votes, is suspended, comes back: its vote counts again, once."""
    change = motion(CHANGE, institution=E, roles=BOARD, **GB)
    number = council.propose(change)
    council.vote(number, B, C)
    council.decide(motion(SUSPEND, institution=B), A, C)
    council.decide(motion(SUSPEND, institution=C), A, D)
    with reverts(council.registry.Consortium_NotPassed, proposal=number, votes=1, voters=2):
        council.carry_out(number, change)
    council.decide(motion(REINSTATE, institution=B), A, D)
    with reverts(council.registry.Consortium_AlreadyVoted, proposal=number, institution=B):
        council.vote(number, B)
    council.carry_out(number, change)


def test_one_that_loses_its_vote_and_gets_it_back_has_the_same_bit(council):
    change = motion(CHANGE, institution=E, roles=BOARD, **GB)
    number = council.propose(change, B)
    council.decide(motion(CHANGE, institution=B, roles=REQUESTER, **GB), A, C)
    with reverts(council.registry.Consortium_LacksRole, institution=B, roles=REQUESTER):
        council.vote(number, B)
    council.decide(motion(CHANGE, institution=B, roles=VOTER, **GB), A, C)
    with reverts(council.registry.Consortium_AlreadyVoted, proposal=number, institution=B):
        council.vote(number, B)
    assert council.registry.voterIndex(B) == 2


def test_one_that_is_admitted_anew_has_another_bit(council, people):
    """What the suspended one voted for does not count for the new one, nor against it."""
    change = motion(CHANGE, institution=E, roles=BOARD, **GB)
    number = council.propose(change, D)
    council.decide(motion(SUSPEND, institution=D), A, B)
    council.decide(motion(ADMIT, account=people.eve, roles=VOTER, **GB), A, B, C)
    assert council.registry.voterIndex(6) == 5
    assert council.registry.electorate(0) == 0b10111
    council.registry.vote(number, sender=people.eve)
    with reverts(council.registry.Consortium_NotPassed, proposal=number, votes=1, voters=4):
        council.carry_out(number, change)


def test_operators_of_before_a_recovery_do_nothing(council, people):
    """The thief made many accounts operators, and one of them a voter for another proposal."""
    registry = council.registry
    council.decide(motion(RECOVER_ADMIN, institution=B, account=people.eve), A, C)
    stale = people.hospital_b
    for act in (
        lambda: registry.propose(motion(STOP), sender=stale),
        lambda: registry.vote(1, sender=stale),
    ):
        with reverts(registry.Consortium_NotVoter, account=stale.address, institution=0, permissions=0):
            act()
    for act in (
        lambda: registry.setOperator(people.operator, ALL, sender=stale),
        lambda: registry.publishKey(b"K" * 1_216, sender=stale),
        lambda: registry.suspendSelf(sender=stale),
    ):
        with reverts(registry.InstitutionRegistry_NotAdmin, account=stale.address):
            act()
    assert council.institution(B)["operatorEpoch"] == 1


def test_a_stale_operator_registers_no_study(members, studies, people):
    members.registry.setOperator(people.operator, ALL, sender=people.hospital_a)
    members.decide(motion(RECOVER_ADMIN, institution=HOSPITAL_A, account=people.eve), B)
    arguments = (digest("new"), ALICE.address, 1, digest("m"), digest("c"))
    for stale in (people.operator, people.hospital_a):
        with reverts(studies.StudyRegistry_NotOperator, account=stale.address, institution=0, permissions=0):
            studies.register(*arguments, sender=stale)
    studies.register(*arguments, sender=people.eve)


def test_a_stop_holds_up_nothing_but_sharing(
    members, studies, study, refuse, revoke, revoke_all, directive_hash, people
):
    """Withdrawing, refusing, and what a custodian does; and it ends by itself."""
    members.decide(motion(STOP, duration=LONGEST_STOP), A, B)
    assert members.registry.rule().stoppedUntil == members.time + LONGEST_STOP
    revoke(directive_hash)
    refuse(1 << PURPOSE.TREAT)
    revoke_all(1)
    studies.withdraw(study, sender=people.hospital_a)
    assert studies.study(study).status == WITHDRAWN
    # Nor the next vote: to lift it, or anything else.
    members.decide(motion(STOP), A, B)
    assert members.registry.rule().stoppedUntil == members.time


def test_no_majority_gives_anybody_an_image(members, chain, consortium, study, directive_hash, people, mocks):
    """All vote for everything that can be voted on, for the company that nobody allowed anything; at last for
    another admin of the hospital that holds the study.
    """
    engine = people.relay.deploy(mocks.Engine, 2)
    engine.set(0, 0, sender=people.relay)
    code = keccak(bytes(engine.provider.get_code(engine.address)))
    anything = CUSTODIAN | REQUESTER | BOARD | VOTER
    ours = {consortium.institutions.address, engine.address}

    def look() -> list[Any]:
        return [
            plain(consortium.studies.study(study)),
            plain(consortium.consents.commitment(ALICE.address, directive_hash)),
            consortium.ledger.decide(COMPANY_C, query_of(study), *cited(no_directive())),
        ]

    before = look()
    assert before[-1] == REASON.DIRECTIVE_ABSENT
    for proposed in (
        motion(CHANGE, institution=COMPANY_C, roles=anything, **GB),
        motion(SUSPEND, institution=D),
        motion(REINSTATE, institution=D),
        motion(ADMIT, account=people.eve, roles=anything, **GB),
        motion(REPLACE_ENGINE, account=engine, codeHash=code),
        motion(STOP, duration=1),
        motion(STOP),
    ):
        receipt = members.decide(proposed, *members.admins)
        if proposed["action"] == CHANGE:
            members.admins[COMPANY_C] = people.company_c
        assert {event.contract_address for event in receipt.events} <= ours
        # A call is answered as of the last block.
        members.later(10)
        chain.mine()
        assert look() == before
    assert consortium.ledger.engine() == engine
    members.decide(motion(RECOVER_ADMIN, institution=HOSPITAL_A, account=people.operator), B, COMPANY_C)
    assert look() == before
