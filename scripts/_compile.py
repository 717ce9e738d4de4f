"""Compile contracts/ with py-solc-x into the artefacts that the package ships.

    scripts/compile            writes client/pixelpact/chain/artifacts/<Contract>.json
    scripts/compile --check    compares them instead, also with what `ape compile` gives

An artefact is made of every contract that stands in contracts/ under its own name (contracts/Name.sol,
contract Name): abi, bytecode (to deploy), deployedBytecode (as deployed, immutables zero). The settings are
those of ape-config.yaml. The bytecode ends with the compiler's metadata hash, so it also says from which
sources it came: a changed comment is a changed artefact.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import solcx
import yaml

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "client" / "pixelpact" / "chain" / "artifacts"
APE_MANIFEST = ROOT / ".build" / "__local__.json"

Artifact = dict[str, Any]


class CompilationError(Exception):
    """The compiler had something to say; the message is what it said."""


def standard_input(config: dict[str, Any]) -> dict[str, Any]:
    """The compiler's input: our sources by path, the settings as ape-solidity makes them of its config."""
    sources = sorted((ROOT / "contracts").rglob("*.sol"))
    return {
        "language": "Solidity",
        "sources": {
            source.relative_to(ROOT).as_posix(): {"content": source.read_text("utf-8")} for source in sources
        },
        "settings": {
            "evmVersion": config["evm_version"],
            "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
            "viaIR": config["via_ir"],
            "remappings": sorted(config["import_remapping"]),
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }


def compile_contracts() -> dict[str, Artifact]:
    """The artefacts by contract name.

    Raises:
        CompilationError: an error, a warning about our own sources, or no contract at all.
    """
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text("utf-8"))["solidity"]
    try:
        output = solcx.compile_standard(
            standard_input(config), base_path=ROOT, solc_version=config["version"], allow_empty=True
        )
    except solcx.exceptions.SolcError as error:
        raise CompilationError(str(error)) from error
    complaints = [
        found["formattedMessage"]
        for found in output.get("errors", [])
        if not found.get("sourceLocation", {}).get("file", "").startswith("node_modules/")
    ]
    if complaints:
        raise CompilationError("\n".join(complaints))
    made = {}
    for source in sorted((ROOT / "contracts").glob("*.sol")):
        compiled = output["contracts"].get(f"contracts/{source.name}", {}).get(source.stem)
        if compiled and compiled["evm"]["bytecode"]["object"] and has_functions(compiled["abi"]):
            made[source.stem] = artifact(source.stem, compiled)
    if not made:
        raise CompilationError("There is no contract in contracts/.")
    return made


def has_functions(abi: list[dict[str, Any]]) -> bool:
    """Whether anybody could call it: a library of internal functions can't be, so nobody deploys it."""
    return any(entry["type"] == "function" for entry in abi)


def artifact(name: str, compiled: dict[str, Any]) -> Artifact:
    """What the package needs of one compiled contract."""
    return {
        "contractName": name,
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + compiled["evm"]["deployedBytecode"]["object"],
    }


def text_of(made: Artifact) -> str:
    """The one spelling of an artefact's file."""
    return json.dumps(made, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def write(made: dict[str, Artifact]) -> None:
    """Write the artefacts and remove those of contracts that are gone."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for stale in ARTIFACTS.glob("*.json"):
        if stale.stem not in made:
            stale.unlink()
    for name, each in made.items():
        (ARTIFACTS / f"{name}.json").write_text(text_of(each), "utf-8")


def stale_artifacts(made: dict[str, Artifact]) -> list[str]:
    """How the committed artefacts differ from those just made, one sentence each."""
    there = {path.stem: path.read_text("utf-8") for path in ARTIFACTS.glob("*.json")}
    wanted = {name: text_of(each) for name, each in made.items()}
    return [
        *(f"{name}: its artefact is missing" for name in sorted(wanted.keys() - there.keys())),
        *(f"{name}: an artefact without a contract" for name in sorted(there.keys() - wanted.keys())),
        *(f"{name}: stale" for name in sorted(wanted.keys() & there.keys()) if wanted[name] != there[name]),
    ]


def ape_differences(made: dict[str, Artifact]) -> list[str]:
    """How what `ape compile` gives differs from the artefacts just made, one sentence each."""
    subprocess.run(["ape", "compile", "--force"], cwd=ROOT, check=True, stdout=sys.stderr)
    types = json.loads(APE_MANIFEST.read_text("utf-8"))["contractTypes"]
    return [
        f"{name}: ape gives another {part}"
        for name, each in made.items()
        for part, by_ape in (
            ("bytecode", types[name]["deploymentBytecode"]["bytecode"]),
            ("deployedBytecode", types[name]["runtimeBytecode"]["bytecode"]),
            ("abi", types[name]["abi"]),
        )
        if by_ape != each[part]
    ]


def main() -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser("scripts/compile", description="Compile contracts/ into artefacts.")
    parser.add_argument("--check", action="store_true", help="compare with what is committed, write nothing")
    arguments = parser.parse_args()
    try:
        made = compile_contracts()
    except CompilationError as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.check:
        write(made)
        print(f"scripts/compile: wrote {len(made)} artefacts: {', '.join(made)}")
        return 0
    findings = [*stale_artifacts(made), *ape_differences(made)]
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print("Run scripts/compile and commit what it writes.", file=sys.stderr)
        return 1
    print(f"scripts/compile: {len(made)} artefacts are what py-solc-x and ape make of contracts/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
