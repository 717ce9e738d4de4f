"""The auditor at a node: what it reads, how it explains, and a node that does not tell everything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pixelpact.audit import Auditor, Code, words
from pixelpact.chain import (
    AccessRequested,
    Chain,
    DirectiveRevoked,
    EmbeddedChain,
    Event,
    Founder,
    Network,
    StudyRegistered,
    Trail,
    deploy,
    eip712,
)
from pixelpact.errors import InputError, WrongNetworkError
from pixelpact.models import ZERO32, AccessQuery, Directive, KeyRelease
from pixelpact.policy import (
    REQUEST_LIFETIME,
    VOCABULARY_VERSION,
    Category,
    Check,
    Outcome,
    Purpose,
    Reason,
    Role,
    purpose_set,
)

PERSON = b"\x0f" * 32
CT = int(Category.CT)
A, B, C = 1, 2, 3


@dataclass
class Cast:
    """Hospitals A and B, research group C, and a study of A's that B was released and lost again."""

    embedded: EmbeddedChain
    network: Network
    a: Chain
    b: Chain
    c: Chain
    study: bytes
    directive: Directive
    request: bytes
    denied: bytes
    permitted_in: int
    revoked_in: int


def _cast() -> Cast:
    embedded = EmbeddedChain()
    deployer, a, b, c, patient, *_ = embedded.accounts
    founders = [
        Founder(a.address, int(Role.CUSTODIAN), "CH"),
        Founder(b.address, int(Role.REQUESTER), "AT"),
        Founder(c.address, int(Role.REQUESTER), "DE"),
    ]
    network = deploy(embedded.network, deployer, founders)
    chain_a, chain_b, chain_c = (Chain.connect(network, account) for account in (a, b, c))
    chain_b.transact(chain_b.institutions.publish_key(bytes(1_216)))
    call = chain_a.studies.register(b"\x01" * 32, patient.address, CT, b"\x02" * 32, b"\x03" * 32)
    study = chain_a.transact(call).event(StudyRegistered).study
    start = chain_a.now()
    directive = Directive(
        subject=patient.address,
        custodian=A,
        study=ZERO32,
        grantee=B,
        categories=CT,
        purposes=purpose_set(Purpose.TREAT),
        permission=0,
        vocabulary=VOCABULARY_VERSION,
        generation=0,
        not_before=start,
        expiry=start + 10_000_000,
        salt=b"\x04" * 32,
    )
    number = eip712.struct_hash(directive)
    signature = eip712.sign(patient, network, directive)
    chain_a.transact(chain_a.consents.record(patient.address, number, 0, signature))
    query = AccessQuery(study, Purpose.TREAT, CT)
    asked = chain_b.transact(chain_b.ledger.request(1, query, directive, PERSON))
    denied = chain_c.transact(chain_c.ledger.request(1, query, directive, PERSON))
    key_digest = hashlib.sha256(bytes(1_216)).digest()
    released = KeyRelease(B, 1, 1, key_digest, b"\x05" * 32, PERSON)
    chain_a.transact(chain_a.ledger.release(1, query, directive, released))
    revocation = eip712.Revocation(patient.address, number)
    signature = eip712.sign(patient, network, revocation)
    revoked = chain_a.transact(chain_a.consents.revoke(patient.address, number, 0, signature))
    return Cast(
        embedded,
        network,
        chain_a,
        chain_b,
        chain_c,
        study,
        directive,
        asked.event(AccessRequested).request,
        denied.event(AccessRequested).request,
        asked.block,
        revoked.block,
    )


@pytest.fixture(scope="module")
def cast() -> Cast:
    return _cast()


def test_an_auditor_reads_up_to_the_final_head_and_further_when_asked(cast: Cast) -> None:
    auditor = Auditor.connect(cast.network)
    head = cast.a.head().number
    assert auditor.report().block == head - cast.network.finality_depth
    assert auditor.findings() == []
    latest = auditor.report(at="latest")
    assert latest.block == head
    assert [finding.code for finding in latest.findings] == [Code.ROTATION_OWED]
    assert auditor.report(at=cast.revoked_in - 1).findings == ()


def test_a_trail_in_a_file_says_what_the_node_says(cast: Cast, tmp_path: Path) -> None:
    head = cast.a.head().number
    Trail.of(cast.a, 0, head).save(tmp_path / "trail.json")
    from_file = Auditor.from_trail(tmp_path / "trail.json").report()
    assert from_file == Auditor(cast.a).report(at="latest")
    assert json.loads(json.dumps(from_file.to_json())) == from_file.to_json()


def test_the_trail_says_when_who_what(cast: Cast) -> None:
    entries = Auditor(cast.a, names={A: "Hospital A", B: "Hospital B"}).trail(at="latest")
    assert [entry.what for entry in entries] == [
        "founded",
        "joined",
        "joined",
        "joined",
        "key published",
        "study registered",
        "consent recorded",
        "asked, permitted",
        "asked, denied",
        "key released",
        "consent withdrawn",
    ]
    assert entries[0].sentence == (
        "The consortium was founded: a proposal may be voted on for 30 days; an engine is announced for "
        "7 days, another admin for 7 days; a stop lasts at most 14 days; paper counts after 3 days, a "
        "patient's new key after 7 days; an emergency is reviewed within 7 days."
    )
    number = words.short(eip712.struct_hash(cast.directive))
    released = entries[-2]
    assert released.who == "Hospital A (institution 1)"
    assert released.sentence.startswith("Hospital A (institution 1) released the key of study 0x")
    assert released.sentence.endswith("epoch 1, to Hospital B (institution 2), by consent " + number + ".")
    assert released.time.endswith("Z")
    denied = entries[-3]
    assert denied.who == "institution 3"
    assert denied.sentence.endswith("denied. The consent does not name the institution that asks.")
    assert cast.study.hex() not in released.sentence


def test_other_code_at_the_ledgers_address_is_not_audited(cast: Cast) -> None:
    swapped = dict(cast.network.contracts)
    swapped["AccessLedger"], swapped["PolicyEngine"] = swapped["PolicyEngine"], swapped["AccessLedger"]
    with pytest.raises(WrongNetworkError, match=r"AccessLedger|PolicyEngine"):
        Auditor.connect(cast.network.with_contracts(swapped))
    with pytest.raises(WrongNetworkError, match="chain id"):
        Auditor.connect(replace(cast.network, chain_id=1))


def test_a_contract_that_reads_another_registry_is_not_audited(cast: Cast) -> None:
    """Each contract as shipped, but the ledger asks registries of somebody else's making."""
    other = deploy(
        cast.embedded.network,
        cast.embedded.accounts[0],
        [Founder(cast.embedded.accounts[9].address, int(Role.CUSTODIAN), "CH")],
    )
    mixed = dict(cast.network.contracts) | {"AccessLedger": other.address("AccessLedger")}
    with pytest.raises(WrongNetworkError, match="AccessLedger"):
        Auditor.connect(cast.network.with_contracts(mixed))


# What would be decided


def _explain(cast: Cast, block: int | None = None, requester: int = B) -> tuple[Reason, Check]:
    answer = Auditor(cast.a).explain(
        study=cast.study, requester=requester, purpose=Purpose.TREAT, directive=cast.directive, block=block
    )
    assert answer.contract_reason == answer.explanation.decision.reason
    assert answer.findings == ()
    return answer.explanation.decision.reason, answer.explanation.decision.check


def test_it_explains_the_present_and_any_block_and_the_contract_agrees(cast: Cast) -> None:
    assert _explain(cast) == (Reason.DIRECTIVE_REVOKED, Check.DIRECTIVE)
    assert _explain(cast, cast.revoked_in - 1) == (Reason.PERMITTED, Check.PERMIT)
    assert _explain(cast, cast.revoked_in) == (Reason.DIRECTIVE_REVOKED, Check.DIRECTIVE)
    assert _explain(cast, cast.permitted_in - 2) == (Reason.DIRECTIVE_NOT_RECORDED, Check.DIRECTIVE)
    assert _explain(cast, cast.permitted_in - 3) == (Reason.STUDY_UNKNOWN, Check.STUDY)
    assert _explain(cast, cast.revoked_in - 1, C) == (Reason.GRANTEE_DIFFERS, Check.GRANTEE)


def test_it_says_what_would_change_the_answer(cast: Cast) -> None:
    answer = Auditor(cast.a, names={B: "Hospital B"}).explain(
        study=cast.study, requester=B, purpose=Purpose.HRESCH, directive=cast.directive
    )
    reasons = [obstacle.reason for obstacle in answer.explanation.obstacles]
    assert reasons[0] == Reason.DIRECTIVE_REVOKED
    assert Reason.PURPOSE_NOT_GRANTED in reasons
    assert "The patient signs a new consent" in answer.explanation.obstacles[0].remedy
    value = json.loads(json.dumps(answer.to_json()))
    assert value["reason"] == Reason.DIRECTIVE_REVOKED
    assert value["check"] == "directive"
    assert value["request"] is None
    assert {"check": "study", "question": Check.STUDY.question, "outcome": "passed"} in value["checks"]


def test_without_a_directive_the_answer_is_that_none_was_cited(cast: Cast) -> None:
    answer = Auditor(cast.a).explain(study=cast.study, requester=B, purpose=Purpose.TREAT)
    assert answer.explanation.decision.reason == Reason.DIRECTIVE_ABSENT
    assert answer.contract_reason == Reason.DIRECTIVE_ABSENT
    assert answer.query.categories == CT


def test_kinds_and_obligations_can_be_said(cast: Cast) -> None:
    answer = Auditor(cast.a).explain(
        study=cast.study,
        requester=B,
        purpose=Purpose.TREAT,
        directive=cast.directive,
        categories=CT | int(Category.MR),
        obligations=3,
        block=cast.revoked_in - 1,
    )
    assert answer.explanation.decision.reason == Reason.CATEGORY_NOT_GRANTED
    assert answer.contract_reason == Reason.CATEGORY_NOT_GRANTED
    assert answer.query.obligations == 3


def test_an_unknown_study_and_an_unknown_requester_are_answers_too(cast: Cast) -> None:
    for study, requester, reason in ((b"\x0a" * 32, B, 1), (cast.study, 77, 10)):
        answer = Auditor(cast.a).explain(study=study, requester=requester, purpose=Purpose.TREAT)
        assert answer.explanation.decision.reason == answer.contract_reason == reason


# A recorded request


def test_a_permitted_request_is_explained_as_a_release(cast: Cast) -> None:
    before = Auditor(cast.a).explain_request(cast.request, block=cast.permitted_in)
    assert before.explanation.decision.permitted
    assert before.explanation.checks[-1].check == Check.RELEASE
    assert before.standing.endswith("not served yet.")
    after = Auditor(cast.a).explain_request(cast.request)
    assert after.explanation.decision.reason == Reason.DIRECTIVE_REVOKED
    assert after.contract_reason == Reason.DIRECTIVE_REVOKED
    assert "served in the present epoch, 1" in after.standing
    assert after.to_json()["request"]["served_in_epochs"] == [1]


def test_a_denied_request_is_explained_as_the_same_question_asked_again(cast: Cast) -> None:
    answer = Auditor(cast.a).explain_request(cast.denied, block=cast.revoked_in - 1)
    assert answer.explanation.decision.reason == Reason.GRANTEE_DIFFERS
    assert all(each.check != Check.RELEASE for each in answer.explanation.checks)
    assert "Denied in block" in answer.standing
    assert "70 (GRANTEE_DIFFERS)" in answer.standing
    assert answer.to_json()["request"]["reason"] == Reason.GRANTEE_DIFFERS


def test_a_request_is_not_known_before_it_was_made(cast: Cast) -> None:
    with pytest.raises(InputError, match="There is no request 0x"):
        Auditor(cast.a).explain_request(cast.request, block=cast.permitted_in - 1)
    with pytest.raises(InputError, match="There is no request 0x"):
        Auditor(cast.a).explain_request(b"\x0b" * 32)


def test_what_became_of_a_request_is_said_in_a_sentence() -> None:
    cast = _cast()
    query = AccessQuery(cast.study, Purpose.TREAT, CT)
    auditor = Auditor(cast.a)
    cast.a.transact(cast.a.studies.rotate(cast.study, 1, b"\x08" * 32))
    assert (
        "last served in epoch 1; the study was sealed anew since"
        in auditor.explain_request(cast.request).standing
    )
    number = eip712.struct_hash(cast.directive)
    cast.a.transact(cast.a.ledger.refuse(1, query, number, B, 401, PERSON))
    refused = auditor.explain_request(cast.request)
    assert "refused by the custodian in block" in refused.standing
    assert refused.to_json()["request"]["refused_in_block"] == cast.a.head().number


def test_a_request_grows_too_old_for_its_first_release() -> None:
    cast = _cast()
    patient = cast.embedded.accounts[4]
    directive = replace(cast.directive, salt=b"\x0c" * 32)
    number = eip712.struct_hash(directive)
    signature = eip712.sign(patient, cast.network, directive)
    cast.a.transact(cast.a.consents.record(patient.address, number, 0, signature))
    query = AccessQuery(cast.study, Purpose.TREAT, CT)
    asked = cast.b.transact(cast.b.ledger.request(2, query, directive, PERSON))
    cast.embedded.travel(REQUEST_LIFETIME)
    answer = Auditor(cast.a).explain_request(asked.event(AccessRequested).request)
    assert answer.explanation.decision.reason == Reason.REQUEST_EXPIRED
    assert answer.contract_reason == Reason.PERMITTED  # what a new request would be answered
    assert answer.findings == ()


# A trail without a node


def test_a_trail_explains_without_a_contract_to_ask(cast: Cast) -> None:
    auditor = Auditor(Trail.of(cast.a, 0, cast.a.head().number))
    answer = auditor.explain(study=cast.study, requester=B, purpose=Purpose.TREAT, directive=cast.directive)
    assert answer.explanation.decision.reason == Reason.DIRECTIVE_REVOKED
    assert answer.contract_reason is None
    earlier = auditor.explain(
        study=cast.study,
        requester=B,
        purpose=Purpose.TREAT,
        directive=cast.directive,
        block=cast.revoked_in - 1,
    )
    assert earlier.explanation.decision.permitted
    assert earlier.explanation.checks[0].outcome == Outcome.PASSED


def test_a_trail_is_not_explained_beyond_its_end(cast: Cast) -> None:
    auditor = Auditor(Trail.of(cast.a, 0, cast.revoked_in - 1))
    for block in (cast.revoked_in, -1):
        with pytest.raises(InputError, match="does not reach block"):
            auditor.explain(study=cast.study, requester=B, purpose=Purpose.TREAT, block=block)


def test_a_trail_without_its_beginning_is_not_audited(cast: Cast) -> None:
    with pytest.raises(InputError, match="begins at block 3"):
        Auditor(Trail.of(cast.a, 3, cast.a.head().number))


def test_an_empty_trail_has_nothing_wrong_and_nothing_known(cast: Cast) -> None:
    auditor = Auditor(Trail(cast.network, 0, 0, cast.network.genesis, ()))
    report = auditor.report()
    assert (report.events, report.findings, report.trail) == (0, (), ())
    answer = auditor.explain(study=cast.study, requester=B, purpose=Purpose.TREAT)
    assert answer.explanation.decision.reason == Reason.STUDY_UNKNOWN


# A node that keeps something to itself


class Forgetful:
    """A node's events without the withdrawals."""

    def __init__(self, chain: Chain) -> None:
        self._honest = chain.events

    def __call__(self, first: int = 0, last: int | None = None) -> Iterator[Event]:
        return (event for event in self._honest(first, last) if not isinstance(event, DirectiveRevoked))


def test_a_node_that_hides_an_event_is_given_away_by_the_contract(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Chain.connect(cast.network)
    monkeypatch.setattr(chain, "events", Forgetful(chain))
    answer = Auditor(chain).explain(
        study=cast.study, requester=B, purpose=Purpose.TREAT, directive=cast.directive
    )
    assert answer.explanation.decision.permitted
    assert answer.contract_reason == Reason.DIRECTIVE_REVOKED
    (finding,) = answer.findings
    assert finding.code == Code.CONTRACT_DECIDES_DIFFERENTLY
    assert "44 (DIRECTIVE_REVOKED)" in finding.sentence
