from typing import Any

import pytest
from scenario import (
    HOSPITAL_B,
    PURPOSE,
    RELEASES,
    REQUESTS,
    STUDIES,
    SUSPENDED,
    ZERO32,
    digest,
    events_of,
    plain,
    reverts,
)


@pytest.fixture
def confirm(ledger, query, directive_hash, people, person):
    """Hospital B confirms what was released; changed as the test needs it."""

    def confirm_(sender: Any = None, **changes: Any) -> Any:
        arguments = {
            "nonce": 1,
            "query": query,
            "directiveHash": directive_hash,
            "epoch": 1,
            "person": person,
        } | changes
        return ledger.confirm(*arguments.values(), sender=sender or people.hospital_b)

    return confirm_


def test_reverts_when_the_caller_acts_for_nobody(ledger, released, confirm, people):
    with reverts(ledger.AccessLedger_NotOperator, account=people.eve.address, institution=0, permissions=0):
        confirm(people.eve)


def test_reverts_when_the_operator_may_not_ask(ledger, institutions, released, confirm, people):
    institutions.setOperator(people.operator, STUDIES | RELEASES, sender=people.hospital_b)
    with reverts(
        ledger.AccessLedger_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_B,
        permissions=STUDIES | RELEASES,
    ):
        confirm(people.operator)


def test_reverts_when_the_institution_is_suspended(ledger, institutions, released, confirm, people):
    institutions.suspendSelf(sender=people.hospital_b)
    with reverts(ledger.AccessLedger_NotActive, institution=HOSPITAL_B, status=SUSPENDED):
        confirm()


def test_reverts_when_the_person_is_missing(ledger, released, confirm):
    with reverts(ledger.AccessLedger_PersonMissing):
        confirm(person=ZERO32)


def test_reverts_when_nothing_was_released(ledger, request_id, confirm):
    with reverts(ledger.AccessLedger_NotReleased, request=request_id, epoch=1, servedEpoch=0):
        confirm()


def test_reverts_when_the_epoch_is_0_and_nothing_was_released(ledger, request_id, confirm):
    with reverts(ledger.AccessLedger_NotReleased, request=request_id, epoch=0, servedEpoch=0):
        confirm(epoch=0)


@pytest.mark.parametrize("epoch", [0, 2, 2**32 - 1])
def test_reverts_when_the_release_was_in_another_epoch(ledger, released, confirm, epoch):
    with reverts(ledger.AccessLedger_NotReleased, request=released, epoch=epoch, servedEpoch=1):
        confirm(epoch=epoch)


def test_reverts_when_the_request_was_served_anew_since(
    ledger, studies, study, released, release, confirm, people
):
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    release(epoch=2)
    with reverts(ledger.AccessLedger_NotReleased, request=released, epoch=1, servedEpoch=2):
        confirm(epoch=1)


def test_reverts_when_another_institution_confirms(ledger, query, directive_hash, released, confirm, people):
    number = bytes(ledger.requestId(3, 1, query, directive_hash))
    with reverts(ledger.AccessLedger_NotReleased, request=number, epoch=1, servedEpoch=0):
        confirm(people.company_c)


@pytest.mark.parametrize("change", ["nonce", "query", "directiveHash"])
def test_reverts_when_just_this_was_not_asked(ledger, query, directive_hash, released, confirm, change):
    asked = {"nonce": 1, "query": query, "directiveHash": directive_hash}
    asked[change] = {
        "nonce": 2,
        "query": query | {"purpose": PURPOSE.BTG},
        "directiveHash": digest("another"),
    }[change]
    number = bytes(ledger.requestId(HOSPITAL_B, *asked.values()))
    with reverts(ledger.AccessLedger_NotReleased, request=number, epoch=1, servedEpoch=0):
        confirm(**asked)


def test_reverts_when_the_epoch_was_confirmed(ledger, released, confirm):
    confirm()
    with reverts(ledger.AccessLedger_AlreadyConfirmed, request=released, epoch=1):
        confirm()


def test_confirms(ledger, institutions, study, released, confirm, people, person):
    institutions.setOperator(people.operator, REQUESTS, sender=people.hospital_b)
    before = plain(ledger.requestOf(released))
    receipt = confirm(people.operator)
    assert plain(ledger.requestOf(released)) == before | {"confirmedEpoch": 1}
    assert events_of(receipt) == [
        (
            "AccessConfirmed",
            {
                "request": released,
                "study": study,
                "requester": HOSPITAL_B,
                "epoch": 1,
                "person": person,
            },
        )
    ]


def test_confirms_a_later_epoch_too(ledger, studies, study, released, release, confirm, people):
    confirm()
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    release(epoch=2)
    confirm(epoch=2)
    assert ledger.requestOf(released).confirmedEpoch == 2


def test_confirms_what_was_disputed_before(ledger, query, directive_hash, released, confirm, people, person):
    ledger.dispute(1, query, directive_hash, 1, 5, person, sender=people.hospital_b)
    confirm()
    found = ledger.requestOf(released)
    assert (found.confirmedEpoch, found.disputedEpoch) == (1, 1)


def test_confirms_what_was_refused_or_withdrawn_since(
    ledger, query, directive_hash, released, confirm, revoke, people, person
):
    """What was received stays received."""
    ledger.refuse(1, query, directive_hash, HOSPITAL_B, 402, person, sender=people.hospital_a)
    revoke(directive_hash)
    confirm()
    assert ledger.requestOf(released).confirmedEpoch == 1
