from typing import Any

import pytest
from scenario import (
    DENIED,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    REFUSED,
    RELEASES,
    REQUESTS,
    STUDIES,
    SUSPENDED,
    UNKNOWN,
    ZERO32,
    cited,
    digest,
    events_of,
    no_directive,
    plain,
    query_of,
    reverts,
)


@pytest.fixture
def refuse_request(ledger, query, directive_hash, people, person):
    """Hospital A refuses hospital B's request; changed as the test needs it."""

    def refuse_(sender: Any = None, **changes: Any) -> Any:
        arguments = {
            "nonce": 1,
            "query": query,
            "directiveHash": directive_hash,
            "requester": HOSPITAL_B,
            "reason": 400,
            "person": person,
        } | changes
        return ledger.refuse(*arguments.values(), sender=sender or people.hospital_a)

    return refuse_


def test_reverts_when_the_caller_acts_for_nobody(ledger, refuse_request, people):
    with reverts(ledger.AccessLedger_NotOperator, account=people.eve.address, institution=0, permissions=0):
        refuse_request(people.eve)


def test_reverts_when_the_operator_may_not_release(ledger, institutions, refuse_request, people):
    institutions.setOperator(people.operator, STUDIES | REQUESTS, sender=people.hospital_a)
    with reverts(
        ledger.AccessLedger_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_A,
        permissions=STUDIES | REQUESTS,
    ):
        refuse_request(people.operator)


def test_reverts_when_the_institution_is_suspended(ledger, institutions, refuse_request, people):
    institutions.suspendSelf(sender=people.hospital_a)
    with reverts(ledger.AccessLedger_NotActive, institution=HOSPITAL_A, status=SUSPENDED):
        refuse_request()


@pytest.mark.parametrize(("admin", "number"), [("hospital_d", HOSPITAL_D), ("hospital_b", HOSPITAL_B)])
def test_reverts_when_another_institution_refuses(ledger, study, refuse_request, people, admin, number):
    with reverts(ledger.AccessLedger_NotCustodian, study=study, institution=number):
        refuse_request(getattr(people, admin))


def test_reverts_when_the_study_is_unknown(ledger, refuse_request):
    nothing = digest("nothing")
    with reverts(ledger.AccessLedger_NotCustodian, study=nothing, institution=HOSPITAL_A):
        refuse_request(query=query_of(nothing))


def test_reverts_when_the_person_is_missing(ledger, refuse_request):
    with reverts(ledger.AccessLedger_PersonMissing):
        refuse_request(person=ZERO32)


@pytest.mark.parametrize("reason", [0, 1, 399, 500, 65_535])
def test_reverts_when_the_reason_is_not_a_refusals(ledger, refuse_request, reason):
    with reverts(ledger.AccessLedger_ReasonOutOfRange, reason=reason):
        refuse_request(reason=reason)


def test_reverts_when_just_this_was_not_asked(ledger, query, directive_hash, refuse_request):
    number = bytes(ledger.requestId(HOSPITAL_B, 2, query, directive_hash))
    with reverts(ledger.AccessLedger_NotPermitted, request=number, status=UNKNOWN):
        refuse_request(nonce=2)


def test_reverts_when_the_request_was_denied(ledger, query, refuse_request, people, person):
    ledger.request(1, query, *cited(no_directive()), person, sender=people.hospital_b)
    number = bytes(ledger.requestId(HOSPITAL_B, 1, query, ZERO32))
    with reverts(ledger.AccessLedger_NotPermitted, request=number, status=DENIED):
        refuse_request(directiveHash=ZERO32)


def test_reverts_when_the_request_was_refused(ledger, request_id, refuse_request):
    refuse_request()
    with reverts(ledger.AccessLedger_NotPermitted, request=request_id, status=REFUSED):
        refuse_request(reason=401)


@pytest.mark.parametrize("reason", [400, 403, 499])
def test_refuses(ledger, institutions, study, request_id, refuse_request, people, person, reason):
    institutions.setOperator(people.operator, RELEASES, sender=people.hospital_a)
    before = plain(ledger.requestOf(request_id))
    receipt = refuse_request(people.operator, reason=reason)
    assert plain(ledger.requestOf(request_id)) == before | {"status": REFUSED}
    assert events_of(receipt) == [
        (
            "AccessRefused",
            {
                "request": request_id,
                "study": study,
                "requester": HOSPITAL_B,
                "custodian": HOSPITAL_A,
                "reason": reason,
                "person": person,
            },
        )
    ]


def test_refuses_what_was_served_before(ledger, released, refuse_request):
    refuse_request()
    found = ledger.requestOf(released)
    assert (found.status, found.servedEpoch) == (REFUSED, 1)


def test_refuses_of_a_withdrawn_study_too(ledger, studies, study, request_id, refuse_request, people):
    studies.withdraw(study, sender=people.hospital_a)
    refuse_request()
    assert ledger.requestOf(request_id).status == REFUSED
