import pytest
from consenting import GRANT, OWN_KEY, RECOVER, SUCCESSOR, chain_of, unsigned
from scenario import (
    ALICE,
    BOB,
    DAY,
    GUARDIAN,
    NEW_KEY,
    REASON,
    SAFE,
    START,
    STRANGER,
    ZERO_ADDRESS,
    digest,
    events_of,
    reverts,
)

READY = START + 500 + 7 * DAY

SIGNINGS = {
    "record": lambda acts, **by: acts.record(acts.directive(generation=1), **by),
    "revoke": lambda acts, **by: acts.revoke(digest("in a drawer"), **by),
    "revokeAll": lambda acts, **by: acts.revoke_all(2, **by),
    "refuse": lambda acts, **by: acts.refuse(1, **by),
    "appoint": lambda acts, **by: acts.appoint(number=2, **by),
    "dismiss": lambda acts, **by: acts.dismiss(1, **by),
    "nameRecovery": lambda acts, **by: acts.name(sequence=2, **by),
}


@pytest.fixture(autouse=True)
def _started(consenting, chain) -> None:
    consenting.appoint(powers=GRANT | RECOVER)
    consenting.name()
    chain.pending_timestamp = START + 500
    consenting.start(NEW_KEY.address)


@pytest.fixture
def finished(consenting, chain):
    chain.pending_timestamp = READY
    return consenting.finish()


def test_reverts_when_none_is_under_way(consents, people):
    with reverts(consents.ConsentRegistry_RecoveryMissing, subject=BOB.address):
        consents.finishRecovery(BOB.address, sender=people.eve)


@pytest.mark.parametrize("time", [START + 501, READY - 1])
def test_reverts_before_the_delay_is_over(consents, consenting, chain, time):
    chain.pending_timestamp = time
    with reverts(consents.ConsentRegistry_RecoveryTooEarly, subject=ALICE.address, attempt=1, readyAt=READY):
        consenting.finish()


def test_reverts_when_it_is_repeated(consents, consenting, finished):
    with reverts(consents.ConsentRegistry_RecoveryMissing, subject=ALICE.address):
        consenting.finish()


def test_gives_the_subject_the_candidates_key(consents, consenting, finished):
    assert consents.keyOf(ALICE.address) == NEW_KEY.address
    assert consents.keyOf(BOB.address) == BOB.address
    assert consents.generation(ALICE.address) == 1
    assert consenting.flags() == OWN_KEY | SUCCESSOR
    found = consents.recoveryOf(ALICE.address)
    assert tuple(found) == (SAFE.address, 1, ZERO_ADDRESS, 0, 1)
    assert events_of(finished) == [
        (
            "KeyReplaced",
            {"subject": ALICE.address, "from": ALICE.address, "to": NEW_KEY.address, "generation": 1},
        )
    ]


@pytest.mark.parametrize("sign", SIGNINGS.values(), ids=SIGNINGS)
def test_believes_the_new_key_and_not_the_old(consents, consenting, finished, sign):
    with unsigned(consents, NEW_KEY):
        sign(consenting, signer=ALICE)
    sign(consenting, signer=NEW_KEY)


def test_stops_the_next_recovery_by_the_new_key_only(consents, consenting, finished):
    consenting.start(STRANGER.address, 2)
    with unsigned(consents, NEW_KEY):
        consenting.stop(2, signer=ALICE)
    consenting.stop(2, signer=NEW_KEY)


def test_ends_what_was_allowed_before(consenting, directive, finished):
    found = consenting.standing(directive)
    assert found.generation == 1
    assert found.recordedAt < found.generationSince


def test_revives_nothing_that_the_old_key_recorded_for_the_next_generation(chain, consents, consenting):
    """A thief records the next generation's directive early, and finishes the recovery in the same second."""
    early, at_once = consenting.directive("early", generation=1), consenting.directive("now", generation=1)
    consenting.record(early)
    chain.pending_timestamp = READY
    consenting.record(at_once)
    chain.pending_timestamp = READY
    consenting.finish()
    for directive in (early, at_once):
        found = consenting.standing(directive)
        assert found.recordedAt < found.generationSince
    assert consents.commitment(ALICE.address, consenting.hash(at_once)).recordedAt == READY


def test_counts_what_the_new_key_records_in_the_same_second(chain, consenting):
    chain.pending_timestamp = READY
    consenting.finish()
    directive = consenting.directive(generation=1)
    chain.pending_timestamp = READY
    consenting.record(directive, signer=NEW_KEY)
    found = consenting.standing(directive)
    assert (found.recordedAt, found.generationSince) == (READY, 0)


@pytest.mark.parametrize("when", ["before", "in the same second", "after"])
def test_believes_no_batch_that_the_old_key_signed(chain, consenting, when):
    """Anchored before, or in that second, it is of a generation before; in any case another key signed."""
    directive = consenting.directive("in a batch", generation=1)
    root, path = chain_of(consenting.leaf(directive), 2)
    if when == "before":
        consenting.anchor(root)
    if when == "in the same second":
        chain.pending_timestamp = READY
        consenting.anchor(root)
    chain.pending_timestamp = READY
    consenting.finish()
    if when == "after":
        chain.pending_timestamp = READY + 1
        consenting.anchor(root)
    of_old, of_new = (
        consenting.standing(directive, consenting.evidence(directive, path, root, signer=signer))
        for signer in (ALICE, NEW_KEY)
    )
    assert of_old.flaw == REASON.EVIDENCE_INVALID
    assert of_new.flaw == 0
    assert (of_new.recordedAt >= of_new.generationSince) is (when == "after")


def test_keeps_guardians_and_refusals(consents, consenting, chain):
    consenting.refuse(0b101)
    chain.pending_timestamp = READY
    consenting.finish()
    assert consenting.refused() == 0b101
    directive = consenting.directive(generation=1)
    consenting.record(directive, signer=GUARDIAN, appointment=1)
    assert consenting.standing(directive).flaw == 0


def test_moves_on_and_back_to_an_old_key(consents, consenting, chain, finished):
    consenting.start(ALICE.address, 2)
    chain.pending_timestamp = consents.recoveryOf(ALICE.address).readyAt
    consenting.finish()
    assert consents.keyOf(ALICE.address) == ALICE.address
    assert consents.generation(ALICE.address) == 2
    consenting.revoke(digest("in a drawer"))


def test_gives_the_key_to_a_wallet_contract(consents, consenting, mocks, people, chain):
    wallet = people.relay.deploy(mocks.Wallet, 0, STRANGER.address)
    consenting.stop()
    consenting.start(wallet.address, 2)
    chain.pending_timestamp = consents.recoveryOf(ALICE.address).readyAt
    consenting.finish()
    directive = consenting.directive(generation=1)
    consenting.record(directive, signer=STRANGER)
    assert consenting.standing(directive).kind == 1
