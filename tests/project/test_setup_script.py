"""scripts/setup where something is missing: one sentence, nothing half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SHELL_TOOLS = ("bash", "cat", "cksum", "dirname", "mkdir", "readlink", "rm", "sed")


class Machine:
    """A copy of the scripts in a folder with a space in its name, and a PATH with the shell's own tools."""

    def __init__(self, folder: Path, scripts: Path) -> None:
        self.tree = folder / "a tree"
        self.bin = folder / "bin"
        self.bin.mkdir()
        shutil.copytree(scripts, self.tree / "scripts")
        for tool in SHELL_TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))

    def add(self, program: str, script: str) -> None:
        """Put a program on the PATH."""
        (self.bin / program).write_text(f"#!{self.bin / 'bash'}\n{script}\n")
        (self.bin / program).chmod(0o755)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "bash", self.tree / "scripts" / script, *arguments],
            env={**os.environ, "PATH": str(self.bin)},
            check=False,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Machine:
    return Machine(tmp_path, root / "scripts")


def assert_one_sentence(machine: Machine, ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    for word in words:
        assert word in ended.stderr
    assert not (machine.tree / ".venv").exists()


def test_without_python(machine: Machine) -> None:
    assert_one_sentence(machine, machine.run("demo"), "Python 3.11", "Install")


def test_with_an_older_python_only(machine: Machine) -> None:
    machine.add("python3", "exit 1")
    assert_one_sentence(machine, machine.run("demo"), "Python 3.11", "Install")


def test_with_a_python_that_makes_no_environments(machine: Machine) -> None:
    machine.add("python3.11", 'case "$*" in *ensurepip*) exit 1 ;; esac')
    assert_one_sentence(machine, machine.run("demo"), "python3.11", "venv", "Install")


def test_without_node(machine: Machine) -> None:
    machine.add("python3.11", "exit 0")
    assert_one_sentence(machine, machine.run("test"), "Node 20", "Install")


def test_with_an_older_node_only(machine: Machine) -> None:
    machine.add("npm", "exit 0")
    machine.add("node", 'if [ "$1" = --version ]; then echo v18.0.0; else exit 1; fi')
    assert_one_sentence(machine, machine.run("check"), "Node 20", "v18.0.0")


def test_an_unknown_part(machine: Machine) -> None:
    assert_one_sentence(machine, machine.run("setup", "everything"), "everything", "demo")
