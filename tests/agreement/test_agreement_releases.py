"""A release is decided again: contract and model agree on what happened since, and on what is named."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement

import pytest
from agreement_cases import (
    CUSTODIAN,
    DAY,
    Chance,
    Draft,
    Setting,
    modifier,
    permitted,
)
from agreement_chain import Reverted, error
from agreement_world import KEY_DIGEST

from pixelpact.policy import MONTH, ModifierCode, Reason, decide_release

WORLDS = 4
CASES = 750  # in each world
LIFETIME = 86_400


@dataclass
class Release:
    """What a release names, as seen when the request was permitted; changed to be wrong."""

    setting: Setting
    draft: Draft
    nonce: int
    epoch: int
    key: int
    digest: bytes = KEY_DIGEST

    @property
    def named(self) -> tuple[int, int, bytes]:
        """The epoch, the key's version and its digest."""
        return self.epoch, self.key, self.digest

    def answer(self) -> Reason:
        """Release now; contract and model agree, and the log says what was released."""
        world, draft = self.setting.world, self.draft
        query, directive, requester = draft.query, draft.directive, draft.requester
        facts = world.facts(requester, query, directive)
        known = world.release_facts(self.nonce, requester, self.named)
        expected = decide_release(facts, known, query, directive).reason
        answered = world.release(self.nonce, requester, query, directive, self.named)
        assert answered.reason == expected, (draft, self)
        if expected == Reason.PERMITTED:
            assert answered.topics[2:] == (query.study, requester.to_bytes(32))
            words = [int.from_bytes(answered.data[at : at + 32]) for at in range(0, 128, 32)]
            assert words[:2] == [facts.study.custodian, facts.study.epoch]
            assert words[3] == facts.requester.key_version
        return expected


def requested(setting: Setting, draft: Draft) -> Release | None:
    """Let the case happen and ask; None when it is denied."""
    draft.play(setting)
    world = setting.world
    nonce, answered = world.request(draft.requester, draft.query, draft.directive, world.ledger)
    if answered.reason != Reason.PERMITTED:
        return None
    epoch = world.known.studies[draft.query.study].epoch
    return Release(setting, draft, nonce, epoch, world.known.institutions[draft.requester].key_version)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(seed=1)


Happening = Callable[[Release], None]


def _to(reach: Callable[[Release], int]) -> Happening:
    def happen(release: Release) -> None:
        chain = release.setting.world.chain
        chain.time = max(chain.time, reach(release))

    return happen


def _rotate(release: Release) -> None:
    release.setting.world.rotate(release.draft.query.study)


def _publish(release: Release) -> None:
    release.setting.world.publish_key(release.draft.requester)


def _mistake_the_key(release: Release) -> None:
    release.digest = b"\x0d" * 32


def _withdraw(release: Release) -> None:
    release.setting.world.withdraw(release.draft.query.study)


def _erase(release: Release) -> None:
    release.setting.world.erase(release.draft.query.study)


def _suspend_requester(release: Release) -> None:
    release.setting.world.suspend(release.draft.requester)


def _suspend_custodian(release: Release) -> None:
    world = release.setting.world
    world.suspend(world.known.studies[release.draft.query.study].custodian)


def _refuse(release: Release) -> None:
    owner = release.setting.owner(release.draft.query.study)
    release.setting.world.refuse(owner, 1 << release.draft.query.purpose, "grantee", release.draft.requester)


def _revoke(release: Release) -> None:
    owner = release.setting.owner(release.draft.query.study)
    release.setting.world.revoke(owner, release.draft.directive)


def _revoke_all(release: Release) -> None:
    release.setting.world.revoke_all(release.setting.owner(release.draft.query.study))


def _months(release: Release) -> int:
    """The months of TS, where they end within what a time can say."""
    values = [one.value for one in release.draft.directive.modifiers if one.code == ModifierCode.TS]
    return min((int.from_bytes(value) for value in values), default=0) % 2**16


#: What may happen between request and release, in the order in which it decides.
SINCE: tuple[tuple[Reason, Happening], ...] = (
    (Reason.STUDY_WITHDRAWN, _withdraw),
    (Reason.STUDY_ERASED, _erase),
    (Reason.REQUESTER_NOT_ACTIVE, _suspend_requester),
    (Reason.CUSTODIAN_NOT_ACTIVE, _suspend_custodian),
    (Reason.REFUSED_BY_PATIENT, _refuse),
    (Reason.DIRECTIVE_REVOKED, _revoke),
    (Reason.GENERATION_PAST, _revoke_all),
    (Reason.EXPIRED, _to(lambda release: release.draft.directive.expiry)),
    (Reason.MODIFIER_TIME, _to(lambda release: (release.draft.recorded_at or 0) + _months(release) * MONTH)),
    (Reason.EPOCH_PAST, _rotate),
    (Reason.KEY_VERSION_PAST, _publish),
    (Reason.KEY_DIFFERS, _mistake_the_key),
    (Reason.REQUEST_EXPIRED, _to(lambda release: release.draft.time + LIFETIME)),
)
#: An erased study is not sealed anew, and a suspended institution does nothing.
FIRST, LAST = {_rotate, _publish, _withdraw}, {_suspend_requester, _suspend_custodian}


def let(happenings: list[Happening], release: Release) -> None:
    """Let things happen, in an order in which they can."""
    for happening in sorted(happenings, key=lambda one: (one not in FIRST, one in LAST)):
        happening(release)


def long_lived(setting: Setting) -> Draft:
    """A permitted case whose directive ends with its months: later than its request, sooner than its term."""
    draft = permitted(setting)
    draft.qualify(modifier(ModifierCode.TS, 2))
    return draft


#: A key that is of no version now is not compared.
NEVER = {(0, 1), (10, 11)}
PAIRS = [pair for pair in combinations_with_replacement(range(len(SINCE)), 2) if pair not in NEVER]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_each_pair_that_happens_since_the_first_decides(setting: Setting, first: int, second: int) -> None:
    with setting.world.undone():
        release = requested(setting, long_lived(setting))
        assert release is not None
        let(list(dict.fromkeys([SINCE[first][1], SINCE[second][1]])), release)
        assert release.answer() == SINCE[first][0]


def test_the_table_has_what_can_happen_since_a_request() -> None:
    named = [reason for reason, _ in SINCE]
    # A request is too old only when it could be served otherwise.
    assert named[:-1] == sorted(named[:-1])
    assert named[-1] == Reason.REQUEST_EXPIRED
    # The rest is fixed by the query and the directive, or is what tests of random operations change.
    assert {reason for reason in Reason if reason >= 300} <= set(named)


@pytest.mark.parametrize(
    ("late", "reason"), [(LIFETIME - 1, Reason.PERMITTED), (LIFETIME, Reason.REQUEST_EXPIRED)]
)
def test_a_request_lives_a_day(setting: Setting, late: int, reason: Reason) -> None:
    with setting.world.undone():
        release = requested(setting, permitted(setting))
        assert release is not None
        setting.world.chain.time += late
        assert release.answer() == reason


def test_a_served_request_is_served_again_in_a_later_epoch(setting: Setting) -> None:
    with setting.world.undone():
        release = requested(setting, permitted(setting))
        assert release is not None
        assert release.answer() == Reason.PERMITTED
        setting.world.chain.time += 9 * DAY
        with pytest.raises(Reverted) as again:  # not a decision: once in each epoch
            release.answer()
        assert again.value.data[:4] == error("AccessLedger", "AccessLedger_AlreadyReleased")[0]
        _rotate(release)
        assert release.answer() == Reason.EPOCH_PAST
        release.epoch += 1
        assert release.answer() == Reason.PERMITTED


@pytest.mark.parametrize("named", [0, 1])
def test_without_a_key_nothing_is_released(setting: Setting, named: int) -> None:
    with setting.world.undone():
        draft = permitted(setting)
        draft.requester = CUSTODIAN
        draft.cite(grantee=CUSTODIAN)
        release = requested(setting, draft)
        assert release is not None
        release.key = named
        assert release.answer() == Reason.KEY_VERSION_PAST


def test_random_releases() -> None:
    met: Counter[Reason] = Counter()
    for number in range(WORLDS):
        setting, rng = Setting(50 + number), random.Random(number)
        chance = Chance(setting, 2_000 + number)
        for _ in range(CASES):
            with setting.world.undone():
                draft = chance.plain()
                if rng.random() < 0.2:
                    draft.qualify(modifier(ModifierCode.TS, 14))
                release = requested(setting, draft)
                assert release is not None
                met.update(_released(release, rng))
    assert met[Reason.PERMITTED] >= 500
    assert not {reason: met[reason] for reason, _ in SINCE if met[reason] < 25}


def _released(release: Release, rng: random.Random) -> list[Reason]:
    """Let things happen, release, and when that went well once more some time later."""
    answers: list[Reason] = []
    for _ in range(2):
        since = rng.sample([happening for _, happening in SINCE], rng.choices([0, 1, 2], [30, 60, 10])[0])
        let(since, release)
        release.setting.world.chain.time += rng.choice(
            [0, 0, 1, LIFETIME - 1, LIFETIME, rng.randrange(MONTH)]
        )
        world, query = release.setting.world, release.draft.query
        if rng.random() < 0.7:
            release.epoch = world.known.studies[query.study].epoch + rng.choice([0] * 8 + [-1, 1])
            version = world.known.institutions[release.draft.requester].key_version
            release.key = version + rng.choice([0] * 8 + [-1, 1])
        answers.append(release.answer())
        if answers[-1] != Reason.PERMITTED:
            break
        _rotate(release)
    return answers
