"""Votes, operators, engines and research by hand: what each refuses, in one sentence, with nothing done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cli_embedded import Desk, open_desk

from pixelpact.chain import Account, Call, Chain
from pixelpact.consortium import Delegate, admit
from pixelpact.documents import signed_text
from pixelpact.localnet import Sandbox
from pixelpact.models import Approval, SignedAttestation
from pixelpact.policy import Role
from pixelpact.profile import Profile, StoreChoice

ADDRESS = "0x" + "52" * 20


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Three hospitals, an ethics board, a second operator of hospital A without any vote, a project."""
    folder = tmp_path_factory.mktemp("institution")
    (folder / "net").mkdir()
    with open_desk(folder, wallets=("patient",)) as made:
        assert made.net is not None
        made.ok("hospital-b", "keys", "publish")
        made.second("second", permissions=1)
        account = Account.generate()
        first, other = Delegate(made.net[1]), Delegate(made.net[2])
        first.propose(admit(account.address, roles=Role.ETHICS_BOARD, country="CH"))
        other.vote(1)
        first.carry_out(1)
        first.give_ether(account.address, 1)
        first.give_ether(Account.load(folder / "second.account").address, 1)
        key = folder / "board.account"
        key.write_text(account.reveal_key().hex())
        key.chmod(0o600)
        made.ok(
            "board", "keys", "create", "--network", folder / "net" / "network.json", "--account", key,
            "--store", folder / "board-blocks",
        )  # fmt: skip
        (folder / "protocol.pdf").write_bytes(b"%PDF a protocol")
        yield made


@pytest.fixture(scope="module")
def project(desk: Desk) -> str:
    found: str = desk.ok("hospital-b", "project", "register", *_protocol(desk), "--yes")["project"]
    return found


def _protocol(desk: Desk) -> tuple[object, ...]:
    return ("--protocol", desk.folder / "protocol.pdf")


def _count(desk: Desk) -> int:
    assert desk.net is not None
    chain = desk.net.chain()
    return sum(1 for _ in chain.events(last=chain.head().number))


def _refused(desk: Desk, name: str | None, *arguments: object, code: int = 3) -> str:
    """What a command says that is refused: one sentence, and nothing on the chain."""
    before = _count(desk)
    told = desk.run(name, *arguments)
    assert told.code == code, told.err + told.out
    assert told.err.rstrip().count("\n") <= 12, told.err
    assert "Traceback" not in told.err
    assert told.err.rstrip().endswith(".")
    assert _count(desk) == before
    return " ".join((told.out + told.err).split())


_WRONG = {
    "an address of 1 byte": (("propose", "admit", "0x12", "--country", "CH"), "address"),
    "a mistyped address": (
        ("propose", "admit", "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A66", "--country", "CH"),
        "mistyped",
    ),
    "a country of small letters": (("propose", "admit", ADDRESS, "--country", "ch"), "capital letters"),
    "an unknown role": (("propose", "admit", ADDRESS, "--country", "CH", "--role", "KING"), "no role 'KING'"),
    "none beside a role": (
        ("propose", "admit", ADDRESS, "--country", "CH", "--role", "none", "--role", "VOTER"),
        "no role 'none'",
    ),
    "an unknown attribute": (
        ("propose", "admit", ADDRESS, "--country", "CH", "--attribute", "RICH"),
        "no attribute",
    ),
    "nothing to change": (("propose", "change", 2), "not said what is to change"),
    "no address of an admin": (("propose", "recover-admin", 2, "zz"), "address"),
    "no address of an engine": (("propose", "replace-engine", "zz"), "address"),
    "no hash": (("propose", "replace-engine", ADDRESS, "--code-hash", "0x12"), "no hash"),
    "a stop of nothing": (("propose", "stop"), "exactly one of --hours and --lift"),
    "a stop and its end": (("propose", "stop", "--hours", 1, "--lift"), "exactly one"),
    "no permission": (("operator", "set", ADDRESS), "what the account may do"),
    "a permission and none": (("operator", "set", ADDRESS, "--none", "--permission", "VOTES"), "what the"),
    "an unknown permission": (("operator", "set", ADDRESS, "--permission", "ALL"), "no permission"),
    "no address of an operator": (("operator", "set", "me", "--none"), "address"),
}


@pytest.mark.parametrize("what", _WRONG)
def test_what_is_wrong_is_said_before_the_profile_is_opened(what: str, desk: Desk) -> None:
    arguments, named = _WRONG[what]
    # There is no such profile: the field is judged first.
    assert named in _refused(desk, "nobody", "institution", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("propose", "suspend", 0),
        ("propose", "suspend", 2**32),
        ("propose", "suspend", "two"),
        ("vote", 0),
        ("carry-out", "x"),
        ("propose", "stop", "--hours", 0),
        ("deploy-engine", "--version", 1),
        ("deploy-engine", "--version", 65_536),
    ],
)
def test_a_line_that_can_not_be_read(arguments: tuple[object, ...], desk: Desk) -> None:
    assert desk.run("hospital-a", "institution", *arguments).code == 2


_REFUSED: dict[str, tuple[str, tuple[object, ...], int, str]] = {
    "a vote by a stranger": ("second", ("propose", "suspend", 2), 6, "may not vote"),
    "a vote by one without a vote": ("board", ("propose", "suspend", 2), 6, "has no vote"),
    "an unknown institution": ("hospital-a", ("propose", "suspend", 9), 6, "no institution 9"),
    "a change of an unknown one": (
        "hospital-a",
        ("propose", "change", 9, "--role", "none"),
        3,
        "no institution 9",
    ),
    "who is not suspended": ("hospital-a", ("propose", "reinstate", 2), 6, "is not suspended"),
    "an account that acts already": (
        "hospital-a",
        ("propose", "admit", "{hospital-b}", "--country", "CH"),
        6,
        "already acts for institution 2",
    ),
    "an engine that is not there": ("hospital-a", ("propose", "replace-engine", ADDRESS), 3, "no code"),
    "an engine that is none": (
        "hospital-a",
        ("propose", "replace-engine", "{ledger}"),
        3,
        "is not the policy engine that this version",
    ),
    "a stop that is too long": ("hospital-a", ("propose", "stop", "--hours", 2), 6, "longest stop"),
    "an unknown proposal": ("hospital-b", ("vote", 77), 3, "no proposal 77"),
    "a proposal that is over": ("company-c", ("vote", 1), 6, "no open proposal 1"),
    "no recovery": ("hospital-a", ("veto", 1), 6, "no open proposal 1"),
    "an admin who resigns": ("hospital-a", ("operator", "resign"), 6, "administrator's"),
}


@pytest.mark.parametrize("what", _REFUSED)
def test_what_the_chain_does_not_take_is_said_in_a_sentence(what: str, desk: Desk) -> None:
    assert desk.net is not None
    name, arguments, code, named = _REFUSED[what]
    given = {
        "{hospital-b}": "0x" + desk.net._embedded.accounts[2].address.hex(),
        "{ledger}": "0x" + desk.net.network.address("AccessLedger").hex(),
    }
    line = [given.get(str(each), each) for each in arguments]
    yes = () if line[0] == "operator" and line[1] != "resign" else ("--yes",)
    assert named in _refused(desk, name, "institution", *line, *yes, code=code)


@pytest.mark.parametrize(
    "arguments",
    [
        ("institution", "propose", "suspend", 2),
        ("institution", "suspend-self"),
        ("institution", "operator", "resign"),
        ("project", "register", "--protocol", "{protocol}"),
    ],
)
def test_without_a_yes_and_nobody_to_say_it_nothing_is_done(
    arguments: tuple[object, ...], desk: Desk
) -> None:
    line = [desk.folder / "protocol.pdf" if each == "{protocol}" else each for each in arguments]
    said = _refused(desk, "hospital-a", *line)
    # What would be done is shown all the same.
    assert "About to" in said
    assert "A yes is needed" in said


def test_a_proposal_is_made_once_and_votes_lapse(desk: Desk) -> None:
    first = desk.ok("hospital-a", "institution", "propose", "stop", "--hours", 1, "--yes")
    assert (first["stage"], first["missing"]) == ("voting", 1)
    again = desk.ok("hospital-a", "institution", "propose", "stop", "--hours", 1, "--yes")
    assert again["proposal"] == first["proposal"]
    said = _refused(desk, "hospital-b", "institution", "propose", "stop", "--hours", 1, "--yes")
    assert f"institution vote {first['proposal']}" in said
    assert "needs 1 more" in _refused(desk, "company-c", "institution", "carry-out", first["proposal"])
    desk.wait(86_400)
    assert "was over" in _refused(
        desk, "hospital-b", "institution", "vote", first["proposal"], "--yes", code=6
    )
    listed = desk.ok("company-c", "institution", "proposals", "--all")["proposals"]
    assert listed[-1]["stage"] == "lapsed"
    assert desk.ok("company-c", "institution", "proposals")["proposals"] == []


def test_an_account_is_made_once_for_its_owner_alone(desk: Desk) -> None:
    path = desk.folder / "one.account"
    made = desk.ok(None, "keys", "account", "--output", path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Account.load(path).address == bytes.fromhex(made["account"][2:])
    content = path.read_text()
    assert "already" in _refused(desk, None, "keys", "account", "--output", path)
    assert path.read_text() == content
    network = desk.folder / "net" / "network.json"
    create = ("keys", "create", "--network", network, "--account", path, "--store", desk.folder / "nowhere")
    # It acts for nobody yet.
    assert "acts for nobody" in _refused(desk, "stranger", *create)
    assert not (desk.folder / "stranger").exists()


_WRONG_PROJECTS = {
    "no protocol": (("register", "--protocol", "nowhere.pdf"), "no file of this name"),
    "a code with a space": (("register", "--protocol", "{protocol}", "--code", "a b"), "no code of"),
    "nine codes": (
        (
            "register",
            "--protocol",
            "{protocol}",
            *(part for each in range(9) for part in ("--code", f"M:{each}")),
        ),
        "names 9",
    ),
    "an unknown trait": (("register", "--protocol", "{protocol}", "--trait", "EVIL"), "no trait"),
    "no country": (("register", "--protocol", "{protocol}", "--country", "CHE"), "capital letters"),
    "no number": (("show", "zz"), "hexadecimal"),
    "no number to approve": (("approve", "zz", "--days", 1, "--output", "x"), "hexadecimal"),
    "no end": (("approve", "00", "--output", "x"), "until when"),
    "two ends": (("approve", "00", "--days", 1, "--until", "2030-01-01", "--output", "x"), "until when"),
    "no day": (("approve", "00", "--until", "tomorrow", "--output", "x"), "is no day"),
    "no number to withdraw": (("withdraw", "zz"), "hexadecimal"),
    "no document": (("record", "nowhere.json"), "no file of this name"),
}


@pytest.mark.parametrize("what", _WRONG_PROJECTS)
def test_what_is_wrong_with_a_project_is_said_first(what: str, desk: Desk) -> None:
    arguments, named = _WRONG_PROJECTS[what]
    line = [desk.folder / "protocol.pdf" if each == "{protocol}" else each for each in arguments]
    assert named in _refused(desk, "nobody", "project", *line)


def test_a_lead_is_no_partner(desk: Desk) -> None:
    line = ("register", *_protocol(desk), "--partner", 2, "--yes")
    assert "never its lead" in _refused(desk, "hospital-b", "project", *line)


def test_who_may_not_approve_withdraw_or_register_is_told(desk: Desk, project: str) -> None:
    output = desk.folder / "never.json"
    approve = ("project", "approve", project, "--output", output, "--yes", "--days", 30)
    assert "no ethics board" in _refused(desk, "company-c", *approve)
    past = (*approve[:-2], "--until", "2020-01-01")
    assert "would end at 2020-01-02" in _refused(desk, "board", *past)
    far = (*approve[:-2], "--until", "2099-01-01")
    assert "not after" in _refused(desk, "board", *far)
    assert "no project" in _refused(desk, "board", "project", "approve", "ff" * 32, *approve[3:])
    assert "A yes is needed" in _refused(desk, "board", *[each for each in approve if each != "--yes"])
    assert not output.exists()
    withdraw = ("project", "withdraw", project, "--yes")
    assert "neither leads" in _refused(desk, "company-c", *withdraw, code=6)
    register = ("project", "register", *_protocol(desk), "--yes")
    assert "may not handle projects" in _refused(desk, "second", *register, code=6)


def _approval(desk: Desk, project: str, **more: Any) -> SignedAttestation:
    assert desk.net is not None
    board = Account.load(desk.folder / "board.account")
    net, profile = desk.net.network, desk.net[1]
    chain = Chain.connect(net, board)
    until = chain.now() + 1_000
    delegate = Delegate(Profile(chain, profile.store, profile.vault, 4))
    return replace(delegate.sign_approval(bytes.fromhex(project[2:]), until), **more)


def test_an_approval_that_was_changed_or_is_of_another_network_is_refused(desk: Desk, project: str) -> None:
    assert desk.net is not None
    signed = _approval(desk, project)
    assert isinstance(signed.attestation, Approval)
    text = json.loads(signed_text(signed, desk.net.network))
    with Sandbox(members=1) as other:
        foreign = signed_text(signed, other.network)
    wrong = {
        "another network": json.loads(foreign),
        "signature is not": text | {"content": text["content"] | {"until": signed.attestation.until + 1}},
        "fields are not": text | {"content": {"project": project}},
        "its until must be": text | {"content": text["content"] | {"until": "later"}},
        "its board must be": text | {"content": text["content"] | {"board": 2**32}},
        "not version": text | {"version": 1},
        "nothing that a second person": text | {"format": "pixelpact-consent"},
    }
    for named, value in wrong.items():
        path = desk.new()
        path.write_text(json.dumps(value))
        assert named in _refused(desk, "hospital-b", "project", "record", path)


def test_a_project_without_approval_is_no_project(desk: Desk, project: str) -> None:
    """Asked for, it is denied with its reason; so it is when the approval is over."""
    consent, invitation = desk.new(), desk.new()
    desk.ok(
        "patient", "consent", "sign", "--custodian", 1, "--grantee", 2, "--purpose", "HRESCH",
        "--permission", "GRU", "--condition", "IRB", "--output", consent, "--yes",
    )  # fmt: skip
    desk.ok("hospital-a", "consent", "record", consent)
    desk.ok("hospital-a", "invite", "create", desk.study, "--consent", consent, "--output", invitation)
    ask = ("access", "request", invitation, "--purpose", "BIORCH", "--person", "dr-b")
    assert "no project whose" in _refused(desk, "hospital-b", *ask, "--project", "ff" * 32)
    assert "hexadecimal" in _refused(desk, "nobody", *ask, "--project", "zz")
    assert "no obligation" in _refused(desk, "nobody", *ask, "--accept", "EVERYTHING")
    explain = (
        "policy", "explain", "--network", desk.folder / "net" / "network.json", "--requester", 2,
        "--invitation", invitation, "--purpose", "BIORCH",
    )  # fmt: skip
    with Sandbox(members=1) as other:
        elsewhere = desk.new()
        other.network.save(elsewhere)
        here = tuple(elsewhere if each == explain[3] else each for each in explain)
        assert "another network" in _refused(desk, None, *here)
    for project_option, reason in (((), 219), (("--project", project), 231)):
        told = desk.run(None, *explain, *project_option, "--json")
        assert (told.code, told.json["reason"], told.json["contract_reason"]) == (7, reason, reason)
        asked = desk.run("hospital-b", *ask, *project_option, "--json")
        assert (asked.code, asked.json["reason"]) == (7, reason)
    assert told.json["project"] == project
    approval = desk.new()
    approval.write_text(signed_text(_approval(desk, project), desk.net.network))  # type: ignore[union-attr]
    for _ in range(2):
        desk.ok("hospital-b", "project", "record", approval)
    cited = ("--project", project[:12])
    assert desk.ok(None, *explain, *cited)["permitted"] is True
    assert desk.ok("hospital-b", *ask, *cited)["permitted"] is True
    desk.wait(1_000)
    told = desk.run(None, *explain, *cited, "--json")
    assert (told.code, told.json["reason"]) == (7, 233)
    expired = desk.new()
    expired.write_text(approval.read_text())
    # There already: that it is over changes nothing of it, and nothing is sent.
    assert desk.ok("hospital-b", "project", "record", expired)["stage"] == "expired"


def test_a_stop_and_another_engine_are_explained(desk: Desk) -> None:
    network = ("--network", desk.folder / "net" / "network.json")
    explain = ("policy", "explain", *network, "--study", desk.study, "--requester", 2)
    engine = desk.ok("hospital-a", "institution", "deploy-engine", "--version", 2)
    number = desk.ok("hospital-a", "institution", "propose", "replace-engine", engine["engine"], "--yes")
    _pass(desk, number["proposal"])
    told = desk.run(None, *explain, "--json").json
    assert (told["engine_version"], told["engine_known"], told["findings"]) == (2, True, [])
    assert "Version 2 of the policy engine is in force." in desk.run(None, *explain).out
    # An auditor knows its rules by the hash that was voted on.
    invitation = desk.new()
    desk.ok("hospital-a", "invite", "create", desk.study, "--output", invitation)
    ask = ("access", "request", invitation, "--person", "dr-b", "--json")
    assert desk.run("hospital-b", *ask).json["reason"] == 40
    assert _found(desk) == []
    assert "the present one has version 2" in _refused(
        desk, "hospital-a", "institution", "deploy-engine", "--version", 2
    )
    _pass(desk, desk.ok("hospital-a", "institution", "propose", "stop", "--hours", 1, "--yes")["proposal"])
    told = desk.run(None, *explain, "--json").json
    assert (told["reason"], told["contract_reason"]) == (5, 5)
    assert "the consortium lifts the stop" in told["obstacles"][0]["remedy"]
    _pass(desk, desk.ok("hospital-a", "institution", "propose", "stop", "--lift", "--yes")["proposal"])
    assert desk.run(None, *explain, "--json").json["reason"] == 40


#: A contract that answers 2 to a bare selector (VERSION) and 0, a permit, to everything else.
_PERMITS_ALL = bytes.fromhex("600f80600b6000396000f33660041460011b60005260206000f3")


def test_an_engine_of_somebody_else_is_voted_for_by_its_hash_and_told(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("engine")
    (folder / "net").mkdir()
    with open_desk(folder, wallets=("patient",)) as desk:
        assert desk.net is not None
        chain = desk.net[1].chain
        created = chain.transact(Call("other", "constructor", None, _PERMITS_ALL)).created
        assert created is not None
        propose = ("institution", "propose", "replace-engine", "0x" + created.hex(), "--yes")
        assert "nobody here can say" in _refused(desk, "hospital-a", *propose)
        code_hash = "0x" + Delegate(desk.net[1]).inspect_engine(created).code_hash.hex()
        assert "its hash is" in _refused(desk, "hospital-a", *propose, "--code-hash", "0x" + "11" * 32)
        _pass(desk, desk.ok("hospital-a", *propose, "--code-hash", code_hash)["proposal"])
        consent, invitation = desk.new(), desk.new()
        desk.ok(
            "patient", "consent", "sign", "--custodian", 1, "--grantee", 2, "--purpose", "TREAT",
            "--condition", "GS=FR", "--output", consent, "--yes",
        )  # fmt: skip
        desk.ok("hospital-a", "consent", "record", consent)
        desk.ok("hospital-a", "invite", "create", desk.study, "--consent", consent, "--output", invitation)
        network = ("--network", folder / "net" / "network.json")
        explain = ("policy", "explain", *network, "--invitation", invitation, "--requester", 2)
        told = desk.run(None, *explain, "--json").json
        # The shipped rules would deny; that this engine does not is no fault of the contracts.
        assert (told["reason"], told["contract_reason"], told["findings"]) == (222, 0, [])
        assert (told["engine_version"], told["engine_known"]) == (2, False)
        said = " ".join(desk.run(None, *explain).out.split())
        assert "is not the one that is shipped here" in said
        assert "The contract itself answers reason 0" in said
        # Nor can an auditor take its decisions again, and says so.
        ask = ("access", "request", invitation, "--person", "dr-b")
        assert desk.ok("hospital-b", *ask)["permitted"] is True
        assert _found(desk) == ["engine-unknown"]


def _found(desk: Desk) -> list[str]:
    """What the audit finds, by its codes."""
    told = desk.run(None, "audit", "report", "--network", desk.folder / "net" / "network.json", "--json")
    return [each["code"] for each in told.json["findings"]]


def _pass(desk: Desk, number: int) -> None:
    desk.ok("hospital-b", "institution", "vote", number, "--yes")
    desk.wait()
    desk.ok("company-c", "institution", "carry-out", number)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--request", "00", "--project", "00"), "either"),
        (("--invitation", "{file}", "--study", "00", "--requester", "2"), "an invitation names the study"),
        (("--invitation", "{file}"), "--requester"),
        (("--project", "00"), "--study or --invitation"),
        (("--study", "00", "--requester", "2", "--project", "zz"), "hexadecimal"),
        (("--study", "00", "--requester", "2", "--accept", "ALL"), "no obligation"),
        (("--invitation", "nowhere.json", "--requester", "2"), "no file of this name"),
    ],
)
def test_what_can_not_be_explained(arguments: tuple[str, ...], named: str, desk: Desk) -> None:
    path = desk.folder / "no-invitation.json"
    path.write_text("{}")
    line = [path if each == "{file}" else each for each in arguments]
    # Nor is a network asked: there is no such file.
    assert named in _refused(desk, None, "policy", "explain", "--network", "nowhere.json", *line)


def test_who_has_no_ether_is_told_who_can_help(desk: Desk) -> None:
    desk.second("poor")
    said = _refused(desk, "poor", "institution", "propose", "suspend", 2, "--yes", code=6)
    assert "no ether for gas" in said
    assert "keys fund" in said
    address = desk.ok("poor", "keys", "show")["account"]
    assert "can't be given" in _refused(desk, "hospital-a", "keys", "fund", address, "--ether", 1_000_000)
    assert "address" in _refused(desk, "nobody", "keys", "fund", "zz")
    desk.ok("hospital-a", "keys", "fund", address)
    desk.ok("poor", "institution", "operator", "resign", "--yes")


def test_a_second_operator_takes_the_rest_from_a_localnet(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.net is not None
    localnet = (desk.net.network, desk.net._embedded.accounts[1], StoreChoice(folder=str(desk.folder / "b")))
    monkeypatch.setattr("pixelpact.cli.keys._of_localnet", lambda *_: localnet)
    create = ("keys", "create", "--localnet", desk.folder, "--institution", 1)
    desk.ok("colleague", *create, "--account", desk.folder / "second.account")
    second = Account.load(desk.folder / "second.account").address.hex()
    assert desk.ok("colleague", "keys", "show")["account"].lower() == "0x" + second
    desk.ok("admin", *create)
    assert desk.ok("admin", "keys", "show")["account"].lower() != "0x" + second
    # It acts for another institution than the one that was named.
    wrong = ("keys", "create", "--localnet", desk.folder, "--institution", 2)
    assert "acts for institution 1" in _refused(
        desk, "w", *wrong, "--account", desk.folder / "second.account"
    )
