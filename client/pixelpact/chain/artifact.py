"""The compiled contracts that the package ships (chain/artifacts, written by scripts/compile)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

__all__ = ["Artifact", "load_artifact"]

# An immutable's place in the shipped code: PUSH32 of zero, which the compiler writes for nothing else.
_PLACEHOLDER = re.compile(rb"\x7f\x00{32}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract.

    Attributes:
        name: the contract's name.
        abi: its ABI, as the compiler gives it.
        creation_code: what a deployment runs, without constructor arguments.
        runtime_code: what stands on the chain, with zeros for the immutables.
    """

    name: str
    abi: tuple[dict[str, Any], ...]
    creation_code: bytes
    runtime_code: bytes

    def deployed_code(self, immutables: Iterable[bytes]) -> bytes:
        """The code as a deployment leaves it.

        Args:
            immutables: 32 bytes for each place that a deployment fills in, in the code's order.

        Raises:
            ValueError: more or fewer values than places.
        """
        filled = bytearray(self.runtime_code)
        for place, value in zip(_PLACEHOLDER.finditer(self.runtime_code), immutables, strict=True):
            filled[place.start() + 1 : place.end()] = value
        return bytes(filled)

    def matches(self, deployed: bytes) -> bool:
        """Whether deployed code is this contract, whatever its immutables are."""
        masked = bytearray(deployed)
        for place in _PLACEHOLDER.finditer(self.runtime_code):
            masked[place.start() + 1 : place.end()] = bytes(32)
        return masked == self.runtime_code


@functools.cache
def load_artifact(name: str) -> Artifact:
    """The shipped artefact of one of ``network.CONTRACTS``."""
    text = (resources.files(__package__) / "artifacts" / f"{name}.json").read_text("utf-8")
    value = json.loads(text)
    return Artifact(
        name=name,
        abi=tuple(value["abi"]),
        creation_code=bytes.fromhex(value["bytecode"].removeprefix("0x")),
        runtime_code=bytes.fromhex(value["deployedBytecode"].removeprefix("0x")),
    )
