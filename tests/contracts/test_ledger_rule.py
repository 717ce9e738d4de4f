"""What the consortium can change of decisions: which engine narrows them, and a stop. Both can only deny."""

from typing import Any

import pytest
from eth_utils import keccak
from scenario import (
    CT,
    HOSPITAL_B,
    HOSPITAL_D,
    PERMITTED,
    PURPOSE,
    REASON,
    REPLACE_ENGINE,
    STOP,
    TERMS,
    cited,
    events_of,
    query_of,
    reverts,
)

WORD, REVERTING, BURNING, HUNGRY, LONG, SHORT, VANISHING = range(7)
NOTICE = TERMS["engineNotice"]


@pytest.fixture
def replace_engine(chain, carry, institutions):
    """Two members vote for an engine, and it starts when the notice is over."""

    def replace_engine_(engine: Any) -> Any:
        code = chain.provider.get_code(engine.address)
        return carry(NOTICE, action=REPLACE_ENGINE, account=engine.address, codeHash=keccak(code))

    return replace_engine_


@pytest.fixture
def second(mocks, people):
    """An engine of version 2 that answers as it is told."""
    return people.relay.deploy(mocks.Engine, 2)


@pytest.fixture
def replaced(replace_engine, second, people):
    """It was voted for, and is in force."""
    replace_engine(second)
    return second


def test_asks_the_first_engine_until_it_is_replaced(ledger, engine, institutions):
    assert list(institutions.rule()) == ["0x" + "0" * 40, 0, 0]
    assert ledger.engine() == ledger.firstEngine() == engine


def test_asks_the_new_engine_only(ledger, engine, replaced, query, directive, people, person):
    assert (ledger.engine(), ledger.firstEngine()) == (replaced.address, engine.address)
    for word in (0, 240, 299):
        replaced.set(WORD, word, sender=people.eve)
        assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == word
    receipt = ledger.request(3, query, *cited(directive), person, sender=people.hospital_b)
    event = events_of(receipt)[0][1]
    assert (event["reason"], event["engineVersion"]) == (299, 2)


def test_releases_nothing_that_the_new_engine_denies(ledger, replaced, release, people, request_id, chain):
    """Permitted under the old rules, and not served before the new ones came: asked under them."""
    replaced.set(WORD, 240, sender=people.eve)
    with reverts(ledger.AccessLedger_Denied, request=request_id, reason=240):
        release()


def test_says_which_engine_permitted_a_release(
    ledger, release, replace_engine, second, studies, study, people
):
    release()
    studies.rotate(study, 1, b"\1" * 32, sender=people.hospital_a)
    replace_engine(second)
    assert events_of(release(epoch=2))[0][1]["engineVersion"] == 2


def test_permits_nothing_that_the_floor_denies(ledger, replaced, query, directive, study, people, refuse):
    """An engine that permits everything gives nobody an image."""
    replaced.set(WORD, 0, sender=people.eve)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.PERMITTED
    assert ledger.decide(HOSPITAL_D, query, *cited(directive)) == REASON.GRANTEE_DIFFERS
    assert ledger.decide(HOSPITAL_B, query | {"purpose": PURPOSE.HMARKT}, *cited(directive)) == (
        REASON.PURPOSE_NOT_GRANTED
    )
    refuse(1 << PURPOSE.TREAT)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.REFUSED_BY_PATIENT
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.REFUSED_BY_PATIENT


@pytest.mark.parametrize(
    ("way", "word"),
    [(REVERTING, 0), (BURNING, 0), (LONG, 0), (SHORT, 0), (WORD, 300), (WORD, 199), (WORD, 2**255)],
)
def test_denies_when_the_new_engine_is_no_good(ledger, replaced, query, directive, people, person, way, word):
    replaced.set(way, word, sender=people.eve)
    receipt = ledger.request(3, query, *cited(directive), person, sender=people.hospital_b)
    event = events_of(receipt)[0][1]
    assert (event["reason"], event["engineVersion"]) == (REASON.ENGINE_FAILED, 2)


def test_denies_when_the_new_engine_is_gone(ledger, replaced, query, directive, people, study):
    """Emergencies go on: they ask no engine."""
    replaced.vanish(sender=people.eve)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.ENGINE_FAILED
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.PERMITTED


def test_goes_back_by_another_vote_under_a_new_version(
    project, ledger, replaced, replace_engine, institutions, projects, query, directive, people
):
    replaced.set(REVERTING, 0, sender=people.eve)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.ENGINE_FAILED
    replace_engine(people.relay.deploy(project.PolicyEngine, institutions, projects, 3))
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.PERMITTED


def test_asks_the_old_engine_while_the_notice_runs(
    chain, ledger, institutions, engine, second, people, query, directive
):
    """Patients can withdraw meanwhile."""
    second.set(WORD, 240, sender=people.eve)
    motion = {
        "action": REPLACE_ENGINE,
        "institution": 0,
        "account": second.address,
        "roles": 0,
        "country": b"\0\0",
        "attributes": 0,
        "codeHash": keccak(chain.provider.get_code(second.address)),
        "duration": 0,
    }
    number = institutions.propose(motion, sender=people.hospital_a).return_value
    institutions.vote(number, sender=people.hospital_b)
    passed = institutions.proposal(number).passedAt
    chain.pending_timestamp = passed + NOTICE - 1
    with reverts(institutions.Consortium_TooEarly, proposal=number, earliest=passed + NOTICE):
        institutions.carryOut(number, motion, sender=people.relay)
    assert ledger.engine() == engine
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.PERMITTED


def test_denies_everything_while_it_is_stopped(
    ledger, carry, release, query, directive, people, person, study, request_id, open_record
):
    """What was permitted before too."""
    carry(action=STOP, duration=600)
    receipt = ledger.request(3, query, *cited(directive), person, sender=people.hospital_b)
    assert events_of(receipt)[0][1]["reason"] == REASON.SHARING_STOPPED
    assert open_record().return_value.reason == REASON.SHARING_STOPPED
    with reverts(ledger.AccessLedger_Denied, request=request_id, reason=REASON.SHARING_STOPPED):
        release()
    assert ledger.requestOf(request_id).status == PERMITTED


def test_hinders_nothing_that_denies(
    ledger, released, carry, refuse, revoke, directive_hash, query, people, person
):
    carry(action=STOP, duration=600)
    refuse(1 << PURPOSE.HMARKT)
    revoke(directive_hash)
    ledger.confirm(1, query, directive_hash, 1, person, sender=people.hospital_b)
    ledger.dispute(1, query, directive_hash, 1, 3, person, sender=people.hospital_b)
    ledger.refuse(1, query, directive_hash, HOSPITAL_B, 400, person, sender=people.hospital_a)


def test_says_that_the_study_is_gone_before_that_all_is_stopped(
    ledger, carry, studies, study, people, directive
):
    carry(action=STOP, duration=600)
    studies.withdraw(study, sender=people.hospital_a)
    assert ledger.decide(99, query_of(study), *cited(directive)) == REASON.STUDY_WITHDRAWN
    studies.reinstate(study, sender=people.hospital_a)
    assert ledger.decide(99, query_of(study), *cited(directive)) == REASON.SHARING_STOPPED


@pytest.mark.parametrize(
    ("after", "expected"),
    [(-1, REASON.SHARING_STOPPED), (0, REASON.PERMITTED), (1, REASON.PERMITTED)],
)
def test_ends_by_itself(chain, ledger, institutions, carry, query, directive, after, expected):
    carry(action=STOP, duration=600)
    chain.mine(timestamp=institutions.rule().stoppedUntil + after)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == expected


def test_goes_on_once_the_stop_is_lifted(ledger, carry, query, directive):
    carry(action=STOP, duration=600)
    carry(action=STOP, duration=0)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.PERMITTED
