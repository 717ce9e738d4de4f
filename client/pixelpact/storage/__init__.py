"""Where the blocks of sealed studies lie: a Kubo node, a folder on disk, or memory for tests.

Every store keeps blocks under their true CIDs, checks each block it gives back, pins whole trees and sweeps
away what no pin reaches.
"""

from __future__ import annotations

from pixelpact.storage.blocks import BLOCK_LIMIT, reachable
from pixelpact.storage.folder import FolderStore
from pixelpact.storage.kubo import KuboStore
from pixelpact.storage.memory import MemoryStore
from pixelpact.storage.store import Store

__all__ = ["BLOCK_LIMIT", "FolderStore", "KuboStore", "MemoryStore", "Store", "reachable"]
