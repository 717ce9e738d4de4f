"""What a hospital takes on paper or by phone: withdrawals and refusals; lifted on paper only."""

import pytest
from consenting import BY_PAPER, BY_PHONE, FORM, NARROW, OWN_KEY, TAKEN, unsigned
from scenario import (
    ALICE,
    BOB,
    HARRY,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    START,
    ZERO32,
    digest,
    events_of,
    plain,
    reverts,
)

BOTH = {
    "takeRevocation": lambda acts, **changes: acts.take_revocation(acts.directive(), **changes),
    "takeRefusal": lambda acts, **changes: acts.take_refusal(1, **changes),
}
each = pytest.mark.parametrize("act", BOTH.values(), ids=BOTH)


@each
@pytest.mark.parametrize("means", [0, 3, 255])
def test_reverts_for_other_means(consents, consenting, act, means):
    with reverts(consents.ConsentRegistry_MeansUnknown, means=means):
        act(consenting, means=means)


@each
def test_reverts_without_a_form(consents, consenting, act):
    with reverts(consents.ConsentRegistry_DigestMissing):
        act(consenting, form=ZERO32)


@pytest.mark.parametrize("custodian", [0, HOSPITAL_B, HOSPITAL_D])
def test_takes_no_withdrawal_of_anothers(consents, consenting, custodian):
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_A, custodian=custodian):
        consenting.take_revocation(consenting.directive(custodian=custodian))


def test_takes_no_withdrawal_twice(consents, consenting, chain):
    directive = consenting.directive()
    chain.pending_timestamp = START + 600
    consenting.take_revocation(directive)
    with reverts(
        consents.ConsentRegistry_AlreadyRevoked,
        subject=ALICE.address,
        directive=consenting.hash(directive),
        revokedAt=START + 600,
    ):
        consenting.take_revocation(directive)


@pytest.mark.parametrize("means", [BY_PAPER, BY_PHONE])
@pytest.mark.parametrize("recorded", [False, True])
def test_takes_a_withdrawal(consents, consenting, chain, people, means, recorded):
    directive = consenting.directive()
    if recorded:
        consenting.record(directive)
    chain.pending_timestamp = START + 600
    receipt = consenting.take_revocation(directive, means=means)
    kept = consents.commitment(ALICE.address, consenting.hash(directive))
    assert (kept.kind, kept.revokedAt) == (int(recorded), START + 600)
    assert consenting.flags() == 0
    of = {"subject": ALICE.address, "directive": consenting.hash(directive)}
    assert events_of(receipt) == [
        ("DirectiveRevoked", of | {"appointment": 0}),
        (
            "RevocationTaken",
            of
            | {
                "custodian": HOSPITAL_A,
                "means": means,
                "form": FORM,
                "by": people.hospital_a.address,
            },
        ),
    ]


def test_takes_no_refusal_of_a_study_that_another_holds(consents, consenting, studies, people):
    other = consenting.register(studies, "of D", ALICE.address, people.hospital_d)
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_A, custodian=HOSPITAL_D):
        consenting.take_refusal(1, study=other)
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_A, custodian=0):
        consenting.take_refusal(1, study=digest("no study"))


def test_takes_no_refusal_of_another_patients_study(consents, consenting, studies):
    other = consenting.register(studies, "of Bob", BOB.address)
    with reverts(consents.ConsentRegistry_NotSubject, study=other, subject=ALICE.address):
        consenting.take_refusal(1, study=other)


@pytest.mark.parametrize("purposes", [0, 0b010, 0b110])
def test_takes_no_refusal_that_adds_nothing(consents, consenting, purposes):
    consenting.take_refusal(0b110)
    with reverts(consents.ConsentRegistry_RefusalUnchanged, subject=ALICE.address, purposes=purposes):
        consenting.take_refusal(purposes)


@pytest.mark.parametrize("named", [False, True], ids=["all", "a study"])
def test_adds_to_what_was_taken(consents, consenting, people, study, named):
    of_study = study if named else ZERO32
    consenting.take_refusal(0b001, study=of_study, means=BY_PAPER)
    receipt = consenting.take_refusal(0b110, study=of_study)
    assert consenting.refused() == 0b111
    assert consenting.flags() == TAKEN
    key = (0, study) if named else (HOSPITAL_A, ZERO32)
    assert plain(tuple(consents.takenRefusalOf(ALICE.address, *key))) == [0b111, 2]
    assert events_of(receipt) == [
        (
            "RefusalTaken",
            {
                "subject": ALICE.address,
                "custodian": HOSPITAL_A,
                "study": of_study,
                "purposes": 0b111,
                "sequence": 2,
                "means": BY_PHONE,
                "form": FORM,
                "by": people.hospital_a.address,
            },
        )
    ]


def test_refuses_in_no_other_scope(consenting, study):
    consenting.take_refusal(0b01)
    consenting.take_refusal(0b10, study=study)
    assert consenting.refused() == 0b11
    assert consenting.refused(custodian=HOSPITAL_D) == 0b10
    assert consenting.refused(study=digest("another")) == 0b01
    assert consenting.refused(custodian=HOSPITAL_D, study=digest("another")) == 0
    assert consenting.refused(custodian=HOSPITAL_D, study=digest("another"), grantee=HOSPITAL_A) == 0


def test_counts_for_what_the_custodian_handed_over(consenting):
    consenting.take_refusal(0b1)
    for place in range(4):
        formers = HOSPITAL_A << (32 * place) | (7 << 96 if place < 3 else 0)
        assert consenting.refused(custodian=HOSPITAL_D, formers=formers) == 0b1


def test_leaves_what_the_patient_signed_alone(consents, consenting, study):
    """Neither side lifts what the other said."""
    consenting.refuse(0b001, custodian=HOSPITAL_A, sequence=5)
    consenting.take_refusal(0b010)
    consenting.take_refusal(0b100, study=study)
    assert consenting.refused() == 0b111
    consenting.refuse(0, custodian=HOSPITAL_A, sequence=6)
    consenting.refuse(0, study=study, sequence=6)
    assert consenting.refused() == 0b110
    consenting.lift(2)
    assert consenting.refused() == 0b100
    assert consents.refusalOf(ALICE.address, HOSPITAL_A, ZERO32, 0).sequence == 6
    assert consenting.flags() == NARROW | TAKEN | OWN_KEY


def test_lifts_nothing_of_a_study_that_is_not_its_own(consents, consenting, studies, people):
    other = consenting.register(studies, "of D", ALICE.address, people.hospital_d)
    of_bob = consenting.register(studies, "of Bob", BOB.address)
    with reverts(consents.ConsentRegistry_NotCustodian, institution=HOSPITAL_A, custodian=HOSPITAL_D):
        consenting.lift(1, study=other)
    with reverts(consents.ConsentRegistry_NotSubject, study=of_bob, subject=ALICE.address):
        consenting.lift(1, study=of_bob)


def test_lifts_nothing_that_another_took(consents, consenting, people):
    consenting.take_refusal(0b1, sender=people.hospital_d)
    with reverts(consents.ConsentRegistry_RefusalUnchanged, subject=ALICE.address, purposes=0):
        consenting.lift(1)


def test_lifts_nothing_without_a_form(consents, consenting):
    consenting.take_refusal(0b1)
    with reverts(consents.ConsentRegistry_DigestMissing):
        consenting.lift(2, form=ZERO32)


@pytest.mark.parametrize("sequence", [0, 1, 3, 2**64 - 1])
def test_lifts_with_the_next_sequence_only(consents, consenting, sequence):
    consenting.take_refusal(0b1)
    with reverts(
        consents.ConsentRegistry_SequenceDiffers, subject=ALICE.address, sequence=sequence, expected=2
    ):
        consenting.lift(sequence)


def test_lifts_once(consents, consenting):
    """What the second signed lifts no later refusal."""
    consenting.take_refusal(0b1)
    consenting.lift(2)
    consenting.take_refusal(0b1)
    with reverts(consents.ConsentRegistry_SequenceDiffers, subject=ALICE.address, sequence=2, expected=4):
        consenting.lift(2)
    assert consenting.refused() == 0b1


@pytest.mark.parametrize(
    "signed",
    [
        {"subject": BOB.address},
        {"custodian": HOSPITAL_D},
        {"study": digest("another")},
        {"form": digest("another form")},
        {"sequence": 3},
    ],
    ids=lambda signed: next(iter(signed)),
)
def test_lifts_nothing_when_the_second_signed_something_else(consents, consenting, signed):
    consenting.take_refusal(0b1)
    with unsigned(consents, HARRY):
        consenting.lift(2, signed=signed)


@pytest.mark.parametrize("named", [False, True], ids=["all", "a study"])
def test_lifts_what_was_taken(consents, consenting, people, study, named):
    of_study = study if named else ZERO32
    consenting.take_refusal(0b11, study=of_study)
    receipt = consenting.lift(2, study=of_study)
    assert consenting.refused() == 0
    assert events_of(receipt) == [
        (
            "TakenRefusalLifted",
            {
                "subject": ALICE.address,
                "custodian": HOSPITAL_A,
                "study": of_study,
                "sequence": 2,
                "form": FORM,
                "first": people.hospital_a.address,
                "second": HARRY.address,
            },
        )
    ]
