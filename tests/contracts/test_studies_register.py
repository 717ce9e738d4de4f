from typing import Any

import pytest
from scenario import (
    ALICE,
    BOB,
    CT,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    RELEASES,
    REQUESTS,
    START,
    STUDIES,
    STUDY_ACTIVE,
    SUSPENDED,
    ZERO32,
    ZERO_ADDRESS,
    digest,
    events_of,
    plain,
    reverts,
)

LOCAL_ID, MANIFEST, CONTENT = digest("local id"), digest("a manifest"), digest("the content")
ARGUMENTS = {
    "localId": LOCAL_ID,
    "subject": ALICE.address,
    "categories": CT,
    "manifestDigest": MANIFEST,
    "contentCommitment": CONTENT,
}


def register(studies, sender, **changes: Any):
    return studies.register(*(ARGUMENTS | changes).values(), sender=sender)


def test_reverts_when_the_caller_acts_for_nobody(studies, people):
    with reverts(studies.StudyRegistry_NotOperator, account=people.eve.address, institution=0, permissions=0):
        register(studies, people.eve)


def test_reverts_when_the_operator_may_not_handle_studies(studies, institutions, people):
    institutions.setOperator(people.operator, RELEASES | REQUESTS, sender=people.hospital_a)
    with reverts(
        studies.StudyRegistry_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_A,
        permissions=RELEASES | REQUESTS,
    ):
        register(studies, people.operator)


def test_reverts_when_the_institution_is_suspended(studies, institutions, people):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(studies.StudyRegistry_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        register(studies, people.hospital_a)


def test_reverts_when_the_institution_is_no_custodian(studies, people):
    with reverts(studies.StudyRegistry_LacksRole, institution=HOSPITAL_B, roles=10):
        register(studies, people.hospital_b)


@pytest.mark.parametrize(
    ("field", "zero"),
    [
        ("localId", ZERO32),
        ("subject", ZERO_ADDRESS),
        ("categories", 0),
        ("manifestDigest", ZERO32),
        ("contentCommitment", ZERO32),
    ],
)
def test_reverts_when_an_argument_is_zero(studies, people, field, zero):
    with reverts(studies.StudyRegistry_Incomplete, **(ARGUMENTS | {field: zero})):
        register(studies, people.hospital_a, **{field: zero})


def test_reverts_when_the_study_is_registered_already(studies, people):
    register(studies, people.hospital_a)
    study = bytes(studies.studyId(HOSPITAL_A, LOCAL_ID))
    with reverts(studies.StudyRegistry_AlreadyRegistered, study=study):
        register(studies, people.hospital_a, subject=BOB.address, manifestDigest=digest("another"))


def test_reverts_when_the_study_was_erased(studies, people):
    register(studies, people.hospital_a)
    study = bytes(studies.studyId(HOSPITAL_A, LOCAL_ID))
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    with reverts(studies.StudyRegistry_AlreadyRegistered, study=study):
        register(studies, people.hospital_a)


def test_registers_the_study_in_its_first_epoch(studies, institutions, people, chain):
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    chain.pending_timestamp = START + 500
    receipt = register(studies, people.operator)
    study = bytes(studies.studyId(HOSPITAL_A, LOCAL_ID))
    assert bytes(receipt.return_value) == study
    assert plain(studies.study(study)) == {
        "subject": ALICE.address,
        "custodian": HOSPITAL_A,
        "epoch": 1,
        "status": STUDY_ACTIVE,
        "categories": CT,
        "registeredAt": START + 500,
        "formers": 0,
        "manifestDigest": MANIFEST,
        "contentCommitment": CONTENT,
    }
    assert events_of(receipt) == [
        (
            "StudyRegistered",
            {
                "study": study,
                "custodian": HOSPITAL_A,
                "subject": ALICE.address,
                "categories": CT,
                "manifestDigest": MANIFEST,
                "contentCommitment": CONTENT,
            },
        )
    ]


def test_takes_nobody_elses_number(studies, people):
    register(studies, people.hospital_d, subject=BOB.address)
    register(studies, people.hospital_a)
    assert studies.study(studies.studyId(HOSPITAL_A, LOCAL_ID)).subject == ALICE.address
    assert studies.study(studies.studyId(HOSPITAL_D, LOCAL_ID)).subject == BOB.address
