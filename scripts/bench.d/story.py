"""Where the time goes when one study of 100 MB is shared over Geth and Kubo.

    scripts/bench story                  a generated CT series, four Geths and four Kubos on this computer
    scripts/bench story --megabytes 10   a smaller one
    scripts/bench story --json

Every step is what the library does for its caller, final on the chain when it returns. Of each step's time
the part is told that it waited for the chain's blocks, and for the other node to have them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from pixelpact.chain import Chain
from pixelpact.custodian import Custodian
from pixelpact.dicom import scan
from pixelpact.localnet import ENGINES, Localnet, LocalnetConsortium
from pixelpact.patient import Patient
from pixelpact.policy import Category, Purpose
from pixelpact.requester import Requester

T = TypeVar("T")

_ROOT = "1.2.826.0.1.3680043.10.9999.77"
_SIDE = 512


@dataclass
class Row:
    """One step: its seconds, and how many of them it waited for blocks."""

    name: str
    seconds: float
    waited: float


class Clock:
    """Times steps, and within them the waiting for the chain.

    Args:
        chains: those that are waited for.
    """

    def __init__(self, chains: list[Chain]) -> None:
        self.rows: list[Row] = []
        self._chains = chains
        self._waited = 0.0
        for chain in chains:
            chain.send = self._counted(chain.send)
            chain.wait_final = self._counted(chain.wait_final)

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do one step, until every node has final what came of it."""
        before, start = self._waited, time.perf_counter()
        result = work()
        self._counted(self._settle)()
        self.rows.append(Row(name, time.perf_counter() - start, self._waited - before))
        print(f"  {name}: {self.rows[-1].seconds:.2f} s", file=sys.stderr)
        return result

    def _settle(self) -> None:
        goal = max(chain.final_head().number for chain in self._chains)
        for chain in self._chains:
            while chain.final_head().number < goal:
                time.sleep(0.05)

    def _counted(self, call: Callable[..., T]) -> Callable[..., T]:
        def counted(*arguments: Any, **options: Any) -> T:
            start = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                self._waited += time.perf_counter() - start

        return counted


def make_series(folder: Path, megabytes: int) -> int:
    """Write a CT series of nobody: slices of 512 by 512, 12 bits of noise in 16. The bytes of its files."""
    noise = np.random.default_rng(77)
    total = 0
    while total < megabytes * 1_000_000:
        number = len(list(folder.iterdir())) + 1
        slice_ = Dataset()
        slice_.file_meta = FileMetaDataset()
        slice_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        slice_.SOPClassUID, slice_.SOPInstanceUID = CTImageStorage, f"{_ROOT}.1.1.{number}"
        slice_.StudyInstanceUID, slice_.SeriesInstanceUID = f"{_ROOT}.1", f"{_ROOT}.1.1"
        slice_.Modality, slice_.InstanceNumber = "CT", number
        slice_.PatientName, slice_.PatientID = "Bench^Nobody", "none"
        slice_.Rows = slice_.Columns = _SIDE
        slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit = 16, 12, 11
        slice_.SamplesPerPixel, slice_.PixelRepresentation = 1, 0
        slice_.PhotometricInterpretation = "MONOCHROME2"
        slice_.PixelData = noise.integers(0, 4096, (_SIDE, _SIDE), dtype=np.uint16).tobytes()
        path = folder / f"{number:04d}.dcm"
        slice_.save_as(path, enforce_file_format=True)
        total += path.stat().st_size
    return total


def tell(consortium: LocalnetConsortium, folder: Path) -> list[Row]:
    """The story of the series in a folder."""
    hospital, clinic = Custodian(consortium[1]), Requester(consortium[2])
    patient = Patient.create(consortium.chain())
    clock = Clock([consortium[number].chain for number in (1, 2)])
    clock.step("publish a key", clinic.publish_key)
    subject = patient.address(custodian=1)
    sealed = clock.step("seal and store", lambda: hospital.seal(scan(folder), subject=subject))
    study = clock.step("register", lambda: hospital.register(sealed))
    consent = patient.allow(custodian=1, grantee=2, purposes=[Purpose.TREAT], categories=sum(Category))
    clock.step("consent", lambda: hospital.relay(consent))
    invitation = hospital.invite(study.number, consent)
    asked = clock.step("request", lambda: clinic.request(invitation, purpose=Purpose.TREAT, person="reader"))
    clock.step("release", lambda: hospital.release(asked.number, person="archive"))
    fetched = clinic.fetch(asked.number)
    clock.step("fetch and verify", fetched.verify)
    clock.step("confirm", lambda: clinic.confirm(fetched, person="reader"))
    rotation = clock.step("rotate", lambda: hospital.rotate(study.number, person="archive"))
    if not rotation.served:
        raise SystemExit("nobody was served again")
    return clock.rows


def report(rows: list[Row], length: int, localnet: Localnet) -> dict[str, Any]:
    """What was measured, as JSON-like values."""
    total = sum(row.seconds for row in rows)
    return {
        "bytes": length,
        "seconds": round(total, 2),
        "engine": localnet.engine,
        "finality_depth": localnet.network.finality_depth,
        "versions": {
            "pixelpact": version("pixelpact"),
            "cryptography": version("cryptography"),
            "geth": said_by("geth", "version"),
            "kubo": said_by("ipfs", "version", "--number"),
        },
        "cores": os.cpu_count(),
        "date": datetime.now(UTC).date().isoformat(),
        "steps": [
            {
                "name": row.name,
                "seconds": round(row.seconds, 2),
                "share": round(row.seconds / total, 3),
                "waiting for blocks": round(row.waited, 2),
                "work": round(row.seconds - row.waited, 2),
            }
            for row in rows
        ],
    }


def said_by(*command: str) -> str:
    """What a program says of its version."""
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Version:")), lines[0])


def table(found: dict[str, Any]) -> str:
    """The rows for docs/evidence/story.md."""
    lines = ["| step | seconds | share | waiting for blocks | work |", "|---|---|---|---|---|"]
    lines += [
        f"| {row['name']} | {row['seconds']:.2f} | {row['share']:.1%} | {row['waiting for blocks']:.2f} "
        f"| {row['work']:.2f} |"
        for row in found["steps"]
    ]
    return "\n".join([*lines, f"| all | {found['seconds']:.2f} | | | |"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=100, help="size of the study (100)")
    parser.add_argument("--engine", choices=ENGINES, default="geth")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pixelpact-bench-") as name:
        folder = Path(name)
        (folder / "series").mkdir()
        length = make_series(folder / "series", options.megabytes)
        try:
            localnet = Localnet.up(folder / "net", engine=options.engine, institutions=4)
            with LocalnetConsortium(localnet, folder, members=4) as consortium:
                rows = tell(consortium, folder / "series")
        finally:
            Localnet.stop(folder / "net")
        found = report(rows, length, localnet)
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
