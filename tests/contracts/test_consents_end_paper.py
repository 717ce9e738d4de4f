import pytest
from consenting import OWN_KEY, PAPER, unsigned
from scenario import ALICE, BOB, GUARDIAN, events_of, reverts


def test_reverts_when_it_is_repeated(consents, consenting):
    consenting.end_paper()
    with reverts(consents.ConsentRegistry_PaperEnded, subject=ALICE.address):
        consenting.end_paper()


@pytest.mark.parametrize("signer", [BOB, GUARDIAN], ids=["another patient", "a guardian"])
def test_reverts_when_another_signed(consents, consenting, signer):
    consenting.attest()
    with unsigned(consents, ALICE):
        consenting.end_paper(signer=signer)


@pytest.mark.parametrize("before", [True, False], ids=["before any paper", "after"])
def test_ends_paper(consenting, before):
    if not before:
        consenting.paper(consenting.directive())
    receipt = consenting.end_paper()
    assert consenting.flags() == OWN_KEY | (0 if before else PAPER)
    assert consenting.flags(BOB.address) == 0
    assert events_of(receipt) == [("PaperEnded", {"subject": ALICE.address})]
