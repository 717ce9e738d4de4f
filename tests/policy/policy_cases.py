"""One case that is permitted, ways to change it, and Hypothesis strategies that stay near it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pixelpact.models import ZERO32, AccessQuery, Directive, Modifier
from pixelpact.policy import (
    MAX_TERM,
    MONTH,
    Attribute,
    Category,
    CommitmentFacts,
    ConsentKind,
    Facts,
    InstitutionFacts,
    InstitutionStatus,
    ModifierCode,
    Obligation,
    Permission,
    ProjectFacts,
    ProjectStatus,
    Purpose,
    Reason,
    RefusalFacts,
    ReleaseFacts,
    Role,
    StudyFacts,
    StudyStatus,
    Trait,
    purpose_set,
)

NOW = 1_800_000_000
SUBJECT = bytes.fromhex("51" * 20)
STUDY = bytes.fromhex("5d" * 32)
CUSTODIAN, REQUESTER, BOARD = 1, 2, 3
PROJECT = bytes.fromhex("0b" * 32)
DISEASE = b"MONDO:0005148".ljust(32, b"\0")
KIND_OF_RESEARCH = b"RADIOMICS".ljust(32, b"\0")
KINDS = Category.CT | Category.REPORT

FACTS = Facts(
    time=NOW,
    study=StudyFacts(StudyStatus.ACTIVE, SUBJECT, CUSTODIAN, KINDS, epoch=2),
    requester=InstitutionFacts(
        REQUESTER,
        InstitutionStatus.ACTIVE,
        Role.REQUESTER,
        b"CH",
        Attribute.NOT_FOR_PROFIT,
        requester_since=NOW - 5000,
        key_version=3,
    ),
    custodian=InstitutionFacts(CUSTODIAN, InstitutionStatus.ACTIVE, Role.CUSTODIAN | Role.REQUESTER, b"AT"),
    generation=4,
    commitment=CommitmentFacts(recorded_at=NOW - 1000, kind=ConsentKind.SIGNED),
    generation_since=NOW - 5 * MONTH,
    project=ProjectFacts(
        ProjectStatus.APPROVED,
        REQUESTER,
        InstitutionFacts(BOARD, InstitutionStatus.ACTIVE, Role.ETHICS_BOARD, b"CH"),
        until=NOW + 100,
        traits=Trait.GENETIC,
        country=b"CH",
        participates=True,
        codes=frozenset((DISEASE, KIND_OF_RESEARCH)),
    ),
)
QUERY = AccessQuery(STUDY, Purpose.TREAT, KINDS)
DIRECTIVE = Directive(
    subject=SUBJECT,
    custodian=CUSTODIAN,
    study=ZERO32,
    grantee=REQUESTER,
    categories=KINDS,
    purposes=purpose_set(Purpose.TREAT, Purpose.HRESCH),
    permission=Permission.GRU,
    vocabulary=1,
    generation=4,
    not_before=NOW - 2000,
    expiry=NOW + 2000,
    salt=bytes.fromhex("5a" * 32),
)
RELEASE = ReleaseFacts(epoch=2, key_version=3, requested_at=NOW - 100)


def facts(**parts: dict[str, Any] | Any) -> Facts:
    """The base facts with parts changed: ``facts(study={"status": ...}, time=...)``."""
    return replace(
        FACTS,
        **{
            name: replace(getattr(FACTS, name), **value) if isinstance(value, dict) else value
            for name, value in parts.items()
        },
    )


def query(**parts: Any) -> AccessQuery:
    """The base query with fields changed."""
    return replace(QUERY, **parts)


def directive(*modifiers: Modifier, **parts: Any) -> Directive:
    """The base directive with modifiers and fields changed."""
    return replace(DIRECTIVE, modifiers=modifiers, **parts)


def modifier(code: int, value: int | bytes = 0) -> Modifier:
    """A modifier with a number, or with bytes and zeros behind them."""
    return Modifier(code, value.to_bytes(32) if isinstance(value, int) else value.ljust(32, b"\0"))


def near(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the usual value, so that most of a case passes."""
    return st.sampled_from([usual] * max(3, 2 * len(others)) + list(others))


PURPOSES = st.one_of(
    st.sampled_from(
        [Purpose.TREAT, Purpose.BTG, Purpose.HRESCH, Purpose.DSRCH, Purpose.POARCH, Purpose.HTEST]
    ),
    st.sampled_from(Purpose),
    st.sampled_from([59, 63, 64, 255]),
)
PURPOSE_SETS = st.one_of(
    st.just(DIRECTIVE.purposes),
    st.sets(st.sampled_from(Purpose), max_size=4).map(lambda chosen: purpose_set(*chosen)),
    st.integers(0, 2**64 - 1),
)
MODIFIERS = st.one_of(
    st.builds(modifier, st.just(ModifierCode.IS), near(REQUESTER, 0, 7, REQUESTER + 2**32)),
    st.builds(modifier, st.just(ModifierCode.GS), near(b"CH", b"AT", b"CH\1", b"")),
    st.builds(modifier, st.just(ModifierCode.TS), st.sampled_from([0, 1, 12, 2**64, 2**256 - 1])),
    st.builds(
        modifier,
        st.sampled_from([ModifierCode.NPU, ModifierCode.NPOA, ModifierCode.PUB, ModifierCode.COL]),
        st.integers(0, 2**256 - 1),
    ),
    st.builds(modifier, st.just(ModifierCode.DS), near(DISEASE, KIND_OF_RESEARCH, 1)),
    st.builds(modifier, st.just(ModifierCode.RS), near(KIND_OF_RESEARCH, 1)),
    st.builds(modifier, st.just(ModifierCode.PS), near(PROJECT, 1)),
    st.builds(modifier, st.sampled_from([ModifierCode.MOR, ModifierCode.RTN])),
    st.builds(modifier, st.sampled_from([*ModifierCode, 0, 8, 65535])),
)
MODIFIER_LISTS = st.one_of(
    st.just(()),
    st.lists(MODIFIERS, max_size=3, unique_by=lambda one: one.code).map(
        lambda chosen: tuple(sorted(chosen, key=lambda one: one.code))
    ),
    st.lists(MODIFIERS, max_size=10).map(tuple),
)
DIRECTIVES = st.builds(
    Directive,
    subject=near(SUBJECT, bytes(20), bytes.fromhex("52" * 20)),
    custodian=near(CUSTODIAN, REQUESTER),
    study=near(ZERO32, STUDY, bytes.fromhex("5e" * 32)),
    grantee=near(REQUESTER, 0, 2**32 - 1, CUSTODIAN),
    categories=near(int(KINDS), int(Category.CT), 2**64 - 1),
    purposes=PURPOSE_SETS,
    permission=near(int(Permission.GRU), 0, *map(int, Permission), 1, 65535),
    vocabulary=near(1, 0, 2),
    generation=near(4, 3, 5),
    not_before=near(NOW - 2000, NOW, NOW + 1, 0),
    expiry=near(NOW + 2000, NOW, NOW + 1, 0, NOW - 2000 + MAX_TERM, NOW - 2000 + MAX_TERM + 1),
    salt=st.just(DIRECTIVE.salt),
    modifiers=MODIFIER_LISTS,
)
QUERIES = st.builds(
    AccessQuery,
    study=near(STUDY, bytes.fromhex("5e" * 32)),
    purpose=PURPOSES,
    categories=near(int(KINDS), int(Category.CT), int(KINDS | Category.MR)),
    project=st.sampled_from([ZERO32, PROJECT]),
    obligations=near(sum(Obligation), 0, int(Obligation.RETURN_RESULTS), 2**64 - 1),
)
INSTITUTION_STATUSES = near(InstitutionStatus.ACTIVE, InstitutionStatus.SUSPENDED, InstitutionStatus.UNKNOWN)
FACT_SETS = st.builds(
    Facts,
    time=st.just(NOW),
    study=st.builds(
        StudyFacts,
        status=near(StudyStatus.ACTIVE, *StudyStatus),
        subject=st.just(SUBJECT),
        custodian=st.just(CUSTODIAN),
        categories=near(int(KINDS), int(Category.CT), int(KINDS | Category.MR)),
        epoch=st.just(2),
    ),
    requester=st.builds(
        InstitutionFacts,
        number=st.just(REQUESTER),
        status=INSTITUTION_STATUSES,
        roles=near(int(Role.REQUESTER), int(Role.CUSTODIAN), 15),
        country=near(b"CH", b"AT"),
        attributes=near(1, 0, 2),
        requester_since=near(NOW - 5000, NOW - 1001, NOW - 1000, NOW - 999),
        key_version=near(3, 0, 4),
    ),
    custodian=st.builds(
        InstitutionFacts,
        number=st.just(CUSTODIAN),
        status=INSTITUTION_STATUSES,
        roles=near(int(Role.CUSTODIAN), int(Role.REQUESTER), 15),
        country=st.just(b"AT"),
    ),
    refusals=near(
        RefusalFacts(),
        RefusalFacts(everything=purpose_set(Purpose.HRESCH)),
        RefusalFacts(custodian=purpose_set(Purpose.ETREAT)),
        RefusalFacts(study=1 << 59, requester=purpose_set(Purpose.TREAT)),
        RefusalFacts(formers=purpose_set(Purpose.TREAT)),
        RefusalFacts(taken=purpose_set(Purpose.HRESCH)),
    ),
    generation=near(4, 5),
    commitment=near(
        CommitmentFacts(NOW - 1000),
        CommitmentFacts(),
        CommitmentFacts(NOW - 1000, NOW - 10),
        CommitmentFacts(0, NOW - 10),
        CommitmentFacts(NOW - MONTH),
        CommitmentFacts(NOW - MONTH + 1),
        CommitmentFacts(NOW - 1000, kind=ConsentKind.PAPER, stands_from=NOW + 1),
        CommitmentFacts(NOW - 1000, kind=ConsentKind.PAPER, stands_from=NOW),
        CommitmentFacts(NOW - 1000, kind=ConsentKind.GUARDIAN, flaw=Reason.GUARDIAN_ENDED),
        CommitmentFacts(NOW - 1000, kind=ConsentKind.GUARDIAN, flaw=Reason.AUTHORITY_EXCEEDED),
        CommitmentFacts(flaw=Reason.EVIDENCE_INVALID),
    ),
    engine_answers=st.integers(0, 4).map(bool),
    generation_since=near(NOW - 5 * MONTH, NOW - 1000, NOW - 999),
    project=st.builds(
        ProjectFacts,
        status=near(ProjectStatus.APPROVED, *ProjectStatus),
        lead=st.just(REQUESTER),
        board=st.builds(
            InstitutionFacts,
            number=near(BOARD, CUSTODIAN),
            status=INSTITUTION_STATUSES,
            roles=near(int(Role.ETHICS_BOARD), int(Role.CUSTODIAN)),
        ),
        until=near(NOW + 1, NOW),
        traits=st.integers(0, 15),
        country=near(b"CH", b"AT", bytes(2)),
        participates=near(True, False),  # noqa: FBT003
        codes=near(frozenset((DISEASE, KIND_OF_RESEARCH)), frozenset()),
    ),
    stopped_until=near(0, NOW, NOW + 1),
)
RELEASES = st.builds(
    ReleaseFacts,
    epoch=near(2, 1, 3),
    key_version=near(3, 0, 4),
    requested_at=near(NOW - 100, NOW - 86_400, NOW - 86_399, NOW - 3_600, NOW - 3_599),
    served=st.booleans(),
    key_digest=near(ZERO32, bytes.fromhex("0d" * 32)),
    is_emergency=near(False, True),  # noqa: FBT003
)
