from typing import Any

import pytest
from eth_utils import keccak
from scenario import (
    ACTIVE,
    ALL,
    BOARD,
    CUSTODIAN,
    DAY,
    REQUESTER,
    STUDIES,
    SUSPENDED,
    TERMS,
    VOTER,
    VOTES,
    events_of,
    plain,
    reverts,
)
from votes import (
    ADMIT,
    CARRIED_OUT,
    CHANGE,
    ENGINE_NOTICE,
    LIFETIME,
    LONGEST_STOP,
    RECOVER_ADMIN,
    RECOVERY_NOTICE,
    REINSTATE,
    REPLACE_ENGINE,
    STOP,
    SUSPEND,
    VETOED,
    A,
    B,
    C,
    Council,
    D,
    E,
    digest_of,
    motion,
)

LIFT, STOP_A_DAY = motion(STOP), motion(STOP, duration=DAY)
GB = {"country": b"GB", "attributes": 1}
SUSPEND_D, REINSTATE_D = motion(SUSPEND, institution=D), motion(REINSTATE, institution=D)


@pytest.fixture
def replacing(people, mocks):
    """A motion for an engine of a version."""

    def of_version(version: int) -> dict[str, Any]:
        engine = people.relay.deploy(mocks.Versioned, 0, version)
        code = bytes(engine.provider.get_code(engine.address))
        return motion(REPLACE_ENGINE, account=engine.address, codeHash=keccak(code))

    return of_version


@pytest.fixture
def recovery(people):
    """A new admin for institution 2."""
    return motion(RECOVER_ADMIN, institution=B, account=people.eve.address)


@pytest.fixture
def admission(people):
    """A new requester that votes."""
    return motion(ADMIT, account=people.eve.address, roles=REQUESTER | VOTER, **GB)


def refused(council: Any, number: int, proposed: dict[str, Any], error: str, **arguments: Any) -> None:
    before = council.proposal(number)
    with reverts(getattr(council.registry, error), **arguments):
        council.carry_out(number, proposed)
    assert council.proposal(number) == before


def test_reverts_when_there_is_no_such_proposal(council):
    refused(council, 1, LIFT, "Consortium_NotOpen", proposal=1, state=0)


def test_reverts_when_it_was_carried_out(council):
    number = council.passed(LIFT)
    council.carry_out(number, LIFT)
    refused(council, number, LIFT, "Consortium_NotOpen", proposal=number, state=CARRIED_OUT)


def test_reverts_when_it_was_vetoed(council, recovery, people):
    number = council.passed(recovery, A, C)
    council.registry.veto(number, sender=people.hospital_b)
    council.later(RECOVERY_NOTICE)
    refused(council, number, recovery, "Consortium_NotOpen", proposal=number, state=VETOED)


@pytest.mark.parametrize(
    "swapped",
    [
        {"action": RECOVER_ADMIN},
        {"institution": C},
        {"account": "0x" + "11" * 20},
        {"roles": BOARD},
        {"country": b"FR"},
        {"attributes": 0},
        {"codeHash": b"\1" * 32},
        {"duration": 1},
    ],
)
def test_reverts_when_the_motion_is_another(council, swapped):
    proposed = motion(CHANGE, institution=D, roles=CUSTODIAN, **GB)
    number = council.passed(proposed)
    refused(
        council,
        number,
        proposed | swapped,
        "Consortium_MotionDiffers",
        proposal=number,
        expected=digest_of(proposed),
        found=digest_of(proposed | swapped),
    )
    council.carry_out(number, proposed)


def test_reverts_when_it_has_not_passed(council):
    number = council.propose(LIFT)
    refused(council, number, LIFT, "Consortium_NotPassed", proposal=number, votes=1, voters=4)
    council.vote(number, B)
    refused(council, number, LIFT, "Consortium_NotPassed", proposal=number, votes=2, voters=4)


def test_reverts_when_those_for_it_are_no_longer_two_thirds(council):
    """One of the three that voted for it left; the fourth can still vote, and then it can be done."""
    number = council.passed(LIFT, A, B, C)
    council.registry.suspendSelf(sender=council.admins[A])
    council.registry.suspendSelf(sender=council.admins[B])
    refused(council, number, LIFT, "Consortium_NotPassed", proposal=number, votes=1, voters=2)
    council.vote(number, D)
    council.carry_out(number, LIFT)


def test_reverts_when_it_would_pass_now_but_never_did(council):
    """Two of four voted; two of two would do. Somebody has to propose it again."""
    number = council.propose(LIFT)
    council.vote(number, B)
    for voter in (C, D):
        council.registry.suspendSelf(sender=council.admins[voter])
    refused(council, number, LIFT, "Consortium_NotPassed", proposal=number, votes=2, voters=2)
    council.carry_out(council.passed(LIFT, A, B), LIFT)


@pytest.mark.parametrize(("name", "notice"), [("engine", ENGINE_NOTICE), ("admin", RECOVERY_NOTICE)])
def test_reverts_before_the_notice_is_over(council, replacing, recovery, name, notice):
    proposed, *voters = {"engine": (replacing(2), A, B, C), "admin": (recovery, A, C)}[name]
    number = council.passed(proposed, *voters)
    earliest = council.time + notice
    for time in (council.time + 1, earliest - 1):
        council.at(time)
        refused(council, number, proposed, "Consortium_TooEarly", proposal=number, earliest=earliest)
    council.at(earliest)
    council.carry_out(number, proposed)


@pytest.mark.parametrize(
    ("name", "notice"), [("stop", 0), ("engine", ENGINE_NOTICE), ("admin", RECOVERY_NOTICE)]
)
@pytest.mark.parametrize("is_late", [False, True])
def test_reverts_when_its_time_is_over(council, replacing, recovery, name, notice, is_late):
    proposed, *voters = {
        "stop": (LIFT, A, B, C),
        "engine": (replacing(2), A, B, C),
        "admin": (recovery, A, C),
    }[name]
    number = council.passed(proposed, *voters)
    end = council.time + notice + LIFETIME
    if is_late:
        council.at(end)
        refused(council, number, proposed, "Consortium_Lapsed", proposal=number, since=end)
    else:
        council.at(end - 1)
        council.carry_out(number, proposed)


def test_reverts_when_a_younger_one_was_carried_out(council, people):
    """Of two changes, admins or stops the younger counts, whenever they are carried out."""
    for proposed in (
        motion(CHANGE, institution=D, roles=CUSTODIAN, **GB),
        motion(RECOVER_ADMIN, institution=D, account=people.eve.address),
        STOP_A_DAY,
    ):
        younger_one = proposed | {
            CHANGE: {"roles": VOTER},
            RECOVER_ADMIN: {"account": people.operator.address},
            STOP: {"duration": 0},
        }.get(proposed["action"], {})
        older, younger = council.passed(proposed), council.passed(younger_one)
        council.later(RECOVERY_NOTICE)
        council.carry_out(younger, younger_one)
        refused(council, older, proposed, "Consortium_Overtaken", proposal=older, younger=younger)


def test_carries_out_an_older_one_on_another_matter(council, people):
    """Other institutions, other actions, and any admission."""
    proposed = [
        motion(ADMIT, account=people.eve.address, roles=BOARD, **GB),
        motion(CHANGE, institution=E, roles=BOARD, **GB),
        motion(CHANGE, institution=D, roles=VOTER, **GB),
        LIFT,
        motion(ADMIT, account=people.operator.address, roles=BOARD, **GB),
    ]
    numbers = [council.passed(each) for each in proposed]
    for number, each in reversed(list(zip(numbers, proposed, strict=True))):
        council.carry_out(number, each)
    assert council.institution(6)["admin"] == people.operator.address
    assert council.institution(7)["admin"] == people.eve.address


def test_reverts_when_the_account_became_an_admin_since(council, admission, recovery, people):
    first = council.passed(admission)
    second, third = council.passed(admission, A, B, C, D), council.passed(recovery, A, C, D)
    council.carry_out(first, admission)
    council.later(RECOVERY_NOTICE)
    taken = {"account": people.eve.address, "institution": 6}
    refused(council, second, admission, "InstitutionRegistry_AccountTaken", **taken)
    refused(council, third, recovery, "InstitutionRegistry_AccountTaken", **taken)


@pytest.mark.parametrize("by", [B, C])
@pytest.mark.parametrize("name", ["recovery", "admission"])
def test_takes_an_account_that_was_claimed_since(request, council, people, name, by):
    """By the admin who is to be replaced, or by another who wants to stop it."""
    proposed = request.getfixturevalue(name)
    number = council.passed(proposed, A, C, D)
    council.registry.setOperator(people.eve, STUDIES, sender=council.admins[by])
    council.later(RECOVERY_NOTICE)
    receipt = council.carry_out(number, proposed)
    of = B if name == "recovery" else 6
    freed = ("OperatorSet", {"institution": by, "account": people.eve.address, "permissions": 0})
    # A recovery ends its institution's operators anyway.
    assert (events_of(receipt)[1] == freed) == (of != by)
    assert council.institution(of)["admin"] == people.eve.address
    assert list(council.registry.operator(people.eve)) == [of, ALL]


def test_reverts_when_it_is_suspended_or_reinstated_already(council):
    first, second = council.passed(SUSPEND_D), council.passed(SUSPEND_D)
    council.carry_out(first, SUSPEND_D)
    refused(council, second, SUSPEND_D, "InstitutionRegistry_NotActive", institution=D, status=SUSPENDED)
    third, fourth = council.passed(REINSTATE_D), council.passed(REINSTATE_D)
    council.carry_out(third, REINSTATE_D)
    refused(council, fourth, REINSTATE_D, "InstitutionRegistry_NotSuspended", institution=D, status=ACTIVE)


def test_reverts_when_it_was_reinstated_since(council, people):
    """The vote was on what happened before; the younger vote forgave it."""
    number = council.passed(SUSPEND_D)
    council.registry.suspendSelf(sender=people.hospital_d)
    council.later(100)
    council.decide(REINSTATE_D)
    since = council.institution(D)["statusSince"]
    refused(council, number, SUSPEND_D, "InstitutionRegistry_StatusNewer", institution=D, statusSince=since)


def test_reverts_when_it_was_suspended_again_since(council, people):
    """The vote to reinstate was on the suspension before this one."""
    council.registry.suspendSelf(sender=people.hospital_d)
    first, second = council.passed(REINSTATE_D), council.passed(REINSTATE_D)
    council.carry_out(first, REINSTATE_D)
    council.later(100)
    council.registry.suspendSelf(sender=people.hospital_d)
    since = council.institution(D)["statusSince"]
    refused(council, second, REINSTATE_D, "InstitutionRegistry_StatusNewer", institution=D, statusSince=since)


def test_reverts_when_the_code_of_the_engine_is_gone_or_another(council, replacing, chain):
    proposed = replacing(2)
    number = council.passed(proposed)
    council.later(ENGINE_NOTICE)
    for code in ("0x", "0x600260005260206000f3"):
        chain.provider.make_request("anvil_setCode", [proposed["account"], code])
        refused(
            council,
            number,
            proposed,
            "Consortium_CodeDiffers",
            engine=proposed["account"],
            expected=proposed["codeHash"],
            found=keccak(hexstr=code),
        )


def test_reverts_when_the_engine_is_not_newer_any_more(council, replacing):
    older, newer = replacing(2), replacing(3)
    first, second, third = (council.passed(each) for each in (newer, older, newer))
    council.later(ENGINE_NOTICE)
    council.carry_out(first, newer)
    for number, proposed, version in ((second, older, 2), (third, newer, 3)):
        refused(
            council,
            number,
            proposed,
            "Consortium_EngineNotNewer",
            engine=proposed["account"],
            version=version,
            last=3,
        )


def test_reverts_when_there_were_256_voters(project, chain, people):
    """All founders vote; 171 of 256 are two thirds. One that does not vote is still admitted."""
    others = [f"0x{0x10000 + i:040x}" for i in range(255)]
    rows = [(admin, VOTER, b"CH", 0) for admin in (people.hospital_a.address, *others)]
    registry = people.relay.deploy(project.InstitutionRegistry, rows, TERMS)
    council = Council(registry, chain, {A: people.hospital_a}, people.relay)
    ask = chain.provider.web3.provider.make_request
    ask("anvil_autoImpersonateAccount", [True])
    for roles in (VOTER, BOARD):
        proposed = motion(ADMIT, account=people.eve.address, roles=roles, **GB)
        number = council.propose(proposed)
        data = "0x" + bytes(registry.vote.encode_input(number)).hex()
        for admin in others[:170]:
            assert admin != others[169] or not council.proposal(number)["passedAt"]
            sent = {"from": admin, "to": registry.address, "data": data, "gasPrice": "0x0", "gas": "0x30d40"}
            assert ask("eth_sendTransactionSync", [sent])["result"]["status"] == "0x1"
        assert council.proposal(number)["passedAt"]
        if roles == VOTER:
            refused(council, number, proposed, "Consortium_VotersExhausted", institution=257)
        else:
            council.carry_out(number, proposed)
    ask("anvil_autoImpersonateAccount", [False])
    assert registry.voterIndex(257) == 0
    assert registry.electorate(0) == 2**256 - 1


def test_admits(council, admission, people):
    number = council.passed(admission)
    council.later(10)
    receipt = council.carry_out(number, admission)
    assert council.institution(6) == {
        "admin": people.eve.address,
        "status": ACTIVE,
        "roles": REQUESTER | VOTER,
        "country": b"GB",
        "attributes": 1,
        "keyVersion": 0,
        "requesterSince": council.time,
        "statusSince": council.time,
        "operatorEpoch": 0,
    }
    assert council.registry.institutionCount() == 6
    assert list(council.registry.operator(people.eve)) == [6, ALL]
    assert council.registry.voterIndex(6) == 5
    assert council.registry.electorate(0) == 0b11111
    assert events_of(receipt) == [
        ("CarriedOut", {"proposal": number, "by": people.relay.address}),
        (
            "InstitutionAdmitted",
            {
                "institution": 6,
                "admin": people.eve.address,
                "roles": REQUESTER | VOTER,
                "country": b"GB",
                "attributes": 1,
            },
        ),
    ]
    assert council.proposal(number)["state"] == CARRIED_OUT


def test_suspends_and_reinstates(council, people):
    before = council.institution(D)
    receipt = council.decide(SUSPEND_D, A, B)
    assert council.institution(D) == before | {"status": SUSPENDED, "statusSince": council.time}
    assert council.registry.electorate(0) == 0b0111
    assert events_of(receipt)[1] == ("InstitutionSuspended", {"institution": D, "by": people.relay.address})
    receipt = council.decide(REINSTATE_D, A, B)
    assert council.institution(D) == before | {"status": ACTIVE, "statusSince": council.time}
    assert council.registry.electorate(0) == 0b1111
    assert council.registry.voterIndex(D) == 4
    assert events_of(receipt)[1] == ("InstitutionReinstated", {"institution": D})


def test_changes(council):
    """Roles, country and attributes; the time as requester runs from when the role is newly got."""
    since = council.institution(B)["requesterSince"]
    assert since
    for roles, requester_since, electorate in (
        (REQUESTER, since, 0b1101),
        (CUSTODIAN, 0, 0b1101),
        (REQUESTER | VOTER, None, 0b1111),
        (REQUESTER | CUSTODIAN | VOTER, "kept", 0b1111),
    ):
        before = council.institution(B)
        change = motion(CHANGE, institution=B, roles=roles, **GB)
        receipt = council.decide(change, A, C, D)
        assert council.institution(B) == before | {
            "roles": roles,
            "country": b"GB",
            "attributes": 1,
            "requesterSince": {None: council.time, "kept": before["requesterSince"]}.get(
                requester_since, requester_since
            ),
        }
        assert council.registry.electorate(0) == electorate
        assert events_of(receipt)[1] == (
            "InstitutionChanged",
            {"institution": B, "roles": roles, "country": b"GB", "attributes": 1},
        )
    assert council.registry.voterIndex(B) == 2


def test_gives_a_vote_to_one_that_had_none(council):
    council.decide(motion(CHANGE, institution=E, roles=BOARD | VOTER, **GB))
    assert council.registry.voterIndex(E) == 5
    assert council.registry.electorate(0) == 0b11111


def test_changes_one_that_is_suspended_without_making_it_vote(council, people):
    council.registry.suspendSelf(sender=people.board_e)
    council.decide(motion(CHANGE, institution=E, roles=BOARD | VOTER, **GB))
    assert council.registry.voterIndex(E) == 5
    assert council.registry.electorate(0) == 0b01111
    council.decide(motion(REINSTATE, institution=E))
    assert council.registry.electorate(0) == 0b11111


def test_recovers_an_admin(council, recovery, people):
    """Nobody else acts for the institution afterwards, not even the admin before."""
    registry, old = council.registry, people.hospital_b
    registry.setOperator(people.operator, ALL, sender=old)
    before = council.institution(B)
    receipt = council.decide(recovery, A, C)
    assert council.institution(B) == before | {"admin": people.eve.address, "operatorEpoch": 1}
    assert events_of(receipt)[1:] == [
        ("AdminRecovered", {"institution": B, "from": old.address, "to": people.eve.address})
    ]
    assert list(registry.operator(people.eve)) == [B, ALL]
    nobody = plain(registry.actingFor(people.relay))
    for account in (old, people.operator):
        assert list(registry.operator(account)) == [0, 0]
        assert plain(registry.actingFor(account)) == nobody
        with reverts(registry.InstitutionRegistry_NotOperator, account=account.address):
            registry.resign(sender=account)
        with reverts(registry.InstitutionRegistry_NotAdmin, account=account.address):
            registry.publishKey(b"K" * 1_216, sender=account)
        with reverts(registry.Consortium_NotVoter, account=account.address, institution=0, permissions=0):
            registry.propose(LIFT, sender=account)
    # They are free: for the new admin, or for anybody else.
    registry.setOperator(people.operator, VOTES, sender=people.eve)
    assert list(registry.operator(people.operator)) == [B, VOTES]
    registry.setOperator(old, STUDIES, sender=people.hospital_a)
    assert list(registry.operator(old)) == [A, STUDIES]


def test_recovers_an_admin_who_was_one_before(council, recovery, people):
    council.decide(recovery, A, C)
    back = recovery | {"account": people.hospital_b.address}
    council.decide(back, A, C)
    assert council.institution(B)["operatorEpoch"] == 2
    assert list(council.registry.operator(people.hospital_b)) == [B, ALL]
    assert list(council.registry.operator(people.eve)) == [0, 0]


def test_replaces_the_engine(council, replacing):
    for version in (2, 65_535):
        proposed = replacing(version)
        receipt = council.decide(proposed)
        assert events_of(receipt)[1:] == [
            (
                "EngineReplaced",
                {"engine": proposed["account"], "codeHash": proposed["codeHash"], "version": version},
            )
        ]
        assert list(plain(council.registry.rule()).values()) == [proposed["account"], version, 0]


def test_stops_and_lifts(council, replacing):
    engine = replacing(2)
    council.decide(engine)
    for proposed in (STOP_A_DAY, LIFT, motion(STOP, duration=LONGEST_STOP)):
        receipt = council.decide(proposed)
        until = council.time + proposed["duration"]
        assert events_of(receipt)[1:] == [("SharingStopped", {"until": until})]
        assert list(plain(council.registry.rule()).values()) == [engine["account"], 2, until]


def test_lets_anybody_carry_it_out(council, people):
    number = council.passed(LIFT)
    receipt = council.registry.carryOut(number, LIFT, sender=people.eve)
    assert events_of(receipt)[0] == ("CarriedOut", {"proposal": number, "by": people.eve.address})
