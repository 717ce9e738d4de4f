from __future__ import annotations

import pytest
from actors_town import Town
from eth_utils.crypto import keccak

from pixelpact.chain import Account, Call, Chain, SignedCall, StudyStatus
from pixelpact.errors import ContractError
from pixelpact.policy import OperatorPermission


def test_what_a_contract_refused_in_its_block_is_made_anew_by_the_next_run(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, study = town.net[1], town.study.number
    chain = profile.chain
    # A second operator of the hospital, with the account that deployed the sandbox's contracts.
    colleague = Account(keccak(text="pixelpact embedded account 0"))
    chain.transact(chain.institutions.set_operator(colleague.address, OperatorPermission.STUDIES))
    theirs = Chain.connect(town.net.network, colleague)
    prepare = Chain.prepare

    def overtaken(chain: Chain, call: Call) -> SignedCall:
        signed = prepare(chain, call)
        with monkeypatch.context() as restored:
            restored.setattr(Chain, "prepare", prepare)
            theirs.transact(theirs.studies.withdraw(study))
        return signed

    def withdraw() -> None:
        with profile.vault.journal("withdraw", study.hex()) as entry:
            profile.carry_out(entry, "withdrawn", lambda: chain.studies.withdraw(study))

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "prepare", overtaken)
        with pytest.raises(ContractError) as refused:
            withdraw()
    assert refused.value.name == "StudyRegistry_WrongStatus"
    theirs.transact(theirs.studies.reinstate(study))
    withdraw()
    assert chain.studies.study(study).status is StudyStatus.WITHDRAWN
    assert profile.vault.pending() == []
