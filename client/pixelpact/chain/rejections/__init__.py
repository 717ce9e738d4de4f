"""What a contract's refusal means: every Solidity error as a ``ContractError`` with a sentence.

The names, and the order of their arguments, are those of contracts/interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_abi.abi import decode as decode_abi
from eth_abi.exceptions import DecodingError

from pixelpact.chain.abi import Entry, MalformedDataError, custom_errors
from pixelpact.errors import ContractError, TransactionError

from . import consents, consortium, institutions, ledger, projects, studies
from .sentence import FAULT, Sentence

__all__ = ["contract_error", "named_errors"]

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")


#: What is said to each Solidity error.
_SENTENCES: Mapping[str, Sentence] = {
    **institutions.SENTENCES,
    **consortium.SENTENCES,
    **studies.SENTENCES,
    **consents.SENTENCES,
    **projects.SENTENCES,
    **ledger.SENTENCES,
}

#: Solidity's own checks (Solidity documentation, Panic via assert and Error via require).
_PANICS = {
    0x01: "an assertion failed",
    0x11: "a number overflowed",
    0x12: "a division by zero",
    0x21: "a value outside its enumeration",
    0x22: "storage that is wrongly encoded",
    0x31: "an empty array was popped",
    0x32: "an index outside its array",
    0x41: "too much memory was asked for",
    0x51: "an internal function that does not exist",
}


def named_errors() -> frozenset[str]:
    """The Solidity errors that have a sentence."""
    return frozenset(_SENTENCES)


def contract_error(data: bytes, text: str) -> TransactionError:
    """The exception for a revert.

    Args:
        data: the revert data; empty when there was none.
        text: the node's own words, for a revert that no contract of ours explains.
    """
    entry = custom_errors().get(data[:4])
    if entry is not None:
        try:
            return _custom(entry, entry.decode_arguments(data))
        except MalformedDataError:
            pass
    return ContractError(
        "The contract stopped the call",
        name=_kind(data),
        arguments={},
        why=_words(data) or text,
        remedy=FAULT,
    )


def _custom(entry: Entry, arguments: dict[str, Any]) -> ContractError:
    what, remedy = _SENTENCES[entry.name]
    shown = {
        name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in arguments.items()
    }
    if isinstance(country := arguments.get("country"), bytes):
        shown["country"] = repr(country.decode("latin-1"))
    return ContractError(
        what.format_map(shown),
        name=entry.name,
        arguments=arguments,
        why=f"the contract answered {entry.name}",
        remedy=remedy.format_map(shown),
    )


def _kind(data: bytes) -> str:
    if data[:4] == _ERROR_STRING:
        return "Error"
    return "Panic" if data[:4] == _PANIC else ""


def _words(data: bytes) -> str:
    try:
        if data[:4] == _ERROR_STRING:
            return str(decode_abi(["string"], data[4:])[0])
        if data[:4] == _PANIC:
            code = int(decode_abi(["uint256"], data[4:])[0])
            return _PANICS.get(code, f"Solidity's panic {code:#x}")
    except (DecodingError, UnicodeDecodeError):
        return ""
    return f"it reverted with 0x{data[:36].hex()}" if data else ""
