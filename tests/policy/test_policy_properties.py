"""What must hold of every decision: deny overrides, narrower never permits more, explanations are true."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from policy_cases import (
    DIRECTIVES,
    DISEASE,
    FACT_SETS,
    FACTS,
    KIND_OF_RESEARCH,
    MODIFIERS,
    NOW,
    PROJECT,
    PURPOSE_SETS,
    QUERIES,
    RELEASES,
    REQUESTER,
    STUDY,
    directive,
    facts,
    modifier,
    query,
)

from pixelpact.errors import InputError
from pixelpact.models import (
    ANY_INSTITUTION,
    ANY_INSTITUTION_LATER_TOO,
    ZERO32,
    AccessQuery,
    Directive,
    Modifier,
)
from pixelpact.policy import (
    MAX_TERM,
    Check,
    CommitmentFacts,
    Facts,
    ModifierCode,
    Outcome,
    Permission,
    Purpose,
    Reason,
    RefusalFacts,
    ReleaseFacts,
    ancestors,
    check_directive,
    covers,
    decide,
    decide_emergency,
    decide_release,
    descendants,
    describe,
    describe_query,
    emergency_query,
    explain,
    purpose_set,
)
from pixelpact.policy.floor import is_malformed
from pixelpact.policy.vocabulary import RESEARCH

SETS = st.integers(0, 2**64 - 1)
SCOPES = st.sampled_from(["everything", "custodian", "study", "requester"])
#: A machine that does much else is no failure.
thorough = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(
    FACT_SETS,
    QUERIES,
    DIRECTIVES,
    PURPOSE_SETS,
    st.sampled_from(["everything", "custodian", "study", "requester"]),
)
def test_a_further_refusal_never_permits(
    known: Facts, asked: AccessQuery, cited: Directive, more: int, scope: str
) -> None:
    before = decide(known, asked, cited)
    wider = replace(known.refusals, **{scope: getattr(known.refusals, scope) | more})
    after = decide(replace(known, refusals=wider), asked, cited)
    assert before.permitted or not after.permitted
    if covers(more, asked.purpose):
        assert not after.permitted


NARROWER_PERMISSIONS = {
    Permission.NRES: Permission.GRU,
    Permission.GRU: Permission.HMB,
    Permission.HMB: Permission.DS,
    Permission.DS: 0,
    Permission.POA: 0,
}


@st.composite
def narrowings(draw: st.DrawFn) -> tuple[Directive, Directive]:
    """A well-formed directive, and one that grants less."""
    wide = draw(DIRECTIVES)
    assume(not is_malformed(wide))
    ways = {
        "categories": SETS.map(lambda kept: wide.categories & kept),
        "purposes": SETS.map(lambda kept: wide.purposes & kept),
        "not_before": st.integers(wide.not_before, wide.expiry - 1),
        "expiry": st.integers(wide.not_before + 1, wide.expiry),
        "modifiers": MODIFIERS.map(lambda further: _with_another(wide, further)),
    }
    if wide.study == ZERO32:
        ways["study"] = st.binary(min_size=32, max_size=32)
    if wide.grantee == ANY_INSTITUTION_LATER_TOO:
        ways["grantee"] = st.sampled_from([ANY_INSTITUTION, REQUESTER])
    if wide.permission in NARROWER_PERMISSIONS:
        ways["permission"] = st.just(NARROWER_PERMISSIONS[Permission(wide.permission)])
    field = draw(st.sampled_from(sorted(ways)))
    return wide, replace(wide, **{field: draw(ways[field])})


def _with_another(wide: Directive, further: Modifier) -> tuple[Modifier, ...]:
    if wide.permission == Permission.DS and further.code == ModifierCode.DS:
        return wide.modifiers  # the permission grants nothing until a disease is named
    others = [one for one in wide.modifiers if one.code != further.code]
    if len(others) < len(wide.modifiers):
        return wide.modifiers
    return tuple(sorted((*others, further), key=lambda one: one.code))


@thorough
@given(FACT_SETS, QUERIES, narrowings())
def test_a_narrower_directive_never_permits_more(
    known: Facts, asked: AccessQuery, pair: tuple[Directive, Directive]
) -> None:
    wide, narrow = pair
    assert decide(known, asked, wide).permitted or not decide(known, asked, narrow).permitted


@given(st.sampled_from(Purpose), st.sampled_from(Purpose))
def test_a_grant_covers_what_is_below_it_and_nothing_else(granted: Purpose, asked: Purpose) -> None:
    wanted = directive(purposes=purpose_set(granted), permission=Permission.GRU)
    permitted = decide(FACTS, query(purpose=asked), wanted).permitted
    assert permitted == (granted in ancestors(asked)) == (asked in descendants(granted))


@thorough
@given(FACT_SETS, QUERIES, DIRECTIVES)
def test_a_zero_subject_is_no_directive(known: Facts, asked: AccessQuery, cited: Directive) -> None:
    nobody = replace(cited, subject=bytes(20))
    assert decide(known, asked, nobody) == decide(known, asked, None)
    assert not decide(known, asked, None).permitted


@thorough
@given(FACT_SETS, QUERIES, DIRECTIVES, RELEASES)
def test_a_release_is_never_more_than_the_decision(
    known: Facts, asked: AccessQuery, cited: Directive, release: ReleaseFacts
) -> None:
    decision, released = decide(known, asked, cited), decide_release(known, release, asked, cited)
    if release.is_emergency:
        decision = decide_emergency(known, asked.categories)
    if decision.permitted:
        assert released.permitted or released.check == Check.RELEASE
    else:
        assert released == decision


@thorough
@given(FACT_SETS, QUERIES, DIRECTIVES | st.none(), RELEASES | st.none())
def test_an_explanation_says_what_was_decided_and_all_that_stands_against_it(
    known: Facts, asked: AccessQuery, cited: Directive | None, release: ReleaseFacts | None
) -> None:
    if release is not None and release.is_emergency:
        asked = emergency_query(asked.study, asked.categories)
    explanation = explain(known, asked, cited, release)
    expected = decide(known, asked, cited)
    if release is not None:
        expected = decide_release(known, release, asked, cited)
    assert explanation.decision == expected

    denied = [result for result in explanation.checks if result.outcome == Outcome.DENIED]
    if expected.permitted:
        assert {result.outcome for result in explanation.checks} == {Outcome.PASSED}
        assert not explanation.obstacles
    else:
        assert [result.check for result in denied] == [expected.check]
        assert explanation.obstacles[0].reason == expected.reason
    for result in explanation.checks:
        assert (result.outcome in (Outcome.DENIED, Outcome.WOULD_DENY)) == bool(result.obstacles)
        for obstacle in result.obstacles:
            assert obstacle.reason.check == result.check
            assert obstacle.remedy.endswith(".")
            assert "{" not in obstacle.remedy


@thorough
@given(FACT_SETS, QUERIES, DIRECTIVES)
def test_without_its_obstacles_a_request_is_permitted(
    known: Facts, asked: AccessQuery, cited: Directive
) -> None:
    """The two easiest to take away: once a reason is the only obstacle, taking it away permits."""
    reasons = {obstacle.reason for obstacle in explain(known, asked, cited).obstacles}
    if reasons == {Reason.REFUSED_BY_PATIENT}:
        assert decide(replace(known, refusals=RefusalFacts()), asked, cited).permitted
    if reasons == {Reason.PROJECT_UNKNOWN} and asked.purpose not in RESEARCH and not cited.modifiers:
        assert decide(known, replace(asked, project=ZERO32), cited).permitted
    if reasons == {Reason.OBLIGATION_NOT_ACCEPTED}:
        assert decide(known, replace(asked, obligations=2**64 - 1), cited).permitted


@thorough
@given(DIRECTIVES, QUERIES)
def test_anything_can_be_read_out(cited: Directive, asked: AccessQuery) -> None:
    for sentence in describe(cited) + describe_query(asked, {}, REQUESTER):
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith(".")


USUAL_MODIFIERS = [
    modifier(ModifierCode.IS, REQUESTER),
    modifier(ModifierCode.GS, b"AT"),
    modifier(ModifierCode.TS, 1),
    modifier(ModifierCode.MOR, NOW),
    modifier(ModifierCode.DS, DISEASE),
    modifier(ModifierCode.RS, KIND_OF_RESEARCH),
    modifier(ModifierCode.PS, 7),
    *(modifier(code) for code in ModifierCode if code in (15, 16, 18, 19, 21, 44, 45, 46)),
]
RESEARCH_OF = {
    Permission.NRES: [Purpose.HRESCH, Purpose.POARCH],
    Permission.GRU: [Purpose.HRESCH, Purpose.DSRCH],
    Permission.HMB: [Purpose.HRESCH, Purpose.CLINTRCHPC],
    Permission.POA: [Purpose.HRESCH, Purpose.POARCH],
    Permission.DS: [Purpose.DSRCH],
}


@st.composite
def signable(draw: st.DrawFn) -> Directive:
    """A directive that may be signed."""
    permission = draw(st.sampled_from([*RESEARCH_OF, Permission.CC, 0]))
    purposes = [Purpose.TREAT, Purpose.BTG, *RESEARCH_OF.get(permission, [])]
    if permission != Permission.CC:
        purposes += [Purpose.HOPERAT, Purpose.THREAT]
    chosen = draw(st.sets(st.sampled_from(USUAL_MODIFIERS), max_size=4))
    wanted = directive(
        *sorted(chosen, key=lambda one: one.code),
        permission=permission,
        purposes=purpose_set(*draw(st.sets(st.sampled_from(purposes), min_size=1, max_size=3))),
        study=draw(st.sampled_from([ZERO32, STUDY])),
        grantee=draw(st.sampled_from([REQUESTER, ANY_INSTITUTION, ANY_INSTITUTION_LATER_TOO])),
        not_before=draw(st.integers(1, NOW)),
    )
    wanted = replace(wanted, expiry=wanted.not_before + draw(st.integers(1, MAX_TERM)))
    with suppress(InputError):
        check_directive(wanted)
        return wanted
    return reject()


@thorough
@given(signable())
def test_what_can_be_signed_permits_somebody_something(wanted: Directive) -> None:
    assert not is_malformed(wanted)
    values = {one.code: one.value for one in wanted.modifiers}
    named = wanted.grantee if 0 < wanted.grantee < ANY_INSTITUTION_LATER_TOO else REQUESTER
    requester = int.from_bytes(values.get(ModifierCode.IS, named.to_bytes(32)))
    ideal = facts(
        time=wanted.not_before,
        study={"custodian": wanted.custodian, "subject": wanted.subject, "categories": 0},
        requester={
            "number": requester,
            "country": values.get(ModifierCode.GS, b"CH")[:2],
            "requester_since": wanted.not_before - 1,
        },
        generation=wanted.generation,
        commitment=CommitmentFacts(recorded_at=max(wanted.not_before, 1)),
        generation_since=0,
        project={
            "until": wanted.expiry,
            "country": values.get(ModifierCode.GS, b"CH")[:2],
            "codes": frozenset(values.values()),
        },
    )
    project = values.get(ModifierCode.PS, PROJECT)
    asked = [
        query(purpose=one, study=wanted.study, categories=0, obligations=2**64 - 1, project=within)
        for one in Purpose
        for within in (ZERO32, project)
    ]
    assert any(decide(ideal, one, wanted).permitted for one in asked)
