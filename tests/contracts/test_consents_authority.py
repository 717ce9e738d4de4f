"""Who speaks for an institution, and that two of it are two."""

import pytest
from consenting import unsigned
from scenario import (
    ALICE,
    ALL,
    CONSENTS,
    HARRY,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    REQUESTER,
    STRANGER,
    SUSPENDED,
    VOTER,
    ZERO_ADDRESS,
    Patient,
    digest,
    reverts,
)

BY_ONE = {
    "anchor": lambda acts, **by: acts.anchor(digest("root"), **by),
    "takeRevocation": lambda acts, **by: acts.take_revocation(acts.directive(), **by),
    "takeRefusal": lambda acts, **by: acts.take_refusal(1, **by),
    "startRecoveryByGuardian": lambda acts, **by: acts.start_by_guardian(STRANGER.address, **by),
}
BY_TWO = {
    "recordPaper": lambda acts, **by: acts.paper(acts.directive(), **by),
    "liftTakenRefusal": lambda acts, **by: acts.lift(2, **by),
    "appointAttested": lambda acts, **by: acts.attest(**by),
}
each = pytest.mark.parametrize("act", (BY_ONE | BY_TWO).values(), ids=BY_ONE | BY_TWO)
each_of_a_custodian = pytest.mark.parametrize(
    "act", [BY_ONE["anchor"], BY_TWO["recordPaper"]], ids=["anchor", "recordPaper"]
)
each_by_two = pytest.mark.parametrize("act", BY_TWO.values(), ids=BY_TWO)


@each
def test_reverts_for_a_stranger(consents, consenting, people, act):
    with reverts(
        consents.ConsentRegistry_NotOperator, account=people.eve.address, institution=0, permissions=0
    ):
        act(consenting, sender=people.eve)


@each
def test_reverts_for_an_operator_for_other_things(consents, consenting, institutions, people, act):
    institutions.setOperator(people.operator, ALL & ~CONSENTS, sender=people.hospital_a)
    with reverts(
        consents.ConsentRegistry_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_A,
        permissions=ALL & ~CONSENTS,
    ):
        act(consenting, sender=people.operator)


@each
def test_reverts_for_an_institution_that_is_not_active(consents, consenting, institutions, people, act):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(consents.ConsentRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        act(consenting)


@each_of_a_custodian
def test_reverts_for_an_institution_that_is_no_custodian(consents, consenting, people, act):
    with reverts(consents.ConsentRegistry_LacksRole, institution=HOSPITAL_B, roles=REQUESTER | VOTER):
        act(consenting, sender=people.hospital_b)


def test_reverts_for_an_attestation_of_one_that_is_no_custodian(consents, consenting, people):
    with reverts(consents.ConsentRegistry_LacksRole, institution=HOSPITAL_B, roles=REQUESTER | VOTER):
        consenting.attest(custodian=HOSPITAL_B, sender=people.hospital_b)


@pytest.fixture
def refused(consenting):
    """Something that could be lifted."""
    consenting.take_refusal(1)


@each_by_two
def test_reverts_when_the_second_is_the_caller(consents, consenting, institutions, people, refused, act):
    """One person with one key: who has two accounts is not known here."""

    class Admin:
        address = people.hospital_a.address
        sign = HARRY.sign

    with reverts(consents.ConsentRegistry_SecondIsFirst, account=people.hospital_a.address):
        act(consenting, second=Admin)


@each_by_two
def test_reverts_when_the_second_acts_for_nobody(consents, consenting, refused, act):
    with reverts(
        consents.ConsentRegistry_NotOperator, account=STRANGER.address, institution=0, permissions=0
    ):
        act(consenting, second=STRANGER)


@each_by_two
def test_reverts_when_the_second_is_of_another_institution(
    consents, consenting, institutions, people, refused, act
):
    other = Patient("somebody of hospital D")
    institutions.setOperator(other.address, CONSENTS, sender=people.hospital_d)
    with reverts(
        consents.ConsentRegistry_NotOperator,
        account=other.address,
        institution=HOSPITAL_D,
        permissions=CONSENTS,
    ):
        act(consenting, second=other)


@each_by_two
def test_reverts_when_the_second_is_an_operator_for_other_things(
    consents, consenting, institutions, people, refused, act
):
    institutions.setOperator(HARRY.address, ALL & ~CONSENTS, sender=people.hospital_a)
    with reverts(
        consents.ConsentRegistry_NotOperator,
        account=HARRY.address,
        institution=HOSPITAL_A,
        permissions=ALL & ~CONSENTS,
    ):
        act(consenting)


@each_by_two
def test_reverts_when_the_second_is_nobody(consents, consenting, refused, act):
    class Nobody:
        address = ZERO_ADDRESS
        sign = HARRY.sign

    with reverts(consents.ConsentRegistry_NotOperator, account=ZERO_ADDRESS, institution=0, permissions=0):
        act(consenting, second=Nobody)


@each_by_two
@pytest.mark.parametrize("signer", [ALICE, STRANGER], ids=["the patient", "a stranger"])
def test_reverts_when_another_signed_for_the_second(consents, consenting, refused, act, signer):
    class Harry:
        address = HARRY.address
        sign = signer.sign

    with unsigned(consents, HARRY):
        act(consenting, second=Harry)


def test_takes_what_patients_say_also_at_an_institution_that_is_no_custodian(consenting, people):
    """Denying needs less: one that lost the role still records what its patients say."""
    consenting.take_refusal(1, sender=people.hospital_b)
    consenting.take_revocation(consenting.directive(custodian=HOSPITAL_B), sender=people.hospital_b)
    assert consenting.refused(custodian=HOSPITAL_B) == 1


def test_lets_two_operators_act_without_the_admin(consents, consenting, institutions, people):
    institutions.setOperator(people.operator, CONSENTS, sender=people.hospital_a)
    consenting.paper(consenting.directive(), sender=people.operator)
