import pytest
from consenting import GRANT, LONGEST, OWN_KEY, RECOVER
from scenario import (
    ALICE,
    BOB,
    GUARDIAN,
    HOSPITAL_A,
    NEW_KEY,
    START,
    STRANGER,
    YEAR,
    ZERO32,
    ZERO_ADDRESS,
    Patient,
    events_of,
    plain,
    reverts,
)


class Nobody:
    address = ZERO_ADDRESS


@pytest.mark.parametrize("guardian", [Nobody, ALICE], ids=["nobody", "the subject"])
def test_reverts_for_a_guardian_who_is_none(consents, consenting, guardian):
    with reverts(consents.ConsentRegistry_GuardianUnusable, subject=ALICE.address, guardian=guardian.address):
        consenting.appoint(guardian=guardian)


def test_reverts_for_the_key_that_took_over(consents, consenting):
    consenting.name()
    consenting.start(NEW_KEY.address)
    consenting.at(consents.recoveryOf(ALICE.address).readyAt)
    consenting.finish()
    with reverts(consents.ConsentRegistry_GuardianUnusable, subject=ALICE.address, guardian=NEW_KEY.address):
        consenting.appoint(guardian=NEW_KEY, signer=NEW_KEY, until=START + YEAR)


@pytest.mark.parametrize("powers", [4, 7, 0x40, 0x80, 255])
def test_reverts_for_a_power_that_there_is_not(consents, consenting, powers):
    with reverts(consents.ConsentRegistry_PowersUnusable, powers=powers):
        consenting.appoint(powers=powers)


@pytest.mark.parametrize("offset", [-START, -1, 0, LONGEST + 1, 2**64 - 1 - START - 500])
def test_reverts_when_it_ends_too_early_or_too_late(consents, consenting, chain, offset):
    chain.pending_timestamp = START + 500
    with reverts(consents.ConsentRegistry_UntilOutOfRange, until=START + 500 + offset):
        consenting.appoint(until=START + 500 + offset)


@pytest.mark.parametrize("offset", [1, LONGEST])
def test_may_be_as_short_and_as_long_as_that(consents, consenting, chain, offset):
    chain.pending_timestamp = START + 500
    consenting.appoint(until=START + 500 + offset)
    assert consents.appointmentOf(ALICE.address, 1).until == START + 500 + offset


@pytest.mark.parametrize("number", [0, 2, 2**32 - 1])
def test_reverts_when_the_number_is_not_the_next(consents, consenting, number):
    with reverts(
        consents.ConsentRegistry_AppointmentDiffers, subject=ALICE.address, number=number, expected=1
    ):
        consenting.appoint(number=number)


def test_reverts_when_it_is_replayed_after_a_dismissal(consents, consenting):
    consenting.appoint()
    consenting.dismiss()
    with reverts(consents.ConsentRegistry_AppointmentDiffers, subject=ALICE.address, number=1, expected=2):
        consenting.appoint()


@pytest.mark.parametrize("signer", [BOB, GUARDIAN, STRANGER], ids=["another patient", "itself", "a stranger"])
def test_reverts_when_another_signed(consents, consenting, domain, signer):
    message = consenting.appointment()
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Appointment", message),
    ):
        consenting.appoint(signer=signer)


def test_reverts_when_a_guardian_appoints_another(consents, consenting, domain):
    """There is no call in which a guardian could: the appointment is the patient's alone to sign."""
    consenting.appoint(powers=GRANT | RECOVER)
    message = consenting.appointment(guardian=STRANGER, number=2)
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Appointment", message),
    ):
        consenting.appoint(guardian=STRANGER, number=2, signer=GUARDIAN)


@pytest.mark.parametrize(
    "change",
    [
        {"guardian": STRANGER.address},
        {"powers": 3},
        {"custodian": HOSPITAL_A},
        {"until": START + YEAR + 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_reverts_when_any_field_is_another_than_signed(consents, consenting, domain, people, change):
    signed = consenting.appointment()
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Appointment", signed | change),
    ):
        consents.appoint(signed | change, ALICE.sign(domain, "Appointment", signed), sender=people.relay)


@pytest.mark.parametrize(("powers", "custodian"), [(0, 0), (GRANT, HOSPITAL_A), (GRANT | RECOVER, 0)])
def test_keeps_the_appointment(consents, consenting, powers, custodian):
    receipt = consenting.appoint(powers=powers, custodian=custodian)
    assert plain(consents.appointmentOf(ALICE.address, 1)) == {
        "guardian": GUARDIAN.address,
        "until": START + YEAR,
        "custodian": custodian,
        "powers": powers,
        "attested": False,
        "ended": False,
    }
    assert consents.subjectOf(ALICE.address).appointmentCount == 1
    assert consenting.flags() & OWN_KEY
    assert events_of(receipt) == [
        ("PaperEnded", {"subject": ALICE.address}),
        (
            "GuardianAppointed",
            {
                "subject": ALICE.address,
                "guardian": GUARDIAN.address,
                "number": 1,
                "powers": powers,
                "custodian": custodian,
                "until": START + YEAR,
                "form": ZERO32,
                "first": ZERO_ADDRESS,
                "second": ZERO_ADDRESS,
            },
        ),
    ]


def test_keeps_any_number_of_guardians(consents, consenting):
    for number in range(1, 6):
        consenting.appoint(guardian=Patient(f"guardian {number}"), number=number)
    for number in range(1, 6):
        assert consents.appointmentOf(ALICE.address, number).guardian == Patient(f"guardian {number}").address
    assert consents.appointmentOf(ALICE.address, 6).guardian == ZERO_ADDRESS
    assert consents.appointmentOf(BOB.address, 1).guardian == ZERO_ADDRESS
