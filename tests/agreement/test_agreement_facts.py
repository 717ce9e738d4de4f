"""What the registries read back is what they were told: an audit rebuilds its facts from these."""

from __future__ import annotations

import pytest
from agreement_cases import CUSTODIAN, OTHER, REQUESTER, Chance, Setting

from pixelpact.models import AccessQuery
from pixelpact.policy import CommitmentFacts, ConsentKind, InstitutionFacts, ProjectFacts, Role, StudyFacts
from pixelpact.policy.state import State


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(seed=6)


def test_institutions_and_studies(setting: Setting) -> None:
    world = setting.world
    for number, facts in world.known.institutions.items():
        (found,) = world.chain.call(world.institutions, "institution", number)
        told = (facts.status, facts.roles, facts.country, facts.attributes, facts.key_version)
        assert found[1:6] == told
        assert found[6] == facts.requester_since
        assert bool(found[6]) == bool(facts.roles & Role.REQUESTER)
    for study, facts in world.known.studies.items():
        (found,) = world.chain.call(world.studies, "study", study)
        assert found[:5] == (
            "0x" + facts.subject.hex(),
            facts.custodian,
            facts.epoch,
            facts.status,
            facts.categories,
        )


def test_consents(setting: Setting) -> None:
    """After many happenings: each commitment, each generation, and each scope of a refusal by itself."""
    world, chance = setting.world, Chance(setting, 6)
    with world.undone():
        for _ in range(150):
            chance.draft().play(setting)
        assert len(world.known.commitments) > 50
        assert len(world.known.refusals) > 5
        for (subject, digest), facts in world.known.commitments.items():
            (found,) = world.chain.call(world.consents, "commitment", subject, digest)
            assert found[:3] == (facts.kind, facts.recorded_at, facts.revoked_at)
            assert bool(found[3]) == (facts.kind > ConsentKind.SIGNED)
            assert found[4] == world.known.recorded_under.get((subject, digest), 0)
            assert facts != CommitmentFacts()
        for owner in (setting.alice, setting.bob):
            generation = world.known.generations.get(owner.raw, 0)
            assert world.chain.call(world.consents, "generation", owner.raw) == (generation,)
            _check_refusals(setting, owner.raw)


def _check_refusals(setting: Setting, subject: bytes) -> None:
    world = setting.world

    def refused(scope: str, of: object) -> int:
        return world.known.refusals.get((subject, scope, of), 0)

    for custodian in (0, CUSTODIAN, OTHER):
        for study in (bytes(32), setting.study, setting.bobs):
            for grantee in (0, REQUESTER, OTHER):
                union = refused("", None) | refused("custodian", custodian)
                union |= refused("study", study) | refused("grantee", grantee)
                union |= world.known.taken.get((subject, study), 0)
                scope = (custodian, 0, study, grantee)
                assert world.chain.call(world.consents, "refusedPurposes", subject, scope) == (union,)


def test_an_event_that_nobody_knows_is_no_event() -> None:
    with pytest.raises(KeyError):
        State().apply(object(), 1)


def test_what_was_never_reported_is_unknown() -> None:
    state = State()
    facts = state.facts(1, 5, AccessQuery(b"\1" * 32, 0, 1, project=b"\2" * 32))
    assert (facts.study, facts.requester) == (StudyFacts(), InstitutionFacts(5))
    assert (facts.commitment, facts.project) == (CommitmentFacts(), ProjectFacts())
    assert (state.institutions.acting_for(b"\1" * 20), state.institutions.key_digest(5, 1)) == (
        (0, 0),
        bytes(32),
    )
