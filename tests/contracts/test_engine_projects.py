"""The engine's steps of docs/policy.md with a project; each test changes one thing of a project in force."""

from typing import Any

import pytest
from scenario import (
    ANCESTRY,
    BOARD_E,
    COMMERCIAL,
    COMPANY_C,
    GENETIC,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    METHODS,
    PURPOSE,
    REASON,
    START,
    YEAR,
    ZERO32,
    code_of,
    digest,
    directive_of,
    modifiers,
    number,
    query_of,
    sent,
)

STUDY = digest("a study")
GB = b"GB" + bytes(30)
DISEASE, KIND = code_of("MONDO:0005148"), code_of("screening")
DS, RS, NMDS, GSO, NPUNCU, IRB, GS, US, PS, NPOA, NPU, NCU = 7, 12, 15, 16, 18, 21, 22, 26, 27, 44, 45, 46
GRU = 42
ENGINE_GAS = 200_000


@pytest.fixture
def in_force(register_project, approve):
    """A project of hospital B, approved for a year; changed as the test needs it."""

    def in_force_(**changes: Any) -> bytes:
        project = register_project(**changes)
        approve(project)
        return project

    return in_force_


@pytest.fixture(scope="session")
def ask(engine):
    """Ask the engine about biomedical research under GRU within a project; changed as the test needs it."""

    def ask_(project: bytes, *carried: tuple[int, bytes], facts: Any = None, **changes: Any) -> int:
        asked = {
            "requester": HOSPITAL_B,
            "country": b"GB",
            "attributes": 1,
            "recordedAt": START,
            "time": START + 100,
            "custodian": HOSPITAL_A,
        } | (facts or {})
        query = {"purpose": PURPOSE.DSRCH, "project": project, "obligations": 63} | changes
        permission = query.pop("permission", GRU)
        directive = directive_of(STUDY, permission=permission, modifiers=modifiers(*carried))
        return engine.evaluate(asked, query_of(STUDY, **query), sent(directive))

    return ask_


def test_has_nothing_against_a_project_in_force(ask, in_force):
    assert ask(in_force()) == REASON.PERMITTED


def test_denies_disease_specific_research_when_no_disease_is_named(ask, in_force):
    project = in_force()
    assert ask(project, permission=DS) == REASON.PERMISSION_NAMES_NO_DISEASE
    assert ask(project, (RS, KIND), permission=DS) == REASON.PERMISSION_NAMES_NO_DISEASE
    assert ask(project, (DS, DISEASE), permission=DS) == REASON.PERMITTED
    # No disease is needed where DS allows nothing anyway, nor where it is not asked.
    assert ask(project, permission=DS, purpose=PURPOSE.HRESCH) == REASON.PERMISSION_EXCLUDES_PURPOSE
    assert ask(project, permission=DS, purpose=PURPOSE.TREAT) == REASON.PERMITTED


@pytest.mark.parametrize("permission", [DS, GRU])
@pytest.mark.parametrize(
    "value", [ZERO32, code_of("MONDO:0005149"), code_of("MONDO:000514"), DISEASE[:31] + b"1", digest("x")]
)
def test_denies_a_disease_that_the_board_did_not_attest(ask, in_force, value, permission):
    assert ask(in_force(), (DS, value), permission=permission) == REASON.MODIFIER_DISEASE


@pytest.mark.parametrize("value", [ZERO32, code_of("Screening"), digest("x")])
def test_denies_a_kind_of_research_that_the_board_did_not_attest(ask, in_force, value):
    assert ask(in_force(), (RS, value)) == REASON.MODIFIER_RESEARCH_TYPE


def test_finds_the_codes_of_this_project_only(ask, in_force):
    """Another project's codes, in force too, help nobody."""
    without, other = in_force(codes=[]), in_force(codes=[code_of("another disease")])
    for code, reason in ((DS, REASON.MODIFIER_DISEASE), (RS, REASON.MODIFIER_RESEARCH_TYPE)):
        assert ask(other, (code, code_of("another disease"))) == REASON.PERMITTED
        assert ask(without, (code, code_of("another disease"))) == reason


@pytest.mark.parametrize(
    ("code", "trait", "wanted", "reason"),
    [
        (GSO, GENETIC, True, REASON.MODIFIER_GENETIC),
        (NMDS, METHODS, False, REASON.MODIFIER_METHODS),
        (NPOA, ANCESTRY, False, REASON.MODIFIER_ANCESTRY),
        (NCU, COMMERCIAL, False, REASON.MODIFIER_COMMERCIAL),
        (NPUNCU, COMMERCIAL, False, REASON.MODIFIER_COMMERCIAL),
    ],
)
def test_decides_by_the_traits(ask, in_force, code, trait, wanted, reason):
    others = 15 & ~trait
    for traits in (0, trait, others, 15):
        holds = bool(traits & trait) == wanted
        assert ask(in_force(traits=traits), (code, ZERO32)) == (REASON.PERMITTED if holds else reason)


def test_lets_a_project_on_methods_treat(ask, in_force):
    assert ask(in_force(traits=METHODS), (NMDS, ZERO32), purpose=PURPOSE.TREAT) == REASON.PERMITTED


def test_denies_another_project_than_the_one_named(ask, in_force):
    project, other = in_force(), in_force(salt=digest("other"))
    assert ask(project, (PS, project)) == REASON.PERMITTED
    for named in (other, ZERO32, digest("nothing")):
        assert ask(project, (PS, named)) == REASON.MODIFIER_PROJECT


@pytest.mark.parametrize("country", [b"FR", b"\0\0"])
def test_denies_a_project_in_another_country_or_in_several(ask, in_force, country):
    project = in_force(country=country)
    assert ask(project) == REASON.PERMITTED
    assert ask(project, (GS, GB)) == REASON.MODIFIER_COUNTRY
    # What the project is in does not help a requester that is elsewhere, nor does a value of none.
    assert ask(project, (GS, country + bytes(30))) == REASON.MODIFIER_COUNTRY
    assert ask(in_force(), (GS, GB)) == REASON.PERMITTED


def test_leaves_an_approval_to_the_project(ask, register_project, in_force):
    assert ask(in_force(), (IRB, ZERO32)) == REASON.PERMITTED
    assert ask(register_project(salt=ZERO32), (IRB, ZERO32)) == REASON.PROJECT_NOT_APPROVED


def test_denies_before_it_is_approved(ask, register_project):
    assert ask(register_project()) == REASON.PROJECT_NOT_APPROVED


@pytest.mark.parametrize("by", ["board_e", "hospital_b"])
def test_denies_once_it_is_withdrawn(ask, in_force, projects, people, by):
    project = in_force()
    projects.withdraw(project, sender=getattr(people, by))
    assert ask(project) == REASON.PROJECT_WITHDRAWN


@pytest.mark.parametrize(
    ("after", "expected"),
    [(-1, REASON.PERMITTED), (0, REASON.PROJECT_EXPIRED), (1, REASON.PROJECT_EXPIRED)],
)
def test_denies_from_the_second_in_which_the_approval_is_over(ask, in_force, after, expected):
    assert ask(in_force(), facts={"time": START + YEAR + after}) == expected


def test_denies_while_the_board_is_suspended(ask, in_force, institutions, people):
    project = in_force()
    institutions.suspendSelf(sender=people.board_e)
    assert ask(project) == REASON.PROJECT_BOARD_DEPENDENT


def test_denies_what_the_custodian_itself_approved(ask, in_force):
    assert ask(in_force(), facts={"custodian": BOARD_E}) == REASON.PROJECT_BOARD_DEPENDENT


def test_denies_who_has_no_part_in_it(ask, in_force):
    """Neither the custodian nor the board nor nobody."""
    project = in_force()
    for requester in (HOSPITAL_A, HOSPITAL_D, BOARD_E, 0, 99):
        assert ask(project, facts={"requester": requester}) == REASON.PROJECT_NOT_PARTNER
    for requester in (HOSPITAL_B, COMPANY_C):
        assert ask(project, facts={"requester": requester}) == REASON.PERMITTED


@pytest.mark.parametrize("purpose", [PURPOSE.TREAT, PURPOSE.TRAIN, PURPOSE.HMARKT])
def test_looks_at_a_cited_project_whatever_the_purpose(ask, in_force, register_project, purpose):
    assert ask(in_force(), purpose=purpose) == REASON.PERMITTED
    assert ask(register_project(salt=ZERO32), purpose=purpose) == REASON.PROJECT_NOT_APPROVED


def test_takes_its_steps_in_their_order(ask, register_project, approve, institutions, projects, people):
    """All fail; each that is put right shows the next."""
    project = register_project(traits=COMMERCIAL)
    elsewhere = {"requester": HOSPITAL_D, "time": START + 2 * YEAR, "custodian": BOARD_E}

    def of(facts: Any, *carried: tuple[int, bytes]) -> int:
        return ask(project, *carried, (US, ZERO32), facts=facts, obligations=0)

    assert ask(project, (US, ZERO32), (NCU, ZERO32), facts=elsewhere, obligations=0) == (
        REASON.MODIFIER_COMMERCIAL
    )
    assert of(elsewhere) == REASON.PROJECT_NOT_APPROVED
    approve(project)
    assert of(elsewhere) == REASON.PROJECT_EXPIRED
    elsewhere.pop("time")
    assert of(elsewhere) == REASON.PROJECT_BOARD_DEPENDENT
    elsewhere.pop("custodian")
    assert of(elsewhere) == REASON.PROJECT_NOT_PARTNER
    assert of({}) == REASON.OBLIGATION_NOT_ACCEPTED
    projects.withdraw(project, sender=people.hospital_b)
    assert of(elsewhere | {"time": START + 2 * YEAR}) == REASON.PROJECT_WITHDRAWN


def test_uses_less_than_a_quarter_of_its_gas_in_the_worst_case(
    ask, engine, chain, institutions, in_force, people
):
    """Eight modifiers that are all looked up; the requester is the last of sixteen partners."""
    partners = [COMPANY_C, *range(50, 65)]
    project = in_force(
        partners=partners, codes=[number(each) for each in range(1, 9)], traits=GENETIC, country=b"GB"
    )
    carried = (
        (DS, number(8)),
        (RS, number(1)),
        (NMDS, ZERO32),
        (GSO, ZERO32),
        (NPUNCU, ZERO32),
        (GS, GB),
        (PS, project),
        (NCU, ZERO32),
    )
    facts = (64, b"GB", 1, START, START, HOSPITAL_A)
    query = query_of(STUDY, purpose=PURPOSE.DSRCH, project=project, obligations=16)
    directive = sent(directive_of(STUDY, permission=DS, modifiers=modifiers(*carried)))
    data = engine.evaluate.encode_input(facts, query, directive)
    eth = chain.provider.web3.eth
    call = {"from": people.eve.address, "to": engine.address, "data": data}
    assert int.from_bytes(eth.call(call), "big") == REASON.PERMITTED
    receipt = eth.wait_for_transaction_receipt(eth.send_transaction(call | {"gas": 1_000_000}))
    of_the_call_itself = 21_000 + sum(16 if byte else 4 for byte in bytes(data))
    assert receipt.gasUsed - of_the_call_itself < ENGINE_GAS // 4
