"""`scripts/bench store` prints what it says, of a real node."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "scripts" / "bench.d" / "store.py"


def test_the_rows_are_those_of_the_targets():
    command = [sys.executable, str(BENCH), "--json", "--mib", "3", "--rounds", "1", "--threads", "2"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    rows = json.loads(ran.stdout)
    assert [(row["name"], row["against"], row["target"]) for row in rows] == [
        ("store, RPC by httpx", "ipfs add", 0.4),
        ("store, RPC by ipfshttpclient", "ipfs add", None),
        ("fetch, RPC by httpx", "ipfs cat", None),
        ("fetch, gateway by httpx", "ipfs cat", 0.4),
        ("fetch, RPC by ipfshttpclient", "ipfs cat", None),
    ]
    for row in rows:
        assert row["bytes"] == 3 << 20
        assert abs(row["ratio"] - row["bound"] / row["median"]) < 0.001
        assert row["met"] == (row["target"] is None or row["ratio"] >= row["target"])
