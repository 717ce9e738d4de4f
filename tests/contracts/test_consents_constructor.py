import pytest
from consenting import Consenting
from scenario import ALICE, CONSENTS, HARRY, NEW_KEY, START, TERMS, Domain, assert_not_deployable


@pytest.mark.parametrize("which", [0, 1])
def test_reverts_without_code(project, consents, people, institutions, studies, which):
    addresses = [institutions.address, studies.address]
    addresses[which] = people.eve.address
    assert_not_deployable(
        people.relay,
        project.ConsentRegistry,
        *addresses,
        error=consents.ConsentRegistry_NoCode,
        account=people.eve.address.lower(),
    )


def test_asks_these(consents, institutions, studies):
    assert (consents.institutions(), consents.studies()) == (institutions.address, studies.address)


def test_takes_the_consortiums_delays(project, chain, people, founders, studies, study):
    terms = TERMS | {"paperDelay": 11, "keyRecoveryDelay": 13}
    institutions = people.relay.deploy(project.InstitutionRegistry, founders, terms)
    consents = people.relay.deploy(project.ConsentRegistry, institutions, studies)
    institutions.setOperator(HARRY.address, CONSENTS, sender=people.hospital_a)
    consenting = Consenting(chain, consents, Domain(chain.chain_id, consents.address), people, study)
    directive = consenting.directive()
    chain.pending_timestamp = START + 400
    consenting.paper(directive)
    assert consenting.standing(directive).standsFrom == START + 411
    consenting.name()
    chain.pending_timestamp = START + 500
    consenting.start(NEW_KEY.address)
    assert consents.recoveryOf(ALICE.address).readyAt == START + 513
