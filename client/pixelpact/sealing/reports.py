"""What is said of an epoch that was disposed of: what is proven, what attested, what neither."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["DisposalReport", "NodeReport"]

_SHOWN = {
    "proven": [
        "The StudyRegistry names another manifest digest for this study, in a later epoch.",
        "The AccessLedger's events list every release of this epoch's key that was ever made.",
    ],
    "attested": [
        "Each node unpinned the root, collected what no pin reaches, and was then asked for every block.",
        "The custodian listed every block of this epoch before it removed any.",
    ],
    "not covered": [
        "Nodes of others that fetched blocks, backups, file system snapshots and worn cells of flash memory.",
        "What a recipient of the key decrypted.",
    ],
}


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node's answer.

    Attributes:
        node: what the custodian calls it.
        absent: how many of the blocks it no longer has.
        kept: CIDs that it keeps because another pin reaches them.
    """

    node: str
    absent: int
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisposalReport:
    """What was done with an epoch's blocks; its digest goes on the chain with StudyRegistry.attestDisposal.

    Attributes:
        study_id, manifest_digest: 32 bytes; which sealed object, of which ``epoch``.
        listed: how many blocks it had. blocks_digest: SHA-256 over their sorted binary CIDs.
        nodes: each node's answer.
    """

    study_id: bytes
    epoch: int
    manifest_digest: bytes
    listed: int
    blocks_digest: bytes
    nodes: tuple[NodeReport, ...]

    @property
    def blocks(self) -> int:
        """How many of the blocks are absent at every node."""
        return self.listed - len({cid for node in self.nodes for cid in node.kept})

    @property
    def text(self) -> str:
        """The report as JSON, keys sorted, no spaces: the one spelling that ``digest`` is of."""
        content = {
            "v": 1,
            "study": self.study_id.hex(),
            "epoch": self.epoch,
            "manifest_digest": self.manifest_digest.hex(),
            "listed": self.listed,
            "blocks_digest": self.blocks_digest.hex(),
            "absent": self.blocks,
            "nodes": [asdict(node) for node in self.nodes],
            **_SHOWN,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def digest(self) -> bytes:
        """SHA-256 of ``text``, 32 bytes."""
        return hashlib.sha256(self.text.encode()).digest()

    def record(self) -> dict[str, Any]:
        """For the vault."""
        nodes = [{"node": node.node, "absent": node.absent, "kept": list(node.kept)} for node in self.nodes]
        return {**asdict(self), "nodes": nodes}

    @classmethod
    def load(cls, record: dict[str, Any]) -> DisposalReport:
        """Read back what `record` gave."""
        nodes = (NodeReport(node["node"], node["absent"], tuple(node["kept"])) for node in record["nodes"])
        return cls(**{**record, "nodes": tuple(nodes)})
