from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from council import NOTICE, TERMS, Council

from pixelpact.chain import (
    Account,
    AdminRecovered,
    Chain,
    EngineReplaced,
    Founder,
    InstitutionAdmitted,
    InstitutionStatus,
    Proposed,
    SharingStopped,
    Voted,
    deploy,
    engine_hash,
)
from pixelpact.consortium import (
    Delegate,
    Stage,
    admit,
    change,
    check_motion,
    recover_admin,
    reinstate,
    replace_engine,
    stop,
    suspend,
)
from pixelpact.errors import ChainError, ContractError, InputError
from pixelpact.localnet import Sandbox
from pixelpact.models import Action, Motion
from pixelpact.policy import Attribute, Role, describe_motion
from pixelpact.profile import Profile

NEWCOMER = Account.generate().address
BOARD = admit(NEWCOMER, roles=Role.ETHICS_BOARD, country="DE")


def test_an_institution_is_admitted_by_two_thirds(council: Council) -> None:
    number = council[1].propose(BOARD)
    standing = council[2].proposal(number)
    assert (standing.stage, standing.voted, standing.voters) == (Stage.VOTING, (1,), (1, 2, 3, 4))
    assert (standing.needed, standing.missing, standing.motion) == (3, 2, BOARD)
    with pytest.raises(InputError, match=r"needs 2 more of the votes of institutions 2, 3, 4"):
        council[1].carry_out(number)
    council[2].vote(number)
    council[3].vote(number)
    standing = council[1].proposal(number)
    assert (standing.stage, standing.missing, standing.from_) == (Stage.READY, 0, standing.passed_at)
    # Anybody may carry it out, one who did not vote for it too.
    (done,) = council[4].carry_out(number)
    assert isinstance(done, InstitutionAdmitted)
    assert (done.institution, done.admin, done.roles) == (5, NEWCOMER, Role.ETHICS_BOARD)
    assert council.stage(number) is Stage.CARRIED_OUT


def test_each_change_happens_once_however_often_it_is_asked_for(council: Council) -> None:
    number = council[1].propose(BOARD)
    assert council[1].propose(BOARD) == number
    with pytest.raises(InputError, match=f"proposal {number}, by institution 1"):
        council[2].propose(BOARD)
    for _ in range(2):
        council[2].vote(number)
        council[3].vote(number)
    first, again = council[1].carry_out(number), council[3].carry_out(number)
    assert first == again
    assert len(list(council.chain.find(Proposed))) == 1
    assert [each.institution for each in council.chain.find(Voted)] == [1, 2, 3]


def test_a_colleague_who_was_quicker_is_no_error(council: Council, monkeypatch: pytest.MonkeyPatch) -> None:
    number = council[1].propose(BOARD)
    chain, real = council.net[2].chain, Profile.carry_out

    def overtaken(profile: Profile, *work: object) -> object:
        # Another process of this institution votes between the look and the sending.
        chain.transact(chain.institutions.vote(number))
        return real(profile, *work)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Profile, "carry_out", overtaken)
        council[2].vote(number)
    assert council[1].proposal(number).voted == (1, 2)
    assert not council.net[2].vault.pending()


def test_what_was_cut_off_goes_on(council: Council, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    for act in (
        lambda: council[1].propose(BOARD),
        lambda: council[2].vote(1),
        lambda: council[3].vote(1),
        lambda: council[4].carry_out(1),
    ):
        with monkeypatch.context() as patched:
            # Signed and journalled, and it may have been sent.
            patched.setattr(Chain, "send_until_final", cut_off)
            with pytest.raises(KeyboardInterrupt):
                act()
        act()
    assert council.stage(1) is Stage.CARRIED_OUT
    assert len(list(council.chain.find(Proposed))) == 1


def test_a_suspension_is_the_others_matter_and_ends_by_a_vote(council: Council) -> None:
    number = council[1].propose(suspend(4))
    standing = council[1].proposal(number)
    assert (standing.voters, standing.needed) == ((1, 2, 3), 2)
    with pytest.raises(ContractError, match="about itself"):
        council[4].vote(number)
    council[2].vote(number)
    council[1].carry_out(number)
    assert council.chain.institutions.institution(4).status is InstitutionStatus.SUSPENDED
    back = council.pass_(reinstate(4), by=(1, 2))
    assert council.stage(back) is Stage.READY
    council[3].carry_out(back)
    # The same again from the first is older than the status: a new vote is needed.
    assert council[1].propose(suspend(4)) == back + 1


def test_a_kept_vote_is_overtaken_by_a_younger_one(council: Council) -> None:
    council.decide(stop(timedelta(seconds=600)))
    kept = council.pass_(stop(timedelta(0)))
    council.decide(stop(timedelta(seconds=1200)), by=(2, 3, 4))
    assert council.stage(kept) is Stage.OVERTAKEN
    with pytest.raises(ContractError, match="overtaken"):
        council[1].carry_out(kept)
    # And the same can be proposed anew.
    assert council[1].propose(stop(timedelta(0))) == kept + 2


def test_a_change_replaces_what_there_was(council: Council) -> None:
    council.decide(change(2, roles=Role.REQUESTER, country="FR"), by=(1, 3, 4))
    record = council.chain.institutions.institution(2)
    assert (record.roles, record.country, record.attributes) == (Role.REQUESTER, b"FR", 0)


def test_another_admin_takes_over_after_a_notice_and_the_present_one_may_veto(council: Council) -> None:
    new = Account.generate().address
    number = council.pass_(recover_admin(2, new), by=(1, 3))
    assert council.stage(number) is Stage.NOTICE
    with pytest.raises(InputError, match="its notice ends at"):
        council[1].carry_out(number)
    with pytest.raises(ContractError, match="not the administrator"):
        council[3].veto(number)
    council[2].veto(number)
    council[2].veto(number)
    assert council.stage(number) is Stage.VETOED
    number = council.pass_(recover_admin(2, new), by=(1, 3))
    council.embedded.travel(NOTICE)
    (done,) = council[1].carry_out(number)
    assert isinstance(done, AdminRecovered)
    assert council.chain.institutions.institution(2).admin == new


def test_a_stop_and_its_lifting(council: Council) -> None:
    council.decide(stop(timedelta(minutes=10)))
    assert council.chain.institutions.rule().stopped_until > council.chain.now()
    number = council.pass_(stop(timedelta(0)))
    (done,) = council[1].carry_out(number)
    assert isinstance(done, SharingStopped)
    assert council.chain.institutions.rule().stopped_until <= council.chain.now()
    with pytest.raises(ContractError, match="longest stop"):
        council[1].propose(stop(timedelta(days=15)))


def test_another_engine_is_deployed_compared_and_voted_for(council: Council) -> None:
    engine = council[1].deploy_engine(2)
    assert (engine.is_shipped, engine.fits, engine.version) == (True, True, 2)
    # Who asks no node, such as an auditor of a trail, knows it by its hash.
    assert engine_hash(council.net.network, 2) == engine.code_hash
    assert engine_hash(council.net.network, 0xABC) == council[1].deploy_engine(0xABC).code_hash
    assert council[2].inspect_engine(engine.address) == engine
    motion = replace_engine(engine.address, engine.code_hash)
    number = council.pass_(motion)
    assert council.stage(number) is Stage.NOTICE
    council.embedded.travel(NOTICE)
    (done,) = council[1].carry_out(number)
    assert isinstance(done, EngineReplaced)
    assert council.chain.institutions.rule().engine == engine.address
    with pytest.raises(InputError, match="the present one has version 2"):
        council[1].deploy_engine(2)


def test_an_engine_that_nobody_knows_is_not_proposed(council: Council) -> None:
    engine = council[1].deploy_engine(2)
    with pytest.raises(InputError, match="its hash is"):
        council[1].propose(replace_engine(engine.address, b"\1" * 32))
    with pytest.raises(InputError, match="no code"):
        council[1].propose(replace_engine(NEWCOMER, engine.code_hash))
    ledger = council[1].inspect_engine(council.net.network.address("AccessLedger"))
    foreign = replace_engine(ledger.address, ledger.code_hash)
    with pytest.raises(InputError, match="is not the policy engine that"):
        council[1].propose(foreign)
    # Meant or not, the contract asks it for its version.
    with pytest.raises(ContractError, match="version"):
        council[1].propose(foreign, foreign_engine=True)


def test_an_engine_of_another_network_is_not_proposed(council: Council) -> None:
    # Two consortia on one chain.
    deployer, admin = council.embedded.accounts[:2]
    founders = [Founder(admin.address, int(Role.VOTER), "CH")]
    other = deploy(council.embedded.network, deployer, founders, TERMS)
    profile = council.net[1]
    elsewhere = Delegate(Profile(Chain.connect(other, admin), profile.store, profile.vault, 1))
    engine = elsewhere.deploy_engine(2)
    seen = council[1].inspect_engine(engine.address)
    assert (seen.is_shipped, seen.fits) == (True, False)
    with pytest.raises(InputError, match="for another network"):
        council[1].propose(replace_engine(engine.address, engine.code_hash))


def test_a_stranger_has_no_vote(council: Council) -> None:
    number = council[1].propose(BOARD)
    profile = council.net[2]
    stranger = Account(council.embedded.accounts[0].reveal_key())
    outside = Delegate(Profile(Chain.connect(council.net.network, stranger), profile.store, profile.vault, 2))
    for act in (lambda: outside.vote(number), lambda: outside.propose(suspend(1))):
        with pytest.raises(ContractError, match="may not vote"):
            act()
    assert council[1].proposal(number).voted == (1,)


def test_a_proposal_lapses(council: Council) -> None:
    number = council[1].propose(BOARD)
    council.embedded.travel(TERMS.vote_lifetime)
    assert council.stage(number) is Stage.LAPSED
    with pytest.raises(ContractError, match="was over"):
        council[2].vote(number)
    assert council[1].propose(BOARD) == number + 1


def test_there_is_no_such_proposal(council: Council) -> None:
    for act in (council[1].vote, council[1].veto, council[1].carry_out, council[1].proposal):
        with pytest.raises(InputError, match="no proposal 7"):
            act(7)


def test_a_node_that_tells_another_motion_is_not_believed(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    council[1].propose(BOARD)
    told = [replace(each, motion=suspend(3)) for each in council.chain.find(Proposed, last=None)]
    monkeypatch.setattr(Chain, "find", lambda *_, **__: iter(told))
    with pytest.raises(ChainError, match="another motion"):
        council[2].vote(1)


@pytest.mark.parametrize(
    ("motion", "named"),
    [
        (Motion(Action.NONE), "no action"),
        (replace(BOARD, institution=2), "institution, which it does not use"),
        (replace(BOARD, account=bytes(20)), "account is no address"),
        (replace(BOARD, account=bytes(19)), "account is no address"),
        (replace(BOARD, roles=1 << 9), "roles holds a role"),
        (replace(BOARD, attributes=8), "attributes holds an attribute"),
        (replace(BOARD, country=b"de"), "country is no country"),
        (replace(BOARD, country=b"\0\0"), "country is no country"),
        (replace(suspend(2), duration=5), "duration, which it does not use"),
        (replace(suspend(2), institution=0), "institution is no institution's number"),
        (replace(reinstate(2), institution=2**32), "institution is no institution's number"),
        (replace(recover_admin(2, NEWCOMER), code_hash=b"\1" * 32), "code_hash, which it does not use"),
        (Motion(Action.REPLACE_ENGINE, account=NEWCOMER), "code_hash is no hash"),
        (Motion(Action.STOP, duration=-1), "duration is no number of seconds"),
        (Motion(Action.STOP, institution=1, duration=1), "institution, which it does not use"),
    ],
)
def test_a_motion_with_a_wrong_field_is_not_proposed(motion: Motion, named: str) -> None:
    with pytest.raises(InputError, match=named):
        check_motion(motion)


def test_the_contract_takes_the_fields_that_the_form_takes() -> None:
    """What check_motion refuses in a field that is not used, the contract refuses too."""
    with Sandbox(members=1) as net:
        for motion in (Motion(Action.NONE), replace(suspend(2), duration=5), replace(BOARD, institution=2)):
            with pytest.raises(ContractError, match="the motion has no action"):
                net[1].chain.simulate(net[1].chain.institutions.propose(motion))


def test_a_motion_is_read_out_in_words() -> None:
    assert describe_motion(suspend(2), {2: "Hospital B"})[0].startswith(
        "Hospital B (institution 2) is suspended"
    )
    said = " ".join(
        describe_motion(admit(NEWCOMER, roles=Role.VOTER, country="DE", attributes=Attribute.NOT_FOR_PROFIT))
    )
    assert "from DE" in said
    assert NEWCOMER.hex() in said
    assert "votes on the consortium's matters" in said
    assert "not-for-profit" in said
    for action in Action:
        motion = Motion(action, 2, NEWCOMER, 1, b"CH", 1, b"\1" * 32, 90)
        assert all(each.endswith(".") for each in describe_motion(motion))
    assert describe_motion(stop(timedelta(0))) == ["Sharing goes on: a stop that there is ends."]
