"""The review that is owed for an emergency."""

from typing import Any

import pytest
from scenario import (
    ALL,
    BOARD_E,
    COMPANY_C,
    DENIED,
    GRACE,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    MR,
    PERMITTED,
    PROJECTS,
    REFUSED,
    RELEASES,
    SUSPENDED,
    TERMS,
    UNKNOWN,
    ZERO32,
    digest,
    emergency_of,
    emergency_query,
    events_of,
    reverts,
)

JUSTIFIED, UNJUSTIFIED = 1, 2
REPORT, REVIEWER = digest("a report"), digest("who reviewed")


@pytest.fixture(scope="session")
def review(ledger, people):
    """Hospital A reviews; changed as the test needs it."""

    def review_(
        request: bytes,
        sender: Any = None,
        verdict: int = JUSTIFIED,
        report: bytes = REPORT,
        person: bytes = REVIEWER,
    ) -> Any:
        return ledger.review(request, verdict, report, person, sender=sender or people.hospital_a)

    return review_


def test_reverts_when_it_is_no_emergency_that_was_permitted(ledger, open_record, review, request_id, refuse):
    denied = bytes(open_record(categories=MR).return_value.id)
    for number, status in ((digest("nothing"), UNKNOWN), (request_id, PERMITTED), (denied, DENIED)):
        with reverts(ledger.AccessLedger_NotEmergency, request=number, status=status):
            review(number)


@pytest.mark.parametrize("verdict", [JUSTIFIED, UNJUSTIFIED])
def test_reverts_when_it_was_reviewed_before(ledger, opened, review, people, verdict):
    review(opened, verdict=verdict)
    for sender in (people.hospital_a, people.board_e):
        with reverts(ledger.AccessLedger_AlreadyReviewed, request=opened):
            review(opened, sender, UNJUSTIFIED)
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [1, 0]


def test_reverts_when_the_requester_reviews_itself(
    project, people, chain, ledger, institutions, open_record, review
):
    """Hospital A opens what it holds itself: it is the custodian, and yet not its own judge."""
    institutions.setOperator(GRACE.address, 0, sender=people.hospital_b)
    institutions.setOperator(GRACE.address, ALL, sender=people.hospital_a)
    opened = bytes(open_record(people.hospital_a).return_value.id)
    assert ledger.requestOf(opened).custodian == ledger.requestOf(opened).requester == HOSPITAL_A
    with reverts(
        ledger.AccessLedger_NotReviewer,
        request=opened,
        account=people.hospital_a.address,
        institution=HOSPITAL_A,
        permissions=ALL,
    ):
        review(opened)
    review(opened, people.board_e)


def test_reverts_when_the_requester_is_a_board_itself(ledger, open_record, review, people, carry):
    """Also one that became a board since."""
    opened = bytes(open_record().return_value.id)
    carry(action=4, institution=HOSPITAL_B, roles=2 | 4, country=b"GB", attributes=1)
    with reverts(
        ledger.AccessLedger_NotReviewer,
        request=opened,
        account=people.hospital_b.address,
        institution=HOSPITAL_B,
        permissions=ALL,
    ):
        review(opened, people.hospital_b)


def test_reverts_when_the_caller_is_of_neither(ledger, opened, review, people):
    """Another custodian, another requester, a stranger."""
    for account, institution, permissions in (
        (people.hospital_d, HOSPITAL_D, ALL),
        (people.company_c, COMPANY_C, ALL),
        (people.eve, 0, 0),
    ):
        with reverts(
            ledger.AccessLedger_NotReviewer,
            request=opened,
            account=account.address,
            institution=institution,
            permissions=permissions,
        ):
            review(opened, account)


@pytest.mark.parametrize(
    ("admin", "number", "needed"), [("hospital_a", HOSPITAL_A, RELEASES), ("board_e", BOARD_E, PROJECTS)]
)
def test_reverts_when_the_operator_may_not(
    ledger, institutions, opened, review, people, admin, number, needed
):
    institutions.setOperator(people.operator, ALL & ~needed, sender=getattr(people, admin))
    with reverts(
        ledger.AccessLedger_NotReviewer,
        request=opened,
        account=people.operator.address,
        institution=number,
        permissions=ALL & ~needed,
    ):
        review(opened, people.operator)
    institutions.setOperator(people.operator, needed, sender=getattr(people, admin))
    review(opened, people.operator)


@pytest.mark.parametrize(("admin", "number"), [("hospital_a", HOSPITAL_A), ("board_e", BOARD_E)])
def test_reverts_when_the_institution_is_suspended(
    ledger, institutions, opened, review, people, admin, number
):
    institutions.suspendSelf(sender=getattr(people, admin))
    with reverts(ledger.AccessLedger_NotActive, institution=number, status=SUSPENDED):
        review(opened, getattr(people, admin))


def test_reverts_without_a_verdict_a_report_or_a_person(ledger, opened, review):
    with reverts(ledger.AccessLedger_VerdictMissing, request=opened):
        review(opened, verdict=0)
    with reverts(ledger.AccessLedger_ReportMissing, request=opened):
        review(opened, report=ZERO32)
    with reverts(ledger.AccessLedger_PersonMissing):
        review(opened, person=ZERO32)


@pytest.mark.parametrize("verdict", [JUSTIFIED, UNJUSTIFIED])
@pytest.mark.parametrize(("reviewer", "number"), [("hospital_a", HOSPITAL_A), ("board_e", BOARD_E)])
def test_reviews_it_once_and_counts_it(ledger, opened, review, people, reviewer, number, verdict):
    receipt = review(opened, getattr(people, reviewer), verdict)
    event = {
        "request": opened,
        "reviewer": number,
        "requester": HOSPITAL_B,
        "verdict": verdict,
        "report": REPORT,
        "late": False,
        "person": REVIEWER,
    }
    assert events_of(receipt) == [("EmergencyReviewed", event)]
    assert (ledger.requestOf(opened).isReviewed, ledger.requestOf(opened).status) == (True, PERMITTED)
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [1, 0]


@pytest.mark.parametrize(("after", "late"), [(-1, False), (0, True), (1, True), (400 * 86_400, True)])
def test_takes_a_late_one_and_says_so(chain, ledger, opened, review, after, late):
    chain.pending_timestamp = ledger.requestOf(opened).requestedAt + TERMS["reviewTerm"] + after
    assert events_of(review(opened))[0][1]["late"] == late


def test_reviews_what_the_custodian_refused(ledger, opened, review, people, study, person):
    query = emergency_query(emergency_of(study))
    ledger.refuse(7, query, ZERO32, HOSPITAL_B, 400, person, sender=people.hospital_a)
    review(opened, verdict=UNJUSTIFIED)
    assert (ledger.requestOf(opened).isReviewed, ledger.requestOf(opened).status) == (True, REFUSED)


def test_counts_each_requester_by_itself(ledger, institutions, open_record, review, people):
    first, second = (bytes(open_record(nonce=nonce).return_value.id) for nonce in (1, 2))
    institutions.setOperator(GRACE.address, 0, sender=people.hospital_b)
    institutions.setOperator(GRACE.address, ALL, sender=people.company_c)
    third = bytes(open_record(people.company_c).return_value.id)
    review(second)
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [2, 1]
    assert list(ledger.emergenciesOf(COMPANY_C)) == [1, 1]
    review(third, people.board_e)
    review(first)
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [2, 0]
    assert list(ledger.emergenciesOf(COMPANY_C)) == [1, 0]
