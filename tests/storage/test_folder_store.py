"""The folder on disk: its layout, and what happens when the disk or somebody else interferes."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from pixelpact.errors import BlockError, StoreError
from pixelpact.models import RAW, Cid
from pixelpact.storage import FolderStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def blocks(store: FolderStore) -> list[Path]:
    return [path for path in (store.folder / "blocks").rglob("*") if path.is_file()]


def leftovers(store: FolderStore) -> list[Path]:
    return list((store.folder / "tmp").iterdir())


def test_a_block_is_a_file_of_exactly_its_bytes_under_its_cid(store: FolderStore):
    cid = store.put(b"a stored block")
    assert blocks(store) == [store.path(cid)]
    assert store.path(cid).name == str(cid)
    assert store.path(cid).read_bytes() == b"a stored block"


def test_only_its_owner_may_look_into_a_new_store(store: FolderStore):
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_a_store_opens_again_with_what_it_held(store: FolderStore):
    cid = store.put(b"x")
    store.pin(cid)
    again = FolderStore(store.folder, create=False)
    assert again.get(cid) == b"x"
    assert again.pins() == {cid}


def test_a_block_is_synced_before_it_gets_its_name_and_the_name_before_flush_returns(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
):
    # What a power cut would do can't be had here, so this watches the real calls go by.
    calls: list[tuple[str, str]] = []
    fsync, rename = os.fsync, Path.rename
    monkeypatch.setattr(
        os,
        "fsync",
        lambda fd: (calls.append(("sync", str(Path(f"/proc/self/fd/{fd}").readlink()))), fsync(fd))[1],
    )
    monkeypatch.setattr(
        Path, "rename", lambda self, to: (calls.append(("name", str(self))), rename(self, to))[1]
    )
    cid = store.put(b"x")
    ((synced, file), (named, source)) = calls
    assert (synced, named, file) == ("sync", "name", source)
    calls.clear()
    store.flush()
    shard = store.path(cid).parent
    assert calls == [("sync", str(shard)), ("sync", str(shard.parent))]
    calls.clear()
    # By another handle, which did not put the block itself.
    FolderStore(store.folder).pin(cid)
    assert calls == [("sync", str(path)) for path in (shard, shard.parent, store.folder / "pins")]
    calls.clear()
    store.unpin(cid)
    store.collect()
    assert calls == [("sync", str(store.folder / "pins")), ("sync", str(shard))]


def test_a_block_found_there_is_synced_too_since_its_writer_may_not_have(store: FolderStore):
    cid = store.put(b"x")
    other = FolderStore(store.folder)
    other.put(b"x")
    assert store.path(cid).parent in other._unsynced
    other.flush()
    assert not other._unsynced


def test_a_block_that_is_there_is_not_written_again(store: FolderStore):
    cid = store.put(b"x")
    before = store.path(cid).stat()
    store.put(b"x")
    after = store.path(cid).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_leaf_with_a_flipped_bit_on_disk_is_noticed(store: FolderStore):
    cid = store.put(bytes(1_048_576))
    with store.path(cid).open("r+b") as file:
        file.seek(777_777)
        file.write(b"\x01")
    with pytest.raises(BlockError, match="do not hash to its CID"):
        store.get(cid)


def test_a_block_in_anothers_place_is_noticed(store: FolderStore):
    one, two = store.put(b"one"), store.put(b"two")
    store.path(one).replace(store.path(two))
    with pytest.raises(BlockError, match="damaged"):
        store.get(two)
    with pytest.raises(BlockError, match="missing"):
        store.get(one)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "giant"])
def test_what_is_no_block_in_a_blocks_place_is_noticed_without_waiting(
    store: FolderStore, tmp_path: Path, kind: str
):
    cid = store.put(b"x")
    path = store.path(cid)
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        (tmp_path / "elsewhere").write_bytes(b"x")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        with path.open("wb") as file:
            file.truncate(2**40)
    with pytest.raises(BlockError, match="not a file of at most 2 MiB"):
        store.get(cid)
    # For the sweep, anything under the name is still something.
    assert store.present([cid]) == (cid,)


def test_a_store_that_is_gone_is_not_an_empty_store(store: FolderStore, tmp_path: Path):
    cid = store.put(b"x")
    store.pin(cid)
    store.folder.rename(tmp_path / "moved")
    deeds = [
        lambda: store.get(cid),
        lambda: store.has(cid),
        lambda: store.present([cid]),
        lambda: store.put(b"y"),
        lambda: store.pin(cid),
        lambda: store.unpin(cid),
        store.pins,
        store.collect,
        store.flush,
        lambda: store.protect().__enter__(),
        lambda: FolderStore(store.folder, create=False),
    ]
    for deed in deeds:
        with pytest.raises(StoreError, match="Check the path, and that its disk is mounted"):
            deed()
    assert not store.folder.exists()


def test_a_store_that_lost_its_pins_sweeps_nothing(store: FolderStore):
    cid = store.put(b"x")
    store.pin(cid)
    (store.folder / "pins" / str(cid)).unlink()
    (store.folder / "pins").rmdir()
    with pytest.raises(StoreError):
        store.collect()
    assert store.has(cid)


@pytest.mark.parametrize("name", ["turn", "work"])
def test_a_store_that_lost_a_lock_does_not_make_a_second_one(store: FolderStore, name: str):
    # Whoever holds the old one would not know.
    (store.folder / name).unlink()
    for deed in (lambda: store.put(b"x"), store.collect):
        with pytest.raises(StoreError):
            deed()
    assert not (store.folder / name).exists()


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="a folder of something else"):
        FolderStore(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_layout_is_refused(store: FolderStore):
    (store.folder / "FORMAT").write_bytes(b"PixelPact block folder 2\n")
    with pytest.raises(StoreError, match="a folder of something else"):
        FolderStore(store.folder)


def test_a_file_in_its_place_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreError, match=r"can't be opened: .*\. [A-Z]"):
            FolderStore(path)


def test_a_place_that_the_system_forbids_is_told():
    # Even root may make no folder among the processes.
    with pytest.raises(StoreError, match="can't be opened"):
        FolderStore("/proc/pixelpact")


def test_making_was_interrupted_and_goes_on(tmp_path: Path):
    (tmp_path / "blocks").mkdir()
    (tmp_path / "turn").touch()
    store = FolderStore(tmp_path)
    assert store.get(store.put(b"x")) == b"x"


def test_names_that_are_no_cid_are_not_ours_to_remove(store: FolderStore):
    cid = store.put(b"x")
    stranger = store.path(cid).with_name("notes.txt")
    stranger.touch()
    misplaced = store.folder / "blocks" / "zz"
    misplaced.mkdir()
    (misplaced / str(cid)).touch()
    assert store.collect() == (cid,)
    assert stranger.exists()
    assert (misplaced / str(cid)).exists()


def test_what_a_crash_left_is_removed_when_the_store_opens(store: FolderStore):
    (store.folder / "tmp" / "half").write_bytes(b"half a blo")
    FolderStore(store.folder)
    assert not leftovers(store)


def test_opening_takes_nothing_from_under_a_writer(store: FolderStore):
    half = store.folder / "tmp" / "half"
    half.write_bytes(b"half a blo")
    with store._gate.shared():
        FolderStore(store.folder)
        assert half.exists()


def test_collect_waits_for_the_put_under_way_and_puts_wait_for_it(store: FolderStore):
    order: list[str] = []

    def sweep() -> None:
        store.collect()
        order.append("swept")

    def put() -> None:
        store.put(b"x")
        order.append("put")

    sweeper, putter = threading.Thread(target=sweep), threading.Thread(target=put)
    with store._gate.shared():
        sweeper.start()
        sweeper.join(0.2)
        putter.start()
        putter.join(0.2)
        # The sweeper waits for us, and the new put waits for the sweeper.
        assert order == []
    sweeper.join()
    putter.join()
    assert order == ["swept", "put"]


def test_a_dead_session_protects_nothing_and_is_removed(store: FolderStore):
    cid = store.put(b"x")
    dead = store.folder / "sessions" / "dead"
    dead.write_bytes(bytes(cid))
    assert store.collect() == (cid,)
    assert not dead.exists()


def test_a_session_outlives_a_record_that_was_cut_short(store: FolderStore):
    with store.protect():
        session = store._session
        assert session is not None
        os.pwrite(session._descriptor, b"\x01\x55\x12", 0)
        cid = store.put(b"x")
        os.pwrite(session._descriptor, b"\x01\x55\x12", 36)
        assert store.collect() == ()
    assert store.collect() == (cid,)


def test_an_ended_session_writes_nowhere(store: FolderStore):
    # A put beside the end of the last protection may still hold the session, whose descriptor is closed by
    # then, or even another file's.
    with store.protect():
        session = store._session
    assert session is not None
    with (store.folder / "victim").open("w+b") as victim:
        assert victim.fileno() == session._descriptor
        session.add(Cid.of(RAW, b"x"))
        assert victim.read() == b""


def test_a_session_that_ends_while_the_sweep_looks_is_no_fault(store: FolderStore):
    done = threading.Event()

    def protect() -> None:
        while not done.is_set():
            with store.protect():
                pass

    threads = [threading.Thread(target=protect) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        store.collect()
    done.set()
    for thread in threads:
        thread.join()
