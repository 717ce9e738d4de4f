"""A process that is killed at any moment, and the same work done again.

The child is forked, so that a kill costs a fraction of a second. It dies by SIGKILL just before the n-th
thing that it does to the disk: a commit of the vault, what follows a commit, or a call of the store. What it
encrypts is noted first, outside of vault and store, so that nonces can be compared across the attempts.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixelpact import crypto, dicom
from pixelpact.models import Cid
from pixelpact.sealing import (
    NetworkIdentity,
    SealedStudy,
    StudyKeys,
    dispose,
    erase_old_keys,
    mark_final,
    mark_offered,
    open_sealed,
    received,
    reseal,
    seal,
    study_keys,
)
from pixelpact.storage import FolderStore
from pixelpact.vault import KeyFile, Kind, Vault, study_key_id
from pixelpact.vault.database import Database

NETWORK = NetworkIdentity(genesis=b"\x11" * 32, chain_id=31337, registry=b"\x22" * 20)
WATCHED = (
    (Database, "_run", lambda statement, *_: statement == "COMMIT"),
    (Database, "settle", lambda *_: True),
    *(
        (FolderStore, name, lambda *_: True)
        for name in ("put", "flush", "pin", "unpin", "collect", "present")
    ),
)


class Custody:
    """One custodian's folders, and the work done with them."""

    def __init__(self, folder: Path, study: Path) -> None:
        self.folder = folder
        self.study = study
        self.unlock = KeyFile(folder / "agent.key")
        Vault.create(folder / "vault", self.unlock).close()

    @contextlib.contextmanager
    def means(self) -> Iterator[tuple[Vault, FolderStore]]:
        with Vault.open(self.folder / "vault", self.unlock) as vault:
            yield vault, FolderStore(self.folder / "store")

    def sealed(self) -> None:
        with self.means() as (vault, store):
            self._seal(vault, store)

    def registered(self) -> None:
        with self.means() as (vault, store):
            first = self._seal(vault, store)
            mark_offered(vault, first)
            mark_final(vault, first)

    def rotated(self) -> None:
        """From sealing to the disposal of the first epoch. What the chain would do is done at once."""
        with self.means() as (vault, store):
            first = self._seal(vault, store)
            if first.epoch == 1:
                mark_offered(vault, first)
                mark_final(vault, first)
            epoch_one = self._epoch_one(vault, first)
            second = reseal(
                vault,
                store,
                first.study_id,
                epoch=1,
                manifest_digest=epoch_one,
                content_commitment=first.content_commitment,
                threads=2,
            )
            mark_offered(vault, second)
            mark_final(vault, second)
            erase_old_keys(vault, first.study_id)
            dispose(vault, {"node": store}, first.study_id, epoch=1)

    def _seal(self, vault: Vault, store: FolderStore) -> SealedStudy:
        return seal(
            dicom.scan(self.study),
            vault,
            store,
            network=NETWORK,
            custodian=1,
            subject=b"\x33" * 20,
            threads=2,
        )

    def _epoch_one(self, vault: Vault, sealed: SealedStudy) -> bytes:
        digest: bytes = vault.get(Kind.STUDY, sealed.study_id.hex())["epochs"]["1"]["manifest_digest"]
        return digest


def forked(work: Callable[[], None], log: Path, kill_at: int | None = None) -> int:
    """Start the work in a child that dies before its n-th change; the child's process id."""
    child = os.fork()
    if child:
        return child
    try:
        if kill_at is not None:
            _die_at(kill_at)
        _record(log)
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a forked child must not go on as a second pytest
        traceback.print_exc()
        os._exit(1)


def ending(child: int) -> int:
    """How a child ended: 0, or -9 when it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _die_at(kill_at: int) -> None:
    left = [kill_at]

    def watched(original: Callable[..., Any], counts: Callable[..., bool]) -> Callable[..., Any]:
        def call(self: object, *arguments: object, **named: object) -> object:
            if counts(*arguments):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return original(self, *arguments, **named)

        return call

    for owner, name, counts in WATCHED:
        setattr(owner, name, watched(getattr(owner, name), counts))


def _record(log: Path) -> None:
    class Cipher:
        def __init__(self, key: bytes) -> None:
            self._key = hashlib.sha256(key).hexdigest()
            self._cipher = AESGCM(key)

        def encrypt_into(self, nonce: bytes, data: memoryview, aad: None, into: memoryview) -> None:
            self._note(nonce, data)
            self._cipher.encrypt_into(nonce, data, aad, into)

        def encrypt(self, nonce: bytes, data: bytes, aad: None) -> bytes:
            self._note(nonce, data)
            return self._cipher.encrypt(nonce, data, aad)

        def _note(self, nonce: bytes, data: bytes | memoryview) -> None:
            line = f"{self._key} {nonce.hex()} {hashlib.sha256(data).hexdigest()}\n".encode()
            with log.open("ab", buffering=0) as file:
                file.write(line)

    importlib.import_module("pixelpact.crypto.seal").AESGCM = Cipher  # type: ignore[attr-defined]


@pytest.fixture
def custody(study: Path) -> Iterator[Callable[[], Custody]]:
    """A new custodian with the ultrasound sample, or with another folder.

    In memory where there is such a place: what a kill leaves is the same, and hundreds of syncs cost nothing.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    numbers = iter(range(10_000))
    top = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))

    def make(folder: Path = study) -> Custody:
        place = top / str(next(numbers))
        place.mkdir()
        own = place / "study"
        shutil.copytree(folder, own)
        return Custody(place, own)

    yield make
    shutil.rmtree(top)


def check_nothing_lies_open(custody: Custody, telling: Callable[[bytes], bytes]) -> None:
    """No UID, image, key or secret in any file of vault and store."""
    source = dicom.scan(custody.study)
    secrets = [source.study_uid.encode(), *(each.sop_uid.encode() for each in source)]
    secrets += [telling(path.read_bytes()) for path in custody.study.iterdir()]
    with custody.means() as (vault, store):
        secrets += [record["key"] for record in vault.records(Kind.STUDY_KEY).values()]
        secrets += [record["secret"] for record in vault.records(Kind.STUDY_SECRET).values()]
        for path in filter(Path.is_file, [*vault.folder.rglob("*"), *store.folder.rglob("*")]):
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content], path.name


def check_what_is_named_is_there(custody: Custody) -> None:
    """What the chain may name is whole and pinned, and its key in the vault."""
    with custody.means() as (vault, store):
        for record in vault.records(Kind.STUDY).values():
            for number, epoch in record["epochs"].items():
                if int(number) < record["final"]:
                    continue
                digest = epoch["manifest_digest"]
                cids = set(crypto.list_cids(digest, store.get))
                assert len(store.present(cids)) == epoch["blocks"]
                assert Cid.from_bytes(b"\x01\x71\x12\x20" + digest) in store.pins()
                assert study_keys(vault, record["study_id"], int(number), digest)


def check_no_nonce_was_used_twice(log: Path) -> None:
    met: dict[str, str] = {}
    for line in log.read_text().splitlines():
        key, nonce, plaintext = line.split()
        assert met.setdefault(f"{key} {nonce}", plaintext) == plaintext


def check_done(custody: Custody, epoch: int, files: dict[str, bytes]) -> None:
    """One study, in this epoch, bit for bit; nothing else in vault and store."""
    with custody.means() as (vault, store):
        assert vault.pending() == []
        (record,) = vault.records(Kind.STUDY).values()
        digest = record["epochs"][str(epoch)]["manifest_digest"]
        keys: StudyKeys = study_keys(vault, record["study_id"], epoch, digest)
        opened = open_sealed(
            store,
            keys,
            custodian=1,
            context=NETWORK.context(record["study_id"], epoch),
            manifest_digest=digest,
            content_commitment=record["content_commitment"],
        )
        assert {each.sop_uid: b"".join(pieces) for each, pieces in received(opened)} == files
        lying = {path.name for path in (store.folder / "blocks").glob("*/*")}
        assert lying == {str(cid) for cid in opened.cids()}
        assert {pin.digest for pin in store.pins()} == {digest}
        assert vault.ids(Kind.STUDY_KEY) == [study_key_id(record["study_id"], epoch)]
        assert len(vault.ids(Kind.STUDY_SECRET)) == 1


Files = Callable[[dicom.DicomStudy], dict[str, bytes]]


@pytest.mark.parametrize("changed", [False, True])
def test_sealing_killed_before_each_change(
    custody: Callable[[], Custody],
    files_of: Files,
    telling: Callable[[bytes], bytes],
    change: Callable[[Path], None],
    *,
    changed: bool,
):
    for kill_at in range(1, 1000):
        one = custody()
        log = one.folder / "log"
        ended = ending(forked(one.sealed, log, kill_at))
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        check_nothing_lies_open(one, telling)
        check_what_is_named_is_there(one)
        if changed:
            change(one.study)

        assert ending(forked(one.sealed, log)) == 0

        check_done(one, 1, files_of(dicom.scan(one.study)))
        check_no_nonce_was_used_twice(log)
    assert kill_at > 15


def test_rotating_killed_before_each_change(
    custody: Callable[[], Custody], files_of: Files, telling: Callable[[bytes], bytes]
):
    for kill_at in range(1, 1000):
        one = custody()
        one.registered()
        log = one.folder / "log"
        ended = ending(forked(one.rotated, log, kill_at))
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        check_nothing_lies_open(one, telling)
        check_what_is_named_is_there(one)

        assert ending(forked(one.rotated, log)) == 0

        check_done(one, 2, files_of(dicom.scan(one.study)))
        check_no_nonce_was_used_twice(log)
    assert kill_at > 30


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_time_again_and_again(
    custody: Callable[[Path], Custody],
    enlarged: Callable[[int], Path],
    files_of: Files,
    telling: Callable[[bytes], bytes],
    seed: int,
):
    chance = random.Random(seed)
    one = custody(enlarged(5))
    log = one.folder / "log"
    for _ in range(4):
        child = forked(one.rotated, log)
        time.sleep(chance.uniform(0.02, 0.4))
        os.kill(child, signal.SIGKILL)
        assert ending(child) in (0, -signal.SIGKILL)
        check_nothing_lies_open(one, telling)
        check_what_is_named_is_there(one)

    assert ending(forked(one.rotated, log)) == 0

    check_done(one, 2, files_of(dicom.scan(one.study)))
    check_no_nonce_was_used_twice(log)
