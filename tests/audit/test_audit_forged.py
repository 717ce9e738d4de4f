"""Promise 8: whatever is forged in a trail, the audit says so, and says nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from audit_affairs_forged import FORGERIES as OF_AFFAIRS
from audit_story import Story, again, append, change, drop, place, tell
from audit_world import PATIENT, STRANGER, A, B, C, D, admin, word

from pixelpact.audit import Auditor, Code, Severity
from pixelpact.audit.findings import SEVERITIES
from pixelpact.chain import (
    RECOMMENDED_TERMS,
    AccessConfirmed,
    AccessDisputed,
    AccessRefused,
    AccessReleased,
    AccessRequested,
    AllRevoked,
    CarriedOut,
    ConsortiumFounded,
    DirectiveRecorded,
    DirectiveRevoked,
    DisposalAttested,
    EngineReplaced,
    InstitutionAdmitted,
    InstitutionChanged,
    InstitutionReinstated,
    InstitutionSuspended,
    KeyPublished,
    OperatorSet,
    PaperEnded,
    RefusalSet,
    SharingStopped,
    StudyErased,
    StudyRegistered,
    StudyReinstated,
    StudyRotated,
    StudyWithdrawn,
    Trail,
    eip712,
)
from pixelpact.chain.events import own_fields as _fields
from pixelpact.models import ZERO32
from pixelpact.policy import REQUEST_LIFETIME

Forge = Callable[[Story], Trail]


@pytest.fixture(scope="module")
def story() -> Story:
    return tell()


def test_the_honest_trail_has_nothing_wrong(story: Story) -> None:
    report = Auditor(story.trail).report()
    assert report.findings == ()
    assert report.owed == ()
    assert report.events == len(story.trail.events)
    assert report.decisions_rechecked == sum(
        isinstance(event, AccessRequested | AccessReleased) for event in story.trail.events
    )


def test_the_honest_trail_has_every_kind_of_event_but_disputes(story: Story) -> None:
    kinds = {type(event) for event in story.trail.events}
    assert kinds == {
        AccessConfirmed,
        AccessRefused,
        AccessReleased,
        AccessRequested,
        AllRevoked,
        ConsortiumFounded,
        DirectiveRecorded,
        DirectiveRevoked,
        DisposalAttested,
        InstitutionAdmitted,
        InstitutionSuspended,
        KeyPublished,
        OperatorSet,
        PaperEnded,
        RefusalSet,
        StudyErased,
        StudyRegistered,
        StudyReinstated,
        StudyRotated,
        StudyWithdrawn,
    }


def test_paper_may_count_at_once(story: Story) -> None:
    at_once = replace(RECOMMENDED_TERMS, paper_delay=0)
    trail = change(story.trail, place(story.trail, ConsortiumFounded), terms=at_once)
    assert Auditor(trail).findings() == []
    assert Auditor(trail).state().terms == at_once


def _first(kind: type[Any], **where: Any) -> Callable[..., Forge]:
    """The first event of a kind with other fields."""

    def with_fields(**fields: Any) -> Forge:
        return lambda story: change(story.trail, place(story.trail, kind, **_of(story, where)), **fields)

    return with_fields


def _dropped(kind: type[Any], **where: Any) -> Forge:
    return lambda story: drop(story.trail, place(story.trail, kind, **_of(story, where)))


def _again(kind: type[Any], where: dict[str, Any] | None = None, **fields: Any) -> Forge:
    return lambda story: again(
        story.trail, place(story.trail, kind, **_of(story, where or {})), **_of(story, fields)
    )


def _of(story: Story, values: dict[str, Any]) -> dict[str, Any]:
    """Functions stand for what only the story knows."""
    return {name: value(story) if callable(value) else value for name, value in values.items()}


def _erased(story: Story) -> bytes:
    return story.erased


def _withdrawn(story: Story) -> bytes:
    withdrawn = story.trail.events[place(story.trail, StudyWithdrawn)]
    assert isinstance(withdrawn, StudyWithdrawn)
    return withdrawn.study


def _b_request(story: Story) -> bytes:
    return story.b_served.id


def _d_request(story: Story) -> bytes:
    return story.d_served.id


def _research(story: Story) -> bytes:
    return story.d_research.id


def _hash_for_b(story: Story) -> bytes:
    return eip712.struct_hash(story.for_b)


def _manifest(story: Story) -> bytes:
    rotated = story.trail.events[place(story.trail, StudyRotated)]
    assert isinstance(rotated, StudyRotated)
    return rotated.manifest_digest


RELEASE_TO_B = {"request": _b_request}
RELEASE_TO_D = {"request": _d_request, "epoch": 1}
SECOND_RELEASE_TO_D = {"request": _d_request, "epoch": 2}

#: What is forged, and exactly the codes of what an audit must find.
FORGERIES: dict[str, tuple[Forge, set[Code]]] = {
    # Promise 2 and 4: nothing is released against the decision, least of all after a withdrawal.
    "a release after the withdrawal": (
        _again(
            AccessReleased,
            RELEASE_TO_B,
            epoch=2,
            manifest_digest=_manifest,
            envelope_digest=word(1),
        ),
        {Code.RELEASE_AFTER_WITHDRAWAL, Code.ROTATION_OWED},
    ),
    "the withdrawal removed": (_dropped(DirectiveRevoked), {Code.DECISION_DIFFERS}),
    "the withdrawal moved to another consent": (
        _first(DirectiveRevoked)(directive=word(3)),
        {Code.DECISION_DIFFERS},
    ),
    "the consent removed": (
        _dropped(DirectiveRecorded, directive=_hash_for_b),
        {Code.DECISION_DIFFERS, Code.RELEASE_AGAINST_POLICY},
    ),
    "the refusal removed": (_dropped(RefusalSet), {Code.DECISION_DIFFERS}),
    "a permit that should be a denial": (
        _first(AccessRequested, request=lambda s: s.denied.id)(reason=0),
        {Code.DECISION_DIFFERS},
    ),
    "a denial that should be a permit": (
        _first(AccessRequested, request=lambda s: s.d_unserved.id)(reason=44),
        {Code.DECISION_DIFFERS},
    ),
    "a denial with another reason": (
        _first(AccessRequested, request=lambda s: s.denied.id)(reason=10),
        {Code.DECISION_DIFFERS},
    ),
    "a denial with a reason that nobody knows": (
        _first(AccessRequested, request=lambda s: s.denied.id)(reason=999),
        {Code.DECISION_DIFFERS},
    ),
    "a permitted request made a denied one": (
        _first(AccessRequested, request=_b_request)(reason=43),
        {Code.DECISION_DIFFERS, Code.RELEASE_OF_DENIED},
    ),
    "a release of a denied request": (
        _again(
            AccessReleased,
            RELEASE_TO_B,
            request=lambda s: s.c_denied.id,
            requester=C,
            epoch=2,
            manifest_digest=_manifest,
            envelope_digest=word(1),
        ),
        {Code.RELEASE_OF_DENIED, Code.RELEASE_AGAINST_POLICY, Code.ROTATION_OWED},
    ),
    "a release of a request that the custodian refused": (
        _again(
            AccessReleased, SECOND_RELEASE_TO_D, request=lambda s: s.d_refused.id, envelope_digest=word(1)
        ),
        {Code.RELEASE_AFTER_REFUSAL},
    ),
    "a release without a request": (
        _first(AccessReleased, **RELEASE_TO_D)(request=word(4)),
        {Code.RELEASE_WITHOUT_REQUEST},
    ),
    "a first release after the request's lifetime": (
        _again(
            AccessReleased,
            SECOND_RELEASE_TO_D,
            request=lambda s: s.d_unserved.id,
            envelope_digest=word(1),
            later=REQUEST_LIFETIME,
        ),
        {Code.RELEASE_LATE},
    ),
    "a release in another epoch": (_first(AccessReleased, **RELEASE_TO_D)(epoch=7), {Code.RELEASE_EPOCH}),
    "a release twice in one epoch": (
        _again(AccessReleased, SECOND_RELEASE_TO_D, envelope_digest=word(1)),
        {Code.RELEASE_REPEATED},
    ),
    "a release to another institution": (
        _first(AccessReleased, **SECOND_RELEASE_TO_D)(requester=B),
        {Code.RELEASE_REQUESTER},
    ),
    "a release by another custodian": (
        _first(AccessReleased, **RELEASE_TO_D)(custodian=B),
        {Code.RELEASE_CUSTODIAN},
    ),
    "a release of another study": (
        _first(AccessReleased, **RELEASE_TO_D)(study=word(5)),
        {Code.RELEASE_STUDY},
    ),
    "a release under another consent": (
        _first(AccessReleased, **RELEASE_TO_D)(directive_hash=word(5)),
        {Code.RELEASE_DIRECTIVE},
    ),
    "a release of another manifest": (
        _first(AccessReleased, **RELEASE_TO_D)(manifest_digest=word(5)),
        {Code.RELEASE_MANIFEST},
    ),
    "a release to an old key": (
        _first(AccessReleased, **RELEASE_TO_D)(key_version=2),
        {Code.RELEASE_KEY_VERSION},
    ),
    "an envelope used twice": (
        lambda s: change(
            s.trail,
            place(s.trail, AccessReleased, request=s.d_served.id),
            envelope_digest=_released(s, s.b_served.id).envelope_digest,
        ),
        {Code.ENVELOPE_REPEATED},
    ),
    "a release without an envelope": (
        _first(AccessReleased, **RELEASE_TO_D)(envelope_digest=ZERO32),
        {Code.ENVELOPE_MISSING},
    ),
    "two releases without an envelope": (
        lambda s: again(
            change(s.trail, place(s.trail, AccessReleased, request=s.b_served.id), envelope_digest=ZERO32),
            place(s.trail, AccessReleased, request=s.d_served.id, epoch=2),
            request=s.d_unserved.id,
            envelope_digest=ZERO32,
        ),
        {Code.ENVELOPE_MISSING},
    ),
    "a release by rules that nobody knows": (
        _first(AccessReleased, **RELEASE_TO_D)(engine_version=2),
        {Code.ENGINE_UNKNOWN},
    ),
    "a release by nobody": (_first(AccessReleased, **RELEASE_TO_D)(person=ZERO32), {Code.PERSON_MISSING}),
    # Promise 8: a request is what it says.
    "a request twice": (
        _again(AccessRequested, {"request": lambda s: s.denied.id}),
        {Code.REQUEST_REPEATED},
    ),
    "a request with another nonce": (
        _first(AccessRequested, request=_b_request)(nonce=77),
        {Code.REQUEST_ID},
    ),
    "a request by another institution": (
        _first(AccessRequested, request=lambda s: s.denied.id)(requester=C),
        {Code.REQUEST_ID},
    ),
    "a request by an institution that nobody knows": (
        _first(AccessRequested, request=lambda s: s.denied.id)(requester=9, reason=10),
        {Code.REQUEST_ID, Code.INSTITUTION_UNKNOWN},
    ),
    "a request listed under another study": (
        _first(AccessRequested, request=_b_request)(study=word(5)),
        {Code.REQUEST_STUDY},
    ),
    "a request with another hash of its consent": (
        _first(AccessRequested, request=_b_request)(directive_hash=word(5)),
        {Code.DIRECTIVE_HASH},
    ),
    "a request with another consent under the hash": (
        lambda s: change(
            s.trail,
            place(s.trail, AccessRequested, request=s.d_unserved.id),
            directive=replace(s.for_d, expiry=s.for_d.expiry + 1),
        ),
        {Code.DIRECTIVE_HASH, Code.DECISION_DIFFERS},
    ),
    "a request by nobody": (
        _first(AccessRequested, request=_b_request)(person=ZERO32),
        {Code.PERSON_MISSING},
    ),
    "a request decided by rules that nobody knows": (
        _first(AccessRequested, request=_b_request)(engine_version=2),
        {Code.ENGINE_UNKNOWN},
    ),
    "a request decided by rules that were replaced": (
        lambda s: _again(AccessRequested, {"request": s.denied.id})(
            replace(
                s,
                trail=append(s.trail, EngineReplaced, engine=b"\x0e" * 20, code_hash=b"\x0e" * 32, version=2),
            )
        ),
        {Code.ENGINE_UNKNOWN, Code.WITHOUT_VOTE, Code.REQUEST_REPEATED},
    ),
    "a request that unknown rules denied": (
        _first(AccessRequested, request=lambda s: s.d_unserved.id)(engine_version=2, reason=250),
        {Code.ENGINE_UNKNOWN},
    ),
    "a request that unknown rules permitted": (
        _first(AccessRequested, request=_research)(engine_version=2, reason=0),
        {Code.ENGINE_UNKNOWN},
    ),
    "a request that unknown rules permitted, and its release": (
        lambda s: append(
            change(
                s.trail, place(s.trail, AccessRequested, request=s.d_research.id), engine_version=2, reason=0
            ),
            AccessReleased,
            **_fields(_released(s, s.d_served.id, 2))
            | {
                "request": s.d_research.id,
                "directive_hash": s.d_research.directive_hash,
                "envelope_digest": word(1),
                "engine_version": 2,
            },
        ),
        {Code.ENGINE_UNKNOWN},
    ),
    "a request that unknown rules denied for a reason of the floor": (
        _first(AccessRequested, request=_research)(engine_version=2, reason=44),
        {Code.ENGINE_UNKNOWN, Code.DECISION_DIFFERS},
    ),
    "a permit without a consent, and its release": (
        lambda s: append(
            change(s.trail, place(s.trail, AccessRequested, request=s.denied.id), reason=0),
            AccessReleased,
            **_fields(_released(s, s.d_served.id, 2))
            | {
                "request": s.denied.id,
                "requester": B,
                "directive_hash": ZERO32,
                "envelope_digest": word(1),
            },
        ),
        {Code.DECISION_DIFFERS, Code.RELEASE_AGAINST_POLICY},
    ),
    "a request whose floor unknown rules overrode": (
        _first(AccessRequested, request=lambda s: s.denied.id)(engine_version=2, reason=0),
        {Code.ENGINE_UNKNOWN, Code.DECISION_DIFFERS},
    ),
    # What came after.
    "a confirmation of an epoch that was not served": (
        _first(AccessConfirmed)(epoch=2),
        {Code.CONFIRM_WITHOUT_RELEASE},
    ),
    "a confirmation of no release": (
        _first(AccessConfirmed)(request=word(6)),
        {Code.CONFIRM_WITHOUT_RELEASE},
    ),
    "a confirmation of epoch 0 of an unserved request": (
        _again(AccessConfirmed, {"epoch": 2}, request=lambda s: s.d_unserved.id, epoch=0),
        {Code.CONFIRM_WITHOUT_RELEASE},
    ),
    "a confirmation twice": (_again(AccessConfirmed, {"epoch": 2}), {Code.CONFIRM_REPEATED}),
    "a confirmation by another": (_first(AccessConfirmed)(requester=D), {Code.PARTY_DIFFERS}),
    "a confirmation by nobody": (_first(AccessConfirmed)(person=ZERO32), {Code.PERSON_MISSING}),
    "a dispute": (lambda s: _dispute(s, epoch=2, failure=7), {Code.DISPUTED}),
    "a dispute twice": (
        lambda s: again(_dispute(s, epoch=2, failure=7), -1),
        {Code.DISPUTED, Code.DISPUTE_REPEATED},
    ),
    "a dispute for a failure that nobody knows": (
        lambda s: _dispute(s, epoch=2, failure=99),
        {Code.DISPUTED, Code.DISPUTE_FAILURE},
    ),
    "a dispute after the suspension": (
        lambda s: again(
            append(_dispute(s, epoch=2, failure=7), InstitutionSuspended, institution=D, by=admin(D)),
            -2,
            epoch=2,
        ),
        {Code.DISPUTED, Code.DISPUTE_REPEATED, Code.INSTITUTION_STATUS, Code.ROTATION_OWED},
    ),
    "a dispute of an epoch that was not served": (
        lambda s: _dispute(s, epoch=1, failure=7),
        {Code.DISPUTE_WITHOUT_RELEASE},
    ),
    "a refusal of no request": (_first(AccessRefused)(request=word(6)), {Code.REFUSE_WITHOUT_REQUEST}),
    "a refusal of a denied request": (
        _again(AccessRefused, request=lambda s: s.denied.id, requester=B),
        {Code.REFUSE_WITHOUT_REQUEST},
    ),
    "a refusal twice": (_again(AccessRefused), {Code.REFUSE_REPEATED}),
    "a refusal without a reason": (_first(AccessRefused)(reason=7), {Code.REFUSE_REASON}),
    "a refusal by another custodian": (_first(AccessRefused)(custodian=B), {Code.PARTY_DIFFERS}),
    "a refusal by nobody": (_first(AccessRefused)(person=ZERO32), {Code.PERSON_MISSING}),
    # Promise 4: what is owed.
    "a withdrawal without a rotation": (
        lambda s: append(
            s.trail,
            DirectiveRevoked,
            subject=PATIENT,
            directive=eip712.struct_hash(s.for_d),
            appointment=0,
        ),
        {Code.ROTATION_OWED},
    ),
    "a rotation whose old blocks nobody vouches for": (
        _dropped(DisposalAttested, study=lambda s: s.shared),
        {Code.DISPOSAL_NOT_ATTESTED},
    ),
    "an erasure whose blocks nobody vouches for": (
        _dropped(DisposalAttested, study=_erased),
        {Code.DISPOSAL_NOT_ATTESTED},
    ),
    # The registries.
    "a trail without its founding": (_dropped(ConsortiumFounded), {Code.FOUNDING}),
    "a second founding": (_again(ConsortiumFounded), {Code.FOUNDING}),
    "a consortium founded on no time to vote": (
        _first(ConsortiumFounded)(terms=replace(RECOMMENDED_TERMS, vote_lifetime=0)),
        {Code.FOUNDING},
    ),
    "a consortium where paper never counts": (
        _first(ConsortiumFounded)(terms=replace(RECOMMENDED_TERMS, paper_delay=315_576_001)),
        {Code.FOUNDING},
    ),
    "an institution out of sequence": (
        _again(InstitutionAdmitted, institution=9, admin=admin(9)),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_SEQUENCE},
    ),
    "an institution twice": (_again(InstitutionAdmitted, {"institution": B}), {Code.INSTITUTION_SEQUENCE}),
    "an institution with another's admin": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5),
        {Code.WITHOUT_VOTE, Code.OPERATOR},
    ),
    "an institution without an admin": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5, admin=bytes(20)),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_MALFORMED},
    ),
    "an institution in no country": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5, admin=admin(5), country=b"\x1b["),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_MALFORMED},
    ),
    "an institution in a country of one letter": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5, admin=admin(5), country=b"C1"),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_MALFORMED},
    ),
    "an institution in a country in small letters": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5, admin=admin(5), country=b"ch"),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_MALFORMED},
    ),
    "an institution with attributes that nobody knows": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5, admin=admin(5), attributes=1 << 7),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_MALFORMED},
    ),
    "an institution with roles that nobody knows": (
        _again(InstitutionAdmitted, {"institution": B}, institution=5, admin=admin(5), roles=1 << 15),
        {Code.WITHOUT_VOTE, Code.INSTITUTION_MALFORMED},
    ),
    "an operator that is another's admin": (_first(OperatorSet)(account=admin(B)), {Code.OPERATOR}),
    "an operator that is the admin": (_first(OperatorSet)(account=admin(A)), {Code.OPERATOR}),
    "an operator that acts for another": (_again(OperatorSet, institution=B), {Code.OPERATOR}),
    "an operator with permissions that nobody knows": (_first(OperatorSet)(permissions=128), {Code.OPERATOR}),
    "an operator without an account": (_first(OperatorSet)(account=bytes(20)), {Code.OPERATOR}),
    "an operator of a suspended institution": (
        _again(OperatorSet, institution=C, account=admin(7)),
        {Code.INSTITUTION_STATUS},
    ),
    "an operator removed that was none": (
        _again(OperatorSet, account=admin(7), permissions=0),
        {Code.OPERATOR},
    ),
    "a key after the suspension": (
        _again(KeyPublished, {"institution": C}, version=2),
        {Code.INSTITUTION_STATUS},
    ),
    "a key out of sequence": (_first(KeyPublished, institution=C)(version=3), {Code.KEY_SEQUENCE}),
    "a key out of sequence, later": (
        _again(KeyPublished, {"institution": D}, version=5),
        {Code.KEY_SEQUENCE},
    ),
    "a key with another digest": (_first(KeyPublished, institution=C)(digest=word(5)), {Code.KEY_DIGEST}),
    "a key that is too short": (
        _first(KeyPublished, institution=C)(
            public_key=b"",
            digest=bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ),
        {Code.KEY_DIGEST},
    ),
    "a key of an institution that nobody knows": (
        _again(KeyPublished, institution=9),
        {Code.INSTITUTION_UNKNOWN},
    ),
    "a suspension twice": (_again(InstitutionSuspended), {Code.INSTITUTION_STATUS}),
    "a suspension by another": (_first(InstitutionSuspended)(by=STRANGER), {Code.INSTITUTION_STATUS}),
    "a study registered twice": (
        _again(StudyRegistered, subject=admin(7), categories=2),
        {Code.STUDY_REPEATED},
    ),
    "a study of an institution that nobody knows": (
        _again(StudyRegistered, study=word(8), custodian=9),
        {Code.INSTITUTION_UNKNOWN},
    ),
    "a study of an institution that holds none": (
        _again(StudyRegistered, study=word(8), custodian=D),
        {Code.STUDY_CUSTODIAN},
    ),
    "a study without a patient": (
        _again(StudyRegistered, study=word(8), subject=bytes(20)),
        {Code.STUDY_MALFORMED},
    ),
    "a study without a content commitment": (
        _again(StudyRegistered, study=word(8), content_commitment=ZERO32),
        {Code.STUDY_MALFORMED},
    ),
    "a study without images": (_again(StudyRegistered, study=word(8), categories=0), {Code.STUDY_MALFORMED}),
    "a rotation of no study": (_again(StudyRotated, study=word(8)), {Code.STUDY_UNKNOWN}),
    "a rotation by another": (_first(StudyRotated)(custodian=B), {Code.STUDY_CUSTODIAN}),
    "a rotation that jumps": (
        _again(StudyRotated, epoch=4, manifest_digest=word(5), previous_manifest_digest=_manifest),
        {Code.STUDY_EPOCH},
    ),
    "a rotation of another manifest": (
        _first(StudyRotated)(previous_manifest_digest=word(5)),
        {Code.STUDY_MANIFEST},
    ),
    "a rotation without a manifest": (
        _again(StudyRotated, epoch=3, manifest_digest=ZERO32, previous_manifest_digest=_manifest),
        {Code.STUDY_MANIFEST, Code.DISPOSAL_NOT_ATTESTED},
    ),
    "a rotation after erasure": (
        _again(StudyRotated, study=_erased, epoch=2, previous_manifest_digest=word(0x1003)),
        {Code.STUDY_STATUS},
    ),
    "a withdrawal after the custodian's suspension": (
        lambda s: again(
            append(s.trail, InstitutionSuspended, institution=A, by=admin(A)), place(s.trail, StudyWithdrawn)
        ),
        {Code.INSTITUTION_STATUS},
    ),
    "a withdrawal after erasure": (_again(StudyWithdrawn, study=_erased), {Code.STUDY_STATUS}),
    "a reinstatement after erasure": (_again(StudyReinstated, study=_erased), {Code.STUDY_STATUS}),
    "a reinstatement after withdrawal and erasure": (
        lambda s: append(
            append(
                again(s.trail, place(s.trail, StudyWithdrawn)),
                StudyErased,
                study=_withdrawn(s),
                custodian=A,
                certificate=word(1),
            ),
            StudyReinstated,
            study=_withdrawn(s),
            custodian=A,
        ),
        {Code.STUDY_STATUS, Code.DISPOSAL_NOT_ATTESTED},
    ),
    "a withdrawal twice": (
        lambda s: again(again(s.trail, place(s.trail, StudyWithdrawn)), place(s.trail, StudyWithdrawn)),
        {Code.STUDY_STATUS},
    ),
    "a reinstatement of what was not withdrawn": (_again(StudyReinstated), {Code.STUDY_STATUS}),
    "an erasure twice": (_again(StudyErased), {Code.STUDY_STATUS}),
    "an erasure without a certificate": (_first(StudyErased)(certificate=ZERO32), {Code.STUDY_MALFORMED}),
    "a disposal of the present epoch": (
        _again(DisposalAttested, {"study": lambda s: s.shared}, epoch=2),
        {Code.DISPOSAL_EPOCH},
    ),
    "a disposal of nothing": (_first(DisposalAttested)(blocks=0), {Code.DISPOSAL_EMPTY}),
    "a disposal nowhere": (_first(DisposalAttested)(nodes=0), {Code.DISPOSAL_EMPTY}),
    "a disposal without a report": (_first(DisposalAttested)(report=ZERO32), {Code.DISPOSAL_EMPTY}),
    "a consent recorded twice": (
        _again(DirectiveRecorded, {"directive": lambda s: eip712.struct_hash(s.for_d)}),
        {Code.DIRECTIVE_REPEATED},
    ),
    "a consent recorded after its withdrawal": (
        _again(DirectiveRecorded, {"directive": _hash_for_b}),
        {Code.DIRECTIVE_AFTER_REVOCATION},
    ),
    "a consent withdrawn twice": (_again(DirectiveRevoked), {Code.REVOCATION_REPEATED}),
    "a generation skipped": (_again(AllRevoked, generation=3), {Code.GENERATION_SEQUENCE}),
    "a generation twice": (_again(AllRevoked), {Code.GENERATION_SEQUENCE}),
    "a refusal replayed": (_again(RefusalSet, purposes=0), {Code.REFUSAL_SEQUENCE}),
    "an institution reinstated by nobody's vote": (
        lambda s: append(s.trail, InstitutionReinstated, institution=C),
        {Code.WITHOUT_VOTE},
    ),
    "roles changed by nobody's vote": (
        lambda s: append(s.trail, InstitutionChanged, institution=D, roles=2, country=b"AT", attributes=0),
        {Code.WITHOUT_VOTE},
    ),
    "an engine that nobody voted for": (
        lambda s: append(s.trail, EngineReplaced, engine=b"\x0e" * 20, code_hash=b"\x0e" * 32, version=2),
        {Code.WITHOUT_VOTE},
    ),
    "sharing stopped by nobody's vote": (
        lambda s: append(s.trail, SharingStopped, until=2**40),
        {Code.WITHOUT_VOTE, Code.STOP_TOO_LONG},
    ),
    "a proposal carried out that was never made": (
        lambda s: append(s.trail, CarriedOut, proposal=9, by=STRANGER),
        {Code.PROPOSAL_STATUS},
    ),
    "a refusal of two scopes": (
        _again(RefusalSet, custodian=A, grantee=B, sequence=10_000),
        {Code.REFUSAL_SCOPE},
    ),
}


def _released(story: Story, request: bytes, epoch: int = 1) -> AccessReleased:
    found = story.trail.events[place(story.trail, AccessReleased, request=request, epoch=epoch)]
    assert isinstance(found, AccessReleased)
    return found


def _dispute(story: Story, *, epoch: int, failure: int) -> Trail:
    return append(
        story.trail,
        AccessDisputed,
        request=story.d_served.id,
        study=story.shared,
        requester=D,
        epoch=epoch,
        failure=failure,
        person=word(1),
    )


#: What can't be placed: the state is the one without it.
LEFT_OUT = [
    "a request twice",
    "a refusal twice",
    "a refusal of a denied request",
    "an institution twice",
    "an operator that acts for another",
    "an operator removed that was none",
    "a suspension twice",
    "a study registered twice",
    "a rotation of no study",
    "a rotation that jumps",
    "a rotation after erasure",
    "a withdrawal after erasure",
    "a reinstatement after erasure",
    "an erasure twice",
    "a disposal of the present epoch",
    "a consent recorded twice",
    "a consent recorded after its withdrawal",
    "a consent withdrawn twice",
    "a generation skipped",
    "a generation twice",
    "a refusal replayed",
    "a refusal of two scopes",
    "a key out of sequence, later",
]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_cannot_be_placed_leaves_the_state_as_it_was(story: Story, name: str) -> None:
    forge, _ = FORGERIES[name]
    assert Auditor(forge(story)).state() == Auditor(story.trail).state()


@pytest.mark.parametrize("name", FORGERIES)
def test_each_forgery_is_found_and_nothing_else(story: Story, name: str) -> None:
    forge, expected = FORGERIES[name]
    trail = forge(story)
    findings = Auditor(trail).findings()
    assert {finding.code for finding in findings} == expected, [each.sentence for each in findings]
    for finding in findings:
        assert finding.at is not None
        assert finding.sentence.endswith(".")
        assert finding.subjects
        assert finding.severity == SEVERITIES.get(finding.code, Severity.VIOLATION)


def test_everything_is_a_violation_but_what_somebody_must_do_or_know() -> None:
    of = {severity: {code for code, its in SEVERITIES.items() if its is severity} for severity in Severity}
    assert of == {
        Severity.VIOLATION: set(),
        Severity.WARNING: {
            Code.DISPUTED,
            Code.EMERGENCY_OVERDUE,
            Code.EMERGENCY_UNJUSTIFIED,
            Code.ENGINE_UNKNOWN,
            Code.ENVELOPE_REPEATED,
            Code.ROTATION_BACK,
            Code.ROTATION_OWED,
        },
        Severity.NOTE: {Code.DISPOSAL_NOT_ATTESTED, Code.EMERGENCY_UNREVIEWED, Code.REVIEW_LATE},
    }


def test_every_code_is_provoked_by_a_forgery() -> None:
    forged = (*FORGERIES.values(), *OF_AFFAIRS.values())
    provoked = set().union(*(expected for _, expected in forged))
    # These two don't come from a well-formed trail: test_audit_replay and test_audit_explain.
    assert provoked == set(Code) - {Code.TRAIL_ORDER, Code.CONTRACT_DECIDES_DIFFERENTLY}
