import pytest
from eth_utils import to_checksum_address
from scenario import (
    ALL,
    CT,
    DENIED,
    HOSPITAL_A,
    HOSPITAL_B,
    MR,
    NO_EVIDENCE,
    PERMITTED,
    PURPOSE,
    REASON,
    RELEASES,
    REQUESTS,
    START,
    STUDIES,
    SUSPENDED,
    ZERO32,
    cited,
    digest,
    directive_of,
    events_of,
    modifiers,
    no_directive,
    plain,
    query_of,
    reverts,
)

NEVER_SERVED = {
    "servedEpoch": 0,
    "confirmedEpoch": 0,
    "disputedEpoch": 0,
    "isEmergency": False,
    "isReviewed": False,
}


def event_of(receipt):
    """The one event, its structs with their fields' names again."""
    ((name, event),) = events_of(receipt)
    assert name == "AccessRequested"
    event["query"] = dict(zip(query_of(ZERO32), event["query"], strict=True))
    event["directive"] = dict(zip(no_directive(), event["directive"], strict=True))
    event["directive"]["subject"] = to_checksum_address(event["directive"]["subject"])
    event["directive"]["modifiers"] = modifiers(*event["directive"]["modifiers"])
    return event


def test_reverts_when_the_caller_acts_for_nobody(ledger, query, directive, people, person):
    with reverts(ledger.AccessLedger_NotOperator, account=people.eve.address, institution=0, permissions=0):
        ledger.request(2, query, *cited(directive), person, sender=people.eve)


def test_reverts_when_the_operator_may_not_ask(ledger, institutions, query, directive, people, person):
    institutions.setOperator(people.operator, STUDIES | RELEASES, sender=people.hospital_b)
    with reverts(
        ledger.AccessLedger_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_B,
        permissions=STUDIES | RELEASES,
    ):
        ledger.request(2, query, *cited(directive), person, sender=people.operator)


def test_reverts_when_the_person_is_missing(ledger, query, directive, people):
    with reverts(ledger.AccessLedger_PersonMissing):
        ledger.request(2, query, *cited(directive), ZERO32, sender=people.hospital_b)


def test_reverts_when_the_same_was_permitted_before(ledger, query, directive, request_id, people, person):
    with reverts(ledger.AccessLedger_AlreadyRequested, request=request_id, status=PERMITTED):
        ledger.request(1, query, *cited(directive), person, sender=people.hospital_b)


def test_reverts_when_the_same_was_denied_before_even_if_it_would_be_permitted_now(
    ledger, query, study, people, person, record
):
    directive = directive_of(study, salt=digest("not recorded yet"))
    receipt = ledger.request(2, query, *cited(directive), person, sender=people.hospital_b)
    assert event_of(receipt)["reason"] == REASON.DIRECTIVE_NOT_RECORDED
    record(directive)
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.PERMITTED
    with reverts(ledger.AccessLedger_AlreadyRequested, request=event_of(receipt)["request"], status=DENIED):
        ledger.request(2, query, *cited(directive), person, sender=people.hospital_b)
    again = ledger.request(3, query, *cited(directive), person, sender=people.hospital_b)
    assert event_of(again)["reason"] == REASON.PERMITTED


def test_reverts_when_the_same_was_refused_before(
    ledger, query, directive, directive_hash, request_id, people, person
):
    ledger.refuse(1, query, directive_hash, HOSPITAL_B, 403, person, sender=people.hospital_a)
    with reverts(ledger.AccessLedger_AlreadyRequested, request=request_id, status=3):
        ledger.request(1, query, *cited(directive), person, sender=people.hospital_b)


def test_records_a_permit(
    ledger, institutions, chain, study, query, directive, directive_hash, people, person
):
    institutions.setOperator(people.operator, REQUESTS, sender=people.hospital_b)
    chain.pending_timestamp = START + 900
    receipt = ledger.request(2, query, *cited(directive), person, sender=people.operator)
    number = bytes(ledger.requestId(HOSPITAL_B, 2, query, directive_hash))
    assert [bytes(receipt.return_value[0]), receipt.return_value[1]] == [number, REASON.PERMITTED]
    assert plain(ledger.requestOf(number)) == NEVER_SERVED | {
        "status": PERMITTED,
        "requester": HOSPITAL_B,
        "custodian": HOSPITAL_A,
        "requestedAt": START + 900,
    }
    assert event_of(receipt) == {
        "request": number,
        "study": study,
        "requester": HOSPITAL_B,
        "reason": REASON.PERMITTED,
        "nonce": 2,
        "query": query,
        "directiveHash": directive_hash,
        "directive": directive,
        "evidence": list(NO_EVIDENCE),
        "person": person,
        "engineVersion": 1,
    }


def test_records_a_denial_with_its_reason(ledger, query, directive, directive_hash, people, person):
    receipt = ledger.request(2, query, *cited(directive), person, sender=people.company_c)
    event = event_of(receipt)
    assert (event["requester"], event["reason"]) == (3, REASON.GRANTEE_DIFFERS)
    assert plain(ledger.requestOf(event["request"]))["status"] == DENIED
    assert event["request"] == bytes(ledger.requestId(3, 2, query, directive_hash))


def test_records_a_denial_without_a_directive_under_the_hash_0(ledger, query, people, person):
    junk = no_directive() | {
        "salt": digest("not looked at"),
        "modifiers": modifiers((9, ZERO32), (1, ZERO32)),
    }
    event = event_of(ledger.request(2, query, *cited(junk), person, sender=people.hospital_b))
    assert (event["reason"], event["directiveHash"]) == (REASON.DIRECTIVE_ABSENT, ZERO32)
    assert event["request"] == bytes(ledger.requestId(HOSPITAL_B, 2, query, ZERO32))
    assert event["directive"]["salt"] == digest("not looked at")


def test_records_a_denial_about_an_unknown_study(ledger, directive, people, person):
    query = query_of(digest("nothing"))
    event = event_of(ledger.request(2, query, *cited(directive), person, sender=people.hospital_b))
    assert event["reason"] == REASON.STUDY_UNKNOWN
    found = ledger.requestOf(event["request"])
    assert (found.status, found.custodian) == (DENIED, 0)


def test_records_a_denial_for_a_suspended_institution(ledger, institutions, query, directive, people, person):
    institutions.suspendSelf(sender=people.hospital_b)
    assert institutions.standing(HOSPITAL_B).status == SUSPENDED
    event = event_of(ledger.request(2, query, *cited(directive), person, sender=people.hospital_b))
    assert event["reason"] == REASON.REQUESTER_NOT_ACTIVE


def test_records_a_denial_for_an_institution_without_the_role(ledger, query, directive, people, person):
    event = event_of(ledger.request(2, query, *cited(directive), person, sender=people.board_e))
    assert event["reason"] == REASON.REQUESTER_LACKS_ROLE


@pytest.mark.parametrize("purpose", [59, 64, 255])
def test_records_a_denial_of_a_purpose_that_nobody_knows(ledger, study, directive, people, person, purpose):
    query = query_of(study, purpose=purpose)
    event = event_of(ledger.request(2, query, *cited(directive), person, sender=people.hospital_b))
    assert (event["reason"], event["query"]["purpose"]) == (REASON.PURPOSE_UNKNOWN, purpose)


@pytest.mark.parametrize(
    ("query_change", "directive_change"),
    [
        ({}, {"expiry": 0}),
        ({}, {"modifiers": modifiers(*((code, ZERO32) for code in range(30)))}),
        ({}, {"vocabulary": 65_535, "permission": 65_535}),
        ({"categories": 2**64 - 1, "obligations": 2**64 - 1, "project": digest("a project")}, {}),
    ],
)
def test_records_a_denial_whatever_the_query_and_the_directive_say(
    ledger, study, people, person, query_change, directive_change
):
    """Nothing that can be said makes a request revert, and so be lost."""
    query = query_of(study, **query_change)
    directive = directive_of(study, **directive_change)
    event = event_of(ledger.request(2, query, *cited(directive), person, sender=people.hospital_b))
    assert event["reason"] != REASON.PERMITTED
    assert (event["query"], event["directive"]) == (query, directive)


def test_keeps_what_differs_in_anything_apart(ledger, study, people, person, record):
    """Another nonce, requester, query or directive is another request."""
    base = {"nonce": 2, "query": query_of(study), "directive": directive_of(study, categories=CT | MR)}
    record(base["directive"])
    queries = [
        query_of(digest("another")),
        query_of(study, purpose=PURPOSE.ETREAT),
        query_of(study, categories=CT | MR),
        query_of(study, project=digest("a project")),
        query_of(study, obligations=1),
    ]
    variants = [
        base,
        base | {"nonce": 3},
        *(base | {"query": query} for query in queries),
        base | {"directive": directive_of(study, salt=digest("another"))},
        base | {"directive": no_directive()},
    ]
    numbers = set()
    for sender in (people.hospital_b, people.company_c):
        for variant in variants:
            receipt = ledger.request(
                variant["nonce"],
                variant["query"],
                *cited(variant["directive"]),
                person,
                sender=sender,
            )
            numbers.add(event_of(receipt)["request"])
    assert len(numbers) == 2 * len(variants)


def test_asks_for_one_institution_whoever_of_it_asks(
    ledger, institutions, query, directive, request_id, people, person
):
    """Two operators of one institution share its requests; they can't ask the same twice."""
    institutions.setOperator(people.operator, ALL, sender=people.hospital_b)
    with reverts(ledger.AccessLedger_AlreadyRequested, request=request_id, status=PERMITTED):
        ledger.request(1, query, *cited(directive), digest("another person"), sender=people.operator)
