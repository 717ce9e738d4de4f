"""Every store there is, each with a way to damage what lies in it behind its back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import libipld
from kubo_node import Node

from pixelpact.models import DAG_CBOR, Cid
from pixelpact.storage import FolderStore, KuboStore, MemoryStore, Store


@dataclass(frozen=True)
class Rig:
    store: Store
    #: Puts other bytes under a CID, or nothing at all.
    damage: Callable[[Cid, bytes | None], None]
    #: Another handle on the same blocks, as another process would have.
    again: Callable[[], Store]
    close: Callable[[], None] = lambda: None
    #: How often a long test goes round.
    rounds: int = 30


def folder_rig(tmp_path: Path) -> Rig:
    store = FolderStore(tmp_path / "store")

    def damage(cid: Cid, data: bytes | None) -> None:
        if data is None:
            store.path(cid).unlink()
        else:
            store.path(cid).write_bytes(data)

    return Rig(store, damage, lambda: FolderStore(store.folder, create=False))


def memory_rig(tmp_path: Path) -> Rig:
    store = MemoryStore()

    def damage(cid: Cid, data: bytes | None) -> None:
        if data is None:
            del store._blocks[cid]
        else:
            store._blocks[cid] = data

    return Rig(store, damage, lambda: store)


def kubo_rig(node: Node, folder: Path, kind: Literal["httpx", "ipfshttpclient", "gateway"]) -> Rig:
    opened: list[KuboStore] = []

    def another() -> KuboStore:
        # The settings are looked at by tests of their own.
        if kind == "gateway":
            store = KuboStore(node.url, folder, gateway=node.gateway, allow_flaws=True)
        else:
            store = KuboStore(node.url, folder, transport=kind, allow_flaws=True)
        opened.append(store)
        return opened[-1]

    def damage(cid: Cid, data: bytes | None) -> None:
        if data is None:
            node.path(cid).unlink()
        else:
            node.path(cid).write_bytes(data)

    def close() -> None:
        for store in opened:
            store.close()

    return Rig(another(), damage, another, close, rounds=4)


@dataclass(frozen=True)
class Tree:
    root: Cid
    leaves: tuple[Cid, ...]
    chunks: tuple[Cid, ...]

    @property
    def all(self) -> frozenset[Cid]:
        return frozenset((self.root, *self.leaves, *self.chunks))


def plant(store: Store, label: str, *, leaves: int = 2, chunks: int = 3) -> Tree:
    """A root over leaves over raw chunks, as a sealed study has them; another label, other blocks."""
    rows = []
    for leaf in range(leaves):
        row = tuple(store.put(f"{label} {leaf} {chunk}".encode()) for chunk in range(chunks))
        rows.append((store.put(libipld.encode_dag_cbor([bytes(cid) for cid in row]), DAG_CBOR), row))
    names = tuple(name for name, _ in rows)
    content = {"data": [bytes(cid) for cid in names], "mac": bytes(32), "v": 1}
    root = store.put(libipld.encode_dag_cbor(content), DAG_CBOR)
    return Tree(root, names, tuple(cid for _, row in rows for cid in row))
