"""Transactions that survive a crash: prepared first, written down by the caller, then sent (sending.py).

A prepared transaction's hash is known before it is sent, and sending the same bytes again is harmless: its
nonce lets it be carried out once. So whoever writes the bytes down before sending them can always go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account as EthAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from pixelpact.errors import InputError, TransactionError

from .node import Node, RevertedError
from .rejections import contract_error

if TYPE_CHECKING:
    from .account import Account
    from .answers import Block
    from .network import Network

__all__ = ["Call", "Keep", "Sender", "SignedCall"]

_GWEI = 10**9
#: What sealers of a private chain get for each gas: the base fee falls to almost nothing, the tip must not.
_TIP = _GWEI
#: More than this is never offered, whatever a node says that sealers want.
_HIGHEST_TIP = 100 * _GWEI
#: What a transaction gets on the embedded chain, where an estimate costs twenty executions and gas nothing.
_EMBEDDED_GAS = 20_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction that could be made: what the typed contracts return for everything that writes.

    Attributes:
        contract, function: names; ``constructor`` for a deployment.
        to: the contract's address, None for a deployment.
        data: call data.
        value: what is sent along, wei.
    """

    contract: str
    function: str
    to: bytes | None
    data: bytes
    value: int = 0

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
        chain_id: the chain that it is signed for.
        sender: who signed it, 20 bytes.
        nonce: its place among the sender's transactions.
        to: whom it calls; None creates a contract.
        data: call data.
        gas: its gas limit.
        max_fee, tip: what it offers for each gas at most, and what of it goes to the sealer (wei).
        value: what is sent along, wei.
    """

    raw: bytes
    hash: bytes
    chain_id: int
    sender: bytes
    nonce: int
    to: bytes | None
    data: bytes
    gas: int
    max_fee: int
    tip: int
    value: int = 0

    @classmethod
    def parse(cls, raw: bytes) -> SignedCall:
        """Read back what was journalled.

        Raises:
            InputError: not a signed EIP-1559 transaction.
        """
        try:
            fields: dict[str, Any] = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
            sender = bytes.fromhex(EthAccount.recover_transaction(raw)[2:])
        except Exception as error:  # The decoders raise whatever they meet.
            raise _not_ours(str(error)[:100]) from error
        if fields["type"] != 2:
            raise _not_ours("they are of another type than EIP-1559's")
        return cls(
            raw=raw,
            hash=keccak(raw),
            chain_id=int(fields["chainId"]),
            sender=sender,
            nonce=int(fields["nonce"]),
            to=bytes(fields["to"]) or None,
            data=bytes(fields["data"]),
            gas=int(fields["gas"]),
            max_fee=int(fields["maxFeePerGas"]),
            tip=int(fields["maxPriorityFeePerGas"]),
            value=int(fields["value"]),
        )


#: Writes down a transaction that takes another's place, before it is sent.
Keep = Callable[[SignedCall], None]


class _Nonces:
    """The nonces of one account that this process has given out and the node does not know of yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reserved: set[int] = set()

    @contextmanager
    def next(self, ask: Callable[[], int]) -> Iterator[int]:
        """Reserve the next nonce; given back when the block raises. ``ask`` is the node's word for it."""
        with self._lock:
            # Asked for in here: a word from before another thread's turn would give its nonce out again.
            pending = ask()
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
        tip = self._tip()
        # Nonce and signature last and together: what fails before must not leave a gap.
        with self._nonces.next(self._pending) as nonce:
            return self._signed(
                nonce=nonce,
                to=call.to,
                data=call.data,
                value=call.value,
                gas=limit,
                # The base fee rises by at most an eighth a block: this lasts six full blocks.
                max_fee=2 * base_fee + tip,
                tip=tip,
            )

    def replacing(self, keep: Keep) -> Callable[[SignedCall, Block], SignedCall]:
        """How this account's transactions are replaced: raised, kept, and then given out."""

        def replace(signed: SignedCall, head: Block) -> SignedCall:
            raised = self.raised(signed, base_fee=head.base_fee)
            keep(raised)
            return raised

        return replace

    def raised(self, signed: SignedCall, *, base_fee: int) -> SignedCall:
        """The same call with the same nonce, at the fee that the chain wants now and an eighth more at least.

        Less than a tenth more, and nodes keep the one that they have.

        Args:
            signed: what waits for a block.
            base_fee: the newest block's (wei for each gas).

        Raises:
            InputError: another account signed it.
        """
        if signed.sender != self._account.address:
            raise InputError(
                f"The transaction 0x{signed.hash.hex()} can't be replaced",
                why=f"the account 0x{signed.sender.hex()} signed it, not 0x{self._account.address.hex()}",
                remedy="Go on with the account that began this",
            )
        tip = max(_an_eighth_more(signed.tip), self._tip())
        return self._signed(
            nonce=signed.nonce,
            to=signed.to,
            data=signed.data,
            value=signed.value,
            gas=signed.gas,
            max_fee=max(_an_eighth_more(signed.max_fee), 2 * base_fee + tip),
            tip=tip,
        )

    def _tip(self) -> int:
        return max(_TIP, min(self._node.priority_fee(), _HIGHEST_TIP))

    def _signed(  # noqa: PLR0913 - by name: each is signed
        self, *, nonce: int, to: bytes | None, data: bytes, value: int, gas: int, max_fee: int, tip: int
    ) -> SignedCall:
        fields = {
            "type": 2,
            "chainId": self._network.chain_id,
            "nonce": nonce,
            "gas": gas,
            "maxPriorityFeePerGas": tip,
            "maxFeePerGas": max_fee,
            "value": value,
            "data": HexBytes(data),
        }
        if to is not None:
            fields["to"] = to
        raw = self._account.sign_transaction(fields)
        return SignedCall(
            raw=raw,
            hash=keccak(raw),
            chain_id=self._network.chain_id,
            sender=self._account.address,
            nonce=nonce,
            to=to,
            data=data,
            gas=gas,
            max_fee=max_fee,
            tip=tip,
            value=value,
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
                self._require_ether()
                self._node.call(call.to, call.data, sender=sender, gas=_EMBEDDED_GAS)
                return _EMBEDDED_GAS
            estimate = self._node.estimate_gas(call.to, call.data, sender=sender)
        except RevertedError as error:
            raise contract_error(error.data, error.text) from error
        # A quarter more, since the state may change until then; what is left over is not paid.
        return estimate + estimate // 4 + 10_000

    def _require_ether(self) -> None:
        # The tester would say it in bytes; other nodes say it when the transaction is sent.
        if not self._node.balance(self._account.address):
            raise TransactionError(
                f"The account 0x{self._account.address.hex()} can't send a transaction",
                why="it has no ether for gas on this chain",
                remedy="Have somebody give it some: pixelpact keys fund",
            )


def _an_eighth_more(fee: int) -> int:
    return fee + -(-fee // 8)


def _not_ours(why: str) -> InputError:
    return InputError(
        "These bytes are not a signed transaction of ours", why=why, remedy="Begin the operation anew"
    )
