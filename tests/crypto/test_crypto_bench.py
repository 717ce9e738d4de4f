"""`scripts/bench seal` prints what it says, and memory does not grow with the bytes of a study."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[2] / "scripts" / "bench.d" / "seal.py"


def bench(*options: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(BENCH), "--json", *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    rows: list[dict[str, Any]] = json.loads(ran.stdout)
    return rows


def test_the_rows_are_those_of_the_targets() -> None:
    rows = bench("--bytes", "5MiB", "--rounds", "2")
    names = [f"{what}, {who}" for what in ("seal", "open") for who in ("one thread", "two threads")]
    assert [(row["name"], row["against"]) for row in rows] == [
        (name, against) for against in ("bound", "age", "tink") for name in names
    ]
    for row in rows:
        assert row["bytes"] == 5 << 20
        assert row["target"] == (0.85 if row["against"] == "bound" else None)
        assert row["met"] == (row["target"] is None or row["ratio"] >= 0.85)
        assert abs(row["ratio"] - row["bound"] / row["median"]) < 0.001


def test_memory_stays_flat() -> None:
    rows = bench("--memory", "--bytes", "512MiB", "--check")
    assert [row["name"] for row in rows] == ["seal, peak memory", "open, peak memory"]
    for row in rows:
        assert 0 < row["above"] <= 64 << 20
        assert row["met"] is True
