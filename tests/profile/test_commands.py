"""What the command line does with profiles in a network of this process, over a folder of blocks."""

from __future__ import annotations

import getpass
import io
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from cli_hand import Hand
from eth_utils.crypto import keccak
from kubo_node import running

from pixelpact.chain import Account
from pixelpact.cli.app import run
from pixelpact.crypto import list_cids
from pixelpact.dicom import samples
from pixelpact.errors import StoreError
from pixelpact.localnet import Sandbox
from pixelpact.models import RAW
from pixelpact.profile import ProfileFolder, StoreChoice
from pixelpact.storage import Store
from pixelpact.vault import Kind

_PERSON = ("--person", "dr-b")


class Town(Hand):
    """A hospital and a clinic of a sandbox, each with a profile, and a patient with one."""

    def __init__(self, folder: Path, net: Sandbox) -> None:
        super().__init__(folder, None)  # type: ignore[arg-type]
        self.net = net
        net.network.save(folder / "network.json")
        for place, name in enumerate(("hospital-a", "hospital-b"), start=1):
            key = folder / f"{name}.account"
            key.write_text(Account(keccak(text=f"pixelpact embedded account {place}")).reveal_key().hex())
            key.chmod(0o600)
            self.ok(name, *self.creating(name), "--store", net.store.folder)
        self.ok("patient", "keys", "create", "--role", "patient", "--network", folder / "network.json")
        self.ok("hospital-b", "keys", "publish")

    def creating(self, name: str) -> tuple[object, ...]:
        """A new profile for an account."""
        network = self.folder / "network.json"
        return ("keys", "create", "--network", network, "--account", self.folder / f"{name}.account")

    def share(self) -> str:
        """A new study of the patient at hospital A, sealed and registered."""
        scans = self.new("")
        scans.mkdir()
        shutil.copy(samples()[2].files[0], scans)
        address = self.ok("patient", "keys", "show", "--custodian", 1)["address"]
        self.study = self.ok("hospital-a", "study", "seal", scans, "--patient", address)["study"]
        self.ok("hospital-a", "study", "register", self.study)
        return self.study

    def ask(self) -> str:
        """Hospital B asks for the study with a consent of its own, and is permitted."""
        consent = self.consent()
        self.ok("hospital-a", "consent", "record", consent)
        asked = self.ok("hospital-b", "access", "request", self.invitation("--consent", consent), *_PERSON)
        return str(asked["request"])

    def release(self) -> str:
        """The same, and its key is released to it."""
        request = self.ask()
        self.ok("hospital-a", "access", "release", request, *_PERSON)
        return request

    def audit(self) -> Any:
        return self.run(None, "audit", "report", "--network", self.folder / "network.json", "--json")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Town]:
    (tmp_path / "town").mkdir()
    with Sandbox(members=2) as net:
        yield Town(tmp_path / "town", net)


@pytest.fixture
def town(made: Town) -> Town:
    """The same with a study at the hospital."""
    made.share()
    return made


# The store


def test_blocks_may_come_from_others_only_for_who_opens_what_was_released(
    made: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, asked_for = StoreChoice.opened, []

    def noted(choice: StoreChoice, work: Path, *, from_peers: bool = False) -> AbstractContextManager[Store]:
        asked_for.append(from_peers)
        return opened(choice, work, from_peers=from_peers)

    monkeypatch.setattr(StoreChoice, "opened", noted)
    made.share()
    request, refused = made.release(), made.ask()
    made.ok("hospital-a", "access", "refuse", refused, "--reason", "other", *_PERSON)
    for name in ("hospital-a", "hospital-b"):
        made.ok(name, "access", "list")
        made.ok(name, "study", "list")
        made.ok(name, "keys", "show")
    made.ok("hospital-a", "study", "rotate", made.study, *_PERSON)
    made.ok("hospital-b", "keys", "publish")
    assert asked_for
    assert not any(asked_for)
    asked_for.clear()
    made.ok("hospital-b", "access", "fetch", request, "--output", made.new(""))
    made.ok("hospital-b", "access", "confirm", request, *_PERSON)
    assert made.run("hospital-b", "access", "dispute", request, *_PERSON).code == 3
    assert asked_for == [True, True, True]


def test_a_kubo_node_that_tells_others_is_used_only_when_that_is_allowed(made: Town, tmp_path: Path) -> None:
    create = made.creating("hospital-a")
    with running(tmp_path / "kubo", settings={"Discovery.MDNS.Enabled": True}) as node:
        told = made.run("public", *create, "--kubo", node.url)
        assert (told.code, "Discovery.MDNS" in told.err) == (5, True), told.err
        assert not (made.folder / "public").exists()
        assert not (made.folder / "public.key").exists()
        made.ok("public", *create, "--kubo", node.url, "--allow-public")
        made.ok("public", "study", "list")
        path = made.folder / "public" / "profile.json"
        value = json.loads(path.read_text())
        value["store"]["allow_public"] = False
        path.write_text(json.dumps(value))
        assert made.run("public", "study", "list").code == 5
        for from_peers in (False, True):
            choice = StoreChoice(kubo=node.url, gateway=node.gateway, allow_public=True)
            with choice.opened(tmp_path, from_peers=from_peers) as store:
                assert store._from_peers is from_peers  # type: ignore[attr-defined]
        with pytest.raises(StoreError), StoreChoice(kubo=node.url).opened(tmp_path):
            pass


def test_a_store_that_can_not_be_used_is_told_before_anything_is_made(made: Town, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for store in (("--kubo", "http://127.0.0.1:9"), ("--store", tmp_path / "file")):
        told = made.run("storeless", *made.creating("hospital-a"), *store)
        assert told.code in (4, 5), told.err
        assert not (made.folder / "storeless").exists()
        assert not (made.folder / "storeless.key").exists()


# Fetching


def test_what_a_killed_fetch_left_goes_also_when_nothing_can_be_fetched_any_more(town: Town) -> None:
    request, output = town.release(), town.new("")
    left = output.with_name(f".{output.name}.0a1b2c3d.pixelpact-fetch")

    def leave() -> None:
        (left / "series").mkdir(parents=True)
        (left / "series" / "image.dcm").write_bytes(b"an image")

    leave()
    # The profile of nobody: neither its vault nor its node is asked.
    assert town.run("nobody", "access", "fetch", request, "--output", output).code == 3
    assert not left.exists()
    leave()
    output.mkdir()
    assert town.run("hospital-b", "access", "fetch", request, "--output", output).code == 3
    assert not left.exists()


def test_a_fetch_that_was_killed_and_is_refused_then_leaves_no_image(town: Town) -> None:
    request, output = town.release(), town.new("")
    child = os.fork()
    if not child:
        Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment, method-assign]
        town.run("hospital-b", "access", "fetch", request, "--output", output)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    (image,) = output.parent.glob(f".{output.name}.*/*/*.dcm")
    assert image.read_bytes() == samples()[2].files[0].read_bytes()
    for each in town.ok("patient", "consent", "list")["consents"]:
        town.ok("patient", "consent", "revoke", each["consent"], "--output", (to := town.new()), "--yes")
        town.ok("hospital-a", "consent", "record", to)
    town.ok("hospital-a", "study", "rotate", town.study, *_PERSON)
    told = town.run("hospital-b", "access", "fetch", request, "--output", output)
    assert (told.code, "older sealing" in told.err) == (3, True), told.err
    # What it tells to run says why nothing more is to be waited for.
    line = re.search(r"pixelpact (policy explain --network FILE --request 0x[0-9a-f]+)", told.err)
    assert line
    explained = town.run(None, *line[1].replace("FILE", str(town.folder / "network.json")).split())
    assert (explained.code, "withdrawn" in explained.out) == (7, True), explained.out
    assert not list(output.parent.glob(f".{output.name}.*"))


def test_a_place_is_judged_before_the_vault_is_opened(made: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, away = made.new(), made.folder / "none" / "there"
    taken.write_text("mine")
    monkeypatch.setattr("pixelpact.vault.Vault.open", _never)
    for arguments, code, why in (
        (("access", "fetch", "0x12", "--output", taken), 3, "already"),
        (("access", "fetch", "0x12", "--output", away), 4, "can't be written"),
        (("vault", "backup", taken), 4, "already"),
        (("vault", "backup", away), 4, "folder is not there"),
    ):
        told = made.run("hospital-b", *arguments)
        assert (told.code, why in told.err) == (code, True), (arguments, told.err)
    assert taken.read_text() == "mine"


def _never(*_: object) -> None:
    raise AssertionError("the vault was opened")


# A lost profile


def _lose(town: Town, name: str) -> Path:
    """A backup of a profile and what belongs beside it, in a safe; then all of the profile is gone."""
    safe = town.new("")
    safe.mkdir()
    backup = safe / "vault.backup"
    told = town.run(name, "vault", "backup", backup)
    place, key = town.folder / name, town.folder / f"{name}.key"
    for kept in (key, place / "profile.json", place / "network.json"):
        assert str(kept) in told.out
        shutil.copy(kept, safe)
    shutil.rmtree(place)
    key.unlink()
    return safe


def test_a_lost_profile_comes_back_from_what_lay_in_a_safe(town: Town) -> None:
    request = town.release()
    safe = _lose(town, "hospital-a")
    place = town.folder / "hospital-a"
    place.mkdir(mode=0o700)
    for name in ("profile.json", "network.json"):
        shutil.copy(safe / name, place)
    shutil.copy(safe / "hospital-a.key", town.folder)
    town.ok("hospital-a", "vault", "restore", safe / "vault.backup")
    assert town.ok("hospital-a", "doctor")["ok"]
    assert [each["study"] for each in town.ok("hospital-a", "study", "list")["studies"]] == [town.study]
    rotated = town.ok("hospital-a", "study", "rotate", town.study, *_PERSON)
    assert rotated["served"] == [request]
    town.ok("hospital-b", "access", "fetch", request, "--output", town.new(""))


def test_a_lost_profile_comes_back_though_only_backup_and_key_file_were_kept(town: Town) -> None:
    safe = _lose(town, "hospital-a")
    town.ok("hospital-a", *town.creating("hospital-a"), "--store", town.net.store.folder)
    restore = (
        "vault", "restore", safe / "vault.backup",
        "--unlock", "key-file", "--key-file", safe / "hospital-a.key",
    )  # fmt: skip
    told = town.run("hospital-a", *restore)
    assert (told.code, "move it away first" in told.err) == (9, True), told.err
    (town.folder / "hospital-a" / "vault").rename(town.folder / "empty-vault")
    town.ok("hospital-a", *restore)
    assert [each["study"] for each in town.ok("hospital-a", "study", "list")["studies"]] == [town.study]
    town.ok("hospital-a", "study", "rotate", town.study, *_PERSON)


def test_a_lost_wallet_comes_back_by_its_words(
    made: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = made.run("patient", "vault", "backup", tmp_path / "patient.backup")
    assert "keys words --profile" in told.out
    words = made.ok("patient", "keys", "words")["words"]
    address = made.ok("patient", "keys", "show", "--custodian", 1)["address"]
    shutil.rmtree(made.folder / "patient")
    (made.folder / "patient.key").unlink()
    line = ["keys", "create", "--role", "patient", "--words", "--network", str(made.folder / "network.json")]
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdin", io.StringIO(words + "\n"))
        assert run([*line, "--profile", made.profile("patient")]) == 0
    assert made.ok("patient", "keys", "show", "--custodian", 1)["address"] == address


# docs/vault.md


def _rows(after: str) -> list[list[str]]:
    """The rows of the first table of the page behind a text."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "vault.md").read_text("utf-8")
    table = page[page.index(after) :].split("|---", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.split("\n")[1:]]


def test_the_page_says_what_kinds_of_records_there_are_under_which_ids(town: Town) -> None:
    town.release()
    said = {
        kind: name for kinds, name, _ in _rows("| kind | id |") for kind in kinds.strip("`").split("`, `")
    }
    assert set(said) == set(Kind)
    digits = {
        "study id": "[0-9a-f]{64}",
        "SHA-256 of the public key": "[0-9a-f]{64}",
        "its number": "[0-9a-f]{64}",
        "the consent's number": "[0-9a-f]{64}",
        "its root": "[0-9a-f]{64}",
        "the digest": "[0-9a-f]{64}",
    }
    digits |= {"request id": "[0-9a-f]{64}", "study id/epoch": "[0-9a-f]{64}/1", "operation and key": ".*"}
    met: set[str] = set()
    for name in ("hospital-a", "hospital-b", "patient"):
        with ProfileFolder.load(town.folder / name).open_vault(str) as vault:
            for kind in Kind:
                for identifier in vault.ids(kind):
                    met.add(kind)
                    wanted = digits.get(said[kind], re.escape(said[kind].strip("`")))
                    assert re.fullmatch(wanted, identifier), (kind, identifier)
    # In this town nothing is on paper and nothing in a batch.
    assert met == set(Kind) - {Kind.JOURNAL, Kind.PAPER, Kind.EVIDENCE, Kind.BATCH, Kind.FORM}


def test_the_page_says_what_a_profile_s_file_has(made: Town) -> None:
    said = {key for keys, _ in _rows("## profile.json") for key in keys.strip("`").split("`, `")}
    assert {"profile.json", "network.json", "vault/", "work/"} == said
    said = {
        key for keys, _ in _rows("`profile.json` is a JSON object") for key in keys.strip("`").split("`, `")
    }
    for name in ("hospital-a", "patient"):
        value = json.loads((made.folder / name / "profile.json").read_text())
        assert set(value) == said
        assert value["unlock"] == {"opening": "key-file", "name": f"../{name}.key"}


# What is told at once


def test_what_nobody_can_say_yes_to_without_a_terminal_is_not_signed(made: Town) -> None:
    output = made.new()
    common = ("--custodian", 1, "--output", output)
    for what in (("sign", "--grantee", 2, "--purpose", "TREAT"), ("refuse",), ("revoke", "--all")):
        told = made.run("patient", "consent", *what, *common)
        assert (told.code, "give --yes" in told.err) == (3, True), told.err
        assert "About to be signed" in told.out
        assert not output.exists()
    assert made.ok("patient", "consent", "list") == {"consents": []}


def test_a_consent_that_names_no_institution_of_the_network_is_told_so(made: Town) -> None:
    sign = ("consent", "sign", "--purpose", "TREAT", "--yes")
    for custodian, grantee, unknown in ((1, 2, ""), (1, "any", ""), (1, 9, "9"), (9, 2, "9")):
        told = made.run(
            "patient", *sign, "--custodian", custodian, "--grantee", grantee, "--output", made.new()
        )
        assert told.code == 0
        assert (f"no institution {unknown}" in told.out) is bool(unknown), told.out


def test_who_can_not_be_released_to_is_told_when_asking(town: Town) -> None:
    town.ok("keyless", *town.creating("hospital-a"), "--store", town.net.store.folder)
    asking = ("access", "request", town.invitation(), *_PERSON)
    told = town.run("keyless", *asking, "--quiet")
    assert "pixelpact keys publish --profile" in told.err
    assert told.out.startswith("0x")
    assert town.run("keyless", *asking, "--json").json["key_version"] == 0
    assert "keys publish" not in town.run("hospital-b", *asking).err


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_a_number_that_none_has_is_told_with_its_sign(town: Town, prefix: str) -> None:
    network = ("--network", town.folder / "network.json")
    told = town.run(None, "policy", "explain", *network, "--request", f"{prefix}5D10")
    assert told.code == 3
    assert "no request whose number begins with 0x5d10" in " ".join(told.err.split())
    told = town.run(
        None, "policy", "explain", *network, "--study", town.study[2 if not prefix else 0 :], "--requester", 2
    )
    assert told.code == 7


# What the exit code says


def test_a_dispute_is_recorded_and_the_auditor_s_exit_code_says_so(town: Town) -> None:
    clean = town.audit()
    assert (clean.code, clean.json["findings"]) == (0, [])
    request = town.release()
    digest = town.net.chain().studies.study(bytes.fromhex(town.study[2:])).manifest_digest
    cid = [each for each in list_cids(digest, town.net.store.get) if each.codec == RAW][-1]
    path = town.net.store.path(cid)
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    try:
        assert town.run("hospital-b", "access", "confirm", request, *_PERSON).code == 8
        told = town.ok("hospital-b", "access", "dispute", request, *_PERSON)
    finally:
        path.write_bytes(whole)
    assert told["failure"] == "block"
    state = town.net.chain().ledger.request_of(bytes.fromhex(request[2:]))
    assert (state.disputed_epoch, state.confirmed_epoch) == (1, 0)
    found = town.audit()
    assert found.code == 10
    assert found.json["findings"]


def test_a_rotation_that_could_not_serve_somebody_has_its_exit_code(town: Town) -> None:
    request = town.release()
    chain = town.net[2].chain
    chain.wait_final(chain.transact(chain.institutions.publish_key(bytes(1216))))
    told = town.run("hospital-a", "study", "rotate", town.study, *_PERSON, "--json")
    assert told.code == 10
    assert [each["request"] for each in told.json["failed"]] == [request]
    town.ok("hospital-b", "keys", "publish")
    town.ok("hospital-a", "access", "release", request, *_PERSON)


# Passwords


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("command", ["keys create", "vault rotate-master"])
def test_two_passwords_that_differ_make_and_change_nothing(
    made: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in made.folder.rglob("*") if path.is_file()}

    line = [*made.creating("hospital-a"), "--store", made.net.store.folder, "--profile", made.profile("new")]
    if command == "vault rotate-master":
        line = ["vault", "rotate-master", "--profile", made.profile("hospital-b")]
    typed = iter(["battery", "staple"])
    before = files()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdin", _Terminal())
        patched.setattr(getpass, "getpass", lambda *_, **__: next(typed))
        assert run([str(each) for each in (*line, "--unlock", "password")]) == 3
    said = capsys.readouterr().err
    assert "passwords differ" in said
    assert "battery" not in said
    assert files() == before
    made.ok("hospital-b", "study", "list")
