import pytest
from scenario import ALICE, BOB, START, events_of, reverts


@pytest.mark.parametrize("generation", [0, 2, 2**32 - 1])
def test_reverts_when_the_generation_is_not_the_next(consents, revoke_all, generation):
    with reverts(
        consents.ConsentRegistry_GenerationDiffers, subject=ALICE.address, generation=generation, expected=1
    ):
        revoke_all(generation)


def test_reverts_when_it_is_repeated(consents, revoke_all):
    revoke_all(1)
    with reverts(consents.ConsentRegistry_GenerationDiffers, subject=ALICE.address, generation=1, expected=2):
        revoke_all(1)


def test_reverts_when_another_patient_signed(consents, domain, people):
    message = {"subject": ALICE.address, "generation": 1}
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("RevocationOfAll", message),
    ):
        consents.revokeAll(
            ALICE.address, 1, 0, BOB.sign(domain, "RevocationOfAll", message), sender=people.relay
        )


def test_moves_the_generation_on(consents, revoke_all):
    receipt = revoke_all(1)
    assert consents.generation(ALICE.address) == 1
    assert consents.generation(BOB.address) == 0
    assert events_of(receipt) == [
        ("PaperEnded", {"subject": ALICE.address}),
        ("AllRevoked", {"subject": ALICE.address, "generation": 1, "appointment": 0}),
    ]
    revoke_all(2)
    assert consents.generation(ALICE.address) == 2


def test_keeps_the_refusals(consents, refuse, revoke_all):
    refuse(0b101)
    revoke_all(1)
    assert consents.refusedPurposes(ALICE.address, (0, 0, bytes(32), 0)) == 0b101


@pytest.mark.parametrize("at", [START + 600, START + 700], ids=["earlier", "in the same second"])
def test_revives_nothing_that_was_recorded_for_the_next_generation(consenting, chain, at):
    """Signed for a generation to come and recorded early: withdrawn with all the others."""
    directive = consenting.directive(generation=1)
    chain.pending_timestamp = at
    consenting.record(directive)
    chain.pending_timestamp = START + 700
    consenting.revoke_all(1)
    found = consenting.standing(directive)
    assert (found.generation, found.generationSince, found.recordedAt) == (1, START + 701, at)
    consenting.revoke_all(2)
    assert consenting.standing(directive).recordedAt < consenting.standing(directive).generationSince


def test_counts_what_is_recorded_after_it_in_the_same_second(consenting, chain):
    directive = consenting.directive(generation=1)
    chain.pending_timestamp = START + 700
    consenting.revoke_all(1)
    chain.pending_timestamp = START + 700
    consenting.record(directive)
    found = consenting.standing(directive)
    assert (found.generation, found.generationSince, found.recordedAt) == (1, 0, START + 700)
