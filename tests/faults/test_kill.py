"""Every command, killed at every step of its journal, does the work once when it is run again.

The short form of scripts/faults: one moment for each step on the embedded chain, a few on Anvil and Kubo.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from fault_commands import Command
from fault_table import COMMANDS
from fault_trial import Row, full_and_done, kill_for, killed_and_done, read_only_and_done, rows

Stage = Any


def _short(command: Command, found: list[Row]) -> list[Row]:
    """What follows an accepted handover is a rotation, which has rows of its own: its first and last step."""
    if command.name != "study accept":
        return found
    first = next(place for place, row in enumerate(found) if row.step.startswith("rotate"))
    return [*found[: first + 1], found[-1]]


def test_killed_at_every_step(stage: Stage, command: Command):
    """Just before each write, when all before it was done; and at any moment before the first, twice."""
    course = stage.course(command)
    for row in _short(command, rows(course)):
        chance = random.Random(f"{command.name}/{row.step}")
        kill = kill_for(row, 0, chance)
        killed_and_done(
            stage.world, command, stage.standing(command), course, kill, chance, twice=not row.number
        )


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("study seal, source changed in between", "seal: stored"),
        ("study register", "register: registered"),
        ("access release", "release: released"),
        ("access confirm", "begun"),
    ],
)
def test_killed_over_anvil_and_kubo(stage_on: Callable[[str], Stage], name: str, step: str):
    stage = stage_on("anvil+kubo")
    command = next(each for each in COMMANDS if each.name == name)
    course = stage.course(command)
    row = next(each for each in rows(course) if each.step == step)
    for seed in (1, 7):
        chance = random.Random(f"{name}/{step}/{seed}")
        kill = kill_for(row, seed, chance)
        killed_and_done(stage.world, command, stage.standing(command), course, kill, chance, twice=seed > 1)


# What a full disk does depends on where it is full: these have a step of each kind.
@pytest.mark.parametrize(
    "name", ["keys create (institution)", "study seal", "consent sign", "access release", "access fetch"]
)
def test_a_disk_that_is_full_from_some_step_on(stage: Stage, name: str):
    command = next(each for each in COMMANDS if each.name == name)
    course = stage.course(command)
    for row in rows(course):
        kill = kill_for(row, 2, random.Random(f"{name}/{row.step}/full"))
        full_and_done(stage.world, stage.disk, command, stage.standing(command), course, kill)


@pytest.mark.parametrize("name", ["keys create (patient)", "study seal", "consent sign", "access fetch"])
def test_a_folder_that_is_read_only(stage: Stage, name: str):
    command = next(each for each in COMMANDS if each.name == name)
    stage.course(command)
    told = read_only_and_done(stage.world, stage.disk, command, stage.standing(command))
    assert "can't be" in told
