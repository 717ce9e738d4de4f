from scenario import ZERO_ADDRESS, assert_not_deployable


def test_deploys_nothing_when_the_registry_has_no_code(project, people, studies):
    for nobody in (ZERO_ADDRESS, people.eve.address):
        assert_not_deployable(
            people.relay,
            project.StudyRegistry,
            nobody,
            error=studies.StudyRegistry_NoCode,
            institutions=nobody.lower(),
        )


def test_tells_the_registry_that_it_asks(studies, institutions):
    assert studies.institutions() == institutions.address
