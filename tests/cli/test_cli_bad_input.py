"""Bad input: one clear sentence, a documented exit code, no traceback, nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from pixelpact.chain import Trail
from pixelpact.cli.app import run
from pixelpact.demo.place import place_for
from pixelpact.dicom import samples
from pixelpact.localnet import Sandbox

_CT = samples()[2].files[0]


def _missing(folder: Path) -> Path:
    return folder / "nowhere"


def _file(folder: Path) -> Path:
    (folder / "given").write_bytes(b"text")
    return folder / "given"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "given")
    return folder / "given"


def _device(_: Path) -> Path:
    return Path("/dev/null")


def _empty(folder: Path) -> Path:
    return folder


def _no_dicom(folder: Path) -> Path:
    (folder / "notes.txt").write_text("no image here")
    return folder


def _empty_file(folder: Path) -> Path:
    (folder / "image.dcm").touch()
    return folder


def _pipe_within(folder: Path) -> Path:
    os.mkfifo(folder / "image.dcm")
    return folder


def _truncated(folder: Path) -> Path:
    (folder / "image.dcm").write_bytes(_CT.read_bytes()[:-1000])
    return folder


def _looks_like_dicom(folder: Path) -> Path:
    (folder / "image.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff\x07 not a data set" * 40)
    return folder


def _changed(folder: Path, change: Callable[[pydicom.Dataset], None], name: str = "image.dcm") -> Path:
    data = pydicom.dcmread(_CT)
    change(data)
    data.save_as(folder / name)
    return folder


def _without_a_study_uid(folder: Path) -> Path:
    return _changed(folder, lambda data: delattr(data, "StudyInstanceUID"))


def _with_an_invalid_uid(folder: Path) -> Path:
    return _changed(folder, lambda data: setattr(data, "SOPInstanceUID", "1.2.not-a-uid"))


def _the_same_instance_twice(folder: Path) -> Path:
    shutil.copy(_CT, folder / "one.dcm")
    shutil.copy(_CT, folder / "two.dcm")
    return folder


def _two_studies(folder: Path) -> Path:
    shutil.copy(_CT, folder / "one.dcm")
    shutil.copy(samples()[1].files[0], folder / "two.dcm")
    return folder


def _a_link_out(folder: Path) -> Path:
    shutil.copy(_CT, folder / "one.dcm")
    (folder / "two.dcm").symlink_to(samples()[1].files[0])
    return folder


_BAD = {
    "missing": (_missing, "no"),
    "a file": (_file, "folder"),
    "a pipe": (_pipe, "folder"),
    "a device": (_device, "folder"),
    "an empty folder": (_empty, "empty"),
    "no DICOM": (_no_dicom, "no DICOM study"),
    "a file of 0 bytes": (_empty_file, "no DICOM study"),
    "a pipe in the folder": (_pipe_within, "image.dcm"),
    "a truncated file": (_truncated, "image.dcm"),
    "only looks like DICOM": (_looks_like_dicom, "image.dcm"),
    "no UID": (_without_a_study_uid, "image.dcm"),
    "an invalid UID": (_with_an_invalid_uid, "image.dcm"),
    "an instance twice": (_the_same_instance_twice, "one.dcm"),
    "two studies": (_two_studies, "2 studies"),
    "a link out of the folder": (_a_link_out, "two.dcm"),
}


@pytest.mark.parametrize("what", _BAD)
def test_a_folder_that_can_not_be_shared(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, named = _BAD[what]
    folder = tmp_path / "given"
    folder.mkdir()
    monkeypatch.setattr("pydicom.config.settings.reading_validation_mode", 0)
    monkeypatch.setattr("pydicom.config.settings.writing_validation_mode", 0)
    given = make(folder)
    output = tmp_path / "out"
    code = run(["demo", "--dicom", str(given), "--output", str(output)])
    said = capsys.readouterr()
    assert code == 3
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.endswith(".\n")
    assert named in said.err
    assert "Traceback" not in said.err
    assert not output.exists()


def test_with_json_the_error_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--json", "--dicom", str(tmp_path / "nowhere")]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["error"]["exit_code"] == 3
    assert told["error"]["what"]


def test_debug_shows_where_it_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--dicom", str(tmp_path / "nowhere"), "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["below a file", "a file", "somebody's folder", "the kernel's"])
def test_an_output_folder_that_can_not_be_used(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    (tmp_path / "folder" / ".pixelpact-demo").touch()
    output = {
        "below a file": tmp_path / "file" / "out",
        "a file": tmp_path / "file",
        "somebody's folder": tmp_path / "folder",
        "the kernel's": Path("/proc/pixelpact"),
    }[place]
    assert run(["demo", "--output", str(output)]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(output) in said
    assert (tmp_path / "file").read_text() == "mine"
    assert (tmp_path / "folder" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [["demo", "--dicom"], ["demo", "--nonsense"], ["nonsense"], ["policy", "explain", "--block", "-1"]],
)
def test_a_line_that_can_not_be_read(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--help" in said.err


def test_a_fault_of_our_own_is_told_as_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr("pixelpact.demo.run_demo", broken)
    assert run(["demo"]) == 1
    said = capsys.readouterr().err
    assert "fault of its own" in said
    assert "RuntimeError" in said
    # Its text may hold a path or a UID.
    assert "surprise" not in said
    assert "Traceback" not in said


def test_a_full_disk_is_told_as_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pixelpact.demo.run_demo", full)
    assert run(["demo"]) == 4
    assert "No space left" in capsys.readouterr().err


def test_an_interruption_has_its_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pixelpact.demo.run_demo", interrupted)
    assert run(["demo"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_empty_argument_is_a_variable_that_was_not_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--dicom", ""]) == 2
    assert "variable" in capsys.readouterr().err


@pytest.mark.parametrize("into", ["/dev/full", "closed"])
def test_a_place_to_print_to_that_is_none_is_told_in_one_sentence(into: str, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    shutil.copy(_CT, tmp_path / "study")
    command = f"{sys.executable} -m pixelpact policy explain --json --trail '{_trail(tmp_path)}'"
    done = subprocess.run(
        ["bash", "-c", command + (" >/dev/full" if into == "/dev/full" else " >&-")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def _trail(folder: Path) -> Path:
    with Sandbox(members=1) as net:
        Trail.of(net.chain()).save(folder / "trail.json")
    return folder / "trail.json"


def test_two_demos_do_not_share_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with place_for(tmp_path / "out"):
        assert run(["demo", "--output", str(tmp_path / "out")]) == 4
    assert "another demo" in capsys.readouterr().err


def test_what_a_file_says_is_no_command_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "network.json"
    path.write_text('{"\\u001b]52;c;aGk=\\u0007": 1, "\\ud800": 2}')
    assert run(["doctor", "--network", str(path)]) == 10
    assert run(["policy", "explain", "--json", "--network", str(path)]) == 3
    said = capsys.readouterr()
    assert "\x1b]52" not in said.err + said.out
    json.loads(said.out[said.out.index("{") :])
