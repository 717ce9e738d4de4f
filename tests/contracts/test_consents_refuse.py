import pytest
from scenario import ALICE, BOB, COMPANY_C, HOSPITAL_A, HOSPITAL_B, ZERO32, digest, events_of, reverts

STUDY = digest("some study")
SCOPES = {
    "everybody": {},
    "custodian": {"custodian": HOSPITAL_A},
    "study": {"study": STUDY},
    "grantee": {"grantee": HOSPITAL_B},
}
AMBIGUOUS = [
    {"custodian": HOSPITAL_A, "study": STUDY, "grantee": 0},
    {"custodian": HOSPITAL_A, "study": ZERO32, "grantee": HOSPITAL_B},
    {"custodian": 0, "study": STUDY, "grantee": HOSPITAL_B},
    {"custodian": HOSPITAL_A, "study": STUDY, "grantee": HOSPITAL_B},
]

scoped = pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)


def refused(consents):
    """What is refused of Alice's STUDY at hospital A to hospital B."""
    return consents.refusedPurposes(ALICE.address, (HOSPITAL_A, 0, STUDY, HOSPITAL_B))


@pytest.mark.parametrize("scope", AMBIGUOUS)
def test_reverts_when_more_than_one_scope_is_set(consents, refuse, scope):
    with reverts(consents.ConsentRegistry_ScopeAmbiguous, **scope):
        refuse(1, **scope)


@scoped
@pytest.mark.parametrize("sequence", [0, 4, 5])
def test_reverts_when_the_sequence_is_not_greater(consents, refuse, scope, sequence):
    refuse(1, sequence=5, **scope)
    with reverts(consents.ConsentRegistry_SequencePast, subject=ALICE.address, sequence=sequence, stored=5):
        refuse(2, sequence=sequence, **scope)


@scoped
def test_reverts_when_the_first_sequence_is_zero(consents, refuse, scope):
    with reverts(consents.ConsentRegistry_SequencePast, subject=ALICE.address, sequence=0, stored=0):
        refuse(1, sequence=0, **scope)


def test_reverts_when_another_patient_signed(consents, domain, people):
    message = {
        "subject": ALICE.address,
        "custodian": 0,
        "study": ZERO32,
        "grantee": 0,
        "purposes": 1,
        "sequence": 1,
    }
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=ALICE.address,
        digest=domain.digest("Refusal", message),
    ):
        consents.refuse(message, 0, BOB.sign(domain, "Refusal", message), sender=people.relay)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": BOB.address},
        {"custodian": HOSPITAL_A},
        {"study": STUDY},
        {"grantee": HOSPITAL_B},
        {"purposes": 2},
        {"sequence": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_reverts_when_any_field_is_another_than_signed(consents, domain, people, change):
    signed = {
        "subject": ALICE.address,
        "custodian": 0,
        "study": ZERO32,
        "grantee": 0,
        "purposes": 1,
        "sequence": 1,
    }
    sent = signed | change
    with reverts(
        consents.ConsentRegistry_SignatureInvalid,
        signer=sent["subject"],
        digest=domain.digest("Refusal", sent),
    ):
        consents.refuse(sent, 0, ALICE.sign(domain, "Refusal", signed), sender=people.relay)


@scoped
def test_stores_the_purposes_of_the_scope(consents, refuse, scope):
    receipt = refuse(0b110, sequence=3, **scope)
    assert refused(consents) == 0b110
    assert events_of(receipt) == [
        ("PaperEnded", {"subject": ALICE.address}),
        (
            "RefusalSet",
            {"subject": ALICE.address, "custodian": 0, "study": ZERO32, "grantee": 0}
            | scope
            | {"purposes": 0b110, "sequence": 3, "appointment": 0},
        ),
    ]


@scoped
def test_replaces_and_lifts_what_was_refused_there(consents, refuse, scope):
    refuse(0b110, sequence=1, **scope)
    refuse(0b001, sequence=7, **scope)
    assert refused(consents) == 0b001
    refuse(0, sequence=8, **scope)
    assert refused(consents) == 0


@scoped
def test_gains_nothing_from_a_message_that_was_withheld(consents, refuse, scope):
    """A relay that keeps an older message back can't send it once a newer one is there."""
    refuse(0b1, sequence=2, **scope)
    with reverts(consents.ConsentRegistry_SequencePast, subject=ALICE.address, sequence=1, stored=2):
        refuse(0, sequence=1, **scope)
    assert refused(consents) == 0b1


def test_counts_the_sequence_of_each_scope_for_itself(consents, refuse):
    refuse(0b0001, sequence=9)
    refuse(0b0010, sequence=1, custodian=HOSPITAL_A)
    refuse(0b0100, sequence=1, study=STUDY)
    refuse(0b1000, sequence=1, grantee=HOSPITAL_B)
    assert refused(consents) == 0b1111


def test_refuses_in_no_other_scope(consents, refuse):
    refuse(0b0010, custodian=HOSPITAL_A)
    refuse(0b0100, study=STUDY)
    refuse(0b1000, grantee=HOSPITAL_B)
    elsewhere = [
        (ALICE.address, HOSPITAL_A, digest("another"), COMPANY_C, 0b0010),
        (ALICE.address, 4, STUDY, COMPANY_C, 0b0100),
        (ALICE.address, 4, digest("another"), HOSPITAL_B, 0b1000),
        (ALICE.address, 4, digest("another"), COMPANY_C, 0),
        (BOB.address, HOSPITAL_A, STUDY, HOSPITAL_B, 0),
    ]
    for subject, custodian, study, grantee, expected in elsewhere:
        assert consents.refusedPurposes(subject, (custodian, 0, study, grantee)) == expected


def test_reads_no_number_in_the_place_of_another(consents, refuse):
    """Institution 2 as a custodian is not institution 2 as a grantee."""
    refuse(0b1, custodian=2)
    assert consents.refusedPurposes(ALICE.address, (1, 0, STUDY, 2)) == 0
    assert consents.refusedPurposes(ALICE.address, (2, 0, STUDY, 1)) == 0b1
