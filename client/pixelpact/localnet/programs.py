"""Where the nodes' programs are: anvil, geth and ipfs; built when missing and their recipe is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pixelpact.errors import InputError

__all__ = ["find_program", "require_programs"]

#: A folder with the programs, looked into first.
TOOLS_VARIABLE = "PIXELPACT_TOOLS"
#: What each is, for a person who has to install it.
_KNOWN_AS = {
    "anvil": "Anvil 1.7.1 (npm: @foundry-rs/anvil)",
    "geth": "Geth 1.13.15, the last that seals Clique (Go module github.com/ethereum/go-ethereum)",
    "ipfs": "Kubo 0.43.1 (Go module github.com/ipfs/kubo)",
}

#: As scripts/build-node calls them.
_NODES = {"geth": "geth", "ipfs": "kubo"}


def find_program(name: str, tell: Callable[[str], None]) -> Path:
    """The program ``anvil``, ``geth`` or ``ipfs``.

    It is looked for in $PIXELPACT_TOOLS, in .tools/bin of the source tree and on the PATH, in this order.
    From a source tree a missing one is built first.

    Args:
        name: which.
        tell: is told when it has to be built, which takes minutes.

    Raises:
        InputError: it is nowhere, or can't be built; the message says what to install.
    """
    found = _look_for(name)
    if found is None and (recipe := _recipe(name)) is not None:
        tell(f"Getting {_KNOWN_AS[name]}; the first time this takes some minutes.")
        # What it prints is for people: stdout may be for one JSON object.
        built = subprocess.run(recipe, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
        if built.returncode != 0:
            raise InputError(
                f"The program {name} can't be built",
                why=f"{' '.join(recipe)} ended with code {built.returncode} (above: why)",
                remedy=f"Mend that and run this again, or install {_KNOWN_AS[name]} by hand on the PATH",
            )
        found = _look_for(name)
    if found is None:
        raise InputError(
            f"The program {name} is missing",
            why=f"it is neither in the folder that ${TOOLS_VARIABLE} names nor on the PATH",
            remedy=f"Install {_KNOWN_AS[name]} and put it there under the name {name}",
        )
    return found


def require_programs(engine: str, tell: Callable[[str], None]) -> None:
    """Find what a localnet with this engine runs, or build it; as ``find_program``."""
    for name in (engine, "ipfs"):
        find_program(name, tell)


def _look_for(name: str) -> Path | None:
    tree = _source_tree()
    folders = [os.environ.get(TOOLS_VARIABLE), str(tree / ".tools" / "bin") if tree else None]
    for path in [*(each for each in folders if each), os.environ.get("PATH", os.defpath)]:
        found = shutil.which(name, path=path)
        if found:
            return Path(found).absolute()
    return None


def _source_tree() -> Path | None:
    """The folder that this package is developed in, if it was not installed from a wheel."""
    tree = Path(__file__).resolve().parents[3]
    return tree if (tree / "scripts" / "build-node").is_file() else None


def _recipe(name: str) -> list[str] | None:
    tree = _source_tree()
    if tree is None:
        return None
    scripts = tree / "scripts"
    return (
        [str(scripts / "setup"), "anvil"] if name == "anvil" else [str(scripts / "build-node"), _NODES[name]]
    )
