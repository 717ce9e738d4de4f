"""docs/errors.md: every class, every sentence, and nothing that the source does not say."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pixelpact import errors
from pixelpact.chain import Account
from pixelpact.chain.rejections import named_errors
from pixelpact.vault import KeyFile, Password, Vault


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs" / "errors.md").read_text("utf-8")


@pytest.fixture(scope="module")
def generator(root: Path) -> ModuleType:
    where = root / "scripts" / "_generate" / "errors_page.py"
    specification = importlib.util.spec_from_file_location("errors_page", where)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["errors_page"] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    return module


def sections(text: str) -> dict[str, str]:
    found = {}
    for part in text.split("\n##")[1:]:
        title, _, body = part.partition("\n")
        found[title.strip("# ")] = body
    return found


def test_every_class_has_its_exit_code_and_what_it_means(text: str) -> None:
    found = sections(text)
    for name in set(errors.__all__) - {"PixelPactError"}:
        kind = getattr(errors, name)
        means = (kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        assert found[name].startswith(f"\nExit code {kind.exit_code}. {means}\n")
    for code in (0, 1, 2, *{getattr(errors, name).exit_code for name in errors.__all__}, 130, 141):
        assert f"\n| {code} | " in text


def row(error: errors.PixelPactError, *unknown: str) -> str:
    said, remedy = f"{error.what}: {error.why}" if error.why else error.what, error.remedy
    for value in unknown:
        said, remedy = said.replace(value, "…"), remedy.replace(value, "…")
    return f"| {said} | {remedy} |\n"


def test_what_is_raised_stands_there(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    key = KeyFile(tmp_path / "key")
    Vault.create(folder, key).close()
    folder.joinpath("vault.db").chmod(0o640)
    happens: list[tuple[Callable[[], object], type[errors.PixelPactError], tuple[str, ...]]] = [
        (lambda: Password(""), errors.InputError, ()),
        (lambda: Account(b""), errors.InputError, ()),
        (lambda: Vault.open(tmp_path / "none", key), errors.VaultError, (str(tmp_path / "none"),)),
        (
            lambda: Vault.open(folder, key),
            errors.VaultError,
            (str(folder / "vault.db"), "vault's file", "640", "600"),
        ),
    ]
    for act, kind, unknown in happens:
        with pytest.raises(kind) as caught:
            act()
        assert row(caught.value, *unknown) in sections(text)[type(caught.value).__name__]


def test_every_refusal_of_a_contract_stands_there(text: str) -> None:
    said = sections(text)["ContractError"]
    names = named_errors()
    assert len(names) >= 50
    assert [name for name in names if f"the contract answered {name} |" not in said] == []


def test_rows_ascend_and_none_is_there_twice(text: str) -> None:
    for body in sections(text).values():
        rows = [line for line in body.split("\n") if line.startswith("| ")][1:]
        assert len(set(rows)) == len(rows)


SOURCE = '''
from pixelpact.errors import InputError, StoreError, VaultError
_AGAIN = "Run it again"
class BandageError(InputError):
    """No bandage."""
    def __init__(self, why): super().__init__("There is no bandage", why=why)
def wrapped(name, size, kind: type[StoreError]):
    if size:
        raise BandageError("the box is empty")
    why = "this is not looked into"
    error = VaultError(f"The box {name} is bad", why="it is wet" if size else "it is cold", remedy=_AGAIN)
    raise kind(f"{name} ended | so", remedy="Look " + "at it") from error
def opened(box, lid):
    if lid:
        raise _stuck("the lid is on")
    for each in box:
        _looked(each)
def _looked(each, remedy="Look again"):
    if each:
        raise _stuck("it is dark", remedy=f"Light {each}")
    raise _stuck(why=str(each), remedy=remedy)
def _stuck(why, remedy=_AGAIN):
    return InputError("The box is shut", why=why, remedy=remedy)
'''


def test_sentences_are_read_from_the_source(generator: ModuleType, root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "client" / "pixelpact" / "errors.py", tmp_path)
    (tmp_path / "box.py").write_text(SOURCE, "utf-8")

    found = sections(generator.page(tmp_path))

    assert "| There is no bandage: the box is empty | |\n" in found["BandageError"]
    assert found["BandageError"].startswith("\nExit code 3. No bandage.\n")
    assert "| The box … is bad: it is wet / it is cold | Run it again |\n" in found["VaultError"]
    assert "| … ended \\| so | Look at it |\n" in found["Of several classes"]
    # What a function makes an error of is said as it is called, with what it takes when nothing is given.
    shut = [line for line in found["InputError"].split("\n") if "shut" in line]
    assert shut == [
        "| The box is shut: it is dark | Light … |",
        "| The box is shut: the lid is on | Run it again |",
        "| The box is shut: … | Look again |",
    ]


def test_a_new_sentence_makes_the_page_stale(root: Path, tmp_path: Path) -> None:
    for name in ("scripts", "client/pixelpact", "docs", "contracts"):
        shutil.copytree(
            root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "artifacts")
        )
    added = tmp_path / "client" / "pixelpact" / "new.py"
    added.write_text("from pixelpact.errors import InputError\nInputError('This is new')\n", "utf-8")
    command = [sys.executable, tmp_path / "scripts" / "generate", "--check"]

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (
        1,
        "docs/errors.md is not what client/pixelpact says: run scripts/generate.\n",
    )
