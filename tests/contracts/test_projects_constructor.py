from scenario import ZERO_ADDRESS, assert_not_deployable


def test_deploys_nothing_when_the_registry_has_no_code(project, people, projects):
    for nobody in (ZERO_ADDRESS, people.eve.address):
        assert_not_deployable(
            people.relay,
            project.ProjectRegistry,
            nobody,
            error=projects.ProjectRegistry_NoCode,
            institutions=nobody.lower(),
        )


def test_tells_the_registry_that_it_asks(projects, institutions):
    assert projects.institutions() == institutions.address


def test_tells_the_domain_of_what_is_signed(chain, projects):
    assert list(projects.eip712Domain())[1:5] == ["PixelPact", "1", chain.chain_id, projects.address]
