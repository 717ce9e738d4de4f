"""Run the kill table: every command, killed at every journalled step, run again, on every engine.

Each command on each engine has a consortium of its own. What was run is kept in a folder, so that a table
that was broken off goes on; the page is written from what is there.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "evidence" / "faults.md"
sys.path[:0] = [str(ROOT / "tests" / room) for room in ("faults", "chain", "dicom", "storage")]

from fault_commands import Command  # noqa: E402 - their folders are on the path only now
from fault_table import COMMANDS  # noqa: E402
from fault_trial import Course, Row, kill_for, killed_and_done, rows, run_through  # noqa: E402
from fault_world import ENGINES, World, world  # noqa: E402

SEEDS = {"embedded": 10, "anvil+kubo": 10, "geth+kubo": 1}
TITLES = {"embedded": "embedded", "anvil+kubo": "Anvil + Kubo", "geth+kubo": "Geth + Kubo"}
TWICE_FROM = 6


class Table:
    """One command on one engine: a consortium, made anew after a failure, and what came of each trial."""

    def __init__(self, engine: str, command: Command, seeds: int, base: int) -> None:
        self.engine = engine
        self.command = command
        self.seeds = seeds
        self.base = base
        self._stack = ExitStack()
        self._world: World | None = None
        self._standing: dict[str, Any] = {}
        self._course = Course(())

    def run(self) -> list[dict[str, Any]]:
        """Every step with every seed."""
        found = []
        try:
            self._begin()
            for row in rows(self._course):
                for seed in range(self.seeds):
                    began = time.monotonic()
                    where, outcome = self._trial(row, seed)
                    seconds = time.monotonic() - began
                    found.append(
                        {
                            "step": row.step,
                            "seed": seed,
                            "where": where,
                            "outcome": outcome,
                            "seconds": seconds,
                        }
                    )
                    print(
                        f"{self.engine}: {self.command.name}: {row.step}, seed {seed}: {outcome or 'once'} "
                        f"({where}; {seconds:.1f} s)",
                        flush=True,
                    )
        finally:
            self._stack.close()
        return found

    def _begin(self) -> World:
        self._stack.close()
        folder = Path(tempfile.mkdtemp(prefix="faults-", dir=_memory()))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder /= "world"
        made = self._stack.enter_context(world(self.engine, folder))
        self._standing = self.command.stand(made)
        self._course = run_through(made, self.command, self._standing)
        self._world = made
        return made

    def _trial(self, row: Row, seed: int) -> tuple[str, str]:
        chance = random.Random(  # noqa: S311 - a seeded random is what makes a table repeatable
            f"{self.base}/{self.engine}/{self.command.name}/{row.step}/{seed}"
        )
        if self.seeds == 1:
            # One alone is any of the moments that ten would be.
            seed = chance.randrange(10)
        kill = kill_for(row, seed, chance)
        stage = self._world or self._begin()
        try:
            where = killed_and_done(
                stage,
                self.command,
                self._standing,
                self._course,
                kill,
                chance,
                twice=seed >= TWICE_FROM,
            )
        except Exception as error:  # noqa: BLE001 - what went wrong is the outcome
            self._world = None
            return str(kill), f"{type(error).__name__}: {error}"[:2000]
        return where, ""


def _memory() -> str | None:
    # Hundreds of syncs cost nothing there, and what a kill leaves is the same.
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own is made in it


def _kept(results: Path, engine: str, command: Command) -> Path:
    return results / engine / (re.sub("[^a-z]+", "-", command.name).strip("-") + ".json")


def _run_one(arguments: argparse.Namespace) -> None:
    (command,) = (each for each in COMMANDS if each.name == arguments.one)
    (engine,) = arguments.engine
    seeds = arguments.seeds or SEEDS[engine]
    trials = Table(engine, command, seeds, arguments.base).run()
    path = _kept(arguments.results, engine, command)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {
        "command": command.name,
        "engine": engine,
        "seeds": seeds,
        "base": arguments.base,
        "trials": trials,
        "commit": _commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }
    path.write_text(json.dumps(made, indent=1) + "\n", "utf-8")


def _commit() -> str:
    line = ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]
    return subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _run_all(arguments: argparse.Namespace) -> None:
    waiting = [
        (engine, command)
        for command in COMMANDS
        for engine in arguments.engine
        if arguments.command in command.name and not _kept(arguments.results, engine, command).exists()
    ]
    running: list[subprocess.Popen[bytes]] = []
    while waiting or running:
        while waiting and len(running) < arguments.jobs:
            engine, command = waiting.pop(0)
            line = [sys.executable, __file__, "--engine", engine, "--one", command.name]
            line += ["--base", str(arguments.base), "--results", str(arguments.results)]
            line += ["--seeds", str(arguments.seeds)] if arguments.seeds else []
            running.append(subprocess.Popen(line))
        time.sleep(0.2)
        running = [each for each in running if each.poll() is None]


def _results(results: Path) -> list[dict[str, Any]]:
    paths = [_kept(results, engine, command) for command in COMMANDS for engine in ENGINES]
    return [json.loads(path.read_text("utf-8")) for path in paths if path.exists()]


def _page(found: list[dict[str, Any]]) -> str:
    by_step: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for each in found:
        for trial in each["trials"]:
            cell = by_step.setdefault((each["command"], trial["step"]), {}).setdefault(each["engine"], [])
            cell.append(trial)
    lines = [
        "| Command | Step | " + " | ".join(TITLES[engine] for engine in ENGINES) + " |",
        "| --- | --- |" + " --- |" * len(ENGINES),
    ]
    for (command, step), cells in by_step.items():
        told = [_cell(cells.get(engine, [])) for engine in ENGINES]
        lines.append(f"| {command} | {step} | " + " | ".join(told) + " |")
    failed = [
        f"- {each['command']}, {trial['step']}, {TITLES[each['engine']]}, "
        f"seed {trial['seed']}: {trial['outcome']}"
        for each in found
        for trial in each["trials"]
        if trial["outcome"]
    ]
    trials = [trial for each in found for trial in each["trials"]]
    text = TEXT.format(
        dates=", ".join(sorted({each["date"] for each in found})),
        commits=", ".join(sorted({each["commit"] for each in found})),
        bases=", ".join(sorted({str(each["base"]) for each in found})),
        versions=", ".join(_versions()),
        trials=len(trials),
        failures=len(failed),
    )
    return text + "\n".join(lines) + "\n" + ("\nFailed:\n\n" + "\n".join(failed) + "\n" if failed else "")


def _cell(trials: list[dict[str, Any]]) -> str:
    if not trials:
        return "not run"
    good = sum(not trial["outcome"] for trial in trials)
    return f"{good} of {len(trials)}"


def _versions() -> list[str]:
    tools = ROOT / ".tools" / "bin"
    found = [
        f"PixelPact {version('pixelpact')}",
        f"Python {sys.version.split()[0]}",
        f"web3 {version('web3')}",
    ]
    for name, line in (("anvil", "--version"), ("geth", "version"), ("ipfs", "--version")):
        told = subprocess.run([tools / name, line], capture_output=True, text=True, check=True).stdout
        number = re.search(r"\d+\.\d+\.\d+", told)
        found.append(f"{name} {number[0] if number else '?'}")
    return found


TEXT = """# Killed at every step, and run again

`scripts/faults` runs this table and writes this page; it may be broken off and goes on. A part of it:
`scripts/faults --engine embedded --seeds 2 --command "access release"`. A short form of it is among the tests
(`tests/faults`).

Run on {dates} at commit {commits}
with {versions};
seeds drawn from {bases} (`--base`). {trials} trials, {failures} failed.

Each trial does what the command needs, starts the command in a process of its own, and kills that process
with SIGKILL. A step is one write of the vault's journal; 'begun' is the time before the first. Of a step's
seeds the first dies just before the write, the second just after it, the others at a moment drawn at random
between it and the next: before a commit of the vault, a call of the store, a question to the chain's node, or
a change of a file. From the seventh seed on the second run is killed too, at any moment. Where it says that
the source changed in between, an image of the study is another one when the command is run again. On Geth the
one seed of a step is any of these.

Then the same command line is run again, and these must hold. After each kill: nothing stands on the chain
whose blocks the store does not have, pinned; no envelope is in the store whose release is not final; no key,
image, UID or name lies in any file of profiles, stores, logs and temporary folders. At last:

- the command ends with success and what it was to do is done: one registration, one release, one of each
  event (where the kill came after the last write of the journal, the work was done and nobody was told; a
  second run of such a command is a second piece of work, or says that what it would make is there already);
- the account has sent as many transactions as the work needs, and none twice;
- every transaction was in the journal before it was sent, every sealed object pinned before the chain was
  told of it, every envelope published after its release was final;
- no AES-GCM nonce was used for two plaintexts under one key, in all runs of the consortium together;
- the journal is empty, no half-written file is left, and in a folder of blocks none that no pin reaches.

"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", action="append", choices=ENGINES, help="may be repeated; all if absent")
    parser.add_argument("--seeds", type=int, help="for each step; 10, on geth+kubo 1")
    parser.add_argument("--command", default="", help="only commands whose name has this in it")
    parser.add_argument("--base", type=int, default=1, help="what the seeds are drawn from")
    parser.add_argument("--jobs", type=int, default=2, help="how many consortia at a time")
    parser.add_argument("--results", type=Path, default=ROOT / ".tools" / "faults", help="what was run")
    parser.add_argument("--again", action="store_true", help="forget what was run before")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.engine = arguments.engine or list(ENGINES)
    if arguments.one:
        _run_one(arguments)
        return
    if arguments.again:
        shutil.rmtree(arguments.results, ignore_errors=True)
    _run_all(arguments)
    found = _results(arguments.results)
    failed = [trial for each in found for trial in each["trials"] if trial["outcome"]]
    print(f"{sum(len(each['trials']) for each in found)} trials, {len(failed)} failed")
    if len(found) == len(COMMANDS) * len(ENGINES):
        PAGE.write_text(_page(found), "utf-8")
        print(f"Written: {PAGE.relative_to(ROOT)}")
    else:
        print("That is a part of the table: the page is written when all of it was run.")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
