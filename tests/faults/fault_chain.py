"""The embedded chain behind a URL, in a process of its own: what is killed beside it loses no block.

Run as a program it prints its URL and ends when its input does, so it never outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chain_proxy import serving

from pixelpact.chain import EmbeddedChain

__all__ = ["DEPTH", "FUNDED", "embedded_chain"]

FUNDED = 4
DEPTH = 3
_HASHES = False
_BETWEEN_BLOCKS = 0.02
#: So often somebody asks for the newest block until there is another.
_PATIENCE = 30


@contextmanager
def embedded_chain() -> Iterator[str]:
    """Start one; its URL is the value."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


class _Served:
    """Answers as a node does; puts blocks upon each transaction, so that it becomes final."""

    def __init__(self) -> None:
        # Only the process that serves needs the extra.
        from web3 import Web3  # noqa: PLC0415

        self._chain = EmbeddedChain(accounts=FUNDED)
        self._web3 = Web3(self._chain.provider)
        self._goal = 0
        self._asked = 0
        self._codes: dict[str, str] = {}
        self._kept: list[list[Any]] = []
        threading.Thread(target=self._mine, daemon=True).start()

    def respond(self, body: bytes) -> bytes:
        question = json.loads(body)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": question["id"]}
        try:
            answer |= self._answer(question["method"], question["params"])
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the answer, as a node gives it
            data = self._chain.revert_data(error)
            if data is None:
                answer["error"] = {"code": -32000, "message": str(error)}
            else:
                answer["error"] = {"code": 3, "message": "execution reverted", "data": "0x" + data.hex()}
        return json.dumps(answer).encode()

    def _answer(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        if method == "evm_increaseTime":
            self._chain.travel(parameters[0])
            return {"result": None}
        if method == "eth_getLogs":
            return {"result": self._logs(parameters[0])}
        if method == "eth_getCode":
            # No contract of ours changes.
            return {"result": self._code(parameters[0])}
        if parameters[:1] == ["latest"]:
            # Whoever waits for blocks without sending anything gets them too.
            self._asked += 1
            if self._asked % _PATIENCE == 0:
                self._goal = max(self._goal, int(self._web3.eth.block_number) + 1)
        try:
            return {"result": self._ask(method, *parameters)}
        finally:
            if method == "eth_sendRawTransaction":
                # Also one that reverted stands in a block, and is told of as an error here.
                self._goal = int(self._web3.eth.block_number) + DEPTH

    def _logs(self, wanted: dict[str, Any]) -> list[Any]:
        """The logs that are asked for. The tester would look through every block anew, and takes seconds."""
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        topics = wanted.get("topics", [])
        addresses = {each.lower() for each in wanted["address"]}
        while len(self._kept) <= last:
            block = self._ask("eth_getBlockByNumber", hex(len(self._kept)), _HASHES)
            receipts = [self._ask("eth_getTransactionReceipt", each) for each in block["transactions"]]
            self._kept.append([log for receipt in receipts for log in receipt["logs"]])
        return [
            log
            for logs in self._kept[first : last + 1]
            for log in logs
            if log["address"].lower() in addresses
            and len(log["topics"]) >= len(topics)
            and all(topic in (None, found) for topic, found in zip(topics, log["topics"], strict=False))
        ]

    def _code(self, address: str) -> str:
        if address not in self._codes:
            self._codes[address] = self._ask("eth_getCode", address, "latest")
        return self._codes[address]

    def _ask(self, method: str, *parameters: Any) -> Any:
        return _plain(self._web3.manager.request_blocking(method, list(parameters)))  # type: ignore[arg-type]

    def _mine(self) -> None:
        while True:
            time.sleep(_BETWEEN_BLOCKS)
            if self._web3.eth.block_number < self._goal:
                self._chain.advance(1)


def _plain(value: Any) -> Any:
    """A result as a node writes it: numbers and bytes in hexadecimal, nothing for what is not there."""
    if isinstance(value, Mapping):
        found = {key: _plain(each) for key, each in value.items() if key != "state_root"}
        return found | ({"logsBloom": "0x" + "00" * 256} if "logsBloom" in found else {})
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return None if value == "" else value


def _main() -> None:
    with serving(_Served().respond) as url:
        print(url, flush=True)  # noqa: T201 - whoever started it reads it
        sys.stdin.read()


if __name__ == "__main__":
    _main()
