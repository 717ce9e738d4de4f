import pytest
from consenting import BY_GUARDIAN, FORM, GRANT, PAPER, RECOVER
from scenario import (
    ALICE,
    GUARDIAN,
    HARRY,
    HOSPITAL_A,
    HOSPITAL_D,
    REASON,
    START,
    YEAR,
    ZERO32,
    digest,
    events_of,
    plain,
    reverts,
)


@pytest.mark.parametrize("custodian", [0, HOSPITAL_D])
def test_reverts_outside_its_own_custodian(consents, consenting, custodian):
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_A, custodian=custodian):
        consenting.attest(custodian=custodian)


def test_reverts_without_a_form(consents, consenting):
    with reverts(consents.ConsentRegistry_DigestMissing):
        consenting.attest(form=ZERO32)


def test_reverts_for_a_patient_who_signs(consents, consenting):
    consenting.end_paper()
    with reverts(consents.ConsentRegistry_PaperEnded, subject=ALICE.address):
        consenting.attest()


@pytest.mark.parametrize("powers", [RECOVER, GRANT | RECOVER])
def test_reverts_with_the_power_to_recover(consents, consenting, powers):
    """Or two people of one hospital, and a guardian whom they choose, would be the patient."""
    with reverts(consents.ConsentRegistry_PowersUnusable, powers=powers):
        consenting.attest(powers=powers)


def test_reverts_for_what_no_appointment_may_be(consents, consenting):
    with reverts(consents.ConsentRegistry_PowersUnusable, powers=4):
        consenting.attest(powers=4)
    with reverts(consents.ConsentRegistry_UntilOutOfRange, until=START - YEAR):
        consenting.attest(until=START - YEAR)
    with reverts(consents.ConsentRegistry_AppointmentDiffers, subject=ALICE.address, number=2, expected=1):
        consenting.attest(number=2)
    with reverts(consents.ConsentRegistry_GuardianUnusable, subject=ALICE.address, guardian=ALICE.address):
        consenting.attest(guardian=ALICE)


@pytest.mark.parametrize(
    ("changed", "form"),
    [({"powers": 0}, FORM), ({"until": START + YEAR - 1}, FORM), ({}, digest("another form"))],
    ids=["powers", "until", "form"],
)
def test_reverts_when_the_second_signed_something_else(consents, consenting, domain, changed, form):
    appointment = consenting.appointment(custodian=HOSPITAL_A)
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=HARRY.address,
        digest=domain.digest("AttestedAppointment", {"appointment": appointment, "form": FORM}),
    ):
        consenting.attest(signed={"appointment": appointment | changed, "form": form})


def test_keeps_the_appointment_as_attested(consents, consenting, people):
    receipt = consenting.attest()
    assert plain(consents.appointmentOf(ALICE.address, 1)) == {
        "guardian": GUARDIAN.address,
        "until": START + YEAR,
        "custodian": HOSPITAL_A,
        "powers": GRANT,
        "attested": True,
        "ended": False,
    }
    assert consenting.flags() == PAPER
    assert consents.subjectOf(ALICE.address).appointmentCount == 1
    assert events_of(receipt) == [
        (
            "GuardianAppointed",
            {
                "subject": ALICE.address,
                "guardian": GUARDIAN.address,
                "number": 1,
                "powers": GRANT,
                "custodian": HOSPITAL_A,
                "until": START + YEAR,
                "form": FORM,
                "first": people.hospital_a.address,
                "second": HARRY.address,
            },
        )
    ]


def test_lets_the_guardian_allow_this_hospitals_studies_only(consenting):
    consenting.attest()
    directive = consenting.directive()
    consenting.record(directive, signer=GUARDIAN, appointment=1)
    here, elsewhere = consenting.standing(directive), consenting.standing(directive, custodian=HOSPITAL_D)
    assert (here.kind, here.flaw) == (BY_GUARDIAN, 0)
    assert elsewhere.flaw == REASON.AUTHORITY_EXCEEDED


def test_ends_what_the_guardian_allowed_when_the_patient_signs(consenting):
    consenting.attest()
    directive = consenting.directive()
    consenting.record(directive, signer=GUARDIAN, appointment=1)
    receipt = consenting.record(consenting.directive("her own"))
    assert ("PaperEnded", {"subject": ALICE.address}) in events_of(receipt)
    assert consenting.standing(directive).flaw == REASON.GUARDIAN_ENDED
