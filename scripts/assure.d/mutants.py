"""Take the contracts' guards away, one at a time, in a copy of the tree: does the walk of Reach.t.sol notice?

A guard is every `if` of a contract that reverts, and every `if` of the floor, of what flaws a consent, of a
release and of a project that returns a reason. They are found in the source. Beside them stand some that have
another form: a part of a condition, an effect.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_IF = re.compile(r"\bif \(")
_FUNCTION = re.compile(r"\b(?:function (\w+)|(constructor))\b")
_REVERT = re.compile(r"\s*\{?\s*revert (\w+)\(")
_RETURN = re.compile(r"\s*\{?\s*return (?:consent\.flaw == _NO_FLAW \? )?Vocabulary\.(REASON_\w+)")

# Where an `if` that returns a reason is a guard. What else the engine checks is compared with the model.
_DECIDING = (
    ("Floor", None),
    ("ConsentRegistry", "_flawOfPaper"),
    ("Guardians", "_flawOfGuardian"),
    ("AccessLedger", "_checkRelease"),
    ("PolicyEngine", "_checkProject"),
    ("PolicyEngine", "evaluate"),
)


@dataclass(frozen=True)
class Mutant:
    """A guard: where it stands, its name, its text, what comes in its place, and where it begins."""

    file: str
    name: str
    old: str
    new: str
    at: int


@dataclass(frozen=True)
class Tried:
    """What came of a mutant: what the walk said, or None, and which tests expect the guard by its name."""

    mutant: Mutant
    said: str | None
    expected_in: tuple[str, ...]


def _part(file: str, name: str, old: str, new: str = "") -> Mutant:
    whole = (ROOT / "contracts" / f"{file}.sol").read_text("utf-8")
    if whole.count(old) != 1:
        raise SystemExit(
            f"scripts/assure: '{name}' stands {whole.count(old)} times in contracts/{file}.sol, not once."
        )
    return Mutant(file, name, old, new, whole.index(old))


def _parts() -> list[Mutant]:
    return [
        _part("Consortium", "half of the votes are enough", "yes * 3 >= all * 2", "yes * 2 >= all"),
        _part("Consortium", "the engine's code is not compared", " || found != motion.codeHash"),
        _part(
            "Consortium",
            "all voters have the first bit",
            "_voterIndices[institution] = count + 1;",
            "_voterIndices[institution] = 1;",
        ),
        _part("InstitutionRegistry", "operators go on after a recovery", "++_standings[id].operatorEpoch;"),
        _part(
            "Guardians", "a guardian goes on after the end", "            block.timestamp < found.until &&\n"
        ),
        _part(
            "Guardians",
            "an attested guardian goes on after the patient signed",
            "!(found.attested && flags & _FLAG_OWN_KEY != 0)",
            "flags < 255",
        ),
        _part(
            "Refusals",
            "refusals of former custodians are forgotten",
            "(uint256(scope.formers) << 32) | scope.custodian",
            "uint256(scope.custodian)",
        ),
        _part(
            "Subjects",
            "a key that was replaced goes on",
            "return flags & _FLAG_SUCCESSOR == 0 ? subject : _successors[subject];",
            "return subject;",
        ),
        _part("PolicyEngine", "anybody cites a project", "return project.participates ?", "return true ?"),
        _part(
            "Commitments",
            "a withdrawal waits for a stop's end",
            "        // Check: the signature is the subject's, or a live guardian's.\n"
            "        bytes32 structHash = keccak256(abi.encode(_REVOCATION_TYPEHASH",
            "        (, , uint64 until) = _INSTITUTIONS.rule();\n"
            "        require(block.timestamp >= until);\n"
            "        bytes32 structHash = keccak256(abi.encode(_REVOCATION_TYPEHASH",
        ),
        _part(
            "Batches",
            "a batch shows what nobody signed",
            "return Signatures.isValidOfKey(signer, _hashTypedDataV4(directiveHash), evidence.signature);",
            "return signer != address(0);",
        ),
        _part(
            "Emergencies",
            "one account opens a record",
            "asked.second == msg.sender || asked.secondPerson",
            "asked.secondPerson",
        ),
        _part(
            "Emergencies",
            "one person opens a record",
            "asked.second == msg.sender || asked.secondPerson == asked.person",
            "asked.second == msg.sender",
        ),
        _part("Emergencies", "a review is not counted", "--_counts[requester].unreviewed;"),
        _part("Emergencies", "the requester reviews itself", "reviewer == requester || !(", "!("),
    ]


def mutants() -> list[Mutant]:
    """All of them, by file and place."""
    found = [
        *_parts(),
        *(mutant for path in sorted((ROOT / "contracts").glob("*.sol")) for mutant in _guards(path)),
    ]
    return sorted(found, key=lambda mutant: (mutant.file, mutant.at, mutant.name))


def _guards(path: Path) -> Iterator[Mutant]:
    whole = path.read_text("utf-8")
    guarded = set()
    for match in _IF.finditer(whole):
        end = _closing(whole, match.end())
        function = _function_at(whole, match.start())
        refuses = _REVERT.match(whole, end + 1)
        if refuses:
            guarded.add(refuses.start(1))
        elif any(file == path.stem and place in (None, function) for file, place in _DECIDING):
            refuses = _RETURN.match(whole, end + 1)
        if refuses and refuses[1] != "REASON_PERMITTED":
            condition = whole[match.end() : end]
            yield Mutant(path.stem, f"{function}: {refuses[1]}", condition, "false", match.end())
    # A revert that no `if` of its own stands before.
    for match in re.finditer(r"revert (\w+)\([^;]*;", whole):
        if match.start(1) not in guarded:
            name = f"{_function_at(whole, match.start())}: {match[1]}"
            yield Mutant(path.stem, name, match[0], "", match.start())


def _closing(whole: str, at: int) -> int:
    """Where the bracket closes that was opened just before this place."""
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(whole[at], 0)
        at += 1
    return at - 1


def _function_at(whole: str, at: int) -> str:
    name = "?"
    for match in _FUNCTION.finditer(whole, 0, at):
        name = match[1] or match[2]
    return name


def expected_in(mutant: Mutant) -> tuple[str, ...]:
    """The tests of single functions that name the guard's error or reason."""
    name = mutant.name.rpartition(": ")[2].replace("REASON_", "REASON.")
    files = sorted((ROOT / "tests" / "contracts").glob("test_*.py"))
    return tuple(file.stem for file in files if re.search(rf"{re.escape(name)}\b", file.read_text("utf-8")))


def try_all(chosen: list[Mutant], workers: int, tell: Callable[[Tried], None]) -> list[Tried]:
    """Try them, so many at once; `tell` hears of each."""
    with tempfile.TemporaryDirectory() as temporary:
        first = Path(temporary, "0")
        _copy(ROOT, first)
        said = _walk(first)
        if said is not None:
            raise SystemExit(f"scripts/assure: the walk fails without any mutant: {said}")
        folders: queue.Queue[Path] = queue.Queue()
        folders.put(first)
        for number in range(1, workers):
            folder = Path(temporary, str(number))
            shutil.copytree(first, folder, symlinks=True)
            folders.put(folder)

        def one(mutant: Mutant) -> Tried:
            folder = folders.get()
            try:
                tried = Tried(mutant, _try(folder, mutant), expected_in(mutant))
            finally:
                folders.put(folder)
            tell(tried)
            return tried

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(one, chosen))


def _copy(source: Path, folder: Path) -> None:
    """What Forge needs."""
    for name in ("contracts", "tests/forge"):
        shutil.copytree(source / name, folder / name)
    for name in ("node_modules", ".tools"):
        (folder / name).symlink_to((source / name).resolve())
    shutil.copy2(source / "foundry.toml", folder)


def _try(folder: Path, mutant: Mutant) -> str | None:
    """What the walk said, or None if it noticed nothing."""
    file = folder / "contracts" / f"{mutant.file}.sol"
    whole = file.read_text("utf-8")
    end = mutant.at + len(mutant.old)
    file.write_text(whole[: mutant.at] + mutant.new + whole[end:], "utf-8")
    try:
        return _walk(folder)
    finally:
        file.write_text(whole, "utf-8")


def _walk(folder: Path) -> str | None:
    line = [shutil.which("forge") or "forge", "test", "--match-contract", "ReachTest"]
    run = subprocess.run(
        line,
        cwd=folder,
        env={**os.environ, "FOUNDRY_PROFILE": "mutants"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 0:
        return None
    found = re.search(r"\[FAIL: (.*?)\] test_", run.stdout)
    if found is None:
        raise SystemExit(f"scripts/assure: Forge could not try it:\n{(run.stdout + run.stderr)[-2000:]}")
    return found[1]
