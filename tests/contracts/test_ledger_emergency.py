"""Two people of one institution open a study without the patient's consent."""

from typing import Any

import pytest
from scenario import (
    ACTIVE,
    ALICE,
    BOARD_E,
    COMPANY_C,
    CT,
    DENIED,
    EMERGENCIES,
    GRACE,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    MR,
    PERMITTED,
    PURPOSE,
    REASON,
    REFUSED,
    START,
    STOP,
    TERMS,
    UNKNOWN,
    ZERO32,
    Domain,
    Patient,
    cited,
    digest,
    emergency_of,
    emergency_query,
    events_of,
    no_directive,
    plain,
    query_of,
    release_of,
    request_id,
    reverts,
    said_in,
)

HOUR = 3_600
TWO_WEEKS = 14 * 86_400


@pytest.fixture
def serve(ledger, study, people):
    """Hospital A releases to hospital B what it opened; changed as the test needs it."""

    def serve_(nonce: int = 7, sender: Any = None, **changes: Any) -> Any:
        query = emergency_query(emergency_of(study))
        released = release_of(**changes)
        return ledger.release(
            nonce, query, *cited(no_directive()), released, sender=sender or people.hospital_a
        )

    return serve_


@pytest.mark.parametrize("permissions", [0, 127 & ~EMERGENCIES])
def test_reverts_when_the_caller_is_no_operator_for_emergencies(
    ledger, institutions, people, study, permissions
):
    if permissions:
        institutions.setOperator(people.operator, permissions, sender=people.hospital_b)
    with reverts(
        ledger.AccessLedger_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_B if permissions else 0,
        permissions=permissions,
    ):
        ledger.emergency(7, emergency_of(study), bytes(65), sender=people.operator)


def test_reverts_without_a_justification(ledger, open_record):
    with reverts(ledger.AccessLedger_JustificationMissing):
        open_record(justification=ZERO32)


@pytest.mark.parametrize("name", ["person", "secondPerson"])
def test_reverts_without_a_person(ledger, open_record, name):
    with reverts(ledger.AccessLedger_PersonMissing):
        open_record(**{name: ZERO32})


def test_reverts_when_one_person_is_both(ledger, open_record, people):
    """Not under two accounts either, as far as the institution is honest about who they are."""
    alone = {"second": people.hospital_b.address, "secondPerson": digest("another person")}
    with reverts(
        ledger.AccessLedger_SecondIsFirst,
        account=people.hospital_b.address,
        person=digest("another person"),
    ):
        open_record(**alone)
    with reverts(ledger.AccessLedger_SecondIsFirst, account=GRACE.address, person=digest("a person")):
        open_record(secondPerson=digest("a person"))


def test_reverts_when_the_second_is_of_another_institution(ledger, institutions, open_record, people):
    other = Patient("Heidi of hospital D")
    institutions.setOperator(other.address, EMERGENCIES, sender=people.hospital_d)
    for second, institution, permissions in ((other, HOSPITAL_D, EMERGENCIES), (ALICE, 0, 0)):
        with reverts(
            ledger.AccessLedger_SecondNotOperator,
            second=second.address,
            institution=institution,
            permissions=permissions,
        ):
            open_record(second=second.address, signer=second)


@pytest.mark.parametrize("permissions", [0, 127 & ~EMERGENCIES])
def test_reverts_when_the_second_may_not_any_more(ledger, institutions, open_record, people, permissions):
    """A signature of before is worth nothing then."""
    institutions.setOperator(GRACE.address, permissions, sender=people.hospital_b)
    with reverts(
        ledger.AccessLedger_SecondNotOperator,
        second=GRACE.address,
        institution=HOSPITAL_B if permissions else 0,
        permissions=permissions,
    ):
        open_record()


@pytest.mark.parametrize("life", [-START, -1, 0, HOUR + 1, 2**64 - 1 - START])
def test_reverts_when_what_the_second_signed_is_over_or_good_for_too_long(chain, ledger, open_record, life):
    chain.pending_timestamp = START
    with reverts(ledger.AccessLedger_UntilOutOfRange, until=START + life):
        open_record(until=START + life)


@pytest.mark.parametrize("life", [1, HOUR])
def test_takes_what_the_second_signed_to_its_last_second(chain, open_record, life):
    chain.pending_timestamp = START + 10
    assert open_record(until=START + 10 + life).return_value.reason == REASON.PERMITTED


def test_reverts_when_the_same_was_asked_before(ledger, open_record, people, study, person):
    number = bytes(open_record().return_value.id)
    with reverts(ledger.AccessLedger_AlreadyRequested, request=number, status=PERMITTED):
        open_record()
    with reverts(ledger.AccessLedger_AlreadyRequested, request=number, status=PERMITTED):
        open_record(justification=digest("another"), secondPerson=digest("somebody else"))
    denied = bytes(open_record(nonce=8, categories=MR).return_value.id)
    with reverts(ledger.AccessLedger_AlreadyRequested, request=denied, status=DENIED):
        open_record(nonce=8, categories=MR)
    query = emergency_query(emergency_of(study))
    asked = ledger.request(9, query, *cited(no_directive()), person, sender=people.hospital_b)
    with reverts(ledger.AccessLedger_AlreadyRequested, request=asked.return_value.id, status=DENIED):
        open_record(nonce=9)


def test_reverts_when_the_signature_is_not_for_this(chain, ledger, open_record, people, study):
    """The second signed another request, reason or person, for another chain or contract; or did not sign."""
    asked = emergency_of(study, until=chain.pending_timestamp + 1_800)
    number = bytes(ledger.requestId(HOSPITAL_B, 7, emergency_query(asked), ZERO32))
    message = {"request": number, **said_in(asked)}
    domain = Domain(chain.chain_id, ledger.address)
    refused = {"signer": GRACE.address, "digest": domain.digest("EmergencyAccess", message)}
    others = (
        bytes(ledger.requestId(HOSPITAL_B, 8, emergency_query(asked), ZERO32)),
        bytes(ledger.requestId(HOSPITAL_D, 7, emergency_query(asked), ZERO32)),
        bytes(ledger.requestId(HOSPITAL_B, 7, emergency_query(emergency_of(digest("x"))), ZERO32)),
        bytes(ledger.requestId(HOSPITAL_B, 7, query_of(study), ZERO32)),
    )
    changes = [
        *({"request": other} for other in others),
        {"justification": digest("another reason")},
        {"person": digest("somebody")},
        {"secondPerson": digest("somebody")},
        {"until": asked["until"] - 1},
    ]
    for signed in changes:
        with reverts(ledger.AccessLedger_SignatureInvalid, **refused):
            open_record(signed=signed, until=asked["until"])
    with reverts(ledger.AccessLedger_SignatureInvalid, **refused):
        open_record(signer=ALICE, until=asked["until"])
    for elsewhere in (Domain(chain.chain_id, people.eve.address), Domain(chain.chain_id + 1, ledger.address)):
        signature = GRACE.sign(elsewhere, "EmergencyAccess", message)
        with reverts(ledger.AccessLedger_SignatureInvalid, **refused):
            ledger.emergency(7, asked, signature, sender=people.hospital_b)


def test_records_a_denial_and_owes_no_review(ledger, open_record, refuse, people, study):
    refuse(1 << PURPOSE.BTG)
    receipt = open_record()
    number = bytes(receipt.return_value.id)
    ((name, event),) = events_of(receipt)
    assert (name, event["reason"], event["reviewBy"]) == ("EmergencyRequested", REASON.REFUSED_BY_PATIENT, 0)
    assert receipt.return_value.reason == REASON.REFUSED_BY_PATIENT
    found = plain(ledger.requestOf(number))
    assert (found["status"], found["isEmergency"], found["isReviewed"]) == (DENIED, True, False)
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [0, 0]


def test_records_a_denial_of_a_suspended_institution(ledger, institutions, open_record, people):
    institutions.suspendSelf(sender=people.hospital_b)
    receipt = open_record()
    assert receipt.return_value.reason == REASON.REQUESTER_NOT_ACTIVE
    assert ledger.requestOf(receipt.return_value.id).status == DENIED


def test_permits_and_says_so(chain, ledger, open_record, people, study):
    chain.pending_timestamp = START + 50
    receipt = open_record(nonce=2**64 - 1, until=START + 50 + HOUR)
    domain = Domain(chain.chain_id, ledger.address)
    number = request_id(domain, HOSPITAL_B, 2**64 - 1, query_of(study, purpose=PURPOSE.BTG, categories=CT))
    assert plain(list(receipt.return_value)) == [number, REASON.PERMITTED]
    assert plain(ledger.requestOf(number)) == {
        "status": PERMITTED,
        "requester": HOSPITAL_B,
        "custodian": HOSPITAL_A,
        "requestedAt": START + 50,
        "servedEpoch": 0,
        "confirmedEpoch": 0,
        "disputedEpoch": 0,
        "isEmergency": True,
        "isReviewed": False,
    }
    event = {
        "request": number,
        "subject": ALICE.address,
        "requester": HOSPITAL_B,
        "study": study,
        "custodian": HOSPITAL_A,
        "reason": REASON.PERMITTED,
        "nonce": 2**64 - 1,
        "categories": CT,
        "justification": digest("unconscious, and a salt"),
        "first": people.hospital_b.address,
        "second": GRACE.address,
        "person": digest("a person"),
        "secondPerson": digest("another person"),
        "until": START + 50 + HOUR,
        "reviewBy": START + 50 + TERMS["reviewTerm"],
    }
    assert events_of(receipt) == [("EmergencyRequested", event)]
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [1, 1]


def test_permits_whatever_was_withdrawn(ledger, study, revoke, revoke_all, directive_hash):
    """No consent is asked for, so none is missed; research that is refused is not this."""
    revoke(directive_hash)
    revoke_all(1)
    assert ledger.decideEmergency(HOSPITAL_D, study, CT) == REASON.PERMITTED


def test_is_never_blocked_by_what_nobody_reviewed(chain, ledger, open_record):
    for nonce in range(5):
        assert open_record(nonce=nonce).return_value.reason == REASON.PERMITTED
    chain.pending_timestamp += 10 * TERMS["reviewTerm"]
    assert open_record(nonce=99).return_value.reason == REASON.PERMITTED
    assert list(ledger.emergenciesOf(HOSPITAL_B)) == [6, 6]
    assert list(ledger.emergenciesOf(HOSPITAL_A)) == [0, 0]


def test_asks_a_second_that_is_a_contract(chain, ledger, institutions, people, mocks, study):
    wallet = people.relay.deploy(mocks.Wallet, 0, GRACE.address)
    institutions.setOperator(wallet.address, EMERGENCIES, sender=people.hospital_b)
    asked = emergency_of(study, second=wallet.address, until=chain.pending_timestamp + 1_800)
    number = bytes(ledger.requestId(HOSPITAL_B, 7, emergency_query(asked), ZERO32))
    message = {"request": number, **said_in(asked)}
    signature = GRACE.sign(Domain(chain.chain_id, ledger.address), "EmergencyAccess", message)
    receipt = ledger.emergency(7, asked, signature, sender=people.hospital_b)
    assert receipt.return_value.reason == REASON.PERMITTED


# What decides


def test_decides_by_the_study(ledger, studies, study, people):
    assert ledger.decideEmergency(HOSPITAL_B, digest("nothing"), CT) == REASON.STUDY_UNKNOWN
    studies.withdraw(study, sender=people.hospital_a)
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.STUDY_WITHDRAWN
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.STUDY_ERASED


def test_decides_by_the_stop(chain, ledger, study, carry):
    carry(action=STOP, duration=100)
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.SHARING_STOPPED


def test_decides_by_the_requester(ledger, institutions, study, people):
    assert ledger.decideEmergency(BOARD_E, study, CT) == REASON.REQUESTER_LACKS_ROLE
    assert ledger.decideEmergency(99, study, CT) == REASON.REQUESTER_NOT_ACTIVE
    institutions.suspendSelf(sender=people.hospital_b)
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.REQUESTER_NOT_ACTIVE


def test_decides_by_the_custodian(ledger, institutions, study, people):
    institutions.suspendSelf(sender=people.hospital_a)
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.CUSTODIAN_NOT_ACTIVE


@pytest.mark.parametrize("purpose", [PURPOSE.BTG, PURPOSE.ETREAT, PURPOSE.TREAT])
@pytest.mark.parametrize("scope", ["everybody", "custodian", "study", "grantee"])
def test_decides_by_what_the_patient_refuses(ledger, study, refuse, purpose, scope):
    of_scope = {"custodian": HOSPITAL_A, "study": study, "grantee": HOSPITAL_B}
    refuse(1 << purpose, **({scope: of_scope[scope]} if scope in of_scope else {}))
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.REFUSED_BY_PATIENT


def test_is_not_hindered_by_what_else_the_patient_refuses(ledger, study, refuse):
    treatment = 1 << PURPOSE.BTG | 1 << PURPOSE.ETREAT | 1 << PURPOSE.TREAT
    refuse((2**64 - 1) & ~treatment)
    refuse(1 << PURPOSE.BTG, grantee=COMPANY_C)
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.PERMITTED


def test_decides_by_the_categories(ledger, study):
    for categories in (0, MR, (2**64 - 1) & ~CT):
        assert ledger.decideEmergency(HOSPITAL_B, study, categories) == REASON.CATEGORY_NOT_ASKED
    for categories in (CT, CT | MR, 2**64 - 1):
        assert ledger.decideEmergency(HOSPITAL_B, study, categories) == REASON.PERMITTED


def test_takes_its_steps_in_their_order(chain, ledger, institutions, studies, study, people, carry, refuse):
    """All fail; each that is put right shows the next."""
    carry(action=STOP, duration=1_000)
    refuse(1 << PURPOSE.BTG)
    studies.withdraw(study, sender=people.hospital_a)
    assert ledger.decideEmergency(BOARD_E, study, 0) == REASON.STUDY_WITHDRAWN
    studies.reinstate(study, sender=people.hospital_a)
    institutions.suspendSelf(sender=people.hospital_a)
    assert ledger.decideEmergency(BOARD_E, study, 0) == REASON.SHARING_STOPPED
    chain.pending_timestamp += 1_000
    chain.mine()
    assert ledger.decideEmergency(BOARD_E, study, 0) == REASON.REQUESTER_LACKS_ROLE
    assert ledger.decideEmergency(HOSPITAL_B, study, 0) == REASON.CUSTODIAN_NOT_ACTIVE
    assert institutions.standing(HOSPITAL_B).status == ACTIVE


# What is released


def test_releases_nothing_that_is_denied_since(ledger, opened, serve, refuse):
    refuse(1 << PURPOSE.BTG, grantee=HOSPITAL_B)
    with reverts(ledger.AccessLedger_Denied, request=opened, reason=REASON.REFUSED_BY_PATIENT):
        serve()


def test_releases_nothing_of_a_study_that_was_withdrawn(ledger, opened, serve, studies, study, people):
    studies.withdraw(study, sender=people.hospital_a)
    with reverts(ledger.AccessLedger_Denied, request=opened, reason=REASON.STUDY_WITHDRAWN):
        serve()


def test_releases_nothing_to_who_was_suspended(ledger, opened, serve, institutions, people):
    institutions.suspendSelf(sender=people.hospital_b)
    with reverts(ledger.AccessLedger_Denied, request=opened, reason=REASON.REQUESTER_NOT_ACTIVE):
        serve()


@pytest.mark.parametrize(("late", "permitted"), [(-1, True), (0, False), (1, False), (86_400 - HOUR, False)])
def test_releases_for_the_first_time_within_an_hour(chain, ledger, opened, serve, late, permitted):
    chain.pending_timestamp = ledger.requestOf(opened).requestedAt + HOUR + late
    if permitted:
        assert serve().status == 1
    else:
        with reverts(ledger.AccessLedger_Denied, request=opened, reason=REASON.REQUEST_EXPIRED):
            serve()


def test_releases_again_in_a_later_epoch_much_later(chain, opened, serve, studies, study, people):
    serve()
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    chain.pending_timestamp += TWO_WEEKS
    assert serve(epoch=2).events[0].epoch == 2


def test_releases_nothing_that_was_refused(ledger, opened, serve, study, people, person):
    query = emergency_query(emergency_of(study))
    ledger.refuse(7, query, ZERO32, HOSPITAL_B, 400, person, sender=people.hospital_a)
    with reverts(ledger.AccessLedger_NotPermitted, request=opened, status=REFUSED):
        serve()


def test_releases_it_to_nobody_else_nor_under_a_directive(
    ledger, opened, study, people, directive, directive_hash
):
    query = emergency_query(emergency_of(study))
    other = bytes(ledger.requestId(HOSPITAL_D, 7, query, ZERO32))
    with reverts(ledger.AccessLedger_NotPermitted, request=other, status=UNKNOWN):
        ledger.release(
            7, query, *cited(no_directive()), release_of(requester=HOSPITAL_D), sender=people.hospital_a
        )
    under = bytes(ledger.requestId(HOSPITAL_B, 7, query, directive_hash))
    with reverts(ledger.AccessLedger_NotPermitted, request=under, status=UNKNOWN):
        ledger.release(7, query, *cited(directive), release_of(), sender=people.hospital_a)


def test_releases_it_to_the_published_key_only(ledger, opened, serve):
    with reverts(ledger.AccessLedger_Denied, request=opened, reason=REASON.KEY_DIFFERS):
        serve(keyDigest=digest("a key of the custodian's own"))


def test_is_served_confirmed_and_disputed_as_a_request_is(ledger, opened, serve, study, people, person):
    ((name, event),) = events_of(serve())
    assert (name, event["request"], event["directiveHash"]) == ("AccessReleased", opened, ZERO32)
    query = emergency_query(emergency_of(study))
    ledger.dispute(7, query, ZERO32, 1, 5, person, sender=people.hospital_b)
    ledger.confirm(7, query, ZERO32, 1, person, sender=people.hospital_b)
    found = ledger.requestOf(opened)
    assert (found.servedEpoch, found.confirmedEpoch, found.disputedEpoch) == (1, 1, 1)
    assert (found.isEmergency, found.isReviewed) == (True, False)


def test_asks_no_engine(project, people, consortium, mocks, study):
    """One that denies everything, to be first in a ledger of its own."""
    engine = people.relay.deploy(mocks.Engine, 1)
    engine.set(0, 240, sender=people.eve)
    ledger = people.relay.deploy(
        project.AccessLedger, consortium.institutions, consortium.studies, consortium.consents, engine
    )
    assert ledger.decideEmergency(HOSPITAL_B, study, CT) == REASON.PERMITTED
    assert ledger.firstEngine() == ledger.engine() == engine
