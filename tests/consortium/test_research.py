from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from council import Council

from pixelpact.chain import Account, Chain, ProjectApproved, ProjectRegistered, eip712
from pixelpact.consortium import Delegate, ProjectStage, admit, code_bytes, project_of, suspend
from pixelpact.documents import parse_attestation, signed_text
from pixelpact.errors import ChainError, ContractError, InputError
from pixelpact.localnet import Sandbox
from pixelpact.models import Approval, PaperConsent, Project, SignedAttestation
from pixelpact.policy import OperatorPermission, Role, Trait, describe_approval
from pixelpact.profile import Profile

PROTOCOL = b"\7" * 32
YEAR = 31_557_600
BOARD = 5


def body(lead: int = 2, **more: object) -> Project:
    return project_of(lead, protocol=PROTOCOL, codes=["MONDO:0005148"], partners=[3], **more)  # type: ignore[arg-type]


@pytest.fixture
def board(council: Council) -> Delegate:
    """An ethics board, the fifth institution, with a profile of its own."""
    account = council.embedded.accounts[0]
    council.decide(admit(account.address, roles=Role.ETHICS_BOARD, country="CH"))
    profile = council.net[1]
    chain = Chain.connect(council.net.network, account)
    return Delegate(Profile(chain, profile.store, profile.vault, BOARD))


def end(council: Council, after: int = YEAR) -> int:
    return council.chain.now() + after


def test_a_project_is_registered_approved_prolonged_and_withdrawn(
    council: Council, board: Delegate, tmp_path: Path
) -> None:
    project = council[2].register_project(body(traits=Trait.METHODS))
    assert (project.stage, project.body.partners, project.board) == (ProjectStage.REGISTERED, (3,), 0)
    # Registered once, however often: the salt is drawn, the rest is the same.
    assert council[2].register_project(body(traits=Trait.METHODS)) == project
    until = end(council)
    board.issue_approval(project.number, until, tmp_path / "approval.json")
    again = board.issue_approval(project.number, until, tmp_path / "approval.json")
    signed = parse_attestation((tmp_path / "approval.json").read_text(), council.net.network)
    assert isinstance(signed, SignedAttestation)
    assert signed == again
    # Anybody relays it, and twice is once.
    for each in (2, 3):
        approved = council[each].relay_approval(signed)
        assert (approved.stage, approved.board, approved.until) == (ProjectStage.APPROVED, BOARD, until)
    assert len(list(council.chain.find(ProjectApproved))) == 1
    longer = council[2].relay_approval(board.sign_approval(project.number, until + 60))
    assert longer.until == until + 60
    council.embedded.travel(YEAR + 100)
    assert council[2].find_project(project.number.hex()[:8]).stage is ProjectStage.EXPIRED
    for _ in range(2):
        board.withdraw_project(project.number)
    assert council[3].projects()[0].stage is ProjectStage.WITHDRAWN
    with pytest.raises(InputError, match="withdrawn, for good"):
        board.sign_approval(project.number, end(council))
    # What was withdrawn can be registered anew, under another number.
    assert council[2].register_project(body(traits=Trait.METHODS)).number != project.number
    assert len(list(council.chain.find(ProjectRegistered))) == 2


def test_what_was_cut_off_goes_on_with_the_same_number(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    for name in ("prepare", "send_until_final"):
        with monkeypatch.context() as patched:
            patched.setattr(Chain, name, cut_off)
            with pytest.raises(KeyboardInterrupt):
                council[2].register_project(body())
    council[2].register_project(body())
    assert len(list(council.chain.find(ProjectRegistered))) == 1


def test_a_board_approves_nothing_that_it_can_not(council: Council, board: Delegate) -> None:
    project = council[2].register_project(body())
    with pytest.raises(InputError, match="is no ethics board"):
        council[3].sign_approval(project.number, end(council))
    for wrong in (council.chain.now(), end(council, 157_788_001)):
        with pytest.raises(InputError, match="the approval would end at"):
            board.sign_approval(project.number, wrong)
    with pytest.raises(InputError, match="no project"):
        board.sign_approval(b"\1" * 32, end(council))
    own = council[2].register_project(project_of(2, protocol=PROTOCOL, partners=[BOARD]))
    with pytest.raises(InputError, match="leads it or takes part"):
        board.sign_approval(own.number, end(council))
    council[2].relay_approval(board.sign_approval(project.number, end(council)))
    with pytest.raises(InputError, match="after the present end"):
        board.sign_approval(project.number, end(council) - 60)


def test_a_second_operator_of_a_board_signs_with_the_permission(council: Council, board: Delegate) -> None:
    project = council[2].register_project(body())
    second, profile = Account.generate(), council.net[1]
    board.set_operator(second.address, OperatorPermission.REQUESTS)
    signer = Delegate(
        Profile(Chain.connect(council.net.network, second), profile.store, profile.vault, BOARD)
    )
    with pytest.raises(InputError, match="has not the permission PROJECTS"):
        signer.sign_approval(project.number, end(council))
    board.set_operator(second.address, OperatorPermission.PROJECTS)
    signed = signer.sign_approval(project.number, end(council))
    # Taken away before it was relayed: the chain asks when it comes.
    board.set_operator(second.address, OperatorPermission(0))
    with pytest.raises(ContractError, match="may not handle projects for institution 5"):
        council[2].relay_approval(signed)
    assert council[2].projects()[0].stage is ProjectStage.REGISTERED


def test_a_document_that_is_no_approval_of_this_network_is_refused(council: Council, board: Delegate) -> None:
    project = council[2].register_project(body())
    approval = board.sign_approval(project.number, end(council))
    text = signed_text(approval, council.net.network)
    with Sandbox(members=1) as other, pytest.raises(InputError, match="another network"):
        parse_attestation(text, other.network)
    longer = replace(approval.attestation, until=approval.attestation.until + 1)  # type: ignore[call-arg, union-attr]
    with pytest.raises(InputError, match="signature is not"):
        parse_attestation(
            signed_text(replace(approval, attestation=longer), council.net.network), council.net.network
        )
    with pytest.raises(ContractError, match="signature is not that of"):
        council[2].relay_approval(replace(approval, attestation=longer))
    account = council.embedded.accounts[1]
    paper = PaperConsent(b"\1" * 20, b"\1" * 32, 1, b"\1" * 32)
    signature = eip712.sign(account, council.net.network, paper)
    with pytest.raises(InputError, match="no ethics board's approval"):
        council[2].relay_approval(SignedAttestation(paper, account.address, signature))
    unknown = Approval(b"\1" * 32, BOARD, end(council))
    with pytest.raises(InputError, match="no project"):
        council[2].relay_approval(replace(approval, attestation=unknown))


def test_only_lead_and_board_withdraw(council: Council, board: Delegate) -> None:
    project = council[2].register_project(body())
    for stranger in (council[3], board):
        with pytest.raises(ContractError, match="neither leads"):
            stranger.withdraw_project(project.number)
    council[2].withdraw_project(project.number)
    assert council[1].projects()[0].stage is ProjectStage.WITHDRAWN


def test_an_institution_without_the_role_registers_nothing(council: Council, board: Delegate) -> None:
    with pytest.raises(ContractError, match="does not hold the role"):
        board.register_project(body(BOARD))
    assert not board._profile.vault.pending()
    council.decide(suspend(2), by=(1, 3))
    with pytest.raises(ContractError, match="takes no part"):
        council[2].register_project(body())


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: project_of(2, protocol=bytes(32)), "protocol"),
        (lambda: project_of(2, protocol=b"\1" * 31), "protocol"),
        (lambda: project_of(2, protocol=PROTOCOL, partners=[2]), "partners"),
        (lambda: project_of(2, protocol=PROTOCOL, partners=[0]), "partners"),
        (lambda: project_of(2, protocol=PROTOCOL, partners=range(3, 20)), "partners"),
        (lambda: project_of(2, protocol=PROTOCOL, codes=[str(each) for each in range(9)]), "9 diseases"),
        (lambda: project_of(2, protocol=PROTOCOL, country="ch"), "capital"),
        (lambda: project_of(2, protocol=PROTOCOL, traits=Trait(16)), "traits"),
        (lambda: code_bytes(""), "code"),
        (lambda: code_bytes("a b"), "code"),
        (lambda: code_bytes("x" * 33), "code"),
        (lambda: code_bytes("é"), "code"),
    ],
)
def test_a_project_with_a_wrong_field_is_none(make: Callable[[], object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        make()


def test_a_node_that_tells_another_body_is_not_believed(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    council[2].register_project(body())
    told = [
        replace(each, body=replace(each.body, traits=0, codes=()))
        for each in council.chain.find(ProjectRegistered)
    ]
    monkeypatch.setattr(Chain, "find", lambda *_, **__: iter(told))
    with pytest.raises(ChainError, match="another body"):
        council[3].projects()


def test_the_number_is_the_contracts(council: Council) -> None:
    made = body(traits=Trait.GENETIC, country="CH")
    assert council.chain.projects.number_of(made) == council.chain.projects.project_id(made)


def test_an_approval_is_read_out_in_words() -> None:
    said = " ".join(describe_approval(BOARD, 86_400, {BOARD: "Board E"}))
    assert "Board E (institution 5)" in said
    assert "1970-01-02" in said
