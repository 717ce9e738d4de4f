"""docs/consortium.md and docs/research.md are run as they are written, on a chain in this process."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_embedded import Desk, open_desk

from pixelpact.chain import Account, Chain, InstitutionStatus
from pixelpact.consortium import Delegate, admit
from pixelpact.policy import Role

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def page(name: str) -> str:
    return (_DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["consortium.md", "research.md"])
def test_every_line_of_a_block_is_a_command(name: str) -> None:
    lines = [
        line
        for block in re.findall(r"```console\n(.*?)```", page(name), re.DOTALL)
        for line in block.splitlines()
    ]
    assert lines
    assert all(re.match(r"\$ (\w+=\$\()?pixelpact ", line) for line in lines)


def test_the_consortiums_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net").mkdir()
    with open_desk(tmp_path, wallets=("patient",)) as desk:
        monkeypatch.chdir(tmp_path)
        told = desk.run_page(page("consortium.md"))
        assert "1 more are needed" in told
        assert "The new institution has the number 4." in told
        assert "Vetoed, and final: nothing comes of proposal 5." in told
        assert "Requests are decided by version 2 of the policy engine." in told
        assert "Sharing goes on." in told
        registry = desk.net[1].chain.institutions
        assert registry.institution(3).status is InstitutionStatus.ACTIVE
        assert registry.institution(3).roles == Role.REQUESTER
        assert registry.institution(2).admin == desk.net._embedded.accounts[2].address
        assert registry.rule().engine_version == 2
        assert registry.rule().stopped_until <= desk.net[1].chain.now()


def test_the_researchs_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net").mkdir()
    with open_desk(tmp_path, wallets=("patient",)) as desk:
        monkeypatch.chdir(tmp_path)
        desk.ok("hospital-b", "keys", "publish")
        add_board(desk)
        (tmp_path / "protocol.pdf").write_bytes(b"%PDF the protocol")
        told = desk.run_page(page("research.md"), study=desk.study)
        assert "MONDO:0005148" in told
        assert "Recorded, and final. approved by institution 4 until" in told
        assert "publish the results" in told
        assert "The approval of the research project was withdrawn." in told
        assert list((tmp_path / "images").rglob("*.dcm"))


def add_board(desk: Desk) -> None:
    """An ethics board with a profile of its own."""
    assert desk.net is not None
    account = Account.generate()
    first, second = Delegate(desk.net[1]), Delegate(desk.net[2])
    number = first.propose(admit(account.address, roles=Role.ETHICS_BOARD, country="CH"))
    second.vote(number)
    first.carry_out(number)
    key = desk.folder / "board.account"
    key.write_text(account.reveal_key().hex())
    key.chmod(0o600)
    desk.ok(
        "board", "keys", "create", "--network", desk.folder / "net" / "network.json", "--account", key,
        "--store", desk.folder / "board-blocks",
    )  # fmt: skip
    assert Chain.connect(desk.net.network).institutions.operator(account.address).institution == 4


@pytest.mark.parametrize("name", ["consortium.md", "research.md"])
def test_the_python_runs(name: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page(name), re.DOTALL)
    assert blocks
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
