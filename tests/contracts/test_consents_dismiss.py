import pytest
from consenting import OWN_KEY
from scenario import ALICE, BOB, GUARDIAN, REASON, START, STRANGER, digest, events_of, reverts


def test_reverts_for_an_unknown_appointment(consents, consenting):
    consenting.appoint()
    for number in (0, 2):
        with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=number):
            consenting.dismiss(number)


def test_reverts_when_it_is_replayed(consents, consenting):
    consenting.appoint()
    consenting.dismiss()
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        consenting.dismiss()


@pytest.mark.parametrize("signer", [BOB, STRANGER], ids=["another patient", "a stranger"])
def test_reverts_when_another_signed(consents, consenting, domain, signer):
    consenting.appoint()
    message = {"subject": ALICE.address, "number": 1}
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Dismissal", message),
    ):
        consenting.dismiss(signer=signer)


def test_reverts_when_another_number_was_signed(consents, consenting, domain, people):
    consenting.appoint()
    consenting.appoint(guardian=STRANGER, number=2)
    signature = ALICE.sign(domain, "Dismissal", {"subject": ALICE.address, "number": 1})
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Dismissal", {"subject": ALICE.address, "number": 2}),
    ):
        consents.dismiss(ALICE.address, 2, signature, sender=people.relay)


def test_does_not_let_one_guardian_dismiss_another(consents, consenting, domain):
    consenting.appoint()
    consenting.appoint(guardian=STRANGER, number=2)
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Dismissal", {"subject": ALICE.address, "number": 2}),
    ):
        consenting.dismiss(2, signer=GUARDIAN)


@pytest.mark.parametrize("signer", [ALICE, GUARDIAN], ids=["the patient", "the guardian"])
def test_ends_the_appointment_and_no_other(consents, consenting, signer):
    consenting.appoint()
    consenting.appoint(guardian=STRANGER, number=2)
    receipt = consenting.dismiss(signer=signer)
    assert consents.appointmentOf(ALICE.address, 1).ended
    assert not consents.appointmentOf(ALICE.address, 2).ended
    assert events_of(receipt) == [
        (
            "GuardianDismissed",
            {"subject": ALICE.address, "guardian": GUARDIAN.address, "number": 1},
        )
    ]


@pytest.mark.parametrize(("signer", "known"), [(ALICE, True), (GUARDIAN, False)])
def test_knows_who_signed(consenting, signer, known):
    consenting.attest()
    consenting.dismiss(signer=signer)
    assert bool(consenting.flags() & OWN_KEY) is known


def test_knows_that_the_patient_signed_whatever_the_guardian_says(consenting, mocks, people):
    """The guardian is a wallet contract that says yes to everything."""
    wallet = people.relay.deploy(mocks.Wallet, 6, STRANGER.address)
    consenting.attest(guardian=wallet)
    consenting.dismiss()
    assert consenting.flags() & OWN_KEY


def test_ends_what_the_guardian_allowed_and_keeps_what_the_guardian_denied(consents, consenting, chain):
    consenting.appoint()
    by = {"signer": GUARDIAN, "appointment": 1}
    allowed, withdrawn = consenting.directive("allowed"), digest("withdrawn")
    consenting.record(allowed, **by)
    chain.pending_timestamp = START + 900
    consenting.revoke(withdrawn, **by)
    consenting.refuse(0b1, **by)
    consenting.dismiss()
    assert consenting.standing(allowed).flaw == REASON.GUARDIAN_ENDED
    assert consents.commitment(ALICE.address, withdrawn).revokedAt == START + 900
    assert consenting.refused() == 0b1


def test_ends_an_appointment_whose_guardian_is_a_wallet_that_burns_gas(consents, consenting, mocks, people):
    wallet = people.relay.deploy(mocks.Wallet, 5, STRANGER.address)
    consenting.appoint(guardian=wallet)
    consenting.dismiss()
    assert consents.appointmentOf(ALICE.address, 1).ended
