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
    assert [ledger.institutions(), ledger.studies(), ledger.consents(), ledger.engine()] == [
        consortium.institutions,
        consortium.studies,
        consortium.consents,
        consortium.engine,
    ]
