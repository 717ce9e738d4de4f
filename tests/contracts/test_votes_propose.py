from typing import Any

import pytest
from eth_utils import keccak
from scenario import (
    ALL,
    BOARD,
    CUSTODIAN,
    REQUESTER,
    SUSPENDED,
    VOTER,
    VOTES,
    ZERO32,
    events_of,
    plain,
    reverts,
)
from votes import (
    ADMIT,
    CHANGE,
    LONGEST_STOP,
    OPEN,
    RECOVER_ADMIN,
    REINSTATE,
    REPLACE_ENGINE,
    STOP,
    SUSPEND,
    A,
    B,
    C,
    D,
    E,
    digest_of,
    motion,
)

LIFT = motion(STOP)
GB = {"roles": REQUESTER, "country": b"GB", "attributes": 1}


def code_of(contract: Any) -> bytes:
    return keccak(bytes(contract.provider.get_code(contract.address)))


@pytest.fixture
def rules(people, mocks):
    """A contract that answers to VERSION() as told."""
    return lambda way=0, word=2: people.relay.deploy(mocks.Versioned, way, word)


def refused(council: Any, proposed: dict[str, Any], error: str, **arguments: Any) -> None:
    with reverts(getattr(council.registry, error), **arguments):
        council.propose(proposed)
    assert council.registry.proposalCount() == 0


def test_reverts_when_the_caller_acts_for_nobody(council, people):
    with reverts(
        council.registry.Consortium_NotVoter, account=people.eve.address, institution=0, permissions=0
    ):
        council.registry.propose(LIFT, sender=people.eve)


def test_reverts_when_the_operator_may_not_vote(council, people):
    council.registry.setOperator(people.operator, ALL & ~VOTES, sender=people.hospital_a)
    with reverts(
        council.registry.Consortium_NotVoter,
        account=people.operator.address,
        institution=A,
        permissions=ALL & ~VOTES,
    ):
        council.registry.propose(LIFT, sender=people.operator)


def test_reverts_when_the_institution_is_suspended(council, people):
    council.registry.suspendSelf(sender=people.hospital_a)
    refused(council, LIFT, "InstitutionRegistry_NotActive", institution=A, status=SUSPENDED)


def test_reverts_when_the_institution_does_not_vote(council, people):
    with reverts(council.registry.Consortium_LacksRole, institution=E, roles=BOARD):
        council.registry.propose(LIFT, sender=people.board_e)


def test_reverts_when_there_is_no_action(council):
    refused(council, motion(0), "Consortium_MotionMalformed", action=0)


USED = {
    ADMIT: {"account", "roles", "country", "attributes"},
    SUSPEND: {"institution"},
    REINSTATE: {"institution"},
    CHANGE: {"institution", "roles", "country", "attributes"},
    RECOVER_ADMIN: {"institution", "account"},
    REPLACE_ENGINE: {"account", "codeHash"},
    STOP: {"duration"},
}


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (action, field)
        for action, used in USED.items()
        for field in sorted(
            {"institution", "account", "roles", "country", "attributes", "codeHash", "duration"} - used
        )
    ],
)
def test_reverts_when_a_field_is_set_that_the_action_does_not_use(council, people, rules, action, field):
    """All that it uses is in order, so that it is just this field."""
    engine, subject = rules(), {REINSTATE: D}.get(action, C)
    if action == REINSTATE:
        council.registry.suspendSelf(sender=people.hospital_d)
    good = {
        "institution": subject,
        "account": engine if action == REPLACE_ENGINE else people.eve,
        "roles": VOTER,
        "country": b"GB",
        "attributes": 1,
        "codeHash": code_of(engine),
        "duration": 1,
    }
    right = motion(action, **{name: value for name, value in good.items() if name in USED[action]})
    refused(council, right | {field: good[field]}, "Consortium_MotionMalformed", action=action)
    assert council.propose(right) == 1


@pytest.mark.parametrize("of", [{"action": ADMIT}, {"action": CHANGE, "institution": B}])
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"roles": 16}, "InstitutionRegistry_RolesUnknown"),
        ({"attributes": 2}, "InstitutionRegistry_AttributesUnknown"),
        ({"country": b"gb"}, "InstitutionRegistry_CountryMalformed"),
        ({"country": bytes(2)}, "InstitutionRegistry_CountryMalformed"),
    ],
)
def test_reverts_when_an_institution_can_not_have_these(council, people, of, changed, error):
    account = {"account": people.eve} if of["action"] == ADMIT else {}
    refused(council, motion(**of, **account, **(GB | changed)), error, **changed)


@pytest.mark.parametrize("of", [{"action": ADMIT} | GB, {"action": RECOVER_ADMIN, "institution": B}])
def test_reverts_when_the_account_can_not_be_an_admin(council, people, of):
    council.registry.setOperator(people.operator, VOTES, sender=people.company_c)
    refused(council, motion(**of), "InstitutionRegistry_AccountMissing")
    for account, institution in ((people.hospital_b, B), (people.operator, C), (people.board_e, E)):
        refused(
            council,
            motion(**of, account=account),
            "InstitutionRegistry_AccountTaken",
            account=account.address,
            institution=institution,
        )


@pytest.mark.parametrize(
    "of",
    [
        {"action": SUSPEND},
        {"action": REINSTATE},
        {"action": CHANGE} | GB,
        {"action": RECOVER_ADMIN, "account": "0x" + "11" * 20},
    ],
)
@pytest.mark.parametrize("unknown", [0, 6, 2**32 - 1])
def test_reverts_when_the_institution_is_unknown(council, of, unknown):
    refused(council, motion(**of, institution=unknown), "InstitutionRegistry_Unknown", institution=unknown)


def test_reverts_when_there_is_nothing_to_suspend_or_reinstate(council, people):
    refused(
        council, motion(REINSTATE, institution=B), "InstitutionRegistry_NotSuspended", institution=B, status=1
    )
    council.registry.suspendSelf(sender=people.hospital_b)
    refused(council, motion(SUSPEND, institution=B), "InstitutionRegistry_NotActive", institution=B, status=2)


def test_reverts_when_the_engine_has_no_code_or_other_code(council, people, rules):
    engine, nobody = rules(), people.eve
    for account, said, found in (
        (engine.address, keccak(b"other"), code_of(engine)),
        (engine.address, ZERO32, code_of(engine)),
        (nobody.address, keccak(b""), keccak(b"")),
        ("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE", ZERO32, ZERO32),
    ):
        refused(
            council,
            motion(REPLACE_ENGINE, account=account, codeHash=said),
            "Consortium_CodeDiffers",
            engine=account,
            expected=said,
            found=found,
        )


@pytest.mark.parametrize(
    ("way", "word", "version"),
    [
        (0, 0, 0),
        (0, 1, 1),
        (0, 65_536 + 2, 0),
        (0, 2**256 - 1, 0),
        (1, 2, 0),
        (2, 2, 0),
        (3, 2, 0),
    ],
)
def test_reverts_when_the_engine_is_not_newer(council, rules, way, word, version):
    engine = rules(way, word)
    refused(
        council,
        motion(REPLACE_ENGINE, account=engine, codeHash=code_of(engine)),
        "Consortium_EngineNotNewer",
        engine=engine.address,
        version=version,
        last=1,
    )


@pytest.mark.parametrize(("way", "word"), [(0, 2), (0, 65_535), (4, 2)])
def test_takes_an_engine_that_is_newer(council, rules, way, word):
    engine = rules(way, word)
    assert council.propose(motion(REPLACE_ENGINE, account=engine, codeHash=code_of(engine))) == 1


def test_reverts_when_a_stop_is_too_long(council):
    refused(
        council,
        motion(STOP, duration=LONGEST_STOP + 1),
        "Consortium_StopTooLong",
        duration=LONGEST_STOP + 1,
        longest=LONGEST_STOP,
    )
    assert council.propose(motion(STOP, duration=LONGEST_STOP)) == 1


def test_opens_a_proposal_with_the_vote_of_the_proposer(council, people):
    proposed = motion(CHANGE, institution=D, roles=CUSTODIAN, country=b"FR", attributes=1)
    council.registry.setOperator(people.operator, VOTES, sender=people.hospital_b)
    council.later(10)
    receipt = council.registry.propose(proposed, sender=people.operator)
    assert council.proposal(1) == {
        "motion": digest_of(proposed),
        "action": CHANGE,
        "state": OPEN,
        "proposer": B,
        "institution": D,
        "proposedAt": council.time,
        "passedAt": 0,
        "votes": 1 << (council.registry.voterIndex(B) - 1),
    }
    assert events_of(receipt) == [
        (
            "Proposed",
            {"proposal": 1, "proposer": B, "institution": D, "motion": list(plain(proposed).values())},
        ),
        ("Voted", {"proposal": 1, "institution": B}),
    ]
    assert council.propose(proposed) == 2


def test_counts_no_vote_on_oneself(council, people):
    receipt = council.registry.propose(motion(SUSPEND, institution=A), sender=people.hospital_a)
    assert council.proposal(1)["votes"] == 0
    assert [name for name, _ in events_of(receipt)] == ["Proposed"]


def test_passes_at_once_when_the_vote_of_the_proposer_is_two_thirds(found_council, people):
    council = found_council(VOTER, BOARD)
    council.later(10)
    receipt = council.registry.propose(LIFT, sender=people.hospital_a)
    assert council.proposal(1)["passedAt"] == council.time
    assert events_of(receipt)[-1] == ("Passed", {"proposal": 1})
