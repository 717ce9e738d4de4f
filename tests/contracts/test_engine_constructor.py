import pytest
from scenario import ZERO_ADDRESS, assert_not_deployable


@pytest.mark.parametrize("at", range(2))
def test_deploys_nothing_when_a_registry_has_no_code(project, people, institutions, projects, engine, at):
    for nobody in (ZERO_ADDRESS, people.eve.address):
        parts = [institutions, projects]
        parts[at] = nobody
        assert_not_deployable(
            people.relay,
            project.PolicyEngine,
            *parts,
            2,
            error=engine.PolicyEngine_NoCode,
            account=nobody.lower(),
        )


def test_tells_what_it_asks_and_its_version(project, people, institutions, projects):
    second = people.relay.deploy(project.PolicyEngine, institutions, projects, 65_535)
    assert [second.institutions(), second.projects(), second.VERSION()] == [institutions, projects, 65_535]
