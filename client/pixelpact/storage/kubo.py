"""Blocks in a Kubo node, by its RPC: the store of an institution that shares over a private IPFS swarm.

Kubo keeps blocks by their hash, pins trees and sweeps what no pin reaches; it knows nothing of work that has
not pinned yet. That is kept in a folder beside it, as a ``FolderStore`` has it (gate.py, sessions.py): every
process of the institution that uses the node names the same folder. A sweep gives each protected block a pin
of its own for as long as it lasts. docs/kubo.md says what this promises, and what it can't.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pixelpact.errors import BlockError
from pixelpact.models import DAG_CBOR, RAW, Cid
from pixelpact.storage.blocks import BLOCK_LIMIT, check_block, identify, missing, reachable
from pixelpact.storage.faults import told
from pixelpact.storage.kubo_opening import TransportName, check_version, connected, opened_gateway, refuse
from pixelpact.storage.kubo_protection import Protection
from pixelpact.storage.kubo_rpc import Answer, Patience, Refusal, TooLong
from pixelpact.storage.kubo_settings import Flaw, durability_flaws, knock, own_gateway, settings_flaws

__all__ = ["KuboStore"]

_CODECS = {RAW: "raw", DAG_CBOR: "dag-cbor"}
#: The name of the pins that a sweep gives to what is protected.
_UNDER_WAY = "pixelpact-under-way"
_KNOCKING = 2.0
# How long the node may think before it says the next thing about a whole tree or its whole store.
_THINKING = 600.0
# How long it may take over one more block of a tree, 1 MiB read from a slow disk.
_A_BLOCK = 0.1
_LIST_SIZE = 1 << 28
_AT_ONCE = 8
_PINS_AT_ONCE = 200


class KuboStore:
    """A ``Store`` in one Kubo node (0.38 or later; tested with 0.43).

    Args:
        url: where its RPC listens, such as ``http://127.0.0.1:5001``.
        folder: where this institution's processes tell each other what they are doing with this node; made if
            it is absent. One folder a node, one node a folder.
        transport: the library that carries the calls; ``ipfshttpclient`` needs the extra of that name.
        gateway: where its gateway listens, such as ``http://127.0.0.1:8080``; None for the one that the node
            itself tells of, if both are on this machine. ``get`` is faster with one, but has no use for it
            with ``from_peers``. Blocks are checked all the same; what it can't give, the RPC is asked for.
        from_peers: ``get`` may also ask the node's peers, for a requester whose custodian has the blocks. The
            node keeps what they give until the next sweep. Everything else is about this node alone.
        timeout: seconds that one block may take.
        allow_flaws: use the node even though ``privacy`` or ``durability`` find something wrong.

    Raises:
        InputError: no URL, or the library of this transport is not installed.
        StoreError: the node does not answer, or lets others learn of its blocks, or may lose them.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of its own, and named
        self,
        url: str,
        folder: str | os.PathLike[str],
        *,
        transport: TransportName = "httpx",
        gateway: str | None = None,
        from_peers: bool = False,
        timeout: float = 60.0,
        allow_flaws: bool = False,
    ) -> None:
        self.folder = Path(folder).absolute()
        self._from_peers = from_peers
        self._timeout = timeout
        self._short = Patience(timeout, timeout, BLOCK_LIMIT)
        self._long = Patience(max(timeout, _THINKING), None, _LIST_SIZE)
        self._protection = Protection(self.folder)
        self._gate = self._protection.gate
        self._gateway = opened_gateway(gateway) if gateway else None
        self._rpc = connected(url, transport)
        self.url = self._rpc.url
        try:
            check_version(self.url, self.version())
            if not allow_flaws:
                refuse(self.url, self.privacy() + self.durability())
            if not gateway and (named := own_gateway(self._config(), self.url)):
                self._gateway = opened_gateway(named)
            with told(self.folder, "opened"):
                self._protection.make()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connections; the store can't be used any more."""
        self._rpc.close()
        if self._gateway:
            self._gateway.close()

    def version(self) -> str:
        """The node's version of Kubo, such as ``0.43.1``."""
        with self._rpc.telling("version"):
            told_version = self._rpc.one("version", patience=self._short).get("Version")
        if not isinstance(told_version, str):
            self._rpc.nonsense("version", "it tells no version")
        return told_version

    def privacy(self) -> tuple[Flaw, ...]:
        """What is wrong with the node's privacy: its settings, and whether its swarm asks for a key."""
        config = self._config()
        with self._rpc.telling("swarm/addrs/listen"):
            listening = self._rpc.one("swarm/addrs/listen", patience=self._short).get("Strings") or []
        return settings_flaws(config) + knock([str(address) for address in listening], _KNOCKING)

    def durability(self) -> tuple[Flaw, ...]:
        """What in the node's settings lets it lose what it said it had stored."""
        return durability_flaws(self._config())

    def put(self, data: bytes | bytearray | memoryview, codec: int = RAW) -> Cid:
        """Store one block (``Store.put``); a node without flaws has synced it when this returns."""
        cid = identify(data, codec)
        with told(self.folder, "written"), self._gate.shared():
            # First protected, then stored: a sweep before this may take the block, one after will not.
            self._protection.add(cid)
            with self._rpc.telling("block/put"):
                answers = self._rpc.objects(
                    "block/put", patience=self._short, file=data, cid_codec=_CODECS[codec], mhtype="sha2-256"
                )
        if [(answer.get("Key"), answer.get("Size")) for answer in answers] != [
            (str(cid), memoryview(data).nbytes)
        ]:
            self._rpc.nonsense("block/put", f"it did not say that it has stored {cid}")
        return cid

    def get(self, cid: Cid) -> bytes:
        """One block, checked (``Store.get``); with ``from_peers`` the node may fetch it first.

        Raises:
            BlockError: also when the node's peers did not give it within ``timeout``.
        """
        if not self._from_peers:
            return self._local(cid)
        patience = Patience(self._timeout + 10, self._timeout + 10, BLOCK_LIMIT)
        try:
            data = self._rpc.block(str(cid), patience, offline="false", timeout=f"{self._timeout:g}s")
        except Refusal as refusal:
            if "deadline exceeded" in str(refusal) or _is_missing(refusal, cid):
                raise BlockError(
                    f"The block {cid} is missing",
                    why=f"neither this node nor a peer of its swarm gave it within {self._timeout:g} s",
                    remedy="Check that the custodian's node runs and that this one is connected to it",
                ) from None
            raise self._rpc.refused("block/get", refusal) from None
        except TooLong:
            raise _endless(cid) from None
        return check_block(cid, data)

    def has(self, cid: Cid) -> bool:
        """Whether this node has anything under the CID's hash (``Store.has``)."""
        return bool(self.present((cid,)))

    def present(self, cids: Iterable[Cid]) -> tuple[Cid, ...]:
        """Those that this node still has (``Store.present``): it is asked for each, without its peers.

        Only its own words that it can't find this very block make one absent; any other failure is a
        StoreError.
        """
        asked = tuple(cids)
        if len(asked) < 2 * _AT_ONCE:
            found = [self._is_here(cid) for cid in asked]
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                found = list(pool.map(self._is_here, asked))
        return tuple(cid for cid, here in zip(asked, found, strict=True) if here)

    @contextmanager
    def protect(self, cids: Iterable[Cid] = ()) -> Iterator[None]:
        """Spare ``cids`` and what this object puts (``Store.protect``), in every process with this folder."""
        with self._protection.open(tuple(cids)):
            yield

    def pin(self, root: Cid) -> None:
        """Check the tree's links, then have the node pin it recursively (``Store.pin``)."""
        with told(self.folder, "written"), self._gate.shared():
            tree = reachable(root, self._local)
            seconds = self._long.silence + len(tree) * _A_BLOCK
            patience = Patience(seconds + 10, seconds + 10, _LIST_SIZE)
            # All of them are looked for first: Kubo would wait for its peers to give a block that is missing.
            if self._walked(root, patience) != len(tree):
                here = self.present(tree)
                if len(here) != len(tree):
                    raise missing(min(tree.difference(here)))
            if root in self.pins():
                # Not a second time: Kubo would drop the pin first, and have none if it fails then.
                return
            with self._rpc.telling("pin/add"):
                answer = self._rpc.one("pin/add", str(root), patience=patience, timeout=f"{seconds:g}s")
            if answer.get("Pins") != [str(root)]:
                self._rpc.nonsense("pin/add", f"it did not say that it has pinned {root}")

    def unpin(self, root: Cid) -> None:
        """Remove a recursive pin (``Store.unpin``); the node's own database is synced by each change."""
        with told(self.folder, "written"), self._gate.shared():
            if root not in self.pins():
                return
            with self._rpc.telling("pin/rm"):
                answer = self._rpc.one("pin/rm", str(root), patience=self._long)
            if answer.get("Pins") != [str(root)]:
                self._rpc.nonsense("pin/rm", f"it did not say that it has unpinned {root}")

    def pins(self) -> frozenset[Cid]:
        """The recursively pinned roots (``Store.pins``); trees of other kinds are not ours to tell."""
        return frozenset(self._pins("recursive"))

    def collect(self) -> tuple[Cid, ...]:
        """Have the node sweep what nothing pins (``Store.collect``); puts with this folder wait meanwhile.

        The trees are walked here first: Kubo would follow the links of a damaged block wherever they lead.
        """
        with told(self.folder, "written"), self._gate.exclusive():
            keep = self._protection.protected()
            for root in self.pins():
                keep -= reachable(root, self._local)
            try:
                self._pin_each(sorted(set(self.present(sorted(keep))).difference(self._pins("direct"))))
                with self._rpc.telling("repo/gc"):
                    answers = self._rpc.objects("repo/gc", patience=self._long, stream_errors="true")
            finally:
                # Also those that a sweep has left behind which was killed.
                self._unpin_each([cid for cid, name in self._pins("direct").items() if name == _UNDER_WAY])
        return tuple(sorted(filter(None, map(self._removed, answers))))

    def flush(self) -> None:
        """Check that the node syncs what it stores (``Store.flush``): then all of it is durable already.

        Raises:
            StoreError: it does not, or does not answer.
        """
        refuse(self.url, self.durability())

    def _config(self) -> Answer:
        with self._rpc.telling("config/show"):
            return self._rpc.one("config/show", patience=self._short)

    def _local(self, cid: Cid) -> bytes:
        found = self._gateway.block(str(cid), self._short) if self._gateway else None
        # Who listens there may be somebody else: what is no such block is nothing that the node said.
        if found is not None and Cid.of(cid.codec, found) == cid:
            return found
        try:
            data = self._rpc.block(str(cid), self._short, offline="true")
        except Refusal as refusal:
            if _is_missing(refusal, cid):
                raise missing(cid) from None
            raise self._rpc.refused("block/get", refusal) from None
        except TooLong:
            raise _endless(cid) from None
        return check_block(cid, data)

    def _is_here(self, cid: Cid) -> bool:
        try:
            answer = self._rpc.one("block/stat", str(cid), patience=self._short, offline="true")
        except Refusal as refusal:
            if _is_missing(refusal, cid):
                return False
            raise self._rpc.refused("block/stat", refusal) from None
        if answer.get("Key") != str(cid):
            self._rpc.nonsense("block/stat", f"it told of something other than {cid}")
        return True

    def _walked(self, root: Cid, patience: Patience) -> int | None:
        """How many blocks a tree has, of which the node has all; None when it has not, or does not say."""
        options = {"offline": "true", "progress": "false"}
        try:
            blocks = self._rpc.one("dag/stat", str(root), patience=patience, **options).get("UniqueBlocks")
        except Refusal:
            return None
        return blocks if isinstance(blocks, int) else None

    def _pins(self, kind: str) -> dict[Cid, str]:
        with self._rpc.telling("pin/ls"):
            answer = self._rpc.one("pin/ls", patience=self._long, type=kind, names="true")
        # Where nothing is pinned, Kubo's answer is an empty object.
        keys = answer.get("Keys") if answer else {}
        if not isinstance(keys, dict):
            self._rpc.nonsense("pin/ls", "it tells no list of pins")
        return {
            cid: str(pin.get("Name", "")) if isinstance(pin, dict) else ""
            for text, pin in keys.items()
            if (cid := _ours(text)) is not None
        }

    def _pin_each(self, cids: list[Cid]) -> None:
        options = {"offline": "true", "recursive": "false", "name": _UNDER_WAY}
        for some in _batches(cids):
            with self._rpc.telling("pin/add"):
                self._rpc.one("pin/add", *some, patience=self._long, **options)

    def _unpin_each(self, cids: list[Cid]) -> None:
        for some in _batches(cids):
            with self._rpc.telling("pin/rm"):
                self._rpc.one("pin/rm", *some, patience=self._long)

    def _removed(self, answer: Answer) -> Cid | None:
        key = answer.get("Key")
        if not isinstance(key, dict) or not isinstance(key.get("/"), str):
            self._rpc.nonsense("repo/gc", "it does not say what it has removed")
        return _ours(key["/"])


def _endless(cid: Cid) -> BlockError:
    return BlockError(
        f"The block {cid} is damaged",
        why="more bytes came than a block can have",
        remedy="Restore the block from another copy, or seal the study again",
    )


def _is_missing(refusal: Refusal, cid: Cid) -> bool:
    # Kubo has no error codes: this is how its block service and its offline exchange say it.
    return str(refusal).endswith(f"could not find {cid}")


def _ours(text: str) -> Cid | None:
    try:
        return Cid.parse(text)
    except ValueError:
        return None


def _batches(cids: list[Cid]) -> Iterator[list[str]]:
    for start in range(0, len(cids), _PINS_AT_ONCE):
        yield [str(cid) for cid in cids[start : start + _PINS_AT_ONCE]]
