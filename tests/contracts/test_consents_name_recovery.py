import pytest
from consenting import OWN_KEY, unsigned
from scenario import ALICE, BOB, GUARDIAN, SAFE, STRANGER, ZERO_ADDRESS, events_of, reverts


@pytest.mark.parametrize("sequence", [0, 4, 5])
def test_reverts_when_the_sequence_is_not_greater(consents, consenting, sequence):
    consenting.name(sequence=5)
    with reverts(consents.ConsentRegistry_SequencePast, subject=ALICE.address, sequence=sequence, stored=5):
        consenting.name(STRANGER, sequence=sequence)


@pytest.mark.parametrize("signer", [BOB, GUARDIAN, SAFE], ids=["a patient", "a guardian", "itself"])
def test_reverts_when_another_signed(consents, consenting, signer):
    consenting.appoint(powers=3)
    with unsigned(consents, ALICE):
        consenting.name(signer=signer)


@pytest.mark.parametrize(("account", "sequence"), [(STRANGER, 1), (SAFE, 2)])
def test_reverts_when_something_else_was_signed(consents, consenting, domain, people, account, sequence):
    message = {"subject": ALICE.address, "account": SAFE.address, "sequence": 1}
    signature = ALICE.sign(domain, "Recoverer", message)
    with unsigned(consents, ALICE):
        consents.nameRecovery(ALICE.address, account.address, sequence, signature, sender=people.relay)


def test_names_the_account_in_place_of_the_one_before(consents, consenting):
    receipt = consenting.name(SAFE, sequence=3)
    found = consents.recoveryOf(ALICE.address)
    assert (found.named, found.sequence, found.candidate, found.attempt) == (SAFE.address, 3, ZERO_ADDRESS, 0)
    assert consenting.flags() == OWN_KEY
    assert events_of(receipt) == [
        ("PaperEnded", {"subject": ALICE.address}),
        ("RecoveryNamed", {"subject": ALICE.address, "account": SAFE.address, "sequence": 3}),
    ]
    consenting.name(STRANGER, sequence=4)
    assert consents.recoveryOf(ALICE.address).named == STRANGER.address
    assert consents.recoveryOf(BOB.address).named == ZERO_ADDRESS


def test_names_nobody_any_more(consents, consenting):
    consenting.name()
    consenting.name(ZERO_ADDRESS, sequence=2)
    assert consents.recoveryOf(ALICE.address).named == ZERO_ADDRESS
    with unsigned(consents, _Nobody):
        consenting.start(STRANGER.address)


class _Nobody:
    address = ZERO_ADDRESS
