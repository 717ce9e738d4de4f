"""What git keeps: small files, no machine's paths, one version of each tool."""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MEBIBYTE = 1024 * 1024

# A letter of each is in brackets, so that this file does not hold what it looks for.
OF_A_MACHINE = re.compile(
    r"(?<![\w.$}])/(?:[r]oot|[w]ork|[h]ome/\w+|[U]sers/\w+)/"
    r"|[r]egistry\.npmjs|[p]ypi\.org|[p]ythonhosted|[p]roxy\.golang|[c]rates\.io\b|[d]eb\.debian"
)


def test_no_file_is_large(root: Path, tracked: list[Path]) -> None:
    large = [
        path
        for path in tracked
        if (root / path).stat().st_size > MEBIBYTE
        and path.name not in ("package-lock.json", "go.sum")
        and path.parts[:2] != ("tests", "vectors")
    ]
    assert large == []


def test_no_machine_is_named(root: Path, tracked: list[Path]) -> None:
    found = []
    for path in tracked:
        try:
            text = (root / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path}: {match[0]}" for match in OF_A_MACHINE.finditer(text)]
    assert found == []


def test_what_tests_share_has_names_of_its_own(tracked: list[Path]) -> None:
    # Tests import it by its bare name, from whichever of their folders has it first.
    shared = [path for path in tracked if path.parts[0] == "tests" and path.suffix == ".py"]
    names = Counter(path.name for path in shared if not path.name.startswith(("test_", "conftest")))
    assert [name for name, count in names.items() if count > 1] == []


def test_one_compiler(root: Path, tracked: list[Path]) -> None:
    version = json.loads((root / "package.json").read_text("utf-8"))["devDependencies"]["solc"]
    assert yaml.safe_load((root / "ape-config.yaml").read_text("utf-8"))["solidity"]["version"] == version
    forge = tomllib.loads((root / "foundry.toml").read_text("utf-8"))["profile"]["default"]
    ape = yaml.safe_load((root / "ape-config.yaml").read_text("utf-8"))["solidity"]
    assert forge["solc"].endswith(f"solc-v{version}")
    assert (forge["optimizer"], forge["optimizer_runs"]) == (ape["optimize"], ape["optimization_runs"])
    assert (forge["via_ir"], forge["evm_version"]) == (ape["via_ir"], ape["evm_version"])
    assert f'["error", "{version}"]' in (root / "solhint.config.js").read_text("utf-8")
    pragmas = {
        match[1]
        for path in tracked
        if path.suffix == ".sol" and (path.parts[0] == "contracts" or path.parts[:2] == ("tests", "forge"))
        for match in re.finditer(r"pragma solidity ([^;]+);", (root / path).read_text("utf-8"))
    }
    assert pragmas == {version}


def test_the_lock_file_names_no_registry_and_every_platform(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    # Without an entry for each, `npm ci` refuses; a registry that lacks some makes npm forget them.
    for tool in ("anvil", "cast", "forge"):
        for name in packages[f"node_modules/@foundry-rs/{tool}"]["optionalDependencies"]:
            assert f"node_modules/{name}" in packages


def test_every_python_package_is_pinned(root: Path) -> None:
    pins = {}
    for line in (root / "constraints.txt").read_text("utf-8").splitlines():
        name, version = line.split("==")
        pins[canonicalize_name(name)] = version
    installed = {name: importlib.metadata.version(name) for name in needed("pixelpact", {"dev"})}
    assert {name: pins.get(name) for name in installed} == installed


def needed(distribution: str, extras: set[str]) -> set[str]:
    """The packages that an installation with these extras brings, itself left out."""
    found: set[str] = set()
    waiting = [(distribution, frozenset(extras))]
    seen = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        found.add(name)
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted | {""}):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found - {canonicalize_name(distribution), "pip", "setuptools"}


def test_forge_looks_at_each_invariant(root: Path) -> None:
    _, after = (root / "docs" / "contracts.md").read_text("utf-8").split("## Invariants\n")
    documented = re.findall(r"^([0-9]+)\. ", after.split("\n## ")[0], re.MULTILINE)
    assert documented == [str(number) for number in range(1, len(documented) + 1)]
    said = [
        sentence
        for path in (root / "tests" / "forge").glob("*.sol")
        for call in re.findall(r"_hold\((.*?)\);", path.read_text("utf-8"), re.DOTALL)
        for sentence in re.findall(r'"([^"]*)"$', call.strip())
    ]
    assert len(said) > 100
    assert {sentence.partition(": ")[0] for sentence in said} == set(documented)


def test_every_silenced_rule_says_why(root: Path) -> None:
    _, after = (root / "pyproject.toml").read_text("utf-8").split("[tool.ruff.lint]")
    text, _ = after.split("[tool.importlinter]")
    rules = [line for line in text.splitlines() if re.match(r'\s+"[A-Z]+[0-9]*",', line)]
    assert rules
    assert [line for line in rules if not re.search(r"# \w.{5,}", line)] == []
