"""What localnet is told, judged before anything is started."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from eth_account import Account as EthAccount
from eth_keyfile import keyfile

from pixelpact.cli.app import run
from pixelpact.errors import InputError, OutputError
from pixelpact.localnet import Localnet, geth, processes, programs
from pixelpact.localnet.kubo import _make_repository
from pixelpact.localnet.plan import Plan


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["localnet", *arguments])
    return code, " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--engine", "besu"), "There is no engine 'besu'. Choose one of anvil, geth."),
        (("--institutions", "0"), "A localnet can't have 0 institutions."),
        (("--institutions", "31"), "Give a number from 1 to 30."),
        (("--period", "0"), "Blocks can't be 0 seconds apart."),
    ],
)
def test_what_can_not_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, str], sentence: str
):
    code, said = told(capsys, "up", "--folder", str(tmp_path / "net"), *options)
    assert code == 3
    assert sentence in said
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "letters.txt").write_text("dear", "utf-8")
    code, said = told(capsys, "up", "--folder", str(tmp_path))
    assert code == 3
    assert "is not a localnet's: it holds other things, such as letters.txt." in said
    for command in ("status", "down"):
        code, said = told(capsys, command, "--folder", str(tmp_path))
        assert code == 3
        assert "There is no localnet in" in said
    assert [each.name for each in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize(("option", "value"), [("engine", "geth"), ("institutions", "5"), ("period", "2")])
def test_what_was_decided_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str):
    plan = Plan.draw("anvil", 2, None).written(tmp_path)
    code, said = told(capsys, "up", "--folder", str(tmp_path), f"--{option}", value)
    assert code == 3
    assert f"has {option}" in said
    assert f"Leave --{option} away" in said
    assert Plan.load(tmp_path) == plan


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "engine": "anvil"}'])
def test_a_damaged_plan_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str):
    (tmp_path / "localnet.json").write_text(text, "utf-8")
    for command in ("up", "status", "down"):
        code, said = told(capsys, command, "--folder", str(tmp_path))
        assert code == 3
        assert "localnet" in said


def test_where_no_port_is_free_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        monkeypatch.setattr("pixelpact.localnet.plan._FIRST_PORT", port)
        monkeypatch.setattr("pixelpact.localnet.plan._LAST_PORT", port + 1)
        code, said = told(capsys, "up", "--folder", str(tmp_path / "deep" / "net"))
    assert (code, "No port of this computer is free" in said) == (3, True)
    assert not list(tmp_path.iterdir())


def test_ports_are_all_different_and_kept(tmp_path: Path):
    plan = Plan.draw("geth", 30, 5).written(tmp_path)
    ports = [
        port for each in plan.ports for port in (each.rpc, each.peers, each.ipfs, each.swarm, each.gateway)
    ]
    assert len(set(ports)) == 150
    assert Plan.standing(tmp_path, None, None, None) == plan
    assert (plan.finality_depth, plan.clock) == (16, 30)


def test_a_plan_from_before_there_were_gateways_is_read(tmp_path: Path):
    Plan.draw("anvil", 1, None).written(tmp_path)
    path = tmp_path / "localnet.json"
    written = json.loads(path.read_text("utf-8"))
    del written["ports"][0]["gateway"]
    path.write_text(json.dumps(written), "utf-8")
    assert Plan.load(tmp_path).ports[0].gateway is None


@pytest.mark.parametrize(("signers", "depth"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_final_is_what_more_than_half_of_the_signers_built_upon(signers: int, depth: int):
    assert Plan.draw("geth", signers, None).finality_depth == depth


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PIXELPACT_TOOLS", raising=False)
    # As when it is installed from the wheel: there is no source tree around it.
    monkeypatch.setattr(programs, "__file__", str(tmp_path / "a" / "b" / "c" / "programs.py"))
    with pytest.raises(InputError, match=r"The program geth is missing: .* Install Geth 1\.13\.15"):
        Localnet.up(tmp_path / "net", engine="geth")
    assert not (tmp_path / "net").exists()


def test_a_repository_that_a_killed_run_left_half_made_goes(tmp_path: Path):
    make = tmp_path / "ipfs"
    make.write_text('#!/bin/sh\nmkdir "$2/blocks" && exit "$FAIL"\n', "utf-8")
    make.chmod(0o700)
    home = tmp_path / "institution-01" / "kubo"
    left = home.with_name(".kubo.0a1b2c3d.pixelpact-init")
    (left / "keystore").mkdir(parents=True)
    named = home.with_name(".kubo.part")
    named.mkdir()

    with pytest.raises(OutputError, match=r"can't make a repository .*ended with code 7"):
        _make_repository(home, make, {"FAIL": "7", "PATH": os.environ["PATH"]})
    # What somebody else has given a name like that is left alone.
    assert list(home.parent.iterdir()) == [named]

    _make_repository(home, make, {"FAIL": "0", "PATH": os.environ["PATH"]})
    assert sorted(home.parent.iterdir()) == [named, home]
    assert list(home.iterdir()) == [home / "blocks"]


def test_programs_are_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree, named, path = tmp_path / "tree", tmp_path / "named", tmp_path / "path"
    monkeypatch.setattr(programs, "__file__", str(tree / "client" / "pixelpact" / "localnet" / "programs.py"))
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("PIXELPACT_TOOLS", str(named))
    recipe = tree / "scripts" / "build-node"
    for place in (recipe, *(folder / "ipfs" for folder in (path, tree / ".tools" / "bin", named))):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("#!/bin/sh\n", "utf-8")
        place.chmod(0o700)
        if place != recipe:
            assert programs.find_program("ipfs", lambda _: None) == place


def test_a_missing_program_is_built_in_a_source_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(programs, "__file__", str(tmp_path / "client" / "pixelpact" / "localnet" / "x.py"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("PIXELPACT_TOOLS", raising=False)
    program = tmp_path / ".tools" / "bin" / "ipfs"
    program.parent.mkdir(parents=True)
    recipe = tmp_path / "scripts" / "build-node"
    recipe.parent.mkdir()
    recipe.write_text(f"#!/bin/sh\n[ $1 = kubo ] && touch '{program}' && chmod 700 '{program}'\n", "utf-8")
    recipe.chmod(0o700)
    said: list[str] = []
    assert programs.find_program("ipfs", said.append) == program
    assert "Kubo" in said[0]

    program.unlink()
    recipe.write_text("#!/bin/sh\nexit 7\n", "utf-8")
    with pytest.raises(InputError, match=r"can't be built: .*ended with code 7"):
        programs.find_program("ipfs", said.append)


def test_the_commands_tell_a_program_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = str(tmp_path)
    try:
        assert run(["localnet", "up", "--folder", folder, "--institutions", "1", "--json"]) == 0
        made = json.loads(capsys.readouterr().out)
        assert run(["localnet", "status", "--folder", folder, "--json"]) == 0
        status = json.loads(capsys.readouterr().out)
        assert run(["localnet", "up", "--folder", folder]) == 0
        assert "It is up already." in capsys.readouterr().out
        assert run(["localnet", "status", "--folder", folder]) == 0
        assert "institution-01" in capsys.readouterr().out
    finally:
        assert run(["localnet", "down", "--folder", folder, "--json"]) == 0
    assert list(made) == ["folder", "engine", "chain_id", "genesis", "rpc", "ipfs", "contracts"]
    assert (made["folder"], made["engine"], len(made["rpc"]), len(made["ipfs"])) == (folder, "anvil", 1, 1)
    assert len(made["contracts"]) == 6
    assert (status["state"], status["chain_id"]) == ("up", made["chain_id"])
    assert status["institutions"][0]["rpc"] == made["rpc"][0]
    assert json.loads(capsys.readouterr().out)["stopped"] == ["Anvil", "Kubo of institution-01"]
    assert run(["localnet", "status", "--folder", folder]) == 0
    assert "stopped" in capsys.readouterr().out


def test_a_system_that_does_not_tell_when_a_process_began_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    with pytest.raises(InputError, match="can't be kept here"):
        Localnet.up(tmp_path / "net")
    assert not (tmp_path / "net").exists()


def test_a_sealers_keystore_has_its_whole_initialisation_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # One in 256 begins with a zero byte; then Geth would end as soon as it unlocks the account.
    monkeypatch.setattr(keyfile.Random, "get_random_bytes", lambda size: bytes(2) + b"\x07" * (size - 2))
    address = geth._sealer(tmp_path / "home")
    kept = json.loads((tmp_path / "home" / "keystore" / "sealer.json").read_text("utf-8"))
    assert kept["crypto"]["cipherparams"]["iv"] == "0000" + "07" * 14
    word = (tmp_path / "home" / "password").read_text("ascii").strip()
    assert "0x" + EthAccount.from_key(EthAccount.decrypt(kept, word)).address[2:].lower() == address
