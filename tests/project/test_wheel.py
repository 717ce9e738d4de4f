"""What is shipped: the package whole, and nothing but the package."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from pixelpact.chain import CONTRACTS


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(root),
    ]
    subprocess.run(command, check=True)
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


@pytest.fixture(scope="module")
def names(wheel: zipfile.ZipFile) -> set[str]:
    return set(wheel.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile, names: set[str]) -> Message:
    (name,) = (each for each in names if each.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_carries_every_file_of_the_package(root: Path, tracked: list[Path], names: set[str]) -> None:
    package = {path.relative_to("client").as_posix() for path in tracked if path.parts[0] == "client"}
    assert "pixelpact/py.typed" in package
    assert {f"pixelpact/chain/artifacts/{name}.json" for name in CONTRACTS} <= package
    assert "pixelpact/policy/data/purposes.csv" in package
    assert package <= names


def test_carries_nothing_else(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"pixelpact"}
    of_tests = re.compile(r"(^|/)(tests?|conftest\.py|test_\w+\.py|__pycache__)(/|$)")
    assert not [name for name in names if of_tests.search(name)]
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_library_asks_for_no_test_tool_and_no_ape(metadata: Message) -> None:
    base = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    assert base
    assert not [
        each for each in base if each.startswith(("eth-ape", "ape-", "pytest", "py-solc", "hypothesis"))
    ]


def test_the_command_is_there(wheel: zipfile.ZipFile, names: set[str]) -> None:
    (name,) = (each for each in names if each.endswith("entry_points.txt"))
    assert "pixelpact = pixelpact.cli:main" in wheel.read(name).decode()
