from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fault_commands import Command
from fault_disk import Disk, small_disk
from fault_table import COMMANDS
from fault_trial import Course, run_through
from fault_world import World, world


class Stage:
    """A consortium on a small disk, what stands in it, and how commands go there when nothing goes wrong."""

    def __init__(self, engine: str, folder: Path) -> None:
        with ExitStack() as stack:
            self.disk: Disk = stack.enter_context(small_disk(folder))
            self.world: World = stack.enter_context(world(engine, folder))
            self._opened = stack.pop_all()
        self._standing: dict[Any, dict[str, Any]] = {}
        self._courses: dict[str, Course] = {}

    def standing(self, command: Command) -> dict[str, Any]:
        """What the command needs; made once for all that need the same."""
        if command.stand not in self._standing:
            self._standing[command.stand] = command.stand(self.world)
        return self._standing[command.stand]

    def course(self, command: Command) -> Course:
        """How the command goes."""
        if command.name not in self._courses:
            self._courses[command.name] = run_through(self.world, command, self.standing(command))
        return self._courses[command.name]

    def close(self) -> None:
        """End its processes."""
        self._opened.close()


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where there is such a place: a kill leaves the same, and syncs cost nothing."""
    place = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    top = Path(tempfile.mkdtemp(prefix="pixelpact-", dir=place if os.access(place, os.W_OK) else None))
    yield top
    shutil.rmtree(top)


@pytest.fixture(scope="session")
def stages() -> Iterator[dict[str, Stage]]:
    """One for each engine, for all tests of a process."""
    found: dict[str, Stage] = {}
    yield found
    for each in found.values():
        each.close()


@pytest.fixture
def stage_on(
    request: pytest.FixtureRequest, memory: Path, stages: dict[str, Stage]
) -> Iterator[Callable[[str], Stage]]:
    """The stage of an engine."""

    def made(engine: str) -> Stage:
        if engine not in stages:
            folder = Path(tempfile.mkdtemp(dir=memory)) / "world"
            stages[engine] = Stage(engine, folder)
        return stages[engine]

    failed = request.session.testsfailed
    yield made
    if request.session.testsfailed > failed:
        # What a failure leaves behind must fail no other test.
        for engine in list(stages):
            stages.pop(engine).close()


@pytest.fixture
def stage(stage_on: Callable[[str], Stage]) -> Stage:
    """The embedded chain with folders."""
    return stage_on("embedded")


# The longest first, so that it is not what all others have ended before.
@pytest.fixture(
    params=sorted(COMMANDS, key=lambda command: command.name != "study rotate"),
    ids=lambda command: command.name,
)
def command(request: pytest.FixtureRequest) -> Command:
    """Every command that changes something."""
    found: Command = request.param
    return found
