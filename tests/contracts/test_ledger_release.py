from hashlib import sha256

import pytest
from scenario import (
    CT,
    DAY,
    DENIED,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    MR,
    NO_EVIDENCE,
    PERMITTED,
    PURPOSE,
    REASON,
    REFUSED,
    RELEASES,
    REQUESTS,
    START,
    STUDIES,
    TERMS,
    UNKNOWN,
    ZERO32,
    ZERO_ADDRESS,
    cited,
    digest,
    directive_of,
    events_of,
    plain,
    query_of,
    release_of,
    reverts,
)

KEY = b"N" * 1_216


@pytest.fixture
def assert_denied(ledger, release, request_id):
    """Release, and be told why not."""

    def assert_denied_(reason: int, **changes: int) -> None:
        with reverts(ledger.AccessLedger_Denied, request=request_id, reason=reason):
            release(**changes)

    return assert_denied_


def test_reverts_when_the_caller_acts_for_nobody(ledger, release, people):
    with reverts(ledger.AccessLedger_NotOperator, account=people.eve.address, institution=0, permissions=0):
        release(people.eve)


def test_reverts_when_the_operator_may_not_release(ledger, institutions, release, people):
    institutions.setOperator(people.operator, STUDIES | REQUESTS, sender=people.hospital_a)
    with reverts(
        ledger.AccessLedger_NotOperator,
        account=people.operator.address,
        institution=HOSPITAL_A,
        permissions=STUDIES | REQUESTS,
    ):
        release(people.operator)


def test_reverts_when_another_custodian_releases(ledger, study, release, people):
    with reverts(ledger.AccessLedger_NotCustodian, study=study, institution=HOSPITAL_D):
        release(people.hospital_d)


def test_reverts_when_the_requester_releases_to_itself(ledger, study, release, people):
    with reverts(ledger.AccessLedger_NotCustodian, study=study, institution=HOSPITAL_B):
        release(people.hospital_b)


def test_reverts_when_the_study_is_unknown(ledger, release, people):
    nothing = digest("nothing")
    with reverts(ledger.AccessLedger_NotCustodian, study=nothing, institution=HOSPITAL_A):
        release(query=query_of(nothing))


def test_reverts_when_the_person_is_missing(ledger, release):
    with reverts(ledger.AccessLedger_PersonMissing):
        release(person=ZERO32)


def test_reverts_when_the_envelope_is_missing(ledger, release):
    with reverts(ledger.AccessLedger_EnvelopeMissing):
        release(envelopeDigest=ZERO32)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 2},
        {"requester": 3},
        {"query": {"purpose": PURPOSE.ETREAT}},
        {"query": {"categories": CT | MR}},
        {"query": {"project": digest("a project")}},
        {"query": {"obligations": 1}},
        {"directive": {"categories": CT | MR}},
        {"directive": {"grantee": 0}},
        {"directive": {"subject": ZERO_ADDRESS}},
    ],
)
def test_reverts_when_just_this_was_not_asked(ledger, domain, query, directive, release, change):
    """Hospital A can serve no other query, under no other directive, and nobody else than who asked."""
    changed = {
        "nonce": change.get("nonce", 1),
        "requester": change.get("requester", HOSPITAL_B),
        "query": query | change.get("query", {}),
        "directive": directive | change.get("directive", {}),
    }
    is_none = changed["directive"]["subject"] == ZERO_ADDRESS
    hash_ = ZERO32 if is_none else domain.struct_hash("Directive", changed["directive"])
    number = bytes(ledger.requestId(changed["requester"], changed["nonce"], changed["query"], hash_))
    with reverts(ledger.AccessLedger_NotPermitted, request=number, status=UNKNOWN):
        release(**changed)


def test_reverts_when_the_request_was_denied(ledger, study, query, release, people, person, record, domain):
    """A denied request stays denied, also once it would be permitted."""
    directive = directive_of(study, salt=digest("recorded too late"))
    ledger.request(2, query, *cited(directive), person, sender=people.hospital_b)
    directive_hash = record(directive)
    request = bytes(ledger.requestId(HOSPITAL_B, 2, query, directive_hash))
    assert ledger.decide(HOSPITAL_B, query, *cited(directive)) == REASON.PERMITTED
    with reverts(ledger.AccessLedger_NotPermitted, request=request, status=DENIED):
        release(nonce=2, directive=directive)


def test_reverts_when_the_request_was_refused(
    ledger, query, directive_hash, request_id, release, people, person
):
    ledger.refuse(1, query, directive_hash, HOSPITAL_B, 400, person, sender=people.hospital_a)
    with reverts(ledger.AccessLedger_NotPermitted, request=request_id, status=REFUSED):
        release()


def test_reverts_when_the_directive_was_withdrawn(directive_hash, revoke, assert_denied):
    revoke(directive_hash)
    assert_denied(REASON.DIRECTIVE_REVOKED)


def test_reverts_when_everything_was_withdrawn(revoke_all, assert_denied):
    revoke_all(1)
    assert_denied(REASON.GENERATION_PAST)


def test_reverts_when_the_purpose_is_refused_since(refuse, assert_denied):
    refuse(1 << PURPOSE.TREAT, grantee=HOSPITAL_B)
    assert_denied(REASON.REFUSED_BY_PATIENT)


def test_reverts_when_the_study_was_withdrawn(studies, study, people, assert_denied):
    studies.withdraw(study, sender=people.hospital_a)
    assert_denied(REASON.STUDY_WITHDRAWN)


def test_reverts_when_the_study_was_erased(studies, study, people, assert_denied):
    studies.erase(study, digest("certificate"), sender=people.hospital_a)
    assert_denied(REASON.STUDY_ERASED)


def test_reverts_when_the_requester_was_suspended(institutions, people, assert_denied):
    institutions.suspendSelf(sender=people.hospital_b)
    assert_denied(REASON.REQUESTER_NOT_ACTIVE)


def test_reverts_when_the_custodian_was_suspended(institutions, people, assert_denied):
    institutions.suspendSelf(sender=people.hospital_a)
    assert_denied(REASON.CUSTODIAN_NOT_ACTIVE)


def test_reverts_when_the_directive_expired(chain, released, studies, study, people, assert_denied):
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    chain.pending_timestamp = START + 300 * DAY
    assert_denied(REASON.EXPIRED, epoch=2)


@pytest.mark.parametrize("epoch", [0, 2, 2**32 - 1])
def test_reverts_when_the_epoch_is_not_the_studys(assert_denied, epoch):
    assert_denied(REASON.EPOCH_PAST, epoch=epoch)


def test_reverts_when_the_study_was_rotated_meanwhile(studies, study, people, assert_denied):
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    assert_denied(REASON.EPOCH_PAST, epoch=1)


@pytest.mark.parametrize("version", [0, 2, 2**32 - 1])
def test_reverts_when_the_key_version_is_not_the_requesters(assert_denied, version):
    assert_denied(REASON.KEY_VERSION_PAST, keyVersion=version)


def test_reverts_when_the_requester_has_a_newer_key(institutions, people, release, assert_denied):
    institutions.publishKey(KEY, sender=people.hospital_b)
    assert_denied(REASON.KEY_VERSION_PAST, keyVersion=1)
    # The digest of the key before, under the number of the new one.
    assert_denied(REASON.KEY_DIFFERS, keyVersion=2)
    assert release(keyVersion=2, keyDigest=sha256(KEY).digest()).events[0].keyVersion == 2


@pytest.mark.parametrize("key_digest", [ZERO32, digest("another"), sha256(KEY).digest()])
def test_reverts_when_the_key_is_not_the_one_that_was_published(assert_denied, key_digest):
    """A custodian whose copy of the key was swapped finds out before anything leaves it."""
    assert_denied(REASON.KEY_DIFFERS, keyDigest=key_digest)


@pytest.mark.parametrize("version", [0, 1])
def test_reverts_when_the_requester_has_no_key(
    project, people, projects, study, person, consents, domain, version
):
    """A consortium in which hospital B has published nothing."""
    institutions = people.relay.deploy(
        project.InstitutionRegistry,
        [(people.hospital_a, 1, b"GB", 0), (people.hospital_b, 2, b"GB", 0)],
        TERMS,
    )
    studies = people.relay.deploy(project.StudyRegistry, institutions)
    engine = people.relay.deploy(project.PolicyEngine, institutions, projects, 1)
    ledger = people.relay.deploy(project.AccessLedger, institutions, studies, consents, engine)
    subject = directive_of(study)["subject"]
    studies.register(digest("study"), subject, CT, digest("m"), digest("c"), sender=people.hospital_a)
    query, directive = query_of(study), directive_of(study)
    ledger.request(1, query, *cited(directive), person, sender=people.hospital_b)
    directive_hash = domain.struct_hash("Directive", directive)
    request = bytes(ledger.requestId(HOSPITAL_B, 1, query, directive_hash))
    with reverts(ledger.AccessLedger_Denied, request=request, reason=REASON.KEY_VERSION_PAST):
        released = release_of(keyVersion=version)
        ledger.release(1, query, *cited(directive), released, sender=people.hospital_a)


@pytest.mark.parametrize("late", [0, 1, 30 * DAY])
def test_reverts_when_a_request_that_was_never_served_is_a_day_old(
    ledger, chain, request_id, late, assert_denied
):
    chain.pending_timestamp = ledger.requestOf(request_id).requestedAt + DAY + late
    assert_denied(REASON.REQUEST_EXPIRED)


def test_reverts_for_the_first_reason_that_holds(
    ledger, chain, studies, study, institutions, people, request_id, revoke, directive_hash, assert_denied
):
    """Epoch, then key version, then key, then age; and all of the decision before."""
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    institutions.publishKey(KEY, sender=people.hospital_b)
    late = ledger.requestOf(request_id).requestedAt + DAY
    chain.pending_timestamp = late
    assert_denied(REASON.EPOCH_PAST, epoch=1, keyVersion=1)
    chain.pending_timestamp = late
    assert_denied(REASON.KEY_VERSION_PAST, epoch=2, keyVersion=1)
    chain.pending_timestamp = late
    assert_denied(REASON.KEY_DIFFERS, epoch=2, keyVersion=2)
    chain.pending_timestamp = late
    assert_denied(REASON.REQUEST_EXPIRED, epoch=2, keyVersion=2, keyDigest=sha256(KEY).digest())
    revoke(directive_hash)
    assert_denied(REASON.DIRECTIVE_REVOKED, epoch=1, keyVersion=1)


def test_reverts_when_the_request_was_served_in_this_epoch(ledger, released, release):
    with reverts(ledger.AccessLedger_AlreadyReleased, request=released, epoch=1):
        release(envelopeDigest=digest("another envelope"))


def test_releases_in_the_last_second_of_the_day(ledger, chain, request_id, release):
    chain.pending_timestamp = ledger.requestOf(request_id).requestedAt + DAY - 1
    release()
    assert ledger.requestOf(request_id).servedEpoch == 1


def test_releases_and_says_everything(
    ledger, institutions, study, query, directive_hash, request_id, release, people, person
):
    institutions.setOperator(people.operator, RELEASES, sender=people.hospital_a)
    before = plain(ledger.requestOf(request_id))
    receipt = release(people.operator, person=digest("who releases"))
    assert plain(ledger.requestOf(request_id)) == before | {"servedEpoch": 1}
    assert events_of(receipt) == [
        (
            "AccessReleased",
            {
                "request": request_id,
                "study": study,
                "requester": HOSPITAL_B,
                "custodian": HOSPITAL_A,
                "epoch": 1,
                "manifestDigest": digest("manifest"),
                "keyVersion": 1,
                "envelopeDigest": digest("envelope"),
                "directiveHash": directive_hash,
                "evidence": list(NO_EVIDENCE),
                "person": digest("who releases"),
                "engineVersion": 1,
            },
        )
    ]


def test_serves_a_request_again_in_a_later_epoch_however_old_it_is(
    ledger, chain, studies, study, released, release, people
):
    chain.pending_timestamp = START + 100 * DAY
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    (event,) = release(epoch=2).events
    assert (event.epoch, bytes(event.manifestDigest)) == (2, digest("second manifest"))
    assert ledger.requestOf(released).servedEpoch == 2
    with reverts(ledger.AccessLedger_AlreadyReleased, request=released, epoch=2):
        release(epoch=2)


def test_serves_nobody_again_whose_consent_was_withdrawn(
    studies, study, released, revoke, directive_hash, people, assert_denied
):
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    revoke(directive_hash)
    assert_denied(REASON.DIRECTIVE_REVOKED, epoch=2)


def test_serves_no_refused_request_again(
    ledger, studies, study, query, directive_hash, released, release, people, person
):
    ledger.refuse(1, query, directive_hash, HOSPITAL_B, 401, person, sender=people.hospital_a)
    studies.rotate(study, 1, digest("second manifest"), sender=people.hospital_a)
    with reverts(ledger.AccessLedger_NotPermitted, request=released, status=REFUSED):
        release(epoch=2)


def test_serves_two_requests_of_one_requester_each(
    ledger, query, directive, directive_hash, released, release, people, person
):
    ledger.request(2, query, *cited(directive), person, sender=people.hospital_b)
    release(nonce=2)
    second = bytes(ledger.requestId(HOSPITAL_B, 2, query, directive_hash))
    assert second != released
    assert [ledger.requestOf(number).servedEpoch for number in (released, second)] == [1, 1]


def test_does_nothing_to_a_request_that_it_denies(ledger, request_id, revoke, directive_hash, assert_denied):
    before = plain(ledger.requestOf(request_id))
    revoke(directive_hash)
    assert_denied(REASON.DIRECTIVE_REVOKED)
    assert plain(ledger.requestOf(request_id)) == before
    assert before["status"] == PERMITTED
    assert ledger.requestOf(digest("nothing")).status == UNKNOWN
