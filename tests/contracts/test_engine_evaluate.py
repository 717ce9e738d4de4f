"""The engine's steps of docs/policy.md, without a project; each test changes one thing of what passes."""

from typing import Any

import pytest
from scenario import (
    ALICE,
    HOSPITAL_A,
    HOSPITAL_B,
    PURPOSE,
    REASON,
    START,
    ZERO32,
    digest,
    directive_of,
    modifiers,
    number,
    query_of,
    sent,
)

STUDY = digest("a study")
MONTH = 30 * 86_400
GB = b"GB" + bytes(30)

NRES, HMB, DS, POA, GRU, CC = 4, 6, 7, 11, 42, 43
RS, NMDS, GSO, NPUNCU, PUB, COL, IRB, GS, MOR, TS, US, PS = 12, 15, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27
IS, RTN, NPOA, NPU, NCU = 28, 29, 44, 45, 46
OBLIGATIONS = {PUB: 1, COL: 2, MOR: 4, RTN: 8, NCU: 16, NPUNCU: 16, US: 32}
OF_A_PROJECT = {DS, RS, GSO, IRB, PS, NMDS}
DECIDABLE = {*OBLIGATIONS, *OF_A_PROJECT, GS, TS, IS, NPOA, NPU}

RESEARCH = [
    PURPOSE.HRESCH,
    PURPOSE.BIORCH,
    PURPOSE.CLINTRCH,
    PURPOSE.CLINTRCHNPC,
    PURPOSE.CLINTRCHPC,
    PURPOSE.PRECLINTRCH,
    PURPOSE.DSRCH,
    PURPOSE.POARCH,
    PURPOSE.TRANSRCH,
]
TREATMENT = [
    PURPOSE.TREAT,
    PURPOSE.CLINTRL,
    PURPOSE.COC,
    PURPOSE.ETREAT,
    PURPOSE.BTG,
    PURPOSE.ERTREAT,
    PURPOSE.POPHLTH,
]
OTHERS = [PURPOSE.HOPERAT, PURPOSE.TRAIN, PURPOSE.PATRQT, PURPOSE.PUBHLTH, PURPOSE.HMARKT]
ALLOWED = {
    NRES: set(RESEARCH),
    GRU: set(RESEARCH),
    HMB: set(RESEARCH) - {PURPOSE.HRESCH, PURPOSE.POARCH},
    DS: {PURPOSE.DSRCH},
    POA: {PURPOSE.POARCH},
    CC: set(),
}


@pytest.fixture(scope="session")
def evaluate(engine):
    """Ask the engine about research under GRU; changed as the test needs it."""

    def evaluate_(facts: Any = None, query: Any = None, **changes: Any) -> int:
        asked = {
            "requester": HOSPITAL_B,
            "country": b"GB",
            "attributes": 1,
            "recordedAt": START,
            "time": START + 100,
            "custodian": HOSPITAL_A,
        } | (facts or {})
        directive = directive_of(STUDY, permission=GRU) | changes
        return engine.evaluate(
            asked, query_of(STUDY, purpose=PURPOSE.BIORCH, **(query or {})), sent(directive)
        )

    return evaluate_


@pytest.fixture(scope="session")
def purpose_under(engine):
    """Ask the engine about a purpose under a permission."""

    def purpose_under_(purpose: int, permission: int) -> int:
        return engine.evaluate(
            (HOSPITAL_B, b"GB", 1, START, START, HOSPITAL_A),
            query_of(STUDY, purpose=purpose),
            sent(directive_of(STUDY, permission=permission)),
        )

    return purpose_under_


def test_has_a_version(engine):
    assert engine.VERSION() == 1


def test_has_nothing_against_plain_research(evaluate):
    assert evaluate() == REASON.PERMITTED


def test_has_nothing_against_the_fullest_directive(evaluate):
    every = modifiers(
        (PUB, ZERO32),
        (COL, ZERO32),
        (GS, GB),
        (MOR, number(START)),
        (TS, number(1)),
        (IS, number(HOSPITAL_B)),
        (RTN, ZERO32),
        (NPU, ZERO32),
    )
    assert evaluate(modifiers=every, query={"obligations": 15}) == REASON.PERMITTED
    others = modifiers((NPUNCU, ZERO32), (US, digest("the users")), (NCU, ZERO32))
    assert evaluate(modifiers=others, query={"obligations": 48}) == REASON.PERMITTED


@pytest.mark.parametrize("vocabulary", [0, 2, 65_535])
def test_denies_a_vocabulary_that_it_does_not_know(evaluate, vocabulary):
    assert evaluate(vocabulary=vocabulary) == REASON.VOCABULARY_UNKNOWN


@pytest.mark.parametrize("purpose", RESEARCH)
def test_denies_research_without_a_permission(purpose_under, purpose):
    assert purpose_under(purpose, 0) == REASON.PERMISSION_ABSENT


@pytest.mark.parametrize("permission", ALLOWED)
def test_decides_each_research_purpose_by_the_permission(purpose_under, permission):
    allowed = REASON.PERMISSION_NEEDS_PROJECT if permission == DS else REASON.PERMITTED
    assert {purpose: purpose_under(purpose, permission) for purpose in RESEARCH} == {
        purpose: allowed if purpose in ALLOWED[permission] else REASON.PERMISSION_EXCLUDES_PURPOSE
        for purpose in RESEARCH
    }


@pytest.mark.parametrize("code", [1, 5, 12, 17, 19, 44, 46, 999, 65_535])
def test_denies_research_under_a_code_that_is_no_permission(purpose_under, code):
    assert purpose_under(PURPOSE.HRESCH, code) == REASON.PERMISSION_EXCLUDES_PURPOSE


@pytest.mark.parametrize("purpose", TREATMENT)
def test_denies_no_treatment_for_a_permission(purpose_under, purpose):
    assert {purpose_under(purpose, code) for code in (0, *ALLOWED, 999)} == {REASON.PERMITTED}


@pytest.mark.parametrize("purpose", OTHERS)
def test_denies_other_purposes_under_clinical_care_only(purpose_under, purpose):
    assert purpose_under(purpose, CC) == REASON.PERMISSION_EXCLUDES_PURPOSE
    assert {purpose_under(purpose, code) for code in (0, NRES, HMB, DS, POA, GRU, 999)} == {REASON.PERMITTED}


@pytest.mark.parametrize("purpose", [64, 128, 255])
def test_finds_no_unknown_purpose_in_any_set(purpose_under, purpose):
    """The floor denies these; the engine must still not take one for the purpose of the same low bits."""
    assert purpose_under(purpose, CC) == REASON.PERMISSION_EXCLUDES_PURPOSE
    assert purpose_under(purpose, 0) == REASON.PERMITTED


@pytest.mark.parametrize("code", [*sorted(set(range(48)) - DECIDABLE), 255, 256 + IS, 65_535])
def test_denies_a_modifier_that_it_can_not_decide(evaluate, code):
    assert evaluate(modifiers=modifiers((code, ZERO32)), query={"obligations": 63}) == (
        REASON.MODIFIER_UNDECIDABLE
    )


def test_denies_by_the_first_modifier_that_fails(evaluate):
    failing = modifiers((GS, b"DE" + bytes(30)), (IS, number(9)), (47, ZERO32))
    assert evaluate(modifiers=failing) == REASON.MODIFIER_COUNTRY
    assert evaluate(modifiers=failing[1:]) == REASON.MODIFIER_INSTITUTION
    assert evaluate(modifiers=failing[2:]) == REASON.MODIFIER_UNDECIDABLE


def test_decides_modifiers_whatever_the_purpose(engine):
    for_another = sent(directive_of(STUDY, modifiers=modifiers((IS, number(9)))))
    facts = (HOSPITAL_B, b"GB", 1, START, START, HOSPITAL_A)
    for purpose in (*TREATMENT, *OTHERS):
        assert engine.evaluate(facts, query_of(STUDY, purpose=purpose), for_another) == (
            REASON.MODIFIER_INSTITUTION
        )


@pytest.mark.parametrize("value", [0, 1, 3, 2**32 + HOSPITAL_B, 2**255 + HOSPITAL_B])
def test_denies_another_institution(evaluate, value):
    assert evaluate(modifiers=modifiers((IS, number(value)))) == REASON.MODIFIER_INSTITUTION


def test_permits_the_institution(evaluate):
    assert evaluate(modifiers=modifiers((IS, number(HOSPITAL_B)))) == REASON.PERMITTED


@pytest.mark.parametrize(
    "value", [ZERO32, b"DE" + bytes(30), b"gb" + bytes(30), b"GB" + bytes(29) + b"\1", bytes(30) + b"GB"]
)
def test_denies_another_country(evaluate, value):
    assert evaluate(modifiers=modifiers((GS, value))) == REASON.MODIFIER_COUNTRY


def test_permits_the_country(evaluate):
    assert evaluate(modifiers=modifiers((GS, GB))) == REASON.PERMITTED


@pytest.mark.parametrize(
    ("months", "seconds", "expected"),
    [
        (0, 0, REASON.MODIFIER_TIME),
        (1, 0, REASON.PERMITTED),
        (1, MONTH - 1, REASON.PERMITTED),
        (1, MONTH, REASON.MODIFIER_TIME),
        (1, MONTH + 1, REASON.MODIFIER_TIME),
        (12, 12 * MONTH - 1, REASON.PERMITTED),
        (12, 12 * MONTH, REASON.MODIFIER_TIME),
        (2**64 - 1, 2**40, REASON.PERMITTED),
        (2**64, 2**40, REASON.PERMITTED),
        # The product would be 0 if it were taken modulo 2^64, 2^128 or 2^256.
        (2**243, 2**40, REASON.PERMITTED),
        (2**121, 2**40, REASON.PERMITTED),
        (2**57, 2**40, REASON.PERMITTED),
        (2**256 - 1, 2**40, REASON.PERMITTED),
    ],
)
def test_ends_a_time_limit_so_many_months_after_the_recording(evaluate, months, seconds, expected):
    limit = modifiers((TS, number(months)))
    assert evaluate(facts={"time": START + seconds}, modifiers=limit) == expected


def test_counts_a_time_limit_up_to_the_last_second_that_a_time_can_name(evaluate):
    limit = modifiers((TS, number(1)))
    last = {"recordedAt": 2**64 - 1, "time": 2**64 - 1}
    assert evaluate(facts=last, modifiers=limit) == REASON.PERMITTED


@pytest.mark.parametrize("attributes", [0, 2, 254])
def test_denies_who_is_for_profit(evaluate, attributes):
    not_for_profit = modifiers((NPU, ZERO32))
    assert evaluate(facts={"attributes": attributes}, modifiers=not_for_profit) == (
        REASON.MODIFIER_NOT_FOR_PROFIT
    )


@pytest.mark.parametrize("attributes", [1, 3, 255])
def test_permits_who_is_not_for_profit(evaluate, attributes):
    not_for_profit = modifiers((NPU, digest("not looked at")))
    assert evaluate(facts={"attributes": attributes}, modifiers=not_for_profit) == REASON.PERMITTED


def test_denies_what_is_or_might_be_research_on_ancestry(engine):
    no_ancestry = sent(directive_of(STUDY, permission=GRU, modifiers=modifiers((NPOA, ZERO32))))
    facts = (HOSPITAL_B, b"GB", 1, START, START, HOSPITAL_A)
    denied = {PURPOSE.HRESCH, PURPOSE.POARCH}
    for purpose in (*RESEARCH, *TREATMENT, *OTHERS):
        assert engine.evaluate(facts, query_of(STUDY, purpose=purpose), no_ancestry) == (
            REASON.MODIFIER_ANCESTRY if purpose in denied else REASON.PERMITTED
        )


@pytest.mark.parametrize("code", [NPUNCU, NCU])
def test_denies_commercial_use(engine, code):
    carries = sent(directive_of(STUDY, permission=GRU, modifiers=modifiers((code, ZERO32))))
    facts = (HOSPITAL_B, b"GB", 1, START, START, HOSPITAL_A)
    for purpose in (*RESEARCH, *TREATMENT, *OTHERS):
        asked = query_of(STUDY, purpose=purpose, obligations=16)
        assert engine.evaluate(facts, asked, carries) == (
            REASON.MODIFIER_COMMERCIAL if purpose == PURPOSE.HMARKT else REASON.PERMITTED
        )


def test_denies_who_is_for_profit_before_what_is_commercial(engine):
    both = sent(directive_of(STUDY, modifiers=modifiers((NPUNCU, ZERO32))))
    asked = query_of(STUDY, purpose=PURPOSE.HMARKT)
    for attributes, reason in ((0, REASON.MODIFIER_NOT_FOR_PROFIT), (1, REASON.MODIFIER_COMMERCIAL)):
        facts = (HOSPITAL_B, b"GB", attributes, START, START, HOSPITAL_A)
        assert engine.evaluate(facts, asked, both) == reason


@pytest.mark.parametrize("code", sorted(OF_A_PROJECT))
def test_denies_what_needs_a_project_without_one(engine, code):
    """Whatever the purpose; but what forbids only a kind of research forbids no treatment."""
    carries = sent(directive_of(STUDY, permission=GRU, modifiers=modifiers((code, ZERO32))))
    facts = (HOSPITAL_B, b"GB", 1, START, START, HOSPITAL_A)
    for purpose in (*RESEARCH, *TREATMENT, *OTHERS):
        holds = code == NMDS and purpose not in RESEARCH
        assert engine.evaluate(facts, query_of(STUDY, purpose=purpose), carries) == (
            REASON.PERMITTED if holds else REASON.MODIFIER_NEEDS_PROJECT
        )


@pytest.mark.parametrize("cited", [number(1), digest("a project"), bytes([128]) + bytes(31)])
def test_denies_an_unknown_project(evaluate, cited):
    assert evaluate(query={"project": cited}) == REASON.PROJECT_UNKNOWN


@pytest.mark.parametrize(("code", "bit"), OBLIGATIONS.items())
def test_denies_who_did_not_accept_an_obligation(evaluate, code, bit):
    carries = modifiers((code, digest("not looked at")))
    for others in (0, 63 & ~bit, (2**64 - 1) & ~bit):
        assert evaluate(modifiers=carries, query={"obligations": others}) == REASON.OBLIGATION_NOT_ACCEPTED
    for accepted in (bit, 63, 2**64 - 1):
        assert evaluate(modifiers=carries, query={"obligations": accepted}) == REASON.PERMITTED


def test_denies_who_accepted_only_some_of_the_obligations(evaluate):
    carries = modifiers(*((code, ZERO32) for code in sorted(OBLIGATIONS)))
    for accepted in (0, *(63 & ~bit for bit in OBLIGATIONS.values())):
        assert evaluate(modifiers=carries, query={"obligations": accepted}) == REASON.OBLIGATION_NOT_ACCEPTED
    assert evaluate(modifiers=carries, query={"obligations": 63}) == REASON.PERMITTED


def test_takes_its_steps_in_their_order(evaluate):
    """All fail; each that is put right shows the next."""
    facts = {"attributes": 0}
    query = {"project": number(1)}
    wrong = {"vocabulary": 2, "permission": 0, "modifiers": modifiers((PUB, ZERO32), (NPU, ZERO32))}
    assert evaluate(facts, query, **wrong) == REASON.VOCABULARY_UNKNOWN
    wrong["vocabulary"] = 1
    assert evaluate(facts, query, **wrong) == REASON.PERMISSION_ABSENT
    wrong["permission"] = GRU
    assert evaluate(facts, query, **wrong) == REASON.MODIFIER_NOT_FOR_PROFIT
    facts = {}
    assert evaluate(facts, query, **wrong) == REASON.PROJECT_UNKNOWN
    query = {}
    assert evaluate(facts, query, **wrong) == REASON.OBLIGATION_NOT_ACCEPTED
    query = {"obligations": 1}
    assert evaluate(facts, query, **wrong) == REASON.PERMITTED


def test_looks_at_nothing_that_is_the_floors(evaluate):
    for floor in ({"subject": ALICE.address, "expiry": 0}, {"custodian": 9, "grantee": 9}, {"purposes": 0}):
        assert evaluate(**floor) == REASON.PERMITTED
