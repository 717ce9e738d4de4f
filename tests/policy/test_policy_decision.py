"""Each reason as the only one, each boundary from both sides, and the order of the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from policy_cases import (
    CUSTODIAN,
    DIRECTIVE,
    DISEASE,
    FACTS,
    KIND_OF_RESEARCH,
    KINDS,
    NOW,
    PROJECT,
    QUERY,
    RELEASE,
    REQUESTER,
    STUDY,
    directive,
    facts,
    modifier,
    query,
)

from pixelpact.models import ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO, Modifier
from pixelpact.policy import (
    MAX_PAPER_TERM,
    MAX_TERM,
    MONTH,
    Category,
    Check,
    CommitmentFacts,
    ConsentKind,
    InstitutionStatus,
    ModifierCode,
    Obligation,
    Permission,
    ProjectStatus,
    Purpose,
    Reason,
    RefusalFacts,
    Role,
    StudyStatus,
    Trait,
    decide,
    decide_emergency,
    decide_release,
    emergency_query,
    purpose_set,
)

TREATMENT = purpose_set(Purpose.TREAT)
OTHER_STUDY = bytes.fromhex("5e" * 32)
RESEARCH = query(purpose=Purpose.BIORCH)


def research(permission: int, purpose: Purpose = Purpose.BIORCH) -> dict[str, Any]:
    return {"query": query(purpose=purpose), "directive": directive(permission=permission)}


def within(*modifiers: Modifier, purpose: int = Purpose.BIORCH, **project: Any) -> dict[str, Any]:
    """Research within a project, of which parts are changed."""
    return {
        "facts": facts(project=project),
        "query": query(purpose=purpose, project=PROJECT, obligations=2**64 - 1),
        "directive": directive(*modifiers, purposes=2**64 - 1),
    }


def under(code: ModifierCode, value: int | bytes = 0, purpose: int = Purpose.BIORCH) -> dict[str, Any]:
    """Research without a project, under a modifier."""
    return {
        "query": query(purpose=purpose, obligations=2**64 - 1),
        "directive": directive(modifier(code, value), purposes=2**64 - 1),
    }


GUARDIAN = CommitmentFacts(NOW - 1000, kind=ConsentKind.GUARDIAN)
PAPER = CommitmentFacts(NOW - 1000, kind=ConsentKind.PAPER, stands_from=NOW)

ALONE: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.STUDY_UNKNOWN, {"facts": facts(study={"status": StudyStatus.UNKNOWN})}),
    (Reason.STUDY_WITHDRAWN, {"facts": facts(study={"status": StudyStatus.WITHDRAWN})}),
    (Reason.STUDY_ERASED, {"facts": facts(study={"status": StudyStatus.ERASED})}),
    (Reason.SHARING_STOPPED, {"facts": facts(stopped_until=NOW + 1)}),
    (Reason.REQUESTER_NOT_ACTIVE, {"facts": facts(requester={"status": InstitutionStatus.SUSPENDED})}),
    (Reason.REQUESTER_NOT_ACTIVE, {"facts": facts(requester={"status": InstitutionStatus.UNKNOWN})}),
    (Reason.REQUESTER_LACKS_ROLE, {"facts": facts(requester={"roles": Role.CUSTODIAN | Role.VOTER})}),
    (Reason.CUSTODIAN_NOT_ACTIVE, {"facts": facts(custodian={"status": InstitutionStatus.SUSPENDED})}),
    (Reason.CUSTODIAN_LACKS_ROLE, {"facts": facts(custodian={"roles": Role.REQUESTER})}),
    (Reason.CUSTODIAN_DIFFERS, {"directive": directive(custodian=REQUESTER)}),
    (Reason.REFUSED_BY_PATIENT, {"facts": facts(refusals={"everything": TREATMENT})}),
    (Reason.REFUSED_BY_PATIENT, {"facts": facts(refusals={"custodian": TREATMENT})}),
    (Reason.REFUSED_BY_PATIENT, {"facts": facts(refusals={"study": TREATMENT})}),
    (Reason.REFUSED_BY_PATIENT, {"facts": facts(refusals={"requester": TREATMENT})}),
    (Reason.REFUSED_BY_PATIENT, {"facts": facts(refusals={"formers": TREATMENT})}),
    (Reason.REFUSED_BY_PATIENT, {"facts": facts(refusals={"taken": TREATMENT})}),
    (Reason.DIRECTIVE_ABSENT, {"directive": None}),
    (Reason.DIRECTIVE_ABSENT, {"directive": directive(subject=bytes(20), custodian=9)}),
    (Reason.DIRECTIVE_MALFORMED, {"directive": directive(not_before=NOW - MAX_TERM, expiry=NOW + 1)}),
    (
        Reason.DIRECTIVE_MALFORMED,
        {
            "facts": facts(commitment=PAPER),
            "directive": directive(not_before=NOW, expiry=NOW + MAX_PAPER_TERM + 1),
        },
    ),
    (Reason.SUBJECT_DIFFERS, {"directive": directive(subject=bytes.fromhex("52" * 20))}),
    (Reason.DIRECTIVE_NOT_RECORDED, {"facts": facts(commitment=CommitmentFacts())}),
    (Reason.DIRECTIVE_REVOKED, {"facts": facts(commitment=CommitmentFacts(NOW - 9, NOW - 5))}),
    (Reason.DIRECTIVE_REVOKED, {"facts": facts(commitment=CommitmentFacts(0, NOW - 5))}),
    (Reason.GENERATION_PAST, {"facts": facts(generation=5)}),
    (Reason.GENERATION_PAST, {"facts": facts(generation=3)}),
    (Reason.GENERATION_PAST, {"facts": facts(generation_since=NOW - 999)}),
    (Reason.GUARDIAN_ENDED, {"facts": facts(commitment=replace(GUARDIAN, flaw=Reason.GUARDIAN_ENDED))}),
    (Reason.AUTHORITY_EXCEEDED, {"facts": facts(commitment=replace(PAPER, flaw=Reason.AUTHORITY_EXCEEDED))}),
    (Reason.PAPER_ENDED, {"facts": facts(commitment=replace(PAPER, flaw=Reason.PAPER_ENDED))}),
    (Reason.EVIDENCE_INVALID, {"facts": facts(commitment=CommitmentFacts(flaw=Reason.EVIDENCE_INVALID))}),
    (Reason.NOT_YET_VALID, {"directive": directive(not_before=NOW + 1)}),
    (Reason.EXPIRED, {"directive": directive(expiry=NOW)}),
    (Reason.PAPER_TOO_NEW, {"facts": facts(commitment=replace(PAPER, stands_from=NOW + 1))}),
    (Reason.STUDY_NOT_COVERED, {"directive": directive(study=OTHER_STUDY)}),
    (Reason.GRANTEE_DIFFERS, {"directive": directive(grantee=7)}),
    (
        Reason.GRANTEE_JOINED_LATER,
        {
            "facts": facts(requester={"requester_since": NOW - 1000}),
            "directive": directive(grantee=ANY_INSTITUTION),
        },
    ),
    (Reason.CATEGORY_NOT_ASKED, {"query": query(categories=Category.CT)}),
    (Reason.CATEGORY_NOT_GRANTED, {"directive": directive(categories=Category.CT)}),
    (Reason.CATEGORY_NOT_GRANTED, {"query": query(categories=KINDS | Category.MR)}),
    # A bit without a name counts as any other, also in the complement of a named flag.
    (Reason.CATEGORY_NOT_GRANTED, {"query": query(categories=KINDS | 1 << 40)}),
    (Reason.CATEGORY_NOT_ASKED, {"facts": facts(study={"categories": KINDS | 1 << 40})}),
    (Reason.PURPOSE_UNKNOWN, {"query": query(purpose=59), "directive": directive(purposes=2**64 - 1)}),
    (Reason.PURPOSE_UNKNOWN, {"query": query(purpose=255), "directive": directive(purposes=2**64 - 1)}),
    (Reason.PURPOSE_NOT_GRANTED, {"query": query(purpose=Purpose.HPAYMT)}),
    (Reason.ENGINE_FAILED, {"facts": facts(engine_answers=False)}),
    (Reason.VOCABULARY_UNKNOWN, {"directive": directive(vocabulary=2)}),
    (Reason.VOCABULARY_UNKNOWN, {"directive": directive(vocabulary=0)}),
    (Reason.PERMISSION_ABSENT, research(0)),
    (Reason.PERMISSION_EXCLUDES_PURPOSE, research(Permission.POA)),
    (Reason.PERMISSION_EXCLUDES_PURPOSE, research(Permission.CC)),
    (Reason.PERMISSION_EXCLUDES_PURPOSE, research(12345)),
    (
        Reason.PERMISSION_EXCLUDES_PURPOSE,
        {
            "query": query(purpose=Purpose.TRAIN),
            "directive": directive(permission=Permission.CC, purposes=purpose_set(Purpose.TRAIN)),
        },
    ),
    (Reason.PERMISSION_NEEDS_PROJECT, research(Permission.DS, Purpose.DSRCH)),
    (
        Reason.PERMISSION_NAMES_NO_DISEASE,
        {
            "query": query(purpose=Purpose.DSRCH, project=PROJECT),
            "directive": directive(permission=Permission.DS),
        },
    ),
    (Reason.MODIFIER_COMMERCIAL, under(ModifierCode.NCU, purpose=Purpose.HMARKT)),
    (Reason.MODIFIER_COMMERCIAL, under(ModifierCode.NPUNCU, purpose=Purpose.HMARKT)),
    (Reason.MODIFIER_COMMERCIAL, within(modifier(ModifierCode.NCU), traits=Trait.COMMERCIAL)),
    (Reason.MODIFIER_COMMERCIAL, within(modifier(ModifierCode.NPUNCU), traits=Trait.COMMERCIAL)),
    (Reason.MODIFIER_DISEASE, within(modifier(ModifierCode.DS, b"MONDO:1"))),
    (Reason.MODIFIER_PROJECT, within(modifier(ModifierCode.PS, 1))),
    *(
        (Reason.MODIFIER_NEEDS_PROJECT, under(code))
        for code in (
            ModifierCode.DS,
            ModifierCode.RS,
            ModifierCode.NMDS,
            ModifierCode.GSO,
            ModifierCode.IRB,
            ModifierCode.PS,
        )
    ),
    (Reason.MODIFIER_RESEARCH_TYPE, within(modifier(ModifierCode.RS, 1))),
    (Reason.MODIFIER_METHODS, within(modifier(ModifierCode.NMDS), traits=Trait.METHODS)),
    (Reason.MODIFIER_GENETIC, within(modifier(ModifierCode.GSO), traits=0)),
    (Reason.MODIFIER_COUNTRY, within(modifier(ModifierCode.GS, b"CH"), country=b"AT")),
    (Reason.MODIFIER_COUNTRY, within(modifier(ModifierCode.GS, b"CH"), country=bytes(2))),
    (Reason.MODIFIER_COUNTRY, within(modifier(ModifierCode.GS, b"AT"), country=b"AT")),
    (Reason.MODIFIER_ANCESTRY, within(modifier(ModifierCode.NPOA), traits=Trait.ANCESTRY)),
    (
        Reason.MODIFIER_NOT_FOR_PROFIT,
        {"facts": facts(requester={"attributes": 2}), "directive": directive(modifier(ModifierCode.NPUNCU))},
    ),
    (Reason.MODIFIER_UNDECIDABLE, {"directive": directive(modifier(47))}),
    (Reason.MODIFIER_INSTITUTION, {"directive": directive(modifier(ModifierCode.IS, 3))}),
    (Reason.MODIFIER_COUNTRY, {"directive": directive(modifier(ModifierCode.GS, b"AT"))}),
    (Reason.MODIFIER_TIME, {"directive": directive(modifier(ModifierCode.TS, 0))}),
    (
        Reason.MODIFIER_NOT_FOR_PROFIT,
        {"facts": facts(requester={"attributes": 2}), "directive": directive(modifier(ModifierCode.NPU))},
    ),
    (
        Reason.MODIFIER_ANCESTRY,
        {"query": query(purpose=Purpose.HRESCH), "directive": directive(modifier(ModifierCode.NPOA))},
    ),
    (
        Reason.MODIFIER_ANCESTRY,
        {"query": query(purpose=Purpose.POARCH), "directive": directive(modifier(ModifierCode.NPOA))},
    ),
    (Reason.PROJECT_UNKNOWN, within(status=ProjectStatus.UNKNOWN)),
    (Reason.PROJECT_UNKNOWN, within(purpose=Purpose.TREAT, status=ProjectStatus.UNKNOWN)),
    (Reason.PROJECT_NOT_APPROVED, within(status=ProjectStatus.REGISTERED)),
    (Reason.PROJECT_WITHDRAWN, within(status=ProjectStatus.WITHDRAWN)),
    (Reason.PROJECT_EXPIRED, within(until=NOW)),
    (
        Reason.PROJECT_BOARD_DEPENDENT,
        within(board=replace(FACTS.project.board, status=InstitutionStatus.SUSPENDED)),
    ),
    (Reason.PROJECT_BOARD_DEPENDENT, within(board=replace(FACTS.project.board, roles=Role.CUSTODIAN))),
    (Reason.PROJECT_BOARD_DEPENDENT, within(board=replace(FACTS.project.board, number=CUSTODIAN))),
    (Reason.PROJECT_NOT_PARTNER, within(participates=False)),
    (Reason.OBLIGATION_NOT_ACCEPTED, {"directive": directive(modifier(ModifierCode.PUB))}),
]


def reason_of(changes: dict[str, Any]) -> Reason:
    case = {"facts": FACTS, "query": QUERY, "directive": DIRECTIVE} | changes
    return decide(case["facts"], case["query"], case["directive"]).reason


def test_the_base_case_is_permitted() -> None:
    decision = decide(FACTS, QUERY, DIRECTIVE)
    assert (decision.permitted, decision.check, decision.sentence) == (True, Check.PERMIT, "Permitted.")


@pytest.mark.parametrize(("reason", "changes"), ALONE)
def test_each_reason_alone(reason: Reason, changes: dict[str, Any]) -> None:
    assert reason_of(changes) == reason


def test_every_reason_of_a_request_stands_above() -> None:
    named = {reason for reason, _ in ALONE}
    assert named == {reason for reason in Reason if 0 < reason < 300}


PERMITTED: list[dict[str, Any]] = [
    {"directive": directive(grantee=ANY_INSTITUTION)},
    {
        "facts": facts(requester={"requester_since": NOW - 1001}),
        "directive": directive(grantee=ANY_INSTITUTION),
    },
    {
        "facts": facts(requester={"requester_since": NOW}),
        "directive": directive(grantee=ANY_INSTITUTION_LATER_TOO),
    },
    {"facts": facts(requester={"requester_since": NOW})},
    {"directive": directive(study=STUDY)},
    {"facts": facts(stopped_until=NOW)},
    {"facts": facts(commitment=PAPER)},
    {"facts": facts(commitment=PAPER), "directive": directive(not_before=NOW, expiry=NOW + MAX_PAPER_TERM)},
    {"facts": facts(commitment=GUARDIAN)},
    {"facts": facts(generation_since=NOW - 1000)},
    {"facts": facts(generation=0, generation_since=NOW), "directive": directive(generation=0)},
    within(),
    within(purpose=Purpose.TREAT),
    within(modifier(ModifierCode.DS, DISEASE), modifier(ModifierCode.RS, KIND_OF_RESEARCH)),
    within(modifier(ModifierCode.PS, PROJECT), modifier(ModifierCode.NPOA), modifier(ModifierCode.NCU)),
    within(modifier(ModifierCode.NMDS), modifier(ModifierCode.GSO), modifier(ModifierCode.IRB)),
    within(modifier(ModifierCode.GS, b"CH"), modifier(ModifierCode.US, 1)),
    within(until=NOW + 1),
    under(ModifierCode.NMDS, purpose=Purpose.TREAT),
    under(ModifierCode.NCU),
    {
        "query": query(purpose=Purpose.DSRCH, project=PROJECT),
        "directive": directive(modifier(ModifierCode.DS, DISEASE), permission=Permission.DS),
    },
    {"directive": directive(not_before=NOW)},
    {"directive": directive(expiry=NOW + 1)},
    {"directive": directive(not_before=NOW, expiry=NOW + MAX_TERM)},
    {"directive": directive(categories=2**64 - 1)},
    {"query": query(purpose=Purpose.BTG)},
    {"query": query(obligations=2**64 - 1)},
    {"directive": directive(purposes=2**64 - 1, permission=0)},
    {"directive": directive(permission=0)},
    {"directive": directive(permission=Permission.CC)},
    {"directive": directive(permission=12345)},
    # A refusal of a child leaves its parent; a refusal of another branch leaves this one.
    {"facts": facts(refusals={"everything": purpose_set(Purpose.ETREAT, Purpose.HRESCH)})},
    {"facts": facts(refusals={"requester": 1 << 63})},
    research(Permission.NRES, Purpose.HRESCH),
    research(Permission.GRU, Purpose.POARCH),
    research(Permission.HMB, Purpose.CLINTRCHPC),
    research(Permission.HMB, Purpose.DSRCH),
    research(Permission.POA, Purpose.POARCH),
    {"directive": directive(modifier(ModifierCode.IS, REQUESTER))},
    {"directive": directive(modifier(ModifierCode.GS, b"CH"))},
    {"directive": directive(modifier(ModifierCode.TS, 1))},
    {"directive": directive(modifier(ModifierCode.TS, 2**256 - 1))},
    {"directive": directive(modifier(ModifierCode.NPU, 99))},
    {"query": RESEARCH, "directive": directive(modifier(ModifierCode.NPOA, 99))},
    {"query": query(purpose=Purpose.TREAT), "directive": directive(modifier(ModifierCode.NPOA))},
    {
        "query": query(obligations=Obligation.PUBLICATION_MORATORIUM | Obligation.RETURN_RESULTS),
        "directive": directive(modifier(ModifierCode.MOR), modifier(ModifierCode.RTN)),
    },
]


@pytest.mark.parametrize("changes", PERMITTED)
def test_just_inside_is_permitted(changes: dict[str, Any]) -> None:
    assert reason_of(changes) == Reason.PERMITTED


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        (Permission.NRES, set(range(Purpose.HRESCH, Purpose.TRANSRCH + 1))),
        (Permission.GRU, set(range(Purpose.HRESCH, Purpose.TRANSRCH + 1))),
        (Permission.HMB, set(range(Purpose.BIORCH, Purpose.TRANSRCH + 1)) - {Purpose.POARCH}),
        (Permission.POA, {Purpose.POARCH}),
        (Permission.DS, set()),
        (Permission.CC, set()),
        (0, set()),
    ],
)
def test_research_that_each_permission_allows(permission: int, allowed: set[int]) -> None:
    researches = range(Purpose.HRESCH, Purpose.TRANSRCH + 1)
    found = {one for one in researches if reason_of(research(permission, Purpose(one))) == Reason.PERMITTED}
    assert found == allowed


@pytest.mark.parametrize(
    "shape",
    [
        {"expiry": 0},
        {"not_before": NOW, "expiry": NOW},
        {"not_before": NOW + 1, "expiry": NOW},
        {"not_before": NOW, "expiry": NOW + MAX_TERM + 1},
        {"modifiers": tuple(Modifier(code) for code in range(100, 109))},
        {"modifiers": (modifier(ModifierCode.PUB), modifier(ModifierCode.PUB))},
        {"modifiers": (modifier(ModifierCode.COL), modifier(ModifierCode.PUB))},
    ],
)
def test_malformed(shape: dict[str, Any]) -> None:
    assert reason_of({"directive": replace(DIRECTIVE, **shape)}) == Reason.DIRECTIVE_MALFORMED


def test_eight_modifiers_are_well_formed() -> None:
    eight = tuple(Modifier(code) for code in range(100, 108))
    assert reason_of({"directive": directive(*eight)}) == Reason.MODIFIER_UNDECIDABLE


@pytest.mark.parametrize(("after", "reason"), [(0, Reason.MODIFIER_TIME), (-1, Reason.PERMITTED)])
def test_the_months_of_ts_count_from_the_recording(after: int, reason: Reason) -> None:
    recorded = CommitmentFacts(NOW - 3 * MONTH - after)
    months = directive(modifier(ModifierCode.TS, 3))
    assert reason_of({"facts": facts(commitment=recorded), "directive": months}) == reason


@pytest.mark.parametrize(
    "value", [b"CH" + bytes(29) + b"\1", b"ch", b"C", b"\0\0CH", bytes(32), b"CH\0\0\0\0\0\0CH"]
)
def test_a_country_is_compared_whole(value: bytes) -> None:
    assert reason_of({"directive": directive(modifier(ModifierCode.GS, value))}) == Reason.MODIFIER_COUNTRY


def test_an_institution_is_compared_whole() -> None:
    other = directive(modifier(ModifierCode.IS, REQUESTER + 2**32))
    assert reason_of({"directive": other}) == Reason.MODIFIER_INSTITUTION


def test_modifiers_decide_in_their_order() -> None:
    country, time = modifier(ModifierCode.GS, b"AT"), modifier(ModifierCode.TS)
    undecidable = modifier(47)
    assert reason_of({"directive": directive(country, time, undecidable)}) == Reason.MODIFIER_COUNTRY
    assert reason_of({"directive": directive(time, undecidable)}) == Reason.MODIFIER_TIME
    assert reason_of({"directive": directive(undecidable)}) == Reason.MODIFIER_UNDECIDABLE


def test_modifiers_hold_for_a_treatment_too() -> None:
    for code in (ModifierCode.PUB, ModifierCode.RS, ModifierCode.IS, ModifierCode.IRB):
        assert reason_of({"directive": directive(modifier(code))}) != Reason.PERMITTED


def test_a_refused_parent_refuses_its_descendants_only() -> None:
    refused = facts(refusals=RefusalFacts(study=purpose_set(Purpose.ETREAT)))
    denied = [
        one
        for one in (Purpose.TREAT, Purpose.ETREAT, Purpose.BTG, Purpose.COC)
        if decide(refused, query(purpose=one), DIRECTIVE).reason == Reason.REFUSED_BY_PATIENT
    ]
    assert denied == [Purpose.ETREAT, Purpose.BTG]


def test_a_refused_unknown_purpose_counts_by_its_own_bit() -> None:
    refused = facts(refusals=RefusalFacts(everything=1 << 59 | 1))
    assert decide(refused, query(purpose=59), DIRECTIVE).reason == Reason.REFUSED_BY_PATIENT
    assert decide(refused, query(purpose=60), DIRECTIVE).reason == Reason.PURPOSE_UNKNOWN
    assert decide(refused, query(purpose=64), DIRECTIVE).reason == Reason.PURPOSE_UNKNOWN


def test_refusals_come_before_the_directive() -> None:
    refused = facts(refusals=RefusalFacts(everything=TREATMENT))
    assert decide(refused, QUERY, None).reason == Reason.REFUSED_BY_PATIENT


def test_revoked_is_said_before_not_recorded() -> None:
    assert reason_of({"facts": facts(commitment=CommitmentFacts(0, 1))}) == Reason.DIRECTIVE_REVOKED


def test_an_end_of_what_was_given_comes_after_its_withdrawal() -> None:
    ended = replace(PAPER, flaw=Reason.PAPER_ENDED)
    assert reason_of({"facts": facts(commitment=ended, generation=5)}) == Reason.GENERATION_PAST
    withdrawn = replace(ended, revoked_at=NOW)
    assert reason_of({"facts": facts(commitment=withdrawn)}) == Reason.DIRECTIVE_REVOKED
    shown = CommitmentFacts(revoked_at=NOW, flaw=Reason.EVIDENCE_INVALID)
    assert reason_of({"facts": facts(commitment=shown)}) == Reason.DIRECTIVE_REVOKED


EMERGENCIES = [
    ({}, Reason.PERMITTED),
    ({"commitment": CommitmentFacts(), "engine_answers": False}, Reason.PERMITTED),
    ({"refusals": RefusalFacts(everything=purpose_set(Purpose.HRESCH, Purpose.ERTREAT))}, Reason.PERMITTED),
    ({"study": {"status": StudyStatus.ERASED}}, Reason.STUDY_ERASED),
    ({"stopped_until": NOW + 1}, Reason.SHARING_STOPPED),
    ({"requester": {"status": InstitutionStatus.SUSPENDED}}, Reason.REQUESTER_NOT_ACTIVE),
    ({"requester": {"roles": 0}}, Reason.REQUESTER_LACKS_ROLE),
    ({"custodian": {"status": InstitutionStatus.SUSPENDED}}, Reason.CUSTODIAN_NOT_ACTIVE),
    ({"custodian": {"roles": 0}}, Reason.CUSTODIAN_LACKS_ROLE),
    ({"refusals": RefusalFacts(taken=purpose_set(Purpose.ETREAT))}, Reason.REFUSED_BY_PATIENT),
    ({"study": {"categories": KINDS | Category.MR}}, Reason.CATEGORY_NOT_ASKED),
]


@pytest.mark.parametrize(("parts", "reason"), EMERGENCIES)
def test_emergencies(parts: dict[str, Any], reason: Reason) -> None:
    assert decide_emergency(facts(**parts), KINDS).reason == reason
    asked = emergency_query(STUDY, KINDS)
    release = replace(RELEASE, is_emergency=True)
    assert decide_release(facts(**parts), release, asked, None).reason == reason


RELEASES = [
    ({}, RELEASE, Reason.PERMITTED),
    ({}, replace(RELEASE, epoch=1), Reason.EPOCH_PAST),
    ({}, replace(RELEASE, epoch=3), Reason.EPOCH_PAST),
    ({}, replace(RELEASE, key_version=2), Reason.KEY_VERSION_PAST),
    ({"requester": {"key_version": 0}}, replace(RELEASE, key_version=0), Reason.KEY_VERSION_PAST),
    ({}, replace(RELEASE, requested_at=NOW - 86_399), Reason.PERMITTED),
    ({}, replace(RELEASE, requested_at=NOW - 86_400), Reason.REQUEST_EXPIRED),
    ({}, replace(RELEASE, requested_at=0, served=True), Reason.PERMITTED),
    ({"study": {"status": StudyStatus.WITHDRAWN}}, replace(RELEASE, epoch=1), Reason.STUDY_WITHDRAWN),
    ({}, replace(RELEASE, epoch=1, key_version=2, requested_at=0), Reason.EPOCH_PAST),
    ({}, replace(RELEASE, key_version=2, requested_at=0), Reason.KEY_VERSION_PAST),
    ({}, replace(RELEASE, key_digest=STUDY), Reason.KEY_DIFFERS),
    ({}, replace(RELEASE, key_digest=STUDY, published_digest=STUDY), Reason.PERMITTED),
    ({}, replace(RELEASE, key_digest=STUDY, requested_at=0), Reason.KEY_DIFFERS),
    ({}, replace(RELEASE, is_emergency=True, requested_at=NOW - 3_599), Reason.PERMITTED),
    ({}, replace(RELEASE, is_emergency=True, requested_at=NOW - 3_600), Reason.REQUEST_EXPIRED),
    ({}, replace(RELEASE, is_emergency=True, requested_at=0, served=True), Reason.PERMITTED),
]


@pytest.mark.parametrize(("parts", "release", "reason"), RELEASES)
def test_releases(parts: dict[str, Any], release: Any, reason: Reason) -> None:
    assert decide_release(facts(**parts), release, QUERY, DIRECTIVE).reason == reason
