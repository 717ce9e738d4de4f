"""The few JSON-RPC calls that PixelPact makes, each failure of theirs told apart (Ethereum Execution APIs).

Works with any Ethereum node over http or https and with the embedded chain. Everything that differs between
nodes and between web3 7 and 8 ends here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from eth_typing import BlockNumber, ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.exceptions import (
    BlockNotFound,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.middleware import ExtraDataToPOAMiddleware
from web3.types import RPCEndpoint

from pixelpact.errors import ChainError, UnreachableError

from .answers import Block, Log, MinedTransaction, block_of, log_of, mined_of
from .network import EMBEDDED, Network

if TYPE_CHECKING:
    from web3.types import BlockIdentifier, FilterParams

    from .embedded import EmbeddedChain

__all__ = ["Node", "RevertedError", "show_rpc"]

_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 15.0
#: The error code of a reverted call, by convention of Geth and those after it.
_REVERTED = 3
_LONGEST_WORDS = 300
#: In whose name reads are made: nobody's, and on every chain one that has ether or needs none.
_NOBODY = bytes(20)

T = TypeVar("T")


class RevertedError(Exception):
    """A call or an estimate reverted.

    Args:
        data: the revert data; empty when there was none.
        text: the node's own words.
    """

    def __init__(self, data: bytes, text: str) -> None:
        self.data = data
        self.text = text
        super().__init__(text)


class Node:
    """One node of a network.

    Args:
        network: which; only its ``rpc`` and ``genesis`` are looked at here.

    Raises:
        UnreachableError: an embedded chain that does not live in this process.
    """

    def __init__(self, network: Network) -> None:
        self.where = show_rpc(network.rpc)
        self.embedded: EmbeddedChain | None = None
        if network.rpc == EMBEDDED:
            from .embedded import living_chain  # noqa: PLC0415  (needs the extra; other networks don't)

            self.embedded = living_chain(network.genesis)
            self._web3 = Web3(self.embedded.provider)
        else:
            self._web3 = Web3(_http_provider(network.rpc))
            # Clique's headers carry more extra data than a header may otherwise have.
            self._web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)

    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self._ask(lambda web3: int(web3.eth.chain_id))

    def block(self, which: int | bytes | None = None) -> Block | None:
        """A block by number or hash, the head for None; None when the node has no such block."""
        identifier: BlockIdentifier = "latest" if which is None else _block_identifier(which)
        try:
            # Read inside: an answer that lacks something is the node's fault.
            return self._ask(lambda web3: block_of(web3.eth.get_block(identifier)))
        except BlockNotFound:
            return None

    def head(self) -> Block:
        """The newest block."""
        found = self.block()
        if found is None:
            raise _senseless(self.where, "it has no newest block")
        return found

    def code(self, address: bytes) -> bytes:
        """The code at an address, as of the newest block."""
        return bytes(self._ask(lambda web3: web3.eth.get_code(_text(address))))

    def balance(self, address: bytes) -> int:
        """An account's wei, as of the newest block."""
        return int(self._ask(lambda web3: web3.eth.get_balance(_text(address))))

    def transaction_count(self, address: bytes, *, pending: bool) -> int:
        """The next nonce of an account, by the newest block or with what waits in the node's pool."""
        which: BlockIdentifier = "pending" if pending else "latest"
        return int(self._ask(lambda web3: web3.eth.get_transaction_count(_text(address), which)))

    def priority_fee(self) -> int:
        """What the node thinks that sealers want (wei for each gas); 0 when it has no opinion."""
        try:
            return _number(self._request("eth_maxPriorityFeePerGas"))
        except UnreachableError:
            raise
        except ChainError:
            return 0

    def call(
        self,
        to: bytes | None,
        data: bytes,
        *,
        sender: bytes = _NOBODY,
        gas: int | None = None,
        block: int | None = None,
    ) -> bytes:
        """What a call (a creation when ``to`` is None) returns at a block, the newest for None.

        Raises:
            RevertedError: it reverted.
        """
        fields = _call_fields(to, data, sender)
        if gas is not None:
            fields["gas"] = hex(gas)
        answer = self._request("eth_call", fields, "latest" if block is None else hex(block))
        try:
            return bytes(HexBytes(answer))
        except (ValueError, TypeError) as error:
            raise _senseless(self.where, f"it answers a call with {str(answer)[:50]!r}") from error

    def estimate_gas(self, to: bytes | None, data: bytes, *, sender: bytes) -> int:
        """The least gas limit with which a transaction succeeds now.

        Raises:
            RevertedError: with no limit it does.
        """
        answer = self._request("eth_estimateGas", _call_fields(to, data, sender))
        return _number(answer)

    def send_raw(self, raw: bytes) -> None:
        """Hand over a signed transaction.

        Raises:
            ChainError: the node did not take it, in its own words.
        """
        self._ask(lambda web3: web3.eth.send_raw_transaction(HexBytes(raw)))

    def knows(self, transaction: bytes) -> bool:
        """Whether the transaction waits in the node's pool or stands in a block."""
        try:
            self._ask(lambda web3: web3.eth.get_transaction(HexBytes(transaction)))
        except TransactionNotFound:
            return False
        return True

    def mined(self, transaction: bytes) -> MinedTransaction | None:
        """The receipt of a transaction; None while it is in no block."""
        try:
            return self._ask(lambda web3: mined_of(web3.eth.get_transaction_receipt(HexBytes(transaction))))
        except TransactionNotFound:
            return None

    def target_of(self, transaction: bytes) -> tuple[bytes | None, bytes]:
        """Whom a known transaction calls (None: it creates) and with what data."""
        found = self._ask(lambda web3: web3.eth.get_transaction(HexBytes(transaction)))
        to = found.get("to")
        return (bytes.fromhex(to[2:]) if to else None), bytes(HexBytes(found["input"]))

    def logs(
        self, addresses: Sequence[bytes], first: int, last: int, topics: Sequence[bytes | None] = ()
    ) -> list[Log]:
        """The logs of these contracts in blocks ``first`` to ``last``, both included; with these topics."""
        wanted: FilterParams = {
            "fromBlock": BlockNumber(first),
            "toBlock": BlockNumber(last),
            "address": [_text(address) for address in addresses],
        }
        if topics:
            wanted["topics"] = [None if topic is None else HexStr("0x" + topic.hex()) for topic in topics]
        return self._ask(lambda web3: [log_of(each) for each in web3.eth.get_logs(wanted)])

    def _request(self, method: str, *parameters: Any) -> Any:
        """A question whose answer may be a revert, asked plainly: web3 reads its own things into those."""
        return self._ask(
            lambda web3: web3.manager.request_blocking(RPCEndpoint(method), list(parameters)), may_revert=True
        )

    def _ask(self, question: Callable[[Web3], T], *, may_revert: bool = False) -> T:
        try:
            return question(self._web3)
        except (BlockNotFound, TransactionNotFound):
            raise
        except requests.RequestException as error:
            raise UnreachableError(
                f"The node at {self.where} does not answer",
                why=_cause(error),
                remedy="Check that the node runs and that its address is right, then run this again",
            ) from error
        except Web3RPCError as error:
            words, reverted = _read_error(error)
            if may_revert and reverted is not None:
                raise RevertedError(reverted, words) from error
            raise ChainError(
                f"The node at {self.where} refused what was asked",
                why=words,
                remedy="Check the node's log; nothing was decided",
            ) from error
        except (Web3Exception, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _senseless(self.where, str(error)[:200] or type(error).__name__) from error
        except Exception as error:
            meant = self._from_tester(error)
            if meant is None:
                raise
            raise meant from error

    def _from_tester(self, error: Exception) -> Exception | None:
        """What a failure inside the embedded chain means; None when it is none of those known."""
        if self.embedded is None:
            return None
        data = self.embedded.revert_data(error)
        if data is not None:
            return RevertedError(data, str(error))
        if self.embedded.is_refusal(error):
            return ChainError(f"The chain at {self.where} refused what was asked", why=str(error))
        return None


def show_rpc(rpc: str) -> str:
    """A node's address as messages show it: without a password, path or query, which may be secrets."""
    if rpc == EMBEDDED:
        return rpc
    parts = urlsplit(rpc)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _http_provider(rpc: str) -> HTTPProvider:
    settings: dict[str, Any] = {"timeout": (_CONNECT_SECONDS, _ANSWER_SECONDS)}
    if _is_loopback(urlsplit(rpc).hostname or ""):
        # A hospital's proxy settings are for the outside; a node on this machine is asked directly.
        settings["proxies"] = {"http": "", "https": ""}
    # Whoever asks decides whether to ask again; web3 would repeat up to six times before it says anything.
    return HTTPProvider(rpc, request_kwargs=settings, exception_retry_configuration=None)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _block_identifier(which: int | bytes) -> BlockIdentifier:
    return BlockNumber(which) if isinstance(which, int) else HexBytes(which)


def _call_fields(to: bytes | None, data: bytes, sender: bytes) -> dict[str, str]:
    fields: dict[str, str] = {"from": _text(sender), "data": "0x" + data.hex()}
    if to is not None:
        fields["to"] = _text(to)
    return fields


def _number(answer: Any) -> int:
    return answer if isinstance(answer, int) else int(answer, 16)


def _text(address: bytes) -> ChecksumAddress:
    return Web3.to_checksum_address(HexStr("0x" + address.hex()))


def _read_error(error: Web3RPCError) -> tuple[str, bytes | None]:
    """A node's words for an error, and the revert data when it is a revert (code 3, or said in words)."""
    response: Any = error.rpc_response
    details = response.get("error") if isinstance(response, Mapping) else None
    if not isinstance(details, Mapping):
        return str(details or error)[:_LONGEST_WORDS], None
    words = str(details.get("message", ""))[:_LONGEST_WORDS]
    data = details.get("data")
    found = re.search(r"0x((?:[0-9a-fA-F]{2})*)$", data) if isinstance(data, str) else None
    if details.get("code") != _REVERTED and "revert" not in words.lower():
        return words, None
    return words, bytes.fromhex(found[1]) if found else b""


def _cause(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection could be made, or it broke off"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    return type(error).__name__


def _senseless(where: str, why: str) -> UnreachableError:
    return UnreachableError(
        f"What answers at {where} does not answer as an Ethereum node",
        why=why,
        remedy="Check the address in the network's description",
    )
