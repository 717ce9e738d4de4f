"""What a person reads when a request is denied: what decided, what would change it, and all else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from policy_cases import (
    DIRECTIVE,
    FACTS,
    KINDS,
    NOW,
    PROJECT,
    QUERY,
    RELEASE,
    REQUESTER,
    directive,
    facts,
    modifier,
    query,
)

from pixelpact.models import ANY_INSTITUTION
from pixelpact.policy import (
    Category,
    Check,
    CommitmentFacts,
    ConsentKind,
    Explanation,
    InstitutionFacts,
    InstitutionStatus,
    ModifierCode,
    Outcome,
    Permission,
    ProjectFacts,
    Purpose,
    Reason,
    RefusalFacts,
    StudyFacts,
    StudyStatus,
    decide,
    emergency_query,
    explain,
    explain_emergency,
    purpose_set,
)

NAMES = {1: "Hospital A", 2: "Hospital B"}


def outcomes(explanation: Explanation) -> dict[Check, Outcome]:
    return {result.check: result.outcome for result in explanation.checks}


def test_every_check_stands_in_its_order() -> None:
    explanation = explain(FACTS, QUERY, DIRECTIVE, RELEASE)
    assert [result.check for result in explanation.checks] == [one for one in Check if one != Check.PERMIT]
    assert set(outcomes(explanation).values()) == {Outcome.PASSED}
    assert explanation.decision.permitted
    assert explanation.obstacles == ()


def test_without_a_release_only_the_request_is_explained() -> None:
    assert Check.RELEASE not in outcomes(explain(FACTS, QUERY, DIRECTIVE))


def test_all_obstacles_are_seen_at_once() -> None:
    cited = directive(
        modifier(ModifierCode.RS), modifier(ModifierCode.PS), grantee=7, expiry=NOW, vocabulary=2
    )
    explanation = explain(facts(refusals=RefusalFacts(study=1)), QUERY, cited)
    assert [obstacle.reason for obstacle in explanation.obstacles] == [
        Reason.REFUSED_BY_PATIENT,
        Reason.EXPIRED,
        Reason.GRANTEE_DIFFERS,
        Reason.VOCABULARY_UNKNOWN,
        Reason.MODIFIER_NEEDS_PROJECT,
    ]
    found = outcomes(explanation)
    assert found[Check.CUSTODIAN] == Outcome.PASSED
    assert found[Check.REFUSALS] == Outcome.DENIED
    assert found[Check.TIME] == Outcome.WOULD_DENY
    assert found[Check.SCOPE] == Outcome.WOULD_PASS
    assert "(RS)" in explanation.obstacles[-1].remedy
    assert "(PS)" in explanation.obstacles[-1].remedy


def test_several_reasons_of_one_check_are_all_named() -> None:
    suspended = facts(requester={"status": InstitutionStatus.SUSPENDED, "roles": 0})
    reasons = [obstacle.reason for obstacle in explain(suspended, QUERY, DIRECTIVE).obstacles]
    assert reasons == [Reason.REQUESTER_NOT_ACTIVE, Reason.REQUESTER_LACKS_ROLE]


def test_without_a_directive_what_hangs_on_it_is_left_open() -> None:
    unknown = replace(FACTS, project=ProjectFacts())
    explanation = explain(unknown, query(categories=Category.CT, project=bytes(31) + b"\1"), None)
    found = outcomes(explanation)
    assert found[Check.DIRECTIVE] == Outcome.DENIED
    assert found[Check.TIME] == found[Check.PURPOSE] == found[Check.MODIFIERS] == Outcome.CANNOT_TELL
    assert [obstacle.reason for obstacle in explanation.obstacles] == [
        Reason.DIRECTIVE_ABSENT,
        Reason.CATEGORY_NOT_ASKED,
        Reason.PROJECT_UNKNOWN,
    ]


def test_of_an_unknown_study_nothing_is_guessed() -> None:
    nothing = replace(FACTS, study=StudyFacts(), custodian=InstitutionFacts())
    explanation = explain(nothing, QUERY, DIRECTIVE)
    assert [obstacle.reason for obstacle in explanation.obstacles] == [Reason.STUDY_UNKNOWN]
    found = outcomes(explanation)
    assert found[Check.CUSTODIAN] == found[Check.DIRECTIVE] == Outcome.CANNOT_TELL
    assert found[Check.REQUESTER] == Outcome.WOULD_PASS
    absent = explain(nothing, QUERY, None)
    assert "the hospital that holds the study" in absent.obstacles[-1].remedy


@pytest.mark.parametrize("commitment", [CommitmentFacts(), CommitmentFacts(NOW - 10, NOW - 5)])
def test_a_directive_that_does_not_stand_is_taken_as_recorded_now(commitment: CommitmentFacts) -> None:
    cited = directive(modifier(ModifierCode.TS, 1), grantee=ANY_INSTITUTION)
    explanation = explain(facts(commitment=commitment), QUERY, cited)
    assert len(explanation.obstacles) == 1
    assert explanation.obstacles[0].reason.check == Check.DIRECTIVE


WITHIN = query(project=PROJECT)
REMEDIES: list[tuple[dict[str, Any], Reason, str]] = [
    (
        {"facts": facts(study={"status": StudyStatus.WITHDRAWN})},
        Reason.STUDY_WITHDRAWN,
        "The study is shared again by Hospital A (institution 1).",
    ),
    (
        {"facts": facts(requester={"status": InstitutionStatus.SUSPENDED})},
        Reason.REQUESTER_NOT_ACTIVE,
        "The consortium ends the suspension of Hospital B (institution 2).",
    ),
    (
        {"facts": facts(custodian={"status": InstitutionStatus.UNKNOWN})},
        Reason.CUSTODIAN_NOT_ACTIVE,
        "The consortium admits Hospital A (institution 1).",
    ),
    (
        {"directive": directive(custodian=3)},
        Reason.CUSTODIAN_DIFFERS,
        "Cite a consent to Hospital A (institution 1), which holds the study; this one is to institution 3.",
    ),
    (
        {
            "facts": facts(refusals=RefusalFacts(everything=1, requester=purpose_set(Purpose.ETREAT))),
            "query": query(purpose=Purpose.BTG),
        },
        Reason.REFUSED_BY_PATIENT,
        (
            "The patient lifts the refusal of treatment (TREAT) for everything and emergency treatment "
            "(ETREAT) for Hospital B (institution 2)."
        ),
    ),
    (
        {"directive": None, "query": query(purpose=Purpose.BTG)},
        Reason.DIRECTIVE_ABSENT,
        (
            "The patient signs a consent that lets Hospital A (institution 1) share with Hospital B "
            "(institution 2) for opening a closed record in an emergency (BTG), emergency treatment (ETREAT) "
            "or treatment (TREAT); it is recorded, and the request cites it."
        ),
    ),
    (
        {"directive": directive(not_before=NOW + 60)},
        Reason.NOT_YET_VALID,
        "Ask again from 2027-01-15T08:01:00Z on.",
    ),
    (
        {"directive": directive(not_before=2**64 - 2, expiry=2**64 - 1)},
        Reason.NOT_YET_VALID,
        "Ask again from the end of time on.",
    ),
    (
        {"directive": directive(grantee=3)},
        Reason.GRANTEE_DIFFERS,
        "The patient signs a consent that names Hospital B (institution 2); this one names institution 3.",
    ),
    (
        {"query": query(categories=Category.CT)},
        Reason.CATEGORY_NOT_ASKED,
        "Ask for reports too: the key opens the whole study.",
    ),
    (
        {"query": query(categories=KINDS | Category.MR), "directive": directive(categories=Category.CT)},
        Reason.CATEGORY_NOT_GRANTED,
        (
            "The patient signs a consent that covers reports. "
            "Ask without magnetic resonance, which the study does not hold."
        ),
    ),
    (
        {"query": query(purpose=Purpose.HTEST)},
        Reason.PURPOSE_NOT_GRANTED,
        (
            "The patient signs a consent for testing systems (HTEST), developing systems (SYSDEV) or running "
            "health care (HOPERAT); this one is for treatment (TREAT) and health research (HRESCH)."
        ),
    ),
    (
        {"query": query(purpose=Purpose.DSRCH), "directive": directive(permission=Permission.DS)},
        Reason.PERMISSION_NEEDS_PROJECT,
        (
            "Cite an approved research project that studies the disease; or the patient signs a consent with "
            "a data use permission that allows this purpose: no restriction (NRES), general research use "
            "(GRU) or health or medical or biomedical research (HMB)."
        ),
    ),
    (
        {"facts": facts(stopped_until=NOW + 60)},
        Reason.SHARING_STOPPED,
        "Ask again from 2027-01-15T08:01:00Z on, or the consortium lifts the stop.",
    ),
    (
        {"facts": facts(refusals=RefusalFacts(formers=1, taken=1))},
        Reason.REFUSED_BY_PATIENT,
        (
            "The patient lifts the refusal of treatment (TREAT) for what a hospital that held the study "
            "before holds and treatment (TREAT) given on paper or by phone."
        ),
    ),
    (
        {"facts": facts(commitment=CommitmentFacts(NOW - 9, kind=ConsentKind.PAPER, stands_from=NOW + 60))},
        Reason.PAPER_TOO_NEW,
        "Ask again from 2027-01-15T08:01:00Z on.",
    ),
    (
        {"query": WITHIN, "directive": directive(modifier(ModifierCode.DS, b"MONDO:1"))},
        Reason.MODIFIER_DISEASE,
        "Cite a research project that lists the disease MONDO:1.",
    ),
    (
        {"query": WITHIN, "directive": directive(modifier(ModifierCode.RS, b"\xff"))},
        Reason.MODIFIER_RESEARCH_TYPE,
        f"Cite a research project that lists the kind of research 0xff{'00' * 31}.",
    ),
    (
        {"query": WITHIN, "directive": directive(modifier(ModifierCode.PS, 1))},
        Reason.MODIFIER_PROJECT,
        f"Cite the research project {'00' * 31}01.",
    ),
    (
        {"directive": directive(modifier(ModifierCode.GS, b"AT"))},
        Reason.MODIFIER_COUNTRY,
        "The patient signs a consent limited to CH, where Hospital B (institution 2) is, or to no country.",
    ),
    (
        {
            "facts": facts(project={"country": bytes(2)}),
            "query": WITHIN,
            "directive": directive(modifier(ModifierCode.GS, b"CH")),
        },
        Reason.MODIFIER_COUNTRY,
        (
            "Cite a research project that uses the data in the consent's country, where Hospital B "
            "(institution 2) must be too (it is in CH, the project in no stated country); or the patient "
            "signs one limited to no country."
        ),
    ),
    (
        {"facts": facts(project={"until": NOW}), "query": WITHIN},
        Reason.PROJECT_EXPIRED,
        "The board approves the project for longer; its approval ended at 2027-01-15T08:00:00Z.",
    ),
    *(
        (
            {"facts": facts(project={"board": replace(FACTS.project.board, **board)}), "query": WITHIN},
            Reason.PROJECT_BOARD_DEPENDENT,
            sentence,
        )
        for board, sentence in (
            (
                {"number": 1},
                (
                    "Cite a project that another ethics board approved: Hospital A (institution 1) holds the "
                    "study."
                ),
            ),
            (
                {"status": InstitutionStatus.SUSPENDED},
                "The consortium ends the suspension of institution 3, or another board approves a project.",
            ),
            (
                {"roles": 0},
                (
                    "The consortium gives institution 3 the role of an ethics board, or another board "
                    "approves a project."
                ),
            ),
        )
    ),
    (
        {"directive": directive(modifier(ModifierCode.PUB), modifier(ModifierCode.RTN))},
        Reason.OBLIGATION_NOT_ACCEPTED,
        "The institution that asks accepts to publish the results and return derived data to the source.",
    ),
]


@pytest.mark.parametrize(("changes", "reason", "sentence"), REMEDIES)
def test_remedies_name_the_parties_and_the_way(
    changes: dict[str, Any], reason: Reason, sentence: str
) -> None:
    case = {"facts": FACTS, "query": QUERY, "directive": DIRECTIVE} | changes
    first = explain(case["facts"], case["query"], case["directive"], names=NAMES).obstacles[0]
    assert (first.reason, first.remedy) == (reason, sentence)
    assert first.sentence == reason.sentence


def test_what_a_release_lacks() -> None:
    late = replace(RELEASE, epoch=1, key_version=1, requested_at=NOW - 86_400)
    explanation = explain(FACTS, QUERY, DIRECTIVE, late, NAMES)
    assert [obstacle.remedy for obstacle in explanation.obstacles] == [
        "Release the key of epoch 2.",
        "Seal the envelope to version 3 of the key of Hospital B (institution 2).",
        "The institution asks again; this request could be served until 2027-01-15T08:00:00Z.",
    ]
    keyless = explain(facts(requester={"key_version": 0}), QUERY, DIRECTIVE, RELEASE)
    assert keyless.obstacles[0].remedy.startswith("An encryption key is published by institution 2")


def test_an_emergency_is_explained_without_a_consent() -> None:
    asked = emergency_query(QUERY.study, KINDS)
    refused = facts(refusals=RefusalFacts(everything=1), commitment=CommitmentFacts())
    explanation = explain_emergency(refused, asked, NAMES)
    assert list(outcomes(explanation)) == [
        Check.STUDY,
        Check.STOP,
        Check.REQUESTER,
        Check.CUSTODIAN,
        Check.REFUSALS,
        Check.CATEGORIES,
    ]
    assert [obstacle.reason for obstacle in explanation.obstacles] == [Reason.REFUSED_BY_PATIENT]
    late = replace(RELEASE, is_emergency=True, requested_at=NOW - 3_600)
    released = explain(FACTS, asked, None, late)
    assert [obstacle.reason for obstacle in released.obstacles] == [Reason.REQUEST_EXPIRED]
    assert "2027-01-15T08:00:00Z" in released.obstacles[0].remedy


def test_a_release_of_what_is_denied_says_both() -> None:
    withdrawn = facts(study={"status": StudyStatus.WITHDRAWN})
    explanation = explain(withdrawn, QUERY, DIRECTIVE, replace(RELEASE, epoch=1))
    assert explanation.decision.reason == Reason.STUDY_WITHDRAWN
    assert outcomes(explanation)[Check.RELEASE] == Outcome.WOULD_DENY


def test_following_the_remedy_of_a_grantee_permits() -> None:
    denied = explain(FACTS, QUERY, directive(grantee=7))
    assert denied.obstacles[0].reason == Reason.GRANTEE_DIFFERS
    assert decide(FACTS, QUERY, directive(grantee=REQUESTER)).permitted
