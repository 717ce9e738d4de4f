"""How near sealing and opening come to what their primitives allow, and how much memory they take.

    scripts/bench seal             seal and open, on one thread and on two: against their bound, age and tink
    scripts/bench seal --memory    two rows: peak memory above start, sealing and opening a generated study

The bound is the sum of reading the input and of the primitives' own times over as many bytes, measured in the
same run on as many threads: SHA-256 twice (instance digest, CID) and AES-256-GCM once. Age (by pyrage) and
Tink (its streaming AEAD) encrypt and decrypt the same bytes as one file. All of them take turns.
Ratios are of medians.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import RawIOBase
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

from _others import others
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact.crypto import (
    OpenStudy,
    SealedStudy,
    StudyKey,
    StudySecret,
    local_id,
    open_study,
    seal,
    study_id,
)
from pixelpact.crypto.blocks import CHUNK, nonce
from pixelpact.crypto.keys import context_digest, derive_keys
from pixelpact.crypto.root import Root
from pixelpact.models import DAG_CBOR, Cid, Instance, StudyContext

TARGET = 0.85
THREADS = {1: "one thread", 2: "two threads"}
MEMORY_TARGET = 64 << 20
#: Sizes of instances, in turn: a CT slice, a larger one, an ultrasound loop, a radiograph, a compressed one.
SIZES = (526_358, 1_049_600, 2_100_000, 4_194_304, 787_456)
KEY, SECRET, CUSTODIAN, STUDY_UID = (
    StudyKey(b"k" * 32),
    StudySecret(b"r" * 32),
    1,
    "1.2.826.0.1.3680043.10.9999.1",
)
STUDY_ID = study_id(CUSTODIAN, local_id(SECRET, CUSTODIAN, STUDY_UID))
CONTEXT = StudyContext(genesis=b"g" * 32, chain_id=1, registry=b"c" * 20, study_id=STUDY_ID, epoch=1)


class Source:
    """A study whose instances are opened by a function of their position."""

    study_uid = STUDY_UID

    def __init__(self, lengths: list[int], opener: Callable[[int], BinaryIO]) -> None:
        self._lengths = lengths
        self._opener = opener

    def __iter__(self) -> Iterator[Instance]:
        for position, length in enumerate(self._lengths):
            yield Instance(
                sop_uid=f"{STUDY_UID}.2.{position + 1_000_000}",
                series_uid=f"{STUDY_UID}.1",
                class_uid="1.2.840.10008.5.1.4.1.1.2",
                length=length,
                attributes={"InstanceNumber": position},
            )

    def open(self, instance: Instance) -> BinaryIO:
        """The bytes of an instance."""
        return self._opener(int(instance.sop_uid.rpartition(".")[2]) - 1_000_000)


def open_sealed(sealed: SealedStudy, get: Callable[[Cid], bytes]) -> OpenStudy:
    """The study that was sealed, opened."""
    return open_study(
        get,
        key=KEY,
        secret=SECRET,
        custodian=CUSTODIAN,
        context=CONTEXT,
        manifest_digest=sealed.manifest_digest,
        committed=sealed.content_commitment,
    )


def lengths_of(total: int) -> list[int]:
    """Lengths of instances that add up to so many bytes."""
    lengths: list[int] = []
    while total > 0:
        lengths.append(min(SIZES[len(lengths) % len(SIZES)], total))
        total -= lengths[-1]
    return lengths


# Speed


def seconds(work: Callable[[int, int], object], tasks: int, threads: int) -> float:
    """How long so many threads take for the tasks; work is given the thread's place and the task's number."""
    numbers = iter(range(tasks))

    def run(place: int) -> None:
        for number in numbers:
            work(place, number)

    others = [Thread(target=run, args=(place,)) for place in range(1, threads)]
    start = time.perf_counter()
    for thread in others:
        thread.start()
    run(0)
    for thread in others:
        thread.join()
    return time.perf_counter() - start


def primitives(total: int, threads: int, *, decrypt: bool) -> float:
    """SHA-256 twice and AES-GCM once over so many bytes, in chunks, on so many threads: seconds."""
    cipher = AESGCM(bytes(KEY))
    chunks = -(-total // CHUNK)
    plains = [bytearray(os.urandom(CHUNK)) for _ in range(threads)]
    blocks = [bytearray(cipher.encrypt(nonce(0, last=False), plain, None)) for plain in plains]

    def digest(place: int, _: int) -> None:
        hashlib.sha256(plains[place]).digest()

    def encrypt(place: int, number: int) -> None:
        cipher.encrypt_into(nonce(number, last=False), plains[place], None, blocks[place])

    def reverse(place: int, _: int) -> None:
        cipher.decrypt_into(nonce(0, last=False), blocks[place], None, plains[place])

    ciphers = seconds(reverse if decrypt else encrypt, chunks, threads)
    return seconds(digest, 2 * chunks, threads) + ciphers


class Folder:
    """The instances and the sealed blocks of a generated study, each a file."""

    def __init__(self, folder: Path, total: int) -> None:
        self._folder = folder
        self.lengths = lengths_of(total)
        noise = os.urandom(max(SIZES) + len(self.lengths))
        for position, length in enumerate(self.lengths):
            (folder / f"{position}.dcm").write_bytes(noise[position : position + length])
        self.source = Source(self.lengths, self._open)
        self.sealed = seal(
            self.source, key=KEY, secret=SECRET, custodian=CUSTODIAN, context=CONTEXT, put=self._store
        )

    def _open(self, position: int) -> BinaryIO:
        return cast("BinaryIO", (self._folder / f"{position}.dcm").open("rb", buffering=0))

    def _store(self, cid: Cid, block: bytes | memoryview) -> None:
        (self._folder / str(cid)).write_bytes(block)

    def get(self, cid: Cid) -> bytes:
        """A block."""
        with (self._folder / str(cid)).open("rb", buffering=0) as file:
            return file.read()

    def as_one_file(self) -> Path:
        """The same bytes in one file, for those that know no study."""
        path = self._folder / "study"
        with path.open("wb") as file:
            for position in range(len(self.lengths)):
                file.write((self._folder / f"{position}.dcm").read_bytes())
        return path

    def read_instances(self, threads: int) -> float:
        """Seconds to read all instances."""
        buffers = [memoryview(bytearray(CHUNK)) for _ in range(threads)]

        def read(place: int, position: int) -> None:
            with self._open(position) as file:
                while cast("RawIOBase", file).readinto(buffers[place]):
                    pass

        return seconds(read, len(self.lengths), threads)

    def read_blocks(self, threads: int) -> float:
        """Seconds to read all data blocks."""
        cids = [cid for cid in open_sealed(self.sealed, self.get).cids() if cid.codec != DAG_CBOR]
        return seconds(lambda _, position: self.get(cids[position]), len(cids), threads)

    def seal(self, threads: int) -> float:
        """Seconds to seal into nothing."""
        start = time.perf_counter()
        seal(
            self.source,
            key=KEY,
            secret=SECRET,
            custodian=CUSTODIAN,
            context=CONTEXT,
            put=lambda _cid, _block: None,
            threads=threads,
        )
        return time.perf_counter() - start

    def open(self, threads: int) -> float:
        """Seconds to open and take every instance."""
        start = time.perf_counter()
        total = 0
        for _, pieces in open_sealed(self.sealed, self.get).stream(threads):
            total += sum(map(len, pieces))
        if total != sum(self.lengths):
            raise SystemExit("the study did not open whole")
        return time.perf_counter() - start


def speed(total: int, rounds: int) -> list[dict[str, object]]:
    """The rows: sealing and opening against their bound, then against others."""
    times: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="pixelpact-bench-") as folder:
        study = Folder(Path(folder), total)
        rivals = others(study.as_one_file())

        def note(what: str, who: str, took: float) -> None:
            times.setdefault((what, who), []).append(took)

        for _ in range(rounds):
            for threads, who in THREADS.items():
                note(
                    "seal",
                    f"bound, {who}",
                    study.read_instances(threads) + primitives(total, threads, decrypt=False),
                )
                note("seal", who, study.seal(threads))
                note(
                    "open",
                    f"bound, {who}",
                    study.read_blocks(threads) + primitives(total, threads, decrypt=True),
                )
                note("open", who, study.open(threads))
            for rival in rivals:
                note("seal", rival.name, rival.seal())
                note("open", rival.name, rival.open())
    rows = [
        row(times, (what, who), f"bound, {who}", total)
        for what in ("seal", "open")
        for who in THREADS.values()
    ]
    return rows + [
        row(times, (what, who), rival.name, total)
        for rival in rivals
        for what in ("seal", "open")
        for who in THREADS.values()
    ]


def row(
    times: dict[tuple[str, str], list[float]], ours: tuple[str, str], theirs: str, total: int
) -> dict[str, object]:
    """One row: the median of theirs divided by that of ours. Only the bound is a target."""
    bound, median = statistics.median(times[ours[0], theirs]), statistics.median(times[ours])
    ratio = round(bound / median, 3)
    against = theirs.partition(",")[0]
    target = TARGET if against == "bound" else None
    return {
        "name": ", ".join(ours),
        "ratio": ratio,
        "against": against,
        "bytes": total,
        "bound": round(bound, 6),
        "median": round(median, 6),
        "spread": round(max(times[ours]) - min(times[ours]), 6),
        "target": target,
        "met": target is None or ratio >= target,
    }


# Memory


class Noise(RawIOBase):
    """A stream of noise that repeats, from a position of its own."""

    PERIOD = (1 << 20) + 7
    BYTES = os.urandom(PERIOD) * 2

    def __init__(self, start: int, length: int) -> None:
        self._at = start
        self._end = start + length

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as the stream goes."""
        size = min(len(buffer), self._end - self._at)
        buffer[:size] = self.at(self._at, size)
        self._at += size
        return size

    @classmethod
    def at(cls, position: int, size: int) -> memoryview:
        """So many bytes, at most a period, from a position."""
        begin = position % cls.PERIOD
        return memoryview(cls.BYTES)[begin : begin + size]


class Regenerated:
    """Blocks of a study of noise: those of the data stream are encrypted again when asked for, not stored."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._kept: dict[bytes, bytes] = {}

    def put(self, cid: Cid, block: bytes | memoryview) -> None:
        """Note a block; with one thread they come in order, the index and the root last."""
        if cid.codec == DAG_CBOR:
            self._kept[cid.digest] = bytes(block)
        else:
            self._numbers[cid.digest] = len(self._numbers)
            self._last = cid.digest, bytes(block)

    def finish(self, sealed: SealedStudy, total: int) -> None:
        """Make ready to give blocks."""
        self._kept[self._last[0]] = self._last[1]
        salt = Root.decode(self._kept[sealed.manifest_digest]).salt
        self._cipher = AESGCM(derive_keys(KEY, salt, context_digest(CONTEXT)).data)
        self._chunks, self._total = sealed.chunks, total

    def get(self, cid: Cid) -> bytes:
        """A block."""
        kept = self._kept.get(cid.digest)
        if kept is not None:
            return kept
        number = self._numbers[cid.digest]
        start = number * CHUNK
        plain = bytes(Noise.at(start, min(CHUNK, self._total - start))).ljust(CHUNK, b"\x00")
        return self._cipher.encrypt(nonce(number, last=number == self._chunks - 1), plain, None)


def in_use(line: str) -> int:
    """Bytes of memory in use now (VmRSS), or the most that ever were (VmHWM): proc_pid_status(5)."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(each for each in status if each.startswith(line + ":")).split()[1]) * 1024


def memory(total: int) -> list[dict[str, object]]:
    """The two rows."""
    length = 4 << 20
    lengths = [min(length, total - start) for start in range(0, total, length)]
    source = Source(lengths, lambda position: cast("BinaryIO", Noise(position * length, lengths[position])))
    blocks = Regenerated()
    rows: list[dict[str, object]] = []

    def note(name: str, start: int, began: float) -> None:
        above = in_use("VmHWM") - start
        rows.append(
            {
                "name": name,
                "ratio": None,
                "against": "memory in use at the start",
                "bytes": total,
                "above": above,
                "median": round(time.perf_counter() - began, 2),
                "target": MEMORY_TARGET,
                "met": above <= MEMORY_TARGET,
            }
        )

    start, began = in_use("VmRSS"), time.perf_counter()
    sealed = seal(
        source, key=KEY, secret=SECRET, custodian=CUSTODIAN, context=CONTEXT, put=blocks.put, threads=1
    )
    note("seal, peak memory", start, began)
    blocks.finish(sealed, total)
    began = time.perf_counter()
    for _, pieces in open_sealed(sealed, blocks.get).stream(2):
        for _ in pieces:
            pass
    note("open, peak memory", start, began)
    return rows


def size(text: str) -> int:
    """A number of bytes: 512MiB, 10GiB."""
    for unit, factor in (("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)):
        if text.endswith(unit):
            return int(float(text.removesuffix(unit)) * factor)
    return int(text)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench seal", description=__doc__.partition("\n")[0])
    parser.add_argument("--memory", action="store_true", help="measure memory instead of speed")
    parser.add_argument("--bytes", type=size, help="size of the input (512MiB; with --memory 10GiB)")
    parser.add_argument("--rounds", type=int, default=9, help="how often each row is measured")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument("--check", action="store_true", help="end with 1 if a target is missed")
    options = parser.parse_args()
    rows = (
        memory(options.bytes or 10 << 30)
        if options.memory
        else speed(options.bytes or 512 << 20, options.rounds)
    )
    if options.json:
        print(json.dumps(rows))
    else:
        for each in rows:
            value = (
                f"{each['above']:>13,} bytes"
                if options.memory
                else f"{each['ratio']:.3f} of {each['against']}"
            )
            target = (
                f"  (target {each['target']:,}: {'met' if each['met'] else 'missed'})"
                if each["target"]
                else ""
            )
            print(f"{each['name']:<20} {value}{target}")
    return 1 if options.check and not all(each["met"] for each in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
