import pytest
from consenting import unsigned
from scenario import ALICE, DAY, GUARDIAN, NEW_KEY, SAFE, START, STRANGER, ZERO_ADDRESS, events_of, reverts


@pytest.fixture(autouse=True)
def _started(consenting, chain) -> None:
    consenting.name()
    chain.pending_timestamp = START + 500
    consenting.start(NEW_KEY.address)


def test_reverts_when_none_is_under_way(consents, consenting):
    consenting.stop()
    with reverts(consents.ConsentRegistry_RecoveryMissing, subject=ALICE.address):
        consenting.stop()


@pytest.mark.parametrize("attempt", [0, 2])
def test_reverts_for_another_attempt(consents, consenting, attempt):
    with reverts(consents.ConsentRegistry_AttemptDiffers, subject=ALICE.address, attempt=attempt, expected=1):
        consenting.stop(attempt)


@pytest.mark.parametrize("signer", [SAFE, NEW_KEY, GUARDIAN, STRANGER])
def test_reverts_when_another_signed(consents, consenting, signer):
    consenting.appoint(powers=3)
    with unsigned(consents, ALICE):
        consenting.stop(signer=signer)


@pytest.mark.parametrize("after", [1, 7 * DAY, 30 * DAY])
def test_stops_it_until_it_is_finished(consents, consenting, chain, after):
    chain.pending_timestamp = START + 500 + after
    receipt = consenting.stop()
    found = consents.recoveryOf(ALICE.address)
    assert (found.candidate, found.readyAt, found.attempt) == (ZERO_ADDRESS, 0, 1)
    assert events_of(receipt) == [("RecoveryStopped", {"subject": ALICE.address, "attempt": 1})]
    with reverts(consents.ConsentRegistry_RecoveryMissing, subject=ALICE.address):
        consenting.finish()


def test_stops_each_attempt_anew(consents, consenting):
    """What stopped one stops no other: each signature is for an attempt."""
    consenting.stop()
    consenting.start(NEW_KEY.address, 2)
    with reverts(consents.ConsentRegistry_AttemptDiffers, subject=ALICE.address, attempt=1, expected=2):
        consenting.stop(1)
    consenting.stop(2)
