"""What every contract's calls have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pixelpact.chain.abi import Entry, contract_abi
from pixelpact.chain.network import Network
from pixelpact.chain.transactions import Call

__all__ = ["At", "Contract", "Read"]

#: When a read is made: a block's number, the newest block, or the newest final one.
At = int | Literal["latest", "final"]
Read = Callable[[Entry, bytes, bytes, At], Any]


class Contract:
    """One deployed contract.

    Args:
        network: says where it stands.
        read: carries a read out.
        address: where another one of this kind stands, 20 bytes; None for that of the network.
    """

    def __init__(self, network: Network, read: Read, address: bytes | None = None) -> None:
        self._name = type(self).__name__
        self.address = network.address(self._name) if address is None else address
        self._read_at = read
        self._functions = contract_abi(self._name).functions

    def _read(self, function: str, *arguments: Any, at: At) -> Any:
        entry = self._functions[function]
        return self._read_at(entry, self.address, entry.encode(arguments), at)

    def _call(self, function: str, *arguments: Any) -> Call:
        return Call(self._name, function, self.address, self._functions[function].encode(arguments))
