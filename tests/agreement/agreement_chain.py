"""A chain in this process (revm, Paris) for the compiled contracts: transactions, calls, reverts, logs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from eth_abi import decode, encode
from eth_utils import function_abi_to_4byte_selector
from eth_utils.abi import collapse_if_tuple
from pyrevm import EVM, BlockEnv, CfgEnv, Env

CHAIN_ID = 8_675_309
GAS = 5_000_000
_REVERT = re.compile(r"^Revert \{ gas_used: \d+, output: (0x[0-9a-f]*) \}$")


class Reverted(Exception):  # noqa: N818  # not an error here, but an answer
    """The contract reverted; ``data`` is what it answered."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        super().__init__(data.hex())


@dataclass(frozen=True)
class Function:
    """How one function of a contract is called."""

    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@cache
def artifact(contract: str) -> dict[str, Any]:
    """A compiled contract, as the package ships it."""
    text = resources.files("pixelpact.chain").joinpath(f"artifacts/{contract}.json").read_text("utf-8")
    return json.loads(text)


def _types(parameters: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(collapse_if_tuple(parameter) for parameter in parameters)


@cache
def functions(contract: str) -> dict[str, Function]:
    """The functions of a contract by name."""
    return {
        entry["name"]: Function(
            function_abi_to_4byte_selector(entry), _types(entry["inputs"]), _types(entry["outputs"])
        )
        for entry in artifact(contract)["abi"]
        if entry["type"] == "function"
    }


@cache
def error(contract: str, name: str) -> tuple[bytes, tuple[str, ...]]:
    """The selector and the types of an error's arguments."""
    entry = next(one for one in artifact(contract)["abi"] if one["type"] == "error" and one["name"] == name)
    return function_abi_to_4byte_selector(entry), _types(entry["inputs"])


@dataclass(frozen=True)
class Contract:
    """A deployed contract."""

    name: str
    address: str


class Chain:
    """One chain, whose time is the caller's to set."""

    def __init__(self, time: int) -> None:
        self.evm = EVM(Env(cfg=CfgEnv(chain_id=CHAIN_ID)), gas_limit=2**63, spec_id="MERGE")
        self.time = time

    @property
    def time(self) -> int:
        """The timestamp of the block in which all happens, until it is set anew."""
        return self._time

    @time.setter
    def time(self, seconds: int) -> None:
        self._time = seconds
        self.evm.set_block_env(BlockEnv(number=1, timestamp=seconds, gas_limit=2**63, basefee=0))

    def deploy(self, name: str, *arguments: Any) -> Contract:
        """Deploy a compiled contract."""
        constructor = [entry for entry in artifact(name)["abi"] if entry["type"] == "constructor"]
        types = _types(constructor[0]["inputs"]) if constructor else ()
        code = bytes.fromhex(artifact(name)["bytecode"].removeprefix("0x")) + encode(types, arguments)
        return Contract(name, self.deploy_code(code))

    def deploy_code(self, code: bytes) -> str:
        """Run init code; the address of what it makes."""
        return str(self.evm.deploy("0x" + "de" * 20, code))

    def raw(self, sender: str, to: str, data: bytes, *, static: bool = False) -> bytes:
        """A transaction, or a call that changes nothing.

        Raises:
            Reverted: the contract said no.
        """
        try:
            return bytes(self.evm.message_call(sender, to, data, gas=GAS, is_static=static))
        except RuntimeError as failure:
            found = _REVERT.match(str(failure))
            if found is None:
                raise
            raise Reverted(bytes.fromhex(found[1][2:])) from None

    def send(self, sender: str, contract: Contract, name: str, *arguments: Any) -> tuple[Any, ...]:
        """A transaction; what the function returns."""
        function = functions(contract.name)[name]
        answer = self.raw(sender, contract.address, function.selector + encode(function.inputs, arguments))
        return decode(function.outputs, answer)

    def call(self, contract: Contract, name: str, *arguments: Any) -> tuple[Any, ...]:
        """A call; what the function returns."""
        function = functions(contract.name)[name]
        data = function.selector + encode(function.inputs, arguments)
        return decode(function.outputs, self.raw("0x" + "ca" * 20, contract.address, data, static=True))

    def logs(self) -> list[tuple[list[bytes], bytes]]:
        """Topics and data of what the last transaction logged."""
        result = self.evm.result
        assert result is not None
        return [
            ([bytes.fromhex(topic[2:]) for topic in log.topics], bytes(log.data[1])) for log in result.logs
        ]
