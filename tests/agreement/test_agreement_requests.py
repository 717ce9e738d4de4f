"""The contracts and the reference model answer alike: each fault alone, each pair, and many at random.

Both ways to ask the contracts are compared with the model: `AccessLedger.decide`, and the reason that
`AccessLedger.request` returns, records in its log and keeps.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from agreement_cases import FAILING, FAULTS, STRANGER, Chance, Draft, Setting, permitted
from agreement_world import directive_hash, query_tuple

from pixelpact.policy import Check, Reason, decide
from pixelpact.policy.checks import CHECKS, Case

WORLDS = 8
CASES = 1_750  # in each world

#: Pairs of reasons that can't be true at once, or of which the page names the first alone.
NEVER_TOGETHER = {
    # A study has one status; one that is not registered has no subject, so no refusals, consents or images.
    *((1, other) for other in (2, 3, 30, 44, 49, 43, 45, 46, 47, 48, 52, 80)),
    (2, 3),
    # Who lacks the requester role never held it, so not since a time after the recording; the one that does
    # so here is the ethics board.
    (11, 71),
    (11, 234),
    # Who lacks the custodian role records nothing on paper.
    (21, 48),
    (21, 52),
    # Without a directive nothing can be wrong with it.
    (22, 40),
    *((40, other) for other in (41, 42, 44, 49, 43, 45, 46, 47, 48, 50, 51, 52, 60, 70, 71, 81, 91)),
    *((40, other) for other in (201, 210, 211, 212, 213, *range(216, 229), 240)),
    # What is kept under this subject is not asked for a consent of another; revoked is said before recorded,
    # and what was not recorded has no other flaw.
    *((42, other) for other in (44, 43, 46, 47, 48, 49)),
    *((44, other) for other in (43, 49)),
    *((43, other) for other in (46, 47, 48, 52)),
    *((49, other) for other in (43, 46, 47, 48, 52)),
    # A consent was given in one way: by a guardian, who has one flaw, or on paper.
    *combinations((46, 47, 48), 2),
    (46, 52),
    (47, 52),
    # A term that begins after it ends is malformed; a directive has one kind of grantee, a query one purpose;
    # what was recorded when the consortium began is not new on paper.
    (50, 51),
    (52, 71),
    (70, 71),
    (90, 91),
    *((90, other) for other in (210, 212, 213, 227)),
    *combinations((210, 211, 212, 213), 2),
    # A query cites one project or none: one that serves, one that is unfit for every condition, or one in
    # each state.
    *((212, other) for other in (216, 217, 218, 225, 226, 227, 228)),
    *((219, other) for other in (217, 218, 226, 227, 228)),
    *((other, 219) for other in (213, 216, 217, 226, 227, 228)),
    *((needing, state) for needing in (212, 219) for state in range(230, 236)),
    *(pair for pair in combinations(range(230, 236), 2) if pair not in {(233, 234), (234, 235)}),
    (213, 217),
    (213, 227),
    (227, 230),
    # Of NPUNCU for one that is for profit the first half is said.
    (216, 224),
}


def answer(setting: Setting, draft: Draft) -> tuple[Reason, set[Reason]]:
    """Let a case happen, compare all answers, undo it; the answer, and every reason that the model finds."""
    world = setting.world
    with world.undone():
        draft.play(setting)
        directive, query, requester = draft.directive, draft.query, draft.requester
        facts = replace(world.facts(requester, query, directive), engine_answers=not draft.engine)
        expected = decide(facts, query, directive).reason
        ledger = setting.failing[draft.engine] if draft.engine else world.ledger

        assert world.decide(requester, query, directive, ledger) == expected, draft
        if requester != STRANGER:  # nobody acts for a stranger
            _, answered = world.request(requester, query, directive, ledger)
            assert answered.reason == expected, draft
            assert answered.topics[2:] == (query.study, requester.to_bytes(32))

        case = Case.of(facts, query, directive)
        return expected, {reason for check in CHECKS.values() for reason in check(case)}


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(seed=0)


def test_the_plain_case_is_permitted(setting: Setting) -> None:
    assert answer(setting, permitted(setting)) == (Reason.PERMITTED, set())


@pytest.mark.parametrize("place", range(len(FAULTS)))
def test_each_fault_alone(setting: Setting, place: int) -> None:
    reason, change = FAULTS[place]
    draft = permitted(setting)
    change(setting, draft)
    found, _ = answer(setting, draft)
    assert found == reason
    assert not draft.refused_steps


def test_the_table_has_every_reason_of_a_request_in_its_order() -> None:
    reasons = [reason for reason, _ in FAULTS]
    assert set(reasons) == {reason for reason in Reason if 0 < reason < 300}
    places = [list(Check).index(reason.check) for reason in reasons]
    assert places == sorted(places)


def test_of_each_pair_of_faults_the_first_decides(setting: Setting) -> None:
    """A pair is met when the model finds both, and nothing that comes before them."""
    met, wanted = set(), set()
    for first, second in combinations(range(len(FAULTS)), 2):
        pair = (FAULTS[first][0], FAULTS[second][0])
        before = {reason for reason, _ in FAULTS[:first]} - set(pair)
        if pair[0] != pair[1]:
            wanted.add(pair)
        for order in ((first, second), (second, first)):
            draft = permitted(setting)
            for place in order:
                FAULTS[place][1](setting, draft)
            found, reasons = answer(setting, draft)
            if reasons >= set(pair) and not reasons & before:
                assert found == pair[0], draft
                met.add(pair)
    assert {(int(a), int(b)) for a, b in wanted - met} == NEVER_TOGETHER


@pytest.mark.parametrize("engine", FAILING)
def test_an_engine_that_fails_denies(setting: Setting, engine: str) -> None:
    draft = permitted(setting)
    draft.engine = engine
    assert answer(setting, draft)[0] == Reason.ENGINE_FAILED


def test_random_cases(setting: Setting) -> None:
    """Every reason must come up often enough, or the comparison would say little about it."""
    met: Counter[Reason] = Counter()
    for number in range(WORLDS):
        world = Setting(number) if number else setting
        chance = Chance(world, 1_000 + number)
        for _ in range(CASES):
            met[answer(world, chance.draft())[0]] += 1
    assert met.total() >= 14_000
    assert met[Reason.PERMITTED] >= 2_000
    rare = {reason: met[reason] for reason in Reason if reason < 300 and met[reason] < 20}
    assert not rare


def test_the_ledger_keeps_a_request_under_its_number(setting: Setting) -> None:
    world, draft = setting.world, permitted(setting)
    with world.undone():
        draft.play(setting)
        for requester, status in ((draft.requester, 1), (draft.requester + 1, 2)):
            nonce, answered = world.request(requester, draft.query, draft.directive, world.ledger)
            identity = (requester, nonce, query_tuple(draft.query), directive_hash(draft.directive))
            (request,) = world.chain.call(world.ledger, "requestId", *identity)
            (kept,) = world.chain.call(world.ledger, "requestOf", request)
            assert answered.topics[1] == request
            assert kept[:4] == (status, requester, 1, draft.time)
