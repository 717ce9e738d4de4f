#!/usr/bin/env python3
"""Write the vector kit, or compare it with what stands in the folder.

python tests/vectors/generate.py           write tests/vectors/sealed-study/
python tests/vectors/generate.py --check   change nothing; end with 1 and name what differs
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import vector_blocks
import vector_contents
import vector_indices
import vector_keys
import vector_structures
from vector_envelopes import envelopes
from vector_kit import FOLDER, Vector, write
from vector_openings import good
from vector_page import PAGE, with_tables


def scenarios() -> Iterator[Vector]:
    """All of them."""
    yield from good()
    yield from vector_structures.encoding_of_roots()
    yield from vector_structures.encoding_of_leaves_and_indices()
    yield from vector_structures.schema_of_roots_and_leaves()
    yield from vector_indices.schema_of_indices()
    yield from vector_structures.limit()
    yield from vector_blocks.chain()
    yield from vector_blocks.block()
    yield from vector_blocks.links()
    yield from vector_keys.header()
    yield from vector_keys.payload()
    yield from vector_contents.index()
    yield from vector_contents.rules()
    yield from vector_contents.content()
    yield from vector_contents.identity()
    yield from envelopes()


def texts() -> dict[Path, str]:
    """Every file of the kit and what it must hold."""
    found: dict[Path, str] = {}
    headers: list[dict[str, str]] = []
    for vector in scenarios():
        path = FOLDER / f"{vector['scenario']}.txt"
        if path in found:
            raise SystemExit(f"two scenarios are called {path.stem}")
        found[path] = write(vector)
        headers.append(vector.header)
    found[PAGE] = with_tables(PAGE.read_text(encoding="utf-8"), headers)
    return found


def main(arguments: list[str]) -> int:
    """Write or compare."""
    expected = texts()
    differing = {path for path in FOLDER.glob("*") if path not in expected}
    for path, text in expected.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differing.add(path)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    if "--check" not in arguments:
        for path in differing - set(expected):
            path.unlink()
        return 0
    for path in sorted(differing):
        sys.stdout.write(f"{path.name} is not what generate.py says\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
