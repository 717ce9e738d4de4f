"""How fast a Kubo node takes and gives blocks through KuboStore, against `ipfs add` and `ipfs cat`.

    scripts/bench store            a file of 256 MiB, nine rounds
    scripts/bench store --check    end with 1 if a target is missed

One real Kubo node, private and syncing as docs/kubo.md asks, in a folder of its own. Each round has an
empty repository and new random bytes in a file, which each way stores from the file and reads back whole:

- ipfs add: raw leaves, CIDv1, blocks of 1 MiB, pinned (its default); then ipfs cat, read by nobody.
- ours: what sealing and opening do with blocks. Threads put the file's blocks of 1 MiB under protection, then
  the block that links to them is put and pinned, and flush asks for the node's settings; then threads get all
  blocks, each checked against its CID.

The ways take turns at who is first. Ratios are of medians, the command's time divided by ours: 1 is as fast.
`best` is the same of the fastest round of each: on a busy machine the one that was disturbed least.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pixelpact.crypto import dagcbor
from pixelpact.models import DAG_CBOR, Cid
from pixelpact.storage import KuboStore

TESTS = Path(__file__).resolve().parents[2] / "tests" / "storage"
BLOCK = 1 << 20
TARGET = 0.4
#: What is measured by which way of ours. A target for what people get by default: the store finds the gateway
#: of a node on this machine, as localnet's nodes have one; the RPC and the other library are for information.
WAYS = {"httpx": "RPC by httpx", "gateway": "gateway by httpx", "ipfshttpclient": "RPC by ipfshttpclient"}
AIMED_AT = {("store", "httpx"), ("fetch", "gateway")}


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Commands:
    """Kubo's own command line, speaking to the node that runs."""

    def __init__(self, program: Path, repository: Path) -> None:
        self._program = str(program)
        self._environment = os.environ | {"IPFS_PATH": str(repository)}

    def run(self, *arguments: str) -> str:
        """What it prints."""
        command = [self._program, *arguments]
        ran = subprocess.run(command, env=self._environment, check=True, capture_output=True, text=True)
        return ran.stdout.strip()

    def measure(self, file: Path) -> tuple[float, float]:
        """Seconds to add the file and to cat it."""
        options = ("--quieter", "--raw-leaves", "--cid-version=1", f"--chunker=size-{BLOCK}")
        cids: list[str] = []
        added = timed(lambda: cids.append(self.run("add", *options, str(file))))
        command = [self._program, "cat", *cids]
        return added, timed(
            lambda: subprocess.run(
                command, env=self._environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        )


class Ours:
    """A store of ours, put to and got from by several threads."""

    def __init__(self, store: KuboStore, threads: int) -> None:
        self._store = store
        self._threads = threads

    def measure(self, file: Path) -> tuple[float, float]:
        """Seconds to put and pin the file and to get it."""
        with file.open("rb") as opened, ThreadPoolExecutor(self._threads) as pool:
            size = file.stat().st_size
            cids: list[Cid] = []

            def put(start: int) -> Cid:
                return self._store.put(os.pread(opened.fileno(), BLOCK, start))

            def store() -> None:
                with self._store.protect():
                    cids.extend(pool.map(put, range(0, size, BLOCK)))
                    links = [dagcbor.link(bytes(cid)) for cid in cids]
                    root = b"".join([dagcbor.array_head(len(links)), *links])
                    self._store.pin(self._store.put(root, DAG_CBOR))
                    self._store.flush()

            def fetch() -> None:
                if sum(pool.map(lambda cid: len(self._store.get(cid)), cids)) != size:
                    raise SystemExit("The file did not come back whole.")

            return timed(store), timed(fetch)


def measure(total: int, rounds: int, threads: int) -> list[dict[str, object]]:
    """The rows."""
    # How the tests start a node: the same settings, and none that could reach outside.
    sys.path.insert(0, str(TESTS))
    nodes: Any = importlib.import_module("kubo_node")
    with (
        tempfile.TemporaryDirectory(prefix="pixelpact-bench-") as temporary,
        nodes.running(Path(temporary) / "repository") as node,
    ):
        folder = Path(temporary)
        commands = Commands(nodes.PROGRAM, node.repository)
        stores = {
            "httpx": KuboStore(node.url, folder / "httpx"),
            "gateway": KuboStore(node.url, folder / "gateway", gateway=node.gateway),
            "ipfshttpclient": KuboStore(node.url, folder / "client", transport="ipfshttpclient"),
        }
        ways: dict[str, Any] = {"ipfs": commands}
        ways |= {name: Ours(store, threads) for name, store in stores.items()}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        starts = []
        for number in range(rounds):
            names = list(ways)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                (folder / "file").write_bytes(os.urandom(total))
                found[name].append(ways[name].measure(folder / "file"))
                node.empty()
            starts.append(timed(lambda: commands.run("version")))
        for store in stores.values():
            store.close()
    return rows(found, total, threads, statistics.median(starts))


def rows(
    found: dict[str, list[tuple[float, float]]], total: int, threads: int, start: float
) -> list[dict[str, object]]:
    """The rows of what was found: seconds to store and to fetch, by way."""
    table: list[dict[str, object]] = []
    for place, (what, command) in enumerate((("store", "ipfs add"), ("fetch", "ipfs cat"))):
        theirs = [times[place] for times in found["ipfs"]]
        bound = statistics.median(theirs)
        for way, title in WAYS.items():
            if (what, way) == ("store", "gateway"):
                continue  # a gateway stores nothing
            times = [each[place] for each in found[way]]
            ratio = round(bound / statistics.median(times), 3)
            target = TARGET if (what, way) in AIMED_AT else None
            table.append(
                {
                    "name": f"{what}, {title}",
                    "ratio": ratio,
                    "against": command,
                    "bytes": total,
                    "threads": threads,
                    "bound": round(bound, 6),
                    "median": round(statistics.median(times), 6),
                    "best": round(min(theirs) / min(times), 3),
                    "spread": round(max(times) - min(times), 6),
                    "start": round(start, 6),
                    "target": target,
                    "met": target is None or ratio >= target,
                }
            )
    return table


def main() -> int:
    """Parse and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench store", description=__doc__.partition("\n")[0])
    parser.add_argument("--mib", type=int, default=256, help="size of the file in MiB (256)")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    parser.add_argument("--threads", type=int, default=4, help="how many put and get (4)")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument("--check", action="store_true", help="end with 1 if a target is missed")
    options = parser.parse_args()
    table = measure(options.mib * BLOCK, options.rounds, options.threads)
    if options.json:
        print(json.dumps(table))
    else:
        for row in table:
            outcome = f"target {row['target']}: {'met' if row['met'] else 'missed'}" if row["target"] else ""
            value = f"{row['ratio']:.3f} of {row['against']} (best {row['best']:.3f})"
            print(f"{row['name']:<30} {value}  {outcome}")
    return 1 if options.check and not all(row["met"] for row in table) else 0


if __name__ == "__main__":
    sys.exit(main())
