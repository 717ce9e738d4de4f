"""What holds whatever anybody does with votes and custody, numbered as in docs/contracts.md, Invariants."""

from __future__ import annotations

import random
from typing import Any

import pytest
from scenario import (
    ACTIVE,
    ALL,
    BOARD,
    CUSTODIAN,
    HOSPITAL_A,
    HOSPITAL_D,
    REQUESTER,
    STUDIES,
    VOTER,
    VOTES,
    ZERO_ADDRESS,
    plain,
)
from votes import (
    ADMIT,
    CARRIED_OUT,
    CHANGE,
    LIFETIME,
    OPEN,
    RECOVER_ADMIN,
    RECOVERY_NOTICE,
    REINSTATE,
    STOP,
    SUSPEND,
    VETOED,
    Council,
    motion,
)

STEPS = 100
MOST = 8


def look(council: Council) -> dict[str, Any]:
    """Everything that the invariants speak of."""
    registry = council.registry
    numbers = range(1, registry.institutionCount() + 1)
    institutions = {number: council.institution(number) for number in numbers}
    return {
        "institutions": institutions,
        "operators": {number: list(registry.operator(institutions[number]["admin"])) for number in numbers},
        "bits": {number: registry.voterIndex(number) for number in numbers},
        "electorate": registry.electorate(0),
        "proposals": {number: council.proposal(number) for number in range(1, registry.proposalCount() + 1)},
    }


def any_motion(dice: random.Random, accounts: list[Any], institutions: int) -> dict[str, Any]:
    of = dice.randrange(1, institutions + 1)
    particulars = {
        "roles": dice.choice([VOTER, VOTER | REQUESTER, BOARD]),
        "country": b"CH",
        "attributes": dice.randrange(2),
    }
    return dice.choice(
        [
            motion(SUSPEND, institution=of),
            motion(REINSTATE, institution=of),
            motion(CHANGE, institution=of, **particulars),
            motion(RECOVER_ADMIN, institution=of, account=dice.choice(accounts)),
            motion(STOP, duration=dice.randrange(100)),
            *([motion(ADMIT, account=dice.choice(accounts), **particulars)] if institutions < MOST else []),
        ]
    )


def anything(
    council: Council, state: Any, motions: list[Any], accounts: list[Any], dice: random.Random
) -> Any:
    """Something that somebody might send; what is passed is carried out when it can be."""
    registry = council.registry
    opened = [number for number, each in state["proposals"].items() if each["state"] == OPEN]
    number = dice.choice([*opened[-6:], *opened[-6:], len(motions) or 1])
    stored = motions[number - 1] if motions else motion(STOP)
    admins = [each["admin"] for each in state["institutions"].values()]
    other = dice.choice(motions) if motions else stored
    calls = [
        (3, registry.propose, (any_motion(dice, accounts, len(admins)),)),
        (20, registry.vote, (number,)),
        (10, registry.carryOut, (number, dice.choice([stored] * 4 + [other]))),
        (1, registry.veto, (number,)),
        (0.1, registry.suspendSelf, ()),
        (1, registry.setOperator, (dice.choice(accounts), dice.choice([VOTES, STUDIES, 0]))),
    ]
    (at,) = dice.choices(range(len(calls)), [weight for weight, _, _ in calls])
    _, method, arguments = calls[at]
    strangers = [dice.choice(accounts).address]
    return dice.choice(admins * 3 + strangers), method, arguments


def check_institutions(before: Any, after: Any, carried: set[tuple[int, int]]) -> None:
    for number, now in after["institutions"].items():
        # 12: an institution always has its admin, who has all permissions; another one only by a vote.
        assert now["admin"] != ZERO_ADDRESS
        assert after["operators"][number] == [number, ALL]
        was = before["institutions"].get(number)
        if was is None:
            assert (ADMIT, 0) in carried
            continue
        is_recovered = now["admin"] != was["admin"]
        assert is_recovered == ((RECOVER_ADMIN, number) in carried)
        assert now["operatorEpoch"] == was["operatorEpoch"] + is_recovered
        # 14: a bit is one institution's for ever.
        assert before["bits"][number] in (0, after["bits"][number])
    bits = [bit for bit in after["bits"].values() if bit]
    assert sorted(bits) == list(range(1, len(bits) + 1))
    voting = {
        after["bits"][number]
        for number, now in after["institutions"].items()
        if now["status"] == ACTIVE and now["roles"] & VOTER
    }
    assert after["electorate"] == sum(1 << (bit - 1) for bit in voting)


def check_proposals(before: Any, after: Any, time: int) -> set[tuple[int, int]]:
    """What was carried out, as (action, institution)."""
    carried = set()
    for number, now in after["proposals"].items():
        was = before["proposals"].get(number)
        own = after["bits"].get(now["institution"], 0)
        own_bit = 1 << (own - 1) if own else 0
        # 15: a vote stays, and is never that of the one voted on; an end is for good.
        assert not now["votes"] & own_bit
        if was is None:
            assert now["state"] == OPEN
            continue
        assert now["votes"] & was["votes"] == was["votes"]
        assert was["passedAt"] in (0, now["passedAt"])
        assert now["state"] == was["state"] or (
            was["state"] == OPEN and now["state"] in (CARRIED_OUT, VETOED)
        )
        assert now["state"] != VETOED or now["action"] == RECOVER_ADMIN
        # 16: carried out by two thirds of those that voted at the time, after its notice, in its time.
        if now["state"] != was["state"] and now["state"] == CARRIED_OUT:
            electorate = before["electorate"] & ~own_bit
            yes = (was["votes"] & electorate).bit_count()
            assert yes
            assert yes * 3 >= electorate.bit_count() * 2
            notice = RECOVERY_NOTICE if now["action"] == RECOVER_ADMIN else 0
            assert was["passedAt"]
            assert 0 <= time - was["passedAt"] - notice < LIFETIME
            carried.add((now["action"], now["institution"]))
    return carried


@pytest.mark.parametrize("seed", [1, 2])
def test_hold_whatever_is_voted_on(chain, council, people, seed):
    ask = chain.provider.web3.provider.make_request
    dice, accounts = random.Random(seed), [people.eve, people.relay, people.operator]
    motions: list[Any] = []
    state, done = look(council), set()
    ask("anvil_autoImpersonateAccount", [True])
    for _ in range(STEPS):
        sender, method, arguments = anything(council, state, motions, accounts, dice)
        data = "0x" + bytes(method.encode_input(*arguments)).hex()
        transaction = {"from": sender, "to": council.registry.address, "data": data, "gas": hex(1_000_000)}
        ask("evm_increaseTime", [dice.choice([1, 60, 86_400])])
        ask("evm_mine", [])
        if "error" in ask("eth_call", [transaction | {"gasPrice": "0x0"}, "latest"]):
            continue
        receipt = ask("eth_sendTransactionSync", [transaction | {"gasPrice": "0x0"}])["result"]
        if receipt["status"] != "0x1":
            continue
        time = chain.provider.get_block("latest").timestamp
        if method.abis[0].name == "propose":
            motions.append(arguments[0])
        before, state = state, look(council)
        carried = check_proposals(before, state, time)
        check_institutions(before, state, carried)
        done |= {method.abis[0].name} | {action for action, _ in carried}
    ask("anvil_autoImpersonateAccount", [False])
    assert {"propose", "vote", "carryOut"} <= done
    assert len(done & {ADMIT, SUSPEND, REINSTATE, CHANGE, RECOVER_ADMIN, STOP}) >= 3


def test_hold_whatever_is_handed_over(studies, study, people, institutions):
    """4: the number of a study never changes; who holds it only by both sides."""
    dice = random.Random(1)
    admins = dict(zip(range(1, 6), vars(people).values(), strict=False))
    moved = 0
    for _ in range(100):
        was = plain(studies.study(study)) | {"offered": studies.offeredTo(study)}
        who = dice.choice([HOSPITAL_A, HOSPITAL_D, dice.randrange(1, 6)])
        act, arguments = dice.choice(
            [(studies.offerCustody, (dice.choice([0, 1, 4, 4, 1, 2, 9]),)), (studies.acceptCustody, ())]
        )
        data = "0x" + bytes(act.encode_input(study, *arguments)).hex()
        call = {"from": admins[who].address, "to": studies.address, "data": data, "gasPrice": "0x0"}
        ask = studies.provider.web3.provider.make_request
        if "error" not in ask("eth_call", [call, "latest"]):
            ask("eth_sendTransactionSync", [call | {"gas": hex(500_000)}])
        now = plain(studies.study(study)) | {"offered": studies.offeredTo(study)}
        kept = {name for name in was if now[name] == was[name]}
        if "custodian" in kept:
            assert set(was) - kept <= {"offered"}
            continue
        assert set(was) - kept == {"custodian", "formers", "offered"}
        assert (now["custodian"], now["offered"]) == (was["offered"], 0) == (who, 0)
        assert now["formers"] == was["formers"] << 32 | was["custodian"]
        assert institutions.standing(who).roles & CUSTODIAN
        moved += 1
    assert moved == 4
