"""Take the contracts' guards away, one at a time, in a copy of the tree: do the Forge invariants notice?

`scripts/assure mutants` tries all, `python scripts/assure.d/mutants.py NUMBER...` some.
Ends with 1 if one is missed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """A guard: where it stands, its text, which stands there once, and what comes in its place."""

    name: str
    file: str
    old: str
    new: str = ""


MUTANTS = (
    Mutant(
        "an institution may vote on itself",
        "Consortium",
        "if (voter == found.institution) revert Consortium_OwnMatter(number, voter);",
    ),
    Mutant("half of the votes are enough", "Consortium", "yes * 3 >= all * 2", "yes * 2 >= all"),
    Mutant(
        "no notice",
        "Consortium",
        "if (block.timestamp < earliest) revert Consortium_TooEarly(number, earliest);",
    ),
    Mutant("the engine's code is not compared", "Consortium", " || found != motion.codeHash"),
    Mutant(
        "another motion may be carried out",
        "Consortium",
        "if (digest != found.motion) revert Consortium_MotionDiffers(number, found.motion, digest);",
    ),
    Mutant(
        "a vote may be given twice",
        "Consortium",
        "if (found.votes & _bitOf(voter) != 0) revert Consortium_AlreadyVoted(number, voter);",
    ),
    Mutant(
        "anybody may veto",
        "Consortium",
        "if (_adminOf(found.institution) != msg.sender) {",
        "if (msg.sender == address(0)) {",
    ),
    Mutant("a stop may be of any length", "Consortium", "motion.duration > _LONGEST_STOP", "false"),
    Mutant(
        "all voters have the first bit",
        "Consortium",
        "_voterIndices[institution] = count + 1;",
        "_voterIndices[institution] = 1;",
    ),
    Mutant("operators go on after a recovery", "InstitutionRegistry", "++_standings[id].operatorEpoch;"),
    Mutant(
        "a board approves what it takes part in",
        "ProjectRegistry",
        "if (_participates(id, found.lead, found.hasPartners, board)) "
        "revert ProjectRegistry_BoardDependent(id, board);",
    ),
    Mutant(
        "a project is approved after it was withdrawn",
        "ProjectRegistry",
        "if (found.status == Status.Withdrawn) revert ProjectRegistry_AlreadyWithdrawn(id);",
    ),
    Mutant(
        "custody without an offer",
        "StudyRegistry",
        "if (_offers[id] != to) revert StudyRegistry_NotOffered(id, to);",
    ),
    Mutant(
        "a fifth handover",
        "StudyRegistry",
        "if (found.formers >> _FOURTH_FORMER != 0) revert StudyRegistry_FormersExhausted(id);",
    ),
    Mutant("a guardian goes on after the end", "Guardians", "            block.timestamp < found.until &&\n"),
    Mutant(
        "an attested guardian goes on after the patient signed",
        "Guardians",
        "!(found.attested && flags & _FLAG_OWN_KEY != 0)",
        "flags < 255",
    ),
    Mutant(
        "an attested guardian may recover",
        "Guardians",
        "if (appointment.powers & Vocabulary.GUARDIAN_RECOVER != 0) {",
        "if (appointment.powers > 7) {",
    ),
    Mutant("a guardian lifts refusals", "Refusals", "stored.purposes & ~refusal.purposes != 0", "false"),
    Mutant(
        "refusals of former custodians are forgotten",
        "Refusals",
        "(uint256(scope.formers) << 32) | scope.custodian",
        "uint256(scope.custodian)",
    ),
    Mutant("a recovery without delay", "Recovery", "block.timestamp < readyAt", "false"),
    Mutant(
        "a key that was replaced goes on",
        "Subjects",
        "return _subjects[subject].flags & _FLAG_SUCCESSOR == 0 ? subject : _successors[subject];",
        "return subject;",
    ),
    Mutant("one operator alone attests", "Subjects", "second == msg.sender", "false"),
    Mutant(
        "paper goes on after the patient signed",
        "ConsentRegistry",
        "if (flags & _FLAG_OWN_KEY != 0) return Vocabulary.REASON_PAPER_ENDED;",
        "flags;",
    ),
    Mutant("generations are skipped", "Commitments", "next != expected", "next < expected"),
    Mutant(
        "a withdrawal waits for a stop's end",
        "Commitments",
        "        // Check: the signature is the subject's, or a live guardian's.\n"
        "        bytes32 structHash = keccak256(abi.encode(_REVOCATION_TYPEHASH",
        "        (, , uint64 until) = _INSTITUTIONS.rule();\n"
        "        require(block.timestamp >= until);\n"
        "        bytes32 structHash = keccak256(abi.encode(_REVOCATION_TYPEHASH",
    ),
    Mutant(
        "a batch shows what nobody signed",
        "Batches",
        "return Signatures.isValidOfKey(signer, _hashTypedDataV4(directiveHash), evidence.signature);",
        "return signer != address(0);",
    ),
    Mutant(
        "what was refused is permitted",
        "Floor",
        "Vocabulary.covers(facts.consent.refused, query.purpose)",
        "false",
    ),
    Mutant("what was withdrawn is permitted", "Floor", "consent.revokedAt != _NEVER", "false"),
    Mutant(
        "a generation that is over counts",
        "Floor",
        "if (generation != consent.generation) return Vocabulary.REASON_GENERATION_PAST;",
    ),
    Mutant(
        "a batch of a generation before counts",
        "Floor",
        "if (generation != 0 && consent.recordedAt < consent.generationSince) "
        "return Vocabulary.REASON_GENERATION_PAST;",
    ),
    Mutant("a stop stops nothing", "Floor", "facts.time < facts.stoppedUntil", "false"),
    Mutant("paper counts at once", "Floor", "facts.time < facts.consent.standsFrom", "false"),
    Mutant(
        "refused emergencies are opened",
        "Floor",
        "Vocabulary.covers(facts.consent.refused, Vocabulary.PURPOSE_BTG)",
        "false",
    ),
    Mutant(
        "released twice in an epoch",
        "AccessLedger",
        "found.servedEpoch == release_.epoch",
        "false",
    ),
    Mutant(
        "a release is not decided again",
        "AccessLedger",
        "if (reason != Vocabulary.REASON_PERMITTED) revert AccessLedger_Denied(id, reason);",
    ),
    Mutant(
        "one person opens a record",
        "Emergencies",
        "asked.second == msg.sender || asked.secondPerson == asked.person",
        "false",
    ),
    Mutant("a review is not counted", "Emergencies", "--_counts[requester].unreviewed;"),
)


def _copy(folder: Path) -> None:
    """What Forge needs, its caches with it: only what depends on the mutated file is compiled again."""
    for name in ("contracts", "tests/forge", "out", "cache"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("node_modules", ".tools"):
        (folder / name).symlink_to((ROOT / name).resolve())
    shutil.copy2(ROOT / "foundry.toml", folder)


def _forge(folder: Path, *arguments: str) -> tuple[int, str]:
    run = subprocess.run(
        [shutil.which("forge") or "forge", *arguments],
        cwd=folder,
        env={**os.environ, "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def _try(folder: Path, mutant: Mutant) -> str | None:
    """What the invariants said, or None if they noticed nothing."""
    file = folder / "contracts" / f"{mutant.file}.sol"
    whole = file.read_text(encoding="utf-8")
    if whole.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: the guard stands {whole.count(mutant.old)} times in {file.name}")
    file.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        code, said = _forge(folder, "build")
        if code != 0:
            raise SystemExit(f"{mutant.name}: does not compile\n{said}")
        for contract in ("ReachTest", "InvariantsTest"):
            code, said = _forge(folder, "test", "--match-contract", contract)
            if code != 0:
                found = re.search(r"\[FAIL: (.*?)\]", said)
                return f"{found.group(1) if found else said[-300:]} ({contract})"
    finally:
        file.write_text(whole, encoding="utf-8")
    return None


def main(numbers: list[str]) -> int:
    """Try the mutants of these numbers, or all; the exit code."""
    chosen = [MUTANTS[int(number) - 1] for number in numbers] or list(MUTANTS)
    missed = 0
    _forge(ROOT, "build")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _copy(folder)
        for mutant in chosen:
            began = time.monotonic()
            said = _try(folder, mutant)
            missed += said is None
            taken = f"{time.monotonic() - began:.0f} s"
            print(f"| {mutant.file} | {mutant.name} | {said or 'MISSED'} | {taken} |", flush=True)
    print(f"{len(chosen)} mutants, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
