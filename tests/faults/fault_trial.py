"""One trial: a command is killed, and run again until it is done; what must hold in between and at last."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from fault_child import Ended, Kill
from fault_commands import Command, Trial, done_already
from fault_disk import Disk
from fault_world import CLINIC, HOSPITAL, World

from pixelpact.chain import AccessReleased, StudyRegistered, StudyRotated
from pixelpact.chain.abi import contract_abi
from pixelpact.errors import OutputError, StoreError
from pixelpact.models import RAW, Cid
from pixelpact.storage import FolderStore, reachable

__all__ = [
    "Course",
    "Row",
    "failed_and_done",
    "full_and_done",
    "kill_for",
    "killed_and_done",
    "read_only_and_done",
    "rows",
    "run_through",
]

#: What ends the names of files and folders that are being written.
_UNFINISHED = (".part", ".pixelpact-fetch", ".pixelpact-create", ".pixelpact-init")
_NO_ROOM = (OutputError.exit_code, StoreError.exit_code)


@dataclass(frozen=True)
class Course:
    """How a command goes when nothing goes wrong: the journal's writes, and the events before each."""

    writes: tuple[tuple[str, int], ...]

    @property
    def last(self) -> str:
        """The write with which all is done; nothing for a command that keeps no journal."""
        return self.writes[-2][0] if len(self.writes) > 1 else ""


@dataclass(frozen=True)
class Row:
    """A step of a command: the journal's write of this number; 0 is the time before the first."""

    step: str
    number: int
    events: int


def run_through(world: World, command: Command, standing: dict[str, Any]) -> Course:
    """Run a command that nobody kills, check what comes of it, and see how it goes."""
    trial = command.prepare(world, standing)
    marks = _Marks(world, trial)
    ended = world.run(*trial.arguments, "--json")
    assert ended.code == 0, (ended.code, ended.errors)
    _check_done(world, trial, marks, ended.json)
    return Course(tuple(ended.writes))


def rows(course: Course) -> list[Row]:
    """The steps of a command at which it is killed."""
    names = ["begun", *(name for name, _ in course.writes[:-1])]
    seen: Counter[str] = Counter()
    found = []
    for number, (name, (_, events)) in enumerate(zip(names, course.writes, strict=True)):
        seen[name] += 1
        found.append(Row(f"{name} ({seen[name]})" if seen[name] > 1 else name, number, events))
    return found


def kill_for(row: Row, seed: int, chance: random.Random) -> Kill:
    """Just before a step's write, just after it, or anywhere between it and the next."""
    if row.number and seed < 2:
        return Kill(row.number, seed - 1)
    return Kill(row.number, chance.randint(1, max(1, row.events)))


def killed_and_done(
    world: World,
    command: Command,
    standing: dict[str, Any],
    course: Course,
    kill: Kill,
    chance: random.Random,
    *,
    twice: bool,
) -> str:
    """Kill a command, run it again until it is done, and check all that must hold; where it died."""
    trial = command.prepare(world, standing)
    marks = _Marks(world, trial)
    ended = world.run(*trial.arguments, "--json", kill=kill)
    assert ended.killed, f"not killed at {kill}: {ended.code} {ended.errors}"
    where = ended.notes[-1]["where"]
    _check_cut_off(world, trial, marks)
    trial.change()
    done = _finished(ended, course)
    if twice and not (done and command.again is None):
        writes = len(course.writes) - 1
        second = Kill(chance.randint(0, writes), chance.randint(1, 20))
        ended = world.run(*trial.arguments, "--json", kill=second)
        done = done or _finished(ended, course)
        if ended.killed:
            where += f", then {ended.notes[-1]['where']}"
            _check_cut_off(world, trial, marks)
        else:
            assert ended.code == 0 or (command.again and done_already(ended)), (ended.code, ended.errors)
            done = True
    told: dict[str, Any] = {}
    if not (done and command.again is None):
        ended = world.run(*trial.arguments, "--json")
        if ended.code == 0:
            told = ended.json
        else:
            # What it makes is made once: only when that was done may it say so.
            assert command.again, (ended.code, ended.errors)
            assert done or not course.last, (ended.code, ended.errors)
            assert done_already(ended), (ended.code, ended.errors)
    _check_done(world, trial, marks, told)
    return where


def full_and_done(
    world: World, disk: Disk, command: Command, standing: dict[str, Any], course: Course, kill: Kill
) -> str:
    """As ``killed_and_done``, with a disk that is full from that moment on; what the command said."""
    trial = command.prepare(world, standing)
    marks = _Marks(world, trial)
    full = replace(kill, instead=disk.fill)
    ended = world.run(*trial.arguments, "--json", kill=full)
    disk.empty()
    done = ended.code == 0 or _finished(ended, course)
    if ended.code:
        _check_sentence(ended)
    _check_cut_off(world, trial, marks)
    told: dict[str, Any] = ended.json if ended.code == 0 else {}
    if ended.code and not (done and command.again is None):
        again = world.run(*trial.arguments, "--json")
        assert again.code == 0 or (command.again and done_already(again)), (again.code, again.errors)
        told = again.json if again.code == 0 else {}
    _check_done(world, trial, marks, told)
    return ended.errors.splitlines()[-1] if ended.code else "nothing more to write"


def failed_and_done(
    world: World,
    command: Command,
    standing: dict[str, Any],
    codes: Collection[int],
    fail: Callable[[Trial], Ended],
) -> str:
    """Run a command so that it fails with one of these exit codes, and again as usual; what it said."""
    trial = command.prepare(world, standing)
    marks = _Marks(world, trial)
    ended = fail(trial)
    _check_sentence(ended, codes)
    _check_cut_off(world, trial, marks)
    again = world.run(*trial.arguments, "--json")
    assert again.code == 0, (again.code, again.errors)
    _check_done(world, trial, marks, again.json)
    return ended.errors.splitlines()[-1]


def read_only_and_done(world: World, disk: Disk, command: Command, standing: dict[str, Any]) -> str:
    """Run a command where nothing can be written, and again where it can; what it said."""

    def fail(trial: Trial) -> Ended:
        with disk.read_only():
            return world.run(*trial.arguments, "--json")

    return failed_and_done(world, command, standing, _NO_ROOM, fail)


def _check_sentence(ended: Ended, codes: Collection[int] = _NO_ROOM) -> None:
    """One message that says what went wrong, with its exit code."""
    assert ended.code in codes, (ended.code, ended.errors)
    # What a patient is about to sign is shown before.
    assert ended.errors.splitlines()[-1].endswith("."), ended.errors
    assert "Traceback" not in ended.errors
    assert "fault of its own" not in ended.errors


def _finished(ended: Ended, course: Course) -> bool:
    """Whether a run wrote the last thing that the journal has of a command."""
    if not course.last:
        return False
    last = ""
    for note in ended.notes:
        if note["kind"] == "write":
            last = note["name"]
        elif note["kind"] == "journalled" and last == course.last:
            return True
    return False


class _Marks:
    """How things stood before a trial."""

    def __init__(self, world: World, trial: Trial) -> None:
        world.settle()
        self.block = world.chain.head().number + 1
        self.transactions = world.transactions(trial.who)
        self.notes = len(world.notes)


def _check_cut_off(world: World, trial: Trial, marks: _Marks) -> None:
    """What must hold whenever a run is cut off, before anything mends it."""
    chain = world.chain
    head = chain.head().number
    for kind in (StudyRegistered, StudyRotated):
        for event in chain.find(kind, first=marks.block, last=head):
            lacking = world.lacking(event.manifest_digest, world.holder(event.study))
            assert not lacking, f"registered, and {lacking}"
    for event in chain.find(AccessReleased, first=marks.block, last=head):
        # Asked for the block first: the chain goes on meanwhile.
        if event.block + chain.network.finality_depth > chain.head().number:
            assert not world.stores[HOSPITAL].has(Cid(RAW, event.envelope_digest)), "published before final"
    _check_nothing_lies_open(world, trial)


def _check_done(world: World, trial: Trial, marks: _Marks, told: dict[str, Any]) -> None:
    world.settle()
    trial.check(told)
    sent = world.transactions(trial.who) - marks.transactions
    assert sent == trial.transactions, f"{sent} transactions instead of {trial.transactions}"
    profile = next(each for each in (HOSPITAL, CLINIC) if each == trial.who)
    with world.opened(profile) as vault:
        assert vault.pending() == []
    with world.opened("patient") as vault:
        assert vault.pending() == []
    _check_nothing_lies_open(world, trial)
    _check_order(world, marks)
    _check_nonces(world)
    _check_nothing_is_left(world)


def _check_nothing_lies_open(world: World, trial: Trial) -> None:
    secrets = world.secrets_of(*trial.studies)
    for path in world.fresh_files():
        content = path.read_bytes()
        found = [name for name, secret in secrets.items() if secret in content]
        assert not found, f"{found} in {path}"


def _check_order(world: World, marks: _Marks) -> None:
    """What was noted along the way: journal before send, durable before named, final before published."""
    journalled: set[str] = set()
    pinned: set[str] = set()
    digests = _names_digests(world)
    released = {
        event.envelope_digest.hex(): event.block
        for event in world.chain.find(AccessReleased, first=marks.block, last=world.chain.head().number)
    }
    depth = world.network.finality_depth
    for note in world.notes:
        match note["kind"]:
            case "journalled":
                journalled.update(note["transactions"])
            case "pinned":
                pinned.add(note["digest"])
            case "sent":
                assert note["hash"] in journalled, "sent before it was journalled"
                at = digests.get(note["data"][:8])
                if at is not None:
                    digest = note["data"][8 + 64 * at : 72 + 64 * at]
                    assert digest in pinned, "named to the chain before it was durable"
            case "envelope" if note["digest"] in released:
                assert note["head"] >= released[note["digest"]] + depth, "published before it was final"
            case _:
                pass


def _names_digests(world: World) -> dict[str, int]:
    """The calls that name a sealed object, by selector, and which argument it is."""
    del world
    found = contract_abi("StudyRegistry").functions
    return {found["register"].selector.hex(): 3, found["rotate"].selector.hex(): 2}


def _check_nonces(world: World) -> None:
    """No AES-GCM nonce for two plaintexts; of each account's nonces, one transaction in a block."""
    for note in world.notes[world.nonces_checked :]:
        if note["kind"] == "nonce":
            name = f"{note['key']} {note['nonce']}"
            assert world.nonces.setdefault(name, note["of"]) == note["of"], "a nonce for other bytes"
    world.nonces_checked = len(world.notes)
    by_nonce: dict[tuple[str, int], set[str]] = {}
    for note in world.notes:
        if note["kind"] == "sent":
            by_nonce.setdefault((note["sender"], note["nonce"]), set()).add(note["hash"])
    for (sender, nonce), hashes in by_nonce.items():
        if len(hashes) > 1:
            effective = [each for each in hashes if world.chain.receipt(bytes.fromhex(each)) is not None]
            assert len(effective) <= 1, f"nonce {nonce} of {sender} was carried out twice"


def _check_nothing_is_left(world: World) -> None:
    """No half-written file; in a folder of blocks none that no pin reaches."""
    parts = [path for path in world.folder.rglob("*") if path.suffix in _UNFINISHED]
    parts = [path for path in parts if "stores" not in path.parts]
    assert not parts, parts
    store = world.stores[HOSPITAL]
    if isinstance(store, FolderStore):
        lying = {Cid.parse(path.name) for path in store.folder.glob("blocks/*/*")}
        reached = {cid for pin in store.pins() for cid in reachable(pin, store.get)}
        assert lying == reached, f"{len(lying - reached)} blocks that nothing pins"
        assert not list(store.folder.glob("tmp/*"))
