"""What web3's tester provider needs to be a chain of ours; imports the extra ``embedded``."""

from __future__ import annotations

import ast
import re
import secrets
import threading
from collections.abc import Sequence
from typing import Any

from eth.exceptions import TransactionNotFound as EvmTransactionNotFound
from eth.vm.forks.paris import ParisVM
from eth_tester import EthereumTester
from eth_tester.backends.pyevm.main import PyEVMBackend
from eth_tester.backends.pyevm.serializers import serialize_transaction, serialize_transaction_receipt
from eth_tester.exceptions import TransactionFailed, TransactionNotFound
from web3.providers.eth_tester import EthereumTesterProvider
from web3.types import RPCEndpoint, RPCResponse

__all__ = ["CallRevertedError", "start_tester"]

# How the tester spells revert data: as the repr of the bytes, which nothing else that it says looks like.
_REPR_OF_BYTES = re.compile(r"b'.*'|b\".*\"", re.DOTALL)


class CallRevertedError(Exception):
    """A call reverted with these bytes. No error of the tester's own: web3 would interpret it on the way."""

    def __init__(self, data: bytes, text: str) -> None:
        self.data = data
        super().__init__(text)


class _Backend(PyEVMBackend):  # type: ignore[misc]
    """The tester's py-evm, which keeps revert data, and finds transactions without searching every block."""

    def call(self, transaction: Any, block_number: Any = "latest") -> bytes:
        try:
            return bytes(super().call(transaction, block_number))
        except TransactionFailed as error:
            text = str(error.args[0])
            data = ast.literal_eval(text) if _REPR_OF_BYTES.fullmatch(text) else b""
            raise CallRevertedError(data, text) from error

    def is_eip838_error(self, error: Exception) -> bool:  # noqa: ARG002  (the tester's signature)
        # Else the words of an Error(string) would take the place of the bytes, and words can look like bytes.
        return False

    def get_transaction_by_hash(self, transaction_hash: bytes) -> Any:
        block, index = self._find(transaction_hash)
        return serialize_transaction(block, block.transactions[index], index, is_pending=False)

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        block, index = self._find(transaction_hash)
        return serialize_transaction_receipt(
            block,
            block.get_receipts(self.chain.chaindb),
            block.transactions[index],
            index,
            False,  # noqa: FBT003  (not pending: each transaction is in a block at once)
            self.chain.get_vm(),
        )

    def _find(self, transaction_hash: bytes) -> tuple[Any, int]:
        try:
            number, index = self.chain.chaindb.get_transaction_index(transaction_hash)
        except EvmTransactionNotFound:
            raise TransactionNotFound(f"No transaction of hash 0x{transaction_hash.hex()}") from None
        return self.chain.get_canonical_block_by_number(number), index


class _Provider(EthereumTesterProvider):
    """The tester's provider for several threads, with a chain id of its own."""

    def __init__(self, tester: EthereumTester, chain_id: int) -> None:
        super().__init__(tester)
        self.lock = threading.RLock()
        endpoints: Any = self.api_endpoints
        self.api_endpoints = endpoints | {"eth": endpoints["eth"] | {"chainId": lambda *_: chain_id}}

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        with self.lock:
            return super().make_request(method, params)


def start_tester(funded: Sequence[bytes], balance: int, chain_id: int) -> tuple[EthereumTester, _Provider]:
    """A new chain at Paris rules on which these addresses have this much wei."""
    # Random bytes in the genesis header, so that no two chains have the same genesis hash.
    parameters = PyEVMBackend.generate_genesis_params({"extra_data": secrets.token_bytes(32)})
    state = {address: {"balance": balance, "nonce": 0, "code": b"", "storage": {}} for address in funded}
    backend = _Backend(genesis_parameters=parameters, genesis_state=state, vm_configuration=((0, ParisVM),))
    backend.chain.chain_id = chain_id
    tester = EthereumTester(backend)
    return tester, _Provider(tester, chain_id)
