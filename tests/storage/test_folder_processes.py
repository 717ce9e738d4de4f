"""The folder beside other processes: killed, out of room, forbidden to write. Real ones, by fork and exec."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixelpact.models import Cid
from pixelpact.storage import FolderStore

START = """
import os, resource, sys
from pathlib import Path
from pixelpact.errors import StoreError
from pixelpact.models import RAW, Cid
from pixelpact.storage import FolderStore
store = FolderStore(sys.argv[1])
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START + code, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("after", [0, 3, 17])
def test_a_killed_writer_leaves_no_half_block(tmp_path: Path, after: int):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            START
            + """
from concurrent.futures import ThreadPoolExecutor
def write(number):
    for step in range(10_000):
        store.put(number.to_bytes(4, "big") + step.to_bytes(4, "big") + os.urandom(2_000_000))
        print(number, step, flush=True)
with ThreadPoolExecutor(3) as pool:
    list(pool.map(write, range(3)))
""",
            str(tmp_path / "store"),
        ],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    for _ in range(after + 1):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    store = FolderStore(tmp_path / "store", create=False)
    assert list((store.folder / "tmp").iterdir()) == []
    kept = [path for path in (store.folder / "blocks").rglob("b*") if path.is_file()]
    assert len(kept) > after
    # Nothing was protected or pinned, so all of it goes; each was whole first.
    for cid in store.collect():
        assert cid.digest
    assert not any(path.exists() for path in kept)


def test_blocks_of_a_killed_writer_are_whole(tmp_path: Path):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            START + "while True: print(store.put(os.urandom(2_000_000)), flush=True)",
            str(tmp_path / "store"),
        ],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    for _ in range(10):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    store = FolderStore(tmp_path / "store", create=False)
    cids = [Cid.parse(path.name) for path in (store.folder / "blocks").rglob("b*") if path.is_file()]
    assert len(cids) >= 10
    for cid in cids:
        assert len(store.get(cid)) == 2_000_000


def test_a_living_process_protects_and_a_killed_one_no_more(tmp_path: Path):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            START
            + """
with store.protect():
    print(store.put(b"under way"), flush=True)
    sys.stdin.read()
""",
            str(tmp_path / "store"),
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()
    store = FolderStore(tmp_path / "store")
    assert store.collect() == ()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert len(store.collect()) == 1


def test_a_file_that_may_not_grow_is_told_and_leaves_nothing(tmp_path: Path):
    # RLIMIT_FSIZE cuts a real write short, as a full disk does.
    done = run(
        """
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
small = store.put(bytes(1000))
try:
    store.put(bytes(1_000_000))
except StoreError as error:
    print(error)
assert store.get(small) == bytes(1000)
assert not store.has(Cid.of(RAW, bytes(1_000_000)))
assert not list((store.folder / "tmp").iterdir())
""",
        tmp_path / "store",
    )
    assert done.returncode == 0, done.stderr
    assert "can't be written: a file may not grow any further here. Raise the file size limit" in done.stdout


def test_a_session_that_has_no_room_is_told(tmp_path: Path):
    done = run(
        """
resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))
with store.protect():
    store.put(b"one")
    for _ in range(2):
        try:
            store.put(b"two")
        except StoreError as error:
            print(error)
    assert store.collect() == ()
    assert not store.has(Cid.of(RAW, b"two"))
""",
        tmp_path / "store",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("can't be written") == 2


def test_no_more_open_files_is_told(tmp_path: Path):
    done = run(
        """
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
held = []
try:
    while True:
        held.append(open(os.devnull))
except OSError:
    pass
try:
    store.put(b"x")
except StoreError as error:
    print(error)
""",
        tmp_path / "store",
    )
    assert done.returncode == 0, done.stderr
    assert "too many files open" in done.stdout


def test_a_folder_that_may_not_be_written_is_told_and_can_still_be_read(open_folder: Path):
    folder = open_folder / "store"
    store = FolderStore(folder)
    cid = store.put(b"x")
    store.pin(cid)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    # Root may write anywhere; so the child becomes nobody first, when it can.
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            """
import os, sys
from pixelpact.errors import StoreError
from pixelpact.models import RAW, Cid
from pixelpact.storage import FolderStore
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
store = FolderStore(sys.argv[1])
cid = Cid.of(RAW, b"x")
assert store.get(cid) == b"x"
assert store.present([cid]) == (cid,)
assert store.pins() == {cid}
deeds = [lambda: store.put(b"y"), lambda: store.unpin(cid), store.collect]
deeds.append(lambda: store.protect().__enter__())
for deed in deeds:
    try:
        deed()
    except StoreError as error:
        print(error)
""",
            str(folder),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=60,
    )
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("it may not be written here. Give this user write access") == 4
