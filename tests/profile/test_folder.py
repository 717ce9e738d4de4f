"""A profile's folder: made whole, read strictly, and what opens its vault."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pixelpact.chain import Network
from pixelpact.cli.app import run
from pixelpact.errors import InputError, OutputError, VaultError
from pixelpact.profile import Opening, ProfileFolder, Role, StoreChoice, UnlockChoice
from pixelpact.vault import KeyFile, Kind, Vault

_NETWORK = Network("nowhere", 7, b"\1" * 32, 0, None, "http://127.0.0.1:9")
_LEFT = ".a.0a1b2c3d.pixelpact-create"


def nobody() -> str:
    raise AssertionError("no password is needed")


def folder(path: Path, key_file: Path | None = None) -> ProfileFolder:
    """A patient's, not made yet."""
    return ProfileFolder(path, Role.PATIENT, _NETWORK, UnlockChoice.of(path, Opening.KEY_FILE, key_file))


def made(path: Path, key_file: Path | None = None) -> ProfileFolder:
    folder(path, key_file).make(nobody, lambda vault: vault.put(Kind.STUDY, "a", {"n": 1}))
    return ProfileFolder.load(path)


@pytest.fixture
def profile(tmp_path: Path) -> ProfileFolder:
    return made(tmp_path / "a")


def key_file_for(profile: ProfileFolder, place: Path) -> UnlockChoice:
    return UnlockChoice.of(profile.path, Opening.KEY_FILE, place)


# Making


def test_what_a_key_file_s_interrupted_maker_left_is_taken_at_its_own_place(tmp_path: Path) -> None:
    KeyFile(tmp_path / "a.key").prepare()
    left = (tmp_path / "a.key").read_bytes()

    made(tmp_path / "a").open_vault(nobody).close()

    assert (tmp_path / "a.key").read_bytes() == left


def test_a_key_file_is_made_nowhere_else_than_where_nothing_is(tmp_path: Path) -> None:
    KeyFile(tmp_path / "theirs.key").prepare()
    (tmp_path / "a.key").symlink_to("theirs.key")
    for place, why in (
        (tmp_path / "theirs.key", "already"),
        (None, "already"),
        (tmp_path / "a" / "key", "in the profile's folder"),
    ):
        with pytest.raises(InputError, match=why):
            made(tmp_path / "a", place)
    (tmp_path / "a.key").unlink()
    (tmp_path / "a.key").write_text("a poem")
    (tmp_path / "a.key").chmod(0o600)
    with pytest.raises(VaultError, match="is not a vault's key file"):
        made(tmp_path / "a")
    assert (tmp_path / "a.key").read_text() == "a poem"
    assert {path.name for path in tmp_path.iterdir()} == {"a.key", "theirs.key"}


def test_a_profile_that_can_not_be_filled_leaves_nothing_but_its_key_file(tmp_path: Path) -> None:
    def fail(_: Vault) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        folder(tmp_path / "a").make(nobody, fail)
    assert {path.name for path in tmp_path.iterdir()} == {"a.key"}
    made(tmp_path / "a")


def test_making_a_profile_removes_what_a_killed_run_left_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / _LEFT).mkdir()
    for name in (".a.part", ".b.0a1b2c3d.pixelpact-create"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.txt").write_text("mine")

    made(tmp_path / "a")

    assert {path.name for path in tmp_path.iterdir()} == {
        "a", "a.key", ".a.part", ".b.0a1b2c3d.pixelpact-create",
    }  # fmt: skip
    assert (tmp_path / ".a.part" / "thesis.txt").exists()


@pytest.mark.parametrize("role", ["institution", "patient"])
def test_a_place_that_is_no_folder_s_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], role: str
) -> None:
    for wrong in (Path("/"), tmp_path / "a\0b"):
        with pytest.raises(InputError, match="no profile in"):
            UnlockChoice.of(wrong, Opening.KEY_FILE, None)
    with pytest.raises(InputError, match="no profile in"):
        UnlockChoice.of(tmp_path / "a", Opening.KEY_FILE, tmp_path / "a\0b")
    _NETWORK.save(tmp_path / "network.json")
    assert run(["keys", "create", "--profile", "/", "--role", role, "--network", "nowhere"]) == 3
    assert "Traceback" not in capsys.readouterr().err


# Reading


def _deep(value: dict[str, Any]) -> str:
    return json.dumps(value).replace('"change": null', '"change": ' + "[" * 20_000 + "]" * 20_000)


_WRONG: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "nothing": lambda _: "",
    "a list": lambda _: "[]",
    "no UTF-8": lambda _: None,
    "too long": lambda value: json.dumps(value) + " " * 70_000,
    "nested": _deep,
    "another version": lambda value: json.dumps({**value, "version": 2}),
    "another program": lambda value: json.dumps({**value, "format": "somebody's"}),
    "a role": lambda value: json.dumps({**value, "role": "king"}),
    "a role that is no text": lambda value: json.dumps({**value, "role": []}),
    "more keys": lambda value: json.dumps({**value, "colour": "red"}),
    "fewer keys": lambda value: json.dumps({key: value[key] for key in value if key != "change"}),
    **{
        f"institution {wrong}": lambda value, wrong=wrong: json.dumps({**value, "institution": wrong})
        for wrong in (True, -1, 1.5, "1", None)
    },
    "a Kubo's work that is relative": lambda value: json.dumps(
        {**value, "store": {**value["store"], "kubo": "http://127.0.0.1:5001", "work": "work"}}
    ),
    "no store": lambda value: json.dumps({**value, "store": None}),
    "more of a store": lambda value: json.dumps({**value, "store": {**value["store"], "color": ""}}),
    "less of a store": lambda value: json.dumps({**value, "store": {"kubo": ""}}),
    **{
        f"store's {name} {wrong!r}": lambda value, name=name, wrong=wrong: json.dumps(
            {**value, "store": {**value["store"], name: wrong}}
        )
        for name, wrong in (
            ("kubo", 1), ("gateway", None), ("folder", ["a"]), ("folder", "a\0b"), ("folder", "\ud800"),
            ("allow_public", "yes"), ("allow_public", 1), ("work", None), ("work", "/a\0b"), ("work", "/a"),
        )
    },
    **{
        f"opening {wrong!r}": lambda value, wrong=wrong: json.dumps({**value, "unlock": wrong})
        for wrong in (
            None, "key-file", {"opening": "key-file"}, {"opening": "magic", "name": ""},
            {"opening": [], "name": "x"}, {"opening": "key-file", "name": "a\0b"},
            {"opening": "key-file", "name": ""}, {"opening": "key-file", "name": 1},
            {"opening": "keyring", "name": ""}, {"opening": "password", "name": "x"},
            {"opening": "password", "name": "", "hint": "the dog"},
        )
    },
    "a change that is none": lambda value: json.dumps({**value, "change": {}}),
    "a change that is false": lambda value: json.dumps({**value, "change": False}),
}  # fmt: skip


@pytest.mark.parametrize("what", _WRONG)
def test_a_profile_that_was_damaged_is_told_in_a_sentence(
    profile: ProfileFolder, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = profile.path / "profile.json"
    text = _WRONG[what](json.loads(path.read_text()))
    path.write_bytes(b"\xff" if text is None else text.encode())
    with pytest.raises(InputError, match="can't be read"):
        ProfileFolder.load(profile.path)
    assert run(["keys", "words", "--profile", str(profile.path)]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_a_pipe_is_no_profile(profile: ProfileFolder) -> None:
    (profile.path / "profile.json").unlink()
    os.mkfifo(profile.path / "profile.json")
    with pytest.raises(InputError, match="no plain file"):
        ProfileFolder.load(profile.path)


def test_a_profile_from_before_stores_named_their_work_is_read(profile: ProfileFolder) -> None:
    path = profile.path / "profile.json"
    value = json.loads(path.read_text())
    del value["store"]["work"]
    path.write_text(json.dumps(value))
    assert ProfileFolder.load(profile.path) == profile


def test_what_was_written_is_read(profile: ProfileFolder) -> None:
    store = StoreChoice(kubo="http://127.0.0.1:5001", work="/net/institution-01/work")
    changing = replace(profile, change=UnlockChoice(Opening.PASSWORD), store=store)
    changing.save()
    assert ProfileFolder.load(profile.path) == changing


# What opens the vault


def test_a_new_key_file_is_not_the_present_one_by_another_name(
    profile: ProfileFolder, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("a.key")
    (tmp_path / "here").symlink_to(tmp_path)
    for name in ("a.key", "link", "here/a.key", "a/../a.key"):
        with pytest.raises(InputError, match="opens the vault now"):
            profile.rotate_master(nobody, change=key_file_for(profile, tmp_path / name))
    profile.open_vault(nobody).close()
    assert ProfileFolder.load(profile.path) == profile


def test_a_new_key_file_is_not_in_the_profile_and_nobody_else_s(
    profile: ProfileFolder, tmp_path: Path
) -> None:
    other = made(tmp_path / "b")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "inside").symlink_to(profile.path)
    (tmp_path / "empty").touch()
    for place, why in (
        (profile.path / "a.key", "in the profile's folder"),
        (profile.path / "vault" / "a.key", "in the profile's folder"),
        (tmp_path / "inside" / "a.key", "in the profile's folder"),
        (Path(other.unlock.name), "already"),
        (tmp_path / "dangling", "already"),
        (tmp_path / "empty", "already"),
    ):
        with pytest.raises(InputError, match=why):
            profile.rotate_master(nobody, change=key_file_for(profile, place))
    profile.open_vault(nobody).close()
    assert ProfileFolder.load(profile.path) == profile
    assert (tmp_path / "empty").exists()


@pytest.mark.parametrize("ends", [KeyboardInterrupt, VaultError("It is full")])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_change_that_ended_early_takes_its_own_key_file_again(
    profile: ProfileFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, ends: Any
) -> None:
    rotate, change = Vault.rotate_master, key_file_for(profile, tmp_path / "new.key")

    def cut(vault: Vault, unlock: KeyFile) -> None:
        if moment == "after":
            rotate(vault, unlock)
        else:
            unlock.prepare()
        raise ends

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "rotate_master", cut)
        with pytest.raises((KeyboardInterrupt, VaultError)):
            profile.rotate_master(nobody, change=change)
    assert ProfileFolder.load(profile.path).change == change
    if moment == "before":
        ProfileFolder.load(profile.path).rotate_master(nobody, change=change)
    with ProfileFolder.load(profile.path).open_vault(nobody) as vault:
        assert vault.records(Kind.STUDY) == {"a": {"n": 1}}
    assert ProfileFolder.load(profile.path) == replace(profile, unlock=change)


def test_a_profile_and_its_key_file_move_together(profile: ProfileFolder, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("a", "a.key"):
        shutil.move(tmp_path / name, tmp_path / "there")
    ProfileFolder.load(tmp_path / "there" / "a").open_vault(nobody).close()
