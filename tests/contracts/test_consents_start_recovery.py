import pytest
from consenting import GRANT, RECOVER, unsigned
from scenario import (
    ALICE,
    BOB,
    DAY,
    GUARDIAN,
    HOSPITAL_A,
    HOSPITAL_D,
    NEW_KEY,
    SAFE,
    START,
    STRANGER,
    ZERO_ADDRESS,
    digest,
    events_of,
    reverts,
)

DELAY = 7 * DAY


@pytest.fixture(params=["the named account", "a guardian and a hospital"])
def start(consenting, request):
    """Start a recovery, in each of the two ways."""
    if request.param == "the named account":
        consenting.name()
        return consenting.start
    consenting.appoint(powers=RECOVER)
    return consenting.start_by_guardian


def test_reverts_while_another_is_under_way(consents, chain, start):
    chain.pending_timestamp = START + 500
    start(NEW_KEY.address)
    with reverts(
        consents.ConsentRegistry_RecoveryPending,
        subject=ALICE.address,
        attempt=1,
        readyAt=START + 500 + DELAY,
    ):
        start(STRANGER.address, 2)


@pytest.mark.parametrize("attempt", [0, 2, 2**32 - 1])
def test_reverts_when_the_attempt_is_not_the_next(consents, start, attempt):
    with reverts(consents.ConsentRegistry_AttemptDiffers, subject=ALICE.address, attempt=attempt, expected=1):
        start(NEW_KEY.address, attempt)


def test_reverts_when_what_was_stopped_is_replayed(consents, consenting, start):
    start(NEW_KEY.address)
    consenting.stop()
    with reverts(consents.ConsentRegistry_AttemptDiffers, subject=ALICE.address, attempt=1, expected=2):
        start(NEW_KEY.address)
    start(NEW_KEY.address, 2)


@pytest.mark.parametrize("candidate", [ZERO_ADDRESS, ALICE.address], ids=["nobody", "the present key"])
def test_reverts_for_a_candidate_that_is_none(consents, start, candidate):
    with reverts(consents.ConsentRegistry_CandidateUnusable, subject=ALICE.address, candidate=candidate):
        start(candidate)


@pytest.mark.parametrize("signer", [ALICE, BOB, STRANGER], ids=["the patient", "another", "a stranger"])
def test_reverts_when_another_signed(consents, start, signer):
    expected = SAFE if start.__name__ == "start" else GUARDIAN
    with unsigned(consents, expected):
        start(NEW_KEY.address, signer=signer)


@pytest.mark.parametrize(
    ("candidate", "attempt"), [(STRANGER.address, 1), (NEW_KEY.address, 2)], ids=["candidate", "attempt"]
)
def test_reverts_when_something_else_was_signed(consents, consenting, domain, people, candidate, attempt):
    consenting.name()
    if attempt == 2:
        consenting.start(NEW_KEY.address)
        consenting.stop()
    signature = SAFE.sign(
        domain, "Recovery", {"subject": ALICE.address, "candidate": NEW_KEY.address, "attempt": 1}
    )
    with unsigned(consents, SAFE):
        consents.startRecovery(ALICE.address, candidate, attempt, signature, sender=people.relay)


def test_is_under_way_for_the_delay(consents, chain, start):
    chain.pending_timestamp = START + 500
    receipt = start(NEW_KEY.address)
    found = consents.recoveryOf(ALICE.address)
    assert (found.candidate, found.readyAt, found.attempt) == (NEW_KEY.address, START + 500 + DELAY, 1)
    assert consents.keyOf(ALICE.address) == ALICE.address
    assert consents.generation(ALICE.address) == 0
    assert events_of(receipt) == [
        (
            "RecoveryStarted",
            {
                "subject": ALICE.address,
                "candidate": NEW_KEY.address,
                "attempt": 1,
                "readyAt": START + 500 + DELAY,
                "appointment": 0 if start.__name__ == "start" else 1,
            },
        )
    ]


def test_leaves_the_patient_everything_meanwhile(consenting, start):
    start(NEW_KEY.address)
    directive = consenting.directive()
    consenting.record(directive)
    consenting.revoke_all(1)
    consenting.stop()


def test_cannot_be_started_where_nobody_is_named(consents, consenting):
    class Nobody:
        address = ZERO_ADDRESS

    with unsigned(consents, Nobody):
        consenting.start(NEW_KEY.address)


def test_cannot_be_started_by_one_who_was_named_before(consents, consenting):
    consenting.name(STRANGER)
    consenting.name(SAFE, sequence=2)
    with unsigned(consents, SAFE):
        consenting.start(NEW_KEY.address, signer=STRANGER)


# guardian and hospital


def test_reverts_with_a_hospital_that_does_not_hold_the_study(consents, consenting, people):
    consenting.appoint(powers=RECOVER)
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_D, custodian=HOSPITAL_A):
        consenting.start_by_guardian(NEW_KEY.address, sender=people.hospital_d)
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_A, custodian=0):
        consenting.start_by_guardian(NEW_KEY.address, study=digest("no study"))


def test_reverts_with_another_patients_study(consents, consenting, studies):
    consenting.appoint(powers=RECOVER)
    of_bob = consenting.register(studies, "of Bob", BOB.address)
    with reverts(consents.ConsentRegistry_NotSubject, study=of_bob, subject=ALICE.address):
        consenting.start_by_guardian(NEW_KEY.address, study=of_bob)


def test_reverts_without_a_guardian(consents, consenting):
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        consenting.start_by_guardian(NEW_KEY.address)
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=0):
        consenting.start_by_guardian(NEW_KEY.address, appointment=0)


def test_reverts_with_a_guardian_who_was_dismissed(consents, consenting):
    consenting.appoint(powers=RECOVER)
    consenting.dismiss()
    with reverts(consents.ConsentRegistry_GuardianEnded, subject=ALICE.address, appointment=1):
        consenting.start_by_guardian(NEW_KEY.address)


@pytest.mark.parametrize("powers", [0, GRANT])
def test_reverts_with_a_guardian_who_may_not(consents, consenting, powers):
    consenting.appoint(powers=powers)
    with reverts(consents.ConsentRegistry_PowerMissing, subject=ALICE.address, appointment=1, power=RECOVER):
        consenting.start_by_guardian(NEW_KEY.address)


def test_reverts_with_a_guardian_whom_a_hospital_attested(consents, consenting):
    consenting.attest()
    with reverts(consents.ConsentRegistry_PowerMissing, subject=ALICE.address, appointment=1, power=RECOVER):
        consenting.start_by_guardian(NEW_KEY.address)


def test_reverts_with_a_guardian_for_another_institution(consents, consenting):
    consenting.appoint(powers=RECOVER, custodian=HOSPITAL_D)
    with reverts(
        consents.ConsentRegistry_AppointmentElsewhere,
        subject=ALICE.address,
        appointment=1,
        custodian=HOSPITAL_D,
    ):
        consenting.start_by_guardian(NEW_KEY.address)
