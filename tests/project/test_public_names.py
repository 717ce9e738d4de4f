"""What a room shows is what it says it shows."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import pixelpact

ROOMS = [
    "pixelpact",
    *(
        module.name
        for module in pkgutil.iter_modules(pixelpact.__path__, "pixelpact.")
        if not module.name.endswith("__main__")
    ),
]


def names_from_the_package(source: Path) -> set[str]:
    """The names without an underscore that a module takes from the package or makes itself."""
    found: set[str] = set()
    for node in ast.parse(source.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("pixelpact")):
            found.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_there(room: str) -> None:
    module = importlib.import_module(room)
    assert list(module.__all__) == sorted(set(module.__all__), key=importable_order)
    for name in module.__all__:
        assert getattr(module, name) is not None


def importable_order(name: str) -> tuple[int, str]:
    # ruff's order: constants, then classes, then functions.
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "pixelpact"])
def test_a_room_shows_nothing_that_it_does_not_name(room: str) -> None:
    module = importlib.import_module(room)
    source = Path(str(module.__file__))
    if source.name == "__init__.py":
        assert names_from_the_package(source) <= set(module.__all__)
