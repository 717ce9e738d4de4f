"""One command line in a forked child that is killed (SIGKILL) at a chosen moment, and what it did until then.

The moments are counted: each write of the vault's journal, and between two of them each commit of the vault,
call of the store, question to the chain's node and change of a file. What matters afterwards is noted outside
of everything that is tested: nonces with what they encrypted, transactions journalled and sent, roots pinned,
envelopes published.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from web3 import HTTPProvider

from pixelpact.chain import SignedCall, finality
from pixelpact.cli.app import run
from pixelpact.storage import FolderStore, KuboStore
from pixelpact.vault import Entry
from pixelpact.vault.database import Database

__all__ = ["END", "Ended", "Kill", "Running", "begin", "command"]

#: Stands for the end of a run in ``Ended.writes``.
END = "end"
_QUICK = 0.03
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "sqlite3.connect"}
_STORE_CALLS = ("put", "get", "flush", "pin", "unpin", "collect", "present")

# Loaded once here rather than in every child.
for _room in ("custodian", "requester", "patient", "documents", "dicom", "localnet", "profile"):
    importlib.import_module(f"pixelpact.{_room}")

Prepare = Callable[[], None]


@dataclass(frozen=True)
class Kill:
    """A moment.

    Attributes:
        write: the journal's write that it is counted from, the first is 1; 0 is the command's start.
        event: -1 is just before that write, 0 just after it, n before the n-th event after it, or before the
            next write where that comes first.
        instead: what happens then instead of a kill, once, such as that the disk is full.
    """

    write: int
    event: int
    instead: Prepare | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"write {self.write} event {self.event}"


@dataclass(frozen=True)
class Ended:
    """How a command line ended.

    Attributes:
        code: its exit code; -9 when it was killed.
        output, errors: what it printed.
        notes: what it noted, in order.
    """

    code: int
    output: str
    errors: str
    notes: list[dict[str, Any]]

    @property
    def killed(self) -> bool:
        """Whether it was killed."""
        return self.code == -signal.SIGKILL

    @property
    def json(self) -> dict[str, Any]:
        """What it printed, as JSON."""
        value: dict[str, Any] = json.loads(self.output)
        return value

    @property
    def writes(self) -> list[tuple[str, int]]:
        """The journal's writes in order with the number of events before each; ``END`` is the last."""
        return [(str(note["name"]), int(note["events"])) for note in self.notes if note["kind"] == "write"]


def command(
    arguments: list[str], folder: Path, *, kill: Kill | None = None, prepare: Prepare | None = None
) -> Ended:
    """Run a command line in a child of its own.

    Args:
        arguments: as they are typed after ``pixelpact``.
        folder: where its output, its notes and its temporary files go.
        kill: when it dies.
        prepare: is done in the child first.
    """
    return begin(arguments, folder, kill=kill, prepare=prepare).wait()


@dataclass(frozen=True)
class Running:
    """A command that was begun.

    Attributes:
        pid: its process.
        wait: waits for its end.
    """

    pid: int
    wait: Callable[[], Ended]

    def is_stopped(self) -> bool:
        """Whether it was stopped, and can go on."""
        return Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "T"


def begin(
    arguments: list[str], folder: Path, *, kill: Kill | None = None, prepare: Prepare | None = None
) -> Running:
    """As ``command``, and returns at once."""
    folder.mkdir(exist_ok=True)
    number = len(list(folder.glob("*.out")))
    output, errors, notes = (folder / f"{number:04d}.{name}" for name in ("out", "err", "notes"))
    for path in (output, notes):
        path.touch()
    # No files: what a command says must come out where the disk is full.
    pipes = [os.pipe() for _ in range(2)]
    child = os.fork()
    if not child:
        _in_child(arguments, (folder, pipes[0][1], pipes[1][1], notes), kill, prepare)
    for _, end in pipes:
        os.close(end)

    def wait() -> Ended:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for path, (begin, _) in zip((output, errors), pipes, strict=True):
            with open(begin, "rb") as stream:  # noqa: PTH123 - a pipe has no path
                path.write_bytes(stream.read())
        found = [json.loads(line) for line in notes.read_text("utf-8").splitlines()]
        return Ended(code, output.read_text("utf-8"), errors.read_text("utf-8"), found)

    return Running(child, wait)


def _in_child(
    arguments: list[str], places: tuple[Path, int, int, Path], kill: Kill | None, prepare: Prepare | None
) -> None:
    """Never returns: a forked child must not go on as a second test."""
    folder, output, errors, notes = places
    try:
        for descriptor, stream in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (errors, 2)):
            os.dup2(descriptor, stream)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        os.environ["TMPDIR"] = str(temporary)
        os.environ["COLUMNS"] = "500"
        watch = _Watch(notes, kill)
        watch.install()
        if prepare:
            prepare()
        code = run(arguments)
        watch.ends()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    except BaseException:  # noqa: BLE001 - whatever it was, the parent looks at the exit code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(99)


_NEVER = Kill(-1, -1)


class _Watch:
    """Counts, notes, and kills when it is time."""

    def __init__(self, notes: Path, kill: Kill | None) -> None:
        self._notes = os.open(notes, os.O_WRONLY | os.O_APPEND)
        self._kill = kill or _NEVER
        self._lock = threading.RLock()
        self._writes = 0
        self._events = 0
        self._rpc = ""

    def note(self, kind: str, **what: object) -> None:
        # Where a limit stands for a full disk, it is one for notes too.
        with suppress(OSError):
            os.write(self._notes, json.dumps({"kind": kind} | what).encode() + b"\n")

    def event(self, kind: str) -> None:
        """Something that the outside could see happens next."""
        with self._lock:
            self._events += 1
            if self._writes == self._kill.write and self._events == self._kill.event:
                self._die(kind)

    def write(self, name: str) -> None:
        """The journal is written next."""
        with self._lock:
            due = self._kill.event == -1 and self._writes + 1 == self._kill.write
            late = self._kill.event > 0 and self._writes == self._kill.write
            if due or late:
                self._die(f"before {name}")
            self.note("write", name=name, events=self._events)

    def written(self, name: str, transactions: list[str]) -> None:
        """The journal was written."""
        self.note("journalled", transactions=transactions)
        with self._lock:
            self._writes, self._events = self._writes + 1, 0
            if self._writes == self._kill.write and self._kill.event == 0:
                self._die(f"after {name}")

    def ends(self) -> None:
        """The command has ended, and nobody was told yet."""
        self.write(END)

    def _die(self, where: str) -> None:
        self.note("killed", where=where)
        if self._kill.instead is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            instead, self._kill = self._kill.instead, _NEVER
            instead()

    def install(self) -> None:
        """Watch this process, which ends with it."""
        finality._PAUSE = _QUICK
        self._watch_journal()
        self._watch_vault()
        for store in (FolderStore, KuboStore):
            self._watch_store(store)
        self._watch_node()
        self._watch_nonces()
        sys.addaudithook(self._audit)

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in _CHANGES or (name == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES):
            self.event(name)

    def _watch_journal(self) -> None:
        for method in ("advance", "restart", "finish"):
            original = getattr(Entry, method)

            def call(
                entry: Entry,
                step: str = "finish",
                state: Mapping[str, Any] | None = None,
                *,
                original: Any = original,
            ) -> None:
                name = f"{entry.operation}: {step}"
                self.write(name)
                original(entry, *(() if step == "finish" else (step, state)))
                raw = [
                    value for key, value in entry.state.items() if key.startswith("transaction ") and value
                ]
                self.written(name, [SignedCall.parse(each).hash.hex() for each in raw])

            setattr(Entry, method, call)

    def _watch_vault(self) -> None:
        original, settle = Database._run, Database.settle

        def call(database: Any, statement: str, *arguments: Any) -> Any:
            if statement == "COMMIT":
                self.event("commit")
            return original(database, statement, *arguments)

        def settled(database: Any) -> None:
            self.event("settle")
            settle(database)

        Database._run = call  # type: ignore[method-assign]
        Database.settle = settled  # type: ignore[method-assign]

    def _watch_store(self, store: type[Any]) -> None:
        for method in _STORE_CALLS:
            original = getattr(store, method)

            def call(own: Any, *arguments: Any, original: Any = original, method: str = method) -> Any:
                if (
                    method == "put"
                    and sys._getframe(1).f_globals["__name__"] == "pixelpact.custodian.releasing"
                ):
                    self.note("envelope", digest=hashlib.sha256(arguments[0]).hexdigest(), head=self._head())
                self.event(f"store {method}")
                result = original(own, *arguments)
                if method == "pin":
                    self.note("pinned", digest=arguments[0].digest.hex())
                return result

            setattr(store, method, call)

    def _watch_node(self) -> None:
        original = HTTPProvider.make_request

        def call(provider: Any, method: Any, parameters: Any) -> Any:
            self._rpc = provider.endpoint_uri
            self.event(f"node {method}")
            if method == "eth_sendRawTransaction":
                signed = SignedCall.parse(bytes.fromhex(str(parameters[0]).removeprefix("0x")))
                self.note(
                    "sent",
                    hash=signed.hash.hex(),
                    sender=signed.sender.hex(),
                    nonce=signed.nonce,
                    data=signed.data.hex(),
                )
            return original(provider, method, parameters)

        HTTPProvider.make_request = call  # type: ignore[method-assign]

    def _head(self) -> int:
        question = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
        return int(requests.post(self._rpc, json=question, timeout=10).json()["result"], 16)

    def _watch_nonces(self) -> None:
        watch = self

        class Cipher:
            def __init__(self, key: bytes) -> None:
                self._key = hashlib.sha256(key).hexdigest()
                self._cipher = AESGCM(key)

            def encrypt_into(
                self, nonce: bytes, data: memoryview, aad: bytes | None, into: memoryview
            ) -> None:
                self._note(nonce, data)
                self._cipher.encrypt_into(nonce, data, aad, into)

            def encrypt(self, nonce: bytes, data: bytes, aad: bytes | None) -> bytes:
                self._note(nonce, data)
                return self._cipher.encrypt(nonce, data, aad)

            def decrypt(self, nonce: bytes, data: bytes, aad: bytes | None) -> bytes:
                return self._cipher.decrypt(nonce, data, aad)

            def _note(self, nonce: bytes, data: bytes | memoryview) -> None:
                watch.note("nonce", key=self._key, nonce=nonce.hex(), of=hashlib.sha256(data).hexdigest())

        for module in ("pixelpact.crypto.seal", "pixelpact.vault.records"):
            importlib.import_module(module).AESGCM = Cipher  # type: ignore[attr-defined]
