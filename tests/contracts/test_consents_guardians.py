"""What a guardian may do in the patient's name; the rest of those functions is in files of their names."""

import pytest
from consenting import BY_GUARDIAN, OWN_KEY, RECOVER, SIGNED, unsigned
from scenario import ALICE, BOB, GUARDIAN, HOSPITAL_B, START, STRANGER, YEAR, digest, events_of, reverts

ACTS = {
    "record": lambda acts, **by: acts.record(acts.directive(), **by),
    "revoke": lambda acts, **by: acts.revoke(digest("in a drawer"), **by),
    "revokeAll": lambda acts, **by: acts.revoke_all(1, **by),
    "refuse": lambda acts, **by: acts.refuse(1, **by),
}
DENIALS = {name: act for name, act in ACTS.items() if name != "record"}
each = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
each_denial = pytest.mark.parametrize("act", DENIALS.values(), ids=DENIALS)
BY_GWEN = {"signer": GUARDIAN, "appointment": 1}


@each
def test_reverts_without_an_appointment(consents, consenting, act):
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        act(consenting, **BY_GWEN)


@each
def test_reverts_once_dismissed(consents, consenting, act):
    consenting.appoint()
    consenting.dismiss()
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        act(consenting, **BY_GWEN)


@each
def test_reverts_from_the_second_in_which_it_ends(consents, consenting, chain, act):
    consenting.appoint(until=START + 500)
    consenting.at(START + 499)
    chain.pending_timestamp = START + 500
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        act(consenting, **BY_GWEN)


@each
def test_acts_in_the_last_second_before(consenting, chain, act):
    consenting.appoint(until=START + 500)
    chain.pending_timestamp = START + 499
    act(consenting, **BY_GWEN)


@each
def test_reverts_for_one_attested_by_a_hospital_once_the_patient_signs(consents, consenting, act):
    consenting.attest()
    consenting.end_paper()
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        act(consenting, **BY_GWEN)


@each
@pytest.mark.parametrize("signer", [ALICE, BOB, STRANGER], ids=["Alice", "Bob", "a stranger"])
def test_reverts_when_another_signed_than_the_appointments_guardian(consenting, consents, act, signer):
    consenting.appoint()
    with unsigned(consents, GUARDIAN):
        act(consenting, signer=signer, appointment=1)


@each
def test_reverts_when_the_guardian_signs_as_the_patient(consents, consenting, act):
    consenting.appoint()
    with unsigned(consents, ALICE):
        act(consenting, signer=GUARDIAN)


@each
def test_reverts_for_another_patients_guardian(consents, consenting, act, domain, people):
    appointment = consenting.appointment(subject=BOB.address)
    consents.appoint(appointment, BOB.sign(domain, "Appointment", appointment), sender=people.relay)
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        act(consenting, **BY_GWEN)


@pytest.mark.parametrize("powers", [0, RECOVER])
def test_does_not_allow_without_the_power_to(consents, consenting, powers):
    consenting.appoint(powers=powers)
    with reverts(consents.ConsentRegistry_PowerMissing, subject=ALICE.address, appointment=1, power=1):
        consenting.record(consenting.directive(), **BY_GWEN)


@each_denial
def test_denies_with_no_power_at_all(consenting, act):
    consenting.appoint(powers=0)
    act(consenting, **BY_GWEN)


@each_denial
def test_denies_beyond_the_custodian_that_it_is_for(consenting, act):
    consenting.appoint(custodian=4)
    act(consenting, **BY_GWEN)


def test_records_with_the_appointment_as_the_authority(consents, consenting, chain):
    consenting.appoint()
    directive = consenting.directive()
    chain.pending_timestamp = START + 700
    receipt = consenting.record(directive, **BY_GWEN)
    kept = consents.commitment(ALICE.address, consenting.hash(directive))
    assert (kept.kind, kept.recordedAt, kept.authority) == (BY_GUARDIAN, START + 700, 1)
    assert events_of(receipt) == [
        (
            "DirectiveRecorded",
            {
                "subject": ALICE.address,
                "directive": consenting.hash(directive),
                "kind": BY_GUARDIAN,
                "authority": 1,
            },
        )
    ]


def test_withdraws_what_the_patient_allowed(consents, consenting, directive_hash):
    consenting.appoint(powers=0)
    receipt = consenting.revoke(directive_hash, **BY_GWEN)
    kept = consents.commitment(ALICE.address, directive_hash)
    assert kept.revokedAt
    assert (kept.kind, kept.authority) == (SIGNED, 0)
    assert events_of(receipt) == [
        (
            "DirectiveRevoked",
            {"subject": ALICE.address, "directive": directive_hash, "appointment": 1},
        )
    ]


def test_withdraws_all(consents, consenting):
    consenting.appoint()
    receipt = consenting.revoke_all(1, **BY_GWEN)
    assert consents.generation(ALICE.address) == 1
    assert events_of(receipt) == [
        ("AllRevoked", {"subject": ALICE.address, "generation": 1, "appointment": 1})
    ]


@pytest.mark.parametrize("scope", [{}, {"grantee": HOSPITAL_B}], ids=["everybody", "grantee"])
def test_refuses_beside_what_is_refused(consenting, scope):
    consenting.appoint()
    consenting.refuse(0b011, sequence=7, **scope)
    receipt = consenting.refuse(0b111, sequence=8, **scope, **BY_GWEN)
    assert consenting.refused() == 0b111
    assert events_of(receipt)[0][1]["appointment"] == 1


@pytest.mark.parametrize("scope", [{}, {"grantee": HOSPITAL_B}], ids=["everybody", "grantee"])
@pytest.mark.parametrize("sequence", [9, 2**64 - 1])
def test_does_not_use_the_sequence_up(consents, consenting, scope, sequence):
    """One that jumps to the last number would take the patient's refusals away for good."""
    consenting.appoint()
    consenting.refuse(0b011, sequence=7, **scope)
    with reverts(
        consents.ConsentRegistry_SequenceDiffers, subject=ALICE.address, sequence=sequence, expected=8
    ):
        consenting.refuse(0b111, sequence=sequence, **scope, **BY_GWEN)
    with reverts(consents.ConsentRegistry_SequencePast, subject=ALICE.address, sequence=7, stored=7):
        consenting.refuse(0b111, sequence=7, **scope, **BY_GWEN)


@pytest.mark.parametrize("scope", [{}, {"grantee": HOSPITAL_B}], ids=["everybody", "grantee"])
@pytest.mark.parametrize("purposes", [0, 0b001, 0b100])
def test_lifts_no_refusal(consents, consenting, scope, purposes):
    consenting.appoint()
    consenting.refuse(0b011, sequence=7, **scope)
    with reverts(
        consents.ConsentRegistry_RefusalNarrowed, subject=ALICE.address, purposes=purposes, stored=0b011
    ):
        consenting.refuse(purposes, sequence=8, **scope, **BY_GWEN)


@each
def test_does_not_sign_for_the_patients_key(consenting, act):
    """Paper and attested guardians end with the patient's own signature, not with a guardian's."""
    consenting.attest()
    act(consenting, **BY_GWEN)
    assert not consenting.flags() & OWN_KEY


def test_may_be_a_wallet_contract_when_it_records(consents, consenting, mocks, people, domain):
    wallet = people.relay.deploy(mocks.Wallet, 0, STRANGER.address)
    consenting.appoint(guardian=wallet)
    directive = consenting.directive()
    consenting.record(directive, signer=STRANGER, appointment=1)
    assert consenting.standing(directive).flaw == 0


@pytest.mark.parametrize("until", [START + YEAR])
def test_keeps_two_appointments_of_one_guardian_apart(consents, consenting, until):
    """Dismissed, and appointed anew: the old appointment stays ended, whatever the new one allows."""
    consenting.appoint(until=until)
    first = consenting.directive("first")
    consenting.record(first, **BY_GWEN)
    consenting.dismiss()
    consenting.appoint(until=until, number=2)
    second = consenting.directive("second")
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        consenting.record(second, **BY_GWEN)
    consenting.record(second, signer=GUARDIAN, appointment=2)
    assert (consenting.standing(first).flaw, consenting.standing(second).flaw) == (46, 0)
