from typing import Any

import pytest
from scenario import (
    HOSPITAL_B,
    RELEASES,
    REQUESTS,
    STUDIES,
    SUSPENDED,
    ZERO32,
    digest,
    events_of,
    plain,
    reverts,
    table,
)

FAILURES = [int(row["number"]) for row in table("failures")]


@pytest.fixture
def dispute(ledger, query, directive_hash, people, person):
    """Hospital B disputes what was released; changed as the test needs it."""

    def dispute_(sender: Any = None, **changes: Any) -> Any:
        arguments = {
            "nonce": 1,
            "query": query,
            "directiveHash": directive_hash,
            "epoch": 1,
            "failure": 7,
            "person": person,
        } | changes
        return ledger.dispute(*arguments.values(), sender=sender or people.hospital_b)

    return dispute_


def test_reverts_when_the_caller_acts_for_nobody(ledger, released, dispute, people):
    with reverts(ledger.AccessLedger_NotOperator, account=people.eve.address, institution=0, permissions=0):
        dispute(people.eve)


def test_reverts_when_the_operator_may_not_ask(ledger, institutions, released, dispute, people):
    institutions.setOperator(people.operator, STUDIES | RELEASES, sender=people.hospital_b)
    with reverts(
        ledger.AccessLedger_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_B,
        permissions=STUDIES | RELEASES,
    ):
        dispute(people.operator)


def test_reverts_when_the_institution_is_suspended(ledger, institutions, released, dispute, people):
    institutions.suspendSelf(sender=people.hospital_b)
    with reverts(ledger.AccessLedger_NotActive, institution=HOSPITAL_B, status=SUSPENDED):
        dispute()


def test_reverts_when_the_person_is_missing(ledger, released, dispute):
    with reverts(ledger.AccessLedger_PersonMissing):
        dispute(person=ZERO32)


@pytest.mark.parametrize("failure", [0, 12, 255])
def test_reverts_when_the_failure_is_unknown(ledger, released, dispute, failure):
    with reverts(ledger.AccessLedger_FailureUnknown, failure=failure):
        dispute(failure=failure)


@pytest.mark.parametrize("epoch", [0, 1])
def test_reverts_when_nothing_was_released(ledger, request_id, dispute, epoch):
    with reverts(ledger.AccessLedger_NotReleased, request=request_id, epoch=epoch, servedEpoch=0):
        dispute(epoch=epoch)


@pytest.mark.parametrize("epoch", [0, 2])
def test_reverts_when_the_release_was_in_another_epoch(ledger, released, dispute, epoch):
    with reverts(ledger.AccessLedger_NotReleased, request=released, epoch=epoch, servedEpoch=1):
        dispute(epoch=epoch)


def test_reverts_when_another_institution_disputes(ledger, query, directive_hash, released, dispute, people):
    number = bytes(ledger.requestId(3, 1, query, directive_hash))
    with reverts(ledger.AccessLedger_NotReleased, request=number, epoch=1, servedEpoch=0):
        dispute(people.company_c)


def test_reverts_when_the_epoch_was_disputed(ledger, released, dispute):
    dispute()
    with reverts(ledger.AccessLedger_AlreadyDisputed, request=released, epoch=1):
        dispute(failure=8)


@pytest.mark.parametrize("failure", FAILURES)
def test_disputes(ledger, institutions, study, released, dispute, people, person, failure):
    institutions.setOperator(people.operator, REQUESTS, sender=people.hospital_b)
    before = plain(ledger.requestOf(released))
    receipt = dispute(people.operator, failure=failure)
    assert plain(ledger.requestOf(released)) == before | {"disputedEpoch": 1}
    assert events_of(receipt) == [
        (
            "AccessDisputed",
            {
                "request": released,
                "study": study,
                "requester": HOSPITAL_B,
                "epoch": 1,
                "failure": failure,
                "person": person,
            },
        )
    ]


def test_disputes_a_later_epoch_too(ledger, studies, study, released, release, dispute, people):
    dispute()
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    release(epoch=2)
    dispute(epoch=2)
    assert ledger.requestOf(released).disputedEpoch == 2


def test_disputes_what_was_confirmed_before(ledger, query, directive_hash, released, dispute, people, person):
    ledger.confirm(1, query, directive_hash, 1, person, sender=people.hospital_b)
    dispute()
    found = ledger.requestOf(released)
    assert (found.confirmedEpoch, found.disputedEpoch) == (1, 1)
