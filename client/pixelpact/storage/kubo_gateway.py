"""Blocks from a Kubo node's gateway, which sends each in one piece.

Its RPC sends them in pieces of 4 KiB, whose taking apart is what a reader in Python then waits for.
"""

from __future__ import annotations

import httpx

from pixelpact.storage.kubo_rpc import Deadline, Patience, Slowness, TooLong

__all__ = ["Gateway"]


class Gateway:
    """Reads blocks by the trustless gateway specification; what it can't give, the RPC is asked for."""

    def __init__(self, url: str) -> None:
        # only-if-cached: from this node alone, not from its peers.
        headers = {
            "accept": "application/vnd.ipld.raw",
            "accept-encoding": "identity",
            "cache-control": "only-if-cached",
        }
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=16)
        self._client = httpx.Client(base_url=url, trust_env=False, headers=headers, limits=limits)
        self.close = self._client.close
        self._is_silent = False

    def block(self, cid: str, patience: Patience) -> bytes | None:
        """What the gateway has under a CID, unchecked; None when it gives nothing, for whatever cause.

        One that let the time run out is not asked again.
        """
        if self._is_silent:
            return None
        try:
            with self._client.stream(
                "GET", f"/ipfs/{cid}", params={"format": "raw"}, timeout=patience.silence
            ) as response:
                if response.status_code != httpx.codes.OK:
                    return None
                return Deadline(patience).gather(response.iter_raw())
        except (httpx.TimeoutException, Slowness):
            self._is_silent = True
            return None
        except (httpx.HTTPError, TooLong):
            return None
