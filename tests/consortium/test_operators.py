from __future__ import annotations

import pytest
from council import Council

from pixelpact.chain import Account, Chain, InstitutionStatus, OperatorSet
from pixelpact.consortium import Delegate, recover_admin
from pixelpact.errors import ContractError, InputError
from pixelpact.policy import OperatorPermission
from pixelpact.profile import Profile


def colleague(council: Council, account: Account, institution: int = 1) -> Delegate:
    profile = council.net[institution]
    chain = Chain.connect(council.net.network, account)
    return Delegate(Profile(chain, profile.store, profile.vault, institution))


def test_an_operator_is_set_listed_changed_and_removed(council: Council) -> None:
    second, admin = Account.generate(), council[1].operators()[0]
    assert (admin.account, admin.is_admin) == (council.embedded.accounts[1].address, True)
    assert admin.permissions == OperatorPermission(sum(OperatorPermission))
    for _ in range(2):
        council[1].set_operator(second.address, OperatorPermission.CONSENTS)
    assert len(list(council.chain.find(OperatorSet))) == 1
    council[1].set_operator(second.address, OperatorPermission.CONSENTS | OperatorPermission.VOTES)
    listed = council[1].operators()[1]
    assert (listed.account, listed.is_admin) == (second.address, False)
    assert listed.permissions == OperatorPermission.CONSENTS | OperatorPermission.VOTES
    for _ in range(2):
        council[1].set_operator(second.address, OperatorPermission(0))
    assert [each.is_admin for each in council[1].operators()] == [True]


def test_a_second_operator_acts_within_the_permissions_and_resigns(council: Council) -> None:
    second = Account.generate()
    council[1].set_operator(second.address, OperatorPermission.VOTES)
    council[1].give_ether(second.address, 1)
    assert council.chain.balance(second.address) == 10**18
    delegate = colleague(council, second)
    number = delegate.propose(recover_admin(2, Account.generate().address))
    assert delegate.proposal(number).voted == (1,)
    # One vote each institution, whichever operator gives it: there already, nothing more is sent.
    council[1].vote(number)
    with pytest.raises(ContractError, match="no institution's administrator"):
        delegate.set_operator(Account.generate().address, OperatorPermission.VOTES)
    delegate.resign()
    assert len(council[1].operators()) == 1
    with pytest.raises(ContractError, match="may not vote"):
        delegate.vote(council[2].propose(recover_admin(3, Account.generate().address)))


def test_a_recovery_ends_all_operators(council: Council) -> None:
    second, new = Account.generate(), Account.generate().address
    council[2].set_operator(second.address, OperatorPermission.VOTES)
    council.decide(recover_admin(2, new), by=(1, 3))
    assert [(each.account, each.is_admin) for each in council[2].operators()] == [(new, True)]


def test_what_can_not_be_is_refused(council: Council) -> None:
    other = council.embedded.accounts[2].address
    with pytest.raises(ContractError, match="already acts for institution 2"):
        council[1].set_operator(other, OperatorPermission.VOTES)
    with pytest.raises(ContractError, match="acts for no institution"):
        council[1].set_operator(Account.generate().address, OperatorPermission(0))
    with pytest.raises(InputError, match="not an account's address"):
        council[1].set_operator(bytes(20), OperatorPermission.VOTES)
    with pytest.raises(InputError, match="these permissions"):
        council[1].set_operator(b"\1" * 20, OperatorPermission(128))
    with pytest.raises(ContractError, match="administrator's"):
        council[1].resign()
    with pytest.raises(InputError, match="can't be given"):
        council[1].give_ether(b"\1" * 20, 10**9)


def test_an_institution_whose_keys_were_stolen_stops_itself(council: Council) -> None:
    for _ in range(2):
        council[1].suspend_self()
    assert council.chain.institutions.institution(1).status is InstitutionStatus.SUSPENDED
    with pytest.raises(ContractError, match="takes no part"):
        council[1].set_operator(b"\1" * 20, OperatorPermission.VOTES)
