"""A chain in this process: py-evm by web3's tester provider, for the demo, for tests and for trying out.

It needs the extra ``embedded``. It makes one block for each transaction, at Paris rules (no PUSH0, as on the
real chain), keeps nothing on disk and ends with the process. Its time is its own: every block is at least a
second after the one before, so the head runs ahead of the wall clock.
"""

from __future__ import annotations

import secrets
import sys
import weakref
from typing import Any

from eth_utils.crypto import keccak

from pixelpact.errors import InputError, UnreachableError

from .account import Account
from .network import EMBEDDED, Network

__all__ = ["EmbeddedChain", "living_chain"]

_FINALITY_DEPTH = 3
_BALANCE = 10**24
#: Every embedded chain alive, by genesis hash: a network's description finds its chain here.
_living: weakref.WeakValueDictionary[bytes, EmbeddedChain] = weakref.WeakValueDictionary()


class EmbeddedChain:
    """A new chain with a random chain id and its own genesis; it lives as long as somebody holds this object.

    Args:
        accounts: how many accounts have ether from the start. Their keys are derived from their place
            alone: they are the same on every embedded chain and secret on none.

    Raises:
        InputError: the extra ``embedded`` is not installed.
    """

    def __init__(self, accounts: int = 20) -> None:
        self.accounts: tuple[Account, ...] = tuple(
            Account(keccak(text=f"pixelpact embedded account {place}")) for place in range(accounts)
        )
        chain_id = secrets.randbelow(2**40) + 2**40
        self._tester, self.provider = _start(self.accounts, chain_id)
        genesis = bytes.fromhex(self._tester.get_block_by_number(0)["hash"][2:])
        self.network = Network(
            name="embedded",
            chain_id=chain_id,
            genesis=genesis,
            finality_depth=_FINALITY_DEPTH,
            clock=None,
            rpc=EMBEDDED,
        )
        _living[genesis] = self

    def advance(self, blocks: int) -> None:
        """Seal this many empty blocks."""
        if blocks > 0:
            with self.provider.lock:
                self._tester.mine_blocks(blocks)

    def travel(self, seconds: int) -> None:
        """Seal one block whose time is this many seconds after the head's."""
        with self.provider.lock:
            head = self._tester.get_block_by_number("latest")["timestamp"]
            # The tester's block is a second before the time that it is sent to.
            self._tester.time_travel(head + seconds + 1)

    def revert_data(self, error: Exception) -> bytes | None:
        """What a call reverted with; None when the error is something else."""
        from .tester import CallRevertedError  # noqa: PLC0415  (needs the extra)

        return error.data if isinstance(error, CallRevertedError) else None

    def is_refusal(self, error: Exception) -> bool:
        """Whether this is the tester's word for a transaction that it does not take."""
        from eth_tester.exceptions import ValidationError as TesterValidationError  # noqa: PLC0415
        from eth_utils.exceptions import ValidationError  # noqa: PLC0415

        return isinstance(error, ValidationError | TesterValidationError)


def living_chain(genesis: bytes) -> EmbeddedChain:
    """The embedded chain of this genesis in this process.

    Raises:
        UnreachableError: it ended, or lives in another process.
    """
    chain = _living.get(genesis)
    if chain is None:
        raise UnreachableError(
            "The embedded chain of this network is gone",
            why="it lives in the process that started it and ends with it",
            remedy="Start a new one, or use a network with a node of its own",
        )
    return chain


def _start(accounts: tuple[Account, ...], chain_id: int) -> tuple[Any, Any]:
    # Reads are made in the name of the zero address, which the tester lets call only if it could pay.
    funded = [bytes(20), *(account.address for account in accounts)]
    limit = sys.getrecursionlimit()
    try:
        from .tester import start_tester  # noqa: PLC0415

        return start_tester(funded, _BALANCE, chain_id)
    except ImportError as error:
        raise InputError(
            "The embedded chain can't be started",
            why=f"the package {error.name} is not installed",
            remedy="Install it with: pip install 'pixelpact[embedded]'",
        ) from error
    finally:
        # As in this room's __init__: py-evm is imported only now, and raises it too.
        sys.setrecursionlimit(limit)
