import pytest
from scenario import ZERO_ADDRESS, assert_not_deployable


@pytest.mark.parametrize("at", range(4))
def test_deploys_nothing_when_one_has_no_code(project, people, consortium, at):
    parts = [consortium.institutions, consortium.studies, consortium.consents, consortium.engine]
    for nobody in (ZERO_ADDRESS, people.eve.address):
        parts[at] = nobody
        assert_not_deployable(
            people.relay,
            project.AccessLedger,
            *parts,
            error=consortium.ledger.AccessLedger_NoCode,
            account=nobody.lower(),
        )


def test_tells_what_it_decides_from(consortium):
    ledger = consortium.ledger
    assert [
        ledger.institutions(),
        ledger.studies(),
        ledger.consents(),
        ledger.engine(),
        ledger.firstEngine(),
    ] == [
        consortium.institutions,
        consortium.studies,
        consortium.consents,
        consortium.engine,
        consortium.engine,
    ]


@pytest.mark.parametrize("version", [0, 2, 65_535])
def test_deploys_nothing_when_the_engine_is_not_of_version_1(project, people, consortium, version):
    engine = people.relay.deploy(project.PolicyEngine, consortium.institutions, consortium.projects, version)
    assert_not_deployable(
        people.relay,
        project.AccessLedger,
        consortium.institutions,
        consortium.studies,
        consortium.consents,
        engine,
        error=consortium.ledger.AccessLedger_NotFirstEngine,
        version=version,
    )


def test_tells_the_domain_of_what_is_signed(chain, ledger):
    assert list(ledger.eip712Domain())[1:5] == ["PixelPact", "1", chain.chain_id, ledger.address]
