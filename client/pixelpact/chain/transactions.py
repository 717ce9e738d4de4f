"""Transactions that survive a crash: prepared and signed first, journalled by the caller, then sent, as often as
it takes.

A prepared transaction's hash is known before it is sent, and sending the same bytes again is harmless: its nonce
lets it be carried out once. So whoever writes the bytes down before sending them can always go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account as EthAccount
from eth_account.typed_transactions import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from pixelpact.errors import ChainError, InputError, SupersededError, TransactionError, UnreachableError
from .node import MinedTransaction, Node, RevertedError
from .rejections import contract_error

if TYPE_CHECKING:
    from .account import Account
    from .network import Network

__all__ = ["Call", "Sender", "SignedCall", "send"]

_GWEI = 10**9
#: What sealers of a private chain get for each gas. Geth's base fee falls to almost nothing, its tip must not.
_TIP = _GWEI
#: More than this is never offered, whatever a node says that sealers want.
_HIGHEST_TIP = 100 * _GWEI
#: The embedded chain gives every transaction this much instead of estimating, which costs it twenty executions.
_EMBEDDED_GAS = 20_000_000
_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction that could be made: what the typed contracts return for everything that writes.

    Attributes:
        contract, function: names; ``constructor`` for a deployment.
        to: the contract's address, None for a deployment.
        data: call data.
    """

    contract: str
    function: str
    to: bytes | None
    data: bytes

    @property
    def name(self) -> str:
        """``Contract.function``."""
        return f"{self.contract}.{self.function}"


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A signed transaction, ready to send. ``raw`` is all that a journal needs to keep.

    Attributes:
        raw: the transaction's bytes (EIP-2718, type 2).
        hash: its hash.
        sender: who signed it, 20 bytes.
        nonce: its place among the sender's transactions.
        to: whom it calls; None creates a contract.
        data: call data.
        gas: its gas limit.
    """

    raw: bytes
    hash: bytes
    sender: bytes
    nonce: int
    to: bytes | None
    data: bytes
    gas: int

    @classmethod
    def parse(cls, raw: bytes) -> SignedCall:
        """Read back what was journalled.

        Raises:
            InputError: not a signed EIP-1559 transaction.
        """
        try:
            fields: dict[str, Any] = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
            if fields["type"] != 2:  # noqa: PLR2004  (EIP-1559)
                raise ValueError("another type of transaction")
            sender = bytes.fromhex(EthAccount.recover_transaction(raw)[2:])
        except Exception as error:  # The decoders below raise whatever they meet.
            raise InputError(
                "These bytes are not a signed transaction of ours",
                why=str(error)[:100],
                remedy="Begin the operation anew",
            ) from error
        return cls(
            raw=raw,
            hash=keccak(raw),
            sender=sender,
            nonce=int(fields["nonce"]),
            to=bytes(fields["to"]) or None,
            data=bytes(fields["data"]),
            gas=int(fields["gas"]),
        )


class _Nonces:
    """The nonces of one account that this process has given out and the node does not know of yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reserved: set[int] = set()

    @contextmanager
    def next(self, pending: int) -> Iterator[int]:
        """Reserve the next nonce; given back when the block raises."""
        with self._lock:
            self._reserved = {nonce for nonce in self._reserved if nonce >= pending}
            nonce = pending
            while nonce in self._reserved:
                nonce += 1
            self._reserved.add(nonce)
        try:
            yield nonce
        except BaseException:
            self.give_back(nonce)
            raise

    def give_back(self, nonce: int) -> None:
        """Let the nonce be given out again."""
        with self._lock:
            self._reserved.discard(nonce)


_nonces: dict[tuple[bytes, bytes], _Nonces] = {}
_nonces_lock = threading.Lock()


def _nonces_of(genesis: bytes, address: bytes) -> _Nonces:
    with _nonces_lock:
        return _nonces.setdefault((genesis, address), _Nonces())


class Sender:
    """Prepares and signs one account's transactions.

    Args:
        node: where to.
        network: its chain id and genesis are signed for and kept apart by.
        account: who signs and pays.
    """

    def __init__(self, node: Node, network: Network, account: Account) -> None:
        self._node = node
        self._network = network
        self._account = account
        self._nonces = _nonces_of(network.genesis, account.address)

    @property
    def address(self) -> bytes:
        """The account's address, 20 bytes."""
        return self._account.address

    def prepare(self, call: Call, *, base_fee: int, gas: int | None = None) -> SignedCall:
        """Try the call against the newest block, then sign it. Nothing is sent.

        Args:
            call: what to do.
            base_fee: the newest block's (wei for each gas).
            gas: a limit of the caller's own; the call is then not tried.

        Raises:
            ContractError: the contract would refuse it.
        """
        limit = self._gas_for(call) if gas is None else gas
        tip = max(_TIP, min(self._node.priority_fee(), _HIGHEST_TIP))
        # Nonce and signature last and together: what fails before must not leave a gap.
        with self._nonces.next(self._pending()) as nonce:
            fields = {
                "type": 2,
                "chainId": self._network.chain_id,
                "nonce": nonce,
                "gas": limit,
                "maxPriorityFeePerGas": tip,
                # The base fee rises by at most an eighth a block: this lasts six full blocks.
                "maxFeePerGas": 2 * base_fee + tip,
                "value": 0,
                "data": HexBytes(call.data),
            }
            if call.to is not None:
                fields["to"] = call.to
            raw = self._account.sign_transaction(fields)
        return SignedCall(
            raw=raw,
            hash=keccak(raw),
            sender=self._account.address,
            nonce=nonce,
            to=call.to,
            data=call.data,
            gas=limit,
        )

    def abandon(self, signed: SignedCall) -> None:
        """Give back the nonce of a transaction that was prepared and will never be sent."""
        self._nonces.give_back(signed.nonce)

    def _pending(self) -> int:
        return self._node.transaction_count(self._account.address, pending=True)

    def _gas_for(self, call: Call) -> int:
        sender = self._account.address
        try:
            if self._node.embedded is not None:
                if call.to is not None:
                    self._node.call(call.to, call.data, sender=sender, gas=_EMBEDDED_GAS)
                return _EMBEDDED_GAS
            estimate = self._node.estimate_gas(call.to, call.data, sender=sender)
        except RevertedError as error:
            raise contract_error(error.data, error.text) from error
        # A quarter more, since the state may change until it is carried out, and what is left over is not paid.
        return estimate + estimate // 4 + 10_000


def send(node: Node, signed: SignedCall, patience: float) -> MinedTransaction:
    """Send a prepared transaction, or again, and wait until it stands in a block.

    Raises:
        ContractError: it stands in a block, and the contract refused it.
        SupersededError: another transaction of the account took its nonce.
        TransactionError: the node does not take it, or it is in no block after ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    pauses = _pauses()
    while not _hand_over(node, signed):
        if time.monotonic() > deadline:
            raise TransactionError(
                "A transaction waits for one before it that was never sent",
                why=f"its nonce is {signed.nonce}, and the account's next is lower",
                remedy="Finish or abandon what was begun before, then run this again",
            )
        time.sleep(next(pauses))
    pauses = _pauses()
    while (mined := node.mined(signed.hash)) is None:
        if time.monotonic() > deadline:
            raise _not_mined(node, signed, patience)
        time.sleep(next(pauses))
    if not mined.succeeded:
        raise _why_reverted(node, signed, mined)
    return mined


def _hand_over(node: Node, signed: SignedCall) -> bool:
    """Whether the node has the transaction; False when one before it is missing."""
    try:
        node.send_raw(signed.raw)
    except UnreachableError:
        raise
    except ChainError as refusal:
        # Nodes word it differently when they have it already: ask instead of reading the words.
        if node.knows(signed.hash):
            return True
        if node.transaction_count(signed.sender, pending=False) > signed.nonce:
            raise _superseded(signed) from refusal
        if node.transaction_count(signed.sender, pending=True) < signed.nonce:
            return False
        raise TransactionError(
            "The node does not take the transaction",
            why=refusal.why,
            remedy=f"Check that the account 0x{signed.sender.hex()} has ether for gas on this chain "
            f"(it has {node.balance(signed.sender)} wei)",
        ) from refusal
    return True


def _not_mined(node: Node, signed: SignedCall, patience: float) -> TransactionError:
    if node.transaction_count(signed.sender, pending=False) > signed.nonce and node.mined(signed.hash) is None:
        return _superseded(signed)
    return TransactionError(
        f"The transaction 0x{signed.hash.hex()} stands in no block after {patience:g} seconds",
        why="the chain makes no blocks, or other transactions come first",
        remedy="Check the chain, then run this again: the same transaction is sent, never a second one",
    )


def _superseded(signed: SignedCall) -> SupersededError:
    return SupersededError(
        f"The transaction 0x{signed.hash.hex()} can never be carried out",
        why=f"another transaction of the account 0x{signed.sender.hex()} took its nonce {signed.nonce}",
        remedy="Look at the present state on the chain and begin anew",
    )


def _why_reverted(node: Node, signed: SignedCall, mined: MinedTransaction) -> TransactionError:
    """Do it again on the states before and after its block: receipts don't say why."""
    if signed.to is not None:
        for block in (mined.block_number - 1, mined.block_number):
            try:
                node.call(signed.to, signed.data, sender=signed.sender, gas=signed.gas, block=block)
            except RevertedError as error:
                return contract_error(error.data, error.text)
    exhausted = mined.gas_used >= signed.gas
    return TransactionError(
        f"The transaction 0x{signed.hash.hex()} was carried out without effect",
        why="it used up its gas" if exhausted else "the contract refused it for a reason that has since passed",
        remedy="Look at the present state on the chain and begin anew",
    )


def _pauses() -> Iterator[float]:
    pause = _SHORTEST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)
