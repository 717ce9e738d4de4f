"""The long forms of what scripts/test runs in short.

forge    the invariants of tests/forge in 300 runs of 500 steps, with another seed than scripts/test, which
         does 40 of 200; some fifteen minutes
mutants  whether the walk of tests/forge/Reach.t.sol notices each guard of the contracts that is taken away;
         some forty minutes on two cores

Without a part both are run, and docs/evidence/assure.md is written. Ends with 1 if an invariant does not
hold, or if a guard can go that neither the walk notices nor a test of tests/contracts expects by its name.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from mutants import Mutant, Tried, mutants, try_all

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "evidence" / "assure.md"


class _Forge:
    """The long form, which runs on one core while others try the mutants."""

    def __init__(self) -> None:
        line = ["forge", "test", "--match-contract", "InvariantsTest"]
        environment = {**os.environ, "FOUNDRY_PROFILE": "long"}
        self._began = time.monotonic()
        self._run = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def wait(self) -> str:
        """How it went, in a sentence."""
        said, _ = self._run.communicate()
        print(said, flush=True)
        found = re.search(r"\[PASS\] invariant_holds\(\) \(runs: (\d+), calls: (\d+)", said)
        if self._run.returncode or found is None:
            raise SystemExit(
                "scripts/assure: an invariant does not hold (above: which, and after which steps)."
            )
        seconds = re.search(r"finished in ([\d.]+)s", said)
        minutes = float(seconds[1] if seconds else time.monotonic() - self._began) / 60
        return f"{int(found[1]):,} runs, {int(found[2]):,} steps, no invariant broken; {minutes:.0f} minutes."


def _mutants(chosen: list[Mutant], workers: int) -> list[Tried]:
    print(f"{len(chosen)} guards", flush=True)
    return try_all(chosen, workers, lambda tried: print(_row(tried), flush=True))


def _is_missed(tried: Tried) -> bool:
    return tried.said is None and not tried.expected_in


def _row(tried: Tried) -> str:
    mutant = tried.mutant
    said = tried.said or ", ".join(f"`{name}`" for name in tried.expected_in) or "NOTHING"
    return f"| {mutant.file} | {mutant.name} | {said} |"


def _of_command(*line: str) -> str:
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


_PAGE = """# Forge's invariants, for long, and without each guard

`scripts/assure` runs this and writes this page; `scripts/assure forge` and `scripts/assure mutants` run a
part and leave the page as it is. What the numbers of the invariants mean: docs/contracts.md, Invariants.

Run on {day} at commit {commit}
with Forge {forge_version}, solc {solc_version}.

## Invariants
{forge} All of them are looked at after each step.

## Guards
{count} guards were taken away, one at a time, in {minutes:.0f} minutes: every `if` of a contract that
reverts, every `if` of the floor, of a consent's flaws, of a release and of a project that returns a reason,
and some parts of conditions and effects. What else the engine checks is compared with the Python model
(docs/policy.md). The walk of `tests/forge/Reach.t.sol` noticed {noticed}: an invariant broke (its number, and
what was seen), or the walk got to another end than with the guard.

| contract | guard | what the walk said |
|---|---|---|
{noticed_rows}

It did not notice {others}: mostly they refuse malformed input, which the handlers do not send, or stand
before another guard that refuses the same. The tests of the single functions expect their error or reason by
its name (they are looked up here, not run):

| contract | guard | expected in `tests/contracts/` |
|---|---|---|
{other_rows}
"""


def _page(commit: str, forge: str, tried: list[Tried], minutes: float) -> str:
    noticed = [each for each in tried if each.said is not None]
    others = [each for each in tried if each.said is None]
    return _PAGE.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        commit=commit,
        forge_version=_of_command("forge", "--version").splitlines()[0].partition(": ")[2],
        solc_version=_of_command("node", "-p", "require('solc/package.json').version"),
        forge=forge,
        count=len(tried),
        minutes=minutes,
        noticed=len(noticed),
        noticed_rows="\n".join(map(_row, noticed)),
        others=len(others),
        other_rows="\n".join(map(_row, others)),
    )


def main() -> int:
    """Run what is asked for; the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/assure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=("forge", "mutants"), help="only this; both if absent")
    parser.add_argument(
        "--guard", default="", help="of the mutants only those in whose contract and name this stands"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many mutants at once")
    arguments = parser.parse_args()
    chosen = [each for each in mutants() if arguments.guard in f"{each.file} {each.name}"]
    forge = None if arguments.part == "mutants" else _Forge()
    if forge and arguments.part == "forge":
        forge.wait()
        return 0
    commit = _of_command("git", "rev-parse", "--short", "HEAD")
    began = time.monotonic()
    tried = _mutants(chosen, arguments.workers)
    minutes = (time.monotonic() - began) / 60
    missed = [each for each in tried if _is_missed(each)]
    print(f"{len(tried)} guards taken away, {len(missed)} missed")
    if forge and not arguments.guard:
        PAGE.write_text(_page(commit, forge.wait(), tried, minutes), "utf-8")
        print(f"Written: {PAGE.relative_to(ROOT)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
