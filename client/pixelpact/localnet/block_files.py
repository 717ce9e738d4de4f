"""An institution's blocks as files on its disk: to be compared, and to be damaged on purpose."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pixelpact.errors import StoreError
from pixelpact.models import Cid

__all__ = ["BlockFiles", "kubo_block_files"]

#: A multihash begins with the hash's code and length: SHA-256, 32 bytes (multiformats).
_SHA2_256 = bytes((0x12, 32))


@dataclass(frozen=True, slots=True)
class BlockFiles:
    """What lies below a store, past all its checks.

    Attributes:
        folder: the blocks' files lie in its subfolders.
        pattern: their names there.
        path: where the block of a CID lies, or would lie.
    """

    folder: Path
    pattern: str
    path: Callable[[Cid], Path]

    def sizes_and_times(self) -> dict[str, tuple[int, int]]:
        """Size (bytes) and time of change (ns) of every block's file, by its path."""
        found = {}
        for path in self.folder.glob(self.pattern):
            status = path.stat()
            found[str(path)] = (status.st_size, status.st_mtime_ns)
        return found

    def read(self, cid: Cid) -> bytes:
        """What lies under this CID, unchecked.

        Raises:
            StoreError: nothing can be read there.
        """
        try:
            return self.path(cid).read_bytes()
        except OSError as error:
            raise _unusable(cid, error) from error

    def overwrite(self, cid: Cid, data: bytes) -> None:
        """Put other bytes in a block's place.

        Raises:
            StoreError: they can't be written.
        """
        path = self.path(cid)
        beside = path.with_name(f".{path.name}.damaged")
        try:
            beside.write_bytes(data)
            # Renamed: Kubo's own files may not be written, and whoever reads one meanwhile reads all of it.
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise _unusable(cid, error) from error


def kubo_block_files(repository: Path) -> BlockFiles:
    """The files of a Kubo node: flatfs, sharded by the two characters before the key's last."""
    folder = repository / "blocks"

    def path(cid: Cid) -> Path:
        # Kubo knows blocks by their multihash alone, in base 32 without padding.
        key = base64.b32encode(_SHA2_256 + cid.digest).decode("ascii").rstrip("=")
        return folder / key[-3:-1] / f"{key}.data"

    return BlockFiles(folder, "??/*.data", path)


def _unusable(cid: Cid, error: OSError) -> StoreError:
    return StoreError(
        f"The file of the block {cid} can't be used",
        why=error.strerror or str(error),
        remedy="Check that the store lies on this computer and that its files are yours",
    )
