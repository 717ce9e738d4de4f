"""docs/custody.md is run as it is written, on a chain in this process; each wrong field is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_embedded import open_desk

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "custody.md").read_text("utf-8")


def test_the_commands_run_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net").mkdir()
    with open_desk(tmp_path, wallets=("patient",)) as desk:
        monkeypatch.chdir(tmp_path)
        desk.ok("hospital-b", "keys", "publish")
        for name, arguments, told in (
            ("hospital-a", ("offer", "xyz", "--to", 2, "--output", "h"), "hexadecimal"),
            ("hospital-a", ("offer", desk.study, "--to", 1, "--output", "h"), "can't be offered"),
            ("hospital-a", ("offer", desk.study, "--to", 9, "--output", "h"), "can't be offered"),
            ("hospital-a", ("offer", desk.study, "--to", 3, "--output", "h"), "no encryption key"),
            ("hospital-a", ("offer", desk.study, "--to", 2), "not clear"),
            ("hospital-a", ("offer", desk.study, "--take-back", "--to", 2), "not clear"),
            ("hospital-a", ("offer", desk.study, "--take-back"), "nothing to take back"),
            ("hospital-b", ("accept", "nowhere.json", "--person", "archive"), "can't be read"),
        ):
            said = desk.run(name, "study", *arguments)
            assert (said.code, told in said.err) == (3, True), (arguments, said.err)
            assert not (tmp_path / "h").exists()
        desk.ok("hospital-a", "study", "offer", desk.study, "--to", 2, "--output", tmp_path / "first.json")
        document = json.loads((tmp_path / "first.json").read_text())
        for where, key, value, told in (
            ("network", "chain_id", 1, "another network"),
            ("network", "contract", "0x" + "00" * 20, "another network"),
            ("content", "to", 3, "another institution"),
            ("content", "epoch", 7, "older sealing"),
            ("content", "custodian", 3, "not offered"),
            ("content", "study", "0x" + "12" * 32, "not offered"),
            ("content", "study", "0x12", "64 hexadecimal digits"),
            ("content", "envelope", "0x00", "hexadecimal digits"),
        ):
            changed = json.loads(json.dumps(document))
            changed[where][key] = value
            path = desk.new()
            path.write_text(json.dumps(changed))
            said = desk.run("hospital-b", "study", "accept", path, "--person", "archive")
            assert (said.code, told in said.err) == (3, True), (key, said.err)
        said = desk.run("hospital-b", "study", "accept", "first.json", "--person", " ")
        assert (said.code, "who acts" in said.err) == (3, True)
        told = desk.run_page(_PAGE, study=desk.study)
        assert "This institution holds the study" in told
        said = desk.run("hospital-b", "study", "accept", "handover.json", "--person", "archive")
        assert (said.code, "taken the study over already" in said.err) == (3, True), said.err
        # The old custodian's vault is behind the chain, and that is as it should be.
        (kept,) = desk.ok("hospital-a", "study", "list")["studies"]
        assert (kept["custodian"], kept["status"]) == (2, "active")
        (finding,) = [
            each
            for each in desk.ok(None, "doctor", "--profile", desk.profile("hospital-a"))["findings"]
            if each["subject"] == "vault beside the chain"
        ]
        assert finding["ok"]
