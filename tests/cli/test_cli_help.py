"""Every command shows an example that it would take, speaks JSON, and can be completed by the shell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from pixelpact.cli.app import app


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_the_commands_are_those_that_people_need() -> None:
    named = {" ".join(path) for path in COMMANDS}
    assert named >= {
        *(f"keys {each}" for each in ("create", "show", "publish", "words", "account", "fund")),
        *(f"institution {each}" for each in ("list", "show", "proposals", "vote", "veto", "carry-out")),
        *(f"institution propose {each}" for each in ("admit", "suspend", "reinstate", "change")),
        *(f"institution propose {each}" for each in ("recover-admin", "replace-engine", "stop")),
        *(f"institution operator {each}" for each in ("set", "list", "resign")),
        *("institution deploy-engine", "institution suspend-self"),
        *(f"project {each}" for each in ("register", "approve", "record", "withdraw", "list", "show")),
        *(f"study {each}" for each in ("seal", "register", "list", "rotate", "offer", "accept")),
        *(f"consent {each}" for each in ("sign", "record", "revoke", "refuse", "list")),
        *(f"consent {each}" for each in ("show", "relays", "end-paper")),
        *(f"guardian {each}" for each in ("address", "appoint", "dismiss", "resign", "list")),
        *(f"recovery {each}" for each in ("name", "start", "vouch", "stop", "finish", "take", "show")),
        *(f"invite {each}" for each in ("create", "show")),
        *(
            f"paper {each}"
            for each in ("draft", "attest", "record", "refusal", "revocation", "lift", "guardian")
        ),
        *(f"batch {each}" for each in ("anchor", "show", "prove")),
        *(f"access emergency {each}" for each in ("draft", "attest", "ask")),
        "access review",
        *(
            f"access {each}"
            for each in ("request", "list", "release", "refuse", "fetch", "confirm", "dispute")
        ),
        *(f"vault {each}" for each in ("backup", "restore", "rotate-master")),
        *(f"localnet {each}" for each in ("up", "status", "down")),
        *("demo", "doctor", "policy explain", "audit report"),
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_its_example_names_what_it_takes(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    examples = re.findall(r"Example: pixelpact (.*)", command.help)
    assert len(examples) == 1
    words = shlex.split(examples[0])
    assert tuple(words[: len(path)]) == path
    options = {name for parameter in command.params for name in parameter.opts}
    given = [word for word in words if word.startswith("--")]
    assert set(given) <= options
    # It is read as it stands.
    command.make_context(path[-1], words[len(path) :], resilient_parsing=False)
    required = [
        parameter.opts[0]
        for parameter in command.params
        if parameter.required and parameter.param_type_name == "option"
    ]
    assert set(required) <= set(given)
    assert "--json" in options


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes(shell: str) -> None:
    program = [sys.executable, "-m", "pixelpact"]
    script = subprocess.run(
        [*program, "--show-completion", shell], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "_PIXELPACT_COMPLETE" in script


def test_what_is_completed_are_the_commands() -> None:
    asked = {
        "_PIXELPACT_COMPLETE": "complete_bash",
        "COMP_WORDS": "pixelpact access re",
        "COMP_CWORD": "2",
    }
    told = subprocess.run(
        [sys.executable, "-m", "pixelpact"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert told.stdout.split() == ["request", "release", "refuse", "review"]
